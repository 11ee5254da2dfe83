"""The session of one peer among others: bytes, time and actions in, frames and bytes out. Knows no socket and no clock.

The order inside `tick` is the heart of it: check, drain, roll back, confirm, decide, step, send. See docs/how-a-tick-works.md.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence

from rollback.config import SessionConfig
from rollback.core.dispatch import WRITTEN_TO
from rollback.core.engine import COMPLETE, HEARTBEAT
from rollback.core.goodbyes import ENDED
from rollback.core.handles import SOON
from rollback.core.hosting import Hosting
from rollback.core.settled import SettledReader
from rollback.core.settled_inputs import SettledInputs
from rollback.errors import UsageError
from rollback.game import Game
from rollback.types import Confirmed, Event, Local, Open, Reason, Remote, SessionStats
from rollback.wire.blobs import is_blob
from rollback.wire.feed import is_feed
from rollback.wire.limits import MAX_DATAGRAM, MAX_INBOX
from rollback.wire.matches import mark, match_of, unmark

__all__ = ["P2PSession"]


class P2PSession(Hosting):
    """One peer's side of a match.

    The caller owns time and transport: it queues what arrives with `receive`, calls `tick` once a frame with the actions of
    its own players, and sends what `outgoing` yields.

    Args:
        game: The game; the session saves, loads and steps it.
        players: `Local`, `Remote` or `Open` for each player, in the order of their numbers.
        config: The settings.
        nonce: A number that tells this session from an earlier one of the same peer; random unless given.
        match: Number of the match in its room modulo 4, the same on every peer: a rematch takes the next one, and whatever is
            still on its way from the last match is dropped.
        votes: Whether a lobby stands by that votes where two halves are left; see `decide`.
        joining: Come into a match that runs, where the others `admit` us; settled frames begin with the state we are given.

    Raises:
        UsageError: The players do not fit the game, or none of them is local or none remote.
        GameError: The game lacks what it needs.
    """

    def __init__(
        self,
        game: Game,
        players: Sequence[Local | Remote | Open],
        config: SessionConfig | None = None,
        *,
        nonce: int | None = None,
        match: int = 0,
        votes: bool = False,
        joining: bool = False,
    ) -> None:
        nonce = secrets.randbits(31) | 1 << 31 if nonce is None else nonce
        super().__init__(game, players, config or SessionConfig(), nonce, match, votes=votes, joining=joining)
        self._reader = SettledReader(self._sim, self._confirmation.settle, self._confirmation.readers)

    # What the caller asks.

    @property
    def settled(self) -> int:
        """Newest frame that every live peer has confirmed: what it holds is the same everywhere for ever."""
        return self._confirmation.settle()

    @property
    def reason(self) -> Reason:
        """Why the newest tick did, or did not, simulate a frame."""
        return self._tick.reason

    @property
    def finished(self) -> bool:
        """Whether the match has ended and every live peer knows as much: nobody needs this session any more."""
        return self._ended is not None and not self._repair.busy and self._goodbyes.all_know(self._ended)

    @property
    def wake_at(self) -> float:
        """When `outgoing` has something to do at the latest, even without a tick."""
        return min(self._chores_at, self._redundancy.copy_at)

    def events(self) -> list[Event]:
        """Return what happened since the last call."""
        if not self._events:
            return []
        events = self._events[:]
        self._events.clear()
        self._sponsor.note(events)
        return events

    def confirmed_frames(self) -> list[Confirmed]:
        """Return what has settled since the last call, each frame once, in order."""
        return self._reader.take()

    def subscribe_inputs(self) -> SettledInputs:
        """Return a reader of its own for the inputs of all that settles from now on; it costs less than one of actions."""
        return SettledInputs(self._sim, self._confirmation.settle, self._confirmation.readers)

    def subscribe(self) -> SettledReader:
        """Return a reader of its own for all that settles from now on."""
        return SettledReader(self._sim, self._confirmation.settle, self._confirmation.readers)

    def stats(self) -> SessionStats:
        """Return the counters and the state of every line."""
        self._land()
        sim, config = self._sim, self.config
        return SessionStats(
            frames=sim.frame,
            rollbacks=sim.rollbacks,
            resimulated=sim.resimulated,
            stalls=self._stalls,
            depths=dict(sorted(sim.depths.items())),
            known=self.known,
            confirmed=self.confirmed,
            settled=self.settled,
            dropped=dict(sorted((self._intake.dropped + self._repair.dropped + self._sponsor.dropped).items())),
            peers={e.name: e.stats(self._own.known, config.fps, config.prediction_window) for e in self._endpoints if e.seen},
        )

    @property
    def input_delays(self) -> dict[int, int]:
        """Frames between an action and its effect, of each local player."""
        return dict(self._local.delays)

    @property
    def controllers(self) -> dict[int, str]:
        """Who plays each player, as far as the peers have told."""
        told = dict(self._lineup.controllers)
        for endpoint in self._endpoints:
            told.update(endpoint.controllers)
        return dict(sorted(told.items()))

    # What the caller does.

    def receive(self, peer: str, datagram: bytes) -> None:
        """Queue a datagram for the next tick, whatever the session is doing. Bounded: a flood pushes out its oldest.

        Raises:
            UsageError: No player stands at a peer of this name.
        """
        inbox = self._inboxes.get(peer)
        if inbox is None:
            if self._sponsor.knew(peer):
                return  # who follows has nothing to say by datagrams
            raise UsageError(f"nobody plays at peer {peer!r}: the peers are {', '.join(map(repr, self._inboxes))}")
        if len(datagram) > MAX_DATAGRAM:
            self._intake.dropped["oversized"] += 1
            return
        inbox.append(datagram)
        if len(inbox) > MAX_INBOX:
            inbox.popleft()
            self._intake.dropped["flood"] += 1

    def receive_reliable(self, peer: str, blob: bytes) -> None:
        """Queue a blob from the ordered, reliable channel for the next tick. Bounded like datagrams.

        Raises:
            UsageError: No player stands at a peer of this name.
        """
        if match_of(blob) != self._match:
            self._intake.dropped["match"] += 1
            return
        if is_feed(unmark(blob)) and self._newcomer is not None:
            self._newcomer.take(peer, unmark(blob))
            return
        if is_feed(unmark(blob)) and self._sponsor.knew(peer):
            self._sponsor.take(peer, unmark(blob))
            self._land()
            self._watch_at = SOON
            return
        if not is_blob(unmark(blob)):
            self.receive(peer, blob)
            return
        endpoint = next((endpoint for endpoint in self._endpoints if endpoint.name == peer), None)
        if endpoint is None:
            raise UsageError(f"nobody plays at peer {peer!r}: the peers are {', '.join(map(repr, self._inboxes))}")
        if not self._repair.take(endpoint, unmark(blob)):
            self._intake.dropped["flood"] += 1
        self._land()
        self._watch_at = SOON

    def outgoing(self, *, now: float) -> list[tuple[str, bytes]]:
        """Return the datagrams to send, and forget them. To be called after each tick and at `wake_at`."""
        if now >= self._chores_at:
            self._look_after(now)
        outbox, redundancy = self._outbox, self._redundancy
        out = outbox[:]
        outbox.clear()
        if redundancy.doubled or now >= redundancy.copy_at:
            copies = redundancy.take() if now >= redundancy.copy_at else []
            if out:
                redundancy.note(out, now)
            out += copies
        return out

    def _look_after(self, now: float) -> None:
        """Do the chores; but where ticks do them, only see that we are heard."""
        silent = [endpoint for endpoint in self._endpoints if not endpoint.has_news()]
        if self._running and not silent and self._goodbyes.own is None and not any([e.owed for e in self._endpoints]):
            self._chores_at = now + HEARTBEAT
            return
        self._land()
        if self._busy:
            return
        self._do_chores(now)
        if self._running:
            for endpoint in silent:
                if endpoint.state in WRITTEN_TO:
                    self._dispatch.write(endpoint, now)  # the caller does not tick just now, and we must be heard
                    endpoint.has_news()  # none but this

    def outgoing_reliable(self) -> list[tuple[str, bytes]]:
        """Return the blobs to send by an ordered, reliable channel, and forget them."""
        if self._sponsor.is_open:
            self._sponsor.serve(self._ended, self._goodbyes.own)
        out, self._dispatch.blobs = self._dispatch.blobs, []
        return [(to, mark(blob, self._match)) for to, blob in out] if self._match else out

    def end_at(self, frame: int) -> None:
        """End the match at S_frame. All peers name the same frame; who names none takes the one it is told.

        Raises:
            UsageError: The frame is past already, or no whole number.
        """
        if type(frame) is not int or frame < max(0, self._sim.frame):
            raise UsageError(f"end_at needs a frame from {self._sim.frame} on, not {frame!r}")
        self._land()
        self._sim.end_at(frame)

    def pause(self, reason: str = "", *, now: float) -> None:
        """Ask everybody to wait, from the next tick on: a hidden page, a debugger, somebody at the door.

        All hear of it within half a round trip, stop where they are, and see `Paused(peer, reason)`; here the peer is "".
        Several may pause at once: the match goes on when the last of them resumed, left or was lost. A pause has no end of its
        own: as long as we are heard (by ticks, or by `outgoing` at `wake_at`) the others wait; who does not want to, leaves.
        Asking again changes the reason. Once the match has ended, nothing happens.

        Raises:
            UsageError: The reason is no text, or has more than 80 characters.
        """
        self._land()
        if self._ended is None:
            self._pausing.pause(reason)
            self._take_turn(now)

    def resume(self, *, now: float) -> None:
        """End the pause that `pause` began; without one, nothing happens."""
        self._land()
        if self._ended is None:
            self._pausing.resume(now)
            self._take_turn(now)

    def _take_turn(self, now: float) -> None:
        """Say at once whether we wait, also where no tick comes to say it: the page may be frozen next."""
        self._pausing.look(now)
        self._watch_at = SOON
        for endpoint in self._endpoints:
            endpoint.tail_until = 0
            if self._running and not self._busy and endpoint.state in WRITTEN_TO:
                self._dispatch.write(endpoint, now)

    def set_input_delay(self, player: int, frames: int) -> None:
        """Change how late this player's actions take effect, from the next tick on.

        Raising it repeats the player's last input into the gap; lowering it skips the next actions. Queued inputs never change.

        Raises:
            UsageError: The player is not local, `frames` is not in 0..60, or the predictor has a bot that cannot keep to it.
        """
        self._land()
        self._sim.allow_delay(player, frames)
        self._local.set_delay(player, frames)
        self._auto = None

    def decide(self, roster: int, epoch: int) -> None:
        """Take the lobby's vote on who goes on where two halves are left, as `VoteWanted` asked for it.

        Args:
            roster: The half that goes on: a bit mask of seats, the lowest player number of each peer.
            epoch: Number of the change, as asked.
        """
        self._land()
        self._membership.decide(roster, epoch)
        self._watch_at = SOON

    def leave(self, *, now: float, reason: str = "left") -> None:
        """Leave on purpose. The others know at once; `outgoing` holds the goodbye and repeats it until it is heard."""
        self._land()
        if self._ended is None or self._ended.reason not in COMPLETE:
            self._end(reason, bye=reason)
        else:
            self._say_bye(ENDED)
        self._chores_at = self._watch_at = SOON
