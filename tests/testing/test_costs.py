"""What a game costs is measured on the clock that is given, and the window follows from it by the formula that is told."""

from __future__ import annotations

from typing import Any

import pytest

from rollback.config import MAX_WINDOW
from rollback.testing import check_game
from rollback.testing.costs import BUDGET_US, Costs, measure, window_for
from rollback.testing.trial import Trial
from tests.testing.broken_games import Sound


class Watch:
    """A clock that games move on."""

    def __init__(self) -> None:
        self.now = 0

    def __call__(self) -> int:
        return self.now


def timed_game(watch: Watch, step: int, save: int, load: int, size: int = 10) -> type:
    class Timed:
        players = 2

        def __init__(self) -> None:
            self.count = 0

        def step(self, actions: Any) -> None:
            watch.now += step
            self.count += 1

        def save(self) -> Any:
            watch.now += save
            return (self.count, bytes(size))

        def load(self, state: Any) -> None:
            watch.now += load
            self.count = state[0]

    return Timed


def costs_of(step: int, save: int, load: int, size: int = 10, frames: int = 50) -> Costs:
    watch = Watch()
    return measure(Trial(timed_game(watch, step, save, load, size), frames, 8, 0), watch)


def test_medians_are_told_in_microseconds() -> None:
    costs = costs_of(step=30_000, save=7_000, load=2_500)
    assert (costs.step_us, costs.save_us, costs.load_us) == (30.0, 7.0, 2.5)


@pytest.mark.parametrize(
    ("step", "save", "load", "window"),
    [
        (0, 0, 0, MAX_WINDOW),
        (100, 0, 66, 41),
        (400, 100, 100, 8),
        (400, 110, 100, 7),
        (5000, 0, 0, 0),
        (1, 1, 5000, 0),
        (0, 0, 5000, 0),
        (BUDGET_US / 60, 0, 0, MAX_WINDOW),
    ],
)
def test_the_window_is_the_largest_that_fits_a_quarter_of_a_frame(step: float, save: float, load: float, window: int) -> None:
    assert window_for(step, save, load) == window
    if 0 < window < MAX_WINDOW:
        assert load + window * (step + save) <= BUDGET_US < load + (window + 1) * (step + save)


@pytest.mark.parametrize(("size", "saver"), [(10, "every"), (70_000, "sparse")])
def test_the_saver_is_the_one_that_auto_takes(size: int, saver: str) -> None:
    costs = costs_of(1000, 1000, 1000, size)
    assert costs.saver == saver
    assert costs.snapshot_bytes is not None and size < costs.snapshot_bytes < size + 20


def test_a_game_that_takes_seconds_a_step_is_not_measured_for_ever() -> None:
    watch = Watch()
    kind = timed_game(watch, step=1_500_000_000, save=0, load=0)
    game = Trial(kind, 10_000, 8, 0)
    assert len(game.matches) == 1
    before = watch.now
    assert measure(game, watch).window == 0
    assert watch.now - before < 10_000_000_000


def test_a_game_that_is_over_at_once_costs_nothing_to_step() -> None:
    class OverAtOnce(Sound):
        over = True

    costs = measure(Trial(OverAtOnce, 30, 8, 0))
    assert costs.step_us == 0 and costs.save_us > 0


def test_the_sentence_says_how_the_window_is_computed() -> None:
    said = str(Costs(1.25, 0.5, 0.25, 64, 60, "every"))
    assert said == (
        'step 1.2 us, save 0.5 us, load 0.2 us, a snapshot of 64 bytes (save="auto" takes every); a prediction window of 60'
        " fits: load + window x (step + save) within a quarter of a 60 Hz frame, 4167 us"
    )
    assert "an opaque snapshot" in str(Costs(1, 1, 1, None, 8, "every"))


def test_a_slow_game_is_told_what_to_do_and_passes() -> None:
    class Slow(Sound):
        def step(self, actions: Any) -> None:
            super().step(actions)
            sum(range(200_000))  # some milliseconds on any machine

    report = check_game(Slow, 3, other_process=False)
    assert report.passed and report.costs is not None and report.costs.window < 8
    assert f"it can go back {report.costs.window} frames and not 8. step costs most" in report.verdict
    assert f"prediction_window={report.costs.window}" in report.verdict


def test_costs_do_not_make_two_reports_different() -> None:
    one, other = (check_game(Sound, 20, other_process=False) for _ in range(2))
    assert one == other and one.costs is not None
