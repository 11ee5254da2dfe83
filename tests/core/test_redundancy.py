"""Datagrams that are sent twice where loss would stop the other side, and delays that follow the line."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Any

import pytest

from rollback import ConfigError, Local, P2PSession, Remote, SessionConfig
from rollback.core.endpoint import Endpoint
from rollback.core.queues import InputQueue
from rollback.core.redundancy import Redundancy
from rollback.core.states import Cause
from tests.core.games import Sums

FPS = 60


class Line:
    """Two sessions on a link in milliseconds, looked after at every instant at which one wants to be woken."""

    def __init__(self, one_way: float, jitter: float, loss: float, seed: int = 0, **settings: Any) -> None:
        config = SessionConfig(**{"input_delay": 0, **settings})
        self.sessions = [
            P2PSession(Sums(), players, config, nonce=number + 1)
            for number, players in enumerate([[Local(), Remote("1")], [Remote("0"), Local()]])
        ]
        self.one_way, self.jitter, self.loss = one_way, jitter, loss
        self.dice = [random.Random(f"{seed} {side}") for side in range(2)]
        self.hands = random.Random(seed)
        self.wire: list[tuple[float, int, int, bytes]] = []
        self.sent = [0, 0]
        self.frame_sends = [0, 0]
        self.now = 0.0

    def run(self, seconds: float) -> Line:
        last = self.now + seconds
        due = self.now
        while self.now < last:
            for side, session in enumerate(self.sessions):
                session.tick({side: self.hands.randrange(4)}, now=self.now)
                self.send(side)
                session.events()
                session.confirmed_frames()
            due += 1 / FPS
            while True:
                wake, side = min((session.wake_at, side) for side, session in enumerate(self.sessions))
                if wake >= due:
                    break
                self.now = max(self.now, wake)
                self.send(side)
            self.now = due
            arrived = [entry for entry in self.wire if entry[0] <= self.now]
            self.wire = [entry for entry in self.wire if entry[0] > self.now]
            for _, _, to, datagram in sorted(arrived):
                self.sessions[to].receive(str(1 - to), datagram)
        return self

    def send(self, side: int) -> None:
        for _, datagram in self.sessions[side].outgoing(now=self.now):
            self.sent[side] += 1
            if self.dice[side].random() >= self.loss:
                at = self.now + self.one_way + self.dice[side].random() * self.jitter
                self.wire.append((at, self.sent[side], 1 - side, datagram))


def a_minute(one_way: float, jitter: float, loss: float, seed: int = 0, **settings: Any) -> tuple[Line, Sequence[float]]:
    line = Line(one_way, jitter, loss, seed, **settings).run(10)
    sent, frames = line.sent[:], [session.frame for session in line.sessions]
    line.run(20)
    return line, [(now - then) / (20 * FPS) for now, then in zip(line.sent, sent, strict=True)] if frames else []


@pytest.mark.parametrize(
    ("one_way", "jitter", "loss"), [(0.005, 0.0, 0.0), (0.025, 0.01, 0.01), (0.05, 0.01, 0.05), (0.1, 0.02, 0.0)]
)
def test_where_the_window_has_room_every_datagram_is_sent_once(one_way: float, jitter: float, loss: float) -> None:
    _, rate = a_minute(one_way, jitter, loss)
    assert all(0.97 < each < 1.03 for each in rate), rate


@pytest.mark.parametrize("seed", range(3))
def test_where_loss_would_stop_the_others_every_datagram_is_sent_twice(seed: int) -> None:
    line, rate = a_minute(0.1, 0.02, 0.15, seed)
    assert all(1.8 < each < 2.05 for each in rate), rate
    assert all(session.stats().peers[str(1 - side)].loss > 0.05 for side, session in enumerate(line.sessions))


def test_copies_halve_the_stalls_and_more() -> None:
    with_copies = Line(0.1, 0.02, 0.15).run(30)
    without = Line(0.1, 0.02, 0.15)
    for session in without.sessions:
        session._redundancy.judge = lambda endpoint, delay: None  # type: ignore[method-assign]
    without.run(30)
    stalls = [sum(session.stats().stalls for session in line.sessions) for line in (with_copies, without)]
    assert stalls[1] > 100, "the premise: this line stalls"
    assert stalls[0] < stalls[1] / 2


def test_a_copy_is_sent_half_a_frame_later_and_never_a_goodbye() -> None:
    line = Line(0.1, 0.02, 0.15).run(15)
    session = line.sessions[0]
    session.tick({0: 1}, now=line.now)
    first = session.outgoing(now=line.now)
    assert session.wake_at == pytest.approx(line.now + 0.5 / FPS)
    assert session.outgoing(now=line.now + 0.25 / FPS) == []
    assert session.outgoing(now=line.now + 0.5 / FPS) == first
    assert session.outgoing(now=line.now + 0.6 / FPS) == []


def test_it_ceases_when_the_line_gets_better() -> None:
    line = Line(0.1, 0.02, 0.15).run(15)
    assert line.sessions[0]._redundancy.active
    line.loss = 0.0
    line.run(20)
    assert not line.sessions[0]._redundancy.active


def test_a_line_on_the_brink_does_not_flicker() -> None:
    endpoint = Endpoint("bob", InputQueue((1,), (b"\0", b"\0")))
    endpoint.turn(Cause.AGREED)
    endpoint.window, endpoint.line.rtt = 8, 0.2
    redundancy = Redundancy(FPS)
    seen = []
    for loss in [0.0, 0.05, 0.02, 0.008, 0.02, 0.003, 0.0, 0.008]:
        endpoint.line.loss_there = loss
        redundancy.judge(endpoint, 0)
        seen.append(redundancy.active)
    assert seen == [False, True, True, seen[3], seen[4], False, False, seen[7]]


@pytest.mark.parametrize(("one_way", "least", "most"), [(0.005, 0, 0), (0.03, 0, 1), (0.1, 2, 5), (0.2, 6, 8)])
def test_an_automatic_delay_keeps_rollbacks_shallow(one_way: float, least: int, most: int) -> None:
    line = Line(one_way, 0.01, 0.0, input_delay="auto", prediction_window=12).run(20)
    for session in line.sessions:
        assert least <= min(session._local.delays.values()) <= most
        depths = session.stats().depths
        deep = sum(count for depth, count in depths.items() if depth > 5)
        if one_way <= 0.1:
            assert deep <= 0.1 * sum(depths.values()), depths


def test_an_automatic_delay_follows_the_line_and_ends_when_one_is_set() -> None:
    line = Line(0.01, 0.0, 0.0, input_delay="auto").run(5)
    assert min(line.sessions[0]._local.delays.values()) == 0
    line.one_way = 0.12
    line.run(25)
    assert min(line.sessions[0]._local.delays.values()) >= 3
    line.sessions[0].set_input_delay(0, 1)
    line.run(10)
    assert min(line.sessions[0]._local.delays.values()) == 1


def test_another_word_than_auto_is_refused() -> None:
    with pytest.raises(ConfigError, match='from 0 to 60 or "auto"'):
        SessionConfig(input_delay="some")  # type: ignore[arg-type]
