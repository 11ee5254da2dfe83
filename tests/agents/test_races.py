"""Maps learned alone and raced by two: the same map to a table, equally far for both, and won by whoever learned it."""

from __future__ import annotations

import pytest

from rollback.agents.fitting import map_hash
from rollback.agents.playing import policy_from
from rollback.agents.races import RACES, race_of, race_on
from rollback.agents.training.grid_course import ENVIRONMENTS
from rollback.envs.names import RACES as NAMED
from rollback.envs.names import game_factory
from rollback.errors import CheckpointError, UsageError
from rollback.games.bots import act_with
from rollback.games.gridworld_layouts import LAYOUTS, Layout
from tests.agents.tables import shortest_ways


def test_every_map_that_a_table_learns_can_be_raced_by_its_name():
    assert {f"gridworld?layout={name}" for name in RACES} == set(ENVIRONMENTS)
    for name, place in RACES.items():
        game = game_factory(place)()
        assert game.players == 2 and game.layout.name == name and len(set(game.cells)) == 2


@pytest.mark.parametrize("name", list(RACES))
def test_the_race_is_on_the_map_that_was_learned_and_on_no_other(name: str):
    assert map_hash(race_on(LAYOUTS[name])) == map_hash(LAYOUTS[name])
    others = {map_hash(LAYOUTS[other]) for other in LAYOUTS if other != name}
    assert len(others) == len(LAYOUTS) - 1 and map_hash(LAYOUTS[name]) not in others


@pytest.mark.parametrize("player", [0, 1])
def test_who_knows_the_way_wins_against_who_stands_still(player: int):
    game = race_of("rooms")
    game.reset(3)
    act = act_with(policy_from(shortest_ways("rooms"), game, player))
    frames = 0
    while not game.over and frames < 2000:
        actions = [0, 0]
        actions[player] = act(game, player)
        game.step(actions)
        frames += 1
    assert game.is_won and game.won[player] == 3 and game.won[1 - player] == 0


def test_both_players_have_the_same_way_where_the_map_allows_it():
    game = race_of("rooms")
    game.reset(3)
    acts = [act_with(policy_from(shortest_ways("rooms"), race_of("rooms"), player)) for player in (0, 1)]
    while not game.over:
        game.step([act(game, player) for player, act in enumerate(acts)])
    assert sum(game.won) >= 3 and max(game.won) == 3


def test_somebody_else_may_name_each_race_and_nothing_else_of_that_module():
    assert tuple(RACES.values()) == NAMED


def test_a_table_of_another_map_is_refused_in_one_sentence():
    with pytest.raises(CheckpointError, match="cannot play on the map halls: train one there"):
        policy_from(shortest_ways("rooms"), race_of("halls"), 0)


def test_a_map_without_a_goal_is_no_race():
    kitchen = Layout("bare", ("#####", "#1..#", "#####"))
    with pytest.raises(UsageError, match="the map bare is not for a race"):
        race_on(kitchen)
