"""Who is in the match as one peer sees it, and who of them may go on. Knows seats and claims; changes nothing by itself."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import Enum, auto

from rollback.wire.messages import Claim

__all__ = ["Change", "Roster", "Standing", "seats_in"]


def seats_in(mask: int) -> Iterator[int]:
    """Yield the seats in a mask, lowest first."""
    while mask:
        lowest = mask & -mask
        yield lowest.bit_length() - 1
        mask ^= lowest


class Standing(Enum):
    """What those who remain are of those who were: more than half of them may go on, exactly half need a vote."""

    MORE = auto()
    HALF = auto()
    LESS = auto()


@dataclass(frozen=True, slots=True)
class Change:
    """A change of the roster that is committed.

    Attributes:
        epoch: Its number.
        roster: Who is in the match from now on.
        cuts: The last frame of each lost seat's own inputs.
        joins: The first frame of each newcomer's own inputs.
    """

    epoch: int
    roster: int
    cuts: Mapping[int, int] = field(default_factory=dict)
    joins: Mapping[int, int] = field(default_factory=dict)


class Roster:
    """One peer's view of who is in the match; `Agreement` is how it changes.

    Args:
        me: Our seat.
        roster: All seats at which a peer sits, ours included.
        seats: All seats of the match, those included at which nobody sits yet; None: the same.

    Attributes:
        epoch: Number of the newest change committed here.
        roster: The roster of that.
        lost: Those of the roster who are claimed lost. We take nothing from them any more.
        left: Those of them who said goodbye: they are no side of a partition.
        out: Whether the others went on without us.
        unheard: Those whom we do not hear at present.
        shunned: Those who claim us lost, and so take nothing from us.
        proposed: Number of the change under way, `epoch` without one.
        joining: The first own frame of each newcomer in the change under way.
        pledged: The number of the change by which a newcomer is to come, by seat, from when we stood by it until it is
            certain that somebody has committed it, or that nobody will.
        lacks: Whether we lack inputs of an adopted seat that are to be forwarded.
        adopted: Seats without a peer whose inputs the lowest peer of the roster makes.
        approved: Whether the lobby's vote went to us in the change under way.
        claims: The newest claim of each of the others.
        cuts: The last frame of its own inputs, of each seat that was ever cut.
    """

    def __init__(self, me: int, roster: int, seats: int | None = None) -> None:
        self.me = me
        self._seats = roster if seats is None else seats
        self.epoch = self.proposed = 0
        self.roster = roster
        self.lost = self.left = self.shunned = self.adopted = 0
        self.out = self.approved = self.lacks = False
        self.joining: dict[int, int] = {}
        self.pledged: dict[int, int] = {}
        self.claims: dict[int, Claim] = {}
        self.cuts: dict[int, int] = {}
        self.unheard = 0
        self._cut_last = 0  # the seats cut by the newest change
        self._joins_told: dict[int, int] = {}
        self._ahead: tuple[int, Claim] | None = None  # one who committed what we have not, and its claim

    @property
    def survivors(self) -> int:
        """Those of the roster who are not lost."""
        return self.roster & ~self.lost

    @property
    def others(self) -> Iterator[int]:
        """The survivors other than ourselves, lowest first."""
        return seats_in(self.survivors & ~(1 << self.me))

    @property
    def lowest(self) -> int:
        """The lowest survivor: it sponsors newcomers and plays for those who are gone."""
        return next(seats_in(self.survivors))

    @property
    def is_open(self) -> bool:
        """Whether there is something to agree upon, or somebody who may not know yet that it is agreed."""
        if self.lost or self.pledged or self.lacks:
            return True
        return self.epoch > 0 and any(
            seat not in self.claims or self.claims[seat].committed < self.epoch for seat in self.others
        )

    @property
    def withheld(self) -> Mapping[int, int]:
        """The cuts past which nothing may be shown yet, by seat: of those we play for, until all others have committed them.

        Who has not is told by what others hold; it must not take what a policy made for what the lost one did last.
        """
        fresh = self._cut_last & self.adopted
        if not fresh or self.lowest != self.me:
            return {}
        asked = [seat for seat in self.others if not self.unheard >> seat & 1]  # who is not heard cannot be waited for
        if all(seat in self.claims and self.claims[seat].committed >= self.epoch for seat in asked):
            return {}
        return {seat: self.cuts[seat] for seat in seats_in(fresh)}

    @property
    def standing(self) -> Standing:
        """Whether we, who remain, may go on without the others."""
        base = self.roster & ~self.left
        remain, lack = (self.survivors & base).bit_count(), (self.lost & base).bit_count()
        return Standing.MORE if remain > lack else Standing.HALF if remain == lack else Standing.LESS

    @property
    def may_go_on(self) -> bool:
        """Whether the change under way is ours to commit."""
        standing = self.standing
        return standing is Standing.MORE or (standing is Standing.HALF and self.approved)

    @property
    def agreed(self) -> bool:
        """Whether all who remain say who remains, so that nothing but the cuts, and perhaps a vote, lacks."""
        claims = [self.claims.get(seat) for seat in self.others]
        return all(each is not None and each.epoch > self.epoch and each.roster == self.survivors for each in claims)

    def may_claim(self, silent: int, missed: int) -> bool:
        """Whether to claim those lost who are missed.

        Who hears so few that it would not be the larger side waits until it has missed all the others: a claim for some of
        them only would be taken over by others who hear us, and end with us; and the lobby's vote is asked for once.
        """
        base = self.roster & ~self.left
        heard = (self.survivors & base & ~silent).bit_count()
        return 2 * heard > base.bit_count() or not silent & ~missed
