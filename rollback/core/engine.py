"""The seven steps of the tick: check, drain, roll back, confirm, decide, step, send. Knows no socket and no clock.

`tick` is on every frame's path, so it is one flat loop: what nearly every frame needs stands here in place, everything rare is
a call. What the parts cost is measured by benchmarks/engine.py, and told in docs/how-a-tick-works.md.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from rollback.config import SessionConfig, TakeOver
from rollback.core.autodelay import AutoDelay
from rollback.core.checksums import Disagreement
from rollback.core.confirmation import Confirmation
from rollback.core.dispatch import MEASURE_FIRST, UNKNOWN, WRITTEN_TO, Dispatch
from rollback.core.endpoint import Endpoint
from rollback.core.goodbyes import Goodbyes
from rollback.core.handles import NESTED, SOON, Ride, no_ride
from rollback.core.handshake import CHANGING, HELLO_EVERY, Handshake
from rollback.core.intake import Intake
from rollback.core.joining import Joining
from rollback.core.lineup import Lineup
from rollback.core.membership import Membership
from rollback.core.messages import Messages
from rollback.core.newcomer import Newcomer
from rollback.core.pausing import Pausing
from rollback.core.queues import MASK, LocalInputs
from rollback.core.redundancy import Redundancy
from rollback.core.repair import Repair
from rollback.core.ride import ride_of
from rollback.core.simulation import NEVER, Simulation
from rollback.core.sponsor import Sponsor
from rollback.core.standin import StandIn
from rollback.core.states import Peer
from rollback.errors import ActionError, UsageError
from rollback.game import Game
from rollback.types import Ended, Event, Local, Open, Remote, Tick
from rollback.wire.limits import MAX_REASON
from rollback.wire.messages import Bye
from rollback.wire.runs import ONE_BYTE

__all__ = ["Engine"]

WATCH_EVERY: Final = 0.5  # seconds between looks at lines and timers; a silence that matters sooner is looked at in time
COMPLETE: Final = ("over", "end_at")  # the reasons of a match that came to its end
HEARTBEAT: Final = 0.2  # seconds without a tick until we are heard all the same; well under interrupt_after


class Engine:
    """The parts of a session, and the tick that drives them."""

    _joining: Joining
    _newcomer: Newcomer | None = None  # our own way in, until we have caught up

    def __init__(
        self,
        game: Game,
        players: Sequence[Local | Remote | Open],
        config: SessionConfig,
        nonce: int,
        match: int = 0,
        *,
        votes: bool = False,
        joining: bool = False,
    ) -> None:
        lineup = Lineup(game, players, config, match)
        own, endpoints = lineup.own, lineup.endpoints
        self.game = game
        self.config = config
        self._match = match
        self._lineup = lineup
        self._own = own
        self._endpoints = endpoints
        # Those whose inputs the match waits for.
        self._playing = [endpoint for endpoint in endpoints if endpoint.state is not Peer.GONE and not joining]
        self._inboxes = {endpoint.name: endpoint.inbox for endpoint in endpoints}
        self._events: list[Event] = []
        self._tick = Tick(self)
        self._busy = self._running = self._paused = self._plain = False
        self._ended: Ended | None = None
        self._stalls = 0
        self._window = config.prediction_window
        self._several = len(endpoints) > 1
        self._watch_at = self._chores_at = SOON
        self._planned = float("inf")  # when the next look is due; one that comes late tells of a gap between ticks
        delay = 0 if config.input_delay == "auto" else config.input_delay
        self._auto = AutoDelay(config.fps) if config.input_delay == "auto" else None
        self._redundancy = Redundancy(config.fps)
        self._local = LocalInputs(own, delay)
        queues = sorted([own, *(endpoint.queue for endpoint in endpoints)], key=lambda queue: queue.players)
        self._sim = Simulation(game, lineup.codecs, queues, config, self._local.delays)
        policy = config.on_disconnect.policy if isinstance(config.on_disconnect, TakeOver) else None
        self._stand_in = StandIn(policy, self._sim, lineup.codecs)
        self._membership = Membership(
            own, self._local, endpoints, self._playing, config, self._sim, self._stand_in, self._events.append, self._end,
            votes=votes,
        )  # fmt: skip
        self._goodbyes = Goodbyes(endpoints)
        self._handshake = Handshake(
            nonce,
            lineup.facts,
            config.prediction_window,
            delay if self._auto is None else CHANGING,
            lineup.controllers,
            endpoints,
            joining=joining,
        )
        self._confirmation = Confirmation(
            own, self._playing, self._sim, config.desync_interval, self._disagree, self._membership.slots
        )
        self._pausing = Pausing(endpoints, self._events.append, self._hurry)
        self._messages = Messages(own, self._sim, self._handshake, self._membership, self._pausing, self._events.append)
        self._intake = Intake(own, self._sim, self._membership, self._messages, self._disagree, match)
        self._solo = own.players[0] if len(own.players) == 1 else -1
        self._encode = lineup.encoder
        self._dispatch = Dispatch(
            own, endpoints, self._sim, self._confirmation, self._handshake, self._membership, self._goodbyes, self._pausing,
            match,
        )  # fmt: skip
        self._outbox = self._dispatch.outbox
        self._ride, self._land, self._glance = self._short_way()
        self._confirmation.glance = self._glance
        lowest = next((e for e in endpoints if e.state is not Peer.GONE and e.seat < own.players[0]), None)
        self._repair = Repair(
            endpoints, lowest, config, self._sim, self._confirmation, self._events.append, self._stop_apart,
            self._dispatch.post,
        )  # fmt: skip
        self._sponsor = Sponsor(lineup, endpoints, self._sim, self._confirmation, config, self._dispatch)

    # What the tick and its caller ask.

    @property
    def frame(self) -> int:
        """Frames simulated; the game holds S_frame."""
        return self._sim.frame

    @property
    def known(self) -> int:
        """Newest frame whose inputs are all here, -1 before the first."""
        seen = self._glance()
        return self._confirmation.known if seen is None else seen[0]

    @property
    def confirmed(self) -> int:
        """Newest frame simulated on known inputs only."""
        seen = self._glance()
        return self._confirmation.newest_confirmed() if seen is None else seen[1]

    def _short_way(self) -> Ride:
        """Return the short way where there is one: two peers, one local player, and nothing unusual about the game."""
        if not (len(self._endpoints) == 1 and self._solo >= 0 and self._window > 0 and self._sim.pair):
            return no_ride()
        return ride_of(
            self,
            self._solo,
            self._encode,
            self._local,
            self._endpoints[0],
            self._sim,
            self._confirmation,
            self._intake,
            self._dispatch,
            self._window,
        )

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
        if self._ride(actions, now):
            return self._tick
        if self._busy:
            raise UsageError(NESTED)
        self._busy = True
        try:
            # 1. Check and encode.
            if self._solo >= 0:
                try:
                    row = self._encode(actions[self._solo])
                except (ActionError, LookupError, TypeError):
                    row = self._lineup.encode(actions)  # says what is wrong, in the player's terms
            else:
                row = self._lineup.encode(actions) if self._ended is None else b""
            # 2. Drain.
            own, sim = self._own, self._sim
            frame, own_known = sim.frame, own.known
            theirs = NEVER
            for endpoint in self._playing:
                queue, inbox = endpoint.queue, endpoint.inbox
                endpoint.fresh = 0
                while inbox:
                    data = inbox.popleft()
                    following = queue.known + 1
                    rest = data[1:]
                    if (
                        rest == endpoint.tail_in
                        and following < endpoint.tail_in_until
                        and data[0] == following & 255
                        and endpoint.acked < own_known
                    ):
                        # The datagram before again, one frame on: nothing in it needs to be read.
                        endpoint.taken.append(data)
                        endpoint.acked += 1
                        endpoint.confirmed += 1
                    elif not self._intake.take(endpoint, data, rest, now):
                        endpoint.fresh = 2
                        continue
                    endpoint.fresh += 1
                    last = queue.last
                    slot = following & MASK
                    rows = queue.rows
                    if rows[slot] is not last:
                        # What a simulated frame was stepped with stands in the ring until the real row takes its place.
                        if following < frame and following < sim.wrong and rows[slot] != last:
                            sim.wrong = following
                        rows[slot] = last
                    queue.known = following
                    endpoint.heard = now
                if queue.known < theirs:
                    theirs = queue.known
            if now >= self._watch_at:
                self._watch(now)
                frame = sim.frame
                theirs = self._theirs()
            tick = self._tick
            if not self._running:
                tick.reason = "synchronizing" if self._ended is None else "ended"
                if not self._may_start(now):
                    return tick
                theirs = self._theirs()
            self._proceed(row, theirs, now)
            return tick
        finally:
            self._busy = False

    def _proceed(self, row: bytes, theirs: int, now: float, replayed: int = 0) -> None:
        """Do the steps of a tick that come after the drain; `replayed` frames of it were replayed already."""
        sim, own, local, tick = self._sim, self._own, self._local, self._tick
        # 3. Roll back.
        tick.resimulated = replayed
        if sim.wrong < NEVER or (sim.held and not sim.blocked()):
            tick.resimulated += sim.rollback()
        frame = sim.frame
        # 4. Confirm, settle, emit checksums; only now that no correction is pending.
        if theirs >= self._confirmation.confirm_at:
            self._confirmation.confirm()
        # 5. Decide.
        smooth = False
        if frame - theirs > self._window or not self._plain or (frame >= sim.ask_at and sim.blocked()):
            self._hold(row)
        else:
            # 6. Queue the local action, take the snapshot, step.
            if local.captured < frame:
                if local.steady and row == own.last:
                    smooth = True
                    local.captured = frame
                    own.known += 1
                    own.rows[own.known & MASK] = own.last
                else:
                    local.capture(frame, row)
            tick.advanced = sim.advance()
            tick.reason = "running" if tick.advanced else "stalled"
        self._send(now, smooth=smooth)

    def _send(self, now: float, *, smooth: bool) -> None:
        """Write the datagrams of a tick; `smooth`: our newest row is the one before again."""
        # 7. Send.
        newest = self._own.known
        # With one peer, what is confirmed moves on with its rows; with more, it may stand still while this one's rows come.
        drift = newest - self._confirmation.newest_confirmed() if smooth and self._several else 0
        for endpoint in self._endpoints:
            if (
                smooth
                and endpoint.fresh == 1
                and newest < endpoint.tail_until
                and not (self._several and endpoint.tail_drift != drift)
            ):
                datagram = ONE_BYTE[newest & 255] + endpoint.tail_out  # the one before again, one frame on
                endpoint.given.append(datagram)
                self._outbox.append((endpoint.name, datagram))
            elif endpoint.state in WRITTEN_TO:
                self._dispatch.write(endpoint, now)
        if self._membership.speaks or self._membership.slots:
            self._dispatch.forward(now)

    def _hold(self, row: bytes) -> None:
        """Do steps 5 and 6 where they are not plain: wait, end, or, in lockstep, take the action before it is asked for."""
        sim, tick, window = self._sim, self._tick, self._window
        tick.advanced = False
        if self._ended is None:
            self._look_for_end()
        if self._ended is not None or self._paused:
            tick.reason = "paused" if self._ended is None else "ended"
            return
        if self._newcomer is not None:
            self._newcomer.catch_up(row, self._capture)
        frame = sim.frame
        blocked = sim.blocked() or self._joining.holds(frame)
        if window == 0 and not blocked:
            self._capture(frame, row)  # lockstep must not wait for the input it supplies itself
        tick.reason = "stalled"
        if frame - self._confirmation.known > window:
            self._stalls += 1
        elif not blocked:
            self._capture(frame, row)
            if sim.advance():
                tick.advanced, tick.reason = True, "running"

    def _capture(self, frame: int, row: bytes) -> None:
        """Take the actions of the frame, once: our players', and those of the slots we play for."""
        if self._local.captured < frame:
            self._local.capture(frame, row)
        if self._stand_in.slots:
            self._stand_in.capture(frame, self._membership.agreement.joining)

    def _theirs(self) -> int:
        """Return the newest frame that the inputs of all others are here for."""
        return min([endpoint.queue.known for endpoint in self._playing], default=NEVER)

    def _look_for_end(self) -> None:
        """End the match at the first settled state that is its end, or at a step that raised on known inputs."""
        sim = self._sim
        if sim.failure is not None:
            reason = sim.failure.strip().rsplit("\n", 1)[-1]
            self._end(f"step raised at frame {sim.frame}:\n{sim.failure}", bye=f"the game raised {reason}", final=True)
        elif sim.is_over() and self._confirmation.settle() >= sim.frame - 1:
            self._confirmation.close(sim.frame)
            if self._ended is None:
                self._end("end_at" if sim.frame == sim.agreed_end else "over")

    def _end(self, reason: str, *, bye: str | None = None, final: bool = False) -> None:
        """End the match here; with `bye`, tell the others, who end too if it is `final`."""
        for endpoint in self._endpoints:
            self._repair.close_all(endpoint)
        if self._ended is None:
            self._membership.over = reason not in COMPLETE
            self._ended = Ended(reason, self._sim.frame)
            self._pausing.end()
            self._plain, self._solo = False, -1
            self._events.append(self._ended)
        if bye is not None:
            self._say_bye(bye, final=final)

    def _say_bye(self, reason: str, *, final: bool = False) -> None:
        end = self._ended.frame if self._ended and self._ended.reason in COMPLETE else -1
        self._goodbyes.say(Bye(reason[:MAX_REASON], end, self._confirmation.newest_confirmed(), final))
        self._chores_at = self._watch_at = SOON

    def _disagree(self, endpoint: Endpoint, found: Disagreement) -> None:
        self._repair.disagree(endpoint, found)
        self._watch_at = SOON
        if self._repair.halts:
            self._plain, self._paused = False, True

    def _stop_apart(self, endpoint: Endpoint, frame: int) -> None:
        """End the match for all, since two states of one frame differ."""
        reason = f"desync with {endpoint.name}: the states of frame {frame} differ"
        self._end(reason, bye=f"desync: the states of frame {frame} differ", final=True)

    def _may_start(self, now: float) -> bool:
        """Whether frame 0 may begin; if so, the game is reset and it has begun."""
        start = self._handshake.start
        if start is None or now < start or self._ended is not None:
            return False
        for endpoint in self._endpoints:
            self._membership.agreed(endpoint)
            endpoint.heard = now
        if self._auto is not None:
            self._auto.begin(self._local, self._endpoints)
        self._sim.start()
        self._running = True
        self._plain = self._window > 0 and not self._paused
        return True

    def _watch(self, now: float) -> None:
        """Look after lines, timers and the balance of time; a few times a second, after the inboxes are drained."""
        ahead, live = 0.0, 0
        for endpoint in self._endpoints:
            self._intake.drain(endpoint, now)  # of those who are gone: a goodbye may still want its answer
            endpoint.count()
            if endpoint.live:
                ahead += endpoint.ahead
                live += 1
        self._tick.frames_ahead = ahead / live if live else 0.0
        silence_at = now
        if self._newcomer is None or self._newcomer.is_in:
            ended, held = self._ended is not None, self._pausing.is_held or self._repair.halts
            silence_at = self._membership.watch(now, now - self._planned, running=self._running, ended=ended, held=held)
        if self._joining.is_busy:
            self._joining.look(now, held=self._pausing.is_held)
            silence_at = now
        if self._newcomer is not None and self._newcomer.is_in:
            self._newcomer.take_over()
            if self._newcomer.is_current:
                self._newcomer = self._messages.newcomer = None
        for endpoint in self._endpoints:
            self._redundancy.judge(endpoint, min(self._local.delays.values()))
        if self._auto is not None and self._running:
            self._auto.follow(self._local, self._endpoints)
        self._repair.look(now)
        pause_at = self._pausing.look(now)
        held = self._pausing.is_held and not self._joining.draws_on
        self._paused = held or self._membership.waiting or self._repair.halts or self._joining.waiting
        self._plain = self._running and self._window > 0 and not self._paused and self._ended is None
        self._plain = self._plain and not self._membership.slots and self._newcomer is None
        self._dispatch.forget()
        self._do_chores(now)
        calm = self._running and self._goodbyes.own is None
        every = WATCH_EVERY if self._sim.frame > UNKNOWN else MEASURE_FIRST
        again = now if self._repair.busy else pause_at
        if self._sponsor.is_open:
            again = min(again, self._sponsor.look(now, self._repair.resyncs))
        self._watch_at = self._planned = min(now + every if calm else self._chores_at, silence_at, again)

    def _hurry(self) -> None:
        self._watch_at = SOON

    def _do_chores(self, now: float) -> None:
        """Send what timers call for."""
        if not self._running and self._newcomer is None:
            self._handshake.decide(now)
            for endpoint in self._endpoints:
                if endpoint.greeting.done:
                    self._membership.agreed(endpoint)
        self._dispatch.chores(now)
        self._chores_at = now + (HEARTBEAT if self._running and self._goodbyes.own is None else HELLO_EVERY)
