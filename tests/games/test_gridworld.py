"""The rules of GridWorld: moving, meeting, keys, doors, cliffs, goals, time."""

import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rollback.errors import UsageError
from rollback.game import codecs_of, idle_inputs
from rollback.games.gridworld import ACT, DOWN, LEFT, MATCH, RIGHT, STAY, UP, GridWorld
from rollback.games.gridworld_layouts import LAYOUTS, PAUSE, Layout
from rollback.state import is_tree

PLAYABLE = [(name, players) for name, found in LAYOUTS.items() for players in range(found.least, len(found.starts) + 1)]
MOVES = {UP: (0, -1), DOWN: (0, 1), LEFT: (-1, 0), RIGHT: (1, 0)}


def world(*rows, players=1, pace=1, seed=0, limit=None, goals=None, **prices):
    """Return a game on a map of one's own, everybody at the start of its number."""
    game = GridWorld(players, Layout("own", rows, **prices), pace=pace, seed=seed, limit=limit, goals=goals)
    game.load({**game.save(), "cells": game.layout.starts[:players]})
    return game


def place(game, player=0):
    y, x = divmod(game.cells[player], game.layout.width)
    return x, y


def play(game, *actions):
    for action in actions:
        game.step([action] * game.players if isinstance(action, int) else action)


@pytest.mark.parametrize("action", [UP, DOWN, LEFT, RIGHT])
def test_a_move_goes_one_cell_and_turns_there(action):
    game = world("#####", "#...#", "#.1.#", "#...#", "#####")
    play(game, action)
    assert place(game) == (2 + MOVES[action][0], 2 + MOVES[action][1])
    assert game.facing == [action]


@pytest.mark.parametrize("action", [STAY, ACT, 6, 7, 255, -1])
def test_every_other_action_stays(action):
    game = world("#####", "#...#", "#.1.#", "#...#", "#####")
    play(game, action)
    assert place(game) == (2, 2)
    assert game.facing == [DOWN]


@pytest.mark.parametrize("action", [UP, DOWN, LEFT, RIGHT])
def test_nobody_walks_into_a_wall_but_turns_to_it(action):
    game = world("###", "#1#", "###")
    play(game, action)
    assert place(game) == (1, 1)
    assert (game.facing, game.waits) == ([action], [0])


@pytest.mark.parametrize("pace", [1, 2, 8])
def test_a_held_key_moves_a_cell_every_pace_frames(pace):
    game = world("########", "#1.....#", "########", pace=pace)
    places = []
    for _ in range(3 * pace):
        places.append(place(game)[0])
        play(game, RIGHT)
    assert places == [1, *[2] * pace, *[3] * pace, *[4] * (pace - 1)]
    assert place(game)[0] == 4


def test_who_is_on_the_way_does_not_turn():
    game = world("#####", "#1..#", "#####", pace=4)
    play(game, RIGHT, UP)
    assert game.facing == [RIGHT]
    play(game, STAY, STAY, UP)
    assert game.facing == [UP]


def test_nobody_enters_a_cell_that_somebody_stands_on():
    game = world("####", "#12#", "####", players=2)
    play(game, (RIGHT, STAY))
    assert (place(game, 0), place(game, 1)) == ((1, 1), (2, 1))


def test_nobody_swaps_places():
    for seed in range(4):
        game = world("####", "#12#", "####", players=2, seed=seed)
        play(game, (RIGHT, LEFT), (RIGHT, LEFT))
        assert (place(game, 0), place(game, 1)) == ((1, 1), (2, 1))


def test_nobody_follows_into_a_cell_in_the_frame_it_is_left():
    for seed in range(4):
        game = world("######", "#12..#", "######", players=2, seed=seed)
        play(game, (RIGHT, RIGHT))
        assert (place(game, 0), place(game, 1)) == ((1, 1), (3, 1))
        play(game, (RIGHT, STAY))
        assert place(game, 0) == (2, 1)


def test_four_in_a_ring_do_not_turn_it():
    game = world("####", "#12#", "#43#", "####", players=4)
    before = list(game.cells)
    for _ in range(8):
        play(game, (RIGHT, DOWN, LEFT, UP))
    assert game.cells == before


@pytest.mark.parametrize("seed", range(6))
def test_a_contested_cell_goes_to_one_and_to_the_other_a_frame_later(seed):
    winners = []
    for frame in range(4):
        game = world("#####", "#1.2#", "#####", players=2, seed=seed)
        play(game, *[(STAY, STAY)] * frame, (RIGHT, LEFT))
        assert sorted([place(game, 0), place(game, 1)]) in ([(1, 1), (2, 1)], [(2, 1), (3, 1)])
        winners.append(place(game, 0) == (2, 1))
    assert winners in ([True, False] * 2, [False, True] * 2)


def test_neither_player_is_first_in_all_matches():
    first = []
    for seed in range(40):
        game = world("#####", "#1.2#", "#####", players=2, seed=seed)
        play(game, (RIGHT, LEFT))
        first.append(place(game, 0) == (2, 1))
    assert 8 < sum(first) < 32


@pytest.mark.parametrize("players", [3, 4])
def test_of_three_and_four_around_a_cell_each_gets_it_in_turn(players):
    rows = ("#####", "##1##", "#4.2#", "##3##", "#####")
    into = (DOWN, LEFT, UP, RIGHT)[:players]
    winners = set()
    for frame in range(players):
        game = world(*rows, players=players)
        play(game, *[(STAY,) * players] * frame, into)
        (winner,) = (player for player in range(players) if place(game, player) == (2, 2))
        winners.add(winner)
    assert winners == set(range(players))


def test_a_key_is_picked_up_by_stepping_on_it_and_opens_the_door_of_its_letter():
    game = world("######", "#1aA.#", "######")
    play(game, RIGHT)
    assert (game.held, game.loose) == ([1], 0)
    play(game, RIGHT)
    assert (place(game), game.doors) == ((3, 1), 1)
    play(game, RIGHT)
    assert place(game) == (4, 1)
    play(game, LEFT)
    assert place(game) == (3, 1), "it stays open"


def test_without_its_key_a_door_is_a_wall():
    game = world("#######", "#1AaBb#", "#######")
    play(game, RIGHT, RIGHT)
    assert (place(game), game.facing, game.doors) == ((1, 1), [RIGHT], 0)
    game.load({**game.save(), "held": (2,), "loose": 1})
    play(game, RIGHT)
    assert place(game) == (1, 1), "key b is none for door A"


def test_an_open_door_is_open_for_everybody_and_a_key_only_for_who_has_it():
    game = world("######", "#1aA.#", "#..2.#", "######", players=2)
    play(game, (RIGHT, UP))
    assert (game.held, place(game, 1)) == ([1, 0], (3, 2))
    play(game, (RIGHT, STAY), (RIGHT, STAY))
    assert place(game, 0) == (4, 1)
    play(game, (STAY, UP))
    assert place(game, 1) == (3, 1)


def test_only_the_one_with_the_key_gets_through_a_door_that_two_run_into():
    game = world("#####", "#1A2#", "##a##", "#####", players=2)
    game.load({**game.save(), "held": (1, 0), "loose": 0})
    play(game, (RIGHT, LEFT))
    assert (place(game, 0), place(game, 1)) == ((2, 1), (3, 1)), "only the one with the key can open it"


def test_who_falls_off_the_cliff_loses_points_and_begins_at_the_start_again():
    game = world("#####", "#1.~#", "#####")
    play(game, RIGHT, RIGHT)
    assert place(game) == (1, 1)
    assert game.points == [-2 - 100]
    assert not game.over


def test_who_falls_onto_a_start_that_is_taken_gets_another_one():
    game = world("######", "#1..~#", "#2...#", "######", players=2)
    width = game.layout.width
    game.load({**game.save(), "cells": (width + 3, width + 1)})
    play(game, (RIGHT, STAY))
    assert place(game, 0) == (1, 2)


def test_nobody_steps_onto_a_start_that_another_falls_back_to():
    for seed in range(4):
        game = world("######", "#1..~#", "#2...#", "######", players=2, seed=seed)
        width = game.layout.width
        game.load({**game.save(), "cells": (width + 3, 2 * width + 1)})
        play(game, (RIGHT, UP))
        assert len({*game.cells}) == 2


def test_the_goal_ends_the_episode_of_a_single_player_with_its_reward():
    game = world("#####", "#1.G#", "#####")
    play(game, RIGHT)
    assert (game.over, game.points) == (False, [-1])
    play(game, RIGHT)
    assert (game.over, game.is_won, game.points) == (True, True, [98])
    end = game.save()
    play(game, LEFT, ACT)
    assert game.save() == end


def test_the_price_is_paid_once_a_move_whatever_the_pace():
    for pace in (1, 3, 8):
        game = world("########", "#1....G#", "########", pace=pace)
        while not game.over:
            play(game, RIGHT)
        assert game.points == [100 - 5]
        assert game.clock == 4 * pace + 1


def test_a_round_puts_everything_back_and_waits_a_little():
    game = world("#######", "#1aA.G#", "#2....#", "#######", players=2, pace=4, goals=2)
    start = game.save()
    game.load({**start, "cells": (12 - 1, 15), "held": (1, 0), "loose": 0, "doors": 1})
    play(game, (RIGHT, STAY))
    assert game.won == [1, 0]
    assert game.pause == PAUSE * 3
    assert not game.over
    for name in ("cells", "facing", "waits", "carried", "held", "loose", "doors"):
        assert game.save()[name] == start[name], name
    for _ in range(PAUSE * 3):
        play(game, (DOWN, RIGHT))
        assert game.save()["cells"] == start["cells"]
    play(game, (RIGHT, RIGHT))
    assert game.save()["cells"] != start["cells"]


def test_a_race_is_won_by_one_and_a_common_task_by_all_together():
    for together, won, points in ((False, [2, 1], [2, 1]), (True, [1, 1], [2, 2])):
        game = world(
            "######", "#1G2.#", "######", players=2, goals=2, together=together, reward=1, price=0, seed=1,
        )  # fmt: skip
        play(game, (RIGHT, STAY))
        assert not game.over
        play(game, (STAY, LEFT))
        assert game.over is together
        play(game, (RIGHT, STAY))
        assert (game.over, game.won, game.points) == (True, won, points)


def test_the_goal_moves_to_another_spot_with_every_round():
    game = GridWorld(2, "race", pace=1, goals=200)
    spots = [game.spot]
    for _ in range(60):
        layout, goal = game.layout, game.layout.spots[game.spot]
        way = next(way for way in MOVES if layout.floor[goal - layout.offsets[way]])
        game.load({**game.save(), "cells": (goal - layout.offsets[way], layout.starts[0])})
        play(game, (way, STAY))
        spots.append(game.spot)
    assert all(one != other for one, other in itertools.pairwise(spots))
    assert set(spots) == set(range(5))


def test_a_match_ends_with_its_time():
    for players, layout, limit in ((2, "handover", MATCH), (1, "rooms", 2_400), (2, "race", 77)):
        game = GridWorld(players, layout, limit=limit)
        assert game.limit == limit
        game.load({**game.save(), "clock": limit - 2})
        play(game, STAY)
        assert not game.over
        play(game, STAY)
        assert game.over
        assert not game.is_won
        end = game.save()
        play(game, RIGHT)
        assert game.save() == end
    assert GridWorld(1, "rooms").limit == GridWorld(1, "rooms", pace=1).limit * 8


@pytest.mark.parametrize("pace", [2, 8])
def test_act_is_done_once_however_long_it_is_held(pace):
    game = GridWorld(2, "handover", pace=pace)
    width = game.layout.width
    game.load({**game.save(), "cells": (width + 5, width + 11), "facing": (RIGHT, DOWN), "carried": (1, 0)})
    for _ in range(5 * pace):
        play(game, (ACT, STAY))
    assert (game.kitchen.counters[0], game.carried[0]) == (1, 0)
    play(game, (STAY, STAY), (ACT, STAY))
    assert (game.kitchen.counters[0], game.carried[0]) == (0, 1)


def test_with_pace_one_every_act_counts():
    game = GridWorld(2, "handover", pace=1)
    width = game.layout.width
    game.load({**game.save(), "cells": (width + 5, width + 11), "facing": (RIGHT, DOWN), "carried": (1, 0)})
    held = []
    for _ in range(4):
        play(game, (ACT, STAY))
        held.append(game.carried[0])
    assert held == [0, 1, 0, 1]


def test_what_is_put_on_the_counter_is_taken_from_the_other_side_cooked_and_served():
    game = GridWorld(2, "handover", pace=1, seed=2)
    food = game.kitchen.wanted - 2
    width = game.layout.width
    source = next(cell for cell, (letter, _) in game.layout.stations.items() if letter == "OT"[food - 1])
    game.load({**game.save(), "cells": (source + 1, width + 7), "facing": (LEFT, LEFT)})
    play(game, (ACT, STAY))
    assert game.carried == [food, 0]
    play(game, *[(RIGHT, STAY)] * 5, *[(UP, STAY)] * 4, (RIGHT, STAY), (ACT, STAY), (STAY, ACT))
    assert game.carried == [0, food]
    play(game, *[(STAY, RIGHT)] * 5, (STAY, ACT))
    assert game.carried == [0, 0]
    play(game, *[(STAY, STAY)] * 15, (STAY, ACT))
    assert game.carried == [0, food + 2]
    assert game.points == [0, 0]
    play(game, *[(STAY, DOWN)] * 2, (STAY, RIGHT), (STAY, ACT))
    assert (game.carried, game.kitchen.served) == ([0, 0], 1)
    assert game.points == [20, 20]


def test_an_order_that_runs_out_costs_everybody():
    game = GridWorld(3, "handover", pace=1)
    play(game, *[STAY] * 60)
    assert (game.points, game.kitchen.missed) == ([-5, -5, -5], 1)


def test_it_has_one_small_codec_and_keys_for_each_player():
    for name, players in PLAYABLE:
        game = GridWorld(players, name)
        assert [codec.size for codec in codecs_of(game)] == [1] * players
        assert idle_inputs(game, codecs_of(game)) == (b"\x00",) * players
        assert {game.keys(player)[key] for player in range(players) for key in game.keys(player)} == {
            UP,
            DOWN,
            LEFT,
            RIGHT,
            ACT,
        }
        assert len(game.buttons) == 6


def test_games_of_different_rules_have_different_versions_and_equal_ones_the_same():
    rules = [{}, {"layout": "race"}, {"layout": "keys"}, {"pace": 7}, {"limit": 9}, {"layout": "race", "goals": 2}]
    versions = [GridWorld(**each).game_version for each in rules]
    assert len(set(versions)) == len(rules)
    assert versions == [GridWorld(**each, seed=5).game_version for each in rules]
    prices = ({}, {"price": 2}, {"reward": 2}, {"fall": 2}, {"together": True})
    own = [Layout("own", ("###", "#1#", "###"), **each) for each in prices]
    assert len({GridWorld(1, layout).game_version for layout in own}) == len(own)


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ({"players": 1}, r"^players of the layout 'handover' must be a whole number from 2 to 4, not 1$"),
        ({"players": 5}, "from 2 to 4, not 5"),
        ({"players": 2, "layout": "rooms"}, "'rooms' must be a whole number from 1 to 1"),
        ({"players": True}, "not True"),
        ({"layout": "maze"}, "there is no layout 'maze': take one of handover, keys, race, rooms, cliff"),
        ({"layout": 3}, "no layout 3"),
        ({"pace": 0}, "pace must be a whole number from 1 to 60, not 0"),
        ({"limit": -1}, "limit must be"),
        ({"limit": 0}, "limit must be a whole number from 1 to 1000000, not 0"),
        ({"goals": 1}, "goals must be a whole number from 0 to 0, not 1"),
        ({"seed": -1}, "seed"),
    ],
)
def test_what_it_cannot_be_made_with_is_told_in_one_sentence(arguments, told):
    with pytest.raises(UsageError, match=told):
        GridWorld(**arguments)


def things(game):
    kitchen = game.kitchen
    return sum(item > 0 for item in (*game.carried, *kitchen.counters, *kitchen.pots)) + kitchen.served


def check_world(game, before):
    """Hold what has to be true of every state, and of it after the one before."""
    layout, width = game.layout, game.layout.width
    assert len({*game.cells}) == game.players, "nobody stands on another"
    assert all(layout.floor[cell] for cell in game.cells), "nobody stands in a wall"
    for cell in game.cells:
        door = layout.doors.get(cell)
        assert door is None or game.doors >> door & 1, "nobody stands in a closed door"
    jumped = game.pause or layout.cliffs or game.won != [*before["won"]]
    for old, new in zip(before["cells"], game.cells, strict=True):
        assert jumped or abs(old - new) in (0, 1, width)
    keys = (1 << len(layout.keys)) - 1
    assert sum([game.loose, *game.held]) == keys, "each key is in one place"
    for player in range(game.players):
        for value, (name, least, greatest) in zip(game.observe(player), game.observed, strict=True):
            assert type(value) is int
            assert least <= value <= greatest, (name, value)


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(PLAYABLE), st.sampled_from([1, 2, 8]), st.integers(0, 2**63 - 1), st.binary(min_size=4, max_size=400))
def test_whatever_is_pressed_the_world_stays_in_order(which, pace, seed, inputs):
    name, players = which
    game = GridWorld(players, name, pace=pace, seed=seed)
    shadow = GridWorld(players, name, pace=pace, seed=seed + 1)
    for start in range(0, len(inputs) - players + 1, players):
        actions = [codec.decode(inputs[start + player : start + player + 1]) for player, codec in enumerate(game.codecs)]
        actions = [action if byte % 3 else byte % 6 for action, byte in zip(actions, inputs[start:], strict=False)]
        for _ in range(3):
            before = game.save()
            count = things(game) if game.kitchen else 0
            shadow.load(before)
            assert shadow.save() == before
            game.step(actions)
            shadow.step(actions)
            after = game.save()
            assert shadow.save() == after == game.save(), "saved, loaded and stepped, it is the same"
            assert is_tree(after)
            check_world(game, before)
            if game.kitchen:
                taken = sum(
                    not held and now and game.layout.stations.get(cell + game.layout.offsets[way], ("", 0))[0] in ("O", "T")
                    for held, now, cell, way in zip(before["carried"], game.carried, game.cells, game.facing, strict=True)
                )
                assert things(game) == count + taken, "things come from sources and go out at the hatch"
