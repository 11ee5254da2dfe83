"""The frame loop: one session, one transport, one clock. Knows when to do what; knows no lobby and no game's rules."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Callable
from typing import Any, Final

from rollback.core.goodbyes import ENDED
from rollback.core.session import P2PSession
from rollback.envs.data.transitions import TransitionRecorder
from rollback.errors import NetworkError, UsageError
from rollback.net.transport import PathChanged, Transport, tell
from rollback.netplay.collector import Collector, quiet
from rollback.netplay.lookout import Lookout
from rollback.netplay.pacing import Pacer
from rollback.netplay.recorder import Recorder
from rollback.netplay.stopping import unless
from rollback.netplay.thinking import WAIT, Thinking
from rollback.types import Event, Tick

__all__ = ["Act", "OnEvent", "OnFrame", "drive"]

Act = Callable[[Any, int], Any]
OnFrame = Callable[[P2PSession, Tick], None]
OnEvent = Callable[[Event | PathChanged], None]

CLOSE: Final = 0.002  # seconds before a frame in which nothing else is begun: the frame says it all anyway
LEFT: Final = "left"
FAREWELL: Final = 0.5  # seconds a goodbye is repeated: a round trip to the other side of the world, and some losses
ANSWERED: Final = 0.12  # seconds without a repeated goodbye: more than two of its periods


async def drive(
    session: P2PSession,
    transport: Transport,
    act: Act,
    *,
    fps: float,
    on_frame: OnFrame | None = None,
    on_event: OnEvent | None = None,
    recorder: Recorder | None = None,
    transitions: TransitionRecorder | None = None,
    stop: asyncio.Event | None = None,
    start_within: float | None = None,
    clock: Callable[[], float] = time.monotonic,
) -> None:
    """Play a session over a transport until the match has ended, and say goodbye.

    The session is fresh: no tick was made yet. The transport is not started; whatever happens, it is closed in the end,
    the others are told why, and the recorder's file is whole.

    The session may be paused and resumed, told its end and left from `act`, `on_frame` and `on_event`, on this clock. A pause,
    ours or another's, is waited out at pace, and so is a gap in which this process stood still: nothing is made up for.

    Args:
        session: The session.
        transport: Carries its datagrams; its peers have the names that the session gives them.
        act: `act(game, player) -> action` for each local player. Asked once before frame 0, with the game as it begins,
            and then at each tick; in lockstep once a frame. There it may return `WAIT`: everybody waits, and it is asked again
            at each tick until it has decided.
        fps: Frames a second.
        on_frame: Called with the session and the tick after each tick, when the datagrams have left. What it does not
            take from `session.confirmed_frames()` is let go.
        on_event: Called with each event of the session and each `PathChanged`.
        recorder: Writes the replay, and the bundle of each desync.
        transitions: Takes what really happened, for a data set.
        stop: Set it to leave the match.
        start_within: Seconds the other peers may take to begin; None waits for ever.
        clock: Seconds, monotonic.

    Raises:
        NetworkError: A peer cannot be reached, or does not begin.
        asyncio.CancelledError: It was cancelled; the others were told first.
        Exception: Whatever `act`, the callbacks or the game raised outside of what a session forgives.
    """
    loop = _FrameLoop(session, transport, act, Pacer(fps, clock=clock), on_frame, on_event, recorder, transitions, clock)
    await loop.run(stop or asyncio.Event(), start_within)


class _FrameLoop:
    """One call of `drive`."""

    def __init__(
        self,
        session: P2PSession,
        transport: Transport,
        act: Act,
        pacer: Pacer,
        on_frame: OnFrame | None,
        on_event: OnEvent | None,
        recorder: Recorder | None,
        transitions: TransitionRecorder | None,
        clock: Callable[[], float],
    ) -> None:
        config = session.config
        self._session = session
        self._transport = transport
        self._act = act
        self._pacer = pacer
        self._on_frame = on_frame
        self._on_event = on_event
        self._recorder = recorder
        self._transitions = transitions
        self._clock = clock
        self._players = tuple(session.controllers)  # before the handshake these are our own
        self._lockstep = config.prediction_window == 0
        self._asked = -1
        self._actions: dict[int, Any] = {}
        self._thinking = Thinking(session)
        self._news: list[Event | PathChanged] = []
        self._watch = Lookout(transport.peers, interrupt_after=config.interrupt_after, disconnect_after=config.disconnect_after)
        self._started = False

    async def run(self, stop: asyncio.Event, start_within: float | None) -> None:
        """Play it all, and leave in good order whatever happens."""
        transport = self._transport
        transport.on_datagram = self._datagram
        transport.on_blob = self._blob
        transport.on_change = self._news.append
        reason, failed = LEFT, False
        try:
            self._started = await unless(stop, transport.start())
            if self._started:
                self._begin_game()
                with quiet() as collector:
                    reason = await self._play(stop, start_within, collector)
        except asyncio.CancelledError:
            raise
        except BaseException as error:
            reason, failed = f"{type(error).__name__}: {error}", True
            raise
        finally:
            await self._part(reason, failed=failed)

    def _begin_game(self) -> None:
        # The session does the same at frame 0; `act` is asked before, and must find a game that has begun.
        reset: Callable[[int], Any] | None = getattr(self._session.game, "reset", None)
        if reset is not None:
            reset(self._session.config.seed)

    async def _play(self, stop: asyncio.Event, start_within: float | None, collector: Collector) -> str:
        """Tick until the match has ended and the others know it, or until we stop; return why we leave."""
        session, pacer, clock, watch = self._session, self._pacer, self._clock, self._watch
        pacer.begin()
        began = pacer.deadline
        while not stop.is_set():
            tick = await self._frame()
            now = clock()
            if watch.is_done(now, finished=session.finished and not session.feeding):
                return ENDED
            if tick.reason == "synchronizing" and start_within is not None and now - began > start_within:
                raise NetworkError(watch.who_is_missing(start_within))
            for peer in watch.doubtful(now):
                self._distrust(peer)
            pacer.schedule(now, tick.frames_ahead)
            collector.offer(pacer.spare(now))
            await self._wait()
        return LEFT

    async def _frame(self) -> Tick:
        session, now = self._session, self._clock()
        tick = session.tick(self._ask(), now=now)
        self._send_datagrams(now)
        # A channel's `send` only schedules: two turns of the loop put the bytes on the wire before the heavy work, such
        # as the next piece of a large state for somebody who comes.
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        self._send_blobs()
        self._take_events(now)
        # Who comes into a running match has frames before it plays: to begin the record takes long with a large state, and
        # the others do not wait for it yet.
        if self._recorder is not None and (tick.reason != "synchronizing" or session.frame):
            self._recorder.take()
        if self._transitions is not None:
            self._transitions.after(tick, now)
        self._tell()
        if self._on_frame is not None:
            self._on_frame(session, tick)
        for _ in session.confirmed_frames():
            pass  # nobody asked for them: they must not pile up
        return tick

    def _ask(self) -> dict[int, Any]:
        """Return the local actions of this tick."""
        session, frame = self._session, self._session.frame
        if self._watch.ended is not None:
            return {}
        # In lockstep a frame's action is taken at the first offer, and before frame 0 there is nothing new to see.
        if frame == self._asked and (self._lockstep or session.reason == "synchronizing"):
            return self._actions
        self._asked = frame
        for player in self._players:
            self._actions[player] = self._act(session.game, player)
        if any([action is WAIT for action in self._actions.values()]):  # not `in`: an array is equal to nothing
            self._asked = -1
            return self._thinking.wait(self._actions, self._clock())
        self._thinking.go_on(self._clock())
        return self._actions

    def _send(self, now: float) -> int:
        """Send what the session has to say; return how many blobs that were."""
        self._send_datagrams(now)
        return self._send_blobs()

    def _send_datagrams(self, now: float) -> None:
        for peer, datagram in self._session.outgoing(now=now):
            self._transport.send(peer, datagram)  # what is refused is folded into the next one

    def _send_blobs(self) -> int:
        blobs = self._session.outgoing_reliable()
        for peer, blob in blobs:
            self._transport.send_blob(peer, blob)
        return len(blobs)

    async def _wait(self) -> None:
        """Wait for the next frame; what the session wants to say before it is said in time."""
        session, pacer, clock = self._session, self._pacer, self._clock
        now = clock()
        while now < session.wake_at < pacer.deadline - CLOSE:
            await asyncio.sleep(session.wake_at - now)
            now = clock()
            self._send(now)
        await pacer.wait()

    def _datagram(self, peer: str, datagram: bytes) -> None:
        self._watch.heard(self._clock())
        with contextlib.suppress(UsageError):  # of somebody who is not admitted yet, and says it again
            self._session.receive(peer, datagram)

    def _blob(self, peer: str, blob: bytes) -> None:
        with contextlib.suppress(UsageError):
            self._session.receive_reliable(peer, blob)

    def _distrust(self, peer: str) -> None:
        distrust: Callable[[str, str], None] | None = getattr(self._transport, "distrust", None)
        if distrust is not None:
            distrust(peer, f"nothing was heard of {peer} for a while")

    def _take_events(self, now: float) -> None:
        for event in self._session.events():
            self._watch.event(event, now)
            if self._lockstep and not self._thinking.is_news(event):
                continue
            self._news.append(event if self._recorder is None else self._recorder.event(event))
            if self._transitions is not None:
                self._transitions.event(event)

    def _tell(self) -> None:
        if self._news:
            news = self._news[:]
            self._news.clear()
            if self._on_event is not None:
                for event in news:
                    self._on_event(event)

    async def _part(self, reason: str, *, failed: bool) -> None:
        """Leave, so that the others know at once; the replay comes first, for nobody can interrupt that."""
        now = self._clock()
        self._session.leave(now=now, reason=reason)
        self._take_events(now)
        ended = self._watch.ended
        if self._recorder is not None:
            self._recorder.close(ended)
        try:
            if self._started:
                await self._say_goodbye(failed=failed)
        finally:
            if self._transitions is not None:
                self._transitions.close()  # after the goodbye, for a large file takes its time, and nobody waits for it
            await self._transport.close(ended.reason.partition("\n")[0] if ended is not None else reason)
            if self._on_event is not None and not failed:
                for event in self._news:
                    tell(self._on_event, event)

    async def _say_goodbye(self, *, failed: bool) -> None:
        """Repeat the goodbye until everybody heard it, for half a second at most.

        A goodbye that has no answer yet also rides on the reliable channel, every twentieth of a second: a longer time
        without one means that all have answered.
        """
        session, pacer, clock = self._session, self._pacer, self._clock
        pacer.begin()
        now = pacer.deadline
        until, quiet_at = now + FAREWELL, now + ANSWERED
        while True:
            if not failed:  # a game that failed must not be stepped again, not even back
                session.tick({}, now=now)
            if self._send(now):
                quiet_at = now + ANSWERED
            self._take_events(now)
            if self._watch.gone.issuperset(self._transport.peers) or now >= min(until, quiet_at):
                return
            pacer.schedule(now)
            await pacer.wait()
            now = clock()
