"""Which frames of a recording get a keyframe, so that a reader need not begin at frame 0. Knows sizes and rates; knows no file.

Keyframes may take a part of what a recording may take, and no more: a large state gets them rarely, or never.
"""

from __future__ import annotations

from typing import Any, Final

from rollback.state import size_of

__all__ = ["KeyframePlan"]

BYTES_A_SECOND: Final = 256  # a quarter of what a recording of two players may take
LARGEST: Final = 1024 * 1024  # bytes of a state: to pack and compress one takes a frame's time
MOST_VALUES: Final = 16384  # in a state, keys among them: only to look at more takes most of a frame's time
GUESS: Final = 4  # how much smaller a state gets by that, as long as none was tried


class KeyframePlan:
    """When the next keyframe is due.

    Args:
        first: The first frame of the recording.
        fps: Frames a second.
        seconds: From one keyframe to the next; 0 for none.
        interval: Frames between checksums, whose states are held longest; 0 for none.

    Attributes:
        due: The frame of the next keyframe; -1 for none.
    """

    def __init__(self, first: int, fps: int, seconds: float, interval: int) -> None:
        self._first = first
        self._fps = fps
        self._step = max(1, interval)
        self._every = max(1, round(seconds * fps / self._step)) * self._step if seconds > 0 else 0
        self._spent = 0
        self._size = 0  # of the last one, as it was packed
        self.due = -1
        self.go_on(first)

    def go_on(self, last: int) -> None:
        """Let the next one be due after that of frame `last`."""
        if self._every:
            self.due = self._at_least(last + self._every)

    def wait(self) -> None:
        """Let none be due for now."""
        self.due = -1

    def skip(self) -> None:
        """Let the next frame that may have one be due: the state of this one is not held."""
        self.due += self._step

    def is_affordable(self, state: Any) -> bool:
        """Return whether the keyframe that is due may be written now; if not, another one is due later, or none."""
        size = self._size
        if not size:
            raw = size_of(state) if _has_at_most(MOST_VALUES, state) else None
            if raw is None or raw > LARGEST:
                self._every, self.due = 0, -1
                return False
            size = raw // GUESS
        room_at = self._first + (self._spent + size) * self._fps // BYTES_A_SECOND
        if room_at > self.due:
            self.due = self._at_least(room_at)
            return False
        return True

    def wrote(self, frame: int, size: int) -> None:
        """Note that the keyframe of `frame` took so many bytes; the next one is due after it."""
        self._spent += size
        self._size = size
        self.go_on(frame)

    def _at_least(self, frame: int) -> int:
        return -(-frame // self._step) * self._step


def _has_at_most(most: int, state: Any) -> bool:
    """Return whether a state has at most so many values and keys, without a look at more than these."""
    values, count = [state], 0
    while values and count <= most:
        value = values.pop()
        if type(value) is dict:
            count += 2 * len(value)
            values.extend(value.values())
        elif type(value) in (list, tuple):
            count += len(value)
            values.extend(value)
    return count <= most
