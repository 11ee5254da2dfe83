"""A replay, opened: what was recorded, as far as it can be read, and whether it comes out again. Knows files."""

from __future__ import annotations

import os
from typing import BinaryIO, Self

from rollback.errors import ReplayError, WireError
from rollback.game import Game
from rollback.replays.chunks import ChunkReader, Kind
from rollback.replays.header import ReplayHeader, unpack_header
from rollback.replays.limits import MAX_CHUNKS
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
            with open(source, "rb") as file:
                return cls._read(file)
        except (OSError, ValueError) as error:  # ValueError: a name that no file can have
            why = error.strerror if isinstance(error, OSError) else error
            raise ReplayError(f"the replay {os.fspath(source)!r} cannot be read: {why}") from None

    def verify(self, game: Game) -> Verdict:
        """Simulate `game`, which must be fresh, on the recorded inputs and compare all checksums and keyframes.

        Of a damaged file the readable frames are compared; `complete` tells.

        Raises:
            GameError: The recording is of another game, or the game's state is no state tree and has no digest.
        """
        return verify(self, game)

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
