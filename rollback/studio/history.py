"""What becomes of a run's log when the agent is replaced by a fresh or an older one. Knows files; knows no training.

The curve of a run is that of the agent as it is now. A reset puts the log aside, and loading a checkpoint brings back the
episodes that led to it: from the log, or from one that was put aside.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

from rollback.agents.checkpoints import RunFolder
from rollback.agents.checkpoints.log import read_log
from rollback.errors import CheckpointError
from rollback.studio.curve import Row
from rollback.studio.letters import opened

__all__ = ["ASIDE", "bring_back", "put_aside", "read_rows"]

ASIDE: Final = 3  # logs that are kept of before
_LOG: Final = "log.jsonl"
_COLUMNS: Final = ("episode", "step", "reward", "length", "epsilon")
_LONGEST: Final = 64 * 1024  # bytes of a line


def put_aside(folder: RunFolder) -> None:
    """Begin an empty log. No writer may be open.

    Raises:
        CheckpointError: The disk does not do it.
    """
    log = folder.path / _LOG
    try:
        if not log.exists() or log.stat().st_size == 0:
            return
        for age in range(ASIDE - 1, 0, -1):
            if (younger := _aside(folder, age)).exists():
                os.replace(younger, _aside(folder, age + 1))
        os.replace(log, _aside(folder, 1))
    except OSError as error:
        raise CheckpointError(f"{log} cannot be put aside ({error.strerror or error})") from None


def bring_back(folder: RunFolder, episode: int, step: int) -> None:
    """Make the log end with an episode, in the way it was when a checkpoint of that episode was made.

    Where no log knows it, as with a checkpoint of another run, the log begins behind it. No writer may be open.

    Args:
        folder: The run.
        episode: The last episode that ended before the checkpoint.
        step: Steps at the checkpoint, at least those of that episode's end.
    """
    if _leads_to(folder.path / _LOG, episode, step):
        folder.forget_after(episode)
        return
    known = [place for age in range(1, ASIDE + 1) if _leads_to(place := _aside(folder, age), episode, step)]
    before = known[0].read_bytes() if known else b""
    put_aside(folder)
    if before:
        (folder.path / _LOG).write_bytes(before)
        folder.forget_after(episode)


def read_rows(folder: RunFolder, offset: int, most: int) -> tuple[list[Row], int]:
    """Return the points of the log from an offset on, at most so many, and where the next reading goes on.

    Lines that hold no point are left out.
    """
    rows: list[Row] = []
    try:
        with open(folder.path / _LOG, "rb") as file:
            file.seek(offset)
            for _ in range(most):
                line = file.readline(_LONGEST)
                if not line.endswith(b"\n"):
                    break
                offset += len(line)
                if (row := _row(line)) is not None:
                    rows.append(row)
    except OSError:
        pass  # there is none yet
    return rows, offset


def _row(line: bytes) -> Row | None:
    try:
        values = opened(line)
        row = [values.pop(name) for name in _COLUMNS]
    except (ValueError, KeyError):
        return None
    if not all(type(each) in (int, float) for each in row):
        return None
    extra = {name: value for name, value in values.items() if type(value) in (int, float)}
    return [*row, extra] if extra else row


def _aside(folder: RunFolder, age: int) -> Path:
    return folder.path / f"log-before-{age}.jsonl"


def _leads_to(log: Path, episode: int, step: int) -> bool:
    """Return whether the episode stands in a log, with an end that fits."""
    if episode == 0:
        return not log.exists() or log.stat().st_size == 0
    offset = 0
    while True:
        lines, following = read_log(log, offset)
        for line in lines:
            if line.get("episode") == episode:
                return int(line.get("step", 0)) <= step
        if following == offset:
            return False
        offset = following
