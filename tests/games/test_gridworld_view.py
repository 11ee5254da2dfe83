import pytest

from rollback.games.gridworld import GridWorld
from rollback.games.gridworld_layouts import LAYOUTS
from rollback.games.gridworld_view import FIELDS

PLAYABLE = [(name, players) for name, found in LAYOUTS.items() for players in range(found.least, len(found.starts) + 1)]


def named(game, player):
    return dict(zip((name for name, _, _ in game.observed), game.observe(player), strict=True))


@pytest.mark.parametrize(("name", "players"), PLAYABLE)
def test_every_number_has_a_name_of_its_own(name, players):
    game = GridWorld(players, name)
    names = [field for field, _, _ in game.observed]
    assert len(set(names)) == len(names)
    for player in range(players):
        seen = game.observe(player)
        assert len(seen) == len(names)
        assert all(type(value) is int for value in seen)


@pytest.mark.parametrize(("name", "players"), PLAYABLE)
def test_what_is_seen_is_within_its_limits_in_matches_of_drawn_actions(name, players, drawn_actions):
    for pace in (1, 8):
        game = GridWorld(players, name, pace=pace)
        reached = [set() for _ in game.observed]
        for actions in drawn_actions(game, 1, 500):
            game.step(actions)
            for place, (value, (field, least, greatest)) in enumerate(zip(game.observe(0), game.observed, strict=True)):
                assert least <= value <= greatest, (field, value)
                reached[place].add(value)
        assert sum(len(values) > 1 for values in reached) >= 3, "or little was seen"


def test_falling_all_the_time_stays_within_the_limits():
    game = GridWorld(1, "cliff", pace=1)
    game.load({**game.save(), "cells": game.layout.starts})
    while not game.over:
        game.step([4])
        points = named(game, 0)["own points"]
        assert dict((field, least) for field, least, _ in game.observed)["own points"] <= points
    assert game.points[0] < -10_000


def test_one_sees_oneself_first_and_then_the_others_in_order_round_again():
    game = GridWorld(3, "handover")
    game.load({**game.save(), "carried": (1, 2, 3), "facing": (1, 2, 3), "points": (4, 5, 6)})
    for player in range(3):
        seen = named(game, player)
        for ahead, name in enumerate(("own", "player +1", "player +2")):
            other = (player + ahead) % 3
            y, x = divmod(game.cells[other], game.layout.width)
            assert [seen[f"{name} {field}"] for field in FIELDS] == [x, y, other + 1, 0, other + 1, 0]
            assert seen[f"{name} points"] == 4 + other


def test_a_kitchen_is_seen_with_its_counters_pots_and_orders():
    game = GridWorld(2, "handover", pace=1)
    kitchen = {
        **game.save()["kitchen"],
        "counters": (0, 1, 2, 3, 4),
        "pots": (1, 2),
        "cooking": (9, 0),
        "wanted": 4,
        "following": 3,
    }
    game.load({**game.save(), "kitchen": {**kitchen, "timer": 33}, "clock": 5})
    seen = named(game, 1)
    assert [seen[f"counter {number}"] for number in range(5)] == [0, 1, 2, 3, 4]
    assert (seen["pot 0"], seen["pot 0 cooking"], seen["pot 1"], seen["pot 1 cooking"]) == (1, 9, 2, 0)
    assert (seen["wanted"], seen["following"], seen["timer"], seen["time left"]) == (4, 3, 33, 3_595)
    assert "goal x" not in seen
    assert "loose keys" not in seen


def test_keys_doors_and_the_goal_are_seen_where_there_are_any():
    game = GridWorld(2, "keys")
    game.load({**game.save(), "held": (1, 4), "loose": 2, "doors": 5, "pause": 3})
    seen = named(game, 0)
    assert (seen["own keys"], seen["player +1 keys"], seen["loose keys"], seen["open doors"]) == (1, 4, 2, 5)
    assert (seen["goal x"], seen["goal y"], seen["pause"]) == (11, 6, 3)
    race = GridWorld(2, "race")
    race.load({**race.save(), "spot": 4})
    assert (named(race, 0)["goal x"], named(race, 0)["goal y"]) == (6, 5)
    assert "open doors" not in named(race, 0)
