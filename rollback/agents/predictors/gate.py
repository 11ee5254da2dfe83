"""Lets a predictor guess only while that pays: counts the rollbacks it would have caused. Knows inputs; knows no game.

For each player three things are counted on inputs that became known: the rollbacks that repeating the last input would have
caused (*shadow rollbacks*), those of the guesser, and those of what was really answered. The guesser is in charge while

- it recently caused fewer than repeating would have over the same frames, and
- one more rollback would still leave what was answered at `MOST` times what repeating would have caused.

Otherwise the last input is repeated. A guess that is wrong costs one rollback at most before this is asked again, and after
it all that is not known is guessed anew; so what was answered never causes more than `MOST` times the rollbacks of repeating,
at no moment and whatever the guesser does. A guesser that raises, or returns no input, is not asked again.

A guesser that is dear is asked in stretches: where one shows that it does not pay, a pause follows, each twice as long as the
one before until a stretch pays again. In a pause the last input is repeated, and only that is counted. Who remembers nothing
is not asked either while charge could not be given anyway, but for so long before as a stretch lasts.
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
NEVER: Final = 1 << 60  # a frame past all frames

ENOUGH: Final = 16  # rollbacks of either after which a stretch is judged
HOPELESS: Final = -4  # rollbacks saved in a stretch at which more of it is not waited for
LONG: Final = 600  # frames after which a stretch is judged, however few rollbacks there were
PAUSE: Final = 150  # frames of the first pause
LONGEST_PAUSE: Final = 2400

History = Callable[[int], "bytes | None"]


class Guesser(Protocol):
    """Guesses one player's inputs, frame by frame from the newest known one on."""

    @property
    def remembers(self) -> bool:
        """Whether its guesses hang on its being asked for all the frames before."""

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
        rests: Whether the guesser is dear, and not asked for a while where a stretch showed that it does not pay.

    Attributes:
        repeated: Rollbacks that repeating the last input would have caused.
        compared: Those of them that the guesser was asked about.
        guessed: Those that the guesser would have caused.
        answered: Those that were caused.
        in_charge: Whether the guesser's guesses are answered.
        problem: Why the guesser is not asked any more; empty while it is.
    """

    __slots__ = ("_ahead", "_asked", "_due", "_events", "_given", "_guesser", "_known", "_last", "_lately", "_open", "_pause",
                 "_rests", "_saved", "_top", "_until", "_wakes", "answered", "compared", "guessed", "in_charge",
                 "problem", "repeated")  # fmt: skip

    def __init__(self, guesser: Guesser, *, is_open: bool = False, rests: bool = False) -> None:
        self.repeated = self.compared = self.guessed = self.answered = 0
        self.in_charge = self._open = is_open
        self.problem = ""
        self._guesser = guesser
        self._known = self._top = self._asked = -1  # newest frame known, guessed by the guesser, answered
        self._ahead: list[bytes] = [b""] * (MASK + 1)
        self._given: list[bytes] = [b""] * (MASK + 1)
        self._last = b""  # the newest known input, as of the last call
        self._lately = 0.0  # recent rollbacks that the guesser would have saved
        self._rests = rests and not is_open
        self._wakes = 0  # the frame at which a pause ends, 0 while there is none
        self._until = LONG if self._rests else NEVER  # frame at which the stretch is judged
        self._events = self._saved = 0  # rollbacks of either in this stretch, and how many of them the guesser would have saved
        self._pause = PAUSE  # frames of the next pause
        self._due = NEVER  # rollbacks of repeating that end a pause

    @property
    def is_resting(self) -> bool:
        """Whether the guesser is not asked, for it did not pay."""
        return self._wakes > 0

    def predict(self, frame: int, last: bytes, history: History) -> bytes:
        """Return the guess for a frame; frames are asked for in the order in which a session simulates them."""
        if self.problem:
            return last
        answer = last
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
            if frame >= self._until:
                self._turn(frame)
            if not self._wakes:
                top = self._top
                while top < frame:
                    top += 1
                    guess = self._guesser.guess(top, last)
                    if type(guess) is not bytes or len(guess) != len(last):
                        raise TypeError(f"{guess!r:.80} is no input of {len(last)} bytes")
                    self._ahead[top & MASK] = guess
                    self._top = top
                if self.in_charge:
                    answer = self._ahead[frame & MASK]
        except Exception as error:  # whatever a guesser does, the match goes on
            self.problem = f"{type(error).__name__}: {error}"[:200]
            self.in_charge = False
            return last
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
                if given[slot] != value:
                    answered = True
                if last != value:
                    repeated = True
                if known <= top and ahead[slot] != value:
                    guessed = True
            learn(known, value)
            known_next = known + 1
            value = history(known_next) if known_next < frame else None
        self._known = known
        if guessed or known >= top:
            self._top = known
            self._guesser.restart()
        if repeated or guessed or answered:
            self._count(repeated, guessed, answered)

    def _count(self, repeated: bool, guessed: bool, answered: bool) -> None:
        self.repeated += repeated
        self.answered += answered
        if self._wakes:
            if self.repeated >= self._due:
                self._until = self._known
            return
        self.compared += repeated
        self.guessed += guessed
        self._lately = self._lately * FADES + repeated - guessed
        if not self._open:
            self.in_charge = self._lately >= AHEAD and self.answered + 1 <= MOST * self.repeated
        if self._rests and (repeated or guessed):
            self._events += 1
            self._saved += repeated - guessed
            is_hopeless = self._saved <= HOPELESS and self._lately < AHEAD
            if self._events >= ENOUGH or is_hopeless or (self._missing() > ENOUGH and not self._guesser.remembers):
                self._until = self._known

    def _missing(self) -> float:
        """Return how many more rollbacks of repeating must be counted before the guesser may be in charge."""
        return (self.answered + 1 - MOST * self.repeated) / (MOST - 1)

    def _turn(self, frame: int) -> None:
        """Begin a stretch, or end one: with the next where it paid, and otherwise with a pause."""
        if self._wakes:
            self._wakes, self._due, self._lately = 0, NEVER, 0.0
            self._top = self._known
            self._guesser.restart()
        elif self._missing() > ENOUGH and not self._guesser.remembers:
            self._wakes = self._until = NEVER
            self._due = self.repeated + int(self._missing()) - ENOUGH
            return
        elif self._saved > 0 or self._lately >= AHEAD:
            self._pause = PAUSE
        else:
            self.in_charge = False
            self._wakes = self._until = frame + self._pause
            self._pause = min(2 * self._pause, LONGEST_PAUSE)
            return
        self._until = frame + LONG
        self._events = self._saved = 0
