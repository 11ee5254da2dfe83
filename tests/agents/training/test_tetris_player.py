"""The trained player of Tetris: a file that plays wherever Tetris is played, the same way everywhere."""

import json

import pytest

from rollback.agents.checkpoints import Checkpoint
from rollback.agents.playing import act_from, policy_from
from rollback.agents.training import make_algorithm
from rollback.agents.training.tetris_player import WEIGHTS, fields_hash, saved_weights, tetris_bot
from rollback.agents.training.tetris_trial import TetrisTrialSpec
from rollback.errors import CheckpointError
from rollback.games import Tetris
from rollback.games.tetris_bot import TetrisBot
from rollback.games.tetris_features import BCTS
from rollback.sim import Link, MatchSpec, simulate
from rollback.state import is_tree

GOOD = (-2_000, 1_000, -1_500, -3_500, -4_000, -1_500, -500, -4_000)


def saved(weights=GOOD, **more):
    facts = {"algorithm": "cross-entropy", "environment": "tetris", "config_hash": fields_hash(), **more}
    return Checkpoint(**facts, arrays={WEIGHTS: saved_weights(weights)})


@pytest.fixture
def agent(tmp_path):
    path = tmp_path / "agent.npz"
    saved().save(path)
    return str(path)


@pytest.mark.parametrize("actions", ["placements", "buttons"])
def test_with_the_published_weights_it_is_the_built_in_bot_at_its_best(actions):
    ours, bot = (Tetris(1, actions, seed=6) for _ in range(2))
    policy, scripted, memories = policy_from(saved(BCTS), ours, seed=9), TetrisBot(1, 9, actions), [None, None]
    for _ in range(150 if actions == "placements" else 600):
        action, memories[0] = policy.act(ours.observe(0), memories[0])
        told, memories[1] = scripted.act(bot.observe(0), memories[1])
        assert action == told
        ours.step([action])
        bot.step([told])
    assert ours.save() == bot.save() and ours.fields[0].pieces > 10


def test_it_is_a_pure_function_of_what_it_sees_and_remembers():
    policy, game, memory = policy_from(saved(), Tetris(2), 1), Tetris(2, seed=3), None
    for _ in range(200):
        seen = game.observe(1)
        first = policy.act(seen, memory)
        assert policy.act(seen, json.loads(json.dumps(memory))) == first
        action, memory = first
        assert is_tree(memory)
        game.step([game.idle(0), action])
    assert game.fields[1].pieces > 2


@pytest.mark.parametrize(
    "game", ["tetris", "pettingzoo:rollback.envs.tetris_v0?actions=placements", "pettingzoo:rollback.envs.tetris_v0"]
)
def test_it_is_a_side_in_simulations_of_the_game_and_of_its_environments(agent, game):
    frames = 150 if "placements" in game else 1_200
    specs = [MatchSpec(game=game, players=players, frames=frames) for players in [(agent, "random"), ("random", agent)]]
    first, second = simulate(specs, seed=4)
    assert first.status in ("ok", "truncated") and second.status in ("ok", "truncated"), first.error + second.error
    assert first.scores[0] > 2 * first.scores[1]
    assert second.scores[1] > 2 * second.scores[0]


def test_it_plays_over_a_network_with_rollbacks_and_every_peer_agrees(agent):
    link = Link(latency_ms=60, jitter_ms=20, loss=0.02)
    (result,) = simulate([MatchSpec(game="tetris", players=(agent, agent), frames=400, link=link)], seed=2)
    assert result.status == "truncated", result.error
    assert result.stats["rollbacks"] > 0


def test_two_seats_of_one_function_have_two_memories():
    act, game = act_from(saved(), seed=1), Tetris(2, seed=8)
    for _ in range(400):
        game.step([act(game, player) for player in range(2)])
    assert min(field.pieces for field in game.fields) > 4 and not any(field.out for field in game.fields)


def test_what_was_learned_without_hold_plays_at_least_as_well_with_it():
    alone = TetrisTrialSpec(GOOD, 12, 20, 200).begin()
    alone.run(200)
    game = Tetris(1, "placements", seed=12)
    policy, memory = policy_from(saved(), game), None
    for _ in range(200):
        action, memory = policy.act(game.observe(0), memory)
        game.step([action])
    assert alone.placed == 200
    assert game.fields[0].lines >= alone.lines - 2 > 70


def test_a_checkpoint_of_other_features_is_refused():
    with pytest.raises(CheckpointError, match="weighs other features than these: train anew"):
        tetris_bot(saved(config_hash="0" * 64), Tetris(), 0, 1)


def test_a_training_saves_what_plays():
    checkpoint = make_algorithm("cross-entropy", "tetris", {}, 1).checkpoint()
    assert checkpoint.config_hash == fields_hash()
    assert checkpoint.arrays[WEIGHTS].nested() == [0] * 8
