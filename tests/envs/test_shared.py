"""One environment for all: in turns, watched, or with its actions split; and who is rewarded for what."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from gymnasium import spaces

from rollback import SessionConfig
from rollback.envs import from_gymnasium
from rollback.errors import GameError
from rollback.game import codecs_of
from rollback.netplay import config_for
from rollback.sim import VirtualMatch
from rollback.state import diff
from tests.envs.rough_matches import (
    ROUGH,
    hold_in_a_sync_test,
    hold_that_replays_agree,
    hold_that_snapshots_are_its_own,
    play_roughly,
    straight,
)
from tests.envs.toy_environments import Crew, Walk

BOX = spaces.Box(-1, 1, (2,), np.float32)
BOATS = {
    "tuple": spaces.Tuple([spaces.Discrete(3), spaces.Discrete(4, start=1)]),
    "dict": spaces.Dict(bow=spaces.Discrete(3), stern=BOX),
    "numbers": spaces.MultiDiscrete([3, 4]),
    "buttons": spaces.MultiBinary(4),
}


def turns(players: int = 2) -> Any:
    return from_gymnasium(Walk, players, "turns", idle=0)


def watched(players: int = 3) -> Any:
    return from_gymnasium(Walk, players, "watch", idle=0)


def crew(kind: str = "numbers", rewards: str = "one", players: int = 2) -> Any:
    return from_gymnasium(lambda: Crew(BOATS[kind], rewards), players, share="split")


MAKERS: list[Any] = [turns, watched, *(lambda kind=kind: crew(kind) for kind in BOATS)]


@pytest.mark.parametrize("make", MAKERS)
def test_peers_agree_over_a_bad_network(make: Any) -> None:
    game = play_roughly(make, 180)
    assert game.episode > 1 and any(game.scores())


@pytest.mark.parametrize("make", MAKERS)
def test_replays_lead_to_the_same_snapshots(make: Any) -> None:
    hold_that_replays_agree(make)
    hold_that_snapshots_are_its_own(make())
    hold_in_a_sync_test(make(), 40)


# Turns.


def test_players_take_turns_by_episode_and_the_others_actions_are_ignored() -> None:
    game = turns(3)
    game.reset(1)
    for episode in range(7):
        acting = episode % 3
        assert game.acting == acting and game.episode == episode
        before = game.save()
        outcomes = []
        for others in (-1, 1):
            game.load(before)
            game.step([np.int64(1) if player == acting else np.int64(others) for player in range(3)])
            outcomes.append(game.save())
        assert diff(*outcomes) == []
        assert game.rewards == tuple(float(player == acting) for player in range(3))
        while not game.is_between:
            game.step([np.int64(0)] * 3)
        assert game.terminated == (True,) * 3 and not any(game.alive)
        game.step([np.int64(0)] * 3)
    assert game.scores() == (3.0, 2.0, 2.0)


def test_all_see_the_same_and_it_is_saved_once() -> None:
    game = turns(4)
    game.reset(0)
    game.step([np.int64(1)] * 4)
    assert len({tuple(game.observe(player)) for player in range(4)}) == 1
    assert len(game.save()["observations"]) == 1 and len(game.infos) == 4
    assert all(game.spaces(player) == game.spaces(0) for player in range(4))


# Watching.


def test_only_player_0_plays_and_watchers_inputs_never_change() -> None:
    game = watched()
    assert game.watchers == (1, 2)
    codecs = codecs_of(game)
    assert codecs[1].describe() == "watching" and codecs[1].size == 1
    assert {codecs[1].encode(action) for action in (-1, 0, 1, None, "anything")} == {b"\0"}
    assert {codecs[1].decode(bytes([byte])) for byte in range(256)} == {game.idle(1)}
    game.reset(0)
    game.step([np.int64(1), np.int64(-1), np.int64(-1)])
    assert game.rewards == (1.0, 0.0, 0.0)
    assert game.keys(1) == {} and game.action_for({"left"}, 1) == 0


def test_a_watcher_sees_certain_frames_only_and_never_rolls_back() -> None:
    configs = [SessionConfig(input_delay=0, prediction_window=window) for window in (8, 0)]
    hands = np.random.default_rng(3)

    def act(game: Any, player: int) -> Any:
        return np.int64(hands.integers(3)) - 1 if player == 0 else None

    match = VirtualMatch(lambda: watched(2), config=configs, link=ROUGH, seed=2, act=act)
    report = match.run(frames=150)
    assert report.parity and report.rollbacks == [0, 0] and report.lost > 0


def test_the_usual_settings_of_a_watcher_predict_nothing() -> None:
    game = watched(2)
    assert config_for(game, "AAAA", player=1).prediction_window == 0
    assert config_for(game, "AAAA", player=0).prediction_window == SessionConfig().prediction_window


# Splits.


def test_each_player_gives_a_part_and_named_parts_name_the_players() -> None:
    game = crew("dict")
    assert game.agents == ("bow", "stern")
    assert [game.spaces(player)[1] for player in (0, 1)] == [spaces.Discrete(3), BOX]
    game.reset(0)
    place = game.observe(0)["place"][0]
    game.step([np.int64(2), np.array([0.5, 0.25], np.float32)])
    assert game.env.last == [2.0, 0.75]
    assert game.observe(1)["place"][0] == pytest.approx(place + 2.75)
    assert type(game.observe(0)["turn"]) is int


@pytest.mark.parametrize(("rewards", "shares"), [("one", (3.0, 3.0)), ("tuple", (1.0, 2.0)), ("infos", (1.0, 2.0))])
def test_the_reward_is_shared_unless_the_environment_tells_each_ones(rewards: str, shares: tuple[float, ...]) -> None:
    game = crew("numbers", rewards)
    game.reset(0)
    game.step([np.int64(1), np.int64(2)])
    assert game.rewards == shares and all(type(share) is float for share in game.rewards)


def test_rewards_for_another_number_of_players_are_refused() -> None:
    game = from_gymnasium(lambda: Crew(spaces.MultiBinary(4), "tuple"), 2, "split")
    game.reset(0)
    with pytest.raises(GameError, match="rewards 4 players, and 2 play"):
        game.step([np.array([1, 0], np.int8), np.array([0, 0], np.int8)])


def test_infos_with_other_rewards_mean_something_else() -> None:
    game = from_gymnasium(lambda: Crew(spaces.MultiBinary(4), "infos"), 2, "split")
    game.reset(0)
    game.step([np.array([1, 0], np.int8), np.array([0, 1], np.int8)])
    assert game.rewards == (2.0, 2.0)


def test_decoded_parts_are_not_written_into() -> None:
    class Greedy(Crew):
        def step(self, action: Any) -> Any:
            result = super().step(action)
            for part in action.values():
                if isinstance(part, np.ndarray):
                    part[:] = 0
            return result

    game = from_gymnasium(lambda: Greedy(BOATS["dict"]))
    part = game.codecs[1].decode(game.codecs[1].encode(np.array([1, 1], np.float32)))
    game.reset(0)
    game.step([np.int64(0), part])
    assert part.tolist() == [1, 1] and game.env.last == [0.0, 2.0]


def test_without_a_way_to_share_a_space_with_parts_is_split_and_any_other_names_the_ways() -> None:
    assert type(from_gymnasium(lambda: Crew(BOATS["tuple"]))).__name__ == "SplitGame"
    with pytest.raises(GameError, match=r"race.*turns.*watch"):
        from_gymnasium(Walk)


def test_the_idle_action_of_each_player_may_be_given() -> None:
    game = from_gymnasium(lambda: Crew(BOATS["dict"]), idle={"bow": 1, "stern": np.array([0.5, 0.5])})
    assert game.has_noop and game.idle(0) == 1 and game.idle(1).tolist() == [0.5, 0.5]
    with pytest.raises(GameError, match="idle"):
        from_gymnasium(lambda: Crew(BOATS["numbers"]), idle=9)


def test_matches_are_reset_alike_whatever_came_before() -> None:
    old, new = crew("tuple"), crew("tuple")
    straight(old, 50)
    for game in (old, new):
        game.reset(9)
    assert diff(old.save(), new.save()) == []


@pytest.mark.parametrize(
    ("boat", "noop", "idle"),
    [
        ("tuple", (1, 2), None),
        ("numbers", [1, 2], None),
        ("numbers", np.array([1, 2]), None),
        ("numbers", lambda: [1, 2], None),
        ("numbers", None, [1, 2]),
        ("numbers", [0, 0], [1, 2]),  # what is given comes first
    ],
)
def test_an_idle_action_of_the_whole_is_taken_by_its_parts(boat: str, noop: Any, idle: Any) -> None:
    class Named(Crew):
        noop_action = staticmethod(noop) if callable(noop) else noop

    assert not from_gymnasium(lambda: Crew(BOATS[boat])).has_noop  # the premise
    game = from_gymnasium(lambda: Named(BOATS[boat]), idle=idle)
    assert game.has_noop and [int(game.idle(player)) for player in range(game.players)] == [1, 2]


def test_an_idle_action_that_is_none_of_the_whole_is_of_every_part() -> None:
    game = from_gymnasium(lambda: Crew(BOATS["numbers"]), idle=1)
    assert game.has_noop and game.idle(0) == game.idle(1) == 1
