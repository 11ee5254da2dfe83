"""A space with parts is divided among players, and their parts make an action of the whole again."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from gymnasium import spaces
from hypothesis import given
from hypothesis import strategies as st

from rollback.envs.splitting import can_split, divided, join_for, split
from rollback.errors import GameError

BOX = spaces.Box(-1, 1, (2,), np.float32)


@pytest.mark.parametrize(
    ("space", "players", "parts"),
    [
        (spaces.Tuple([spaces.Discrete(2), BOX]), 2, [("player_0", spaces.Discrete(2)), ("player_1", BOX)]),
        (
            spaces.Tuple([spaces.Discrete(n) for n in (2, 3, 4, 5)]),
            2,
            [
                ("player_0", spaces.Tuple([spaces.Discrete(2), spaces.Discrete(3)])),
                ("player_1", spaces.Tuple([spaces.Discrete(4), spaces.Discrete(5)])),
            ],
        ),
        (spaces.Dict(left=spaces.Discrete(2), right=BOX), 2, [("left", spaces.Discrete(2)), ("right", BOX)]),
        (
            spaces.Dict(a=BOX, b=BOX, c=BOX, d=BOX),
            2,
            [("player_0", spaces.Dict(a=BOX, b=BOX)), ("player_1", spaces.Dict(c=BOX, d=BOX))],
        ),
        (spaces.MultiDiscrete([3, 4]), 2, [("player_0", spaces.Discrete(3)), ("player_1", spaces.Discrete(4))]),
        (
            spaces.MultiDiscrete([3, 4, 5], start=[1, 2, 3]),
            3,
            [(f"player_{n}", spaces.Discrete(3 + n, start=1 + n)) for n in range(3)],
        ),
        (
            spaces.MultiDiscrete([3, 4, 5, 6]),
            2,
            [("player_0", spaces.MultiDiscrete([3, 4])), ("player_1", spaces.MultiDiscrete([5, 6]))],
        ),
        (
            spaces.MultiDiscrete([[3, 4], [5, 6]]),
            2,
            [("player_0", spaces.MultiDiscrete([3, 4])), ("player_1", spaces.MultiDiscrete([5, 6]))],
        ),
        (spaces.MultiBinary(2), 2, [("player_0", spaces.Discrete(2)), ("player_1", spaces.Discrete(2))]),
        (spaces.MultiBinary(4), 2, [("player_0", spaces.MultiBinary(2)), ("player_1", spaces.MultiBinary(2))]),
        (spaces.MultiBinary([2, 3]), 2, [("player_0", spaces.MultiBinary([3])), ("player_1", spaces.MultiBinary([3]))]),
    ],
    ids=str,
)
def test_parts_go_to_players_in_order(space: Any, players: int, parts: list[tuple[str, Any]]) -> None:
    assert can_split(space, players)
    assert list(split(space, players)) == parts


SPLITTABLE = st.sampled_from(
    [
        (spaces.Tuple([spaces.Discrete(2), BOX, spaces.MultiBinary(3), spaces.Discrete(3, start=-1)]), (1, 2, 4)),
        (spaces.Dict(z=BOX, a=spaces.Discrete(3), m=BOX, b=spaces.MultiBinary(2)), (1, 2, 4)),
        (spaces.MultiDiscrete([2, 3, 4, 5, 6, 7], start=[0, -3, 5, 1, 2, 3]), (1, 2, 3, 6)),
        (spaces.MultiDiscrete(np.array([[2, 3], [4, 5], [6, 7]]), dtype=np.int16), (1, 3)),
        (spaces.MultiBinary(6), (1, 2, 3, 6)),
        (spaces.MultiBinary([4, 2]), (1, 2, 4)),
    ]
).flatmap(lambda row: st.tuples(st.just(row[0]), st.sampled_from(row[1]), st.integers(0, 2**31)))


@given(SPLITTABLE)
def test_parts_joined_are_an_action_of_the_whole(drawn: tuple[Any, int, int]) -> None:
    space, players, seed = drawn
    parts = [part for _, part in split(space, players)]
    for number, part in enumerate(parts):
        part.seed(seed + number)
    join = join_for(space, players)
    one, other = [part.sample() for part in parts], [part.sample() for part in parts]
    assert space.contains(join(one))
    for player in range(players):
        mixed = [*one[:player], other[player], *one[player + 1 :]]
        changed = repr(join(mixed)) != repr(join(one))
        assert changed == (repr(one[player]) != repr(other[player]))


def test_what_is_of_one_piece_names_the_other_ways() -> None:
    with pytest.raises(GameError, match=r"Discrete\(2\) are of one piece .*\"race\" .* \"turns\" .* \"watch\""):
        split(spaces.Discrete(2), 2)
    assert not can_split(spaces.Discrete(2), 2) and not can_split(BOX, 2)


def test_parts_that_leave_a_rest_name_the_numbers_that_fit() -> None:
    with pytest.raises(GameError, match=r"6 parts .* evenly among 4 players: choose players=1 or 2 or 3 or 6"):
        split(spaces.MultiBinary(6), 4)
    with pytest.raises(GameError, match=r"2 parts .* among 3 players"):
        split(spaces.MultiDiscrete([2, 2]), 3)


@pytest.mark.parametrize(
    ("space", "players"),
    [
        (spaces.Tuple([spaces.Discrete(2), BOX]), 2),
        (spaces.Tuple([spaces.Discrete(n) for n in (2, 3, 4, 5)]), 2),
        (spaces.Dict(left=spaces.Discrete(2), right=BOX), 2),
        (spaces.Dict(a=BOX, b=BOX, c=BOX, d=BOX), 2),
        (spaces.MultiDiscrete([3, 4]), 2),
        (spaces.MultiDiscrete([[3, 4], [5, 6]]), 2),
        (spaces.MultiDiscrete([3, 4, 5, 6, 7, 8]), 3),
        (spaces.MultiBinary(4), 2),
    ],
)
def test_an_action_of_the_whole_is_divided_as_it_would_be_joined(space: Any, players: int) -> None:
    space.seed(3)
    action = space.sample()
    parts = divided(space, players, action)
    for name, part in split(space, players):
        assert part.contains(np.int64(parts[name]) if isinstance(part, spaces.Discrete) else parts[name])
    joined = join_for(space, players)(list(parts.values()))
    assert spaces.utils.flatten(space, joined).tolist() == spaces.utils.flatten(space, action).tolist()
