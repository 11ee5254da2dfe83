from itertools import pairwise

import pytest

from rollback.errors import UsageError
from rollback.game import Bits, Raw, UInt
from rollback.games import Duel
from rollback.games.bots import RandomBot
from rollback.state import is_tree


class Odd:
    """A game whose players have different codecs and that shows nothing."""

    players = 3
    codecs = (UInt(3), Bits(12), Raw(5))

    def step(self, actions):
        pass

    def save(self):
        return 0

    def load(self, state):
        pass


class Plain(Odd):
    """A game without codecs: one byte a player."""

    codecs = None


def draws(bot, frames=600):
    memory, actions = None, []
    for _ in range(frames):
        action, memory = bot.act(None, memory)
        assert is_tree(memory)
        actions.append(action)
    return actions


@pytest.mark.parametrize("player", range(3))
def test_every_action_is_legal_for_the_player(player):
    game = Odd()
    actions = draws(RandomBot(game, player, seed=4))
    for action in actions:
        game.codecs[player].encode(action)
    assert len(set(actions)) > 5


def test_a_game_without_codecs_gets_bytes():
    actions = draws(RandomBot(Plain()), 2_000)
    assert all(0 <= action <= 255 for action in actions)
    assert len(set(actions)) > 100


def test_few_values_in_a_wide_input_all_come_up():
    actions = draws(RandomBot(Odd(), 0), 4_000)
    assert set(actions) == set(range(8))
    assert actions.count(0) < 3_000


def test_actions_are_held_for_some_frames():
    actions = draws(RandomBot(Odd(), 2), 1_000)
    lengths, run = [], 1
    for before, after in pairwise(actions):
        if before == after:
            run += 1
        else:
            lengths.append(run)
            run = 1
    assert set(lengths) == set(range(2, 10))


def test_seeds_and_players_draw_differently_and_each_always_the_same():
    rows = {(player, seed): tuple(draws(RandomBot(Duel(), player, seed))) for player in (0, 1) for seed in (0, 1, 2)}
    assert len(set(rows.values())) == 6
    for (player, seed), row in rows.items():
        assert tuple(draws(RandomBot(Duel(), player, seed))) == row


@pytest.mark.parametrize("player", [-1, 3, "0", None, True, 1.0])
def test_a_player_the_game_has_not_is_refused_in_one_sentence(player):
    with pytest.raises(UsageError, match="player must be a whole number from 0 to 2, not"):
        RandomBot(Odd(), player)
