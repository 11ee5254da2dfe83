"""Whole matches of Tetris: over bad networks, in other processes, and under every check for games."""

import hashlib
import os
import subprocess
import sys
from functools import partial

import pytest

from rollback import SessionConfig, SyncTestSession
from rollback.games.bots import act_with
from rollback.games.tetris import Tetris
from rollback.games.tetris_bot import TetrisBot
from rollback.sim import Link, VirtualMatch
from rollback.testing import check_game
from tests.cases import more_at_night

BAD = Link(latency_ms=50, jitter_ms=30, loss=0.05)


def bots(players, actions="buttons", skill=0.6, seed=0):
    """Return one function that acts for every player."""
    acts = [act_with(TetrisBot(skill, seed * 16 + player, actions)) for player in range(players)]
    return lambda game, player: acts[player](game, player)


@pytest.mark.parametrize("actions", ["buttons", "placements"])
@pytest.mark.parametrize("players", [1, 2, 3, 4])
def test_every_check_for_games_passes(players, actions):
    report = check_game(partial(Tetris, players, actions), frames=120, other_process=players == 3)
    assert report.passed, report.verdict
    assert not report.why_opaque


@pytest.mark.parametrize("players", [2, 3, 4])
@pytest.mark.parametrize("seed", more_at_night([1, 2], 1))
def test_peers_agree_over_a_bad_network(players, seed):
    match = VirtualMatch(
        partial(Tetris, players), config=SessionConfig(input_delay=1), link=BAD, seed=seed, act=bots(players, seed=seed)
    )
    report = match.run(frames=500)
    assert min(report.rollbacks) > 0
    assert report.lost > 0
    assert report.parity, report.first_divergence


@pytest.mark.parametrize("players", [2, 3])
def test_peers_agree_in_placements_too(players):
    match = VirtualMatch(
        partial(Tetris, players, "placements"),
        config=SessionConfig(input_delay=1),
        link=BAD,
        seed=players,
        act=bots(players, "placements", 0.9),
    )
    report = match.run(frames=120)
    assert min(report.rollbacks) > 0
    assert report.parity, report.first_divergence


def test_peers_agree_when_anything_is_pressed():
    match = VirtualMatch(partial(Tetris, 2), link=BAD, seed=3)
    report = match.run(frames=400)
    assert min(report.rollbacks) > 0
    assert report.parity, report.first_divergence


@pytest.mark.nightly
@pytest.mark.parametrize("seed", range(20))
def test_peers_agree_for_whole_matches(seed):
    players = 2 + seed % 3
    match = VirtualMatch(partial(Tetris, players), link=BAD, seed=seed, act=bots(players, seed=seed))
    report = match.run(frames=9_000)
    assert report.parity, report.first_divergence


def test_rollbacks_of_every_depth_change_nothing():
    game = Tetris(2, seed=4)
    act = bots(2, seed=4)
    session = SyncTestSession(game, 7)
    for _ in range(700):
        session.tick({player: act(game, player) for player in range(2)})
    assert game.fields[0].pieces > 5


PLAY = """
import hashlib
from rollback.games.bots import act_with
from rollback.games.tetris import Tetris
from rollback.games.tetris_bot import TetrisBot
digest = hashlib.sha256()
for players, actions, frames in ((3, "buttons", 1500), (2, "placements", 150)):
    game = Tetris(players, actions, seed=5)
    acts = [act_with(TetrisBot(0.5, player, actions)) for player in range(players)]
    for _ in range(frames):
        game.step([act(game, player) for player, act in enumerate(acts)])
        digest.update(repr(game.save()).encode())
print(digest.hexdigest(), [field.lines for field in game.fields])
"""


def test_another_process_with_another_hash_seed_plays_the_same_match():
    ends = set()
    for hash_seed in ("1", "2"):
        environment = {**os.environ, "PYTHONHASHSEED": hash_seed}
        done = subprocess.run(
            [sys.executable, "-c", PLAY], capture_output=True, text=True, timeout=60, check=True, env=environment
        )
        ends.add(done.stdout)
    assert len(ends) == 1
    assert len(ends.pop().split()[0]) == 64


GOLDEN = {
    "buttons": "c6fc0debb81596c5",
    "placements": "19832f556e38ce83",
}


@pytest.mark.parametrize("actions", GOLDEN)
def test_a_match_of_bots_ends_in_the_golden_state(actions):
    game = Tetris(2, actions, seed=11)
    act = bots(2, actions, seed=11)
    digest = hashlib.sha256()
    for _ in range(3_000 if actions == "buttons" else 150):
        game.step([act(game, player) for player in range(2)])
        digest.update(repr(game.save()).encode())
    assert min(field.lines for field in game.fields) > 15, "the match was a real one"
    assert digest.hexdigest()[:16] == GOLDEN[actions]
