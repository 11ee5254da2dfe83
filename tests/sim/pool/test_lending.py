"""Games for one match after the other: nothing of one match is in the next."""

from __future__ import annotations

import random
from typing import Any

import pytest

from rollback.envs.names import game_factory
from rollback.sim import Link, MatchSpec
from rollback.sim.pool.lending import KEPT, Lender
from rollback.sim.pool.played import Shared
from tests.sim.pool.games import MADE

HERE = "tests.sim.pool.games"


def test_each_match_of_a_plain_game_has_a_fresh_one() -> None:
    shared = Shared()
    spec = MatchSpec(game=f"{HERE}:Noted", frames=5)
    del MADE[:]
    for seed in range(4):
        spec.play(seed, shared)
    assert len(MADE) == 5, "one to see what it is, and one a match"
    del MADE[:]


def test_an_environment_is_made_once_and_not_after_a_match_that_went_wrong() -> None:
    lender = Lender(game_factory("gym:CartPole-v1"))
    with lender.lend() as make:
        first = make()
    with lender.lend() as make:
        assert make() is first
        second = make()
        assert second is not first
    with pytest.raises(ArithmeticError), lender.lend() as make:
        assert {id(make()), id(make())} == {id(first), id(second)}
        raise ArithmeticError
    with lender.lend() as make:
        assert make() not in (first, second)


def test_a_lender_keeps_no_more_games_than_a_match_can_have(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rollback.sim.pool.lending._is_environment", lambda game: True)
    lender = Lender(lambda: object())  # type: ignore[arg-type,return-value]
    for _ in range(3):
        with lender.lend() as make:
            games: list[Any] = [make() for _ in range(KEPT + 5)]
    assert len(lender._idle) == KEPT < len(games)


@pytest.mark.parametrize(
    "name",
    [
        "gym:CartPole-v1", "gym:rollback/Pong-v0", "gym:FrozenLake-v1", "gym:Acrobot-v1?share=race",
        "pettingzoo:rollback.envs.duel_v0",
    ],
)  # fmt: skip
def test_an_environment_that_was_played_before_plays_as_a_fresh_one(name: str) -> None:
    held_to_fresh_ones(name, matches=3, link=Link(latency_ms=30, loss=0.1))


@pytest.mark.nightly
@pytest.mark.filterwarnings("ignore")  # of third parties
@pytest.mark.parametrize(
    "name",
    ["gym:LunarLander-v3", "gym:Hopper-v5", "pettingzoo:mpe2.simple_tag_v3", "pettingzoo:pong_v3",
     "gym:ALE/Pong-v5", "gym:Blackjack-v1", "gym:Taxi-v4"],
)  # fmt: skip
def test_an_environment_of_others_that_was_played_before_plays_as_a_fresh_one(name: str) -> None:
    held_to_fresh_ones(name, matches=5, link=None)


def held_to_fresh_ones(name: str, matches: int, link: Link | None) -> None:
    specs = [MatchSpec(game=name, frames=60), *([MatchSpec(game=name, frames=20, link=link)] if link else [])]
    order = [(spec, seed) for spec in specs for seed in range(matches)]
    fresh = [spec.play(seed, Shared()) for spec, seed in order]
    dice, shared = random.Random(name), Shared()
    for place in dice.sample(range(len(order)), len(order)) + dice.sample(range(len(order)), 3):
        spec, seed = order[place]
        assert spec.play(seed, shared) == fresh[place], f"{name}: seed {seed} after others"
    assert len({played.digest for played in fresh}) > 1
