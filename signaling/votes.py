"""The lobby's vote on a partition: one a match and epoch, remembered. Knows seats; no members, no sockets, no clock.

When a match falls into two halves, neither may go on without knowing that the other ends. Whoever asks first opens the
vote; for a moment the other side may ask too, so that the side whose members the lobby still hears can be preferred.
What was decided is answered again to everybody who asks for that epoch.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from typing import Final

from signaling.refusals import Refusal

__all__ = ["Decided", "Votes", "seats_of"]

KEPT: Final = 64  # epochs of a match that are remembered; each is the loss of a peer, or its return
AHEAD: Final = 64  # epochs past the newest decided one that may be asked for


@dataclass(frozen=True, slots=True)
class Decided:
    """An epoch's verdict, and the seats that asked for it."""

    epoch: int
    roster: int
    askers: tuple[int, ...]


@dataclass(slots=True)
class _Poll:
    closes: float
    asked: dict[int, int] = field(default_factory=dict)  # seat -> the roster it asks for


class Votes:
    """The votes of one match.

    Args:
        wait: Seconds between the first question for an epoch and the decision.
    """

    def __init__(self, wait: float) -> None:
        self._wait = wait
        self._decided: dict[int, int] = {}  # epoch -> roster, the lowest epoch first
        self._polls: dict[int, _Poll] = {}
        self._floor = 0  # what is below is forgotten, and is not decided twice

    @property
    def wake_at(self) -> float | None:
        """When `settle` has something to decide; None: nothing was asked."""
        return min((poll.closes for poll in self._polls.values()), default=None)

    def ask(self, seat: int, epoch: int, roster: int, *, seated: Collection[int], now: float) -> int | None:
        """Ask for an epoch in the name of a roster; return the roster that won, None where that is decided later.

        Args:
            seat: Whose voice it is.
            epoch: The change of the roster that is asked for, from 1 on.
            roster: The mask of the seats that would go on.
            seated: The seats of the room that are taken.
            now: The time.

        Raises:
            Refusal: `malformed`: not a question that this seat can ask.
        """
        if type(epoch) is not int or type(roster) is not int or epoch < 1 or roster < 1:
            raise Refusal("malformed", "a vote names an epoch from 1 on, and a roster: a mask of seats with at least one")
        if not roster >> seat & 1:
            raise Refusal("malformed", f"you sit on seat {seat}, and the roster you ask for leaves it out")
        if any(other not in seated for other in seats_of(roster)):
            raise Refusal("malformed", "the roster holds a seat on which nobody sits")
        if epoch in self._decided:
            return self._decided[epoch]
        newest = max(self._decided, default=self._floor)
        if epoch <= self._floor or epoch > newest + AHEAD:
            raise Refusal("malformed", f"epoch {epoch} cannot be voted on: only {self._floor + 1} to {newest + AHEAD} can be")
        self._polls.setdefault(epoch, _Poll(now + self._wait)).asked[seat] = roster
        return None

    def settle(self, *, connected: Collection[int], now: float) -> list[Decided]:
        """Decide what was asked long enough ago: for the roster with more connected seats, then for the lower seat."""
        decided: list[Decided] = []
        for epoch in sorted(epoch for epoch, poll in self._polls.items() if poll.closes <= now):
            asked = self._polls.pop(epoch).asked
            roster = min(asked.values(), key=lambda each: _order(each, connected))
            self._decided[epoch] = roster
            decided.append(Decided(epoch, roster, tuple(sorted(asked))))
        self._decided = dict(sorted(self._decided.items()))
        while len(self._decided) > KEPT:
            self._floor = next(iter(self._decided))
            del self._decided[self._floor]
        return decided


def seats_of(roster: int) -> Iterator[int]:
    """Yield the seats of a mask, the lowest first."""
    while roster:
        lowest = roster & -roster
        yield lowest.bit_length() - 1
        roster ^= lowest


def _order(roster: int, connected: Collection[int]) -> tuple[int, int, int]:
    here = sum(seat in connected for seat in seats_of(roster))
    return -here, roster & -roster, roster
