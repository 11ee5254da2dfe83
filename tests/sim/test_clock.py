from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rollback.sim.clock import VirtualClock


def test_a_right_clock_tells_virtual_time_exactly_after_its_origin():
    clock = VirtualClock(100.0)
    assert clock.own(3.7) == 3.7 and clock.virtual(3.7) == 3.7 and clock.shows(3.5) == 103.5


@pytest.mark.parametrize(("ppm", "after_an_hour"), [(500, 3601.8), (-500, 3598.2), (0, 3600.0), (100_000, 3960.0)])
def test_a_skewed_clock_is_wrong_by_its_millionths(ppm, after_an_hour):
    assert VirtualClock(0.0, ppm).own(3600.0) == pytest.approx(after_an_hour)


@given(st.floats(0, 1e6), st.floats(-100_000, 100_000))
def test_own_and_virtual_time_lead_back_to_each_other(instant, ppm):
    clock = VirtualClock(5.0, ppm)
    assert clock.virtual(clock.own(instant)) == pytest.approx(instant)
    assert clock.shows(instant) - clock.origin == pytest.approx(clock.own(instant))
