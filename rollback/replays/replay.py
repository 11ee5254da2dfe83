"""A replay, opened: what was recorded, as far as it can be read, and what can be done with it. Knows files."""

from __future__ import annotations

import os
import stat
from typing import BinaryIO, Self

from rollback.errors import ReplayError, WireError
from rollback.game import Game, State
from rollback.replays.chunks import ChunkReader, Kind
from rollback.replays.events import StandIn, stand_ins
from rollback.replays.export import SIZE, Progress, export
from rollback.replays.header import ReplayHeader, unpack_header
from rollback.replays.limits import MAX_CHUNKS
from rollback.replays.player import Player
from rollback.replays.recording import Recording
from rollback.replays.verify import Verdict, verify

__all__ = ["Replay"]


class Replay(Recording):
    """A recorded match; iterating yields each frame's inputs, one byte string a player.

    Attributes:
        damage: The sentence that says why this is not the whole recording; empty when it is.
    """

    def __init__(self, header: ReplayHeader) -> None:
        super().__init__(header)
        self.damage = ""

    @property
    def complete(self) -> bool:
        """Whether the file is whole, up to the end that the writer gave it."""
        return self.is_ended and not self.damage

    @classmethod
    def open(cls, source: str | os.PathLike[str] | BinaryIO) -> Self:
        """Read a replay from a path or a binary file, as far as it is whole.

        Raises:
            ReplayError: This is no replay, its header cannot be read, it is of a newer format, or breaks a limit.
        """
        if not isinstance(source, str | os.PathLike):
            return cls._read(source)
        try:
            with open(source, "rb", opener=_at_once) as file:
                if stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                    return cls._read(file)
        except (OSError, ValueError) as error:  # ValueError: a name that no file can have
            why = error.strerror if isinstance(error, OSError) else error
            raise ReplayError(f"the replay {os.fspath(source)!r} cannot be read: {why}") from None
        raise ReplayError(f"the replay {os.fspath(source)!r} cannot be read: it is no file")

    def verify(self, game: Game) -> Verdict:
        """Simulate `game`, which must be fresh, on the recorded inputs and compare all checksums and keyframes.

        Of a damaged file the readable frames are compared; `complete` tells.

        Raises:
            GameError: The recording is of another game, or the game's state is no state tree and has no digest.
        """
        return verify(self, game)

    def seek(self, frame: int, game: Game | None = None) -> State:
        """Return the state before `frame`, from the nearest keyframe on; a game that is given is left standing there.

        Args:
            frame: From `first` to `end`.
            game: A fresh game of the kind that was recorded; may be left out for the built-in ones.

        Raises:
            ReplayError: There is no such frame, or the game cannot follow the recording up to there.
            UsageError: The game has to be given.
            GameError: The recording is of another game.
        """
        player = Player(self, game)
        player.seek(frame)
        return player.game.save()

    def play(self, speed: float = 1.0, game: Game | None = None) -> Player:
        """Return a player, which iterates over (frame, game) and can step and seek both ways.

        Nothing is waited for here: `player.wait` says how many seconds to sleep until the next frame at this speed.

        Raises:
            ReplayError: The game cannot be brought to where the recording begins.
            UsageError: The game has to be given, or `speed` is no speed.
            GameError: The recording is of another game.
        """
        return Player(self, game, speed=speed)

    def export(
        self,
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
        """Write the recording as `.gif`, `.png`, `.jsonl` or `.npz`, and return how many frames that were.

        See `rollback.replays.export.export` for the arguments and what is raised.
        """
        return export(self, target, game, first=first, until=until, every=every, size=size, speed=speed, progress=progress)

    def stand_ins(self) -> tuple[StandIn, ...]:
        """Return which frames of whom were played by a bot, or by nobody, because the player was away."""
        return stand_ins(self.events, self.header.players, self.end)

    @classmethod
    def _read(cls, file: BinaryIO) -> Self:
        reader = ChunkReader(file)
        first = reader.next()
        if first is None or first[0] != Kind.HEADER:
            raise ReplayError(f"the replay has no header: {reader.damage or 'the file ends before it'}")
        replay = cls(unpack_header(first[1]))
        for _ in range(MAX_CHUNKS):
            chunk = reader.next()
            if chunk is None:
                break
            try:
                if replay.is_ended:
                    raise WireError("trailing", "the file goes on after the end of the recording")
                replay.take(*chunk)
            except WireError as error:
                replay.damage = f"a chunk holds what it may not, it and all after it is ignored: {error}"
                return replay
        replay.damage = reader.damage
        if not replay.is_ended and not replay.damage:
            replay.damage = "the file ends without the end of the recording: it was still being written"
        return replay


def _at_once(path: str, flags: int) -> int:
    """Open a file as `open` does, but wait for nobody: a pipe would be waited for until somebody writes to it."""
    return os.open(path, flags | getattr(os, "O_NONBLOCK", 0))
