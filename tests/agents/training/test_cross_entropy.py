"""Cross-entropy for Tetris: what it learns, what it plays, and that a training cut anywhere goes on as one that was not."""

import json
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rollback.agents.checkpoints import Array, Checkpoint
from rollback.agents.playing import policy_from
from rollback.agents.training import algorithm_from, make_algorithm
from rollback.agents.training.cross_entropy import UNSEEN, CrossEntropy
from rollback.agents.training.tetris_player import GREATEST
from rollback.errors import CheckpointError, UsageError
from rollback.games import GridWorld, Tetris
from rollback.games.bots import act_with
from rollback.games.tetris_features import FEATURES

SMALL = {"population": 8, "elite": 3, "games": 1, "pieces": 60, "rows": 6}
MEDIAN, TENTH = 585, 300  # lines of a game of 1,500 pieces, which gives 600 at most
SECONDS = 180.0  # of both processors together twice that: what a training may take until it is this good


def training(seed=1, **parameters):
    return make_algorithm("cross-entropy", "tetris", {**SMALL, **parameters}, seed)


def with_arrays(checkpoint, **arrays):
    values = {name: getattr(checkpoint, name) for name in ("algorithm", "environment", "config_hash", "parameters", "step")}
    values |= {"episode": checkpoint.episode, "random_state": checkpoint.random_state}
    return Checkpoint(**values, arrays={name: each for name, each in {**checkpoint.arrays, **arrays}.items() if each})


# --- learning ---


def test_from_nothing_it_learns_to_clear_hundreds_of_lines_in_some_seconds():
    algorithm = training(population=20, elite=4, rows=8, pieces=150, noisy=3)
    before = algorithm.evaluate(3)
    assert algorithm.weights == (0,) * 8 and before["lines"] == 0.0
    while algorithm.cloud.generation < 3:
        algorithm.advance(1_000)
    after = algorithm.evaluate(3)
    assert after["lines"] > 200.0
    assert after["lines_least"] <= after["lines_tenth"] <= after["lines"] <= 600.0
    assert "lines_low" not in after, "three games say too little for an interval"
    surer = algorithm.evaluate(6)
    assert surer["lines_low"] <= surer["lines"] <= surer["lines_high"]


@pytest.mark.nightly
@pytest.mark.parametrize("seed", [1, 2])
def test_in_three_minutes_of_two_cores_it_plays_nearly_without_mistakes(seed):
    algorithm = make_algorithm("cross-entropy", "tetris", {}, seed)
    start = time.process_time()
    while time.process_time() - start < SECONDS / 6:  # of one processor: a twelfth of what is allowed
        algorithm.advance(20_000)
    found = algorithm.evaluate(50)
    assert found["games"] == 50.0
    assert found["lines"] >= MEDIAN
    assert found["lines_tenth"] >= TENTH


def test_its_seeds_of_training_are_not_those_it_is_evaluated_with():
    algorithm = training(games=3)
    seeds = set()
    for _ in range(3):
        algorithm._next()
        seeds |= {algorithm.spec(number).seed for number in range(24)}
        generation = algorithm.cloud.generation
        while algorithm.cloud.generation == generation:
            algorithm.advance(100)
    assert len(seeds) == 9, "three games of three generations; all vectors of one get the same pieces"
    assert max(seeds) < 1 << 32 < UNSEEN


# --- how it is driven ---


def test_points_are_numbered_without_a_gap_and_add_up():
    algorithm = training()
    points = [point for _ in range(20) for point in algorithm.advance(100)]
    assert algorithm.steps == 2_000
    assert [point.episode for point in points] == list(range(1, algorithm.episodes + 1))
    assert sum(point.length for point in points) == points[-1].step <= 2_000
    for point in points:
        assert point.reward == point.extra["lines"] <= point.length * 4 / 10
        assert point.extra["generation"] == 1 + (point.episode - 1) // 8
        assert 0 < point.length <= 60 and point.epsilon == 0.0
        json.dumps(dict(point.extra))
    assert algorithm.cloud.generation == algorithm.episodes // 8


def test_a_step_is_a_piece_and_a_boundary_lies_between_two_games():
    algorithm = training(workers=2)
    assert algorithm.at_boundary()
    ended = []
    for number in range(1, 200):
        ended += algorithm.step_once()
        assert algorithm.steps == number
        assert algorithm.at_boundary() == (bool(ended) and ended[-1].step == number)
    assert len(ended) > 1


def test_any_number_of_processes_learns_the_same():
    alone, several = training(), training(workers=2)
    points = several.advance(1)
    assert len(points) == 8, "all of a generation"
    expected = alone.advance(several.steps)
    assert points == expected
    assert alone.cloud.mean == several.cloud.mean
    assert alone.evaluate(2) == several.evaluate(2)


@settings(max_examples=10, deadline=None)
@given(st.lists(st.integers(1, 400), min_size=1, max_size=6), st.integers(0, 1500))
def test_cut_anywhere_it_goes_on_bit_for_bit_as_one_that_was_not(slices, rest):
    whole = training(seed=3)
    expected = whole.advance(sum(slices) + rest)
    algorithm, found = training(seed=3), []
    for steps in slices:
        found += algorithm.advance(steps)
        algorithm = algorithm_from(Checkpoint.load(algorithm.checkpoint().to_bytes()))
    found += algorithm.advance(rest)
    assert found == expected
    assert algorithm.checkpoint().hash == whole.checkpoint().hash


def test_what_is_shown_and_evaluated_leaves_the_training_alone():
    algorithm, other = training(), training()
    algorithm.advance(333)
    other.advance(333)
    algorithm.evaluate(2)
    for _ in range(3):
        algorithm.picture()
    assert algorithm.checkpoint().hash == other.checkpoint().hash
    assert algorithm.advance(500) == other.advance(500)


def test_other_seeds_learn_other_weights():
    found = set()
    for seed in (1, 2):
        algorithm = training(seed)
        algorithm.advance(1_000)
        found.add(algorithm.weights)
    assert len(found) == 2


# --- what is shown ---


def test_the_picture_is_a_game_that_moves_with_the_training_and_not_by_being_looked_at():
    algorithm = training()
    while not algorithm.cloud.generation:
        algorithm.advance(100)
    while not 4 < algorithm.picture()["pieces"] < 12 or not algorithm.picture()["placements"]:
        algorithm.step_once()
    first, again = algorithm.picture(), algorithm.picture()
    assert first == again
    json.dumps(first)
    assert first["kind"] == "tetris" and len(first["rows"]) == 24 and len(first["next"]) == 5
    assert first["weights"].keys() == set(FEATURES)
    values = [place["value"] for place in first["placements"]]
    assert values == sorted(values, reverse=True) and 1 <= len(values) <= 5
    for place in first["placements"]:
        assert len(place["cells"]) == 4
        for column, row in place["cells"]:
            assert 0 <= column < 10 and not first["rows"][row] >> column & 1, "it lies on free cells"
        below = [first["rows"][row - 1] >> column & 1 if row else 1 for column, row in place["cells"]]
        assert any(below), "and on something"
    algorithm.step_once()
    after = algorithm.picture()
    assert after["pieces"] == first["pieces"] + 1 or after["pieces"] == 1
    assert after["piece"] == first["next"][0] or after["pieces"] == 1
    if after["pieces"] > 1 and after["lines"] == first["lines"]:
        added = [before ^ now for before, now in zip(first["rows"], after["rows"], strict=True)]
        cells = {(column, row) for row, bits in enumerate(added) for column in range(10) if bits >> column & 1}
        assert cells == {tuple(cell) for cell in first["placements"][0]["cells"]}, "the best place is the one it takes"


# --- what comes of it plays ---


def learned():
    algorithm = training(population=20, elite=4, rows=8, pieces=150, noisy=3)
    while algorithm.cloud.generation < 2:
        algorithm.advance(1_000)
    return algorithm.checkpoint()


@pytest.mark.parametrize(("actions", "steps", "lines"), [("placements", 200, 60), ("buttons", 2_500, 12)])
def test_a_checkpoint_plays_tetris_by_placements_and_by_buttons(actions, steps, lines):
    game = Tetris(1, actions, seed=4)
    act = act_with(policy_from(learned(), game))
    for _ in range(steps):
        game.step([act(game, 0)])
    assert game.fields[0].lines > lines and not game.over


def test_it_plays_what_it_trained():
    checkpoint = learned()
    assert policy_from(checkpoint, Tetris(2), 1).weights == algorithm_from(checkpoint).weights


def test_a_checkpoint_plays_no_other_game():
    with pytest.raises(CheckpointError, match="was trained on tetris, and cannot play GridWorld"):
        policy_from(learned(), GridWorld())


@pytest.mark.parametrize(
    "weights",
    [None, Array.of([1] * 7, "i"), Array.of([1.0] * 8), Array.of([[1] * 8], "i"), Array.of([0] * 7 + [GREATEST + 1], "i")],
)
def test_weights_that_are_none_do_not_play(weights):
    damaged = with_arrays(training().checkpoint(), weights=weights)
    with pytest.raises(CheckpointError, match=r"train anew$"):
        policy_from(damaged, Tetris())


# --- what is refused ---


@pytest.mark.parametrize(
    ("environment", "parameters", "told"),
    [
        ("pong", {}, "cross-entropy learns tetris, not 'pong'"),
        ("tetris", {"population": 3}, "population must be a whole number from 4 to 1000, not 3"),
        ("tetris", {"population": 4, "elite": 5}, "elite must be at most population, which is 4, not 5: take a tenth of it"),
        ("tetris", {"row": 5}, "there is no parameter 'row', did you mean rows"),
    ],
)
def test_what_cannot_be_trained_is_refused_in_one_sentence(environment, parameters, told):
    with pytest.raises(UsageError) as caught:
        CrossEntropy(environment, parameters, 1)
    assert told in str(caught.value)


def begun():
    algorithm = training()
    algorithm.advance(100)
    assert not algorithm.at_boundary()
    return algorithm


@pytest.mark.parametrize(
    "arrays",
    [
        {"mean": None},
        {"mean": Array.of([0.0] * 7)},
        {"mean": Array.of([float("nan")] * 8)},
        {"deviations": Array.of([-1.0] * 8)},
        {"vectors": None},
        {"vectors": Array.of([[0.0] * 8] * 7)},
        {"results": None},
        {"results": Array.of([[1, 1]] * 8, "q")},
        {"results": Array.of([[1, 1 << 40]], "q")},
    ],
)
def test_a_damaged_checkpoint_is_refused_and_the_training_stays_as_it_was(arrays):
    algorithm = begun()
    before = algorithm.checkpoint()
    with pytest.raises(CheckpointError):
        algorithm.restore(with_arrays(before, **arrays))
    assert algorithm.checkpoint().hash == before.hash


@pytest.mark.parametrize(
    "change",
    [
        {"trial": {"rows": [1023] * 24, "placed": 1, "lines": 0}},
        {"trial": {"rows": [0] * 24, "placed": 60, "lines": 0}},
        {"trial": {"rows": [0] * 24, "placed": 1, "lines": 2}},
        {"trial": {"rows": [0] * 23, "placed": 1, "lines": 0}},
        {"trial": {}},
        {"trial": 3},
        {"generation": -1},
        {"generation": True},
        {"dice": None},
        {"more": 1},
    ],
)
def test_a_damaged_moment_is_refused_and_the_training_stays_as_it_was(change):
    algorithm = begun()
    before = algorithm.checkpoint()
    damaged = Checkpoint(
        algorithm=before.algorithm,
        environment=before.environment,
        config_hash=before.config_hash,
        parameters=before.parameters,
        random_state={**before.random_state, **change},
        arrays=before.arrays,
    )
    with pytest.raises(CheckpointError):
        algorithm.restore(damaged)
    assert algorithm.checkpoint().hash == before.hash


def test_a_checkpoint_of_another_population_or_algorithm_is_refused():
    with pytest.raises(CheckpointError, match="holds no vectors of 9 x 8 finite numbers"):
        training(population=9).restore(begun().checkpoint())
    foreign = make_algorithm("q-learning", "gridworld?layout=rooms", {}, 1).checkpoint()
    with pytest.raises(CheckpointError, match="is of q-learning, and cross-entropy goes on with its own only"):
        training().restore(foreign)
