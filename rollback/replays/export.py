"""A recording in the formats of others: pictures, lines of JSON, numpy arrays. Knows which ending means which, and no pixel."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any, BinaryIO, Final

from rollback.errors import ReplayError, RollbackError, UsageError
from rollback.game import Game
from rollback.replays.naming import named_game
from rollback.replays.pictures import check_size, picture_of, write_gif, write_png
from rollback.replays.player import Player
from rollback.replays.recording import Recording
from rollback.replays.tables import json_lines, write_arrays
from rollback.replays.whole_file import write_whole
from rollback.state.trees import shown

__all__ = ["FORMATS", "SIZE", "export"]

FORMATS: Final = (".gif", ".png", ".jsonl", ".npz")
SIZE: Final = (480, 300)  # pixels: 1.6 times as wide as high, as pictures are laid out
MOST_PICTURES: Final = 6000  # of one GIF, which holds them all in memory: five minutes of them
MOST_INPUTS: Final = 512 * 1024 * 1024  # bytes of them: a small file may claim frames that fill a disk, or all memory
SHOWN_A_SECOND: Final = 20  # pictures of a GIF: viewers slow quicker ones down

Progress = Callable[[int, int], None]  # (done, of)


def export(
    recording: Recording,
    target: str | os.PathLike[str],
    game: Game | None = None,
    *,
    first: int | None = None,
    until: int | None = None,
    every: int | None = None,
    size: tuple[int, int] = SIZE,
    speed: float = 1.0,
    progress: Progress = lambda done, of: None,
) -> int:
    """Write the recording to `target`, in the format that its ending names, and return how many frames that were.

    `.gif` shows the frames, `.png` one of them, `.jsonl` has a line and `.npz` a row for each.

    Args:
        recording: A `Replay`.
        target: The file, which is overwritten.
        game: A fresh game of the kind that was recorded; for pictures of games that are not built in, and for actions.
        first: The first frame; by default that of the recording. Of a PNG: the frame; by default the last state.
        until: The frame to stop before; by default the end.
        every: Take every so-manieth frame; by default each one, in a GIF as many as viewers show.
        size: Width and height of pictures.
        speed: Of a GIF; 2 is twice as fast as the match.
        progress: Is told how many frames of how many are done.

    Raises:
        UsageError: An argument is not what it should be, or the game has to be given or makes no pictures.
        ReplayError: The game cannot follow the recording, or the file cannot be written.
        MissingPackage: Pillow is missing, which makes the pictures.
    """
    path = Path(target)
    ending = path.suffix.lower()
    if ending not in FORMATS:
        raise UsageError(f"{str(path)!r} does not say what to write: let it end in {', '.join(FORMATS)}")
    frames = _frames(recording, ending, first, until, every, speed)
    if ending in (".gif", ".png"):
        check_size(size)
        player = Player(recording, game, speed=speed)
        if ending == ".png":
            (picture,) = _pictures(player, frames, size, progress)
            return _write(path, lambda file: write_png(file, picture), 1)
        times = _times(frames, recording.header.fps * speed)
        return _write(path, lambda file: write_gif(file, _pictures(player, frames, size, progress), times), len(frames))
    if ending == ".npz":
        return _write(path, lambda file: write_arrays(file, recording, frames, progress), len(frames))
    known = game if game is not None else _known(recording)
    return _write(path, lambda file: _write_lines(file, recording, known, frames, progress), len(frames))


def _frames(recording: Recording, ending: str, first: int | None, until: int | None, every: int | None, speed: float) -> range:
    """Return which frames are asked for."""
    low, high = recording.first, recording.end
    is_state = ending in (".gif", ".png")  # there is one state more than there are frames
    if first is None:
        first = high if ending == ".png" else low
    last = high + 1 if is_state else high
    until = last if until is None else until
    for name, value, most in (("first", first, high), ("until", until, last)):
        if type(value) is not int or not low <= value <= most:
            raise UsageError(f"{name} must be a frame from {low} to {most}, not {shown(value)}")
    if not isinstance(speed, int | float) or isinstance(speed, bool) or not 0 < speed <= 1000:
        raise UsageError(f"speed must be a number above 0, at most 1000, not {shown(speed)}")
    if every is None:
        every = max(1, round(recording.header.fps * speed / SHOWN_A_SECOND)) if ending == ".gif" else 1
    if type(every) is not int or every < 1:
        raise UsageError(f"every must be a whole number from 1 on, not {shown(every)}")
    frames = range(first, first + 1) if ending == ".png" else range(first, until, every)
    if is_state and not frames:
        raise UsageError(f"there is nothing to show from frame {first} until frame {until}")
    inputs = (frames.stop - frames.start) * sum(recording.header.sizes)
    if not is_state and inputs > MOST_INPUTS:
        raise UsageError(
            f"these are {len(frames)} frames with {inputs} bytes of inputs, at most {MOST_INPUTS} are written at once:"
            " take fewer frames, by first and until"
        )
    if ending == ".gif" and len(frames) > MOST_PICTURES:
        told = f"{len(frames)} pictures are too many for one GIF, at most {MOST_PICTURES} are allowed"
        raise UsageError(f"{told}: take fewer frames, or only every {-(-len(frames) * every // MOST_PICTURES)}th")
    return frames


def _pictures(player: Player, frames: range, size: tuple[int, int], progress: Progress) -> Iterator[Any]:
    for done, frame in enumerate(frames, 1):
        player.seek(frame)
        try:
            picture = picture_of(player.game, size)
        except RollbackError:
            raise
        except Exception as error:  # a file may give the game a state that it takes, and cannot draw
            raise ReplayError(f"the state before frame {frame} cannot be drawn: {type(error).__name__}") from error
        yield picture
        progress(done, len(frames))


def _times(frames: range, fps: float) -> list[int]:
    """Return how long each picture is shown, in whole hundredths of a second as GIF has it, which do not drift."""
    ends = [round(100 * place * frames.step / fps) for place in range(len(frames) + 1)]
    return [max(2, after - before) * 10 for before, after in pairwise(ends)]


def _known(recording: Recording) -> Game | None:
    try:
        return named_game(recording.header)
    except UsageError:
        return None  # then the lines hold inputs, and no actions


def _write_lines(file: BinaryIO, recording: Recording, game: Game | None, frames: range, progress: Progress) -> None:
    for done, line in enumerate(json_lines(recording, game, frames), 1):
        file.write(line.encode() + b"\n")
        if done % 1000 == 0 or done == len(frames):
            progress(done, len(frames))


def _write(path: Path, write: Callable[[BinaryIO], None], frames: int) -> int:
    """Write a file whole or not at all."""
    try:
        write_whole(path, write)
    except OSError as error:
        raise ReplayError(f"{os.fspath(path)!r} cannot be written: {error.strerror or error}") from None
    return frames
