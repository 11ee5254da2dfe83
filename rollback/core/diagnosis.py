"""Where two peers' states of one frame differ, found out by letter. Knows two trees and one peer; knows no frames but that.

Both sides do the same: they tell the checksums of what lies below the root, look which differ, and go on there, until what
is left is small enough to be told itself. Who has said all that it has to say says so, and waits for the other to.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from rollback.state import MISSING, Difference, checksum, diff, size_of
from rollback.state.trees import joined
from rollback.wire.blobs import MAX_BRANCHES, Blob, Branches, Compared, Leaf

__all__ = ["Diagnosis"]

SMALL: Final = 1024  # bytes up to which a subtree is told whole: less than its checksums and another round trip would cost
WHOLE: Final = 16 * 1024  # bytes up to which a value is told at all
MOST_PATHS: Final = 500  # paths that are gone into; a state that differs everywhere is known well enough by then
MOST_DIFFERENCES: Final = 100


class Diagnosis:
    """The comparison of S_frame with one peer.

    Attributes:
        frame: The frame.
        differences: What differs, as far as it is known: our value left, the peer's right.
        out: Messages to send.
    """

    def __init__(self, frame: int, tree: Any) -> None:
        self.frame = frame
        self.differences: list[Difference] = []
        self.out: list[Blob] = []
        self._tree = tree
        self._open: dict[tuple[Any, ...], Any] = {}  # our side of each path that the peer has yet to answer
        self._told = 0
        self._heard_all = self._said_all = False
        self._tell((), tree)

    @property
    def done(self) -> bool:
        """Whether both sides know all they will know."""
        return self._heard_all and self._said_all

    def hear(self, blob: Branches | Leaf | Compared) -> None:
        """Take what the peer tells."""
        match blob:
            case Compared():
                self._heard_all = True
            case Leaf(_, path, value) if path in self._open:
                ours = self._open.pop(path)
                if ours is not MISSING and not _is_small(ours):
                    self._tell_whole(path, ours)  # we told checksums, and the peer has no such container
                self._note(path, ours, value)
            case Branches(_, path, sums) if path in self._open:
                ours = self._open[path]
                if ours is not MISSING and not _is_small(ours):
                    del self._open[path]
                    self._compare(path, ours, dict(sums))
            case _:
                pass  # of a path that is answered already, or that was never asked about
        if not self._open and not self._said_all:
            self._said_all = True
            self.out.append(Compared(self.frame))

    def _compare(self, path: tuple[Any, ...], ours: Any, theirs: dict[Any, int]) -> None:
        own = dict(_children(ours))
        for key, child in own.items():
            if key not in theirs:
                self._tell_whole((*path, key), child)
                self._note((*path, key), child, MISSING)
            elif theirs.pop(key) != checksum(child):
                self._tell((*path, key), child)
        for key in theirs:
            if key not in own:
                self._open[(*path, key)] = MISSING  # the peer tells it unasked

    def _tell(self, path: tuple[Any, ...], ours: Any) -> None:
        """Tell our side of a path that differs, as checksums or whole, and wait for the peer's."""
        self._told += 1
        if self._told > MOST_PATHS:
            return
        self._open[path] = ours
        if _is_small(ours):
            self._tell_whole(path, ours)
        else:
            self.out.append(Branches(self.frame, path, tuple([(key, checksum(child)) for key, child in _children(ours)])))

    def _tell_whole(self, path: tuple[Any, ...], ours: Any) -> None:
        value = ours if size_of(ours) <= WHOLE else f"<{type(ours).__name__} of {size_of(ours)} bytes>"
        self.out.append(Leaf(self.frame, path, value))

    def _note(self, path: tuple[Any, ...], ours: Any, theirs: Any) -> None:
        at = ""
        for key in path:
            at = joined(at, key)
        room = MOST_DIFFERENCES - len(self.differences)
        if room > 0 and (ours is MISSING or theirs is MISSING):
            self.differences.append(Difference(at, ours, theirs))
        elif room > 0:
            self.differences += diff(ours, theirs, room, at=at)


def _is_small(tree: Any) -> bool:
    return type(tree) not in (dict, list, tuple) or len(tree) == 0 or size_of(tree) <= SMALL or len(tree) > MAX_BRANCHES


def _children(tree: Any) -> Iterator[tuple[Any, Any]]:
    return iter(tree.items()) if type(tree) is dict else iter(enumerate(tree))
