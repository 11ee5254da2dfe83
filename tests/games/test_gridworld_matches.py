"""Whole matches of GridWorld over a bad line, and what a game owes the engine."""

import pytest

from rollback.config import SessionConfig
from rollback.games.bots import act_with
from rollback.games.gridworld import GridWorld
from rollback.games.gridworld_bot import GridWorldBot
from rollback.games.gridworld_layouts import LAYOUTS
from rollback.sim import Link, VirtualMatch
from rollback.testing import check_game

BAD = Link(latency_ms=60, jitter_ms=30, loss=0.08)


def scripted(layout, players, seed, pace=8):
    """Return `act` for a match: a scripted player each."""
    acts = [act_with(GridWorldBot(layout, players, pace=pace, seed=seed * 16 + player)) for player in range(players)]
    return lambda game, player: acts[player](game, player)


@pytest.mark.parametrize(
    ("layout", "players", "pace"),
    [
        ("handover", 2, 8),
        ("handover", 3, 1),
        ("handover", 4, 8),
        ("keys", 2, 1),
        ("keys", 3, 8),
        ("race", 3, 1),
        ("race", 4, 8),
    ],
)
def test_peers_agree_on_every_frame_of_a_match_of_bots(layout, players, pace):
    match = VirtualMatch(
        lambda: GridWorld(players, layout, pace=pace),
        players=players,
        config=SessionConfig(input_delay=0, seed=4),
        link=BAD,
        seed=4,
        act=scripted(layout, players, 4, pace),
    )
    report = match.run(frames=240)
    assert min(report.rollbacks) > 0
    assert report.lost > 0
    assert report.parity, report.failures


@pytest.mark.parametrize("players", [2, 3, 4])
def test_peers_agree_whatever_is_pressed(players):
    report = VirtualMatch(
        lambda: GridWorld(players, "keys", pace=2),
        players=players,
        config=SessionConfig(input_delay=0, seed=1),
        link=BAD,
        seed=2,
    ).run(frames=240)
    assert min(report.rollbacks) > 0
    assert report.parity, report.failures


def test_a_match_ends_on_every_peer_when_the_race_is_won():
    report = VirtualMatch(
        lambda: GridWorld(2, "race", pace=1, goals=3),
        players=2,
        config=SessionConfig(input_delay=0, seed=3),
        link=BAD,
        seed=3,
        act=scripted("race", 2, 3, 1),
    ).run(frames=900)
    assert report.parity
    assert max(report.confirmed) < 200


@pytest.mark.parametrize("name", LAYOUTS)
def test_it_passes_every_question_of_check_game(name):
    players = min(3, len(LAYOUTS[name].starts))
    report = check_game(lambda: GridWorld(players, name, pace=2), frames=200, other_process=False)
    assert report.passed, report.verdict


def test_another_process_agrees():
    report = check_game(GridWorld, frames=120)
    assert report.passed, report.verdict
    assert all(check.asked for check in report.checks)
