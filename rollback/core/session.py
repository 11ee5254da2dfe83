"""The session of one peer among others: bytes, time and actions in, frames and bytes out. Knows no socket and no clock.

The order inside `tick` is the heart of it: check, drain, roll back, confirm, decide, step, send. See docs/how-a-tick-works.md.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from rollback.config import SessionConfig
from rollback.core.checksums import Disagreement
from rollback.core.confirmation import Confirmation
from rollback.core.dispatch import Dispatch
from rollback.core.endpoint import Endpoint
from rollback.core.handshake import Handshake
from rollback.core.intake import Intake
from rollback.core.lineup import Lineup
from rollback.core.membership import ENDED, Membership
from rollback.core.queues import LocalInputs
from rollback.core.settled import SettledReader
from rollback.core.simulation import NEVER, Simulation
from rollback.errors import ActionError, MissingAction, UsageError
from rollback.game import Game
from rollback.types import Confirmed, DesyncFound, Ended, Event, Local, Reason, Remote, SessionStats, Tick
from rollback.wire.limits import MAX_INBOX, MAX_REASON
from rollback.wire.messages import Bye

__all__ = ["P2PSession"]

CHORES_EVERY: Final = 0.05  # seconds between looks at timers: a tenth of the shortest usual one
HEARTBEAT: Final = 0.2  # well under interrupt_after, so one lost datagram is harmless


class P2PSession:
    """One peer's side of a match.

    The caller owns time and transport: it queues what arrives with `receive`, calls `tick` once a frame with the actions of
    its own players, and sends what `outgoing` yields.

    Args:
        game: The game; the session saves, loads and steps it.
        players: `Local` or `Remote` for each player, in the order of their numbers.
        config: The settings.
        nonce: A number that tells this session from an earlier one of the same peer; random unless given.

    Raises:
        UsageError: The players do not fit the game, or none of them is local or none remote.
        GameError: The game lacks what it needs.
    """

    def __init__(
        self,
        game: Game,
        players: Sequence[Local | Remote],
        config: SessionConfig | None = None,
        *,
        nonce: int | None = None,
    ) -> None:
        config = config or SessionConfig()
        lineup = Lineup(game, players, config)
        own, endpoints = lineup.own, lineup.endpoints
        self.game = game
        self.config = config
        self._lineup = lineup
        self._own = own
        self._endpoints = endpoints
        self._inboxes = {endpoint.name: endpoint.inbox for endpoint in endpoints}
        self._encoders = [(player, lineup.codecs[player].encode, lineup.codecs[player].size) for player in own.players]
        self._events: list[Event] = []
        self._tick = Tick()
        self._busy = self._running = False
        self._ended: Ended | None = None
        self._stalls = 0
        self._last_tick = self._chores_at = float("-inf")
        self._local = LocalInputs(own, config.input_delay)
        self._sim = Simulation(game, lineup.codecs, [own, *(endpoint.queue for endpoint in endpoints)], config)
        self._membership = Membership(endpoints, config, self._sim, self._events.append, self._end)
        self._handshake = Handshake(
            secrets.randbits(31) | 1 << 31 if nonce is None else nonce,
            lineup.facts,
            config.prediction_window,
            config.input_delay,
            lineup.controllers,
            endpoints,
        )
        self._confirmation = Confirmation(own, endpoints, self._sim, config.desync_interval, self._disagree)
        self._reader = SettledReader(self._sim.decode, 0, self._confirmation.readers)
        self._intake = Intake(
            own, self._sim, self._handshake, self._membership, self._events.append, self._disagree, match=0
        )
        self._dispatch = Dispatch(
            own, endpoints, self._sim, self._confirmation, self._handshake, self._membership, match=0
        )

    # What the caller asks.

    @property
    def frame(self) -> int:
        """Frames simulated; the game holds S_frame."""
        return self._sim.frame

    @property
    def known(self) -> int:
        """Newest frame whose inputs are all here, -1 before the first."""
        return self._confirmation.known

    @property
    def confirmed(self) -> int:
        """Newest frame simulated on known inputs only."""
        return self._confirmation.confirmed

    @property
    def settled(self) -> int:
        """Newest frame that every live peer has confirmed: what it holds is the same everywhere for ever."""
        return self._confirmation.settled

    @property
    def reason(self) -> Reason:
        """Why the newest tick did, or did not, simulate a frame."""
        return self._tick.reason

    @property
    def finished(self) -> bool:
        """Whether the match has ended and every live peer knows as much: nobody needs this session any more."""
        return self._ended is not None and self._membership.all_know(self._ended)

    @property
    def wake_at(self) -> float:
        """When `outgoing` has something to do at the latest, even without a tick."""
        return self._chores_at

    def events(self) -> list[Event]:
        """Return what happened since the last call."""
        if not self._events:
            return []
        events = self._events[:]
        self._events.clear()
        return events

    def confirmed_frames(self) -> Iterable[Confirmed]:
        """Return what has settled since the last call, each frame once, in order."""
        return self._reader

    def subscribe(self) -> SettledReader:
        """Return a reader of its own for all that settles from now on."""
        return SettledReader(self._sim.decode, self.settled + 1, self._confirmation.readers)

    def stats(self) -> SessionStats:
        """Return the counters and the state of every line."""
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
            dropped=dict(sorted(self._intake.dropped.items())),
            peers={e.name: e.stats(self._own.known, config.fps, config.prediction_window) for e in self._endpoints},
        )

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
            raise UsageError(f"nobody plays at peer {peer!r}: the peers are {', '.join(map(repr, self._inboxes))}")
        inbox.append(datagram)
        if len(inbox) > MAX_INBOX:
            inbox.popleft()
            self._intake.dropped["flood"] += 1

    def receive_reliable(self, peer: str, blob: bytes) -> None:
        """Take a blob from the ordered, reliable channel; it waits for the next tick like a datagram."""
        self.receive(peer, blob)

    def outgoing(self, *, now: float) -> list[tuple[str, bytes]]:
        """Return the datagrams to send, and forget them. To be called after each tick and at `wake_at`."""
        dispatch = self._dispatch
        if now >= self._chores_at and not self._busy:
            self._do_chores(now)
            if self._running and now - dispatch.sent_at >= HEARTBEAT:
                dispatch.inputs(now)
        out = dispatch.outbox
        if out:
            dispatch.outbox = []
        return out

    def outgoing_reliable(self) -> list[tuple[str, bytes]]:
        """Return the blobs to send by an ordered, reliable channel, and forget them."""
        out, self._dispatch.blobs = self._dispatch.blobs, []
        return out

    def end_at(self, frame: int) -> None:
        """End the match at S_frame. All peers name the same frame; who names none takes the one it is told.

        Raises:
            UsageError: The frame is past already, or no whole number.
        """
        if type(frame) is not int or frame < max(0, self._sim.frame):
            raise UsageError(f"end_at needs a frame from {self._sim.frame} on, not {frame!r}")
        self._sim.end = self._sim.agreed_end = frame

    def set_input_delay(self, player: int, frames: int) -> None:
        """Change how late this player's actions take effect, from the next tick on.

        Raising it repeats the player's last input into the gap; lowering it skips the next actions. Queued inputs never change.

        Raises:
            UsageError: The player is not local, or `frames` is not in 0..60.
        """
        self._local.set_delay(player, frames)

    def leave(self, *, now: float, reason: str = "left") -> None:
        """Leave on purpose. The others know at once; `outgoing` holds the goodbye and repeats it until it is heard."""
        if self._ended is None or self._ended.reason not in ("over", "end_at"):
            self._end(reason, bye=reason)
        else:
            self._say_bye(ENDED)
        self._chores_at = now

    def tick(self, actions: Mapping[int, Any], *, now: float) -> Tick:
        """Simulate the next frame, if that can be done. To be called once a frame, also while stalled.

        Args:
            actions: The action of each local player, by number.
            now: The caller's clock in seconds, monotonic.

        Returns:
            What was done; the same object every time, refreshed.

        Raises:
            MissingAction: A local player has no action. Nothing has changed.
            ActionError: An action is outside its codec's space. Nothing has changed.
            UsageError: Called from within a tick (by the game, say): a rollback cannot nest.
        """
        if self._busy:
            raise UsageError("tick was called from within a tick: a rollback in progress blocks every nested one")
        self._busy = True
        try:
            inputs = self._encode(actions)
            intake = self._intake
            for endpoint in self._endpoints:
                inbox = endpoint.inbox
                while inbox:
                    intake.read(endpoint, inbox.popleft(), now)
            if now >= self._chores_at:
                self._membership.watch(now, now - self._last_tick)
                self._do_chores(now)
            self._last_tick = now
            if self._running or self._may_start(now):
                self._play(inputs, now)
            else:
                self._tick.reason = "synchronizing" if self._ended is None else "ended"
            return self._tick
        finally:
            self._busy = False

    def _play(self, inputs: list[bytes], now: float) -> None:
        """Do steps 3 to 7 of the tick."""
        sim, tick, confirmation = self._sim, self._tick, self._confirmation
        tick.advanced = False
        tick.resimulated = sim.rollback() if sim.wrong != NEVER or sim.needs_replay() else 0
        confirmation.settle()
        if self._ended is None:
            self._look_for_end()
        if self._ended is not None:
            tick.reason = "ended"
        elif self._membership.waiting:
            tick.reason = "paused"
        else:
            self._advance(inputs)
        confirmation.refresh()
        tick.frame = sim.frame
        tick.known = confirmation.known
        tick.confirmed = confirmation.confirmed
        live = [endpoint.ahead for endpoint in self._endpoints if endpoint.live]
        tick.frames_ahead = sum(live) / len(live) if live else 0.0
        self._dispatch.inputs(now)

    def _advance(self, inputs: list[bytes]) -> None:
        """Take the local actions and step, unless the window is full or the game must not be stepped."""
        sim, local, tick, window = self._sim, self._local, self._tick, self.config.prediction_window
        frame = sim.frame
        if window == 0 and local.captured < frame and not sim.blocked():
            local.capture(frame, inputs)  # lockstep must not wait for the input it supplies itself
            self._confirmation.refresh()
        if frame - self._confirmation.known > window or frame < sim.present or sim.blocked():
            tick.reason = "stalled"
            self._stalls += frame - self._confirmation.known > window
            return
        if local.captured < frame:
            local.capture(frame, inputs)
        tick.advanced = sim.advance()
        tick.reason = "running" if tick.advanced else "stalled"

    def _look_for_end(self) -> None:
        """End the match at the first settled state that is its end, or at a step that raised on known inputs."""
        sim = self._sim
        if sim.failure is not None:
            reason = sim.failure.strip().rsplit("\n", 1)[-1]
            self._end(f"step raised at frame {sim.frame}:\n{sim.failure}", bye=f"the game raised {reason}", final=True)
        elif self._confirmation.settled >= sim.frame - 1 and sim.is_over():
            self._confirmation.close(sim.frame)
            if self._ended is None:
                self._end("end_at" if sim.frame == sim.agreed_end else "over")

    def _end(self, reason: str, *, bye: str | None = None, final: bool = False) -> None:
        """End the match here; with `bye`, tell the others, who end too if it is `final`."""
        if self._ended is None:
            self._ended = Ended(reason, self._sim.frame)
            self._events.append(self._ended)
        if bye is not None:
            self._say_bye(bye, final=final)

    def _say_bye(self, reason: str, *, final: bool = False) -> None:
        frame = self._ended.frame if self._ended else -1
        self._membership.say_bye(Bye(reason[:MAX_REASON], frame, self.confirmed, final))
        self._chores_at = float("-inf")

    def _disagree(self, endpoint: Endpoint, found: Disagreement) -> None:
        self._events.append(DesyncFound(found.frame, endpoint.name))
        if self.config.on_desync != "report":
            reason = f"desync with {endpoint.name}: the states of frame {found.frame} differ"
            self._end(reason, bye=f"desync: the states of frame {found.frame} differ", final=True)

    def _may_start(self, now: float) -> bool:
        """Whether frame 0 may begin; if so, the game is reset and it has begun."""
        start = self._handshake.start
        if start is None or now < start or self._ended is not None:
            return False
        for endpoint in self._endpoints:
            self._membership.agreed(endpoint)
        self._sim.start()
        self._running = True
        return True

    def _do_chores(self, now: float) -> None:
        self._chores_at = now + CHORES_EVERY
        if not self._running:
            self._handshake.decide(now)
            for endpoint in self._endpoints:
                if endpoint.greeting.done:
                    self._membership.agreed(endpoint)
        self._dispatch.chores(now)

    def _encode(self, actions: Mapping[int, Any]) -> list[bytes]:
        """Return the local players' inputs in order."""
        if self._ended is not None:
            return []
        inputs = []
        for player, encode, size in self._encoders:
            try:
                action = actions[player]
            except (KeyError, IndexError, TypeError):
                raise MissingAction(
                    f"tick needs the action of local player {player}: pass {{{player}: action}}, not {actions!r:.80}"
                ) from None
            try:
                data = encode(action)
            except ActionError as error:
                raise ActionError(f"player {player}: {error}") from None
            if len(data) != size:
                raise ActionError(f"player {player}: its codec made {len(data)} bytes of {action!r:.80}, its size is {size}")
            inputs.append(data)
        return inputs
