import pytest

from rollback.envs import duel_v0, pong_v0
from rollback.envs.built_in.keys import keys_to_action
from rollback.envs.built_in.views import Seat
from rollback.game import UInt
from rollback.games import Duel, Pong

LEFT, RIGHT, UP = 1073741904, 1073741903, 1073741906


class Walk:
    """A game of numbered actions, with a key nobody has."""

    players = 1
    codecs = (UInt(2),)
    observed = (("cell", 0, 9),)

    def keys(self, player):
        return {"left": 1, "d": 2, "space": 3, "paddle": 0}


def test_one_key_presses_its_button():
    keys = keys_to_action(Pong(), Seat(Pong(), 0))
    assert keys[(UP,)].tolist() == keys[(ord("w"),)].tolist() == [1, 0]
    assert keys[(ord("s"),)].tolist() == [0, 1]


def test_keys_that_are_held_together_press_several_buttons():
    keys = keys_to_action(Duel(), Seat(Duel(), 0))
    assert keys[(ord("d"), ord("l"))].tolist() == [0, 1, 0, 0, 1]
    assert keys[(ord("a"), ord("j"), ord("k"))].tolist() == [1, 0, 1, 1, 0]
    assert max(map(len, keys)) == 3


@pytest.mark.parametrize("game", [Pong(), Duel(), Walk()], ids=lambda game: type(game).__name__)
def test_every_entry_is_an_action_under_codes_in_order(game):
    seat = Seat(game, 0)
    keys = keys_to_action(game, seat)
    assert keys
    for held, action in keys.items():
        assert action in seat.action_space
        assert list(held) == sorted(set(held)) and all(type(code) is int for code in held)


def test_numbered_actions_have_one_key_each_and_unknown_keys_are_left_out():
    keys = keys_to_action(Walk(), Seat(Walk(), 0))
    assert {held: int(action) for held, action in keys.items()} == {(LEFT,): 1, (ord("d"),): 2, (32,): 3}


def test_the_same_key_may_mean_another_button_to_another_agent():
    environment = duel_v0.parallel_env()
    assert environment.get_keys_to_action("player_0")[(LEFT,)].tolist() == [1, 0, 0, 0, 0]
    assert environment.get_keys_to_action("player_1")[(LEFT,)].tolist() == [0, 1, 0, 0, 0]
    assert environment.get_keys_to_action().keys() == environment.get_keys_to_action("player_1").keys()
    assert pong_v0.parallel_env().get_keys_to_action("player_1")[(UP,)].tolist() == [1, 0]
