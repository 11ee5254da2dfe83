"""Held keys press the buttons that the game says they do."""

from __future__ import annotations

from typing import Any

import numpy
import pytest

from rollback.envs.names import game_factory
from rollback.errors import UsageError
from rollback.games import Duel, Pong
from rollback.netplay.hands.buttons import Buttons


class Steps:
    """A game whose actions are whole numbers, each key one of them."""

    players = 2

    def keys(self, player: int) -> dict[str, int]:
        return {"left": 1, "right": 2, "space": 3}

    def idle(self, player: int) -> int:
        return 7

    def step(self, actions: Any) -> None: ...

    def save(self) -> int:
        return 0

    def load(self, state: int) -> None: ...


class Keyless(Steps):
    keys = None  # type: ignore[assignment]


@pytest.mark.parametrize(
    ("held", "action"),
    [
        (set(), (False, False)),
        ({"up"}, (True, False)),
        ({"w"}, (True, False)),
        ({"up", "w"}, (True, False)),
        ({"s"}, (False, True)),
        ({"up", "down"}, (True, True)),
        ({"x", "enter"}, (False, False)),
    ],
)
def test_pong_is_played_with_two_buttons(held: set[str], action: tuple[bool, ...]) -> None:
    assert Buttons(Pong(), 0).action(held) == action


def test_forward_is_where_the_other_one_stands() -> None:
    left, right = Buttons(Duel(), 0), Buttons(Duel(), 1)
    assert left.action({"right"}) == right.action({"left"}) == (False, True, False, False, False)
    assert left.action({"left", "j"}) == (True, False, True, False, False)


def test_a_key_may_be_a_whole_action_and_the_newest_one_counts() -> None:
    buttons = Buttons(Steps(), 0)
    assert buttons.action(set()) == 7
    assert buttons.action({"left"}) == 1
    assert buttons.action({"left", "space"}) == 3
    assert buttons.action({"left"}) == 1
    assert buttons.action({"left", "right"}) == 2
    assert buttons.action(set()) == 7


@pytest.mark.parametrize("game", [Pong(), Duel(), Steps()])
@pytest.mark.parametrize("player", [0, 1])
def test_every_action_of_every_key_is_legal(game: Any, player: int) -> None:
    from rollback.game import codecs_of

    buttons = Buttons(game, player)
    codec = codecs_of(game)[player]
    for key in buttons.keys:
        action = buttons.action({key})
        assert codec.decode(codec.encode(action)) == action


class Walk(Steps):
    """A game whose actions may be negative, as a step to the left is."""

    def keys(self, player: int) -> dict[str, int]:
        return {"left": -1, "a": -1, "right": 1}


class NamedWalk(Walk):
    buttons = ("stand", "go")


def test_a_negative_action_has_no_name_of_a_button() -> None:
    assert Buttons(Walk(), 0).groups() == [("", ("left", "a")), ("", ("right",))]
    assert Buttons(NamedWalk(), 0).legend() == "←/a  → go"


def test_the_legend_names_keys_and_buttons() -> None:
    assert Buttons(Pong(), 0).legend() == "↑/w up  ↓/s down"
    assert "j punch" in Buttons(Duel(), 0).legend()
    assert Buttons(Duel(), 0).legend() != Buttons(Duel(), 1).legend()


def test_a_game_without_keys_says_so() -> None:
    with pytest.raises(UsageError, match=r"Keyless cannot be played by hand: it has no keys\(player\)"):
        Buttons(Keyless(), 0)


class Together(Steps):
    """A game that knows what keys mean that are held together; its actions are rows of numbers."""

    def keys(self, player: int) -> dict[str, Any]:
        return {"left": numpy.array([1, 0]), "right": numpy.array([2, 0]), "a": numpy.array([1, 0])}

    def action_for(self, held: Any, player: int) -> Any:
        return (player, *held)


def test_a_game_that_knows_combinations_is_asked_with_the_newest_key_last() -> None:
    buttons = Buttons(Together(), 1)
    assert buttons.action(set()) == (1,)
    assert buttons.action({"x"}) == (1, "x")
    assert buttons.action({"x", "left"}) == (1, "x", "left")
    assert buttons.action({"x", "left", "a"}) == (1, "x", "left", "a")
    assert buttons.action({"a", "left"}) == (1, "left", "a")


def test_keys_whose_actions_are_arrays_can_be_told() -> None:
    assert Buttons(Together(), 0).legend() == "←/a  →"


def cart_pole(settings: str = "") -> Any:
    return game_factory(f"gym:CartPole-v1{settings}")()


def test_chosen_keys_take_the_place_of_those_of_the_environment() -> None:
    buttons = Buttons(cart_pole(), 1, {"a": 0, "b": 1, "space+a": 1})
    assert set(buttons.keys) == {"a", "b"}
    assert buttons.names == {"a", "b", "space"}
    assert [buttons.action(held) for held in ({"a"}, {"b"}, {"a", "space"}, {"a", "b"}, {"left"}, set())] == [0, 1, 1, 1, 0, 0]


@pytest.mark.parametrize(
    ("chosen", "told"),
    [
        ({"left": 2}, r"--keys: the key 'left' of player_0 means no action: 2 is no action of Discrete\(2\): 0 to 1"),
        ({"lefft": 1}, "--keys: 'lefft' names no keys: a key is a character or one of up, down"),
        ({"left": [1, 2]}, "--keys: the key 'left' of player_0 means no action"),
        ({"left": 0, "p": 1}, "--keys: 'p' is taken, it pauses the match: choose another key"),
        ({"q": 1}, "--keys: 'q' is taken, it leaves the room"),
        ({"Q": 1}, "--keys: 'Q' is taken, it leaves the room"),
        ({"escape": 1}, "--keys: 'escape' is taken"),
        ({"space+p": 1}, "--keys: 'p' is taken"),
    ],
)
def test_chosen_keys_that_mean_nothing_are_told(chosen: dict[str, Any], told: str) -> None:
    with pytest.raises(UsageError, match=told) as caught:
        Buttons(cart_pole(), 0, chosen)
    assert "each agent" not in str(caught.value)


def test_keys_of_other_games_cannot_be_chosen() -> None:
    with pytest.raises(UsageError, match="--keys is for environments"):
        Buttons(Pong(), 0, {"up": 1})


def test_actions_for_which_no_keys_suggest_themselves_ask_for_keys() -> None:
    game = cart_pole()
    game.keys = lambda player: {}
    with pytest.raises(UsageError, match=r"no keys suggest themselves .* gym:CartPole-v1.*name them, as in --keys"):
        Buttons(game, 0)
    assert Buttons(game, 0, {"a": 1}).action({"a"}) == 1


def test_whoever_watches_needs_no_keys() -> None:
    buttons = Buttons(cart_pole("?share=watch"), 1)
    assert buttons.legend() == ""
    assert buttons.action({"left"}) == 0
