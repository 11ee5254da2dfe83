"""Readers of settled frames: each frame once, in order, for each of them. Knows rows by frame; knows no peers."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator

from rollback.core.simulation import Decoded
from rollback.types import Confirmed

__all__ = ["SettledReader"]

Rows = tuple[bytes, ...]


class SettledReader:
    """Iterate to take what has settled since the last time; nothing is lost or handed out twice.

    What is not taken is kept, at the cost of one reference a frame: a reader that is no longer wanted is to be closed.
    """

    __slots__ = ("_decode", "_frame", "_readers", "_rows")

    def __init__(self, decode: Callable[[Rows], Decoded], frame: int, readers: list[deque[Rows]]) -> None:
        self._decode = decode
        self._frame = frame
        self._rows: deque[Rows] = deque()
        self._readers = readers
        readers.append(self._rows)

    def __iter__(self) -> Iterator[Confirmed]:
        rows = self._rows
        while rows:
            frame = self._frame
            self._frame = frame + 1
            actions, inputs = self._decode(rows.popleft())
            yield Confirmed(frame, actions, inputs)

    def __len__(self) -> int:
        return len(self._rows)

    def close(self) -> None:
        """Stop keeping frames for this reader."""
        self._readers[:] = [rows for rows in self._readers if rows is not self._rows]
        self._rows.clear()
