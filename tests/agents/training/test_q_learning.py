"""Q-learning: what it learns, and that a training cut anywhere goes on as one that was not."""

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rollback.agents.checkpoints import Checkpoint
from rollback.agents.training import algorithm_from, make_algorithm
from rollback.agents.training.q_learning import QLearning
from rollback.games import GridWorld
from rollback.games.gridworld_layouts import LAYOUTS

SUCCESS = 0.95
SECONDS = 30.0  # of the processor, that a training may take until it is this good


def trained(environment, steps, seed=1, **parameters):
    algorithm = make_algorithm("q-learning", environment, parameters, seed)
    algorithm.advance(steps)
    return algorithm


@pytest.mark.parametrize(("layout", "steps"), [("rooms", 60_000), ("cliff", 60_000), ("race", 60_000), ("keys", 150_000)])
def test_it_finds_the_way_from_starts_it_was_never_trained_from(layout, steps):
    algorithm = trained(f"gridworld?layout={layout}", steps)
    found = algorithm.evaluate(200)
    assert found["held_out"] == 1.0
    assert found["success"] >= SUCCESS


def test_it_learns_the_halls_up_to_two_hundred_starts_kept_from_it():
    algorithm = trained("gridworld", 240_000)
    found = algorithm.evaluate(200)
    assert (found["starts"], found["held_out"]) == (200.0, 1.0)
    assert found["success"] >= SUCCESS


@pytest.mark.nightly
@pytest.mark.parametrize("seed", range(10))
def test_the_halls_are_learned_in_half_a_minute_by_every_seed(seed):
    algorithm = make_algorithm("q-learning", "gridworld", {}, seed)
    begun = time.process_time()
    assert algorithm.evaluate(200)["success"] < 0.05, "the premise: nothing is known in the beginning"
    algorithm.advance(1_000_000)
    assert time.process_time() - begun < SECONDS
    found = algorithm.evaluate(200)
    assert found["starts"] == 200.0
    assert found["success"] >= SUCCESS


def test_no_episode_begins_where_it_is_tested():
    algorithm = make_algorithm("q-learning", "gridworld?layout=rooms", {"epsilon": 1.0, "epsilon_decay": 1.0}, 4)
    begun = set()
    for _ in range(20_000):
        if algorithm.at_boundary():
            (x, y), *_ = [algorithm.picture()["agent"]]
            algorithm.step_once()
            x, y = algorithm.picture()["trail"][0]
            begun.add((y * algorithm.course.layout.width + x, 0))
        else:
            algorithm.step_once()
    assert begun <= set(algorithm.course.starts)
    assert len(begun) > 12, "the premise: many starts came up"


def test_near_the_cliff_the_table_tells_that_falling_is_dear():
    algorithm = trained("gridworld?layout=cliff", 60_000)
    course, width = algorithm.course, algorithm.course.layout.width
    above = course.layout.cliffs[3] - width
    row = algorithm.table[course.base[above]]
    assert row[1] < 0 < max(row), "down is the worst of all"


def test_values_are_those_of_the_shortest_way_where_it_was_walked_often():
    """The world has no chance in it, so the best value is known: the reward and the prices, discounted."""
    algorithm = trained("gridworld?layout=rooms", 200_000, discount=0.9)
    layout = LAYOUTS["rooms"]
    beside = layout.spots[0] - 1
    value = max(algorithm.table[algorithm.course.base[beside]])
    assert value == pytest.approx(99.0)
    further = max(algorithm.table[algorithm.course.base[beside - 1]])
    assert further == pytest.approx(-1 + 0.9 * 99.0)


def test_an_episode_cut_by_its_limit_does_not_count_as_an_end():
    """A state at which the time was up is worth what comes after it, not nothing."""
    algorithm = trained("gridworld?layout=rooms&limit=5", 100_000, discount=1.0, epsilon_decay=1.0)
    course = algorithm.course
    far = [cell for cell in course.layout.homes if max(algorithm.table[course.base[cell]]) > 50]
    assert len(far) == len(course.layout.homes), "the reward reached cells that are more than five moves from it"


def test_the_share_of_random_moves_falls_with_every_episode_and_not_below_its_least():
    algorithm = make_algorithm(
        "q-learning", "gridworld?layout=rooms", {"epsilon": 0.5, "epsilon_decay": 0.9, "epsilon_least": 0.2}, 1
    )
    points = algorithm.advance(20_000)
    shares = [point.epsilon for point in points]
    assert shares[:3] == pytest.approx([0.5, 0.45, 0.405])
    assert shares[-1] == 0.2
    constant = make_algorithm("q-learning", "gridworld?layout=rooms", {"epsilon": 0.0, "epsilon_least": 0.5}, 1)
    assert {point.epsilon for point in constant.advance(5000)} == {0.0}


def test_a_point_tells_what_the_game_counted():
    algorithm = make_algorithm("q-learning", "gridworld?layout=rooms", {}, 1)
    points = algorithm.advance(30_000)
    won = [point for point in points if point.extra["success"]]
    lost = [point for point in points if not point.extra["success"]]
    assert won and lost, "the premise: both happened"
    assert all(point.reward == 100 - point.length for point in won)
    assert all(point.length == 300 and point.reward == -300 for point in lost)


CUT = st.integers(0, 3000)


@settings(deadline=None, max_examples=25)
@given(layout=st.sampled_from(["rooms", "cliff", "keys", "race"]), cut=CUT, rest=CUT, seed=st.integers(0, 2**63 - 1))
def test_a_training_cut_anywhere_and_taken_up_goes_on_bit_for_bit(layout, cut, rest, seed):
    whole = make_algorithm("q-learning", f"gridworld?layout={layout}", {}, seed)
    whole.advance(cut)
    content = whole.checkpoint().to_bytes()
    again = algorithm_from(Checkpoint.load(content))
    assert again.checkpoint().to_bytes() == content
    assert again.at_boundary() == whole.at_boundary()
    assert again.advance(rest) == whole.advance(rest)
    assert again.checkpoint().hash == whole.checkpoint().hash
    assert again.evaluate(20) == whole.evaluate(20)


@settings(deadline=None, max_examples=15)
@given(pieces=st.lists(st.integers(1, 400), max_size=12), seed=st.integers(0, 100))
def test_a_training_cut_many_times_at_the_ends_of_episodes_is_the_same(pieces, seed):
    whole = make_algorithm("q-learning", "gridworld?layout=keys&limit=90", {}, seed)
    cut = whole
    cut = algorithm_from(whole.checkpoint())
    for piece in pieces:
        cut.advance(piece)
        while not cut.at_boundary():
            cut.step_once()
        saved = cut.checkpoint()
        assert "snapshot" not in saved.arrays
        cut = algorithm_from(Checkpoint.load(saved.to_bytes()))
    whole.advance(cut.steps)
    assert whole.checkpoint().hash == cut.checkpoint().hash


def test_in_the_middle_of_an_episode_the_environment_is_saved_too():
    algorithm = trained("gridworld?layout=keys", 777)
    assert not algorithm.at_boundary()
    assert "snapshot" in algorithm.checkpoint().arrays
    again = algorithm_from(algorithm.checkpoint())
    assert again.picture()["agent"] == algorithm.picture()["agent"]
    assert again.picture()["length"] == algorithm.picture()["length"] > 0


def test_it_can_go_on_with_other_parameters_which_then_count():
    usual = trained("gridworld?layout=rooms", 5000, learning_rate=0.5)
    slower = make_algorithm("q-learning", "gridworld?layout=rooms", {"learning_rate": 0.01}, 99)
    slower.restore(usual.checkpoint())
    assert (slower.steps, slower.episodes, slower.table) == (usual.steps, usual.episodes, usual.table)
    assert slower.settings["learning_rate"] == 0.01
    slower.advance(500)
    usual.advance(500)
    assert slower.table != usual.table


def test_what_is_restored_belongs_to_whoever_restored_it():
    one = trained("gridworld?layout=rooms", 2000)
    saved = one.checkpoint()
    other = algorithm_from(saved)
    before = saved.hash
    other.advance(3000)
    assert one.checkpoint().hash == saved.hash == before
    assert algorithm_from(saved).checkpoint().hash == before


def test_a_checkpoint_tells_what_is_known_of_it():
    algorithm = trained("gridworld?layout=rooms", 5000)
    saved = algorithm.checkpoint(parent="ab" * 32, metrics={"success": 0.75})
    assert (saved.algorithm, saved.environment) == ("q-learning", "gym:rollback/GridWorld-v0?layout=rooms")
    assert (saved.step, saved.episode, saved.epsilon) == (5000, algorithm.episodes, algorithm.epsilon)
    assert (saved.parent, saved.metrics) == ("ab" * 32, {"success": 0.75})
    assert saved.parameters == {**algorithm.settings, "seed": 1}
    assert saved.arrays["q"].shape == (GridWorld(1, "rooms").states, 4)


def test_the_loop_looks_up_a_value_again_that_it_has_just_changed():
    """Running into a wall leads to the same situation: the next best must be taken from the changed row."""
    algorithm = make_algorithm(
        "q-learning", "gridworld?layout=rooms", {"epsilon": 0.0, "learning_rate": 1.0, "discount": 0.0}, 1
    )
    algorithm.advance(4)
    visited = [row for row in algorithm.table if any(row)]
    assert all(value in (0.0, -1.0) for row in visited for value in row)
    assert sum(value == -1.0 for row in visited for value in row) == 4, "never the same move twice where another is better"


def test_a_training_is_the_same_as_the_plain_loop_of_a_textbook():
    """An oracle that is slow and plain: no local names, no row carried on, the game's own number of the state."""
    import random

    algorithm = make_algorithm("q-learning", "gridworld?layout=keys", {}, 21)
    course, dice, game = algorithm.course, random.Random(21), GridWorld(1, "keys", pace=1)
    table = [[0.0] * 4 for _ in range(game.states)]
    epsilon, steps = 1.0, 0
    while steps < 6000:
        game.reset(0)
        game.cells[0], game.spot = course.starts[int(dice.random() * len(course.starts))]
        while not game.over and steps < 6000:
            row = table[game.state_index()]
            move = int(dice.random() * 4) if dice.random() < epsilon else row.index(max(row))
            before = game.points[0]
            game.step([move + 1])
            steps += 1
            following = 0.0 if game.is_won else 0.99 * max(table[game.state_index()])
            row[move] += 0.5 * (game.points[0] - before + following - row[move])
        epsilon = max(0.1, epsilon * 0.999)
    algorithm.advance(6000)
    assert algorithm.table == table


def test_the_class_can_be_made_without_the_registry():
    assert QLearning("gridworld?layout=rooms", {}, 0).steps == 0
