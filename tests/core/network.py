"""A lossy link in memory and a match over it, with an oracle of every input. Knows rounds and seeds; knows no socket.

A round is one frame period. In each round every peer in turn takes what has arrived and ticks once, so that a datagram
over a link without delay reaches the next peer in the same round and the one before it in the next.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from rollback import Confirmed, Event, Game, Local, P2PSession, Remote, SessionConfig
from rollback.errors import WireError
from rollback.game import codecs_of, idle_inputs
from rollback.wire import Message, decode_inputs, decode_message
from rollback.wire.runs import payload_lengths

Act = Callable[["Peer", int], Any]  # (peer, player) -> the action offered in this tick


@dataclass(frozen=True)
class Link:
    """One direction of a line, in rounds; jitter reorders, for every datagram draws its own."""

    delay: int = 0
    jitter: int = 0
    loss: float = 0.0
    duplicate: float = 0.0


class Oracle:
    """What each input of one player must turn out to be, by the rules of the input delay alone."""

    def __init__(self, idle: bytes, delay: int) -> None:
        self.idle = idle
        self.delay = delay
        self.line = [idle] * delay  # the input of each frame, from frame 0 on

    def take(self, frame: int, data: bytes) -> None:
        """An action was captured at `frame`."""
        target = frame + self.delay
        if len(self.line) > target:
            return  # the delay was lowered: the frame has its input
        filler = self.line[-1] if self.line else self.idle
        self.line += [filler] * (target - len(self.line))
        self.line.append(data)


class Peer:
    """One session of a match with all that came out of it.

    Attributes:
        frames: The settled frames it handed out.
        stopped: Whether its process stands still: it does not tick, and does not send.
        reading: Whether it reads settled frames every round.
        ticks: What each tick said: (frame, advanced, reason, resimulated).
    """

    def __init__(self, number: int, session: P2PSession, seats: Sequence[int], clock: float, begins: int) -> None:
        self.number = number
        self.name = f"p{number}"
        self.session = session
        self.game: Any = session.game
        self.seats = tuple(seats)
        self.clock = clock
        self.begins = begins
        self.codecs = codecs_of(session.game)
        self.idle = idle = idle_inputs(session.game, self.codecs)
        self.oracles = {
            player: Oracle(idle[player], 0 if session.config.input_delay == "auto" else session.config.input_delay)
            for player in seats
        }
        self.captured = -1
        self.frames: list[Confirmed] = []
        self.events: list[Event] = []
        self.ticks: list[tuple[int, bool, str, int]] = []
        self.stopped = False
        self.reading = True
        self.sent = 0
        self.watched = False  # whether `newest` is kept
        self.newest = -1  # newest frame whose inputs were delivered to the session
        self.now = clock

    def tick(self, act: Act) -> None:
        """Tick once with what `act` offers, and note what must have been captured."""
        session = self.session
        offered = {player: act(self, player) for player in self.seats}
        tick = session.tick(offered, now=self.now)
        self.ticks.append((tick.frame, tick.advanced, tick.reason, tick.resimulated))
        frame = tick.frame - 1 if tick.advanced else tick.frame
        lockstep = session.config.prediction_window == 0 and tick.reason == "stalled"
        if (tick.advanced or lockstep) and frame > self.captured:
            self.captured = frame
            for player, action in offered.items():
                self.oracles[player].take(frame, self.codecs[player].encode(action))
        self.events += session.events()
        if self.reading:
            self.frames += session.confirmed_frames()

    def set_delay(self, player: int, frames: int) -> None:
        """Change an input delay, in the session and in the oracle."""
        self.session.set_input_delay(player, frames)
        self.oracles[player].delay = frames

    def happened(self, kind: type[Any]) -> list[Any]:
        """Return the events of one kind."""
        return [event for event in self.events if isinstance(event, kind)]


def message_in(datagram: bytes) -> Message | None:
    """Return the message in a datagram, None in one of inputs."""
    try:
        return decode_message(datagram)
    except WireError:
        return None


class Match:
    """Several sessions joined by links.

    Args:
        make: Makes a game; called once a peer, and once for the plain run.
        seats: The players of each peer.
        config: The settings, of all peers or of each.
        link: The link of all directions, or by (from, to).
        seed: Decides losses, delays and the drawn actions.
        end: Where every peer calls `end_at`, None for nowhere.
        act: Offers actions; otherwise they are drawn, each held for a while.
        clocks: What each peer's clock shows in round 0.
        begins: The round in which each peer begins to tick.
        hold: Chance that a drawn action stays as it is.
        votes: Whether the sessions ask a lobby where two halves are left.
    """

    def __init__(
        self,
        make: Callable[[], Game],
        seats: Sequence[Sequence[int]] = ((0,), (1,)),
        config: SessionConfig | Sequence[SessionConfig] | None = None,
        link: Link | dict[tuple[int, int], Link] = Link(),
        *,
        seed: int = 0,
        end: int | None = None,
        act: Act | None = None,
        clocks: Sequence[float] | None = None,
        begins: Sequence[int] | None = None,
        hold: float = 0.85,
        votes: bool = False,
    ) -> None:
        count = len(seats)
        configs = [config or SessionConfig()] * count if not isinstance(config, Sequence) else list(config)
        where = {player: number for number, players in enumerate(seats) for player in players}
        self.make = make
        self.link = link
        self.round_number = 0
        self.lost = 0
        self.delivered = 0
        self.blocked: set[tuple[int, int]] = set()
        self.by_hand: set[int] = set()  # peers to which the test itself delivers
        self.letters = False  # whether blobs travel: in order, without loss, as late as datagrams
        self.tap: Callable[[int, int, bytes], bytes | None] | None = None  # sees, changes or swallows what is sent
        self.act = act or self._drawn
        self._hold = hold
        self._held: dict[int, Any] = {}
        self._wire: list[tuple[int, int, int, int, bytes]] = []
        self._post: list[tuple[int, int, int, bytes]] = []
        self._serial = 0
        self._dice = {
            (a, b): random.Random(f"{seed}: {a} to {b}") for a in range(count) for b in range(count) if a != b
        }  # one each: equal losses on both ways would lock a handshake
        self._hands = random.Random(f"{seed}: hands")
        self.peers = []
        for number, players in enumerate(seats):
            stands = [Local() if where[p] == number else Remote(f"p{where[p]}") for p in sorted(where)]
            session = P2PSession(make(), stands, configs[number], nonce=number + 1, votes=votes)
            if end is not None:
                session.end_at(end)
            clock = clocks[number] if clocks else 0.0
            self.peers.append(Peer(number, session, sorted(players), clock, begins[number] if begins else 0))

    def round(self) -> None:
        """Let every peer receive, tick and send once."""
        assert self.round_number < 20_000, f"the match never ends: {self}"
        while self._post and self._post[0][0] <= self.round_number:
            _, sender, to, blob = self._post.pop(0)
            self.peers[to].session.receive_reliable(f"p{sender}", blob)
        for peer in self.peers:
            if peer.number not in self.by_hand:
                self.deliver(peer)
            peer.now = peer.clock + self.round_number / peer.session.config.fps
            if not peer.stopped and self.round_number >= peer.begins:
                peer.tick(self.act)
                self.collect(peer)
        self.round_number += 1

    def collect(self, peer: Peer) -> None:
        """Put what a peer has to send on its way."""
        for to, datagram in peer.session.outgoing(now=peer.now):
            peer.sent += 1
            self.send(peer.number, int(to[1:]), datagram)
        for to, blob in peer.session.outgoing_reliable() if self.letters else []:
            if (peer.number, int(to[1:])) not in self.blocked:
                link = self.link if isinstance(self.link, Link) else self.link.get((peer.number, int(to[1:])), Link())
                self._post.append((self.round_number + link.delay, peer.number, int(to[1:]), blob))

    def rounds(self, count: int) -> None:
        """Play so many rounds."""
        for _ in range(count):
            self.round()

    def until(self, done: Callable[[], bool], limit: int = 2_000) -> None:
        """Play until `done()`; fail after `limit` rounds."""
        last = self.round_number + limit
        while not done():
            assert self.round_number < last, f"not done after {limit} rounds: {self}"
            self.round()

    def finish(self, limit: int = 20_000) -> Match:
        """Play until every session that is not stopped is finished."""
        self.until(lambda: all(peer.session.finished for peer in self.peers if not peer.stopped), limit)
        return self

    def started(self) -> Match:
        """Play until every peer has simulated a frame."""
        self.until(lambda: all(peer.session.frame > 0 for peer in self.peers))
        return self

    def send(self, sender: int, to: int, datagram: bytes) -> None:
        """Send one datagram over the link: lose it, delay it, double it."""
        if self.tap is not None:
            changed = self.tap(sender, to, datagram)
            if changed is None:
                return
            datagram = changed
        link = self.link if isinstance(self.link, Link) else self.link.get((sender, to), Link())
        dice = self._dice[sender, to]
        for _ in range(2 if dice.random() < link.duplicate else 1):
            if dice.random() < link.loss or (sender, to) in self.blocked:
                self.lost += 1
                continue
            due = self.round_number + link.delay + (dice.randint(0, link.jitter) if link.jitter else 0)
            self._serial += 1
            self._wire.append((due, self._serial, sender, to, datagram))

    def plain(self, inputs: Sequence[Sequence[bytes]]) -> Any:
        """Return a fresh game after a plain run over inputs, without any session."""
        game: Any = self.make()
        codecs = codecs_of(game)
        if hasattr(game, "reset"):
            game.reset(self.peers[0].session.config.seed)
        for row in inputs:
            game.step([codec.decode(data) for codec, data in zip(codecs, row, strict=True)])
        return game

    def check(self, frames: int | None = None) -> Match:
        """Hold every peer to the contract: settled frames complete, in order, as given; states those of a plain run."""
        living = [peer for peer in self.peers if not peer.stopped]
        first = living[0]
        if frames is not None:
            assert len(first.frames) == frames, f"{len(first.frames)} frames settled, {frames} expected"
        rows = [done.inputs for done in first.frames]
        for peer in living:
            assert [done.frame for done in peer.frames] == list(range(len(rows))), f"{peer.name}: frames missing or twice"
            assert [done.inputs for done in peer.frames] == rows, f"{peer.name} settled other inputs"
            for done in peer.frames[:: max(1, len(rows) // 20)]:
                seen = [codec.decode(data) for codec, data in zip(peer.codecs, done.inputs, strict=True)]
                assert list(done.actions) == seen, f"{peer.name}: actions of frame {done.frame}"
        for peer in living:
            for player, oracle in peer.oracles.items():
                settled = [row[player] for row in rows]
                assert settled == oracle.line[: len(settled)], f"player {player}: settled is not what was given"
        state = self.plain(rows).save()
        for peer in living:
            assert peer.session.frame == len(rows), f"{peer.name} stands at {peer.session.frame} of {len(rows)}"
            assert peer.game.save() == state, f"{peer.name} ended in another state than the plain run"
        return self

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

    def deliver(self, peer: Peer, late: int = 0) -> None:
        """Hand a peer what has arrived for it, or had arrived `late` rounds ago."""
        due = [item for item in self._wire if item[3] == peer.number and item[0] <= self.round_number - late]
        if due:
            taken = {item[1] for item in due}
            self._wire = [item for item in self._wire if item[1] not in taken]
            for _, _, sender, _, datagram in sorted(due):
                self.delivered += 1
                if peer.watched and message_in(datagram) is None:
                    row = b"".join(peer.idle[player] for player in self.peers[sender].seats)
                    told = decode_inputs(datagram, peer.newest, row, 1 << 20, payload_lengths(len(row)))
                    peer.newest = max(peer.newest, told.newest)
                peer.session.receive(f"p{sender}", datagram)

    def _drawn(self, peer: Peer, player: int) -> Any:
        """Draw an action for every tick, so that a tick that took one too many or too few is noticed."""
        codec, dice = peer.codecs[player], self._hands
        if player not in self._held or dice.random() >= self._hold:
            self._held[player] = codec.decode(dice.randbytes(codec.size))
        return self._held[player]
