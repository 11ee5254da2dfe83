"""A race: one copy a player from the same seed; who is done waits, and nothing is counted twice."""

from __future__ import annotations

import math
import random
from typing import Any, ClassVar

import gymnasium
import numpy as np
import pytest
from gymnasium.spaces import MultiBinary
from hypothesis import given, settings
from hypothesis import strategies as st

from rollback import SessionConfig
from rollback.envs import from_gymnasium
from rollback.envs.episodes import seed_of
from rollback.errors import GameError
from rollback.sim import VirtualMatch
from rollback.state import diff, why_not_tree
from tests.envs.rough_matches import (
    ROUGH,
    drawn,
    hold_in_a_sync_test,
    hold_that_replays_agree,
    hold_that_snapshots_are_its_own,
    play_roughly,
    straight,
)
from tests.envs.toy_environments import Crew, Walk


def cart_pole() -> Any:
    return from_gymnasium("CartPole-v1", share="race")


def cart_pole_with_pictures() -> Any:
    return from_gymnasium(lambda: gymnasium.make("CartPole-v1", render_mode="rgb_array"), share="race")


def walk() -> Any:
    return from_gymnasium(Walk, share="race", idle=0)


def test_cart_poles_race_over_a_bad_network() -> None:
    game = play_roughly(cart_pole, 300)
    assert game.episode > 2 and min(game.scores()) > 20


def test_walkers_race_over_a_bad_network() -> None:
    game = play_roughly(lambda: from_gymnasium(Walk, 3, "race", idle=0))
    assert game.episode > 1 and game.players == 3


@pytest.mark.parametrize("make", [cart_pole, walk])
def test_replays_lead_to_the_same_snapshots(make: Any) -> None:
    hold_that_replays_agree(make)
    hold_that_snapshots_are_its_own(make())


@pytest.mark.parametrize("make", [cart_pole, walk])
def test_a_session_that_distrusts_it_finds_nothing(make: Any) -> None:
    hold_in_a_sync_test(make())


def test_all_copies_begin_alike_and_differ_by_what_their_players_do() -> None:
    game = cart_pole()
    game.reset(3)
    assert game.observe(0).tolist() == game.observe(1).tolist()
    game.step([np.int64(0), np.int64(0)])
    assert game.observe(0).tolist() == game.observe(1).tolist()
    game.step([np.int64(0), np.int64(1)])
    assert game.observe(0).tolist() != game.observe(1).tolist()


def plainly(seed: int, frames: int, actions: list[list[int]], players: int) -> tuple[list[float], int]:
    """Play walkers by hand, with the rules of a race, and return the scores and the number of the episode."""
    copies = [Walk() for _ in range(players)]
    scores, episode, done = [0.0] * players, 0, [False] * players
    for copy in copies:
        copy.reset(seed=seed_of(seed, 0))
    for frame in range(frames):
        if all(done):
            episode, done = episode + 1, [False] * players
            for copy in copies:
                copy.reset(seed=seed_of(seed, episode))
            continue
        for player, copy in enumerate(copies):
            if not done[player]:
                _, reward, ended, _, _ = copy.step(actions[frame][player])
                scores[player] += float(reward)
                done[player] = bool(ended)
    return scores, episode


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 1000), st.lists(st.tuples(st.sampled_from([-1, 0, 1]), st.sampled_from([-1, 0, 1])), max_size=80))
def test_scores_are_those_of_environments_played_by_hand(seed: int, moves: list[tuple[int, int]]) -> None:
    game = walk()
    game.reset(seed)
    dice = random.Random(seed)
    for row in moves:
        state = game.save()
        if dice.random() < 0.5:  # a wrong guess, taken back
            game.step(drawn(game, dice))
            game.load(state)
        game.step([np.int64(move) for move in row])
    assert (list(game.scores()), game.episode) == plainly(seed, len(moves), [list(row) for row in moves], 2)


def ended_for_one(game: Any) -> int:
    """Step until exactly one player is done, and return it."""
    dice = random.Random(1)
    game.reset(0)
    while sum(game.alive) != 1:
        game.step(drawn(game, dice))
    return int(game.alive.index(False))


def test_who_is_done_waits_for_the_others() -> None:
    game = cart_pole()
    done = ended_for_one(game)
    assert game.rewards[done] == 1.0 and game.terminated[done] and not game.is_between
    seen, returned = game.observe(done).tolist(), game.returns[done]
    step = game.step_in_episode
    game.step([game.idle(0), game.idle(1)])
    assert game.rewards[done] == 0.0 and game.rewards[1 - done] == 1.0
    assert game.observe(done).tolist() == seen and game.returns[done] == returned
    assert game.infos[done] == {} and game.terminated[done] and game.step_in_episode == step + 1


def test_the_frame_after_the_end_resets_and_ignores_its_actions() -> None:
    game = walk()
    game.reset(0)
    while not game.is_between:
        game.step([np.int64(1), np.int64(1)])
    assert not any(game.alive) and sum(game.terminated) == 2 and game.episode == 0
    ended, scores = game.save(), game.scores()
    after = []
    for action in (-1, 1):
        game.load(ended)
        game.step([np.int64(action)] * 2)
        after.append(game.save())
    assert diff(*after) == []
    assert game.episode == 1 and game.step_in_episode == 0 and game.rewards == game.returns == (0.0, 0.0)
    assert game.scores() == scores and all(game.alive) and not any(game.terminated) and not game.is_between
    fresh = Walk()
    assert game.observe(0).tolist() == fresh.reset(seed=seed_of(0, 1))[0].tolist()


def test_a_reset_begins_the_match_anew() -> None:
    game = walk()
    first = straight(game, 60, seed=4)
    assert first[-1]["episode"] > 0 and any(game.scores())
    assert diff(straight(game, 60, seed=4)[-1], first[-1]) == []
    game.reset(4)
    assert game.scores() == (0.0, 0.0) and game.episode == 0


def test_it_is_over_after_the_wanted_number_of_episodes() -> None:
    game = from_gymnasium(Walk, share="race", idle=0, episodes=2)
    game.reset(0)
    states = []
    while not game.over:
        states.append(game.save())
        game.step([np.int64(0)] * 2)
        assert len(states) < 500
    assert game.episode == 1 and game.is_between
    game.load(states[-1])
    assert not game.over
    game.step([np.int64(0)] * 2)
    assert game.over
    assert not from_gymnasium(Walk, share="race", idle=0).over


def test_a_match_ends_with_the_last_episode_on_all_peers() -> None:
    game = play_roughly(lambda: from_gymnasium(Walk, share="race", idle=0, episodes=2), 400)
    assert game.over and game.episode == 1


def test_arrays_that_the_environment_reuses_do_not_change_what_was_saved() -> None:
    game = walk()
    game.reset(1)
    state = game.save()
    seen = state["observations"][0].tolist()
    for _ in range(3):
        game.step([np.int64(1), np.int64(1)])
    assert state["observations"][0].tolist() == seen
    told = game.save()["infos"][0]["place"].tolist()
    assert told == game.observe(0).tolist()
    game.copies[0].place[:] = 77
    assert game.infos[0]["place"].tolist() == told == game.observe(0).tolist()


class Hoarder(Walk):
    """Hands out arrays that it holds on to in many ways, and changes all of them with the next step."""

    WAYS: ClassVar[dict[str, Any]] = {
        "itself": lambda array: array,
        "in a tuple": lambda array: (array,),
        "as a view": lambda array: array[:],
        "as memory": memoryview,
        "by a method": lambda array: array.fill,
    }

    def __init__(self, way: str) -> None:
        super().__init__()
        self.way, self.held = way, None

    def step(self, action: Any) -> Any:
        held: Any = self.held
        for array in (held, *(held if isinstance(held, tuple) else ()), getattr(held, "__self__", None)):
            if isinstance(array, np.ndarray | memoryview):
                np.asarray(array)[:] = 99
        observation, *rest = super().step(action)
        observation = observation.copy()
        self.held = self.WAYS[self.way](observation)
        return observation, *rest


@pytest.mark.parametrize("share", ["race", "turns"])
@pytest.mark.parametrize("way", Hoarder.WAYS)
def test_arrays_that_the_environment_holds_on_to_in_any_way_are_copied(way: str, share: str) -> None:
    game = from_gymnasium(lambda: Hoarder(way), share=share, idle=0, saver="simulated again")
    straight_on = from_gymnasium(Walk, share=share, idle=0)
    states, right = [], []
    for one, kept in ((game, states), (straight_on, right)):
        one.reset(1)
        for _ in range(5):
            one.step([np.int64(1), np.int64(1)])
            kept.append(one.save()["observations"][0])
    assert [view.tolist() for view in states] == [view.tolist() for view in right]
    assert not any(view.flags.writeable for view in states)


def test_arrays_that_nobody_else_holds_are_taken_as_they_are() -> None:
    made: list[int] = []

    class Giver(Walk):
        def step(self, action: Any) -> Any:
            observation, *rest = super().step(action)
            observation = observation.copy()
            made.append(id(observation))
            return observation, *rest

    game = from_gymnasium(Giver, share="race", idle=0)
    game.reset(1)
    game.step([np.int64(1), np.int64(0)])
    assert [id(view) for view in game.save()["observations"]] == made[-2:]


def test_what_is_observed_may_be_written_into() -> None:
    game = walk()
    view = game.observe(0)
    before = view.tolist()
    view[:] = 55
    assert game.observe(0).tolist() == before


def test_rewards_are_floats_and_nan_is_one() -> None:
    game = from_gymnasium(lambda: Walk(nan=True, chance=0.0), 1, "race", idle=0)
    game.reset(0)
    for _ in range(3):
        game.step([np.int64(1)])
    assert [type(reward) for reward in game.rewards] == [float]
    assert math.isnan(game.rewards[0]) and math.isnan(game.scores()[0])
    assert why_not_tree(game.save()) is None
    again = from_gymnasium(lambda: Walk(nan=True, chance=0.0), 1, "race", idle=0)
    again.load(game.save())
    assert diff(again.save(), game.save()) == []


class Fragile(Walk):
    """Raises in the middle of a step to the right, once it is armed: after the probe."""

    armed: ClassVar[bool] = False

    def step(self, action: Any) -> Any:
        result = super().step(action)
        if action == 1 and Fragile.armed:
            raise ValueError("too far")
        return result


def test_a_step_that_raised_can_be_taken_back(monkeypatch: pytest.MonkeyPatch) -> None:
    game = from_gymnasium(Fragile, share="race", idle=0)
    states = straight(game, 12)
    monkeypatch.setattr(Fragile, "armed", True)
    with pytest.raises(ValueError, match="too far"):
        game.step([np.int64(0), np.int64(1)])
    game.load(states[-1])
    assert diff(game.save(), states[-1]) == []
    game.step([np.int64(0), np.int64(-1)])
    assert game.rewards[1] == -1.0


def test_a_step_that_raises_on_a_guess_does_not_end_the_match(monkeypatch: pytest.MonkeyPatch) -> None:
    """Player 1 steps right where player 0 stands still, and never the other way: only guesses bring both together."""

    class Quarrel(Crew):
        def step(self, action: Any) -> Any:
            result = super().step(action)
            if list(action) == [1, 1] and Fragile.armed:
                raise ValueError("both rowed")
            return result

    def act(game: Any, player: int) -> Any:
        return np.int64(player == game.save()["step"] // 5 % 2)

    make = lambda: from_gymnasium(lambda: Quarrel(MultiBinary(2)), share="split")  # noqa: E731
    make()
    monkeypatch.setattr(Fragile, "armed", True)
    config = SessionConfig(input_delay=0)
    match = VirtualMatch(make, config=config, link=ROUGH, seed=4, act=act)
    report = match.run(frames=150)
    assert report.parity and sum(report.rollbacks) > 0 and report.lost > 0


def test_nothing_is_drawn_unless_asked_for() -> None:
    game = from_gymnasium(lambda: Walk(render_mode="rgb_array"), 3, "race", idle=0)
    straight(game, 40)
    assert all(copy.drawn == 0 for copy in game.copies)
    assert game.render().shape == (4, 18, 3)
    assert all(copy.drawn == 0 for copy in game.copies)  # another one was drawn, with their states


def test_who_draws_and_who_does_not_hold_the_same_states() -> None:
    one, other = cart_pole_with_pictures(), cart_pole_with_pictures()
    one.reset(2)
    other.reset(2)
    dice = random.Random(2)
    for _ in range(30):
        actions = drawn(one, dice)
        assert one.render().shape == (400, 1200, 3)
        one.step(actions)
        other.step(actions)
        assert diff(one.save(), other.save()) == []


def test_what_was_played_before_leaves_no_trace_in_the_next_match() -> None:
    old, new = cart_pole(), cart_pole()
    straight(old, 120, seed=8)
    old.reset(3)
    new.reset(3)
    assert diff(old.save(), new.save()) == []


def test_texts_stand_one_below_the_other() -> None:
    game = from_gymnasium(lambda: Walk(render_mode="ansi"), 2, "race", idle=0)
    game.reset(0)
    game.step([np.int64(1), np.int64(-1)])
    assert game.render() == "at 1\n\nat -1"


def test_without_a_picture_it_says_how_it_stands() -> None:
    game = walk()
    game.reset(0)
    game.step([np.int64(1), np.int64(0)])
    lines = game.render().splitlines()
    assert lines[0] == "episode 0, step 1"
    assert [line.split() for line in lines[1:]] == [
        ["player_0", "plays", "1.00", "1.00"],
        ["player_1", "plays", "0.00", "0.00"],
    ]


@pytest.mark.parametrize(
    ("spoil", "told"),
    [
        (lambda state: None, "no snapshot of"),
        (lambda state: {}, "no snapshot of .* KeyError"),
        (lambda state: {**state, "rewards": (1.0,)}, "another environment"),
        (lambda state: {**state, "alive": (True, True, True)}, "another environment"),
        (lambda state: {**state, "rewards": ("a", 1.0)}, "where numbers do"),
        (lambda state: {**state, "episode": "first"}, "where numbers do"),
        (lambda state: {**state, "observations": ()}, "another environment"),
        (lambda state: {**state, "environment": (1,)}, "another number of copies"),
        (lambda state: {**state, "environment": (1, 2)}, "."),
    ],
)
def test_what_is_no_snapshot_is_refused_and_the_game_goes_on(spoil: Any, told: str) -> None:
    game = cart_pole()
    states = straight(game, 20)
    with pytest.raises(GameError, match=told):
        game.load(spoil(states[-1]))
    game.load(states[10])
    assert diff(game.save(), states[10]) == []


def test_another_game_is_fresh_and_alike() -> None:
    game = cart_pole()
    states = straight(game, 30)
    other = game.another()
    assert type(other) is type(game) and other.game_id == game.game_id and other.copies[0] is not game.copies[0]
    assert diff(straight(other, 30)[-1], states[-1]) == []


def test_what_it_says_of_itself() -> None:
    game = cart_pole()
    assert game.game_id == "gym:CartPole-v1?players=2&share=race"
    assert game.agents == ("player_0", "player_1") and game.fps == 50 and not game.has_noop and game.watchers == ()
    assert f"gymnasium {gymnasium.__version__}, numpy {np.__version__}, saved by generated" in game.game_version
    observed, acted = game.spaces(1)
    assert observed.contains(game.observe(1)) and acted == gymnasium.spaces.Discrete(2)
    assert acted.contains(game.bot(0).act(None, None)[0])


def test_who_samples_from_the_spaces_changes_no_state() -> None:
    game = from_gymnasium(Walk(), 1, idle=0)
    game.reset(0)
    state = game.save()
    for space in game.spaces(0):
        space.seed(5)
        space.sample()
    assert diff(game.save(), state) == []


def test_a_single_player_may_race_alone() -> None:
    game = from_gymnasium("CartPole-v1", 1)
    states = straight(game, 100)
    assert states[-1]["episode"] > 1 and game.scores()[0] > 50


def test_an_environment_that_is_there_once_cannot_race() -> None:
    with pytest.raises(GameError, match="a copy of Walk for every player, and this one is there once"):
        from_gymnasium(Walk(), share="race", idle=0)
    assert from_gymnasium(Walk(), 1, idle=0).players == 1


def test_a_registered_environment_is_copied_with_its_wrappers() -> None:
    class Own(gymnasium.Wrapper):
        pass

    with pytest.raises(GameError, match="Own wrapper does not inherit"):
        from_gymnasium(Own(gymnasium.make("CartPole-v1")), share="race")
    env = gymnasium.wrappers.ClipReward(gymnasium.make("CartPole-v1", max_episode_steps=30), 0, 0.5)
    game = from_gymnasium(env, share="race")
    game.reset(0)
    game.step([np.int64(0), np.int64(1)])
    assert game.rewards == (0.5, 0.5)


def test_a_function_that_gives_the_same_environment_twice_is_found_out() -> None:
    env = Walk()
    with pytest.raises(GameError, match="the same environment twice"):
        from_gymnasium(lambda: env, share="race", idle=0)
