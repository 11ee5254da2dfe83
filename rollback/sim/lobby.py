"""The lobby of a virtual match: has everybody let newcomers in, and votes where two halves are left. Knows no incidents.

It does what the signaling server does: an epoch is voted on once, after a moment in which the other side may ask too, and
whoever asks later gets the same answer.
"""

from __future__ import annotations

import heapq
import random
from collections.abc import Callable, Sequence
from typing import Final

from rollback.sim.peer import VirtualPeer

__all__ = ["Agenda", "VirtualLobby"]

NEVER: Final = float("inf")
OPEN_FOR: Final = 0.25  # seconds in which the other side may ask too
SLOWEST: Final = 0.15  # seconds that a word takes to or from the lobby at most


class Agenda:
    """What is to be done at some instant; two things of the same instant are done in the order in which they were noted."""

    def __init__(self) -> None:
        self.wakes_at = NEVER
        self._waiting: list[tuple[float, int, Callable[[], None]]] = []
        self._noted = 0

    def note(self, at: float, what: Callable[[], None]) -> None:
        """Do something at an instant, or as soon after it as anything happens."""
        self._noted += 1
        heapq.heappush(self._waiting, (at, self._noted, what))
        self.wakes_at = self._waiting[0][0]

    def run(self, now: float) -> None:
        """Do what is due."""
        while self._waiting and self._waiting[0][0] <= now:
            heapq.heappop(self._waiting)[2]()
        self.wakes_at = self._waiting[0][0] if self._waiting else NEVER


class VirtualLobby:
    """The lobby of one match.

    Args:
        agenda: Where answers wait until they arrive.
        left: The processes that exist.
        seed: Decides how long answers take.
        connect: Makes a line from one peer to another.

    Attributes:
        reached_by: The mask of the peers that reach it at present.
        votes: How often it voted.
    """

    def __init__(
        self,
        agenda: Agenda,
        left: Sequence[VirtualPeer],
        seed: int,
        connect: Callable[[VirtualPeer, VirtualPeer], None],
    ) -> None:
        self.reached_by = -1
        self.votes = 0
        self._agenda = agenda
        self._left = left
        self._connect = connect
        self._dice = random.Random(f"{seed}: the lobby")
        self._decided: dict[int, int] = {}
        self._polls: dict[int, list[tuple[VirtualPeer, int]]] = {}

    def ask(self, peer: VirtualPeer, now: float) -> None:
        """A peer wants a vote; where it does not reach the lobby it gets no answer."""
        wanted, peer.wanted = peer.wanted, None
        if wanted is None or not self._reaches(peer):
            return
        roster, epoch = wanted.roster, wanted.epoch
        if epoch in self._decided:
            self._answer(peer, epoch, now)
        elif epoch in self._polls:
            self._polls[epoch].append((peer, roster))
        else:
            self._polls[epoch] = [(peer, roster)]
            closes = now + OPEN_FOR + self._delay()
            self._agenda.note(closes, lambda: self._settle(epoch, closes))

    def admit(self, newcomer: VirtualPeer, now: float) -> None:
        """Tell everybody that a new process takes a peer's place, and it of others who are on their way."""
        for peer in self._left:
            if peer is not newcomer and not peer.playing:
                self._agenda.note(now + self._delay(), lambda peer=peer: self._let_in(newcomer, peer))  # type: ignore[misc]
            if peer is not newcomer:
                self._agenda.note(now + self._delay(), lambda peer=peer: self._let_in(peer, newcomer))  # type: ignore[misc]

    def _let_in(self, peer: VirtualPeer, newcomer: VirtualPeer) -> None:
        if peer.alive and newcomer.alive and peer.ended is None:
            peer.session.admit(newcomer.name, newcomer.seats[0])
            self._connect(peer, newcomer)

    def _settle(self, epoch: int, now: float) -> None:
        asked = self._polls.pop(epoch)
        self._decided[epoch] = min((roster for _, roster in asked), key=self._order)
        self.votes += 1
        for peer, _ in asked:
            self._answer(peer, epoch, now)

    def _order(self, roster: int) -> tuple[int, int]:
        here = [peer for peer in self._left if roster >> peer.seats[0] & 1 and self._reaches(peer)]
        return -len(here), roster & -roster

    def _answer(self, peer: VirtualPeer, epoch: int, now: float) -> None:
        self._agenda.note(now + self._delay(), lambda: self._arrive(peer, epoch))

    def _arrive(self, peer: VirtualPeer, epoch: int) -> None:
        if peer.alive and peer.ended is None and self._reaches(peer):
            peer.session.decide(self._decided[epoch], epoch)

    def _reaches(self, peer: VirtualPeer) -> bool:
        return bool(self.reached_by >> peer.peer & 1)

    def _delay(self) -> float:
        return SLOWEST * (0.2 + 0.8 * self._dice.random())
