import numpy as np
import pytest

from rollback.envs.built_in.opponents import Opponents
from rollback.envs.built_in.views import Seat
from rollback.errors import ActionError, UsageError
from rollback.game import UInt
from rollback.games import Pong, bots


class Table:
    """Four players who count."""

    players = 4
    codecs = (UInt(3),) * 4
    observed = (("who", 0, 3),)

    def observe(self, player):
        return (player,)

    def idle(self, player):
        return 1

    def step(self, actions):
        pass

    def save(self):
        return 0

    def load(self, state):
        pass


class Counting:
    """A policy that answers with what it saw and how often it was asked."""

    def __init__(self):
        self.seen = []

    def act(self, observation, memory):
        self.seen.append((observation, memory))
        return (memory or 0) % 8, (memory or 0) + 1


def seats(game):
    return [Seat(game, player) for player in range(1, game.players)]


def test_scripted_opponents_are_the_games_own_bots():
    game = Pong(seed=2)
    opponents = Opponents(game, seats(game), "scripted")
    opponents.begin(game, 7)
    bot, memory = bots.bot_for(game, 1, 7), None
    for _ in range(200):
        action, memory = bot.act(game.observe(1), memory)
        assert opponents.act(game) == [action]
        assert opponents.memories == (memory,)
        game.step([(False, False), action])


@pytest.mark.parametrize("chosen", ["scripted", "random"])
def test_the_seed_of_the_match_is_theirs_too(chosen):
    def actions(seed):
        game = Pong(seed=2)
        opponents = Opponents(game, seats(game), chosen)
        opponents.begin(game, seed)
        return [opponents.act(game) for _ in range(100)]

    assert actions(1) == actions(1)
    assert len({repr(actions(seed)) for seed in range(5)}) == 5


def test_idle_opponents_do_what_the_game_calls_idle():
    assert Opponents(Table(), seats(Table()), "idle").act(Table()) == [1, 1, 1]


def test_random_opponents_of_one_match_differ():
    game = Table()
    opponents = Opponents(game, seats(game), "random")
    columns = list(zip(*(opponents.act(game) for _ in range(60)), strict=True))
    assert len(set(columns)) == 3
    assert all(len(set(column)) > 2 for column in columns)


def test_a_policy_is_shown_what_the_game_shows_and_keeps_a_memory_a_seat():
    policy, game = Counting(), Table()
    opponents = Opponents(game, seats(game), policy)
    assert [opponents.act(game) for _ in range(3)] == [[0, 0, 0], [1, 1, 1], [2, 2, 2]]
    assert policy.seen[:4] == [((1,), None), ((2,), None), ((3,), None), ((1,), 1)]
    assert opponents.memories == (3, 3, 3)
    opponents.begin(game, 0)
    assert opponents.memories == (None,) * 3


def test_a_function_is_shown_an_array_and_answers_in_the_action_space():
    shown = []

    def follow(observation):
        shown.append(observation)
        return np.int64(observation[0] + 2)

    game = Table()
    actions = Opponents(game, seats(game), follow).act(game)
    assert actions == [3, 4, 5] and {type(action) for action in actions} == {int}
    assert [seen.dtype for seen in shown] == [np.int32] * 3


def test_a_function_that_answers_outside_the_space_is_told():
    with pytest.raises(ActionError, match=r"the action of player_1 is 9, which is outside Discrete\(8\)"):
        Opponents(Table(), seats(Table()), lambda observation: 9).act(Table())


def test_each_seat_may_have_a_player_of_its_own():
    opponents = Opponents(Table(), seats(Table()), ["idle", Counting(), lambda observation: 6])
    assert [opponents.act(Table()) for _ in range(2)] == [[1, 0, 6], [1, 1, 6]]


def test_memories_that_are_put_back_are_gone_on_with():
    game = Pong(seed=2)
    opponents = Opponents(game, seats(game), "scripted")
    for _ in range(30):
        opponents.act(game)
    kept = opponents.memories
    first = [opponents.act(game) for _ in range(30)]
    opponents.memories = kept
    assert [opponents.act(game) for _ in range(30)] == first


@pytest.mark.parametrize(
    ("chosen", "message"),
    [
        ("strong", "opponent is 'strong': it must be one of 'scripted', 'random', 'idle', a policy"),
        (None, "opponent is None"),
        (3, "opponent is 3"),
        (["idle"], "a list of 1 for 3 other players"),
        (["idle", "idle", "clever"], "opponent is 'clever'"),
    ],
)
def test_what_is_no_opponent_is_told(chosen, message):
    with pytest.raises(UsageError, match=message):
        Opponents(Table(), seats(Table()), chosen)
