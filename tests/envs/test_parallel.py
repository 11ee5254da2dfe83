"""Parallel environments: agents that die stay dead, come late, or are revived in vain; all of it survives rollbacks."""

from __future__ import annotations

import random
from typing import Any

import numpy as np
import pytest
from gymnasium import spaces
from hypothesis import given, settings
from hypothesis import strategies as st

from rollback.envs import from_gymnasium, from_parallel_env, pong_v0
from rollback.envs.episodes import seed_of
from rollback.errors import GameError
from rollback.state import diff
from tests.envs.rough_matches import (
    drawn,
    hold_in_a_sync_test,
    hold_that_replays_agree,
    hold_that_snapshots_are_its_own,
    play_roughly,
    straight,
)
from tests.envs.toy_environments import Cliffs


def cliffs(**settings: Any) -> Any:
    return from_parallel_env(Cliffs, **settings)


class Late(Cliffs):
    """Climber 2 comes after five steps; before, it is nowhere."""

    def reset(self, seed: int | None = None, options: Any = None) -> Any:
        super().reset(seed)
        self.agents = self.agents[:2]
        return {agent: self.heights[agent] for agent in self.agents}, {agent: {} for agent in self.agents}

    def step(self, actions: Any) -> Any:
        results = super().step(actions)
        if self.clock == 5 and self.agents:
            self.agents = [*self.agents, self.possible_agents[2]]
        return results


class Necromancer(Cliffs):
    """Revives the dead, against the rules: whoever died is among the agents again."""

    def step(self, actions: Any) -> Any:
        results = super().step(actions)
        self.agents = [] if self.clock >= self.longest else list(self.possible_agents)
        return results


class Vanishing(Cliffs):
    """Climber 1 is gone after three steps without a word."""

    def step(self, actions: Any) -> Any:
        results = super().step(actions)
        if self.clock >= 3:
            self.agents = [agent for agent in self.agents if agent != "climber_1"]
        return results


KINDS = [Cliffs, Late, Necromancer, Vanishing]


@pytest.mark.parametrize("kind", KINDS)
def test_climbers_agree_over_a_bad_network(kind: Any) -> None:
    game = play_roughly(lambda: from_parallel_env(kind), 150)
    assert game.episode > 2 and all(score > 5 for score in game.scores())


@pytest.mark.parametrize("kind", KINDS)
def test_replays_lead_to_the_same_snapshots(kind: Any) -> None:
    hold_that_replays_agree(lambda: from_parallel_env(kind))
    hold_that_snapshots_are_its_own(from_parallel_env(kind))
    hold_in_a_sync_test(from_parallel_env(kind), 40)


def plainly(seed: int, moves: list[list[int]]) -> tuple[list[float], int]:
    """Play by hand, and return the scores and the number of the episode."""
    env, episode, scores = Cliffs(), 0, [0.0] * 3
    env.reset(seed_of(seed, 0))
    for row in moves:
        if not env.agents:
            episode += 1
            env.reset(seed_of(seed, episode))
            continue
        acting = dict(zip(env.possible_agents, row, strict=True))
        rewards = env.step({agent: acting[agent] for agent in env.agents})[1]
        for player, agent in enumerate(env.possible_agents):
            scores[player] += float(rewards.get(agent, 0.0))
    return scores, episode


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 1000), st.lists(st.lists(st.integers(0, 3), min_size=3, max_size=3), max_size=60))
def test_scores_are_those_of_an_environment_played_by_hand(seed: int, moves: list[list[int]]) -> None:
    game = cliffs()
    game.reset(seed)
    dice = random.Random(seed)
    for row in moves:
        state = game.save()
        if dice.random() < 0.5:  # a wrong guess, taken back
            game.step(drawn(game, dice))
            game.load(state)
        game.step([np.int64(move) for move in row])
    assert (list(game.scores()), game.episode) == plainly(seed, moves)


def first_death(game: Any) -> int:
    game.reset(2)
    for _ in range(17):
        game.step([np.int64(3)] * 3)
        if not all(game.alive):
            assert any(game.alive)
            return int(game.alive.index(False))
    raise AssertionError("nobody died")


def test_who_died_stays_dead_and_its_actions_are_ignored() -> None:
    game = cliffs()
    dead = first_death(game)
    assert game.terminated[dead] and not game.truncated[dead] and game.rewards[dead] == 1.5
    seen, returned = game.observe(dead).tolist(), game.returns[dead]
    state, outcomes = game.save(), []
    for action in range(4):
        game.load(state)
        game.step([np.int64(action) if player == dead else np.int64(0) for player in range(3)])
        outcomes.append(game.save())
    assert all(diff(outcome, outcomes[0]) == [] for outcome in outcomes)
    assert game.rewards[dead] == 0.0 and game.returns[dead] == returned
    assert game.observe(dead).tolist() == seen and game.terminated[dead] and game.infos[dead] == {}


def test_who_is_revived_against_the_rules_stays_dead_in_the_books() -> None:
    game = from_parallel_env(Necromancer)
    dead = first_death(game)
    while not game.is_between:
        before = game.returns[dead]
        game.step([np.int64(3)] * 3)
        assert not game.alive[dead] and game.returns[dead] == before


def test_who_comes_late_lives_from_then_on() -> None:
    game = from_parallel_env(Late)
    game.reset(0)
    assert game.alive == (True, True, False) and game.observe(2) is None
    assert not game.terminated[2] and game.agents == ("climber_0", "climber_1", "climber_2")
    for _ in range(5):
        assert not game.alive[2]
        game.step([np.int64(1)] * 3)
    assert game.alive == (True, True, True)
    game.step([np.int64(2)] * 3)
    assert game.rewards == (1.0, 1.0, 1.0) and game.observe(2)[0] == 2


def test_who_vanishes_without_a_word_counts_as_terminated() -> None:
    game = from_parallel_env(Vanishing)
    game.reset(0)
    for _ in range(3):
        game.step([np.int64(0)] * 3)
    assert game.alive == (True, False, True) and game.terminated == (False, True, False)


def test_a_time_limit_truncates_all_and_the_next_frame_begins_anew() -> None:
    game = cliffs()
    game.reset(0)
    for _ in range(18):
        assert not game.is_between
        game.step([np.int64(1)] * 3)
    assert game.is_between and game.truncated == (True,) * 3 and game.terminated == (False,) * 3
    assert game.returns == (9.0,) * 3 and game.step_in_episode == 18
    game.step([np.int64(1)] * 3)
    assert game.episode == 1 and game.returns == (0.0,) * 3 and game.scores() == (9.0,) * 3 and all(game.alive)


def test_what_is_no_state_tree_is_left_out_of_infos_and_told() -> None:
    game = cliffs()
    game.reset(0)
    game.step([np.int64(1)] * 3)
    info = game.infos[1]
    assert set(info) == {"steps", "where"} and info["where"].tolist() == game.observe(1).tolist()
    assert any("infos" in note for note in game.notes)


def test_rows_that_the_environment_reuses_are_copied() -> None:
    game = cliffs()
    game.reset(0)
    game.step([np.int64(1)] * 3)
    state = game.save()
    game.env.heights["climber_0"][:] = 99
    assert state["observations"][0][0] == 1 == game.observe(0)[0]


def test_episodes_may_be_counted() -> None:
    game = play_roughly(lambda: cliffs(episodes=3), 200)
    assert game.over and game.episode == 2 and game.is_between


def test_idle_actions_and_keys_may_be_given_for_each_agent() -> None:
    game = cliffs(idle={"climber_0": 0, "climber_1": 2, "climber_2": 1}, keys={"climber_0": {"up": 3}, "climber_1": {"w": 1}})
    assert [int(game.idle(player)) for player in range(3)] == [0, 2, 1] and game.has_noop
    assert [dict(game.keys(player)) for player in range(3)] == [{"up": 3}, {"w": 1}, {}]


def test_what_it_says_of_itself() -> None:
    game = cliffs()
    assert game.fps == 12 and game.players == 3 and "saved by" in game.game_version
    assert game.game_id == "pettingzoo:tests.envs.toy_environments" or game.game_id.endswith("toy_environments")
    assert game.spaces(2)[1] == spaces.Discrete(4)
    other = game.another()
    assert diff(straight(game, 30)[-1], straight(other, 30)[-1]) == []


def test_an_environment_itself_may_be_given_and_copied() -> None:
    game = from_parallel_env(Cliffs(2))
    assert game.players == 2
    other = game.another()
    assert other.env is not game.env
    assert diff(straight(game, 30)[-1], straight(other, 30)[-1]) == []


class Uncopied(Cliffs):
    def __deepcopy__(self, memo: Any) -> Any:
        raise TypeError("there is only one")


def test_one_that_cannot_be_copied_says_what_to_give() -> None:
    with pytest.raises(GameError, match="give a function that makes it instead"):
        from_parallel_env(Uncopied()).another()


class Nobody(Cliffs):
    def __init__(self) -> None:
        super().__init__()
        self.possible_agents = []


@pytest.mark.parametrize(
    ("given", "told"),
    [
        (3, "is no environment"),
        (lambda: 3, "it has no step and reset"),
        (Nobody, "no possible_agents"),
        (lambda: Cliffs(17), "17 players: a match is for 1 to 16"),
        ("no.such.module_v3", "there is no module"),
        ("json", "neither parallel_env"),
    ],
)
def test_what_cannot_be_played_is_refused_in_a_sentence(given: Any, told: str) -> None:
    with pytest.raises(GameError, match=told) as caught:
        from_parallel_env(given)
    assert "\n" not in str(caught.value)


def test_one_of_gymnasium_is_sent_to_where_it_belongs() -> None:
    import gymnasium

    with pytest.raises(GameError, match="for one of Gymnasium use from_gymnasium"):
        from_parallel_env(lambda: gymnasium.make("CartPole-v1"))
    with pytest.raises(GameError, match="Cliffs, no Gymnasium environment"):
        from_gymnasium(Cliffs, share="race")


# Of PettingZoo's own.


def test_agents_that_act_one_after_the_other_are_converted_where_that_is_right() -> None:
    game = play_roughly(lambda: from_parallel_env("pettingzoo.classic.rps_v2"), 120)
    assert game.agents == ("player_0", "player_1") and game.episode > 0
    assert game.spaces(0)[1].n == 3


def test_agents_that_truly_take_turns_are_refused() -> None:
    with pytest.raises(GameError, match=r"the agents act one after the other .* is_parallelizable"):
        from_parallel_env("pettingzoo.classic.tictactoe_v3")


def test_a_particle_environment_is_played_over_a_bad_network() -> None:
    game = play_roughly(lambda: from_parallel_env("mpe2.simple_tag_v3"), 40)
    assert game.players == 4 and game.has_noop and game.agents[0] == "adversary_0" and game.episode > 0
    assert game.keys(0)["left"] == 1 and game.fps == 10


def test_a_built_in_game_is_played_as_an_environment_by_its_own_bot() -> None:
    game = play_roughly(lambda: from_parallel_env(pong_v0.parallel_env), 150)
    assert game.saver.name == "get_state" and game.has_noop
    assert type(game.bot(1)).__name__ == "SpaceBot"
    assert game.draw() == game.env.unwrapped.game.draw()
    assert game.action_for({"w"}, 0).tolist() == game.env.unwrapped.get_keys_to_action("player_0")[(ord("w"),)].tolist()
