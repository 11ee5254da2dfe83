"""How long a worker may take, and what is told of one that took longer."""

from __future__ import annotations

import pytest

from rollback.sim.pool.patience import AGAIN, STARTING, slack_of, starting_of, too_long


@pytest.mark.parametrize(("seconds", "slack"), [(0.5, 0.05), (5.0, 0.5), (600.0, 1.0)])
def test_the_watchdog_is_late_by_a_tenth_and_by_a_second_at_most(seconds, slack):
    assert slack_of(seconds) == pytest.approx(slack)


def test_an_import_has_a_minute_or_what_a_match_has_and_less_once_that_was_in_vain():
    assert starting_of(None) is None and starting_of(None, again=True) is None
    assert starting_of(2.0) == STARTING and starting_of(600.0) == 600.0
    assert starting_of(2.0, again=True) == AGAIN < STARTING and starting_of(600.0, again=True) == 600.0


def test_it_is_told_which_time_was_too_short():
    assert too_long(2.0, 2.0, "here") == too_long(2.0, None, "here") == "it took longer than timeout=2 s, and was ended:\nhere"
    told = too_long(2.0, 60.0, "here")
    assert told.startswith("to import what it needs took longer than 60 s") and "(timeout=2 s" in told and told.endswith("here")
