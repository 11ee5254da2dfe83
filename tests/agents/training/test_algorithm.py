"""How every training is driven: slices, steps, checkpoints, names."""

import dataclasses
import json
from itertools import pairwise

import pytest

from rollback.agents.checkpoints import Checkpoint
from rollback.agents.training import ALGORITHMS, EpisodePoint, algorithm_from, algorithm_named, make_algorithm, schema
from rollback.errors import UsageError

NAME, ENVIRONMENT = "q-learning", "gridworld?layout=rooms"


@pytest.mark.parametrize("name", ALGORITHMS)
def test_an_algorithm_is_found_by_its_name_and_calls_itself_so(name):
    kind = algorithm_named(name)
    assert kind.name == name
    assert schema(name) == kind.parameters
    assert kind.environments and all(isinstance(environment, str) for environment in kind.environments)
    made = make_algorithm(name, kind.environments[0], {}, 3)
    assert (made.seed, made.steps, made.episodes, made.at_boundary()) == (3, 0, 0, True)
    assert list(made.settings) == [parameter.name for parameter in kind.parameters]
    assert json.loads(json.dumps(made.picture(), allow_nan=False))["kind"]


@pytest.mark.parametrize(
    ("name", "told"), [("q_learning", "did you mean q-learning"), ("ppo", "take one of q-learning"), (3, "no algorithm 3")]
)
def test_a_name_that_is_none_is_answered_with_those_there_are(name, told):
    with pytest.raises(UsageError, match=told):
        make_algorithm(name, ENVIRONMENT, {}, 1)


def test_all_algorithms_are_named_as_commands_and_places_to_import():
    for name, place in ALGORITHMS.items():
        module, _, attribute = place.partition(":")
        assert name == name.lower() and module.startswith("rollback.agents.training.") and attribute.isidentifier()


@pytest.mark.parametrize("seed", [-1, 1 << 63, 1.5, True, None, "7"])
def test_a_seed_is_a_whole_number_that_a_file_can_hold(seed):
    with pytest.raises(UsageError, match="a seed must be a whole number from 0"):
        make_algorithm(NAME, ENVIRONMENT, {}, seed)


@pytest.mark.parametrize("environment", algorithm_named(NAME).environments)
def test_it_trains_on_each_environment_that_it_names(environment):
    algorithm = make_algorithm(NAME, environment, {}, 3)
    points = algorithm.advance(3000)
    assert algorithm.steps == 3000
    assert len(points) == algorithm.episodes > 0


def test_it_matters_nowhere_in_which_slices_it_is_advanced():
    whole, sliced = (make_algorithm(NAME, ENVIRONMENT, {}, 5) for _ in range(2))
    expected = whole.advance(4000)
    found = []
    for number in range(4000):
        found += sliced.step_once() if number % 3 else sliced.advance(0)
    while sliced.steps < 4000:
        found += sliced.advance(min(7, 4000 - sliced.steps))
    assert found == expected
    assert sliced.checkpoint().hash == whole.checkpoint().hash


def test_episodes_are_numbered_without_a_gap_and_add_up():
    algorithm = make_algorithm(NAME, ENVIRONMENT, {}, 5)
    points = algorithm.advance(20_000)
    assert [point.episode for point in points] == list(range(1, algorithm.episodes + 1))
    ends = [0, *(point.step for point in points)]
    assert [after - before for before, after in pairwise(ends)] == [point.length for point in points]
    assert len(points) > 20_000 / 300, "the premise: some ended before their time was up"


def test_a_point_is_frozen_and_of_plain_numbers():
    (point, *_) = make_algorithm(NAME, ENVIRONMENT, {}, 5).advance(3000)
    with pytest.raises(dataclasses.FrozenInstanceError):
        point.reward = 5.0
    for value in (point.episode, point.step, point.length):
        assert type(value) is int
    for value in (point.reward, point.epsilon, *point.extra.values()):
        assert type(value) is float
    assert EpisodePoint(1, 2, 3.0, 4, 0.5).extra == {}


def test_other_seeds_are_other_trainings_and_the_same_seed_is_the_same():
    hashes = []
    for seed in (1, 2, 1):
        algorithm = make_algorithm(NAME, ENVIRONMENT, {}, seed)
        algorithm.advance(500)
        hashes.append(algorithm.checkpoint().hash)
    assert hashes[0] == hashes[2] != hashes[1]


def test_every_parameter_makes_a_difference():
    usual = make_algorithm(NAME, ENVIRONMENT, {}, 1)
    usual.advance(3000)
    for parameter in schema(NAME):
        value = parameter.least if parameter.default != parameter.least else parameter.greatest
        other = make_algorithm(
            NAME, ENVIRONMENT, {parameter.name: value, **({"epsilon_decay": 0.5} if "least" in parameter.name else {})}, 1
        )
        other.advance(3000)
        assert other.checkpoint().arrays != usual.checkpoint().arrays, f"{parameter.name} is ignored"


def test_a_training_is_made_anew_from_its_checkpoint_alone():
    algorithm = make_algorithm(NAME, ENVIRONMENT, {"learning_rate": 0.2, "discount": 0.9}, 11)
    algorithm.advance(2000)
    again = algorithm_from(Checkpoint.load(algorithm.checkpoint(metrics={"success": 0.5}, parent="").to_bytes()))
    assert (again.environment, again.settings, again.seed) == (algorithm.environment, algorithm.settings, 11)
    assert again.advance(2000) == algorithm.advance(2000)
    assert again.checkpoint().hash == algorithm.checkpoint().hash


def test_a_checkpoint_of_unknown_parameters_is_refused_by_name():
    saved = make_algorithm(NAME, ENVIRONMENT, {}, 1).checkpoint()
    strange = dataclasses.replace(saved, parameters={**saved.parameters, "layers": 3})
    with pytest.raises(UsageError, match="no parameter 'layers'"):
        algorithm_from(strange)


@pytest.mark.parametrize("name", ALGORITHMS)
@pytest.mark.parametrize("steps", [0, 700])
def test_what_is_shown_for_a_moment_touches_no_training(name, steps):
    small = {"frames": 300} if name.startswith("self-play") else {}
    shown, plain = (make_algorithm(name, algorithm_named(name).environments[0], small, 5) for _ in range(2))
    for _ in range(3):
        shown.advance(steps)
        plain.advance(steps)
        for _ in range(30):
            shown.moment()
        assert shown.picture() == shown.picture()
    assert shown.checkpoint().hash == plain.checkpoint().hash
    assert shown.advance(900) == plain.advance(900) and shown.checkpoint().hash == plain.checkpoint().hash


def test_a_picture_is_plain_and_another_one_each_time():
    algorithm = make_algorithm(NAME, ENVIRONMENT, {}, 1)
    first = algorithm.picture()
    algorithm.advance(1234)
    second = algorithm.picture()
    assert json.loads(json.dumps(second, allow_nan=False)) == second != first
    second["trail"].clear()
    second["values"].clear()
    assert algorithm.picture()["trail"] and algorithm.picture()["values"]


def test_to_evaluate_draw_and_save_leaves_the_training_as_it_was():
    disturbed, plain = (make_algorithm(NAME, ENVIRONMENT, {}, 9) for _ in range(2))
    for _ in range(40):
        disturbed.advance(53)
        plain.advance(53)
        disturbed.evaluate(200)
        disturbed.picture()
        disturbed.checkpoint()
    assert disturbed.checkpoint().hash == plain.checkpoint().hash
