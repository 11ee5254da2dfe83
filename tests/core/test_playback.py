"""The pace of what is shown: even, behind, bounded."""

from __future__ import annotations

import pytest

from rollback.core.playback import Playback


def play(
    delay: float, seconds: float, *, fps: int = 60, batch: int = 6, late: int = 0, most: int = 4
) -> tuple[list[int], list[int]]:
    """Let rows come in batches, and return how many frames each tick showed and how many were left."""
    playback, behind, steps, left = Playback(delay), late, list[int](), list[int]()
    playback.fps = fps
    for number in range(int(seconds * fps)):
        if number % batch == 0:
            behind += batch
        shown = playback.steps(behind, 50 + number / fps, most=most, ended=False)
        behind -= shown
        steps.append(shown)
        left.append(behind)
    return steps, left


@pytest.mark.parametrize("fps", [10, 60, 144])
@pytest.mark.parametrize("delay", [0.0, 1.0, 30.0])
def test_frames_are_shown_one_by_one_and_stay_behind(fps: int, delay: float) -> None:
    steps, left = play(delay, delay + 12, fps=fps, batch=max(1, fps // 10))
    assert all(behind >= round(delay * fps) for behind, shown in zip(left, steps, strict=True) if shown)
    steady = steps[-5 * fps :]
    assert abs(sum(steady) - 5 * fps) <= fps // 4 and max(steady) <= 2


def test_who_is_late_catches_up_four_frames_a_tick_and_then_slowly() -> None:
    steps, left = play(0.0, 30, late=900)
    assert max(steps) == 4 and left[-1] < 0.4 * 60
    assert steps[:200].count(4) == 200
    assert set(steps[-300:]) <= {0, 1, 2}


def test_no_tick_shows_more_than_the_caller_allows_and_none_more_than_there_are() -> None:
    playback = Playback(0.0)
    assert playback.steps(500, 0.0, most=2, ended=False) == 2
    assert playback.steps(500, 0.1, most=0, ended=False) == 0
    assert playback.steps(0, 0.2, most=4, ended=False) == 0
    assert playback.steps(3, 9.0, most=4, ended=False) <= 3


def test_at_the_end_the_rest_is_shown_at_pace() -> None:
    playback, behind, steps = Playback(2.0), 120, list[int]()
    for number in range(200):
        shown = playback.steps(behind, number / 60, most=4, ended=True)
        behind -= shown
        steps.append(shown)
    assert behind == 0 and max(steps) == 1 and steps[:100].count(1) >= 99


def test_a_clock_that_stands_still_or_goes_back_shows_nothing_new() -> None:
    playback = Playback(0.0)
    playback.steps(10, 5.0, most=4, ended=False)
    assert playback.steps(10, 5.0, most=4, ended=False) == 0
    assert playback.steps(10, 4.0, most=4, ended=False) == 0
