"""The file with all there is to look into a desync: a replay that was going on, and what two peers found to differ.

Knows tapes, states and files; knows no session and no peer but by name.
"""

from __future__ import annotations

import os
import platform
import time
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, BinaryIO, Final

from rollback.errors import ReplayError
from rollback.game import ActionCodec
from rollback.netplay.tape import Row, Tape
from rollback.replays import EXTENSION, ReplayWriter
from rollback.state import why_not_tree
from rollback.state.trees import shown
from rollback.types import DesyncFound
from rollback.wire.tree import pack_tree

__all__ = ["NO_STATE", "write_bundle"]

NO_STATE: Final = object()  # the session holds no state of that frame
BEFORE: Final = 16  # frames of inputs that led to the state
AFTER: Final = 4  # and some that followed, for an input that came to the wrong frame
ROOM: Final = 24 * 1024  # bytes for the differences, and for the inputs: both fit an event together
LONGEST_PATH: Final = 200  # characters
LONGEST_ROOM: Final = 40  # characters of a room's code in a file's name
SAME_NAME: Final = 100  # bundles of one room, frame and second, as peers in one folder write them


def write_bundle(
    folder: Path, room: str, found: DesyncFound, tape: Tape, codecs: Sequence[ActionCodec], state: Any = NO_STATE
) -> Path:
    """Write what is known of a desync to a new file in `folder`, and return its path. No file is overwritten.

    Args:
        folder: Where to.
        room: The code of the room, for the name.
        found: What the session told.
        tape: The match up to now.
        codecs: One a player, to say what its inputs mean.
        state: Our own state of that frame: a snapshot that the game can load.

    Raises:
        ReplayError: The file cannot be written; none is left behind then.
    """
    path, file = _unused(folder, room, found.frame)
    try:
        with file:
            writer = ReplayWriter(file, tape.header)
            is_tree = state is not NO_STATE and why_not_tree(state) is None
            has_state = tape.copy_to(writer, (found.frame, state) if is_tree else None)
            writer.event(found.frame, "desync", _told(found, tape, codecs, has_state=has_state))
            writer.close(None, f"desync with {found.peer}: the states of frame {found.frame} differ")
    except BaseException:
        path.unlink(missing_ok=True)
        raise
    return path


def _told(found: DesyncFound, tape: Tape, codecs: Sequence[ActionCodec], *, has_state: bool) -> dict[str, Any]:
    different = [
        [each.path[:LONGEST_PATH], shown(each.left), shown(each.right)]  # short texts: a value may be of any size
        for each in found.differences
    ]
    differences = _fitting(different)
    rows = tape.inputs(found.frame - BEFORE, found.frame + AFTER - 1)
    rows.sort(key=lambda row: abs(row.frame - found.frame + 0.5))  # the nearest count most, if not all fit
    return {
        "peer": found.peer,
        "frame": found.frame,
        "differences": differences,
        "left_out": len(different) - len(differences),
        "inputs": sorted(_fitting(_inputs(row, codecs) for row in rows)),
        "packages": dict(tape.header.packages),
        "platform": platform.platform(terse=True),
        "has_state": has_state,
    }


def _inputs(row: Row, codecs: Sequence[ActionCodec]) -> list[Any]:
    """Return a frame and, for each player, its input in hexadecimal digits and what it means."""
    told = [[data.hex(), shown(codec.decode(data))] for codec, data in zip(codecs, row.inputs, strict=True)]
    return [row.frame, told]


def _fitting(entries: Iterable[Any]) -> list[Any]:
    """Return the first entries, as many as there is room for."""
    kept, size = [], 0
    for entry in entries:
        size += len(pack_tree(entry))
        if size > ROOM:
            break
        kept.append(entry)
    return kept


def _unused(folder: Path, room: str, frame: int) -> tuple[Path, BinaryIO]:
    """Open a file that is not there yet; the code of a room comes from a server, and must name no other folder."""
    code = "".join(letter for letter in room if letter.isascii() and (letter.isalnum() or letter == "-"))
    parts = ["rollback-desync", code[:LONGEST_ROOM], str(frame), time.strftime("%Y%m%d-%H%M%S")]
    stem = "-".join(part for part in parts if part)
    for number in range(1, SAME_NAME + 1):
        path = folder / (stem + (f"-{number}" if number > 1 else "") + EXTENSION)
        try:
            return path, open(path, "xb")
        except FileExistsError:
            continue
        except OSError as error:
            raise ReplayError(f"the bundle {os.fspath(path)!r} cannot be written: {error.strerror or error}") from None
    raise ReplayError(f"the bundle {stem} cannot be written: {SAME_NAME} of that name are in {os.fspath(folder)!r}")
