"""The players' codecs and idle actions, and the codec of who only watches."""

from __future__ import annotations

import random
from typing import Any

import numpy as np
import pytest
from gymnasium import spaces
from hypothesis import given
from hypothesis import strategies as st

from rollback.envs.controls import Watching, check_count, controls_for
from rollback.errors import GameError

BOX = spaces.Box(-1, 1, (2,), np.float32)
TWO = [(None, spaces.Discrete(3)), (None, BOX)]


class Names:
    """An environment that names what doing nothing is, for the whole of its actions."""

    action_space = spaces.MultiDiscrete([4, 4])
    noop_action = np.array([2, 2])


def test_each_player_has_its_codec_and_its_idle_action() -> None:
    one, other = controls_for(None, ["a", "b"], TWO)
    assert (one.name, other.name) == ("a", "b")
    assert not one.has_noop and other.has_noop and other.idle.tolist() == [0, 0]
    assert one.is_fresh and not other.is_fresh
    assert other.codec.decode(other.codec.encode([0.5, 1])).tolist() == [0.5, 1]


@pytest.mark.parametrize(
    ("idle", "idles"),
    [(1, (1, 1)), ({"a": 2, "b": 0}, (2, 0)), ({0: 1, 1: 2}, (1, 2)), ({"b": 2}, (0, 2)), ({1: 2}, (0, 2))],
)
def test_idle_actions_are_given_for_all_or_by_player(idle: Any, idles: tuple[int, int]) -> None:
    space = (None, spaces.Discrete(3))
    made = controls_for(None, range(2), [space, space], idle=idle, names=["a", "b"])
    assert tuple(int(control.idle) for control in made) == idles


def test_an_idle_action_of_the_whole_is_none_of_its_parts() -> None:
    parts = [(None, spaces.Discrete(4)), (None, spaces.Discrete(4))]
    assert [int(control.idle) for control in controls_for(Names(), range(2), parts, names=["a", "b"])] == [0, 0]


def test_an_idle_action_outside_the_space_is_refused() -> None:
    with pytest.raises(GameError, match="idle"):
        controls_for(None, ["a"], TWO[:1], idle=5)


def test_wide_actions_travel_with_fewer_bits() -> None:
    wide = [(None, spaces.Box(-1, 1, (20,), np.float32))]
    with pytest.raises(GameError, match="bits"):
        controls_for(None, ["a"], wide)
    assert controls_for(None, ["a"], wide, bits=8)[0].codec.size == 20


@given(st.integers(0, 2**32))
def test_draws_are_actions_as_they_arrive(seed: int) -> None:
    for control in controls_for(None, ["a", "b"], TWO):
        action = control.draw(random.Random(seed))
        assert control.action_space.contains(action)
        assert control.codec.encode(action) == control.codec.encode(control.codec.decode(control.codec.encode(action)))


@given(st.binary(min_size=1, max_size=1))
def test_whatever_a_watcher_sends_means_nothing(data: bytes) -> None:
    codec = Watching(np.int64(2))
    assert codec.decode(data) == 2 and codec.encode(object()) == b"\0"


@pytest.mark.parametrize("players", [0, 17, -1, 2.0, "2", None, True])
def test_a_number_of_players_that_no_match_has_is_refused(players: Any) -> None:
    with pytest.raises(GameError, match="a match is for 1 to 16") as caught:
        check_count(players, "this")
    assert ("fewer" in str(caught.value)) == (players == 17)
    check_count(1, "this")
    check_count(16, "this")
