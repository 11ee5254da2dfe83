"""One press is one action; a held key acts again after a while; nobody is waited for whose action does nothing."""

from __future__ import annotations

from itertools import pairwise
from types import SimpleNamespace
from typing import Any

import pytest

from rollback.envs.names import game_factory
from rollback.games import Pong
from rollback.netplay.hands.turns import AGAIN, HELD, Turns, plays_by_turns


def test_a_press_counts_once_however_long_it_is_seen() -> None:
    turns = Turns(["left", "right"])
    assert not turns.is_due([], now=0.0)
    assert turns.is_due(["left"], now=0.1)
    assert not turns.is_due(["left"], now=0.12)
    assert not turns.is_due(["left"], now=0.1 + HELD - 0.01)
    assert not turns.is_due([], now=0.3)
    assert turns.is_due(["left"], now=0.31)


def test_a_second_key_is_a_press_of_its_own() -> None:
    turns = Turns(["left", "right"])
    assert turns.is_due(["left"], now=0.0)
    assert turns.is_due(["left", "right"], now=0.05)
    assert not turns.is_due(["right"], now=0.1)


def test_a_key_that_stays_held_acts_again_and_again() -> None:
    turns = Turns(["left"])
    at = [now / 100 for now in range(100) if turns.is_due(["left"], now=now / 100)]
    assert at[:2] == [0.0, pytest.approx(HELD, abs=0.011)]
    assert all(later - before == pytest.approx(AGAIN, abs=0.011) for before, later in pairwise(at[1:]))
    assert len(at) > 5


def test_keys_without_a_meaning_are_no_move() -> None:
    turns = Turns(["left"])
    assert not turns.is_due(["p", "escape"], now=0.0)
    assert not turns.is_due(["p", "escape"], now=9.0)


@pytest.mark.parametrize(
    ("facts", "is_waited_for"),
    [
        ({}, True),
        ({"alive": (True, True), "is_between": False}, True),
        ({"alive": (False, True)}, False),
        ({"is_between": True}, False),
        ({"acting": 1}, False),
        ({"acting": 0}, True),
    ],
)
def test_nobody_is_waited_for_whose_action_does_nothing(facts: dict[str, Any], is_waited_for: bool) -> None:
    game: Any = SimpleNamespace(**facts)
    assert Turns(["left"]).waits(game, 0, [], now=0.0) is is_waited_for
    assert not Turns(["left"]).waits(game, 0, ["left"], now=0.0)


@pytest.mark.parametrize(("window", "by_turns"), [(None, True), (0, True), (8, False)])
def test_what_has_no_idle_action_is_played_by_turns_unless_a_window_is_asked_for(window: int | None, by_turns: bool) -> None:
    game = game_factory("gym:CartPole-v1")()
    assert plays_by_turns(game, 0, window) is by_turns
    assert not plays_by_turns(Pong(), 0, window)


def test_whoever_watches_has_no_turns() -> None:
    game = game_factory("gym:CartPole-v1?share=watch")()
    assert plays_by_turns(game, 0, None)
    assert not plays_by_turns(game, 1, None)


def test_whose_move_it_is_is_told() -> None:
    game: Any = SimpleNamespace()
    turns = Turns(["left"])
    assert turns.legend("running") == ", one press a step"
    assert turns.waits(game, 0, [], now=0.0)
    assert turns.legend("paused").endswith("your move")
    assert not turns.waits(game, 0, ["left"], now=0.1)
    assert turns.legend("paused").endswith("others think")
    assert turns.legend("running") == ", one press a step"


def test_in_turns_only_whose_episode_it_is_is_waited_for() -> None:
    game = game_factory("gym:CartPole-v1?share=turns")()
    assert Turns(["left"]).waits(game, 0, [], now=0.0)
    assert not Turns(["left"]).waits(game, 1, [], now=0.0)
