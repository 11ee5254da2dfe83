"""What a checkpoint of Q-learning may hold, and what is refused without a trace."""

import dataclasses
from array import array

import pytest

from rollback.agents.checkpoints import Array
from rollback.agents.training import make_algorithm
from rollback.errors import CheckpointError
from rollback.wire import pack_tree


@pytest.fixture
def training():
    algorithm = make_algorithm("q-learning", "gridworld?layout=rooms", {}, 1)
    algorithm.advance(1000)
    assert not algorithm.at_boundary(), "the premise: an episode is under way"
    return algorithm


def bytes_of(content):
    return Array((len(content),), "B", array("B", content))


def changed(saved, **arrays):
    """Return a checkpoint with other arrays; None leaves one away."""
    kept = {name: values for name, values in {**saved.arrays, **arrays}.items() if values is not None}
    return dataclasses.replace(saved, arrays=kept)


def table(rows, columns, value=0.0, code="d"):
    return Array((rows, columns), code, array(code, [value] * (rows * columns)))


def broken(saved):
    snapshot = {"cells": (0,), "facing": (2,)}
    return {
        "another algorithm": dataclasses.replace(saved, algorithm="cross-entropy"),
        "another map": dataclasses.replace(saved, environment="gym:rollback/GridWorld-v0?layout=cliff"),
        "another hash": dataclasses.replace(saved, config_hash="0" * 64),
        "no table": changed(saved, q=None),
        "too few rows": changed(saved, q=table(53, 4)),
        "too many columns": changed(saved, q=table(54, 6)),
        "whole numbers": changed(saved, q=table(54, 4, 0, "i")),
        "a flat table": changed(saved, q=Array((216,), "d", array("d", [0.0] * 216))),
        "no number": changed(saved, q=table(54, 4, float("nan"))),
        "infinity": changed(saved, q=table(54, 4, float("inf"))),
        "no dice": dataclasses.replace(saved, random_state=None),
        "other dice": dataclasses.replace(saved, random_state=[3, [1, 2, 3], None]),
        "no snapshot but noise": changed(saved, snapshot=bytes_of(b"\xff" * 40)),
        "an empty snapshot": changed(saved, snapshot=bytes_of(b"")),
        "half a snapshot": changed(saved, snapshot=bytes_of(pack_tree(snapshot))),
        "a snapshot that is a list": changed(saved, snapshot=bytes_of(pack_tree([1, 2]))),
        "a long snapshot": changed(saved, snapshot=bytes_of(bytes(70_000))),
        "a snapshot of numbers": changed(saved, snapshot=table(2, 2)),
    }


@pytest.mark.parametrize("name", sorted(broken(make_algorithm("q-learning", "gridworld?layout=rooms", {}, 1).checkpoint())))
def test_what_does_not_fit_is_refused_in_one_sentence_and_nothing_changes(training, name):
    other = make_algorithm("q-learning", "gridworld?layout=rooms", {}, 8)
    other.advance(500)
    before = other.checkpoint().hash
    with pytest.raises(CheckpointError) as caught:
        other.restore(broken(training.checkpoint())[name])
    assert "\n" not in str(caught.value) and 30 < len(str(caught.value)) < 250
    assert other.checkpoint().hash == before


@pytest.mark.parametrize(
    "change",
    [
        {"cells": (0,)},
        {"cells": (10_000,)},
        {"cells": (14, 15)},
        {"cells": (-1,)},
        {"spot": 1},
        {"clock": 300},
        {"clock": -1},
        {"won": (1,)},
        {"held": (1,)},
        {"doors": 1},
        {"word": 0},
    ],
)
def test_a_snapshot_that_could_not_be_played_on_is_refused(training, change):
    saved = training.checkpoint()
    game = training.course.game()
    training.course.begin(game, training.course.starts[0])
    good = changed(saved, snapshot=bytes_of(pack_tree(game.save())))
    training.restore(good)
    with pytest.raises(CheckpointError, match="the snapshot in the checkpoint"):
        training.restore(changed(saved, snapshot=bytes_of(pack_tree({**game.save(), **change}))))


def test_a_table_of_a_trained_agent_comes_back_bit_for_bit(training):
    training.table[3] = [-0.0, 5e-324, 1e308, 0.1 + 0.2]
    other = make_algorithm("q-learning", "gridworld?layout=rooms", {}, 8)
    other.restore(training.checkpoint())
    assert [[value.hex() for value in row] for row in other.table] == [[value.hex() for value in row] for row in training.table]


def test_between_two_episodes_no_snapshot_is_kept(training):
    while not training.at_boundary():
        training.step_once()
    assert set(training.checkpoint().arrays) == {"q"}
