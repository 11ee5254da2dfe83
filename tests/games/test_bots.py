import pytest

from rollback.game import UInt
from rollback.games import Duel, GridWorld, Pong, Tetris, bots


class Blind:
    """A game that shows nothing."""

    players = 2
    codecs = (UInt(4), UInt(4))

    def step(self, actions):
        pass

    def save(self):
        return 0

    def load(self, state):
        pass


class Counting:
    """A policy that remembers how often it was asked, and what it saw last."""

    def act(self, observation, memory):
        memory = (memory or 0) + 1
        return (observation, memory), memory


class MyPong(Pong):
    """A game made from a built-in one."""


@pytest.mark.parametrize(
    ("make", "bot"),
    [
        (Pong, bots.PongBot),
        (MyPong, bots.PongBot),
        (Duel, bots.DuelBot),
        (GridWorld, bots.GridWorldBot),
        (Tetris, bots.TetrisBot),
        (Blind, bots.RandomBot),
    ],
)
def test_every_game_has_a_bot(make, bot):
    assert type(bots.bot_for(make())) is bot


def test_a_game_may_bring_its_own_bot():
    class Bringing(Blind):
        def bot(self, player, seed):
            return (player, seed) if player else None

    assert bots.bot_for(Bringing(), 1, 5) == (1, 5)
    assert type(bots.bot_for(Bringing(), 0, 5)) is bots.RandomBot, "no bot for this one"


@pytest.mark.parametrize("make", [Pong, Duel, GridWorld, Tetris, Blind])
def test_players_and_seeds_get_bots_that_behave_differently(make):
    starts = {bots.bot_for(make(), player, seed).seed for player in range(2) for seed in range(50)}
    assert len(starts) == 100
    assert bots.bot_for(make(), 1, 3).seed == bots.bot_for(make(), 1, 3).seed


def test_the_bot_of_tetris_plays_by_what_an_action_is():
    assert bots.bot_for(Tetris()).buttons
    game = Tetris(3, "placements")
    action, _ = bots.bot_for(game, 2).act(game.observe(2), None)
    assert type(action) is int and game.codecs[2].encode(action)


def test_the_bot_of_gridworld_knows_map_players_and_pace():
    bot = bots.bot_for(GridWorld(4, "race", pace=3), 3)
    assert (bot.layout.name, bot.players, bot.pace) == ("race", 4, 3)


def test_a_bot_is_shown_its_own_side():
    act = bots.act_with(Counting())
    game = Pong(seed=2)
    assert act(game, 0)[0] == game.observe(0)
    assert act(game, 1)[0] == game.observe(1)


def test_a_game_that_shows_nothing_is_played_blind():
    assert bots.act_with(Counting())(Blind(), 0) == (None, 1)


def test_each_player_has_a_memory_of_its_own():
    act = bots.act_with(Counting())
    game = Pong()
    assert [act(game, player)[1] for player in (0, 1, 0, 0, 1)] == [1, 1, 2, 3, 2]


def test_two_drivers_of_one_policy_share_no_memory():
    policy, game = Counting(), Pong()
    first, second = bots.act_with(policy), bots.act_with(policy)
    first(game, 0)
    assert second(game, 0)[1] == 1


def test_a_rollback_does_not_take_the_memory_back():
    act, game = bots.act_with(Counting()), Pong()
    saved = game.save()
    act(game, 0)
    game.load(saved)
    assert act(game, 0)[1] == 2


@pytest.mark.parametrize("make", [Pong, Duel, GridWorld, Tetris, Blind])
def test_what_bots_do_is_legal_and_varied(make):
    game = make()
    acts = [bots.act_with(bots.bot_for(game, player, 1)) for player in range(2)]
    seen = [set(), set()]
    for _ in range(1_200):
        actions = [act(game, player) for player, act in enumerate(acts)]
        for player, action in enumerate(actions):
            game.codecs[player].encode(action)
            seen[player].add(action)
        game.step(actions)
    assert all(len(actions) >= 3 for actions in seen)
