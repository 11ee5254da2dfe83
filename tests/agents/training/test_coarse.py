"""Coarse views: every observation has a row, other situations other rows, and both sides see alike."""

import subprocess
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rollback.agents.training.coarse import COARSE, NOWHERE, duel_row, pong_row
from rollback.games.duel_moves import Stance
from tests.agents.training.test_duel_player import view


@pytest.mark.parametrize("name", COARSE)
def test_whatever_is_shown_has_a_row(name):
    seen = COARSE[name]

    @settings(max_examples=150, deadline=None)
    @given(st.tuples(*[st.integers(least, greatest) for _, least, greatest in seen.kind.observed]))
    def holds(observation):
        row = seen.row(observation)
        assert type(row) is int and NOWHERE <= row < seen.rows

    holds()


@pytest.mark.parametrize("name", COARSE)
def test_each_choice_is_an_action_for_each_of_its_frames_and_the_first_does_nothing(name):
    seen = COARSE[name]
    game = seen.kind(1)
    assert len(seen.pressed) == len(seen.choices)
    for frames in seen.pressed:
        assert len(frames) == seen.look
        for action in frames:
            assert game.codecs[0].decode(game.codecs[0].encode(action)) == action
    assert set(seen.pressed[0]) == {game.idle(0)}


def test_in_pong_the_height_above_the_paddle_the_place_and_the_way_of_the_ball_count():
    rows = {
        pong_row((own, 0, x, y, vx, vy, 0, 0, 0))
        for own in (0, 5_000)
        for x in (-15_000, 0, 15_000)
        for y in (-3_000, 0, 3_000)
        for vx in (-240, 240)
        for vy in (-300, 0, 300)
    }
    assert len(rows) == 5 * 3 * 2 * 3, "of the six heights of ball over paddle two are far off, which is one"
    assert pong_row((0, 0, 0, 100, -240, 0, 0, 0, 0)) == pong_row((1_000, 7, 50, 1_100, -500, 9, 4, 1, 9)), "all else does not"


def test_in_duel_what_the_other_is_at_tells_situations_apart():
    kinds = [
        view(distance=1_000),
        view(distance=1_000, other_stance=Stance.BACK),
        view(distance=1_000, other_stance=Stance.DASH),
        view(distance=1_000, other_stance=Stance.RETREAT),
        view(distance=1_000, other_stance=Stance.PUNCH),
        view(distance=1_000, other_stance=Stance.KICK),
        view(distance=1_000, other_stance=Stance.KICK, other_age=6),
        view(distance=1_000, other_stance=Stance.KICK, other_age=16),
        view(distance=1_000, other_stance=Stance.KICK, other_age=32),
        view(distance=1_000, other_stance=Stance.HIT, other_stun=9),
        view(distance=1_000, other_stance=Stance.HIT, other_stun=2),
        view(distance=1_000, other_stance=Stance.CRUSHED),
        view(distance=1_000, own_guard=1),
        view(distance=1_000, other_guard=1),
        view(distance=1_000, own_stance=Stance.DASH),
        view(distance=1_000, own_stance=Stance.PUNCH, other_stance=Stance.HIT),
        view(distance=1_300),
    ]
    rows = [duel_row(each) for each in kinds]
    assert NOWHERE not in rows and len(set(rows)) == len(rows)


@pytest.mark.parametrize("changed", [{"phase": 2}, {"own_stance": Stance.HIT}, {"own_stance": Stance.PUNCH}])
def test_where_nothing_can_be_begun_there_is_no_row(changed):
    assert duel_row(view(**changed)) == NOWHERE


def test_the_hash_is_of_the_view_and_differs_by_game():
    assert COARSE["pong"].hash != COARSE["duel"].hash
    assert all(len(each.hash) == 64 for each in COARSE.values())


@pytest.mark.parametrize("name", COARSE)
def test_who_is_ahead_on_one_side_is_behind_on_the_other(name):
    seen = COARSE[name]
    game = seen.kind(3)
    setattr(game, "points" if name == "pong" else "rounds", (3, 1))
    assert seen.ahead(game, 0) == -seen.ahead(game, 1) == 2 * seen.unit


def test_what_plays_a_table_brings_nothing_of_the_training_along_for_browsers_load_it_too():
    code = "import sys, rollback.agents.training.coarse_player; print([name for name in sys.modules if 'simulat' in name])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=100, check=True)
    assert done.stdout.strip() == "[]"
