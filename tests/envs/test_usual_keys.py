"""Without a table, arrows and digits suggest themselves where they can."""

from __future__ import annotations

from typing import Any

import gymnasium
import numpy as np
import pytest
from gymnasium import spaces

from rollback.envs.controls import controls_for
from rollback.envs.keys import KeyTable
from rollback.envs.making import made_quietly, maker_of_id
from rollback.envs.usual_keys import usual_keys


def singles(env: Any, space: Any = None) -> dict[str, Any]:
    return KeyTable(None, env).singles(controls_for(None, ["p"], [(None, env.action_space if space is None else space)])[0])


class Said:
    def __init__(self, *meanings: str) -> None:
        self.meanings = meanings
        self.action_space = spaces.Discrete(len(meanings))

    def get_action_meanings(self) -> list[str]:
        return list(self.meanings)


@pytest.mark.parametrize(
    ("id", "keys"),
    [
        ("CartPole-v1", {"left": 0, "right": 1}),
        ("Acrobot-v1", {"left": 0, "right": 2}),
        ("LunarLander-v3", {"left": 1, "up": 2, "right": 3}),
        ("FrozenLake-v1", {"left": 0, "down": 1, "right": 2, "up": 3}),
        ("CliffWalking-v1", {"left": 3, "down": 2, "right": 1, "up": 0}),
        ("Taxi-v4", {"left": 3, "down": 0, "right": 2, "up": 1, "space": 4, "enter": 5}),
    ],
)
def test_arrows_drive_environments_whose_actions_are_known(id: str, keys: dict[str, int]) -> None:
    env = made_quietly(maker_of_id(id, {}))  # Box2D's import ends the process where warnings are errors
    found = singles(env)
    digits = {str(number): number for number in range(env.action_space.n)}
    assert {key: int(action) for key, action in found.items()} == digits | keys


def test_arrows_go_the_ways_that_the_tables_of_environments_go() -> None:
    lake = gymnasium.make("FrozenLake-v1", is_slippery=False).unwrapped
    arrows = singles(lake)
    assert lake.P[5 - 1][int(arrows["right"])][0][1] == 5  # from the start of the second row one to the right
    taxi = gymnasium.make("Taxi-v4").unwrapped
    row, column, *_ = taxi.decode(taxi.P[taxi.encode(2, 2, 0, 1)][int(singles(taxi)["up"])][0][1])
    assert (row, column) == (1, 2)


def test_meanings_that_name_directions_are_arrows() -> None:
    found = singles(Said("NOOP", "FIRE", "UP", "RIGHT", "LEFT", "DOWN"))
    assert {key: int(found[key]) for key in ("space", "up", "right", "left", "down")} == {
        "space": 1, "up": 2, "right": 3, "left": 4, "down": 5,
    }  # fmt: skip


def test_meanings_of_two_directions_are_two_keys_held() -> None:
    env = Said("NOOP", "UP", "LEFT", "UPLEFT", "UPLEFTFIRE")
    table = KeyTable(None, env)
    own = controls_for(None, ["p"], [(None, env.action_space)])[0]
    assert [int(table.action(held, own)) for held in (["up"], ["up", "left"], ["left", "space", "up"])] == [1, 3, 4]


def test_meanings_of_another_number_of_actions_are_not_believed() -> None:
    env = Said("LEFT", "RIGHT", "UP")
    assert singles(env, spaces.Discrete(2)) == {"0": 0, "1": 1}


def test_digits_name_up_to_nine_actions_from_where_they_start() -> None:
    nothing = object()
    assert usual_keys(nothing, spaces.Discrete(3, start=-1), None) == {("0",): -1, ("1",): 0, ("2",): 1}
    assert len(usual_keys(nothing, spaces.Discrete(9), None)) == 9
    assert usual_keys(nothing, spaces.Discrete(10), None) == {} == usual_keys(nothing, spaces.Discrete(1), None)


def test_buttons_are_digits_and_are_held_together() -> None:
    space = spaces.MultiBinary(4)
    own = controls_for(None, ["p"], [(None, space)])[0]
    table = KeyTable(None, object())
    assert table.action(["2"], own).tolist() == [0, 0, 1, 0]
    assert table.action(["0", "3"], own).tolist() == [1, 0, 0, 1]
    assert table.action(["3", "1", "0"], own).tolist() == [1, 1, 0, 1]
    assert usual_keys(object(), spaces.MultiBinary(20), own.codec) == {}


def test_one_or_two_levers_are_pushed_by_arrows() -> None:
    one = spaces.Box(-1, 3, (1,), np.float32)
    assert {key: float(action[0]) for key, action in singles(object(), one).items()} == {
        "left": -1, "down": -1, "right": 3, "up": 3,
    }  # fmt: skip
    two = spaces.Box(np.array([-1, 0], np.float32), np.array([1, 2], np.float32))
    own = controls_for(None, ["p"], [(None, two)])[0]
    table = KeyTable(None, object())
    assert table.action(["left"], own).tolist() == [-1, 0]
    assert table.action(["left", "up"], own).tolist() == [-1, 2]
    assert table.action([], own).tolist() == [0, 0]


@pytest.mark.parametrize(
    "space",
    [
        spaces.Box(-np.inf, np.inf, (1,), np.float32),
        spaces.Box(-1, 1, (3,), np.float32),
        spaces.Box(0, 9, (1,), np.int8),
        spaces.Tuple([spaces.Discrete(2)]),
        spaces.MultiDiscrete([2, 2]),
    ],
    ids=str,
)
def test_for_anything_else_no_key_suggests_itself(space: Any) -> None:
    assert usual_keys(object(), space, None) == {}
