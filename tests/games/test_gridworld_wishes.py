import pytest

from rollback.games.gridworld import GridWorld
from rollback.games.gridworld_sight import sight_of, ways
from rollback.games.gridworld_wishes import reach_of, wish

# In the kitchen: O at 13, T at 65, counters at 19, 32, ..., 71, pots at 25 and 77, the hatch at 51.
COUNTERS = (19, 32, 45, 58, 71)
LEFT_SIDE, RIGHT_SIDE = 15, 23


def wanted(player=1, players=2, *, bold=True, layout="handover", kitchen=None, **state):
    """Return what a player wishes for in a state that is told."""
    game = GridWorld(players, layout, pace=1)
    if game.kitchen:
        kitchen = {**game.save()["kitchen"], "wanted": 3, "following": 4, **(kitchen or {})}
        state["kitchen"] = kitchen
    game.load({**game.save(), **state})
    sight = sight_of(game.layout, players, game.observe(player))
    keys = sight.doors | sight.own.held
    return wish(game.layout, sight, ways(game.layout, sight.own.cell, keys, ()), bold=bold)


def test_a_supplier_fetches_what_is_ordered_first_and_then_the_next():
    assert wanted(0) == 13
    assert wanted(0, kitchen={"wanted": 4, "following": 3}) == 65
    assert wanted(0, kitchen={"counters": (1, 0, 0, 0, 0)}) == 65
    assert wanted(0, kitchen={"pots": (1, 0)}) == 65
    assert wanted(0, carried=(0, 3)) == 65


def test_a_supplier_waits_when_both_orders_are_supplied_or_no_counter_is_free():
    assert wanted(0, kitchen={"counters": (1, 2, 0, 0, 0)}) == -1
    assert wanted(0, kitchen={"pots": (1, 2)}) == -1
    assert wanted(0, kitchen={"counters": (2, 2, 2, 2, 2)}) == -1


def test_what_was_fetched_goes_to_the_nearest_free_counter():
    assert wanted(0, cells=(18, 23), carried=(1, 0)) == 19
    assert wanted(0, cells=(18, 23), carried=(1, 0), kitchen={"counters": (1, 0, 0, 0, 0)}) == 32
    assert wanted(0, cells=(18, 23), carried=(1, 0), kitchen={"counters": (1,) * 5}) == -1


def test_a_cook_takes_from_the_counter_what_the_order_lacks():
    assert wanted(1, kitchen={"counters": (2, 0, 0, 0, 1)}) == 71
    assert wanted(1, kitchen={"counters": (2, 0, 0, 0, 1), "pots": (1, 0), "cooking": (9, 0)}) == 19
    assert wanted(1) == -1


def test_a_cook_fills_the_nearest_empty_pot():
    assert wanted(1, cells=(15, 24), carried=(0, 1)) == 25
    assert wanted(1, cells=(15, 24), carried=(0, 1), kitchen={"pots": (1, 0)}) == 77
    assert wanted(1, cells=(15, 24), carried=(0, 1), kitchen={"pots": (1, 1), "cooking": (5, 5)}) == -1


def test_a_cook_makes_its_hands_free_for_a_dish_that_is_done():
    assert wanted(1, cells=(15, 20), carried=(0, 2), kitchen={"pots": (1, 2)}) == 19
    assert wanted(1, cells=(15, 20), carried=(0, 1), kitchen={"wanted": 4, "following": 4}) == 19, "nobody ordered that"


def test_a_dish_that_is_done_is_taken_before_anything_else_and_served():
    assert wanted(1, kitchen={"pots": (0, 1), "counters": (2, 2, 2, 1, 1)}) == 77
    assert wanted(1, kitchen={"counters": (0, 0, 3, 0, 0)}) == 45
    assert wanted(1, carried=(0, 3)) == 51


def test_a_dish_that_is_not_ordered_is_put_aside():
    assert wanted(1, cells=(15, 20), carried=(0, 4)) == 19
    assert wanted(1, kitchen={"wanted": 3, "following": 3, "pots": (2, 2), "counters": (1, 0, 0, 0, 0)}) in (25, 77)


def test_a_cook_stands_by_the_pot_that_boils_what_is_ordered():
    assert wanted(1, kitchen={"pots": (1, 2), "cooking": (9, 9)}) == 25


@pytest.mark.parametrize(("bold", "goes"), [(False, -1), (True, 13)])
def test_what_a_partner_is_nearer_to_is_left_to_it_unless_one_is_bold(bold, goes):
    cells = (17, 23, 24, 14)  # the fourth stands beside the onions
    state = {"cells": cells, "players": 4, "kitchen": {"counters": (2, 0, 0, 0, 0)}}
    assert wanted(0, bold=bold, **state) == goes
    assert wanted(3, bold=bold, **state) == 13


def test_a_partner_with_full_hands_or_on_the_other_side_takes_nothing_away():
    state = {"cells": (17, 23, 24, 14), "players": 4}
    assert wanted(0, bold=False, carried=(0, 0, 0, 2), **state) == 13


def test_a_walker_goes_for_the_goal_or_else_for_the_nearest_key_or_door():
    assert wanted(0, layout="race", kitchen=None) == GridWorld(2, "race").layout.spots[GridWorld(2, "race").spot]
    key, door = 3 * 13 + 2, 2 * 13 + 4
    assert wanted(0, layout="keys") == key
    assert wanted(0, layout="keys", held=(1, 0), loose=6) == door
    assert wanted(0, layout="keys", held=(1, 0), loose=6, doors=1, cells=(2 * 13 + 5, 14)) == 13 + 7
    assert wanted(0, layout="keys", held=(2, 4), loose=0, doors=1) == 2 * 13 + 8
    assert wanted(0, layout="keys", doors=7, loose=0, held=(7, 0)) == 6 * 13 + 11
    assert wanted(0, layout="keys", held=(0, 1), loose=6) == -1


def test_a_key_is_left_to_who_is_nearer():
    cells = (14, 2 * 13 + 2)
    assert wanted(0, layout="keys", cells=cells, bold=False) == -1
    assert wanted(0, layout="keys", cells=cells, bold=True) == 3 * 13 + 2
    assert wanted(1, layout="keys", cells=cells, bold=False) == 3 * 13 + 2


def test_a_station_is_as_far_as_the_cell_beside_it():
    layout = GridWorld().layout
    near = ways(layout, LEFT_SIDE, 0, ())
    assert reach_of(layout, near, 13) == 1
    assert reach_of(layout, near, LEFT_SIDE) == 0
    assert reach_of(layout, near, 19) == 3
    assert reach_of(layout, near, 25) == -1
    assert reach_of(layout, near, RIGHT_SIDE) == -1
    assert [reach_of(layout, near, cell) for cell in COUNTERS] == [3, 4, 5, 6, 7]
