from itertools import pairwise

import pytest

from rollback.games.drawing import rgb
from rollback.games.gridworld import LEFT, RIGHT, STAY, UP, GridWorld
from rollback.games.gridworld_layouts import LAYOUTS, Layout
from rollback.games.gridworld_notices import PLAYERS
from rollback.games.gridworld_picture import COOKED, FOOD, GOAL, KEYS, PLATE, POT, WALL, picture

PLAYABLE = [(name, players) for name, found in LAYOUTS.items() for players in range(found.least, len(found.starts) + 1)]


def shapes(game, kind, colour):
    return [shape for shape in picture(game) if shape[0] == kind and colour in shape[-2:]]


def letters(game):
    return [shape[4] for shape in picture(game) if shape[0] == "text"]


@pytest.mark.parametrize(("name", "players"), PLAYABLE)
def test_everything_is_on_the_surface_and_in_a_colour_that_exists(name, players, drawn_actions):
    game = GridWorld(players, name)
    for frame, actions in enumerate(drawn_actions(game, 1, 200)):
        game.step(actions)
        if frame % 10:
            continue
        for kind, *values in game.draw():
            numbers = [value for value in values if isinstance(value, float | int)]
            assert all(-0.01 <= number <= 1.01 for number in numbers), (kind, values)
            words = [value for value in values if isinstance(value, str)]
            rgb(words[1] if kind == "text" else words[0])


@pytest.mark.parametrize(("name", "players"), PLAYABLE)
def test_a_terminal_shows_every_player_by_colour_and_number(name, players):
    game = GridWorld(players, name)
    lines = game.render().split("\n")
    assert [len(line) for line in lines] == [56] * 18
    for player in range(players):
        assert f"P{player + 1}" in lines[0]
        assert any(f"P{player + 1}" in line for line in lines[1:17])
        code = "38;2;{};{};{}m".format(*rgb(PLAYERS[player]))
        assert any(code in line for line in game.render(colour=True).split("\n")[1:17])


def test_the_walls_are_where_the_map_says():
    game = GridWorld(1, Layout("own", ("####", "#1.#", "####")))
    rows = game.render().split("\n")
    assert [line[20:36] for line in rows[6:8]] == ["█" * 16] * 2
    assert rows[8][20:24] == rows[9][20:24] == rows[8][32:36] == "████"
    assert rows[8][28:32] == "    "
    assert len(shapes(game, "rect", WALL)) == 10


def test_a_map_of_many_cells_fills_the_same_place_with_smaller_ones():
    large = GridWorld(1, Layout("own", ("#" * 40, "#1" + "." * 37 + "#", *["#" + "." * 38 + "#"] * 21, "#" * 40)))
    small = GridWorld(1, Layout("own", ("#" * 14, "#1" + "." * 11 + "#", *["#" + "." * 12 + "#"] * 5, "#" * 14)))
    corners = []
    for game in (large, small):
        walls = shapes(game, "rect", WALL)
        corners.append((min(shape[1] for shape in walls), min(shape[2] for shape in walls), max(shape[2] for shape in walls)))
        assert game.render().split("\n")[1].count("█") == 56, "the upper wall"
    assert corners[0] == pytest.approx(corners[1], abs=0.1)
    ((_, _, _, radius, *_),), ((_, _, _, larger, *_),) = (shapes(game, "circle", PLAYERS[0]) for game in (large, small))
    assert radius == pytest.approx(larger / 3)


def test_players_are_told_apart_by_brightness_too():
    grey = sorted(0.3 * red + 0.59 * green + 0.11 * blue for red, green, blue in map(rgb, PLAYERS))
    assert all(other - one > 8 for one, other in pairwise(grey))


def test_a_player_glides_from_one_cell_to_the_next():
    game = GridWorld(1, Layout("own", ("#####", "#1..#", "#####")), pace=4)
    game.load({**game.save(), "cells": (6,)})
    places = []
    for action in (STAY, RIGHT, RIGHT, RIGHT, RIGHT):
        game.step([action])
        ((_, x, *_),) = shapes(game, "circle", PLAYERS[0])
        places.append(x)
    steps = [other - one for one, other in pairwise(places)]
    assert steps == pytest.approx([1 / 14 / 4] * 4)


def test_what_is_carried_is_held_before_the_player():
    for facing, ahead in ((LEFT, -1), (RIGHT, 1)):
        game = GridWorld(2, "handover")
        game.load({**game.save(), "carried": (3, 0), "facing": (facing, UP)})
        ((_, body, *_),) = shapes(game, "circle", PLAYERS[0])
        ((_, dish, *_),) = shapes(game, "circle", PLATE)
        assert (dish - body) * ahead > 0.02


@pytest.mark.parametrize(("item", "letter"), [(1, "o"), (2, "t"), (3, "(o)"), (4, "(t)")])
def test_things_on_counters_wear_their_letter_and_dishes_a_plate(item, letter):
    game = GridWorld(2, "handover")
    empty = letters(game)
    game.load({**game.save(), "kitchen": {**game.save()["kitchen"], "counters": (0, item, 0, 0, 0)}})
    found = letters(game)
    assert found.count(letter) == empty.count(letter) + 1
    assert len(shapes(game, "circle", PLATE)) == (item > 2)
    assert len(shapes(game, "circle", FOOD[(item - 1) % 2 + 1])) == 2, "one is the source"


def test_a_pot_shows_whether_it_is_empty_boils_or_is_done():
    game = GridWorld(2, "handover", pace=1)
    for pots, cooking, colours, label in (
        ((0, 0), (0, 0), (2, 0), "pot"),
        ((1, 0), (9, 0), (2, 1), "o"),
        ((1, 0), (0, 0), (1, 1), "(o)"),
    ):
        kitchen = {**game.save()["kitchen"], "pots": pots, "cooking": cooking}
        game.load({**game.save(), "kitchen": kitchen})
        right = [shape for shape in picture(game) if shape[0] == "rect" and shape[1] > 0.85]
        assert sum(shape[-1] == POT for shape in right) == colours[0]
        assert sum(shape[-1] == COOKED for shape in right) == colours[1]
        assert label in letters(game)


def test_a_boiling_pot_shows_how_far_it_is():
    widths = []
    game = GridWorld(2, "handover", pace=1)
    for left in (15, 10, 5, 1):
        kitchen = {**game.save()["kitchen"], "pots": (1, 0), "cooking": (left, 0)}
        game.load({**game.save(), "kitchen": kitchen})
        (bar,) = (shape for shape in shapes(game, "rect", COOKED) if shape[1] > 0.85)
        widths.append(bar[3] * 14)
    assert widths == pytest.approx([0, 1 / 3, 2 / 3, 14 / 15])


def test_keys_vanish_when_taken_and_doors_when_opened():
    game = GridWorld(2, "keys")
    for letter in "abcABC":
        assert letter in letters(game)
    game.load({**game.save(), "held": (1, 0), "loose": 6, "doors": 1})
    left = letters(game)
    assert "A" not in left
    assert not {"a", "A"} & set(left)
    assert {"b", "B", "c", "C"} <= set(left)
    assert shapes(game, "rect", KEYS[0]), "its posts are left"


def test_only_the_spot_that_counts_is_shown_as_the_goal():
    game = GridWorld(2, "race")
    for spot in range(5):
        game.load({**game.save(), "spot": spot})
        ((_, x, y, width, height, _),) = shapes(game, "rect", GOAL)
        down, across = divmod(game.layout.spots[spot], 13)
        assert x + width / 2 == pytest.approx((across + 1) / 14)
        assert y + height / 2 == pytest.approx((2 * down + 3) / 18)


def test_drawing_changes_nothing():
    game = GridWorld(4, "handover")
    before = game.save()
    game.draw()
    game.render(80, 24, colour=True)
    assert game.save() == before
