"""Actions drawn by chance are legal, and all of them come."""

from __future__ import annotations

import random
from collections import Counter
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from gymnasium import spaces
from hypothesis import given
from hypothesis import strategies as st

from rollback.envs.codecs.spaces import codec_for
from rollback.envs.draws import ChanceBot, drawn

SPACES = [
    spaces.Discrete(2),
    spaces.Discrete(5, start=-2),
    spaces.MultiBinary(3),
    spaces.MultiBinary([2, 2]),
    spaces.MultiDiscrete([2, 3], start=[0, -4]),
    spaces.Box(-1, 1, (2,), np.float32),
    spaces.Box(-np.inf, np.inf, (2,), np.float64),
    spaces.Box(0, np.inf, (1,), np.float32),
    spaces.Box(-5, 250, (2,), np.int16),
    spaces.Tuple([spaces.Discrete(2), spaces.Box(0, 1, (1,), np.float16)]),
    spaces.Dict(a=spaces.Discrete(3), b=spaces.MultiBinary(2)),
    spaces.OneOf([spaces.Discrete(2), spaces.MultiBinary(2)]),
]


@given(st.sampled_from(SPACES), st.integers(0, 2**32))
def test_what_is_drawn_is_of_the_space_and_can_travel(space: Any, seed: int) -> None:
    action = drawn(space, random.Random(seed))
    assert space.contains(action)
    codec = codec_for(space)
    assert repr(drawn(space, random.Random(seed))) == repr(action)
    assert codec.encode(codec.decode(codec.encode(action))) == codec.encode(action)


def test_all_actions_come_equally_often() -> None:
    dice = random.Random(3)
    counted = Counter(int(drawn(spaces.Discrete(4, start=1), dice)) for _ in range(2000))
    assert set(counted) == {1, 2, 3, 4} and min(counted.values()) > 400


def test_the_whole_width_of_a_box_comes() -> None:
    dice = random.Random(3)
    values = [float(drawn(spaces.Box(-2, 6, (1,), np.float32), dice)[0]) for _ in range(500)]
    assert min(values) < -1.8 and max(values) > 5.8


def test_what_has_no_codec_has_no_draws() -> None:
    with pytest.raises(TypeError, match="no actions are drawn"):
        drawn(spaces.Text(3), random.Random(0))


def test_the_bot_holds_what_it_draws_for_some_frames_and_players_differ() -> None:
    rows = []
    for player in (0, 1):
        bot, memory, row = ChanceBot(spaces.Discrete(50), player, 5), None, []
        for _ in range(200):
            action, memory = bot.act(None, memory)
            row.append(int(action))
        rows.append(row)
        changes = sum(one != other for one, other in pairwise(row))
        assert 20 < changes < 100
    assert rows[0] != rows[1]


def test_the_bot_is_a_function_of_its_memory() -> None:
    bot = ChanceBot(spaces.Box(-1, 1, (2,), np.float32), 0, 1)
    _, memory = bot.act(None, None)
    first, second = bot.act(None, memory), bot.act(None, memory)
    assert first[0].tolist() == second[0].tolist() and first[1] == second[1]
