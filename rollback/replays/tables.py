"""A recording as lines of JSON, or as numpy arrays. Knows recordings; plays nothing. The only place here that knows numpy."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from typing import Any, BinaryIO, Final

from rollback.errors import MissingPackage
from rollback.game import Game
from rollback.replays.course import Course
from rollback.replays.events import ReplayEvent
from rollback.replays.header import ReplayHeader
from rollback.replays.recording import Recording
from rollback.state.trees import shown

__all__ = ["json_lines", "write_arrays"]

_DEPTH: Final = 8  # containers inside each other that stay apart
_SAFE: Final = 2**53  # whole numbers from here on are others to programs that read JSON as floats


def json_lines(recording: Recording, game: Game | None, frames: range) -> Iterator[str]:
    """Yield a line for each frame: its inputs in hexadecimal digits, actions if the game is known, checksum, and events.

    Raises:
        GameError: The recording is of another game.
    """
    course = None if game is None else Course(recording, game)
    events: dict[int, list[dict[str, Any]]] = {}
    for event in recording.events:
        events.setdefault(event.frame, []).append(_told(event))
    for frame in frames:
        inputs = recording.inputs(frame)
        line: dict[str, Any] = {"frame": frame, "inputs": [data.hex() for data in inputs]}
        if course is not None:
            line["actions"] = [_plain(action) for action in course.decoded(b"".join(inputs))]
        if frame in recording.checksums:
            line["checksum"] = f"{recording.checksums[frame]:016x}"
        if frame in events:
            line["events"] = events[frame]
        yield json.dumps(line)


def write_arrays(file: BinaryIO, recording: Recording, frames: range, progress: Callable[[int, int], None]) -> None:
    """Write arrays, to be read by `numpy.load(file)` without pickle.

    `inputs` is of uint8, frames x players x bytes, or `inputs_0`, `inputs_1` ... where players' inputs differ in width.
    `frames` holds their numbers, `checksum_frames` and `checksums` those of the states, `header` and `events` are JSON.

    Raises:
        MissingPackage: numpy is missing.
    """
    try:
        import numpy
    except ImportError:
        raise MissingPackage("writing arrays", "numpy") from None
    sizes = recording.header.sizes
    step = frames.step
    rows = b"".join(recording.rows(frames.start, frames.stop)) if frames else b""
    table = numpy.frombuffer(rows, numpy.uint8).reshape(-1, sum(sizes))[::step]
    progress(len(frames), len(frames))
    arrays: dict[str, Any] = {"frames": numpy.array(frames, numpy.int64)}
    if len(set(sizes)) == 1:
        arrays["inputs"] = table.reshape(-1, len(sizes), sizes[0])
    else:
        place = 0
        for player, size in enumerate(sizes):
            arrays[f"inputs_{player}"] = table[:, place : place + size]
            place += size
    sums = [(frame, value) for frame, value in recording.checksums.items() if frames.start <= frame <= frames.stop]
    arrays["checksum_frames"] = numpy.array([frame for frame, _ in sums], numpy.int64)
    arrays["checksums"] = numpy.array([value for _, value in sums], numpy.uint64)
    told = [{"frame": event.frame, **_told(event)} for event in recording.events]
    arrays["events"] = numpy.array(json.dumps(told))
    arrays["header"] = numpy.array(json.dumps(_facts(recording.header)))
    numpy.savez_compressed(file, **arrays)


def _told(event: ReplayEvent) -> dict[str, Any]:
    return {"kind": event.kind, "data": _plain(event.data)}


def _facts(header: ReplayHeader) -> dict[str, Any]:
    names: Sequence[str] = (
        "game game_id game_version fps input_delay seed desync_interval names controllers codecs sizes packages extra"
        " recorded_at first_frame"
    ).split()
    return {name: _plain(getattr(header, name)) for name in names}


def _plain(value: Any, depth: int = 0) -> Any:
    """Return a value of JSON; what JSON does not know is told as text."""
    if isinstance(value, dict) and depth < _DEPTH:
        return {key if type(key) is str else shown(key): _plain(entry, depth + 1) for key, entry in value.items()}
    if isinstance(value, list | tuple) and depth < _DEPTH:
        return [_plain(entry, depth + 1) for entry in value]
    if isinstance(value, bytes):
        return value.hex()
    if value is None or isinstance(value, str | bool):
        return value
    if isinstance(value, int) and abs(value) < _SAFE:
        return value
    if isinstance(value, float) and value - value == 0:  # finite
        return value
    return _plain(value.tolist(), depth + 1) if hasattr(value, "tolist") and depth < _DEPTH else shown(value)
