"""A match of several who are lost, cut off and left, held at every round to what nobody may ever believe. Knows seeds.

The lobby is virtual: it votes once a match and number, for whoever asks first, and every peer hears of it some time later.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from rollback import Cut, Ended, SessionConfig
from rollback.types import VoteWanted
from tests.core.games import Sums
from tests.core.network import Link, Match, Peer

FPS = 60
SOON = {"interrupt_after": 0.3, "disconnect_after": 1.0}  # so that the tests need not last long


class Resting(Sums):
    """Idles with an action that is not zero, so that idling and zeros cannot be taken for each other."""

    codecs = None

    def idle(self, player: int) -> int:
        return 7 + player


class Group(Match):
    """A match in which, at every round, nobody believes that another confirmed more than it did.

    Attributes:
        verdicts: The lobby's votes, by number.
        lobby: Rounds until a peer hears of one; None: there is none that answers.
    """

    def __init__(self, *arguments: Any, lobby: int | None = 6, seed: int = 0, **settings: Any) -> None:
        super().__init__(*arguments, seed=seed, **settings)
        self.verdicts: dict[int, int] = {}
        self.lobby = lobby
        self._confirmed = [-1] * len(self.peers)
        self._read = [0] * len(self.peers)
        self._told: list[tuple[int, int, int]] = []

    def round(self) -> None:
        super().round()
        for peer in self.peers:
            if not peer.stopped:
                self._confirmed[peer.number] = max(self._confirmed[peer.number], peer.session.confirmed)
        for peer in self.peers:
            for endpoint in peer.session._endpoints:
                most = self._confirmed[int(endpoint.name[1:])]
                assert endpoint.confirmed <= most, f"{peer.name}: {endpoint.name} never confirmed more than {most}"
        self._vote()

    def _vote(self) -> None:
        for peer in self.peers:
            for event in peer.events[self._read[peer.number] :]:
                if isinstance(event, VoteWanted) and self.lobby is not None:
                    self.verdicts.setdefault(event.epoch, event.roster)
                    self._told += [(self.round_number + self.lobby, other.number, event.epoch) for other in self.peers]
            self._read[peer.number] = len(peer.events)
        for due, number, epoch in [told for told in self._told if told[0] <= self.round_number]:
            self._told.remove((due, number, epoch))
            if not self.peers[number].stopped:
                self.peers[number].session.decide(self.verdicts[epoch], epoch)

    def part(self, *sides: Iterable[int]) -> None:
        """Nothing passes between the sides."""
        where = {number: place for place, side in enumerate(sides) for number in side}
        count = len(self.peers)
        self.blocked = {(a, b) for a in range(count) for b in range(count) if where.get(a) != where.get(b)}

    def kill(self, *numbers: int) -> None:
        for number in numbers:
            self.peers[number].stopped = True

    @property
    def living(self) -> list[Peer]:
        return [peer for peer in self.peers if not peer.stopped]

    def to_the_end(self, limit: int = 4_000) -> Group:
        """Play until the match has ended for everybody who lives, and a while longer."""
        self.until(lambda: all(peer.happened(Ended) for peer in self.living), limit)
        self.rounds(60)
        return self

    def agree(self, *, policy: bool = False) -> Group:
        """Hold everybody, also those who were lost, to one history, and those who came to the end to its state."""
        best = max((peer.frames for peer in self.peers), key=len)
        for peer in self.peers:
            assert [done.frame for done in peer.frames] == list(range(len(peer.frames)))
            for ours, theirs in zip(peer.frames, best, strict=False):
                assert ours == theirs, f"{peer.name} settled another frame {ours.frame}"
        rows = [done.inputs for done in best]
        through = [peer for peer in self.peers if reason(peer) == "end_at"]
        for peer in through:
            assert len(peer.frames) == peer.session.frame == len(rows)
            assert peer.game.save() == self.plain(rows).save(), f"{peer.name} ended in another state than the plain run"
        cuts = {player: cut.frame for peer in self.peers for cut in peer.happened(Cut) for player in cut.players}
        for peer in self.peers:
            for player, oracle in peer.oracles.items():
                own = min(cuts.get(player, len(rows)) + 1, len(rows))
                assert [row[player] for row in rows[:own]] == oracle.line[:own], f"player {player} is not what was given"
                if not policy:
                    assert all(row[player] == peer.idle[player] for row in rows[own:]), f"player {player} does not idle"
        return self


def group(
    count: int,
    link: Link | dict[tuple[int, int], Link] = Link(2),  # noqa: B008
    seed: int = 0,
    end: int | None = 240,
    seats: Sequence[Sequence[int]] | None = None,
    after: int = FPS,
    votes: bool = False,
    lobby: int | None = 6,
    **settings: Any,
) -> Group:
    """Return a match that has been going on for a second."""
    seats = seats or [(number,) for number in range(count)]
    make = maker(sum(map(len, seats)))
    config = SessionConfig(**{"on_disconnect": "idle", **SOON, **settings})
    match = Group(make, seats, config, link, seed=seed, end=end, votes=votes, lobby=lobby)
    match.started()
    match.rounds(after)
    return match


def maker(players: int) -> Callable[[], Resting]:
    return lambda: Resting(players)


def reason(peer: Peer) -> str:
    """Return why the match ended there, an empty text where it did not."""
    ended = peer.happened(Ended)
    return ended[0].reason if ended else ""


def reasons(match: Match) -> list[str]:
    return [reason(peer) for peer in match.peers]


def longest_stand(peer: Peer) -> float:
    """Return the longest time in seconds for which a peer did not go on."""
    longest = run = 0
    for _, advanced, why, _ in peer.ticks:
        run = 0 if advanced or why in ("ended", "synchronizing") else run + 1
        longest = max(longest, run)
    return longest / FPS


def drawn_sides(count: int, dice: random.Random) -> set[int]:
    return {number for number in range(count) if dice.random() < 0.5}
