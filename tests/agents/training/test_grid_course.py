"""GridWorld as a course: names, starts, and the numbers of situations."""

import pytest

from rollback.agents.tables import rows_of
from rollback.agents.training.grid_course import ENVIRONMENTS, HELD_OUT, LOOKED_AT, Course
from rollback.envs.names import game_factory
from rollback.errors import UsageError
from rollback.games import GridWorld


def test_the_first_course_is_the_one_with_enough_cells_to_keep_two_hundred_for_a_test():
    assert ENVIRONMENTS[0] == "gridworld?layout=halls"
    assert set(ENVIRONMENTS) == {f"gridworld?layout={name}" for name in ("halls", "rooms", "cliff", "keys", "race")}
    course = Course("gridworld")
    assert course.layout.name == "halls"
    assert len(course.held_out) == HELD_OUT == 200
    assert len({cell for cell, _ in course.held_out}) == 200, "200 different cells"
    assert len(course.looked_at) == LOOKED_AT == 100
    assert len(course.starts) == 191


@pytest.mark.parametrize("name", ENVIRONMENTS)
def test_what_is_held_out_is_never_trained_from_and_together_they_are_all_starts(name):
    course = Course(name)
    held, seen, starts = set(course.held_out), set(course.looked_at), set(course.starts)
    assert not held & starts and not held & seen and not seen & starts
    assert len(held) >= len(seen) > 0 and len(starts) >= len(seen), "few are looked at, and enough are left to learn from"
    every = {(home, spot) for home in course.layout.homes for spot in range(len(course.layout.spots))}
    assert held | seen | starts == every
    assert len(held) == min(200, len(every) // 2)


@pytest.mark.parametrize("name", ENVIRONMENTS)
def test_what_is_held_out_is_the_same_each_time(name):
    assert Course(name).held_out == Course(name).held_out


@pytest.mark.parametrize("name", ENVIRONMENTS)
def test_every_start_can_be_begun_from_and_its_number_is_that_of_the_game(name):
    course = Course(name)
    game = course.game()
    assert course.rows == rows_of(course.layout, by_spot=True)
    assert (game.players, game.pace, game.limit) == (1, 1, 300)
    for start in (*course.starts, *course.looked_at, *course.held_out):
        course.begin(game, start)
        assert (game.cells[0], game.spot, game.clock, game.over) == (*start, 0, False)
        assert 0 <= course.row(game) < course.rows
        if course.spots == 1:
            assert course.row(game) == game.state_index()


@pytest.mark.parametrize("layout", ["race", "keys"])
def test_a_situation_has_the_number_that_a_match_of_two_gives_it(layout):
    course = Course(f"gridworld?layout={layout}")
    alone, match = course.game(), GridWorld(2, layout)
    for spot in range(course.spots):
        for held, doors in ((0, 0), (1, 0), (3, 1)) if layout == "keys" else ((0, 0),):
            alone.load({**alone.save(), "held": (held,), "doors": doors, "spot": spot})
            match.load(
                {**match.save(), "cells": (alone.cells[0], match.cells[1]), "held": (held, 0), "doors": doors, "spot": spot}
            )
            assert course.row(alone) == match.state_index(0)


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("gridworld", "gym:rollback/GridWorld-v0?layout=halls"),
        (" GridWorld?layout=cliff ", "gym:rollback/GridWorld-v0?layout=cliff"),
        ("rollback.games:GridWorld?layout=race", "gym:rollback/GridWorld-v0?layout=race"),
        ("gym:rollback/GridWorld-v0", "gym:rollback/GridWorld-v0?layout=rooms"),
        ("gym:rollback/GridWorld-v0?limit=50&layout=keys", "gym:rollback/GridWorld-v0?layout=keys&limit=50"),
        ("gridworld?limit=300", "gym:rollback/GridWorld-v0?layout=halls"),
    ],
)
def test_a_name_is_kept_as_the_commands_take_it(name, kept):
    course = Course(name)
    assert course.environment == kept
    assert Course(kept).environment == kept
    assert course.limit == (50 if "limit=50" in name else 300)


def test_the_name_that_is_kept_makes_that_game():
    game = game_factory(Course("gridworld?limit=50").environment)()
    assert game.players == 2, "a race of two copies, as environments for one are played"


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("tetris", "not on 'tetris': write gridworld"),
        ("", "not on ''"),
        (None, "None names no environment"),
        ("x" * 2000, "names no environment"),
        (
            "gridworld?layout=handover",
            "the layout 'handover' cannot be learned by a table: take one of halls, keys, race, rooms, cliff",
        ),
        ("gridworld?layout=../secret", "cannot be learned"),
        ("gridworld?pace=2", "'pace' in 'gridworld\\?pace=2' cannot be set"),
        ("gridworld?layout", "not written as \\?key=value"),
        ("gridworld?" + "&".join(f"a{number}=1" for number in range(99)), "not written as"),
        ("gridworld?limit=0", "limit in .* from 1 to 1000000, not '0'"),
        ("gridworld?limit=-5", "not '-5'"),
        ("gridworld?limit=9999999", "not '9999999'"),
        ("gridworld?limit=\u0665", "must be a whole number"),
        ("gridworld?limit=" + "9" * 900, "must be a whole number"),
    ],
)
def test_what_cannot_be_learned_is_refused_in_one_sentence(name, told):
    with pytest.raises(UsageError, match=told) as caught:
        Course(name)
    assert len(str(caught.value)) < 350
