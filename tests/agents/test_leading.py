"""Where the best moves of a table lead, and how one gets out of a circle."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rollback.agents.leading import leading
from rollback.games.gridworld import DOWN, LEFT, RIGHT, UP
from rollback.games.gridworld_layouts import LAYOUTS, Layout
from rollback.games.gridworld_sight import ways

LANE = Layout("lane", ("########", "#1.....#", "#.####G#", "########"))  # cells 9 to 14, then the goal below, 22; 17 is a niche
GOAL = 22
ROW = {UP: [9.0, 0, 0, 0], DOWN: [0, 9.0, 0, 0], LEFT: [0, 0, 9.0, 0], RIGHT: [0, 0, 0, 9.0], 0: [0.0] * 4}


def led(layout, best, shut=(), news=(GOAL,)):
    """Return where one is led by cell, where `best` says which move is worth most; the training never was elsewhere."""
    return leading(layout, lambda cell: ROW[best.get(cell, 0)], shut, news)


def test_best_moves_that_reach_the_goal_are_left_as_they_are():
    best = {9: RIGHT, 10: RIGHT, 11: RIGHT, 12: RIGHT, 13: RIGHT, 14: DOWN, 17: UP}
    found = led(LANE, best)
    assert {cell: found[cell] for cell in best} == best


def test_out_of_a_circle_one_goes_to_the_nearest_cell_from_where_the_goal_is_reached():
    found = led(LANE, {17: UP, 9: RIGHT, 10: LEFT, 11: LEFT, 12: RIGHT, 13: RIGHT, 14: DOWN})
    assert [found[cell] for cell in (17, 9, 10, 11, 12)] == [UP, RIGHT, RIGHT, RIGHT, RIGHT]


@pytest.mark.parametrize("wall", [UP, DOWN])
def test_who_is_sent_into_a_wall_gets_out_too(wall):
    assert led(LANE, {10: RIGHT, 11: wall, 12: RIGHT, 13: RIGHT, 14: DOWN})[11] == RIGHT


def test_who_is_sent_off_a_cliff_or_against_a_locked_door_is_led_elsewhere():
    cliff = Layout("edge", ("#####", "#1.G#", "#~~.#", "#####"))
    assert led(cliff, {6: DOWN, 7: RIGHT}, news=(8,))[6] == RIGHT
    door = Layout("door", ("######", "#1.aG#", "#.A.a#".replace("a#", ".#"), "######"))
    assert led(door, {8: DOWN, 9: RIGHT}, shut=(14,), news=(9, 10))[8] == RIGHT


def test_where_the_training_never_was_there_is_no_move_and_what_leads_there_is_left():
    found = led(LANE, {9: RIGHT, 12: LEFT, 13: RIGHT, 14: DOWN})
    assert (found[10], found[11]) == (0, 0), "it is met by nobody"
    assert (found[9], found[12]) == (RIGHT, LEFT), "they lead where it may wander on"


def test_where_nothing_leads_to_the_goal_the_map_gives_no_help():
    found = led(LANE, {9: RIGHT, 10: LEFT, 11: RIGHT, 12: LEFT, 13: UP, 14: UP, 17: LEFT})
    assert not any(found)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.integers(1, 4), min_size=400, max_size=400), st.sampled_from(["rooms", "halls", "cliff"]))
def test_from_wherever_the_goal_can_be_learned_nobody_goes_round_for_ever(best, name):
    layout = LAYOUTS[name]
    goal = layout.spots[0]
    near = ways(layout, goal, 0, ())
    known = {cell: best[number % 400] for number, cell in enumerate(layout.homes)}
    beside = next(cell for cell in near if near[cell].length == 1)
    known[beside] = 1 + layout.offsets[1:].index(goal - beside)
    found = leading(layout, lambda cell: ROW[known.get(cell, 0)], (), (goal,))
    for start in layout.homes:
        cell, moves = start, 0
        while cell != goal:
            assert found[cell] and layout.floor[cell + layout.offsets[found[cell]]], (start, cell)
            cell, moves = cell + layout.offsets[found[cell]], moves + 1
            assert cell not in layout.cliffs and moves <= 400, start
