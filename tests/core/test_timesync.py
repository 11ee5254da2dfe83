from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rollback.core.timesync import CATCH_UP, DEAD_ZONE, MAX_SHRINK, MAX_STRETCH, Cadence, stretch


@pytest.mark.parametrize(
    ("frames_ahead", "factor"),
    [
        (0.0, 1.0),
        (0.2, 1.0),
        (-0.2, 1.0),
        (0.3, 1.001),
        (1.2, 1.01),
        (2.2, 1.02),
        (3.5, 1.03),
        (50.0, 1.03),
        (-0.4, 0.998),
        (-1.0, 0.995),
        (-50.0, 0.995),
    ],
)
def test_a_lead_stretches_the_period_and_a_lag_shortens_it(frames_ahead, factor):
    assert stretch(frames_ahead) == pytest.approx(factor)


@given(st.floats(-1e6, 1e6), st.floats(0, 1e3))
def test_the_period_stays_within_its_limits_and_grows_with_the_lead(lead, more):
    assert 1 - MAX_SHRINK <= stretch(lead) <= stretch(lead + more) <= 1 + MAX_STRETCH
    if abs(lead) <= DEAD_ZONE:
        assert stretch(lead) == 1.0


@given(st.floats(0.001, 1), st.integers(1, 200))
def test_deadlines_stand_a_period_apart_however_late_a_frame_is(period, frames):
    cadence = Cadence(period, 5.0)
    for frame in range(1, frames + 1):
        cadence.schedule(cadence.deadline + CATCH_UP / 2 * period)
        assert cadence.deadline == pytest.approx(5.0 + frame * period)
    assert cadence.skipped == 0


def test_after_a_long_gap_the_frame_is_due_at_once_and_the_missed_ones_are_let_go():
    cadence = Cadence(0.01, 0.0)
    assert cadence.schedule(1.0) == 1.0
    assert cadence.skipped == 99
    assert cadence.spare(1.0) == 0.0 and cadence.spare(1.5) == -0.5


def test_two_peers_at_different_speeds_are_brought_together_by_their_leads():
    fast, slow = Cadence(0.01), Cadence(0.01002)  # 2,000 ppm: several times what clocks do
    frames = [0, 0]
    gaps = []
    for _ in range(200_000):
        peer = 0 if fast.deadline <= slow.deadline else 1
        cadence = (fast, slow)[peer]
        lead = frames[peer] - frames[1 - peer]
        frames[peer] += 1
        cadence.schedule(cadence.deadline, lead)
        gaps.append(abs(frames[0] - frames[1]))
    assert max(gaps) <= 3
