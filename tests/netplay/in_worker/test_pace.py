"""How evenly frames come: medians and 99th percentiles of the last five seconds, and nothing older."""

from __future__ import annotations

import pytest

from rollback.netplay.in_worker.pace import Pace


def test_before_the_second_frame_there_is_no_interval() -> None:
    pace = Pace()
    assert pace.as_values() == {"interval_p50_ms": 0.0, "interval_p99_ms": 0.0, "tick_ms": 0.0, "tick_p99_ms": 0.0}
    pace.end(1.0)
    assert pace.as_values()["interval_p50_ms"] == 0.0


def test_the_median_is_what_is_usual_and_the_99th_percentile_what_is_rare() -> None:
    pace, now = Pace(), 0.0
    for frame in range(200):
        now += 0.040 if frame in (50, 100, 150) else 0.016
        pace.begin(now)
        pace.end(now + (0.009 if frame in (51, 101, 151) else 0.001))
    told = pace.as_values()
    assert told["interval_p50_ms"] == pytest.approx(16) and told["interval_p99_ms"] > 30
    assert told["tick_ms"] == pytest.approx(1) and told["tick_p99_ms"] == pytest.approx(9)


def test_what_is_older_than_five_seconds_is_forgotten() -> None:
    pace = Pace()
    pace.end(0.0)
    pace.end(1.0)  # a second without a frame
    for frame in range(1, 400):
        pace.end(1.0 + frame / 60)
    assert pace.as_values()["interval_p99_ms"] == pytest.approx(16.67)


def test_a_frame_whose_action_was_not_asked_for_took_no_time_of_another_one() -> None:
    pace = Pace()
    pace.begin(0.0)
    pace.end(0.002)
    for frame in range(1, 20):
        pace.end(frame * 0.016)
    assert pace.as_values()["tick_ms"] == 0.0 and pace.as_values()["tick_p99_ms"] == pytest.approx(2)
