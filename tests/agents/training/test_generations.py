"""Training by generations, with a game made for the test: counting, slices, saving, and what a kind of training must bring."""

import hashlib
from dataclasses import dataclass

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rollback.agents.checkpoints import Checkpoint
from rollback.agents.training import generations
from rollback.agents.training.generations import PARAMETERS, Generations, played
from rollback.agents.training.parameters import Parameter
from rollback.agents.training.whole import whole
from rollback.errors import CheckpointError, RollbackError
from rollback.sim.pool.played import Played

TOP = (6_000, -5_291)  # the direction that is best


class Walk:
    """So many steps; worth more the nearer the weights are to the top."""

    def __init__(self, spec):
        self.spec, self.made = spec, 0

    @property
    def is_over(self):
        return self.made == self.spec.length

    def run(self, steps):
        if self.spec.length > 90:
            raise ValueError("it cannot be played")
        made = min(steps, self.spec.length - self.made)
        self.made += made
        return made

    def result(self):
        return -sum(abs(a - b) for a, b in zip(self.spec.weights, TOP, strict=True)), self.made

    def saved(self):
        return {"made": self.made}


@dataclass(frozen=True)
class WalkSpec:
    weights: tuple
    length: int
    seed: int = 0
    tags = {}  # noqa: RUF012
    name = "walk"

    def begin(self, saved=None):
        walk = Walk(self)
        if saved is not None:
            if not 0 <= saved.get("made", -1) < self.length:
                raise CheckpointError("no walk")
            walk.made = saved["made"]
        return walk

    def play(self, seed, shared):
        walk = self.begin()
        walk.run(self.length)
        ahead, steps = walk.result()
        return Played(hashlib.sha256(b"%d" % ahead).hexdigest(), (ahead,), {"frames": steps})

    def to_dict(self):
        return {"kind": "walk"}

    def parcels(self):
        return {}


class Walking(Generations):
    name, environments, size = "walking", ("hill",), 2
    parameters = (
        Parameter("population", 10, 4, 100, whole=True),
        Parameter("walks", 2, 1, 5, whole=True),
        *PARAMETERS,
    )
    heard = 0

    @property
    def trials(self):
        return self.of("walks")

    def spec(self, number):
        return WalkSpec(whole(self._vectors[number // self.trials]), 3 + number % self.trials)

    def scored(self, results):
        return sum(value for value, _ in results)

    def told(self, result):
        return {"lack": float(-result[0])}

    def moved(self):
        self.heard += 1

    def fitting(self):
        return "ab" * 32

    def learned(self):
        return {}


def walking(seed=1, **parameters):
    return Walking("hill", {"elite": 3, **parameters}, seed)


def test_it_moves_to_where_the_best_are():
    training = walking(population=30, elite=6)
    while training.cloud.generation < 25:
        training.advance(1_000)
    assert whole(training.cloud.mean) == pytest.approx(TOP, abs=250)
    assert training.heard == training.cloud.generation, "a kind of training is told of every move"


def test_each_vector_plays_its_trials_one_vector_after_the_other():
    training = walking()
    points = training.advance(10 * 7)
    assert [point.length for point in points] == [3, 4] * 10
    assert [point.extra["generation"] for point in points] == [1.0] * 20
    assert [point.step for point in points[:3]] == [3, 7, 10]
    assert training.cloud.generation == 1 and training.at_boundary()
    assert [point.reward for point in points] == [-point.extra["lack"] for point in points]
    assert all(points[place].reward == points[place + 1].reward for place in range(0, 20, 2)), "of one vector"
    assert training.advance(1) == [] and not training.at_boundary()


@settings(max_examples=30, deadline=None)
@given(st.lists(st.integers(0, 90), max_size=8), st.booleans())
def test_slices_and_saves_make_no_difference(slices, is_saved):
    whole_way, sliced, found = walking(4), walking(4), []
    for steps in slices:
        found += sliced.advance(steps)
        if is_saved:
            fresh = walking(4)
            fresh.restore(Checkpoint.load(sliced.checkpoint().to_bytes()))
            sliced = fresh
    assert found == whole_way.advance(sum(slices))
    assert sliced.checkpoint().hash == whole_way.checkpoint().hash
    assert sliced.advance(100) == whole_way.advance(100)


def test_a_checkpoint_says_where_it_stood_and_whose_child_it_is():
    training = walking(7)
    training.advance(33)
    saved = training.checkpoint(parent="0" * 64, metrics={"lines": 2.0})
    assert (saved.step, saved.episode, saved.epsilon) == (33, training.episodes, 0.0)
    assert saved.parameters == {**training.settings, "seed": 7}
    assert (saved.parent, saved.metrics) == ("0" * 64, {"lines": 2.0})


def test_one_that_is_refused_leaves_everything_as_it_was():
    training, other = walking(), walking(walks=3)
    training.advance(50)
    before = training.checkpoint()
    other.advance(3 * 3 * 10 + 5)
    assert other.cloud.generation == 0
    while len(other._results) < 20:
        other.advance(1)
    with pytest.raises(CheckpointError, match="are none of its generation"):
        training.restore(other.checkpoint())
    assert training.checkpoint().hash == before.hash


def test_a_game_that_cannot_be_played_is_told_with_its_reason():
    with pytest.raises(RollbackError, match=r"a game of the training could not be played: ValueError: it cannot be played$"):
        played([WalkSpec((0, 0), 91)], 1)


def test_results_come_in_the_order_of_the_specs():
    specs = [WalkSpec((number, 0), 1 + number) for number in range(12)]
    assert [steps for _, steps in played(specs, 1)] == list(range(1, 13))
    assert played([], 1) == []


def test_with_several_processes_a_long_generation_is_played_in_rounds_so_that_orders_are_heard(monkeypatch):
    rounds = []

    def alone(specs, workers):
        rounds.append(len(specs))
        return played(specs, 1)

    monkeypatch.setattr(generations, "played", alone)
    monkeypatch.setattr(Walking, "round", 300)
    several, one = walking(workers=2), walking()
    points = several.advance(1)
    assert rounds == [6], "of a generation of 20 games, each taken for one of 100 steps"
    while several.cloud.generation < 2:
        points += several.advance(1)
    assert sum(rounds) == 40 and len(rounds) == 8
    assert points == one.advance(several.steps)
    assert several.cloud.mean == one.cloud.mean
