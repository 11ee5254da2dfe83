"""What the inputs of a player have to be when they settle, by the rules alone. Knows frames and inputs; knows no session.

A player's inputs are those that the process of its peer gave, until it was cut; then idle ones, or those of the policy that
plays on; then, from some frame on, those of the next process in its place.
"""

from __future__ import annotations

from collections import deque

__all__ = ["Given", "Slot"]


class Given:
    """The inputs of one player, as one process gave them, by the rules of the input delay alone, from `base` on."""

    __slots__ = ("_inputs", "_last", "base", "delay", "distinct")

    def __init__(self, idle: bytes, delay: int, base: int = 0) -> None:
        self.base = base
        self.delay = delay
        self.distinct = 1  # how often the input changed
        self._inputs: deque[bytes] = deque([idle] * delay)
        self._last = idle

    def take(self, frame: int, data: bytes) -> None:
        """An action was captured at `frame`; its input is `data`."""
        inputs, target = self._inputs, frame + self.delay
        end = self.base + len(inputs)
        if end > target:
            return  # the delay was lowered: the frame has its input
        if end < target:
            inputs.extend([self._last] * (target - end))
        if data != self._last:
            self.distinct += 1
            self._last = data
        inputs.append(data)

    def at(self, frame: int) -> bytes | None:
        """Return the input of a frame, None where none was given yet, or where it was forgotten."""
        place = frame - self.base
        return self._inputs[place] if 0 <= place < len(self._inputs) else None

    def forget(self, frame: int) -> None:
        """Forget what was given for frames before `frame`."""
        while self.base < frame and self._inputs:
            self._inputs.popleft()
            self.base += 1


class Slot:
    """What may settle for one player; to be asked for one frame after another.

    Args:
        idle: Its idle input.
        delay: The input delay that its first process begins with.

    Attributes:
        given: What the process that plays it now has given.
        may_be_cut: Whether the peer may be lost to some of the others: it was killed, say.
        stand_in: What the policy gives that plays on after a cut, None where nobody does, empty where it may be anything.
        cut: The frame from which on it was cut, None while it is played by its own process.
    """

    __slots__ = ("_coming", "_idle", "cut", "given", "may_be_cut", "stand_in")

    def __init__(self, idle: bytes, delay: int, stand_in: bytes | None = None) -> None:
        self.given = Given(idle, delay)
        self.may_be_cut = False
        self.stand_in = stand_in
        self.cut: int | None = None
        self._coming: Given | None = None
        self._idle = idle

    def comes(self, frame: int, delay: int) -> Given:
        """A new process took its first own action at `frame`; return where its inputs are to be noted."""
        self._coming = Given(self._idle, delay, frame)
        return self._coming

    def empty(self) -> None:
        """Nobody plays it in the beginning."""
        self.cut = 0
        self.may_be_cut = True

    def wrong(self, frame: int, found: bytes) -> bytes | None:
        """Return what should have settled in place of `found`, None where it is right."""
        coming = self._coming
        if coming is not None and frame >= coming.base:
            expected = coming.at(frame)
            if found == expected:
                if found != self._idle:  # it has arrived: from now on only what it gives is right
                    self.given, self.cut, self._coming = coming, None, None
                return None
            if expected is not None:
                self._coming = None  # it was not let in: what it gave must not settle later either
        if self.cut is None:
            expected = self.given.at(frame)
            if found == expected:
                return None
            if not self.may_be_cut or not self._stands_in(found):
                return b"" if expected is None else expected
            self.cut = frame
            return None
        return None if self._stands_in(found) else self._idle

    def _stands_in(self, found: bytes) -> bool:
        return found in (self._idle, self.stand_in) or self.stand_in == b""

    def forget(self, frame: int) -> None:
        """Forget what was given for frames before `frame`."""
        self.given.forget(frame)
        if self._coming is not None and self._coming.base < frame and self.cut is None:
            self._coming.forget(frame)
