"""The order in which things happen: frames, incidents, the end. Knows peers and instants; knows no link and no oracle's rule.

A queue by (instant, number): what is planned for one instant happens in the order in which it was planned. Datagrams need
no place in it, since a session only queues them: each peer takes what has arrived when its own frame is due.
"""

from __future__ import annotations

import heapq
from collections.abc import Sequence
from typing import Final

from rollback.errors import UsageError
from rollback.sim.oracles import Referee
from rollback.sim.peer import VirtualPeer
from rollback.sim.schedule import Incident

__all__ = ["Timeline"]

GRACE: Final = 2.0  # virtual seconds in which the others learn that a match has ended
PATIENCE: Final = 10.0  # virtual seconds without any progress, on top of what the settings allow a peer to be silent
LOOK_EVERY: Final = 1.0  # virtual seconds between looks at the progress
CLOSE: Final = 0.002  # seconds before a frame in which nothing else is sent, as the driver has it: the frame says it all
TINY: Final = 1e-9  # seconds that rounding may take from an instant


class Timeline:
    """One match from its first instant to its last.

    Args:
        peers: Who plays.
        referee: Is told of what goes wrong.
        paced: Whether a peer that is ahead slows down.

    Attributes:
        now: Virtual time in seconds.
        gap: Most frames between the foremost peer and the last.
    """

    def __init__(self, peers: Sequence[VirtualPeer], referee: Referee, *, paced: bool) -> None:
        self.now = 0.0
        self.gap = 0
        self._peers = peers
        self._referee = referee
        self._paced = paced
        self._left = list(peers)
        self._reached = -1
        self._since = 0.0
        self._patience = PATIENCE + max(
            peer.session.config.disconnect_after + peer.session.config.rejoin_grace for peer in peers
        )

    def play(self, incidents: Sequence[Incident]) -> None:
        """Let everything happen until the match has ended for everybody who is left, or goes on no more."""
        queue = [(peer.clock.virtual(peer.cadence.deadline), number, peer) for number, peer in enumerate(self._peers)]
        heapq.heapify(queue)
        number = len(queue)
        waiting = list(incidents)[::-1]
        look_at = LOOK_EVERY
        while queue:
            now, _, peer = heapq.heappop(queue)
            self.now = now
            if now >= look_at:
                look_at = now + LOOK_EVERY
                if self._is_done(now) or not self._goes_on(now):
                    return
            if not peer.alive:
                continue
            number += 1
            if peer.wakes_at > now:
                heapq.heappush(queue, (peer.wakes_at, number, peer))
                continue
            own, deadline = peer.clock.own(now), peer.cadence.deadline
            if own < deadline - TINY:
                peer.send(now, peer.clock.shows(now))  # between two frames that lie far apart it must be heard
            else:
                peer.ask()
                try:
                    peer.tick(now)
                except UsageError:
                    raise  # the caller's own mistake: an action that is none
                except Exception as error:  # whatever it is, the network brought it about: that is what is looked for
                    said = f"{type(error).__name__}: {error}"
                    self._referee.fail("no exception", peer.session.frame, peer.number, "a tick", said)
                    return
                deadline = peer.cadence.schedule(own, peer.frames_ahead if self._paced else 0.0)
                self._look_at_gap()
                while waiting and peer.session.frame >= waiting[-1].frame:
                    self._happen(waiting.pop(), now)
                if peer.ended is not None and self._is_done(now):
                    return
            wake = peer.session.wake_at - peer.clock.origin
            due = wake + TINY if own < wake < deadline - CLOSE else deadline
            heapq.heappush(queue, (max(now, peer.clock.virtual(due)), number, peer))

    def _is_done(self, now: float) -> bool:
        """Whether the match has ended for everybody who is left, and they know it or had the time to."""
        for peer in self._left:
            if peer.ended is None:
                return False
        last = max((peer.ended_at for peer in self._left), default=0.0)
        return now - last > GRACE or all(peer.session.finished for peer in self._left)

    def _goes_on(self, now: float) -> bool:
        """Whether anything was simulated or has settled in a time that the settings allow."""
        reached = sum(self._referee.settled) + sum(peer.session.frame for peer in self._peers)
        if reached != self._reached or any(peer.wakes_at > now for peer in self._left):
            self._reached, self._since = reached, now
            return True
        if now - self._since <= self._patience:
            return True
        stand = ", ".join(f"peer {p.number} at frame {p.session.frame} ({p.session.reason})" for p in self._left)
        self._referee.fail("progress", min(self._referee.settled), -1, f"progress within {self._patience:g} s", stand)
        return False

    def _look_at_gap(self) -> None:
        low = high = self._left[0].session.frame
        for peer in self._left:
            frame = peer.session.frame
            if frame < low:
                low = frame
            elif frame > high:
                high = frame
        if high - low > self.gap:
            self.gap = high - low

    def _happen(self, incident: Incident, now: float) -> None:
        match incident.kind:
            case "kill":
                peer = self._peers[incident.peer]
                if peer.alive and len(self._left) > 1:
                    peer.alive = False
                    self._left.remove(peer)
                    self._referee.leaves(peer.number, peer.seats)
            case "pause":
                self._peers[incident.peer].wakes_at = now + incident.seconds
            case "partition":
                self._cut({peer: side for side, group in enumerate(incident.groups) for peer in group})
            case "heal":
                self._cut({})
            case "set_delay":
                for peer in self._left:
                    if incident.player in peer.seats and peer.ended is None:
                        peer.set_delay(incident.player, incident.frames)

    def _cut(self, side: dict[int, int]) -> None:
        """Let nothing pass between peers of different sides."""
        for peer in self._peers:
            for name, channel, reliable in peer.inbound:
                other = int(name[1:])
                channel.blocked = reliable.blocked = side.get(peer.number) != side.get(other)
