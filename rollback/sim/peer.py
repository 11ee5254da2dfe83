"""One process of a virtual match: its session, its clock, its players, and what is measured. Knows channels; knows no events.

It does what the driver does (ask, tick, send, take events and settled frames), and shows the referee everything. A peer has
one process, or several after each other where it comes back.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from typing import Any, Final

from rollback.core.session import P2PSession
from rollback.core.timesync import Cadence
from rollback.game import codecs_of
from rollback.sim.channel import Channel, ReliableChannel
from rollback.sim.clock import VirtualClock
from rollback.sim.oracles import Referee
from rollback.types import DesyncFound, Ended, Event, PeerJoined, VoteWanted
from rollback.wire.limits import MAX_INPUTS_DATAGRAM, RING

__all__ = ["Act", "VirtualPeer"]

Act = Callable[[Any, int], Any]  # (game, player) -> action

COMPLETE: Final = ("over", "end_at")  # the reasons of a match that came to its end
LOOK_EVERY: Final = 64  # ticks between looks at what waits in the session


class VirtualPeer:
    """One process of one peer.

    Args:
        number: Its number among the processes.
        peer: The peer whose process it is; its name to the others is `p` and that number.
        session: Its session.
        seats: Its players.
        act: Offers their actions; asked once a frame.
        clock: Its clock.
        cadence: When its frames are due, in its own time.
        referee: Is shown everything.
        warm_up: Frame from which stalls and lag are counted.
        comes: Whether it comes into a match that runs.

    Attributes:
        inbound: The channels from the others, with their names.
        outbound: The channels to the others, by name.
        alive: Whether it exists.
        came_at: Virtual time at which it began.
        moved_at: Virtual time at which it simulated its newest frame.
        playing: Whether its players' actions were taken yet; for one that comes only from some frame on.
        wakes_at: Until when it stands still.
        began_at: Virtual time of its first frame.
        wanted: The vote that its session asks for, until it was passed on.
        ended: How its match ended, None before.
        ended_at: Virtual time at which it did.
    """

    def __init__(
        self,
        number: int,
        peer: int,
        session: P2PSession,
        seats: Sequence[int],
        act: Act,
        clock: VirtualClock,
        cadence: Cadence,
        referee: Referee,
        warm_up: int,
        *,
        comes: bool = False,
    ) -> None:
        self.number = number
        self.peer = peer
        self.name = f"p{peer}"
        self.session = session
        self.seats = tuple(seats)
        self.clock = clock
        self.cadence = cadence
        self.inbound: list[tuple[str, Channel, ReliableChannel]] = []
        self.outbound: dict[str, tuple[Channel, ReliableChannel]] = {}
        self.alive = True
        self.comes = comes
        self.playing = not comes
        self.came_at = self.moved_at = 0.0
        self.wakes_at = 0.0
        self.began_at = -1.0
        self.ended: Ended | None = None
        self.ended_at = 0.0
        self.wanted: VoteWanted | None = None
        self.events: list[tuple[float, Event]] = []
        self.frames_ahead = 0.0
        self._act = act
        self._referee = referee
        self._codecs = codecs_of(session.game)
        self._given = {} if comes else {player: referee.slots[player].given for player in seats}
        self._asked = -1
        self._captured = -1
        self._actions: dict[int, Any] = {}
        # A session that chooses its delay itself tells nobody; what it does with it is held all the same.
        self._chosen = session._local.delays if session.config.input_delay == "auto" else {}
        self._lockstep = session.config.prediction_window == 0
        self._summed = 0 if referee.sees_states else 1 << 60
        self._sums: deque[tuple[int, int | None]] = deque()  # of states that are not settled yet
        self._warm_up = warm_up
        self._stalls_before = 0 if warm_up <= 0 else -1  # -1: not warm yet
        self._ticks = self._lag = 0
        self._ahead = 0.0

    def connect(self, peer: int, to: tuple[Channel, ReliableChannel], back: tuple[Channel, ReliableChannel]) -> None:
        """Have a line to another peer, if there is none yet."""
        name = f"p{peer}"
        if name not in self.outbound:
            self.outbound[name] = to
            self.inbound.append((name, *back))

    def ask(self) -> None:
        """Ask for the actions of the frame that comes; once a frame, however long it waits."""
        frame = self.session.frame
        if frame > self._asked and self.ended is None:
            self._asked = frame
            game = self.session.game
            for player in self.seats:
                self._actions[player] = self._act(game, player)

    def tick(self, now: float) -> None:
        """Take what has arrived, tick once, and send; `now` is virtual time."""
        session, shown = self.session, self.clock.shows(now)
        for name, channel, reliable in self.inbound:
            for datagram in channel.due(now):
                session.receive(name, datagram)
            for blob in reliable.due(now):
                session.receive_reliable(name, blob)
        tick = session.tick(self._actions, now=shown)
        reason = tick.reason
        for event in session.events():
            self._takes(event, now)
        if tick.advanced:
            if self.began_at < 0:
                self.began_at = now
            self.moved_at = now
            self._capture(tick.frame - 1)
        elif reason == "stalled" and self._lockstep:
            self._capture(tick.frame)
        self.frames_ahead = tick.frames_ahead
        self.send(now, shown)
        confirmed = session.confirmed
        if reason == "running" or (reason == "stalled" and not self._waits_for_the_end()):
            self._measure(tick.frame, confirmed)
        referee, number = self._referee, self.number
        takes, sums = referee.takes, self._sums
        for done in session.confirmed_frames():
            takes(number, done)
        while self._summed <= confirmed + 1:
            if self._summed > 0 or reason != "synchronizing":
                sums.append((self._summed, session.checksum_at(self._summed)))
                self._summed += 1
            else:
                break
        # Only what settled is the same everywhere: who is lost may have confirmed frames that nobody else knows of.
        settled = referee.settled[number]
        while sums and sums[0][0] <= settled:
            referee.holds(number, *sums.popleft())

    def send(self, now: float, shown: float) -> None:
        """Send what the session has to say."""
        for to, datagram in self.session.outgoing(now=shown):
            if len(datagram) > MAX_INPUTS_DATAGRAM:
                limit = f"{MAX_INPUTS_DATAGRAM} bytes a datagram"
                self._referee.fail("bounded", self.session.frame, self.number, f"at most {limit}", len(datagram))
            self.outbound[to][0].send(now, datagram)
        for to, blob in self.session.outgoing_reliable():
            self.outbound[to][1].send(now, blob)

    def set_delay(self, player: int, frames: int) -> None:
        """Change an input delay, in the session and in what the referee expects."""
        self.session.set_input_delay(player, frames)
        if player in self._given:
            self._given[player].delay = frames

    @property
    def is_complete(self) -> bool:
        """Whether its match came to its end, and not to some other."""
        return self.ended is not None and self.ended.reason in COMPLETE

    @property
    def stalls(self) -> int:
        """Ticks that had to wait for inputs, since the peer was warm."""
        return 0 if self._stalls_before < 0 else self.session.stats().stalls - self._stalls_before

    @property
    def lag(self) -> float:
        """Mean number of frames that stood on guesses after a tick, since the peer was warm."""
        return self._lag / self._ticks if self._ticks else 0.0

    @property
    def mean_frames_ahead(self) -> float:
        """Mean lead, as the session measured it, since the peer was warm."""
        return self._ahead / self._ticks if self._ticks else 0.0

    @property
    def bytes_sent(self) -> int:
        """Payload of everything sent."""
        return sum(channel.bytes_sent + reliable.bytes_sent for channel, reliable in self.outbound.values())

    def _capture(self, newest: int) -> None:
        """Note what was done at the frames up to this one; one a tick, but some at once while catching up."""
        if not self.playing:
            return
        for frame in range(self._captured + 1, newest + 1):
            for player in self.seats:
                given = self._given[player]
                given.delay = self._chosen.get(player, given.delay)
                given.take(frame, self._codecs[player].encode(self._actions[player]))
        self._captured = max(self._captured, newest)

    def _takes_its_place(self, frame: int) -> None:
        """One that came later acts from this frame on, and its inputs count."""
        self.playing = True
        self._captured = frame - 1
        for player in self.seats:
            self._given[player] = self._referee.slots[player].comes(frame, self.session.input_delays[player])

    def _measure(self, frame: int, confirmed: int) -> None:
        if self._stalls_before < 0:
            if frame < self._warm_up:
                return
            self._stalls_before = self.session.stats().stalls
        self._ticks += 1
        self._lag += frame - 1 - confirmed
        self._ahead += self.frames_ahead
        if self._ticks % LOOK_EVERY == 0:
            self._look(frame)

    def _look(self, frame: int) -> None:
        stats = self.session.stats()
        waits = max((line.queued for line in stats.peers.values()), default=0)
        if waits > RING:
            self._referee.fail("bounded", frame, self.number, f"at most {RING} inputs not acknowledged", waits)
        if frame - stats.settled > RING:
            self._referee.fail("bounded", frame, self.number, f"at most {RING} frames not settled", frame - stats.settled)

    def _waits_for_the_end(self) -> bool:
        game: Any = self.session.game
        return bool(getattr(game, "over", False)) or self.session.frame >= self._referee.end

    def _takes(self, event: Event, now: float) -> None:
        self.events.append((self.clock.own(now), event))
        if isinstance(event, PeerJoined) and self.comes and not event.peer:
            self._takes_its_place(event.frame)
        if isinstance(event, Ended):
            self.ended = event
            if not self.is_complete:
                self._referee.may_be_cut(self.seats)  # the others go on without it
            self.ended_at = now
        elif isinstance(event, VoteWanted):
            self.wanted = event
        elif isinstance(event, DesyncFound) and self._referee.sees_states:
            self._referee.alarmed(self.number, event.frame)
