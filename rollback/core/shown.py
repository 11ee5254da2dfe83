"""Readers of the frames that a spectator was shown. Knows frames; knows no feed."""

from __future__ import annotations

from collections.abc import Iterator

from rollback.types import Confirmed

__all__ = ["Shown"]


class Shown:
    """Iterate to take what was shown since the last time; what is not taken is kept, so close it where it is not wanted."""

    def __init__(self, readers: list[Shown]) -> None:
        self._frames: list[Confirmed] = []
        self._readers = readers
        readers.append(self)

    def add(self, done: Confirmed) -> None:
        """Take one more frame."""
        self._frames.append(done)

    def take(self) -> list[Confirmed]:
        """Return what was shown since the last time."""
        frames, self._frames = self._frames, []
        return frames

    def __iter__(self) -> Iterator[Confirmed]:
        return iter(self.take())

    def __len__(self) -> int:
        return len(self._frames)

    def close(self) -> None:
        """Keep no more frames for this reader."""
        self._readers[:] = [reader for reader in self._readers if reader is not self]
        self._frames.clear()
