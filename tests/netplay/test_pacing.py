from __future__ import annotations

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rollback.core.timesync import CATCH_UP, MAX_STRETCH
from rollback.errors import UsageError
from rollback.netplay.pacing import EARLY, Pacer
from tests.netplay.quick_time import TURN, now, run


class Clock:
    def __init__(self):
        self.now = 10.0

    def __call__(self):
        return self.now


def test_the_first_frame_is_due_at_once_and_the_next_ones_a_period_apart():
    pacer = Pacer(50, clock=Clock())
    assert pacer.deadline == 10.0
    assert [pacer.schedule(10.0) for _ in range(3)] == pytest.approx([10.02, 10.04, 10.06])


def test_deadlines_do_not_drift_with_the_lateness_of_frames():
    pacer = Pacer(50, clock=Clock())
    for frame in range(1, 1001):
        pacer.schedule(pacer.deadline + 0.013)
        assert pacer.deadline == pytest.approx(10.0 + frame * 0.02)
    assert pacer.skipped == 0


def test_leads_change_one_period_each():
    pacer = Pacer(100, clock=Clock())
    assert pacer.schedule(10.0, 100.0) == pytest.approx(10.0103)
    assert pacer.schedule(10.0, -100.0) == pytest.approx(10.02025)


@pytest.mark.parametrize(
    ("gap", "catches_up", "skipped"),
    [
        (0.01, True, 0),
        (0.03, True, 0),
        (0.0399, True, 0),
        (0.0501, False, 4),
        (0.5, False, 49),
        (360.0, False, 35999),
    ],
)
def test_a_short_gap_is_made_up_for_and_a_long_one_is_let_go(gap, catches_up, skipped):
    pacer = Pacer(100, clock=Clock())
    deadline = pacer.schedule(10.0 + gap)
    assert deadline == pytest.approx(10.01 if catches_up else 10.0 + gap)
    assert pacer.skipped == pytest.approx(skipped, abs=1)
    burst = 0
    while pacer.schedule(10.0 + gap) <= 10.0 + gap:
        burst += 1
    assert burst <= CATCH_UP


@given(st.lists(st.floats(0, 0.2), min_size=1, max_size=50), st.floats(-20, 20))
def test_whatever_frames_last_there_is_never_a_burst(gaps, lead):
    clock = Clock()
    pacer = Pacer(60, clock=clock)
    for gap in gaps:
        clock.now = max(clock.now, pacer.deadline) + gap
        pacer.schedule(clock.now, lead)
        assert -(CATCH_UP + 0.001) * pacer.period <= pacer.spare(clock.now) <= pacer.period * (1 + MAX_STRETCH) + 1e-9


def test_begin_makes_the_next_frame_due_now():
    clock = Clock()
    pacer = Pacer(60, clock=clock)
    clock.now = 25.0
    pacer.begin()
    assert pacer.deadline == 25.0 and pacer.spare(25.5) == -0.5 and pacer.skipped == 0


@pytest.mark.parametrize("fps", [0, -1, 1001, "60", None, True, float("nan")])
def test_a_rate_that_cannot_be_is_refused(fps):
    with pytest.raises(UsageError, match=r"fps must be a number above 0 and up to 1000, not "):
        Pacer(fps)


@pytest.mark.parametrize("fps", [10, 60, 1000])
def test_a_wait_ends_at_the_deadline_and_not_before(fps):
    async def main():
        pacer = Pacer(fps, clock=now)
        late = []
        for _ in range(50):
            pacer.schedule(now())
            await pacer.wait()
            late.append(now() - pacer.deadline)
        return late

    late = run(main())
    assert min(late) >= 0 and max(late) <= 2 * TURN


def test_only_the_last_moment_is_spent_yielding(monkeypatch):
    async def main():
        pauses, sleep = [], asyncio.sleep
        monkeypatch.setattr(asyncio, "sleep", lambda pause: pauses.append(pause) or sleep(pause))
        pacer = Pacer(50, clock=now)
        pacer.schedule(now())
        await pacer.wait()
        return pauses

    pauses = run(main())
    assert pauses[0] == pytest.approx(0.02 - EARLY)
    assert set(pauses[1:]) == {0} and len(pauses) == pytest.approx(1 + EARLY / TURN, abs=3)


def test_a_deadline_that_has_passed_still_gives_others_a_turn():
    async def main():
        turns = []
        asyncio.get_running_loop().call_soon(turns.append, 1)
        pacer = Pacer(60, clock=now)
        before = now()
        await pacer.wait(before - 1.0)
        return turns, now() - before

    turns, passed = run(main())
    assert turns == [1] and passed <= 2 * TURN


def test_a_wait_can_end_earlier_than_the_deadline():
    async def main():
        pacer = Pacer(10, clock=now)
        pacer.schedule(now())
        began = now()
        await pacer.wait(began + 0.03)
        return now() - began

    assert run(main()) == pytest.approx(0.03, abs=2 * TURN)
