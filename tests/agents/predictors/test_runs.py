"""What is learned of runs: patterns are foreseen, chance is not, and memory has an end."""

from __future__ import annotations

from itertools import pairwise

import pytest

from rollback.agents.predictors.runs import MOST_CELLS, Runs
from tests.agents.predictors.traces import chance, pattern


def foreseen(runs: Runs, inputs: list[bytes], ahead: int = 1, skip: int = 0) -> float:
    """Return the share of inputs after `skip` that are guessed right, so many frames ahead, learning on the way."""
    right = asked = 0
    for frame, value in enumerate(inputs[: len(inputs) - ahead]):
        runs.learn(frame, value)
        runs.restart()
        guess = value
        for step in range(1, ahead + 1):
            guess = runs.guess(frame + step, value)
        if frame >= skip:
            asked += 1
            right += guess == inputs[frame + ahead]
    return right / asked


def test_before_anything_is_known_the_last_input_is_repeated() -> None:
    assert [Runs(2).guess(frame, b"\7") for frame in range(3)] == [b"\7"] * 3


@pytest.mark.parametrize("ahead", [1, 3, 8])
def test_a_pattern_is_foreseen_some_frames_ahead(ahead: int) -> None:
    inputs = pattern(600)
    assert foreseen(Runs(2), inputs, ahead, skip=200) == 1.0
    repeated = sum(inputs[frame] == inputs[frame + ahead] for frame in range(590)) / 590
    assert repeated < 0.8, "or there was nothing to foresee"


def test_a_longer_context_tells_apart_what_a_short_one_cannot() -> None:
    inputs = pattern(900, ((0, 4), (1, 2), (0, 4), (2, 2)))  # after four frames of 0 comes now 1, now 2
    assert foreseen(Runs(0), inputs, skip=300) < 0.95
    assert foreseen(Runs(1), inputs, skip=300) == 1.0


def test_how_long_a_button_is_held_is_learned_without_any_order() -> None:
    assert foreseen(Runs(0), pattern(400, ((0, 7), (1, 3))), skip=100) == 1.0


def test_of_chance_nothing_is_believed_that_is_worse_than_to_repeat() -> None:
    inputs = chance(4000, 3)
    repeated = sum(one == two for one, two in pairwise(inputs)) / len(inputs)
    assert foreseen(Runs(2), inputs, skip=0) > repeated - 0.02


def test_a_habit_that_changes_is_learned_anew() -> None:
    runs = Runs(2)
    assert foreseen(runs, pattern(500, ((0, 5), (1, 2))), skip=100) == 1.0
    assert foreseen(runs, pattern(500, ((0, 4), (1, 4))), skip=150) == 1.0


@pytest.mark.parametrize("order", [0, 2, 8])
def test_memory_has_an_end_however_odd_a_player_is(order: int) -> None:
    runs = Runs(order)
    for frame, value in enumerate(chance(20_000, 5, values=200, hold=0.6)):
        runs.learn(frame, value)
        assert runs.cells <= MOST_CELLS
    assert runs.cells > 500, "or nothing was kept"


def test_a_run_without_end_costs_nothing_more() -> None:
    runs = Runs(2)
    for frame in range(5000):
        runs.learn(frame, b"\1")
    assert runs.cells < 300
    runs.restart()
    assert runs.guess(5000, b"\1") == b"\1"


def test_what_was_forgotten_is_learned_again() -> None:
    runs = Runs(3)
    for frame, value in enumerate(chance(15_000, 6, values=100, hold=0.5)):
        runs.learn(frame, value)
    assert foreseen(runs, pattern(800), skip=400) == 1.0
