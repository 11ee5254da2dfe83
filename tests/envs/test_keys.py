"""Held keys become actions: by the user's table, the environment's own in the convention of Gymnasium, or a usual one."""

from __future__ import annotations

from typing import Any

import gymnasium
import numpy as np
import pytest
from gymnasium import spaces
from hypothesis import given
from hypothesis import strategies as st

from rollback.envs.controls import Control, controls_for
from rollback.envs.keys import NAMED, KeyTable, keys_named
from rollback.errors import GameError
from tests.envs.toy_environments import Walk

ARROWS = ("left", "right", "up", "down")


def control(space: Any, name: str = "player_0", idle: Any = None) -> Control:
    return controls_for(None, [name], [(None, space)], idle=idle)[0]


class Board:
    """Something with a table of its own."""

    def __init__(self, table: Any) -> None:
        self.table = table

    def get_keys_to_action(self) -> Any:
        return self.table


@pytest.mark.parametrize(
    ("keys", "named"),
    [
        ("w", {"w"}),
        ("wa", {"w", "a"}),
        ("W", {"w"}),
        (" ", {"space"}),
        ("w ", {"w", "space"}),
        ("left", {"left"}),
        ((), set()),
        (("w", "a"), {"w", "a"}),
        (("w", " "), {"w", "space"}),
        (("left", "space"), {"left", "space"}),
        (ord("w"), {"w"}),
        ((ord("w"), ord(" ")), {"w", "space"}),
        ((276,), {"left"}),
        ((275, 276), {"left", "right"}),
        ((1073741903, 1073741906), {"right", "up"}),
        ((13,), {"enter"}),
        ((27,), {"escape"}),
        ((304,), None),
        ((1073742049, ord("w")), None),
    ],
)
def test_the_convention_of_gymnasium_is_read(keys: Any, named: Any) -> None:
    assert keys_named(keys) == (None if named is None else frozenset(named))


@given(st.lists(st.one_of(st.integers(-10, 2**31), st.text(max_size=2)), max_size=4).map(tuple) | st.text(max_size=6))
def test_any_keys_are_named_or_left_out(keys: Any) -> None:
    named = keys_named(keys)
    assert named is None or all(name in NAMED or len(name) == 1 for name in named)


@pytest.mark.parametrize(
    ("held", "action"),
    [
        ([], 0),
        (["q"], 0),
        (["w"], 1),
        (["w", "a"], 3),
        (["a", "w"], 3),
        (["w", "a", "space"], 4),
        (["w", "q", "space"], 1),
        (["w", "s"], 2),
        (["s", "w"], 1),
    ],
)
def test_the_largest_set_that_is_held_counts_and_then_the_newest_key(held: list[str], action: int) -> None:
    table = KeyTable(None, Board({"w": 1, "s": 2, "wa": 3, ("w", "a", " "): 4}))
    assert table.action(held, control(spaces.Discrete(5))) == action
    assert table.singles(control(spaces.Discrete(5))) == {"w": 1, "s": 2}


def test_no_key_may_mean_something_too() -> None:
    env = gymnasium.make("MountainCar-v0")
    table, own = KeyTable(None, env), control(env.action_space)
    assert table.action([], own) == 1
    assert [table.action([key], own) for key in ("left", "right")] == [0, 2]
    assert table.action(["left", "right"], own) == 1


def test_what_is_no_action_of_the_players_space_is_left_out_of_the_environments_table() -> None:
    table = KeyTable(None, Board({"w": 1, "s": 7, (9999,): 1}))
    assert table.singles(control(spaces.Discrete(3))) == {"w": 1}


@pytest.mark.parametrize("broken", [None, 3, []])
def test_a_table_that_is_none_is_as_good_as_none(broken: Any) -> None:
    assert KeyTable(None, Board(broken)).singles(control(spaces.Discrete(2))) == {"0": 0, "1": 1}


def test_a_table_that_raises_leaves_the_player_without_surprises() -> None:
    class Continuous:
        def get_keys_to_action(self) -> Any:
            raise AttributeError("not for continuous actions")

    assert KeyTable(None, Continuous()).singles(control(spaces.Discrete(2))) == {"0": 0, "1": 1}


def test_agents_may_have_tables_of_their_own_in_the_environment() -> None:
    class Mirrored:
        def get_keys_to_action(self, agent: str = "a") -> Any:
            return {"x": 1} if agent == "a" else {"x": 2}

    table = KeyTable(None, Mirrored())
    found = [table.singles(control(spaces.Discrete(3), name))["x"] for name in ("a", "b")]
    assert [int(action) for action in found] == [1, 2]


@pytest.mark.parametrize(
    ("given", "held", "action"),
    [
        ({"left": 0, "right": 2}, ["right"], 2),
        ({"Left": 2}, ["left"], 2),
        ({"space+left": 2, "left": 0}, ["left", "space"], 2),
        ({("a", "b"): 2}, ["b", "a"], 2),
        ({276: 2}, ["left"], 2),
        ({" ": 2}, ["space"], 2),
        ({"+": 2}, ["+"], 2),
        ({"player_0": {"x": 2}, "player_1": {"x": 0}}, ["x"], 2),
        ({"player_1": {"x": 0}}, ["x"], 1),
    ],
)
def test_the_users_table_counts_first(given: Any, held: list[str], action: int) -> None:
    table = KeyTable(given, Board({"left": 1, "x": 1}))
    own = control(spaces.Discrete(3), idle=1)
    table.check([own])
    assert table.action(held, own) == action


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"lef": 0}, "'lef' names no keys"),
        ({"": 0}, "names no keys"),
        ({None: 0}, "names no keys"),
        ({304: 0}, "names no keys"),
        ({"left": 9}, "'left' of player_0 means no action"),
        ({"left": "jump"}, "means no action"),
        ("wasd", "must be a table"),
        ([("w", 1)], "must be a table"),
    ],
)
def test_what_is_wrong_in_the_users_table_is_told_at_once(given: Any, told: str) -> None:
    with pytest.raises(GameError, match=told) as caught:
        KeyTable(given).check([control(spaces.Discrete(3))])
    assert "\n" not in str(caught.value)


def test_a_game_refuses_it_when_it_is_made() -> None:
    from rollback.envs import from_gymnasium

    with pytest.raises(GameError, match="means no action"):
        from_gymnasium(Walk, share="race", idle=0, keys={"left": 5})
    game = from_gymnasium(Walk, share="race", idle=0, keys={"left": -1, "right": 1})
    assert dict(game.keys(1)) == {"left": -1, "right": 1}
    assert game.action_for({"right"}, 0) == 1 and game.action_for(set(), 0) == 0
    assert type(game.action_for(["left"], 0)) is np.int64
