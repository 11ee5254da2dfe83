"""Lets a predictor guess only while that pays: counts the rollbacks it would have caused. Knows inputs; knows no game.

For each player three things are counted on inputs that became known: the rollbacks that repeating the last input would have
caused (*shadow rollbacks*), those of the guesser, and those of what was really answered. The guesser is in charge while

- it recently caused fewer than repeating would have, and
- one more rollback would still leave what was answered at `MOST` times what repeating would have caused.

Otherwise the last input is repeated. A guess that is wrong costs one rollback at most before this is asked again, and after
it all that is not known is guessed anew; so what was answered never causes more than `MOST` times the rollbacks of repeating,
at no moment and whatever the guesser does. A guesser that raises, or returns no input, is not asked again.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, Protocol

__all__ = ["MOST", "Gate", "Guesser", "History"]

MOST: Final = 1.02  # rollbacks, as a share of those that repeating the last input causes
FADES: Final = 1 - 1 / 64  # how much of the recent counts is left after each rollback that is counted
AHEAD: Final = 1.0  # recent rollbacks the guesser must be better by, so that chance does not put it in charge
MASK: Final = 255
GAP: Final = 190  # frames after which what happened in between is not looked for: it is no longer held

History = Callable[[int], "bytes | None"]


class Guesser(Protocol):
    """Guesses one player's inputs, frame by frame from the newest known one on."""

    def learn(self, frame: int, value: bytes) -> None:
        """Take the next known input."""

    def restart(self) -> None:
        """Begin to guess anew from the newest known input on."""

    def guess(self, frame: int, last: bytes) -> bytes:
        """Return the guess for a frame: the one after the frame guessed before, or after the newest known one."""


class Gate:
    """One player's guesses.

    Args:
        guesser: Who guesses while it pays.
        is_open: Let it always guess: to see what it does alone.

    Attributes:
        repeated: Rollbacks that repeating the last input would have caused.
        guessed: Those that the guesser would have caused.
        answered: Those that were caused.
        in_charge: Whether the guesser's guesses are answered.
        problem: Why the guesser is not asked any more; empty while it is.
    """

    __slots__ = ("_ahead", "_asked", "_given", "_guesser", "_known", "_last", "_lately", "_open", "_top", "answered",
                 "guessed", "in_charge", "problem", "repeated")  # fmt: skip

    def __init__(self, guesser: Guesser, *, is_open: bool = False) -> None:
        self.repeated = self.guessed = self.answered = 0
        self.in_charge = self._open = is_open
        self.problem = ""
        self._guesser = guesser
        self._known = self._top = self._asked = -1  # newest frame known, guessed by the guesser, answered
        self._ahead: list[bytes] = [b""] * (MASK + 1)
        self._given: list[bytes] = [b""] * (MASK + 1)
        self._last = b""  # the newest known input, as of the last call
        self._lately = 0.0  # recent rollbacks that the guesser would have saved

    def predict(self, frame: int, last: bytes, history: History) -> bytes:
        """Return the guess for a frame; frames are asked for in the order in which a session simulates them."""
        if self.problem:
            return last
        try:
            if frame - self._known > 1:
                value = history(self._known + 1)
                if value is not None:
                    self._catch_up(frame, value, history)
                elif frame - self._known > GAP:
                    self._known = self._top = frame - GAP
                    self._asked = -1
                    value = history(frame - GAP + 1)
                    if value is not None:
                        self._catch_up(frame, value, history)
            guesser, ahead = self._guesser, self._ahead
            while self._top < frame:
                self._top += 1
                guess = guesser.guess(self._top, last)
                if type(guess) is not bytes or len(guess) != len(last):
                    raise TypeError(f"{guess!r:.80} is no input of {len(last)} bytes")
                ahead[self._top & MASK] = guess
        except Exception as error:  # whatever a guesser does, the match goes on
            self.problem = f"{type(error).__name__}: {error}"[:200]
            self.in_charge = False
            return last
        answer = ahead[frame & MASK] if self.in_charge else last
        self._given[frame & MASK] = answer
        self._last = last
        if frame > self._asked:
            self._asked = frame
        return answer

    def _catch_up(self, frame: int, value: bytes | None, history: History) -> None:
        """Count and learn what became known since the last call: it came with one tick, and asks for one rollback at most."""
        known, asked, top, last = self._known, self._asked, self._top, self._last
        ahead, given, learn = self._ahead, self._given, self._guesser.learn
        answered = guessed = repeated = False
        while value is not None:
            known += 1
            if known <= asked:  # it was guessed, or known before it was simulated
                slot = known & MASK
                answered = answered or given[slot] != value
                repeated = repeated or last != value
                guessed = guessed or (known <= top and ahead[slot] != value)
            learn(known, value)
            value = history(known + 1) if known + 1 < frame else None
        self._known = known
        if guessed or known >= top:
            self._top = known
            self._guesser.restart()
        if repeated or guessed or answered:
            self._count(repeated, guessed, answered)

    def _count(self, repeated: bool, guessed: bool, answered: bool) -> None:
        self.repeated += repeated
        self.guessed += guessed
        self.answered += answered
        self._lately = self._lately * FADES + repeated - guessed
        if not self._open:
            self.in_charge = self._lately >= AHEAD and self.answered + 1 <= MOST * self.repeated
