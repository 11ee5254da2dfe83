"""What a game costs is measured on the clock that is given, and the window follows from it by the formula that is told."""

from __future__ import annotations

from typing import Any

import pytest

from rollback.config import MAX_WINDOW
from rollback.testing import check_game
from rollback.testing.costs import BUDGET_US, Costs, measure, reach_for, window_for
from rollback.testing.trial import Trial
from tests.envs import broken_environments as broken
from tests.envs.broken_environments import Making
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


@pytest.mark.parametrize(
    ("fps", "told"), [(20, 20), (120.4, 120), (None, 60), (0, 60), (True, 60), ("50", 60), (1001, 60), (1000, 1000)]
)
def test_the_budget_is_a_quarter_of_the_games_own_frame(fps: Any, told: int) -> None:
    class Paced(Sound):
        pass

    Paced.fps = fps  # type: ignore[attr-defined]
    costs = measure(Trial(Paced, 20, 8, 0))
    assert costs.fps == told and costs.budget_us == pytest.approx(250_000 / told)
    assert f"within a quarter of a {told} Hz frame, {250_000 / told:.0f} us" in str(costs)


def test_a_slower_game_may_take_longer() -> None:
    watch = Watch()
    kind = timed_game(watch, 400_000, 100_000, 100_000)
    at_60 = measure(Trial(kind, 30, 8, 0), watch)
    kind.fps = 15  # type: ignore[attr-defined]
    at_15 = measure(Trial(kind, 30, 8, 0), watch)
    assert (at_60.window, at_15.window) == (8, 33)


@pytest.mark.parametrize(
    ("step", "save", "load", "window", "budget", "reach"),
    [
        (100, 0, 200, 8, 5000, 40),
        (100, 0, 200, 60, 5000, 40),
        (100, 0, 200, 4, 5000, 44),
        (100, 100, 200, 8, 5000, 32),
        (100, 0, 4200, 8, 5000, 0),
        (5000, 0, 200, 0, 5000, 0),
    ],
)
def test_an_episode_is_played_again_as_far_as_a_rollback_leaves_time(
    step: float, save: float, load: float, window: int, budget: float, reach: int
) -> None:
    assert reach_for(step, save, load, window, budget) == reach


def test_where_a_load_plays_the_episode_again_its_start_is_loaded_and_the_reach_told() -> None:
    watch = Watch()
    made = Making(broken.Buffered)

    def slow() -> Any:
        game: Any = made()
        (_, step), *others = game._lanes
        reset = game.copies[0].reset

        def later(action: Any) -> Any:
            watch.now += 50_000
            return step(action)

        def reset_later(**settings: Any) -> Any:
            watch.now += 300_000
            return reset(**settings)

        game.copies[0].reset = reset_later
        game._lanes = ((0, later), *others)
        return game

    costs = measure(Trial(slow, 20, 8, 0), watch)
    assert costs.load_us == 300.0, "the reset, and no step"
    assert costs.step_us == 50.0 and costs.fps == 40
    assert costs.reach == reach_for(50, 0, 300, 8, 6250) == 111
    assert "load 300.0 us and a step for every step of the episode" in str(costs)
    assert "one of 8 does so until step 111 of an episode" in str(costs)


def test_an_environment_is_measured_loading_what_differs_from_the_present() -> None:
    loaded: list[int] = []

    def watched() -> Any:
        game: Any = Making(broken.Field)()
        load = game.load

        def noted(state: Any) -> None:
            loaded.append(game.step_in_episode - state["step"])
            load(state)

        game.load = noted
        return game

    costs = measure(Trial(watched, 20, 8, 0))
    assert max(loaded) == 7 and costs.load_us > 0 and costs.reach is None
