"""Pauses of those who reload, and of those whose others do: nobody waits for a process that is gone, nobody is sent away."""

from __future__ import annotations

import random

import pytest

from rollback import Ended
from rollback.types import Paused, Resumed
from tests.core.returning import Returning
from tests.core.test_joining_schedules import Schedule
from tests.core.test_pausing_processes import told_last
from tests.core.test_rejoin import FPS, WAYS, over_soon, playing


def pause(match: Returning, number: int, reason: str = "a call") -> None:
    peer = match.peers[number]
    peer.session.pause(reason, now=peer.now)


def resume(match: Returning, number: int) -> None:
    peer = match.peers[number]
    peer.session.resume(now=peer.now)


@pytest.mark.parametrize("away", [0, 2], ids=["at once", "later"])
@pytest.mark.parametrize("count", [2, 3])
@pytest.mark.parametrize("way", WAYS)
def test_a_new_process_begins_without_the_pause_of_the_one_before(way: str, count: int, away: int) -> None:
    match = playing(count, way)
    match.rounds(60)
    pause(match, 1)
    match.rounds(20)
    match.kill(1)
    match.rounds(away * FPS)
    match.come(1)
    match.rounds(60)
    for peer in match.living:
        assert peer.session.reason == "running"
        told = [event for event in peer.events if isinstance(event, Paused | Resumed)]
        assert told == ([] if peer.number == 1 else [Paused("p1", "a call"), Resumed("p1")])
    over_soon(match)


def test_a_pause_of_the_new_process_is_its_own() -> None:
    match = playing(2, "pause")
    match.rounds(60)
    pause(match, 1, "a call")
    match.rounds(20)
    match.come(1)
    match.rounds(30)
    pause(match, 1, "another call")
    match.rounds(30)
    assert match.peers[0].session.reason == "paused"
    assert match.peers[0].happened(Paused) == [Paused("p1", "a call"), Paused("p1", "another call")]
    resume(match, 1)
    match.rounds(30)
    assert match.peers[0].happened(Resumed) == [Resumed("p1"), Resumed("p1")]
    over_soon(match)


@pytest.mark.parametrize("early", [20, 0], ids=["heard", "not heard of"])
@pytest.mark.parametrize("count", [2, 3])
@pytest.mark.parametrize("way", WAYS)
def test_who_reloads_comes_in_while_another_pauses_and_waits_with_the_others(way: str, count: int, early: int) -> None:
    match = playing(count, way, rejoin_grace=2.0)
    match.rounds(60)
    pause(match, 0)
    match.rounds(early)
    stood = match.peers[0].session.frame
    match.kill(1)
    match.rounds(FPS)
    match.start(1)
    match.admit(1)
    match.rounds(5 * FPS)
    assert not any(peer.happened(Ended) for peer in match.living)
    assert {peer.session.reason for peer in match.living} == {"paused"}
    assert match.peers[1].happened(Paused) == [Paused("p0", "a call")], "it is in, and is told"
    assert match.peers[0].session.frame <= stood + 20, "no further than to where the last of them was"
    resume(match, 0)
    match.until(lambda: match.is_in(1))
    over_soon(match)


def test_the_grace_of_who_is_ready_does_not_run_while_another_sleeps_in_its_pause() -> None:
    match = playing(3, "pause", rejoin_grace=4.0)
    match.rounds(60)
    pause(match, 0)
    match.rounds(20)
    match.kill(1)
    match.start(1)
    match.admit(1)
    match.rounds(4)
    first, _, third = match.peers
    for _ in range(10 * FPS):
        first.stopped = True  # its page is hidden: it is heard, and does not tick
        match.round()
        first.stopped = False
        if first.now >= first.session.wake_at:
            match.collect(first)
    assert third.session.reason == "paused" and not match.is_in(1)
    resume(match, 0)
    match.until(lambda: match.is_in(1))
    over_soon(match)
    assert all(peer.happened(Ended) == [Ended("end_at", first.session.frame)] for peer in match.living)


def test_the_grace_of_who_is_ready_begins_when_the_pause_ends() -> None:
    match = playing(3, "pause", rejoin_grace=4.0)
    match.rounds(60)
    pause(match, 0)
    match.rounds(20)
    match.kill(1)
    match.start(1)
    match.admit(1)
    match.blocked = {(1, 2), (2, 1)}  # nobody comes in whom not all hear
    match.rounds(6 * FPS)
    resume(match, 0)
    match.rounds(2 * FPS)
    first = match.peers[0]
    assert first.happened(Resumed) == [Resumed("")] and first.session.reason == "paused", "it waits for the newcomer"
    match.rounds(4 * FPS)
    assert first.session.reason == "running", "and waits no longer than the grace"
    match.blocked = set()
    match.until(lambda: match.is_in(1))
    over_soon(match)


def test_what_we_slept_through_is_no_part_of_the_grace_of_who_comes_back() -> None:
    match = playing(2, "pause", rejoin_grace=4.0)
    match.rounds(60)
    match.kill(1)
    match.start(1)
    match.admit(1)
    match.rounds(4)
    first = match.peers[0]
    first.stopped = True
    match.rounds(9 * FPS // 2)  # the newcomer gives up after five seconds without a word
    first.stopped = False
    match.until(lambda: match.is_in(1))
    over_soon(match)


@pytest.mark.parametrize("count", [2, 3])
def test_the_grace_of_who_falls_silent_again_goes_on_in_a_pause(count: int) -> None:
    match = playing(count, "pause", rejoin_grace=3.0)
    match.rounds(60)
    pause(match, 0)
    match.rounds(20)
    match.kill(1)
    match.start(1)
    match.admit(1)
    match.rounds(10)
    match.kill(1)
    match.rounds(5 * FPS)
    first = match.peers[0]
    assert [event.reason for event in first.happened(Ended)] == ["p1 did not come back within 3 s"] * (count == 2)
    if count > 2:
        resume(match, 0)
        match.rounds(60)
        assert first.session.reason == "running", "the others go on without it"


class Pausing(Schedule):
    """The same with pauses in between: of anybody, at any time, and now and then for longer than the grace."""

    def __init__(self, seed: int) -> None:
        self.drawn = random.Random(f"{seed}: pauses")
        self.busy = False
        super().__init__(seed, rejoin_grace=10.0)

    def rounds(self, count: int) -> None:
        for _ in range(count):
            if self.busy and self.drawn.random() < 0.03:
                peer = self.drawn.choice(self.match.living)
                if self.drawn.random() < 0.6:
                    pause(self.match, peer.number, f"reason {self.drawn.randint(0, 2)}")
                else:
                    resume(self.match, peer.number)
            super().rounds(1)

    def all_in(self) -> None:
        self.rounds(self.drawn.choice((0, 30, 200)))
        self.busy = False
        if self.drawn.random() < 0.3:
            self.rounds(12 * FPS)
        for peer in self.match.living:
            assert not peer.happened(Ended), f"{peer.name}: {peer.happened(Ended)}"
            resume(self.match, peer.number)
        super().all_in()
        for peer in self.match.living:
            assert Paused not in told_last(peer), "whoever was told to wait was told to go on"
        self.busy = True

    def run(self) -> None:
        self.busy = True
        super().run()
        assert self.busy


@pytest.mark.parametrize("seed", range(4))
def test_whoever_pauses_and_reloads_all_settle_the_same(seed: int) -> None:
    Pausing(seed).run()


@pytest.mark.nightly
@pytest.mark.parametrize("seed", range(4, 400))
def test_whoever_pauses_and_reloads_all_settle_the_same_in_many_schedules(seed: int) -> None:
    Pausing(seed).run()
