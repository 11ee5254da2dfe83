import pytest

from rollback.studio.pace import MOST, SLICE, Due, Pace


@pytest.mark.parametrize("per_step", [1e-7, 1e-5, 1e-3, 0.1, 3.0])
def test_a_slice_takes_as_long_as_it_should_however_quick_a_step_is(per_step):
    pace = Pace("full", now=0.0)
    for _ in range(50):
        pace.took(pace.budget() * per_step)
    wanted = min(MOST, max(1.0, SLICE / per_step))
    assert 0.4 * wanted <= pace.budget() <= 1.1 * wanted


def test_the_first_slices_are_short_for_nobody_knows_how_long_a_step_takes():
    pace = Pace("full", now=0.0)
    assert pace.budget() == 1
    pace.took(1e-9)
    assert pace.budget() == 2


def test_slow_motion_makes_so_many_steps_a_second():
    pace, now, made = Pace(20.0, now=0.0), 0.0, 0
    while now < 10.0:
        made += pace.single_steps(now=now)
        now += 0.013
    assert abs(made - 200) <= 2
    assert pace.is_slow and pace.is_shown


def test_slow_motion_waits_until_its_next_step():
    pace = Pace(2.0, now=0.0)
    assert pace.wait(now=0.0) == 0.0
    assert pace.single_steps(now=0.0) == 1
    assert pace.wait(now=0.1) == pytest.approx(0.4)
    assert pace.single_steps(now=0.4) == 0


def test_slow_motion_does_not_race_after_it_was_held_up():
    pace = Pace(10.0, now=0.0)
    assert pace.single_steps(now=1000.0) == 50
    assert pace.single_steps(now=1000.0) <= 51
    assert pace.single_steps(now=1000.0) == 0 or pace.single_steps(now=1000.0) == 0


def test_a_new_speed_counts_at_once():
    pace = Pace(0.5, now=0.0)
    pace.single_steps(now=0.0)
    pace.set(1000.0, now=0.1)
    assert pace.wait(now=0.1) == 0.0
    pace.set("headless", now=0.2)
    assert not pace.is_slow and not pace.is_shown and pace.single_steps(now=5.0) == 0


def test_pictures_come_by_the_clock_however_short_or_long_episodes_are():
    """A broadcast whose timer began anew with each episode showed only the first step: they last microseconds."""
    for gap, most in ((0.0001, 21), (0.011, 21), (0.06, 17)):
        due, now, shown = Due(0.05, now=0.0), 0.0, 0
        while now < 1.0:
            shown += due.is_now(now=now)
            now += gap
        assert most - 4 <= shown <= most


def test_what_was_missed_in_a_pause_is_not_made_up_for():
    due = Due(0.1, now=0.0)
    assert due.is_now(now=0.0)
    assert due.is_now(now=60.0)
    assert not due.is_now(now=60.01)
