"""A few sessions whose every datagram is handed over by somebody else, held to the contract after each tick.

Knows nothing of how the steps are chosen: a state machine does that. Time passes only in ticks, and where it is asked to.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from rollback import DesyncFound, Ended, Local, Mismatch, P2PSession, PeerLeft, Remote, SessionConfig, UsageError
from rollback.core.settled import SettledReader
from rollback.state import checksum
from rollback.wire.limits import MAX_INBOX, MAX_INPUTS_DATAGRAM, RING
from tests.core.network import Peer

FRAME: Final = 1 / 60
PATIENCE: Final = 1_200  # rounds without a loss in which every match must come to its end: twenty seconds
ON_ITS_WAY: Final = 400  # datagrams of one direction; what is older is lost
FORBIDDEN: Final = (
    DesyncFound,
    Mismatch,
    PeerLeft,
)  # events that no network can bring about, in a match that nobody leaves


class Mixture:
    """Mixes every action into one number, so that no two histories lead to the same state; calls `hook` in every step."""

    def __init__(self, players: int) -> None:
        self.players = players
        self.hook: Any = None
        self.reset(0)

    def reset(self, seed: int) -> None:
        self.value, self.steps, self.total = seed + 1, 0, 0

    def step(self, actions: Sequence[int]) -> None:
        if self.hook is not None:
            self.hook()
        for player, action in enumerate(actions):
            self.value = (self.value * 0x5851F42D4C957F2D + (action + 1) * (player + 3)) & 0xFFFFFFFFFFFFFFFF
            self.total += action % 3
        self.steps += 1

    def save(self) -> Any:
        return self.value, self.steps, self.total

    def load(self, state: Any) -> None:
        self.value, self.steps, self.total = state


class Course(Mixture):
    """Is over when the actions add up to a goal; notes when a state that is over is stepped."""

    goal = 60
    overrun = False

    @property
    def over(self) -> bool:
        return self.total >= self.goal

    def step(self, actions: Sequence[int]) -> None:
        if self.over:
            Course.overrun = True
        super().step(actions)


class World:
    """A match in progress.

    Args:
        make: Makes a game for a number of players.
        seats: The players of each peer.
        configs: The settings of each peer.
    """

    def __init__(self, make: type[Mixture], seats: Sequence[Sequence[int]], configs: Sequence[SessionConfig]) -> None:
        Course.overrun = False
        self.now = 100.0
        self.end: int | None = None
        self.peers: list[Peer] = []
        count = sum(map(len, seats))
        where = {player: number for number, row in enumerate(seats) for player in row}
        for number, row in enumerate(seats):
            stands = [Local() if where[p] == number else Remote(f"p{where[p]}") for p in range(count)]
            session = P2PSession(make(count), stands, configs[number], nonce=number + 1)
            self.peers.append(Peer(number, session, row, 0.0, 0))
        self.ways = [(a, b) for a in range(len(seats)) for b in range(len(seats)) if a != b]
        self.wire: dict[tuple[int, int], list[bytes]] = {way: [] for way in self.ways}
        self.post: dict[tuple[int, int], list[bytes]] = {way: [] for way in self.ways}
        self.rows: list[Sequence[bytes]] = []  # what settled, as the first peer said that handed it out
        self.plain = make(count)
        self.plain.reset(configs[0].seed)
        self.sums = [checksum(self.plain.save())]
        self.summed = [0 for _ in seats]
        self.newest = [(0, -1, -1, -1) for _ in seats]
        self.named = [False for _ in seats]
        self.readers: list[tuple[SettledReader, int]] = []
        self._seen = [0 for _ in seats]
        self.nested = 0
        self._greet()

    def tick(self, number: int, action: int, *, nested: bool = False) -> None:
        """Let a peer tick once; with `nested`, its game receives and tries to tick within every step."""
        peer = self.peers[number]
        session = peer.session
        if peer.stopped:
            return
        if self.end is not None and not self.named[number] and session.frame >= self.end - 1:
            self.name_end(number)  # at the last moment: all peers name the same frame
        peer.now = self.now
        peer.game.hook = (lambda: self._within(peer)) if nested else None
        peer.tick(lambda peer, player: action + player & 255)
        peer.game.hook = None
        self.collect(peer)
        self.check(peer)

    def collect(self, peer: Peer) -> None:
        """Put what a peer has to send on its way."""
        for to, datagram in peer.session.outgoing(now=self.now):
            assert len(datagram) <= MAX_INPUTS_DATAGRAM, f"{peer.name} sends {len(datagram)} bytes"
            way = self.wire[peer.number, int(to[1:])]
            way.append(datagram)
            if len(way) > ON_ITS_WAY:
                del way[0]
        for to, blob in peer.session.outgoing_reliable():
            self.post[peer.number, int(to[1:])].append(blob)

    def deliver(self, way: tuple[int, int], count: int = ON_ITS_WAY, *, place: int = 0, keep: bool = False) -> None:
        """Hand over some datagrams of a direction, from `place` on; with `keep`, they will arrive again."""
        sender, to = way
        queued = self.wire[way]
        taken = queued[place : place + count]
        if not keep:
            del queued[place : place + count]
        for datagram in taken:
            self.peers[to].session.receive(f"p{sender}", datagram)

    def round(self, action: int) -> None:
        """Let everything arrive, and every peer tick."""
        self.now += FRAME
        for peer in self.peers:
            for sender in range(len(self.peers)):
                if sender != peer.number:
                    self.deliver((sender, peer.number))
                    for blob in self.post[sender, peer.number]:
                        peer.session.receive_reliable(f"p{sender}", blob)
                    self.post[sender, peer.number].clear()
            self.tick(peer.number, action + peer.number)

    def name_end(self, number: int) -> None:
        """Let a peer name the end, unless it was told, or has come to another one."""
        session = self.peers[number].session
        if self.end is not None and session.frame <= self.end and not self.named[number]:
            self.named[number] = True
            session.end_at(self.end)

    def finish(self) -> None:
        """Lose nothing from now on: the match must come to its end, and all of it must settle."""
        for peer in self.peers:
            peer.stopped = False
        if self.end is None:
            self.end = max(peer.session.frame for peer in self.peers) + 8
        for number in range(len(self.peers)):
            self.name_end(number)
        for number in range(PATIENCE):
            if all(peer.session.finished for peer in self.peers):
                break
            self.round(number // 3)
        else:
            raise AssertionError(f"the match never ends: {self}")
        for peer in self.peers:
            peer.frames += peer.session.confirmed_frames()
            self.check(peer)
        length = len(self.rows)
        assert length == self.end or getattr(self.plain, "over", False), f"{length} of {self.end} frames settled: {self}"
        for peer in self.peers:
            assert len(peer.frames) == length, f"{peer.name} settled {len(peer.frames)} of {length} frames"
            assert peer.session.frame == length, f"{peer.name} stands at {peer.session.frame}, the end is {length}"
            assert peer.game.save() == self.plain.save(), f"{peer.name} ended in another state than the plain run"
            ended = peer.happened(Ended)
            assert [event.frame for event in ended] == [length], f"{peer.name}: {ended}"
            assert ended[0].reason in ("over", "end_at"), ended
            dropped = peer.session.stats().dropped
            # Floods are those that came while a process was stopped; the departed have come to the end before us.
            assert not dropped.keys() - {"flood", "departed"}, f"{peer.name} dropped {dropped}"
        for reader, first in self.readers:
            assert [done.frame for done in reader] == list(range(first, length)), "a reader missed frames"

    def check(self, peer: Peer) -> None:
        """Hold what one peer says of itself to the contract."""
        session, number = peer.session, peer.number
        window = session.config.prediction_window
        frame, known, confirmed, settled = session.frame, session.known, session.confirmed, session.settled
        stands = f"{peer.name} at frame {frame}, known {known}, confirmed {confirmed}, settled {settled}"
        assert settled <= confirmed <= known, stands
        assert confirmed == min(known, frame - 1), stands
        assert frame - 1 - known <= window, f"{stands}: past its window of {window}"
        # A rollback may find the game over at an earlier frame, and the present with it.
        newest = (0 if isinstance(peer.game, Course) else frame, known, confirmed, settled)
        assert all(now >= before for now, before in zip(newest, self.newest[number], strict=True)), f"{stands}: it went back"
        self.newest[number] = newest
        assert not Course.overrun, f"{stands}: a state that is over was stepped"
        self._look_at_frames(peer)
        self._look_at_states(peer, settled)
        for event in peer.events:
            assert not isinstance(event, FORBIDDEN), f"{stands}: {event}"
        self._look_at_queues(session)

    def _look_at_frames(self, peer: Peer) -> None:
        """Each settled frame once, in order, as on the other peers, as given."""
        for frame in range(self._seen[peer.number], len(peer.frames)):
            done = peer.frames[frame]
            assert done.frame == frame, f"{peer.name} settled frame {done.frame} where {frame} follows"
            if frame == len(self.rows):
                self._settle(done.inputs)
            row = self.rows[frame]
            assert done.inputs == row, f"{peer.name} settled {done.inputs} in frame {frame}, another peer {row}"
        self._seen[peer.number] = len(peer.frames)

    def _settle(self, row: Sequence[bytes]) -> None:
        frame = len(self.rows)
        for peer in self.peers:
            for player in peer.seats:
                given = peer.oracles[player].line
                assert frame < len(given), f"frame {frame} settled before player {player} gave its input"
                found, wanted = row[player], given[frame]
                assert found == wanted, f"player {player} gave {wanted!r} in frame {frame}, not {found!r}"
        self.rows.append(row)
        self.plain.step([data[0] for data in row])
        self.sums.append(checksum(self.plain.save()))

    def _look_at_states(self, peer: Peer, settled: int) -> None:
        """Every settled state that is still held is that of the plain run."""
        for frame in range(self.summed[peer.number], min(settled + 2, len(self.sums))):
            found = peer.session.checksum_at(frame)
            assert found is None or found == self.sums[frame], f"{peer.name} holds another S_{frame} than the plain run"
            self.summed[peer.number] = frame + 1

    def _look_at_queues(self, session: P2PSession) -> None:
        """Nothing that waits grows without limit."""
        assert len(session._own.changes) <= RING, f"{len(session._own.changes)} changes wait to be acknowledged"
        for endpoint in session._endpoints:
            assert len(endpoint.inbox) <= MAX_INBOX
            assert session._own.known - endpoint.acked <= RING // 2, f"{session._own.known - endpoint.acked} rows wait"
        for waiting in session._local.waiting.values():
            assert len(waiting) <= RING // 2, f"{len(waiting)} inputs wait for the other players of the peer"

    def _within(self, peer: Peer) -> None:
        """From within a step: what arrives is queued, and a tick is refused."""
        for way in self.ways:
            if way[1] == peer.number:
                self.deliver(way)
        session = peer.session
        before = session.frame, session.known, session.settled
        hook, peer.game.hook = peer.game.hook, None  # an engine that lets the tick in must not recurse for ever
        try:
            session.tick({player: 255 for player in peer.seats}, now=self.now)
        except UsageError:
            self.nested += 1
        finally:
            peer.game.hook = hook
        assert (session.frame, session.known, session.settled) == before, f"{peer.name}: a tick within a tick did something"

    def _greet(self) -> None:
        """Let the handshake pass over a perfect network."""
        for _ in range(200):
            self.round(0)
            if all(peer.session.reason != "synchronizing" for peer in self.peers):
                return
        raise AssertionError(f"the match never begins: {self}")

    @property
    def rollbacks(self) -> int:
        """Rollbacks of all peers."""
        return sum(peer.session.stats().rollbacks for peer in self.peers)

    def __repr__(self) -> str:
        return "; ".join(
            f"{peer.name}: frame {s.frame} known {s.known} confirmed {s.confirmed} settled {s.settled} {s.reason}"
            for peer in self.peers
            for s in [peer.session]
        )
