"""Checkpoints that are well made and hold something odd: each plays legal actions or is refused in one sentence."""

from __future__ import annotations

from array import array
from functools import cache
from math import prod
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rollback.agents.checkpoints import Array, Checkpoint
from rollback.agents.playing import PLAYERS, policy_from
from rollback.agents.training import make_algorithm
from rollback.errors import CheckpointError
from rollback.games import GridWorld, Pong, Tetris

GAMES = {
    "q-learning": ("gridworld?layout=race", lambda: GridWorld(2, "race")),
    "cross-entropy": ("tetris", lambda: Tetris(2, actions="placements")),
    "self-play": ("pong", lambda: Pong()),
}
SHAPES = st.lists(st.integers(0, 5), max_size=3).map(tuple)
ODD = {
    "d": st.floats(width=64), "f": st.floats(width=32), "q": st.integers(-(2**63), 2**63 - 1),
    "i": st.integers(-(2**31), 2**31 - 1), "h": st.integers(-(2**15), 2**15 - 1), "B": st.integers(0, 255),
}  # fmt: skip


@cache
def untrained(algorithm: str) -> Checkpoint:
    environment, _ = GAMES[algorithm]
    return make_algorithm(algorithm, environment, {}, 1).checkpoint()


def again(checkpoint: Checkpoint, **changes: Any) -> Checkpoint:
    names = ("algorithm", "environment", "config_hash", "parameters", "random_state", "arrays")
    return Checkpoint(**{**{name: getattr(checkpoint, name) for name in names}, **changes})


@pytest.mark.parametrize("algorithm", GAMES)
def test_what_was_never_trained_plays_too(algorithm: str) -> None:
    game = GAMES[algorithm][1]()
    policies: list[Any] = [[policy_from(untrained(algorithm), game, player), None] for player in range(2)]
    for _ in range(40):
        actions = []
        for player, kept in enumerate(policies):
            action, kept[1] = kept[0].act(game.observe(player), kept[1])
            assert game.codecs[player].decode(game.codecs[player].encode(action)) == action
            actions.append(action)
        game.step(actions)
    assert set(GAMES) <= set(PLAYERS)


@pytest.mark.parametrize("algorithm", GAMES)
@settings(max_examples=60)
@given(data=st.data())
def test_odd_arrays_are_refused_or_play_legally(algorithm: str, data: st.DataObject) -> None:
    good = untrained(algorithm)
    arrays = dict(good.arrays)
    name = data.draw(st.sampled_from(sorted(arrays)))
    kept = arrays.pop(name)
    kind = data.draw(st.sampled_from(["gone", "shape", "numbers", "type"]))
    if kind == "shape":
        shape = data.draw(SHAPES)
        arrays[name] = Array(shape, kept.typecode, array(kept.typecode, [1] * prod(shape)))
    elif kind == "numbers":
        numbers = kept.data[:]
        numbers[data.draw(st.integers(0, len(numbers) - 1))] = data.draw(ODD[kept.typecode])
        arrays[name] = Array(kept.shape, kept.typecode, numbers)
    elif kind == "type":
        other = data.draw(st.sampled_from(sorted(ODD)))
        number = data.draw(ODD[other])
        arrays[name] = Array(kept.shape, other, array(other, [number] * len(kept.data)))
    plays_or_refuses(algorithm, again(good, arrays=arrays))


@pytest.mark.parametrize("algorithm", GAMES)
@pytest.mark.parametrize("odd", [{}, {"seed": None}, {"seed": [1]}, {"smoothing": "much"}, {"pieces": -1}, {"x": {"y": [1]}}])
def test_odd_parameters_are_refused_or_play_legally(algorithm: str, odd: dict[str, Any]) -> None:
    good = untrained(algorithm)
    plays_or_refuses(algorithm, again(good, parameters=odd))
    plays_or_refuses(algorithm, again(good, parameters={**good.parameters, **odd}, random_state=None))
    plays_or_refuses(algorithm, again(good, config_hash="0" * 64))


def plays_or_refuses(algorithm: str, checkpoint: Checkpoint) -> None:
    game, memory = GAMES[algorithm][1](), None
    try:
        policy = policy_from(Checkpoint.load(checkpoint.to_bytes()), game, 1, 3)
    except CheckpointError as error:
        assert "\n" not in str(error)
        return
    for _ in range(3):
        action, memory = policy.act(game.observe(1), memory)
        assert game.codecs[1].decode(game.codecs[1].encode(action)) == action
        game.step([action, action])
