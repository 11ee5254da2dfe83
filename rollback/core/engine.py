"""The seven steps of the tick: check, drain, roll back, confirm, decide, step, send. Knows no socket and no clock.

`tick` is on every frame's path, so it is one flat loop: what nearly every frame needs stands here in place, everything rare is
a call. What the parts cost is measured by benchmarks/engine.py, and told in docs/how-a-tick-works.md.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from rollback.config import SessionConfig
from rollback.core.checksums import Disagreement
from rollback.core.confirmation import Confirmation
from rollback.core.dispatch import Dispatch
from rollback.core.endpoint import Endpoint
from rollback.core.handshake import HELLO_EVERY, Handshake
from rollback.core.intake import Intake
from rollback.core.lineup import Lineup
from rollback.core.membership import Membership
from rollback.core.queues import MASK, LocalInputs
from rollback.core.simulation import NEVER, Simulation
from rollback.core.states import Peer
from rollback.errors import UsageError
from rollback.game import Game
from rollback.types import DesyncFound, Ended, Event, Local, Remote, Tick
from rollback.wire.inputs import HEAD
from rollback.wire.limits import MAX_REASON
from rollback.wire.messages import Bye
from rollback.wire.runs import changed_row

__all__ = ["Engine"]

RUNNING: Final = Peer.RUNNING  # a global is quicker to look up than a member of an enumeration

WATCH_EVERY: Final = 0.25  # seconds between looks at lines and timers; a silence that ends sooner is looked at in time


class Engine:
    """The parts of a session, and the tick that drives them."""

    def __init__(self, game: Game, players: Sequence[Local | Remote], config: SessionConfig, nonce: int) -> None:
        lineup = Lineup(game, players, config)
        own, endpoints = lineup.own, lineup.endpoints
        self.game = game
        self.config = config
        self._lineup = lineup
        self._own = own
        self._endpoints = endpoints
        self._playing = list(endpoints)  # those whose inputs the match waits for
        self._inboxes = {endpoint.name: endpoint.inbox for endpoint in endpoints}
        self._events: list[Event] = []
        self._tick = Tick()
        self._busy = self._running = self._paused = False
        self._ended: Ended | None = None
        self._stalls = 0
        self._window = config.prediction_window
        self._last_tick = self._chores_at = float("-inf")
        self._local = LocalInputs(own, config.input_delay)
        self._sim = Simulation(game, lineup.codecs, [own, *(endpoint.queue for endpoint in endpoints)], config)
        self._membership = Membership(endpoints, self._playing, config, self._sim, self._events.append, self._end)
        self._handshake = Handshake(
            nonce, lineup.facts, config.prediction_window, config.input_delay, lineup.controllers, endpoints
        )
        self._confirmation = Confirmation(self._playing, self._sim, config.desync_interval, self._disagree)
        self._intake = Intake(own, self._sim, self._handshake, self._membership, self._events.append, self._disagree)
        self._dispatch = Dispatch(own, endpoints, self._sim, self._confirmation, self._handshake, self._membership)

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
            # 1. Check and encode.
            row = self._lineup.encode(actions) if self._ended is None else b""
            # 2. Drain.
            own, sim = self._own, self._sim
            frame, own_known = sim.frame, own.known
            theirs = settled = NEVER
            for endpoint in self._playing:
                queue, inbox = endpoint.queue, endpoint.inbox
                while inbox:
                    data = inbox.popleft()
                    # Most datagrams bring one more frame and nothing else: read in place. All others, and all that is odd,
                    # go to the intake.
                    following = queue.known + 1
                    size = len(data)
                    if (
                        size < HEAD
                        or data[0] != endpoint.plain
                        or (data[1] | data[2] << 8) - following & 65535
                        or endpoint.state is not RUNNING
                    ):
                        self._intake.read(endpoint, data, now)
                        continue
                    lag = data[3]
                    ack = following + lag if lag < 128 else following + lag - 256
                    confirmed = ack - data[5]
                    if not endpoint.acked <= ack <= own_known or confirmed < endpoint.confirmed:
                        self._intake.read(endpoint, data, now)
                        continue
                    last = queue.last
                    if size > HEAD:
                        token = data[HEAD]
                        lasted = token & 15
                        if lasted:
                            # The newest change must be the one that is known; another one needs a closer look.
                            if size == HEAD + 1 or following - lasted != queue.changed or data[HEAD + 1] != queue.delta:
                                self._intake.read(endpoint, data, now)
                                continue
                        else:
                            stop = HEAD + 1 + queue.lengths[token >> 4]
                            if not HEAD + 1 < stop <= size:
                                self._intake.read(endpoint, data, now)
                                continue
                            queue.last = last = changed_row(last, token, data[HEAD + 1 : stop])
                            queue.changed = following
                            queue.delta = data[HEAD + 1]
                    endpoint.taken.append(data)
                    endpoint.lead = data[4]
                    endpoint.acked = ack
                    endpoint.confirmed = confirmed
                    endpoint.heard = now
                    slot = following & MASK
                    rows = queue.rows
                    if rows[slot] is not last:
                        # What a simulated frame was stepped with stands in the ring until the real row takes its place.
                        if following < frame and following < sim.wrong and rows[slot] != last:
                            sim.wrong = following
                        rows[slot] = last
                    queue.known = following
                if queue.known < theirs:
                    theirs = queue.known
                if endpoint.confirmed < settled:
                    settled = endpoint.confirmed
            if now >= self._chores_at:
                self._watch(now)
                theirs, settled = self._bounds()
            self._last_tick = now
            tick = self._tick
            if not self._running:
                tick.reason = "synchronizing" if self._ended is None else "ended"
                if not self._may_start(now):
                    return tick
                theirs, settled = self._bounds()
            # 3. Roll back.
            if sim.wrong < NEVER or sim.held:
                tick.resimulated = sim.rollback() if sim.wrong < NEVER or not sim.blocked() else 0
                frame = sim.frame
            elif tick.resimulated:
                tick.resimulated = 0
            # 4. Confirm and settle, only now that no correction is pending.
            confirmation = self._confirmation
            known = theirs if theirs < own_known else own_known
            confirmed = known if known < frame else frame - 1
            if confirmed < settled:
                settled = confirmed
            confirmation.confirmed = confirmed
            if settled > confirmation.settled:
                confirmation.settled = settled
                if settled >= confirmation.collect_at:
                    confirmation.collect()
            if confirmation.due <= confirmed + 1:
                confirmation.emit()
            # 5. Decide.
            if (settled >= frame - 1 or sim.failure is not None) and self._ended is None:
                self._look_for_end()
            local = self._local
            if self._ended is not None:
                tick.advanced, tick.reason = False, "ended"
            elif self._paused:
                tick.advanced, tick.reason = False, "paused"
            else:
                if self._window == 0 and local.captured < frame and not sim.blocked():
                    local.capture(frame, row)  # lockstep must not wait for the input it supplies itself
                    known = theirs if theirs < own.known else own.known
                if frame - known > self._window:
                    tick.advanced, tick.reason = False, "stalled"
                    self._stalls += 1
                elif frame >= sim.end or (sim.careful and sim.blocked()):
                    tick.advanced, tick.reason = False, "stalled"
                else:
                    # 6. Queue the local action, take the snapshot, step.
                    if local.captured < frame:
                        if local.steady and row == own.last:
                            local.captured = frame
                            own.known = own_known + 1
                            own.rows[own.known & MASK] = own.last
                        else:
                            local.capture(frame, row)
                    if sim.advance():
                        tick.advanced, tick.reason = True, "running"
                        frame += 1
                    else:
                        tick.advanced, tick.reason = False, "stalled"
                    known = theirs if theirs < own.known else own.known
                confirmation.confirmed = confirmed = known if known < frame else frame - 1
            tick.frame = frame
            tick.known = confirmation.known = known
            tick.confirmed = confirmed
            # 7. Send.
            self._dispatch.inputs(now)
            return tick
        finally:
            self._busy = False

    def _bounds(self) -> tuple[int, int]:
        """Return the newest frame that all others' inputs are here for, and that all others have confirmed."""
        theirs = min((endpoint.queue.known for endpoint in self._playing), default=NEVER)
        return theirs, min((endpoint.confirmed for endpoint in self._playing), default=NEVER)

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
        self._membership.say_bye(Bye(reason[:MAX_REASON], frame, self._confirmation.confirmed, final))
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

    def _watch(self, now: float) -> None:
        """Look after lines, timers and the balance of time; a few times a second, after the inboxes are drained."""
        ahead, live = 0.0, 0
        for endpoint in self._endpoints:
            while endpoint.inbox:  # of those who are gone: a goodbye may still want its answer
                self._intake.read(endpoint, endpoint.inbox.popleft(), now)
            if endpoint.count():
                endpoint.heard = now
            if endpoint.live:
                if self._running:
                    endpoint.balance(2 * self._sim.present - endpoint.queue.known - self._own.known - 1)
                ahead += endpoint.ahead
                live += 1
        self._tick.frames_ahead = ahead / live if live else 0.0
        silence_at = self._membership.watch(now, now - self._last_tick)
        self._paused = self._membership.waiting
        self._dispatch.forget()
        self._do_chores(now)
        self._chores_at = min(self._chores_at, silence_at)

    def _do_chores(self, now: float) -> None:
        """Send what timers call for."""
        busy = not self._running or self._membership.bye is not None
        self._chores_at = now + (HELLO_EVERY if busy else WATCH_EVERY)
        if not self._running:
            self._handshake.decide(now)
            for endpoint in self._endpoints:
                if endpoint.greeting.done:
                    self._membership.agreed(endpoint)
        self._dispatch.chores(now)
