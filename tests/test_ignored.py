"""What the manual's commands write into a copy of the source is not offered to git, and what is kept there is."""

from __future__ import annotations

import re
import tomllib
from fnmatch import fnmatch
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PATTERNS = [line for line in (ROOT / ".gitignore").read_text("utf-8").splitlines() if line and not line.startswith("#")]
OPTION = re.compile(r"(?:--(?:to|out|journal|plot|replay|transitions)) ([a-z]+\.[a-z]+)\b")


def is_ignored(path: str) -> bool:
    """As git has it, for the few kinds of patterns that are there: from the root, of a folder, of a name anywhere."""
    parts = path.split("/")
    above = ["/".join(parts[:count]) + "/" * (count < len(parts)) for count in range(1, len(parts) + 1)]
    for pattern in PATTERNS:
        if "/" in pattern.rstrip("/"):
            hits = [fnmatch(place, pattern.lstrip("/")) for place in above]
        else:
            hits = [fnmatch(place.rstrip("/").rpartition("/")[2] + "/" * place.endswith("/"), pattern) for place in above]
        if any(hits):
            return True
    return False


@pytest.mark.parametrize("plan", sorted(ROOT.glob("examples/study/*.toml")), ids=lambda plan: plan.name)
def test_what_participants_of_the_example_studies_leave_is_never_published(plan: Path) -> None:
    folder = tomllib.loads(plan.read_text("utf-8"))["data"]["folder"]
    assert is_ignored(f"examples/study/{folder}/ann/data.jsonl")


def test_what_the_commands_of_the_manual_write_is_ignored() -> None:
    pages = [*sorted((ROOT / "docs").glob("*.md")), ROOT / "README.md"]
    blocks = [block for page in pages for block in re.findall(r"```console\n(.*?)```", page.read_text("utf-8"), re.DOTALL)]
    written = {name for block in blocks for name in OPTION.findall(block)}
    assert len(written) > 5, "the premise, or it proves nothing"
    assert [name for name in sorted(written) if not is_ignored(name)] == []
    assert is_ignored("runs/tetris-1/best.npz")


def test_nothing_else_is_ignored_by_accident() -> None:
    kept = [
        path.relative_to(ROOT).as_posix()
        for folder in ("docs", "examples", "benchmarks")
        for path in (ROOT / folder).glob("*.*")
    ]
    assert len(kept) > 30 and [path for path in kept if is_ignored(path)] == []
    assert not any(map(is_ignored, ("tests/golden/match.npz", "docs/match.gif", "examples/study/data/x.csv")))
