"""A match by names and numbers: its limits, its JSON, and what comes of playing it."""

from __future__ import annotations

import json
import pickle
from typing import Any

import pytest

from rollback.errors import ConfigError, UsageError
from rollback.sim import Link, MatchSpec
from rollback.sim.pool.played import Played, Shared
from tests.sim.pool import games

HERE = "tests.sim.pool.games"
LINE = Link(latency_ms=40, jitter_ms=30, loss=0.1)
FULL = MatchSpec(
    game="gridworld", players=["best", "random"], link=LINE, frames=90, tags={"a": 1, "b": None}, input_delay=2, window=5,
    fps=30, seed=4,
)  # fmt: skip


def play(spec: MatchSpec, seed: int = 5) -> Played:
    return spec.play(seed, Shared())


@pytest.mark.parametrize("spec", [FULL, MatchSpec(game="pong")], ids=["full", "bare"])
def test_a_match_comes_back_from_json_and_from_pickle_as_it_was(spec: MatchSpec) -> None:
    assert MatchSpec.from_dict(json.loads(json.dumps(spec.to_dict()))) == spec
    assert pickle.loads(pickle.dumps(spec)) == spec
    assert spec.to_dict()["kind"] == "match"


def test_what_is_the_default_is_not_written_down() -> None:
    assert MatchSpec(game="pong").to_dict() == {"kind": "match", "game": "pong", "frames": 600}


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"game": ""}, "game of a match must be a name such as 'pong' or 'module:Game', not ''"),
        ({"game": games.Sums}, "game of a match must be a name such as 'pong' or 'module:Game', not <class"),
        (
            {"players": "best"},
            "players of a match must be a list of names, one a player or one for all, 16 at most, not",
        ),
        ({"players": ["best"] * 17}, "16 at most"),
        ({"players": [games.Rising()]}, "names no player: name a player as best, random, idle"),
        ({"players": ["bset"]}, "there is no player called 'bset', did you mean best?"),
        ({"link": 40}, "link of a match must be a Link, or None for a match without a network, not 40"),
        ({"frames": 0}, "frames of a match must be a whole number from 1 to 100000000, not 0"),
        ({"frames": True}, "frames of a match must be a whole number from 1 to 100000000, not True"),
        ({"seed": -1}, "seed of a match must be a whole number from 0 to 9223372036854775807, not -1"),
        ({"tags": [1]}, "tags of a match must be up to 64 plain values by name, not [1]"),
        ({"tags": {1: 2}}, "tags of a match must be up to 64 plain values by name"),
        ({"tags": {"a": [1]}}, "tag 'a' of a match must be a string, a number, true, false or null, not [1]"),
        ({"tags": {"a": float("nan")}}, "tag 'a' of a match must be a string, a number, true, false or null, not nan"),
    ],
)
def test_a_wrong_value_is_told_in_one_sentence(values: dict[str, Any], sentence: str) -> None:
    with pytest.raises(UsageError) as caught:
        MatchSpec(**{"game": "pong", **values})
    assert sentence in str(caught.value)


@pytest.mark.parametrize("values", [{"input_delay": 61}, {"window": -1}, {"fps": 0}, {"window": "8"}])
def test_settings_of_the_session_have_the_limits_of_a_session(values: dict[str, Any]) -> None:
    with pytest.raises(ConfigError, match="must be a whole number from"):
        MatchSpec(game="pong", **values)


@pytest.mark.parametrize("values", [None, {}, {"kind": "plan", "game": "pong"}, {"game": "pong", "plyers": []}, {"frames": 5}])
def test_json_of_no_match_is_told(values: Any) -> None:
    with pytest.raises(UsageError, match=r"this is no match: an object with a game|a match has game, players, link, frames"):
        MatchSpec.from_dict(values)


def test_tags_are_the_specs_own_copy() -> None:
    tags = {"a": 1}
    spec = MatchSpec(game="pong", tags=tags)
    tags["a"] = 2
    assert spec.tags == {"a": 1}


@pytest.mark.parametrize("link", [None, LINE], ids=["unlinked", "linked"])
@pytest.mark.parametrize("game", ["pong", "duel", "gridworld", "tetris"])
def test_the_same_seed_plays_the_same_match_and_another_one_another(game: str, link: Link | None) -> None:
    spec = MatchSpec(game=game, frames=60, link=link)
    first, again, other = play(spec), play(spec), play(spec, 6)
    assert first == again and first.digest != other.digest
    assert first.error == other.error == "" and len(first.digest) == 64


@pytest.mark.parametrize("players", [1, 2, 3, 4])
def test_a_match_has_as_many_players_as_are_named(players: int) -> None:
    names = tuple(f"{HERE}:Constant?value={player}" for player in range(players))
    game = f"{HERE}:{'Alone' if players == 1 else 'Sums'}"
    played = play(MatchSpec(game=game, players=names))
    assert played.scores == tuple(40 * player for player in range(players))
    if players > 1:
        linked = play(MatchSpec(game=game, players=names, link=LINE))
        assert linked.scores == played.scores and linked.error == ""
        assert linked.digest == played.digest, "players who do not look do the same over a network"


def test_a_single_name_plays_for_all() -> None:
    assert play(MatchSpec(game="tests.sim.pool.games:Sums", players=("idle",))).scores == (0, 0)


def test_a_match_with_a_link_needs_two_players() -> None:
    with pytest.raises(UsageError, match="a match needs two peers at least"):
        play(MatchSpec(game=f"{HERE}:Alone", link=LINE))


def test_a_game_for_another_number_of_players_is_told() -> None:
    with pytest.raises(UsageError, match="pong is a game for 2 players, not for 3, and takes no players="):
        play(MatchSpec(game="pong", players=("best",) * 3))


def test_settings_reach_the_session() -> None:
    def stats(**settings: Any) -> Any:
        return play(MatchSpec(game=f"{HERE}:Long", frames=200, link=Link(latency_ms=100), **settings)).stats

    usual = stats()
    assert stats(window=0)["depth"] == 0 < usual["depth"] <= 8 and stats(window=0)["stalls"] > usual["stalls"]
    assert stats(input_delay=9)["rollbacks"] < usual["rollbacks"]
    assert stats(fps=20)["seconds"] > 2 * usual["seconds"]


def test_an_environment_is_played_by_name_and_for_ever_where_it_has_no_number_of_episodes() -> None:
    endless = play(MatchSpec(game="gym:CartPole-v1", frames=50))
    assert not endless.is_truncated and endless.stats == {"frames": 50}
    once = play(MatchSpec(game="gym:CartPole-v1?episodes=1&players=1", frames=600))
    assert not once.is_truncated and once.stats["frames"] < 600
    assert all(type(score) is float for score in once.scores)
    cut = play(MatchSpec(game="gym:CartPole-v1?episodes=1", frames=3))
    assert cut.is_truncated


@pytest.mark.filterwarnings("ignore")  # of third parties
@pytest.mark.parametrize("link", [None, LINE], ids=["unlinked", "linked"])
def test_an_environment_of_several_agents_is_played_by_name(link: Link | None) -> None:
    spec = MatchSpec(game="pettingzoo:rollback.envs.pong_v0", frames=40, link=link)
    first = play(spec)
    assert first == play(spec) and first.stats["frames"] == 40 and first.error == ""
