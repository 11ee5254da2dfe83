"""Whether a process runs, from the outside."""

from __future__ import annotations

from pathlib import Path


def runs(number: int) -> bool:
    """Return whether there is such a process, other than one that has ended and that nobody has asked about yet."""
    try:
        state = Path(f"/proc/{number}/stat").read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return False
    return state != "Z"
