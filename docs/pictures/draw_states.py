"""Draws what a peer can be, from the table the engine uses, into docs/how-a-tick-works.md.

    python docs/pictures/draw_states.py

Run it when `rollback.core.states.TRANSITIONS` changes; a test tells when that was forgotten.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

from rollback.core.states import TRANSITIONS, Peer

PAGE: Final = Path(__file__).resolve().parent.parent / "how-a-tick-works.md"
BEGIN: Final = "<!-- states: python docs/pictures/draw_states.py -->\n"
END: Final = "<!-- end of states -->\n"


def diagram() -> str:
    """Return the table as a Mermaid diagram, and as a list for those who cannot see it."""
    first = next(iter(Peer))
    lines = ["```mermaid", "stateDiagram-v2", f"    [*] --> {first.name}"]
    told = []
    for state, causes in TRANSITIONS.items():
        for cause, target in causes.items():
            lines.append(f"    {state.name} --> {target.name}: {cause.name.lower()}")
        if not causes:
            lines.append(f"    {state.name} --> [*]")
        ways = ", ".join(f"{cause.name.lower()} leads to {target.name}" for cause, target in causes.items())
        told.append(f"- {state.name}: {ways or 'the end'}")
    return "\n".join([*lines, "```", "", *told, ""])


def with_diagram(page: str) -> str:
    """Return the page with the present diagram between its marks."""
    before, _, rest = page.partition(BEGIN)
    return before + BEGIN + "\n" + diagram() + "\n" + END + rest.partition(END)[2]


if __name__ == "__main__":
    PAGE.write_text(with_diagram(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
