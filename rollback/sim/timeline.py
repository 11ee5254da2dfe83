"""The order in which things happen: frames, incidents, the end. Knows processes and instants; knows no link, no oracle's rule.

A queue by (instant, number): what is planned for one instant happens in the order in which it was planned. Datagrams need
no place in it, since a session only queues them: each peer takes what has arrived when its own frame is due.
"""

from __future__ import annotations

import heapq
from collections.abc import Sequence
from typing import Final

from rollback.errors import UsageError
from rollback.sim.oracles import Referee
from rollback.sim.schedule import Incident
from rollback.sim.stage import Stage

__all__ = ["Timeline"]

GRACE: Final = 2.0  # virtual seconds in which the others learn that a match has ended
PATIENCE: Final = 10.0  # virtual seconds without any progress, on top of what the settings allow a peer to be silent
SHOWN: Final = 8.0  # more for spectators, who see the end last
LOOK_EVERY: Final = 0.5  # virtual seconds between looks at the progress
STUCK: Final = 2.0  # virtual seconds that an agreement may take once a loss is due
CLOSE: Final = 0.002  # seconds before a frame in which nothing else is sent, as the driver has it: the frame says it all
TINY: Final = 1e-9  # seconds that rounding may take from an instant


class Timeline:
    """One match from its first instant to its last.

    Args:
        stage: Who plays, and what happens to them.
        referee: Is told of what goes wrong.
        paced: Whether a peer that is ahead slows down.

    Attributes:
        now: Virtual time in seconds.
        gap: Most frames between the foremost peer and the last.
        went_on: Whether it came to an end of its own, and was not given up.
    """

    def __init__(self, stage: Stage, referee: Referee, *, paced: bool) -> None:
        self.now = 0.0
        self.gap = 0
        self.went_on = True
        self._stage = stage
        self._referee = referee
        self._paced = paced
        self._reached = -1
        self._since = 0.0
        self._patience = PATIENCE + max(
            peer.session.config.disconnect_after + peer.session.config.rejoin_grace for peer in stage.left
        )

    def play(self, incidents: Sequence[Incident]) -> None:
        """Let everything happen until the match has ended for everybody who is left, or goes on no more."""
        stage = self._stage
        queue = [(peer.clock.virtual(peer.cadence.deadline), number, peer) for number, peer in enumerate(stage.left)]
        heapq.heapify(queue)
        number = len(queue)
        waiting = list(incidents)[::-1]
        happened = 0.0  # when the newest incident did
        look_at = LOOK_EVERY
        while queue:
            now, _, peer = heapq.heappop(queue)
            self.now = now
            if now >= look_at:
                look_at = now + LOOK_EVERY
                self._look_for_the_stuck(now)
                if self._is_done(now) or not self._goes_on(now):
                    return
            if stage.agenda.wakes_at <= now:
                stage.agenda.run(now)
            while waiting and stage.foremost >= waiting[-1].frame and now >= happened + _wait(waiting[-1]):
                happened = now
                for newcomer in stage.happen(waiting.pop(), now):
                    number += 1
                    heapq.heappush(queue, (now, number, newcomer))
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
                    self.went_on = False
                    return
                deadline = peer.cadence.schedule(own, peer.frames_ahead if self._paced else 0.0)
                self._look_at_gap()
                if peer.wanted is not None:
                    stage.lobby.ask(peer, now)
                if peer.ended is not None and self._is_done(now):
                    return
            wake = peer.session.wake_at - peer.clock.origin
            due = wake + TINY if own < wake < deadline - CLOSE else deadline
            heapq.heappush(queue, (max(now, peer.clock.virtual(due)), number, peer))

    def _is_done(self, now: float) -> bool:
        """Whether the match has ended for everybody who is left, and they know it or had the time to."""
        last, know = 0.0, True
        for peer in self._stage.left:
            if peer.ended is None:
                if peer.comes and not peer.playing and not self._stage.has_hosts:
                    continue  # nobody is left who could let it in
                return False
            last = max(last, peer.ended_at)
            know = know and peer.session.finished
        watching = any(watcher.ended is None and watcher.is_fed for watcher in self._stage.watchers)
        return (know and not watching) or now - last > GRACE + SHOWN * watching

    def _goes_on(self, now: float) -> bool:
        """Whether anything was simulated or has settled in a time that the settings allow."""
        stage = self._stage
        reached = sum(self._referee.settled) + sum(peer.session.frame for peer in stage.processes)
        if reached != self._reached or any(peer.wakes_at > now for peer in stage.left):
            self._reached, self._since = reached, now
            return True
        if now - self._since <= self._patience:
            return True
        stand = ", ".join(f"peer {p.number} at frame {p.session.frame} ({p.session.reason})" for p in stage.left)
        self._referee.fail("progress", min(self._referee.settled), -1, f"progress within {self._patience:g} s", stand)
        self.went_on = False
        return False

    def _look_for_the_stuck(self, now: float) -> None:
        """Hold that whoever plays does not wait for longer than a loss and the agreement on it can take."""
        disturbed = self._stage.disturbed_at
        for peer in self._stage.left:
            if peer.ended is not None or peer.began_at < 0 or not peer.playing:
                continue
            config = peer.session.config
            limit = config.disconnect_after + STUCK + config.rejoin_grace * (config.on_disconnect == "pause")
            waited = now - max(peer.moved_at, peer.wakes_at, disturbed)
            if waited > limit:
                wanted, found = f"a frame within {limit:g} s", f"{waited:.1f} s without one, {peer.session.reason}"
                self._referee.fail("stuck", peer.session.frame, peer.number, wanted, found)

    def _look_at_gap(self) -> None:
        low, high = 1 << 60, 0
        for peer in self._stage.left:
            if peer.playing:
                frame = peer.session.frame
                if frame < low:
                    low = frame
                if frame > high:
                    high = frame
        self._stage.foremost = max(self._stage.foremost, high)
        if high - low > self.gap:
            self.gap = high - low


def _wait(incident: Incident) -> float:
    return 0.0 if incident.after_ms is None else incident.after_ms * 0.001
