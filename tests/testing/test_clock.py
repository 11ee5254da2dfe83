"""Time passes when the test says so, and never goes back."""

from __future__ import annotations

from typing import Any

import pytest

from rollback.errors import UsageError
from rollback.testing import HandClock


def test_time_passes_when_it_is_told_to() -> None:
    clock = HandClock(5.0)
    assert clock() == clock.now == 5.0
    assert clock.advance(0.25) == 5.25 == clock()
    assert clock.advance(0) == 5.25


def test_frames_pass_one_at_each_turn() -> None:
    clock = HandClock()
    shown = []
    for now in clock.frames(4, fps=20):
        assert now == clock()
        shown.append(round(now, 6))
    assert shown == [0.05, 0.1, 0.15, 0.2]


@pytest.mark.parametrize("seconds", [-0.1, float("nan"), float("inf"), True, "1", None])
def test_time_does_not_go_back(seconds: Any) -> None:
    clock = HandClock(1.0)
    with pytest.raises(UsageError, match="a number of seconds from 0 on, not by"):
        clock.advance(seconds)
    assert clock.now == 1.0
