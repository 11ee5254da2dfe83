"""Several agreements over a bus that loses, doubles, delays and divides, with an oracle of all that they ever commit.

Knows seats and how many rows of each a peer holds; knows no session, no time and no bytes. Anybody may take anybody for lost
at any moment: what is agreed must be right for wrong reasons too.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from rollback.core.agreement import Agreement, Standing, seats_in
from rollback.wire.messages import Claim


@dataclass
class Peer:
    """One agreement and what its peer holds.

    Attributes:
        held: Newest row it holds of each seat, its own included.
        ended: Whether it goes on no more, by itself or by a verdict.
        dead: Whether its process is gone: it says nothing, not even goodbye.
    """

    agreement: Agreement
    held: dict[int, int]
    ended: bool = False
    dead: bool = False
    said: list[tuple[int, int]] = field(default_factory=list)

    @property
    def goes_on(self) -> bool:
        return not self.ended and not self.dead


Letter = tuple[int, int, Claim | None, dict[int, int]]  # from, to, claim (None: a goodbye), rows


class Bus:
    """The peers, what is on its way between them, and what they ever committed.

    Args:
        count: How many peers.
        votes: Whether a lobby gives one vote for each epoch.
        kind: The class of the agreements; a broken one proves that the oracle sees it.
    """

    def __init__(self, count: int, *, votes: bool = False, kind: type[Agreement] = Agreement) -> None:
        everybody = (1 << count) - 1
        self.peers = [Peer(kind(seat, everybody), dict.fromkeys(range(count), -1)) for seat in range(count)]
        self.letters: list[Letter] = []
        self.blocked: set[tuple[int, int]] = set()
        self.votes = votes
        self.verdicts: dict[int, int] = {}
        self.committed: dict[int, tuple[int, dict[int, int]]] = {0: (everybody, {})}

    # What happens to them.

    def play(self, seat: int) -> None:
        """A peer makes its next row."""
        if self.peers[seat].goes_on:
            self.peers[seat].held[seat] += 1

    def say(self, seat: int, to: int) -> None:
        """A peer says to another what it claims, with its own rows and those of others it would forward."""
        peer = self.peers[seat]
        if seat != to and peer.goes_on:
            held = {other: frame for other, frame in peer.held.items() if other != seat}
            self.letters.append((seat, to, peer.agreement.claim(0, 0, held), dict(peer.held)))

    def deliver(self, place: int, *, keep: bool = False) -> None:
        """A letter arrives; with `keep` it will arrive again."""
        if not self.letters:
            return
        place %= len(self.letters)
        seat, to, claim, rows = self.letters[place] if keep else self.letters.pop(place)
        peer, agreement = self.peers[to], self.peers[to].agreement
        if not peer.goes_on or (seat, to) in self.blocked:
            return
        if claim is None:
            self._change(to, lambda: agreement.lose(seat, left=True))
            return
        if agreement.survivors >> seat & 1:
            gone = agreement.roster & agreement.lost
            for other, frame in rows.items():
                # Of itself a peer is heard; of those who are lost but not cut yet, others' rows are passed on.
                if other != to and (other == seat or gone >> other & 1):
                    peer.held[other] = max(peer.held[other], frame)
        self._change(to, lambda: agreement.hear(seat, claim))
        if agreement.out:
            peer.ended = True

    def lose(self, seat: int, other: int) -> None:
        """A peer takes another for lost, rightly or wrongly."""
        peer = self.peers[seat]
        if peer.goes_on:
            self._change(seat, lambda: peer.agreement.lose(other))

    def kill(self, seat: int) -> None:
        """A process is gone, in the middle of whatever it did."""
        self.peers[seat].dead = True

    def leave(self, seat: int) -> None:
        """A peer leaves on purpose, and says so to those it still takes for members: see core/goodbyes.py."""
        if self.peers[seat].goes_on:
            self.peers[seat].ended = True
            self.letters += [(seat, to, None, {}) for to in self.peers[seat].agreement.others]

    def divide(self, side: int) -> None:
        """Nothing passes between those in `side` and the rest."""
        count = len(self.peers)
        self.blocked = {(a, b) for a in range(count) for b in range(count) if (side >> a ^ side >> b) & 1}

    def look(self, seat: int) -> None:
        """A peer commits what is due, asks for a vote, or ends."""
        peer = self.peers[seat]
        if not peer.goes_on:
            return
        agreement = peer.agreement
        if agreement.lost:
            standing = agreement.standing
            if standing is Standing.HALF and agreement.left:
                standing = Standing.LESS  # see `Membership`: the other half may have committed that without us
            if standing is Standing.HALF and self.votes and not agreement.approved:
                epoch = agreement.epoch + 1
                if not agreement.decide(self.verdicts.setdefault(epoch, agreement.survivors), epoch):
                    peer.ended = True
            elif standing is Standing.LESS or (standing is Standing.HALF and not self.votes):
                peer.ended = True
        while not peer.ended and (change := agreement.due(peer.held)) is not None:
            before, epoch = dict(agreement.cuts), agreement.epoch
            agreement.commit(change)
            assert change.epoch > epoch
            self._hold(seat, before)

    def settle_down(self) -> None:
        """From here on all letters arrive, the silent are missed, and everybody speaks until nobody has anything to say."""
        self.blocked.clear()
        self.letters.clear()
        going = [seat for seat, peer in enumerate(self.peers) if peer.goes_on]
        for _ in range(8 * len(self.peers)):
            for seat in going:
                for other, peer in enumerate(self.peers):
                    if not peer.goes_on:
                        self.lose(seat, other)
                    else:
                        # Who claims us lost says nothing more to us, so that we miss it too.
                        if self.peers[seat].agreement.shunned >> other & 1:
                            self.lose(seat, other)
                        self.say(seat, other)
            while self.letters:
                self.deliver(0)
            for seat in going:
                self.look(seat)

    # What must be true.

    def _change(self, seat: int, act: object) -> None:
        agreement = self.peers[seat].agreement
        epoch, lost = agreement.epoch, agreement.lost
        act()  # type: ignore[operator]
        if agreement.epoch == epoch:
            assert lost & ~agreement.lost == 0, f"peer {seat} took back that somebody is lost"

    def _hold(self, seat: int, before: dict[int, int]) -> None:
        """Hold a peer that has just committed to what was ever committed, and to what everybody holds."""
        agreement, held = self.peers[seat].agreement, self.peers[seat].held
        mine = (agreement.roster, dict(agreement.cuts))
        assert self.committed.setdefault(agreement.epoch, mine) == mine, f"peer {seat} committed another {agreement.epoch}"
        assert agreement.roster >> seat & 1
        for epoch, (roster, cuts) in self.committed.items():
            older, newer = sorted([(epoch, roster, cuts), (agreement.epoch, *mine)], key=lambda each: each[0])
            assert newer[1] & ~older[1] == 0, f"peer {seat} committed {mine}, another side {roster} under {epoch}"
            assert older[2].items() <= newer[2].items(), f"a cut was changed: {older} {newer}"
        for other, cut in agreement.cuts.items():
            if other in before:
                continue
            assert held[other] == cut, f"peer {seat} holds {held[other]} of {other}, which is cut at {cut}"
            for member in seats_in(agreement.roster):
                assert self.peers[member].held[other] <= cut, f"peer {member} holds more of {other} than the cut {cut}"

    def hold_cuts(self) -> None:
        """Nobody who goes on holds more of somebody than what was cut."""
        for peer in self.peers:
            for other, cut in peer.agreement.cuts.items():
                assert peer.held[other] == cut

    def hold_the_end(self) -> None:
        """All who still go on are one side, agree, and have nothing left to say."""
        going = [seat for seat, peer in enumerate(self.peers) if peer.goes_on]
        roster = sum(1 << seat for seat in going)
        for seat in going:
            agreement = self.peers[seat].agreement
            assert not agreement.lost, f"peer {seat} never came to an end with {agreement.lost:b}"
            assert agreement.roster == roster, f"peer {seat} goes on with {agreement.roster:b}, and there is {roster:b}"
            assert not agreement.is_open
        assert len({self.peers[seat].agreement.epoch for seat in going}) <= 1
