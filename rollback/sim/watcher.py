"""A spectator of a virtual match: its session, its clock, its line to a host. Knows reliable channels; knows no seats.

It keeps its own time and is no part of the frame loop of those who play: it is ticked by the agenda, and where its host is
gone it asks another one, as a lobby would tell it to.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from rollback.core.spectator import SpectatorSession
from rollback.errors import UsageError
from rollback.sim.channel import Channel, ReliableChannel, dice_for
from rollback.sim.link import Link
from rollback.sim.lobby import Agenda
from rollback.sim.oracles import Referee
from rollback.sim.peer import VirtualPeer
from rollback.types import Ended, Resynced

__all__ = ["Watcher"]

NOTICES: Final = 0.5  # seconds until the lobby tells it of another host
TRIES: Final = 0.1  # seconds between attempts to be let in


class Watcher:
    """One spectator.

    Args:
        number: Its number among the processes.
        session: Its session; the host it names is the first one.
        link: The link of both directions.
        referee: Is shown all that it is shown.
        agenda: Ticks it.
        left: The processes that exist: one of them is its host.
        period: Seconds between its ticks.

    Attributes:
        host: Whom it watches, None while it looks for somebody.
        ended: How the match ended for it, None before.
        hosts: How many hosts it had.
    """

    def __init__(
        self,
        number: int,
        session: SpectatorSession,
        link: Link,
        referee: Referee,
        agenda: Agenda,
        left: Sequence[VirtualPeer],
        period: float,
    ) -> None:
        self.number = number
        self.session = session
        self.name = f"s{number}"
        self.host: VirtualPeer | None = None
        self.ended: Ended | None = None
        self.hosts = 0
        self._link = link
        self._referee = referee
        self._agenda = agenda
        self._left = left
        self._period = period
        self._lines: tuple[ReliableChannel, ReliableChannel] | None = None

    @property
    def is_fed(self) -> bool:
        """Whether its host came, or goes, to the end of the match."""
        return self.host is not None and _plays(self.host)

    def watch(self, host: VirtualPeer | None, now: float) -> None:
        """Watch a peer, or any that plays, as soon as it lets us in."""
        if self.ended is not None:
            return
        if host is None or not _plays(host):
            host = next((peer for peer in self._left if _plays(peer)), None)
        try:
            if host is None:
                raise UsageError("nobody plays")
            host.session.admit(self.name)
        except UsageError:
            self._agenda.note(now + TRIES, lambda: self.watch(None, now + TRIES))
            return
        self.host = host
        self.hosts += 1
        if self.hosts == 1:
            self._agenda.note(now, lambda: self._tick(now))
        self.session.follow(host.name)
        there, back = ReliableChannel(self._link), ReliableChannel(self._link)
        nothing = Channel(self._link, dice_for(0, host.number, self.number))
        host.outbound[self.name] = nothing, there
        host.inbound.append((self.name, nothing, back))
        self._lines = there, back

    def _tick(self, now: float) -> None:
        if self.ended is not None:
            return
        self._agenda.note(now + self._period, lambda: self._tick(now + self._period))
        session, host = self.session, self.host
        if host is not None and self._lines is not None:
            if not host.alive or (host.ended is not None and not host.is_complete):
                self.host = None
                self._agenda.note(now + NOTICES, lambda: self.watch(None, now + NOTICES))
            for blob in self._lines[0].due(now):
                session.receive_reliable(host.name, blob)
        session.tick(now=now)
        for event in session.events():
            self._takes(event)
        for done in session.confirmed_frames():
            self._referee.takes(self.number, done)
        frame = session.frame
        if session.progress == 1.0 and frame == self._referee.settled[self.number]:
            self._referee.holds(self.number, frame, session.checksum_at(frame))
        for _, blob in session.outgoing_reliable():
            if self._lines is not None:
                self._lines[1].send(now, blob)

    def _takes(self, event: Any) -> None:
        if isinstance(event, Ended):
            self.ended = event
        elif isinstance(event, Resynced):
            self._referee.settled[self.number] = -1  # it goes on from a later frame


def _plays(peer: VirtualPeer) -> bool:
    return peer.alive and peer.playing and peer.began_at >= 0 and (peer.ended is None or peer.is_complete)
