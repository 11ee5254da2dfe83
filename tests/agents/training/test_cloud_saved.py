"""A cloud comes back from a checkpoint as it was, bit for bit, and nothing else does."""

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rollback.agents.checkpoints import Array, Checkpoint, state_of
from rollback.agents.training.cloud_saved import arrays_of, cloud_from, generation_from
from rollback.agents.training.noisy import Cloud
from rollback.errors import CheckpointError

NUMBERS = st.floats(-1e12, 1e12)


def saved(arrays, generation=3, trial=None, dice=None):
    state = {"dice": state_of(dice or random.Random(1)), "generation": generation, "trial": trial}
    return Checkpoint(algorithm="cloud", environment="sky", random_state=state, arrays=arrays)


def again(checkpoint):
    return Checkpoint.load(checkpoint.to_bytes())


@settings(max_examples=40, deadline=None)
@given(
    st.lists(NUMBERS, min_size=3, max_size=3),
    st.lists(st.tuples(NUMBERS, NUMBERS, NUMBERS), min_size=4, max_size=4),
    st.lists(st.tuples(st.integers(-(2**30), 2**30), st.integers(0, 2**30)), max_size=7),
)
def test_what_was_saved_comes_back_bit_for_bit(mean, vectors, results):
    cloud = Cloud(3, 2.5, 1.0, 5)
    cloud.mean = tuple(mean)
    checkpoint = again(saved(arrays_of(cloud, vectors, results), 17))
    found = Cloud(3, 1.0, 1.0, 5)
    dice, trial = cloud_from(checkpoint, found)
    assert (found.mean, found.deviations, found.generation, trial) == (cloud.mean, cloud.deviations, 17, None)
    assert dice.random() == random.Random(1).random()
    assert generation_from(checkpoint, 4, 8, 3) == (vectors, results)


def test_between_two_generations_there_are_no_vectors():
    checkpoint = again(saved(arrays_of(Cloud(2, 1.0, 0.0, 1), (), [])))
    assert set(checkpoint.arrays) == {"mean", "deviations"}
    assert generation_from(checkpoint, 4, 8, 2) == ((), [])


@pytest.mark.parametrize("state", [None, [], {"dice": 1}, {"dice": [], "generation": 1, "trial": None}])
def test_a_state_that_is_none_is_refused(state):
    arrays = arrays_of(Cloud(2, 1.0, 0.0, 1), (), [])
    with pytest.raises(CheckpointError):
        cloud_from(Checkpoint(algorithm="cloud", environment="sky", random_state=state, arrays=arrays), Cloud(2, 1.0, 0.0, 1))


@pytest.mark.parametrize("generation", [-1, 1.0, "1", None, 1 << 31])
def test_a_generation_is_a_count(generation):
    with pytest.raises(CheckpointError, match="does not say where its generation stood"):
        cloud_from(saved(arrays_of(Cloud(2, 1.0, 0.0, 1), (), []), generation), Cloud(2, 1.0, 0.0, 1))


def test_a_full_generation_or_one_of_another_size_is_refused():
    cloud, vectors = Cloud(2, 1.0, 0.0, 1), [(0.0, 1.0)] * 4
    with pytest.raises(CheckpointError, match="are none of its generation"):
        generation_from(saved(arrays_of(cloud, vectors, [(1, 1)] * 8)), 4, 8, 2)
    with pytest.raises(CheckpointError, match="no vectors of 5 x 2 finite numbers"):
        generation_from(saved(arrays_of(cloud, vectors, [])), 5, 8, 2)
    with pytest.raises(CheckpointError, match="no results of its generation"):
        generation_from(saved({**arrays_of(cloud, vectors, []), "results": Array.of([1, 2], "q")}), 4, 8, 2)


@pytest.mark.parametrize("name", ["mean", "deviations"])
@pytest.mark.parametrize("number", [1e308, 1e200, float("nan"), float("inf")])
def test_a_number_whose_square_is_none_is_refused_before_it_ends_a_training(name, number):
    arrays = {**arrays_of(Cloud(2, 1.0, 0.0, 1), (), []), name: Array.of([number, 1.0])}
    with pytest.raises(CheckpointError, match=f"no {name} of 2 finite numbers, none of them huge"):
        cloud_from(saved(arrays), Cloud(2, 1.0, 0.0, 1))


def test_huge_vectors_of_a_generation_are_refused_too():
    arrays = arrays_of(Cloud(2, 1.0, 0.0, 1), [(1.0, 1e308)], [])
    with pytest.raises(CheckpointError, match="none of them huge"):
        generation_from(saved(arrays), 1, 2, 2)
