import copy

import gymnasium
import numpy as np
import pytest

from rollback.envs import duel_v0, gridworld_v0, pong_v0, tetris_v0
from rollback.envs.built_in.parallel import BuiltInParallel
from rollback.envs.registration import register
from rollback.errors import UsageError
from rollback.games import Pong, bots

register()


def placements():
    return tetris_v0.parallel_env(3, "placements")


@pytest.mark.parametrize(
    "made", [pong_v0.parallel_env, duel_v0.parallel_env, gridworld_v0.parallel_env, tetris_v0.parallel_env, placements]
)
def test_the_bot_of_an_agent_plays_as_the_games_bot_does(made):
    environment = made()
    seen, _ = environment.reset(seed=3)
    game = copy.deepcopy(environment.game)
    mine = {agent: environment.bot(agent, 9) for agent in environment.agents}
    memories = dict.fromkeys(mine)
    acts = [bots.act_with(bots.bot_for(game, player, 9)) for player in range(game.players)]
    for _ in range(200):
        actions = {}
        for agent, bot in mine.items():
            actions[agent], memories[agent] = bot.act(seen[agent], memories[agent])
            assert actions[agent] in environment.action_space(agent)
        seen, *_ = environment.step(actions)
        game.step([act(game, player) for player, act in enumerate(acts)])
        assert environment.game.save() == game.save()


def test_the_bot_of_a_single_agent_environment_wins():
    environment = gymnasium.make("rollback/Pong-v0", opponent="idle")
    seen, _ = environment.reset(seed=1)
    bot, memory, total, is_over = environment.unwrapped.bot(4), None, 0.0, False
    while not is_over:
        action, memory = bot.act(seen, memory)
        seen, reward, is_over, _, _ = environment.step(action)
        total += reward
    assert total >= 3


def test_there_is_none_for_a_tabular_environment_nor_for_nobody():
    class Counted(Pong):
        states = 4

        def state_index(self, player):
            return 3

    environment = BuiltInParallel(Counted(), "counted_v0", tabular=True)
    seen, _ = environment.reset(seed=1)
    assert seen == {"player_0": np.int64(3), "player_1": np.int64(3)}
    assert environment.bot("player_0") is None
    with pytest.raises(UsageError, match="'player_2' is no agent of counted_v0"):
        environment.bot("player_2")
