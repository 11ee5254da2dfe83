"""In a match that is played in step a player may think: everybody waits, and nothing is wrong."""

from __future__ import annotations

import asyncio
from typing import Any

import numpy
import pytest

from rollback.config import SessionConfig
from rollback.errors import UsageError
from rollback.netplay import WAIT
from rollback.netplay.thinking import THINKS
from rollback.types import Ended, Paused, PeerInterrupted, PeerLost, Resumed
from tests.netplay.peers import Mix, Peer, peers, play_all, press
from tests.netplay.quick_time import now, run

IN_STEP = SessionConfig(seed=5, prediction_window=0, input_delay=0, on_disconnect="end")
PATIENCE = 15.0  # seconds that inputs may be withheld without a word


class Thinker:
    """Decides a while after it sees a frame; remembers for which frames it was asked, and what it did there."""

    def __init__(self, *, seconds: float) -> None:
        self.seconds = seconds
        self.asked: list[int] = []
        self.done: list[int] = []
        self._since = (-1, 0.0)

    def __call__(self, game: Any, player: int) -> Any:
        frame = game.steps
        self.asked.append(frame)
        if self._since[0] != frame:
            self._since = frame, now()
        if now() - self._since[1] < self.seconds:
            return WAIT
        self.done.append(press(game, player))
        return self.done[-1]


def match(*acts: Any, frames: int = 12, **bad_network: Any) -> list[Peer]:
    made = peers(len(acts), config=IN_STEP, frames=frames, **bad_network)

    async def main() -> None:
        await asyncio.gather(*(peer.play(act=act) for peer, act in zip(made, acts, strict=True)))

    run(main())
    return made


@pytest.mark.parametrize("seconds", [0.02, 0.3, 2.0])
def test_the_match_waits_for_whoever_thinks_and_nothing_is_made_up(seconds: float) -> None:
    thinker = Thinker(seconds=seconds)
    made = match(thinker, press, frames=12, latency_ms=20, jitter_ms=5)
    for peer in made:
        assert peer.ended == Ended("end_at", 12)
        assert not peer.happened(PeerLost) and not peer.happened(PeerInterrupted)
    assert made[0].checksum == made[1].checksum
    assert made[0].settled == made[1].settled
    assert [inputs[0][0] for inputs in made[0].settled] == thinker.done[:12]  # each decision counts once, and nothing else
    assert thinker.asked.count(5) > 1


def test_more_than_one_may_think_and_the_slowest_counts() -> None:
    thinkers = [Thinker(seconds=0.1), Thinker(seconds=0.7), Thinker(seconds=0.0)]
    made = match(*thinkers, frames=6, latency_ms=15)
    assert len({peer.checksum for peer in made}) == 1
    assert {peer.ended for peer in made} == {Ended("end_at", 6)}
    for seat, thinker in enumerate(thinkers):
        assert [inputs[seat][0] for inputs in made[0].settled] == thinker.done[:6]
    began = next(at for at, frame, *_ in made[0].ticks if frame > 0)
    assert made[0].returned_at - began > 5 * 0.7


def test_a_long_thought_costs_nobody_its_place() -> None:
    made = match(Thinker(seconds=PATIENCE + 2), press, frames=1, loss=0.2, latency_ms=30)
    for peer in made:
        assert peer.ended == Ended("end_at", 1)
        assert not peer.happened(PeerLost)


def test_that_somebody_thinks_is_no_news_but_a_pause_of_another_kind_is() -> None:
    made = peers(2, config=IN_STEP, frames=8)
    paused_at: list[int] = []

    def sometimes(session: Any, tick: Any) -> None:
        if tick.frame == 4 and not paused_at:
            paused_at.append(4)
            session.pause("the door", now=now())
        elif paused_at and len(paused_at) < 30:
            paused_at.append(tick.frame)
            if len(paused_at) == 30:
                session.resume(now=now())
        for _ in session.confirmed_frames():
            pass

    async def main() -> None:
        await asyncio.gather(made[0].play(act=Thinker(seconds=0.2)), made[1].play(on_frame=sometimes))

    run(main())
    for peer in made:
        assert [event.reason for event in peer.happened(Paused)] == ["the door"]
        assert len(peer.happened(Resumed)) == 1
        assert THINKS not in str(peer.events)
    assert made[0].checksum == made[1].checksum


def test_who_predicts_cannot_wait() -> None:
    made = peers(2, frames=10)

    async def main() -> None:
        await asyncio.gather(*(peer.play(act=lambda game, player: WAIT) for peer in made))

    with pytest.raises(UsageError, match="only in a match that is played in step, with prediction_window=0, not 8"):
        run(main())


class Rows(Mix):
    """Takes arrays."""

    class _Row:
        size = 1

        def encode(self, action: Any) -> bytes:
            return bytes([int(action[0])])

        def decode(self, data: bytes) -> Any:
            return numpy.array([data[0], 0])

        def describe(self) -> str:
            return "row"

    def __init__(self, players: int = 2) -> None:
        super().__init__(players)
        self.codecs = [self._Row()] * players

    def step(self, actions: Any) -> None:
        super().step([int(action[0]) for action in actions])


def test_actions_that_are_arrays_are_no_reason_to_wait() -> None:
    made = peers(2, config=IN_STEP, make=Rows, frames=10)

    async def main() -> None:
        await play_all(made, act=lambda game, player: numpy.array([press(game, player), 1]))

    run(main())
    assert made[0].checksum == made[1].checksum
    assert {peer.ended for peer in made} == {Ended("end_at", 10)}
