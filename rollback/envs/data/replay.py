"""The transitions of a recorded match, as a peer would have told them. Knows recordings; knows no session and no network.

A replay holds what everybody did and what happened, and nothing of how a peer went through it: those columns are empty.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

from rollback.envs.data.controllers import IDLE, Controllers
from rollback.envs.data.files import LineFile, check_ending, save
from rollback.envs.data.rows import Retelling, Transition
from rollback.envs.data.table import LIMIT, TransitionTable, facts_of
from rollback.envs.data.timing import UNTOLD
from rollback.errors import ReplayError, UsageError
from rollback.game import Game
from rollback.replays.course import Astray, Course
from rollback.replays.events import CUT, JOINED, TOOK_OVER, ReplayEvent
from rollback.replays.header import ReplayHeader
from rollback.replays.naming import named_game
from rollback.replays.recording import Recording

__all__ = ["export_transitions", "transitions_of"]

Progress = Callable[[int, int], None]  # (done, of)

MOST_INPUTS: Final = 64 * 1024 * 1024  # bytes of them: a small file may claim frames that fill a disk
TOLD_EVERY: Final = 256  # frames


def transitions_of(replay: Recording, game: Game | None = None, *, limit: int = LIMIT) -> TransitionTable:
    """Return the transitions of a replay, for `rollback.envs.to_minari` and the like.

    Args:
        replay: A `Replay`.
        game: A fresh game of the kind that was recorded; made from the header's name if it is a built-in one.
        limit: Bytes that may be held in memory.

    Raises:
        UsageError: The game has to be given, or the rows need more memory than `limit`.
        GameError: The recording is of another game.
        ReplayError: The game cannot follow the recording.
    """
    return _held(_Replayed(replay, game), limit)


def export_transitions(
    replay: Recording,
    target: str | os.PathLike[str],
    game: Game | None = None,
    *,
    progress: Progress = lambda done, of: None,
) -> int:
    """Write the transitions of a replay to a file, .npz, .jsonl or .parquet by its ending; return how many frames it has.

    It is the file that a peer of the match would have written, but for the columns that only a peer can tell: those are empty.

    Args:
        replay: A `Replay`.
        target: The file, which is overwritten, when all is well.
        game: As in `transitions_of`.
        progress: Is told how many frames of how many are done.

    Raises:
        UsageError: As in `transitions_of`, or the file cannot be written.
        ReplayError: The game cannot follow the recording.
        MissingPackage: A .parquet needs pyarrow.
    """
    path = check_ending(target)
    inputs = replay.frames * sum(replay.header.sizes)
    if inputs > MOST_INPUTS:
        raise UsageError(f"the replay has {replay.frames} frames with {inputs} bytes of inputs, at most {MOST_INPUTS} are told")
    if path.suffix.lower() == ".jsonl":
        return _export_lines(_Replayed(replay, game, progress), path)
    table = _held(_Replayed(replay, game, progress), LIMIT)
    save(table, path)
    return len(table)


class _Replayed:
    """A retelling that is led by a recording."""

    def __init__(self, replay: Recording, game: Game | None, progress: Progress = lambda done, of: None) -> None:
        self._replay = replay
        made: Any = named_game(replay.header) if game is None else game
        self._course = Course(replay, made)
        self._told = Retelling(made)
        self._line = controllers_of(replay.header, replay.events)
        self._progress = progress
        self.players = self._told.players
        header = replay.header
        self.facts = facts_of(made, header.game_id, header.game_version, header.fps, header.seed)

    def rows(self) -> Iterator[Transition]:
        """Yield all frames."""
        replay, course, told = self._replay, self._course, self._told
        taken_over = {*replay.taken_over}
        try:
            course.begin()
            told.begin_here()
            for row in replay.rows(replay.first, replay.end):
                if course.frame in taken_over:
                    course.load(course.frame)
                    told.begin_here()
                if getattr(told.game, "over", False):
                    raise Astray(course.frame, f"the game is over before frame {course.frame}, the recording goes on")
                yield self._step(course.frame, row)
                course.frame += 1
                if course.frame % TOLD_EVERY == 0 or course.frame == replay.end:
                    self._progress(course.frame - replay.first, replay.frames)
        except Astray as astray:
            raise ReplayError(f"the recording cannot be played from frame {astray.frame} on: {astray}") from astray

    def observations(self) -> tuple[Any, ...]:
        """Return what each player is shown after the last frame."""
        return self._told.observations()

    def _step(self, frame: int, row: bytes) -> Transition:
        course = self._course
        row_told: Transition = course.call(
            "step", lambda: self._told.step(frame, course.decoded(row), self._line.at(frame), UNTOLD)
        )
        return row_told


def controllers_of(header: ReplayHeader, events: list[ReplayEvent]) -> Controllers:
    """Return who played when, as the header and the events of a replay tell."""
    is_late = header.first_frame > 0
    told = header.controllers or (None,) * header.players
    own = [player for event in events if event.kind == JOINED and not event.peer for player in event.players] if is_late else []
    names = [name or (None if is_late or name is None else IDLE) for name in told]
    line = Controllers([None if player in own else name for player, name in enumerate(names)])
    for event in events:
        if event.kind == CUT:
            line.cut(event.players, event.frame)
        elif event.kind == TOOK_OVER:
            for player in event.players:
                line.taken_over(player)
        elif event.kind == JOINED:
            for player, since, is_played in _vacant(event.data):
                line.vacant(player, since, is_played=is_played)
            line.joined(event.players, event.frame, _names(event, told))
    return line


def _held(retelling: _Replayed, limit: int) -> TransitionTable:
    table = TransitionTable(retelling.players, retelling.facts)
    for row in retelling.rows():
        table.add(row)
        if len(table) % TOLD_EVERY == 0 and table.size > limit:
            raise UsageError(
                f"the frames up to {row.frame} take more than {limit} bytes: export to a .jsonl file, which has no limit"
            )
    table.last = retelling.observations()
    return table


def _names(event: ReplayEvent, told: tuple[str | None, ...]) -> dict[int, str]:
    given = event.data.get("controllers") if type(event.data) is dict else None
    if type(given) is list and len(given) == len(event.players):
        return {player: name for player, name in zip(event.players, given, strict=True) if type(name) is str}
    return {player: told[player] or "" for player in event.players if 0 <= player < len(told)}


def _vacant(data: Any) -> Iterator[tuple[int, int, bool]]:
    given = data.get("vacant") if type(data) is dict else None
    for entry in given if type(given) is list else ():
        if type(entry) is list and [type(part) for part in entry] == [int, int, bool]:
            yield entry[0], entry[1], entry[2]


def _export_lines(retelling: _Replayed, path: Path) -> int:
    lines, frames = LineFile(path), 0
    try:
        for row in retelling.rows():
            lines.add(row)
            frames += 1
    except BaseException:
        lines.drop()
        raise
    lines.close()
    return frames
