"""Who is still in the match, agreed by those who are: claims, cuts, epochs. Knows seats and frames; knows no time, no bytes.

A seat is lost when somebody claims it and all who remain take that over; sets of lost seats only grow, so they converge. What
the lost one did last is what any of those who remain holds of it: the maximum, for one of them may have shown it already. A
change is committed when every one of them said that it holds all that, and it is not undone. What a change needs to be
committed is said by every claim about it, so it survives the loss of whoever began it; docs/losing-a-peer.md tells why.
"""

from __future__ import annotations

from collections.abc import Mapping

from rollback.core.roster import Change, Roster, Standing, seats_in
from rollback.wire.messages import Claim

__all__ = ["Agreement", "Change", "Standing", "seats_in"]


class Agreement(Roster):
    """One peer's view of the roster, and how it changes: see `Roster` for what it holds."""

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
