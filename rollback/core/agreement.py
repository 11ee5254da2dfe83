"""Who is still in the match, agreed by those who are: claims, cuts, epochs. Knows seats and frames; knows no time, no bytes.

A seat is lost when somebody claims it and all who remain take that over; sets of lost seats only grow, so they converge. What
the lost one did last is what any of those who remain holds of it: the maximum, for one of them may have shown it already. A
change is committed when every one of them said that it holds all that, and it is not undone. What a change needs to be
committed is said by every claim about it, so it survives the loss of whoever began it; docs/losing-a-peer.md tells why.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import Enum, auto

from rollback.wire.messages import Claim

__all__ = ["Agreement", "Change", "Standing", "seats_in"]


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


class Agreement:
    """One peer's view of the roster.

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
        if (
            not fresh
            or self.lowest != self.me
            or all(seat in self.claims and self.claims[seat].committed >= self.epoch for seat in self.others)
        ):
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

    def lose(self, seat: int, *, left: bool = False) -> bool:
        """Claim a seat lost; from now on nothing may be taken from it. False where it is no survivor."""
        bit = 1 << seat
        if seat in self.joining:
            del self.joining[seat]
            self._next()
            return True
        if not self.survivors & bit or seat == self.me:
            return False
        self.lost |= bit
        if left:
            self.left |= bit
        self._next()
        return True

    def hear(self, seat: int, claim: Claim) -> int:
        """Take a claim of a survivor or a newcomer; return the seats that are lost by it."""
        if seat not in self.joining and not self.survivors & 1 << seat:
            return 0
        if (claim.base | claim.roster) & ~self._seats or claim.roster & ~claim.base:
            return 0  # nonsense
        before = self.claims.get(seat)
        if before is not None and (claim.committed, claim.epoch) < (before.committed, before.epoch):
            return 0  # overtaken
        if before is not None and before[:4] == claim[:4] and before.joins == claim.joins:
            # An overtaken one tells less than is known; of whom it no longer speaks, it no longer wants anything.
            claim = claim._replace(held={seat: max(frame, before.held.get(seat, -1)) for seat, frame in claim.held.items()})
        own = 1 << self.me
        if not claim.base & own:
            # A change was committed without us, and there is no way back; or that by which we came is not committed there yet.
            self.out = self.out or (seat not in self.joining and claim.committed >= self.epoch)
            return 0
        self.claims[seat] = claim
        if seat in self.joining:
            return 0  # it says that it is ready, and has no say about others yet
        if claim.committed > self.epoch and not claim.base & ~self.roster & ~sum(1 << told for told in self._joins_told):
            self._ahead = seat, claim
        if not claim.roster & own:
            self.shunned |= 1 << seat
            return 0
        lost = self.survivors & claim.base & ~claim.roster
        if lost:
            self.lost |= lost
            self._next(claim.epoch)
        elif not claim.joins and claim.committed < claim.epoch > self.epoch and claim.epoch >= self.proposed and not self.lost:
            self.joining.clear()  # it does not stand by the newcomer any more, and never will again
            self.proposed = claim.epoch
        elif self.lost and claim.roster == self.survivors:
            self.proposed = max(self.proposed, claim.epoch)
        return lost

    def propose(self, seat: int, frame: int) -> int:
        """Begin a change by which a newcomer comes; return its number."""
        self.joining = {seat: frame}
        self._joins_told[seat] = frame
        self.proposed = max(self.proposed, self.epoch) + 1
        self.pledged = {seat: self.proposed}
        return self.proposed

    def accept(self, seat: int, frame: int, epoch: int) -> bool:
        """Take over the sponsor's proposal; False where something else is under way, or it is an old one."""
        if self.joining.get(seat) == frame:
            return True
        if self.lost or self.pledged or epoch <= self.proposed:
            return False
        self.joining = {seat: frame}
        self._joins_told[seat] = frame
        self.proposed = epoch
        self.pledged = {seat: epoch}
        return True

    def release(self) -> bool:
        """Whether nobody has committed, or ever will, what we pledged but stand by no more; it is forgotten then.

        A peer that says another thing under that number or a higher one never takes the newcomer's change up again. As long
        as one may have committed it, and shown frames it made with the newcomer, we must wait to hear of that.
        """
        if not self.pledged or self.joining:
            return False
        number = max(self.pledged.values())
        for other in self.others:
            claim = self.claims.get(other)
            if claim is None or claim.joins or not claim.epoch >= number > claim.committed:
                return False
        self.pledged.clear()
        return True

    def claim(self, silent: int, missed: int, held: Mapping[int, int]) -> Claim:
        """Return what we say.

        Args:
            silent: Seats we do not hear at present.
            missed: Those of them we have missed for long.
            held: The newest input we hold of every seat that is silent, lost or adopted.
        """
        told = {seat: held[seat] for seat in seats_in(silent | self.lost | self.adopted) if seat in held}
        told.update(self.withheld)
        return Claim(
            self.proposed, self.epoch, self.roster, self.survivors, silent, missed, {**self.cuts, **told}, dict(self.joining)
        )

    def all_miss(self, seat: int, heard: int, fresh: int) -> bool:
        """Whether all others that we hear miss this seat too.

        Args:
            seat: The seat.
            heard: The seats we hear.
            fresh: Those of them whose claims are new; what another said is no word about now.
        """
        bit = 1 << seat
        asked = self.survivors & heard & ~bit & ~(1 << self.me) & ~self.shunned
        return not asked & ~fresh and all(
            other in self.claims and (self.claims[other].missed | ~self.claims[other].roster) & bit for other in seats_in(asked)
        )

    def decide(self, roster: int, epoch: int) -> bool:
        """Take the lobby's vote; False where it went to others. One about another change says nothing."""
        if epoch != self.epoch + 1:
            return True
        if not self.lost:
            return bool(roster >> self.me & 1)
        self.approved = roster == self.survivors  # those who are fewer than the lobby voted for are no half any more
        return self.approved

    def due(self, held: Mapping[int, int]) -> Change | None:
        """Return the change that can be committed now, None where something lacks.

        Args:
            held: The newest input we hold of every seat.
        """
        if self._ahead is not None and self._ahead[1].committed > self.epoch and self.survivors >> self._ahead[0] & 1:
            ahead = self._ahead[1]
            cuts = {seat: ahead.held.get(seat, -1) for seat in seats_in(self.roster & ~ahead.base)}
            joins = {seat: self._joins_told[seat] for seat in seats_in(ahead.base & ~self.roster) if seat in self._joins_told}
            if all(held[seat] >= cut for seat, cut in cuts.items()):
                if not ahead.base & self.roster & -self.roster:  # who played for those who are gone is lost itself
                    cuts.update({seat: ahead.held[seat] for seat in seats_in(self.adopted) if seat in ahead.held})
                return Change(ahead.committed, ahead.base, cuts, joins)
            return None
        if not (self.lost or self.joining) or not self.may_go_on:
            return None
        told = [self.claims.get(seat) for seat in (*self.others, *sorted(self.joining))]
        if any(
            each is None
            or each.epoch <= self.epoch
            or each.joins != self.joining
            or (seat not in self.joining and each[:4] != (self.proposed, self.epoch, self.roster, self.survivors))
            for seat, each in zip((*self.others, *sorted(self.joining)), told, strict=True)
        ):
            return None
        seats = [*seats_in(self.lost)]
        if self.lost & (self.roster & -self.roster):
            seats += [seat for seat in seats_in(self.adopted) if seat not in self.joining]  # who played for them is lost itself
        members = [each for seat, each in zip(self.others, told, strict=False) if each is not None]
        cuts = {}
        for seat in seats:
            holds = [held[seat], *[each.held.get(seat, -1) for each in members]]
            if min(holds) < max(holds):
                return None
            cuts[seat] = holds[0]
        if self.joining and min(self.joining) < self.lowest:  # from there on the newcomer plays for those who are gone
            for seat in seats_in(self.adopted & ~sum(1 << each for each in self.joining)):
                if min([held[seat], *[each.held.get(seat, -1) for each in members]]) < min(self.joining.values()) - 1:
                    return None
        return Change(self.proposed, self.survivors | sum(1 << seat for seat in self.joining), cuts, dict(self.joining))

    def commit(self, change: Change) -> None:
        """Enter a change that is due."""
        self.epoch = change.epoch
        self.roster = change.roster
        self.lost &= change.roster
        self.left &= change.roster
        self.shunned &= change.roster
        self.approved = False
        self.pledged.clear()
        self._cut_last = sum(1 << seat for seat in change.cuts)
        for seat, cut in change.cuts.items():
            self.cuts[seat] = cut
        for seat in change.joins:
            self.cuts.pop(seat, None)
            self.joining.pop(seat, None)
            self.adopted &= ~(1 << seat)
        self.proposed = max(self.proposed, self.epoch) if self.lost or self.joining else self.epoch

    def _next(self, epoch: int = 0) -> None:
        """Begin the next change, after a loss; a newcomer whose coming is not committed yet must be proposed anew."""
        self.joining.clear()
        self.approved = False
        self.proposed = max(self.proposed + 1, self.epoch + 1) if not epoch else max(self.proposed, epoch, self.epoch + 1)
