from __future__ import annotations

import random
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rollback.envs.saving.probe import Episode, refusal
from rollback.envs.saving.resimulation import MAX_STEPS, Resimulation
from rollback.errors import GameError
from rollback.state import is_tree
from rollback.wire import pack_tree, unpack_tree
from tests.envs.faulty_environments import Bare, Handled, Walk, episode_of


class Counted:
    """A sum of actions, which counts what is done to it."""

    def __init__(self) -> None:
        self.sum, self.steps, self.resets = 0.0, 0, 0
        self.episode = Episode(self.reset, self.step, lambda dice: dice.randrange(5), lambda: False)

    def reset(self, seed: int) -> float:
        self.sum, self.resets = float(seed), self.resets + 1
        return self.sum

    def step(self, actions: Any) -> Any:
        values = actions if isinstance(actions, int) else actions["ann"]
        if isinstance(values, np.ndarray):
            values += 0  # raises for arrays that are read-only
        self.sum = self.sum * 3 % 1009 + float(np.sum(values))
        self.steps += 1
        return self.sum, 0.0, False, False


def played(env: Counted, saver: Resimulation, seed: int, actions: list[Any]) -> None:
    env.episode.reset(seed)
    saver.began(seed)
    for action in actions:
        env.episode.step(action)
        saver.stepped(action)


def made() -> tuple[Counted, Resimulation]:
    env = Counted()
    return env, Resimulation(env.episode)


def test_a_snapshot_is_the_seed_and_what_was_done() -> None:
    env, saver = made()
    played(env, saver, 5, [1, 2])
    state = saver.save()
    assert is_tree(state) and state["seed"] == 5 and state["steps"] == 2
    assert saver.digest() == state and len(state["actions"]) < 20


def test_going_back_plays_the_episode_again() -> None:
    env, saver = made()
    played(env, saver, 5, [1, 2, 3])
    state, before = saver.save(), env.sum
    played(env, saver, 9, [4])
    env.steps = env.resets = 0
    saver.load(state)
    assert (env.sum, env.steps, env.resets) == (before, 3, 1)
    assert saver.save() == state


def test_going_forward_on_the_same_way_takes_the_missing_steps_only() -> None:
    env, saver = made()
    played(env, saver, 5, [1, 2, 3, 4])
    late, after = saver.save(), env.sum
    other, behind = made()
    played(other, behind, 5, [1, 2])
    behind.load(late)
    assert (other.sum, other.steps, other.resets) == (after, 4, 1)
    behind.load(late)
    assert other.steps == 4  # nothing is missing now


def test_another_way_from_the_same_seed_is_played_from_its_reset() -> None:
    env, saver = made()
    played(env, saver, 5, [1, 2, 3])
    state = saver.save()
    other, there = made()
    played(other, there, 5, [1, 4])
    there.load(state)
    assert (other.sum, other.resets) == (env.sum, 2)


def test_actions_are_copied_when_they_are_told() -> None:
    env, saver = made()
    action = {"ann": np.array([1.0, 2.0])}
    played(env, saver, 1, [action])
    state, before = saver.save(), env.sum
    action["ann"][:] = 7
    assert saver.save() == state
    env.reset(0)
    saver.began(0)
    saver.load(state)
    assert env.sum == before


@pytest.mark.parametrize("seed", range(20))
def test_any_state_of_any_episode_comes_back(seed: int) -> None:
    dice = random.Random(seed)
    env, saver = made()
    kept = []
    for episode in range(4):
        played(env, saver, episode, [])
        for _ in range(dice.randrange(30)):
            action = dice.randrange(5)
            env.episode.step(action)
            saver.stepped(action)
            if dice.random() < 0.3:
                kept.append((saver.save(), env.sum))
    dice.shuffle(kept)
    assert len(kept) > 3
    for state, wanted in kept:
        saver.load(unpack_tree(pack_tree(state)))
        assert env.sum == wanted


def test_it_is_right_where_nothing_else_can_save() -> None:
    env = Bare(Handled())
    try:
        episode = episode_of(env)
        assert refusal(Resimulation(episode), episode) is None
    finally:
        env.close()


def test_a_state_before_the_first_reset_can_be_loaded() -> None:
    env, saver = made()
    state = saver.save()
    played(env, saver, 5, [1])
    saver.load(state)
    assert saver.save() == state and env.resets == 1


def test_a_load_that_fails_halfway_is_told_and_the_next_one_starts_from_the_reset() -> None:
    env, saver = made()
    played(env, saver, 5, [1, 2])
    good, before = saver.save(), env.sum
    played(env, saver, 5, [1, 2])
    bad = {"seed": 5, "steps": 3, "actions": good["actions"] + (len(pack_tree("x"))).to_bytes(2, "little") + pack_tree("x")}
    with pytest.raises(GameError, match="cannot be brought to this state again: TypeError"):
        saver.load(bad)
    env.sum = -1.0
    saver.load(good)
    assert env.sum == before


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"seed": "5"}, "the seed must be a whole number"),
        ({"steps": 3}, "a state of 3 steps must hold the actions of as many"),
        ({"steps": MAX_STEPS + 1}, "may be 100000 steps into its episode"),
        ({"steps": -1}, "may be 100000 steps"),
        ({"actions": b"\xff\xff\x01"}, "must hold the actions of as many"),
        ({"actions": "ab"}, "and the actions bytes"),
        ({"actions": b"\x01\x00\xc1\x01\x00\xc1"}, "cannot be read"),
        ({"seed": None}, "no episode they belong to"),
        ({"more": 1}, "seed, steps and actions are needed"),
    ],
)
def test_what_is_no_such_state_is_refused_before_anything_moves(change: dict[str, Any], words: str) -> None:
    env, saver = made()
    played(env, saver, 5, [1, 2])
    before, counts = env.sum, (env.steps, env.resets)
    with pytest.raises(GameError, match=words):
        saver.load({**saver.save(), **change})
    assert (env.sum, env.steps, env.resets) == (before, *counts)


@given(
    st.one_of(
        st.none(),
        st.binary(max_size=40),
        st.fixed_dictionaries(
            {"seed": st.one_of(st.none(), st.integers(0, 9)), "steps": st.integers(-1, 5), "actions": st.binary(max_size=40)}
        ),
    )
)
def test_no_bytes_raise_anything_but_a_game_error(state: Any) -> None:
    env, saver = made()
    played(env, saver, 5, [1, 2])
    try:
        saver.load(state)
    except GameError:
        pass
    else:
        assert saver.save()["actions"] == state["actions"]


def test_actions_too_large_to_keep_are_refused() -> None:
    _, saver = made()
    saver.began(1)
    with pytest.raises(GameError, match="the actions of a step take"):
        saver.stepped({"ann": np.zeros(5000)})


def test_an_environment_made_of_nothing_but_its_actions_is_as_long_as_they_are() -> None:
    walk = Walk()
    episode = episode_of(walk)
    saver = Resimulation(episode, ("a note",))
    assert saver.notes == ("a note",) and saver.name == "simulated again" and not saver.is_opaque
