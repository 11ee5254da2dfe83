"""Ring of snapshots by frame. Knows frames; knows no players and no peers.

Sized so that a slot is only used again when nobody can need its old snapshot: a rollback goes back at most the prediction
window, and the newest snapshot at or before that frame is at most one stride further back.
"""

from __future__ import annotations

from typing import Any, Final

__all__ = ["Snapshots"]

EMPTY: Final = -1 << 40  # no frame, nor any that is looked for


class Snapshots:
    """The newest snapshots.

    Attributes:
        stride: Most frames from one snapshot to the next; 1 keeps every frame.
        mask: Slots less one; a frame's slot is `frame & mask`.
        states: Ring of snapshots.
        frames: Ring of the frames they are of, EMPTY for none; not kept with a stride of 1, where every slot is in use.
    """

    __slots__ = ("frames", "mask", "states", "stride")

    def __init__(self, window: int, stride: int) -> None:
        slots = 4
        while slots < window + 2 * stride + 2:
            slots *= 2
        self.stride = stride
        self.mask = slots - 1
        self.states: list[Any] = [None] * slots
        self.frames = [EMPTY] * slots

    def put(self, frame: int, state: Any) -> None:
        """Keep the snapshot of `frame`, in place of the one a ring's length older."""
        self.states[frame & self.mask] = state
        self.frames[frame & self.mask] = frame

    def has(self, frame: int) -> bool:
        """Whether the snapshot of exactly this frame is here."""
        return self.frames[frame & self.mask] == frame

    def at(self, frame: int) -> Any:
        """Return the snapshot of exactly this frame, which must be here."""
        return self.states[frame & self.mask]

    def newest(self, frame: int) -> int:
        """Return the newest frame at or before `frame` whose snapshot is here."""
        if self.stride == 1:
            return frame
        for candidate in range(frame, frame - self.mask - 1, -1):
            if self.frames[candidate & self.mask] == candidate:
                return candidate
        raise AssertionError(f"no snapshot at or before frame {frame} is held: the ring is too small, or was not filled")
