"""Puts the figures of `rollback bench` into the README, between the marks that are there for them.

    rollback bench --json | python docs/update_speed.py

Run it on a machine that has nothing else to do.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

README: Final = Path(__file__).resolve().parent.parent / "README.md"
BEGIN: Final = "<!-- speed: rollback bench --json | python docs/update_speed.py -->\n"
END: Final = "<!-- end of speed -->\n"
COLUMNS: Final = ("delay", "input", "state", "engine us", "bare us", "ratio", "bytes", "datagrams", "rollbacks")


def table(figures: Mapping[str, Any]) -> str:
    """Return the table of the plain cases, and a line that says what they were measured on."""
    lines = ["| " + " | ".join(COLUMNS) + " |", "|" + " ---: |" * len(COLUMNS)]
    for case in figures["cases"]:
        if case.get("jitter") or case.get("reader"):
            continue
        size = case["state_size"]
        cells = (
            f"{case['delay']}",
            f"{case['input_size']} B",
            f"{size} B" if size < 1024 else f"{size // 1024} KiB",
            f"{case['engine_us']:.2f}",
            f"{case['bare_us']:.2f}",
            f"{case['ratio']:.1f}",
            f"{case['bytes_a_frame']:.1f}",
            f"{case['datagrams_a_frame']:.3f}",
            f"{case['rollbacks_per_100']:.1f}",
        )
        lines.append("| " + " | ".join(cells) + " |")
    machine = figures["machine"]
    told = f"{machine['python']}, {machine['system']}, {machine['processor']}"
    return "\n".join([*lines, "", f"Medians of {figures['rounds']} rounds of {figures['frames']} frames on {told}.", ""])


def with_table(page: str, figures: Mapping[str, Any]) -> str:
    """Return the page with these figures between the marks."""
    before, _, rest = page.partition(BEGIN)
    return before + BEGIN + "\n" + table(figures) + "\n" + END + rest.partition(END)[2]


if __name__ == "__main__":
    README.write_text(with_table(README.read_text(encoding="utf-8"), json.load(sys.stdin)), encoding="utf-8")
