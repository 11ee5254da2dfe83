"""Self-play by a table: what it learns, whom it meets, that a cut training goes on, and that what is damaged is refused."""

import json
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rollback.agents.checkpoints import Array, Checkpoint
from rollback.agents.playing import policy_from
from rollback.agents.training import algorithm_from, make_algorithm
from rollback.agents.training.coarse import COARSE, greedy
from rollback.agents.training.coarse_match import CoarseMatch, Learning
from rollback.agents.training.coarse_player import CoarseBot
from rollback.errors import CheckpointError, UsageError
from rollback.games import Duel, Pong
from rollback.games.bots import act_with
from rollback.games.random_bot import RandomBot

SMALL = {"frames": 400, "every": 2, "pool": 3, "epsilon_decay": 0.9}
GAMES = pytest.mark.parametrize("game", ["pong", "duel"])


def training(game="pong", seed=1, **parameters):
    return make_algorithm("self-play-q-learning", game, {**SMALL, **parameters}, seed)


def copy_of(checkpoint):
    return Checkpoint.load(checkpoint.to_bytes())


# --- learning ---


def test_a_value_moves_towards_what_was_earned_and_what_can_be_earned_next():
    seen = COARSE["pong"]
    match = CoarseMatch(seen, 1, 0, 0)
    match.game.pause, match.game.velocity, match.game.ball = 0, (-600, 0), (-13_900, 9_000)
    table = [[0.5] * 3 for _ in range(seen.rows)]
    row = seen.row(match.game.observe(0))
    learning = Learning(rate=0.5, discount=0.8, clumsiness=0.0, frames=400)
    while not any(match.game.points):
        match.run(1, table, bytes(seen.rows), random.Random(1), 0.0, learning)
    match.run(4, table, bytes(seen.rows), random.Random(1), 0.0, learning)
    assert match.game.points == (0, 1), "the premise: the paddle is far from the ball"
    assert table[row][0] == 0.5 + 0.5 * (-1 + 0.8 * 0.5 - 0.5)
    assert match.ahead() == -1


def test_in_some_seconds_it_learns_pong_so_far_that_dice_have_no_chance():
    algorithm = training(frames=1_500, every=10, epsilon_decay=0.97, learning_rate=0.1)
    algorithm.advance(250_000)
    won = lost = 0
    for seed in range(4):
        game = Pong(seed)
        acts = [act_with(policy_from(algorithm.checkpoint(), game)), act_with(RandomBot(game, 1, seed))]
        while not game.over and game.rally < 50:
            game.step([act(game, player) for player, act in enumerate(acts)])
        won, lost = won + game.points[0], lost + game.points[1]
    assert won > 3 * lost


@pytest.mark.nightly
@GAMES
def test_in_a_minute_it_beats_the_built_in_bot_that_it_never_met(game):
    algorithm = make_algorithm("self-play-q-learning", game, {}, 1)
    algorithm.advance({"pong": 6_000_000, "duel": 14_000_000}[game])
    assert algorithm.evaluate(100)["won_low"] > 0.5


# --- whom it meets ---


def test_what_was_learned_becomes_an_opponent_and_who_does_nothing_stays():
    algorithm = training()
    learned = []
    while algorithm.episodes < 11:
        before = algorithm.episodes
        algorithm.advance(100)
        if algorithm.episodes > before and algorithm.episodes % 2 == 0:
            learned.append(greedy(algorithm.table))
    assert algorithm.pool == [bytes(COARSE["pong"].rows), *learned[-3:]]


def test_it_plays_both_sides_from_other_seeds_against_several():
    algorithm = training("duel")
    met, places = set(), set()
    for _ in range(40):
        while algorithm.at_boundary():
            algorithm.step_once()
        match = algorithm._match
        met.add((match.side, match.other))
        places.add(match.game.fighters[0].place)
        algorithm.advance(algorithm.settings["frames"] - match.frame)
    assert {side for side, _ in met} == {0, 1} and {other for _, other in met} == {0, 1, 2, 3}
    assert len(places) > 10


def test_it_is_evaluated_by_other_matches_than_those_it_looks_at_on_the_way():
    algorithm = training(seed=3, frames=1_500, every=10, epsilon_decay=0.97, learning_rate=0.1)
    algorithm.advance(60_000)
    before = algorithm.checkpoint().hash
    found, looked = algorithm.evaluate(6), algorithm.validate(6)
    assert found == algorithm.evaluate(6) and looked == algorithm.validate(6)
    assert found["points"] != looked["points"], "the premise: it plays well enough for a difference"
    assert found["matches"] == looked["matches"] == 6.0
    assert found["won_low"] <= found["won"] <= found["won_high"]
    assert algorithm.checkpoint().hash == before


# --- cut and gone on with ---


@GAMES
@settings(max_examples=5, deadline=None)
@given(st.lists(st.integers(1, 2_000), min_size=1, max_size=3), st.integers(0, 4_000))
def test_cut_anywhere_it_goes_on_bit_for_bit_as_one_that_was_not(game, slices, rest):
    whole = training(game, 3)
    expected = whole.advance(sum(slices) + rest)
    algorithm, found = training(game, 3), []
    for steps in slices:
        found += algorithm.advance(steps)
        algorithm = algorithm_from(copy_of(algorithm.checkpoint()))
    found += algorithm.advance(rest)
    assert found == expected and whole.steps == sum(slices) + rest
    assert algorithm.checkpoint().hash == whole.checkpoint().hash


def test_another_seed_learns_something_else():
    one, other = training(seed=1), training(seed=2)
    one.advance(3_000)
    other.advance(3_000)
    assert one.table != other.table


@GAMES
def test_the_picture_is_plain_and_moves_with_the_training_only(game):
    algorithm = training(game)
    for _ in range(130):
        algorithm.step_once()
    first = algorithm.picture()
    assert first == algorithm.picture()
    json.dumps(first)
    assert first["kind"] == game and first["primitives"] and first["points"] == [0, 0]
    for _ in range(20):
        algorithm.step_once()
    assert algorithm.picture()["primitives"] != first["primitives"] and algorithm.picture()["step"] == 150


@GAMES
def test_for_a_moment_the_picture_is_of_a_match_by_what_was_learned_and_then_of_the_training_again(game):
    algorithm = training(game)
    algorithm.table = [[0.0, 0.0, 1.0] + [0.0] * (len(row) - 3) for row in algorithm.table]
    bot, idle = [
        act_with(CoarseBot(COARSE[game], choices)) for choices in (bytes([2]) * len(algorithm.table), algorithm.pool[0])
    ]
    for _ in range(150):
        algorithm.moment()
    expected = algorithm._shown
    played = COARSE[game].kind(0)
    played.load(training(game)._last.game.save())
    for _ in range(150):
        played.step([bot(played, 0), idle(played, 1)])
    assert expected.save() == played.save() != training(game)._last.game.save()
    assert algorithm.picture()["primitives"] == played.draw() != training(game).picture()["primitives"]
    algorithm.advance(20)
    assert algorithm.picture()["primitives"] == algorithm._match.game.draw()
    algorithm.moment()
    algorithm.restore(algorithm.checkpoint())
    assert algorithm.picture()["primitives"] == algorithm._match.game.draw()


def test_a_match_that_is_shown_is_followed_by_another():
    algorithm = training("pong")
    algorithm.moment()
    algorithm._shown.points = (99, 0)
    before = algorithm._shown
    algorithm.moment()
    assert algorithm._shown is not before and not algorithm._shown.over


# --- what comes of it plays, and what does not is refused ---


def test_a_checkpoint_plays_its_game_and_no_other():
    algorithm = training("duel")
    algorithm.advance(2_000)
    checkpoint = copy_of(algorithm.checkpoint())
    bot = policy_from(checkpoint, Duel(), 1)
    assert isinstance(bot, CoarseBot) and bot.choices == greedy(algorithm.table)
    with pytest.raises(CheckpointError, match="was trained on duel, and cannot play Pong"):
        policy_from(checkpoint, Pong())


def test_as_a_bot_it_does_what_it_did_in_training():
    algorithm = training("pong")
    algorithm.advance(8_000)
    seen, choices = COARSE["pong"], greedy(algorithm.table)
    match = CoarseMatch(seen, 9, 0, 0)
    table = [list(row) for row in algorithm.table]
    match.run(300, table, choices, random.Random(1), 0.0, Learning(0.0, 0.9, 0.0, 300))
    game, acts = Pong(9), [act_with(CoarseBot(seen, choices)) for _ in range(2)]
    for _ in range(300):
        game.step([act(game, player) for player, act in enumerate(acts)])
    assert game.save() == match.game.save() and game.paddles != (0, 0)


def altered(checkpoint, **changes):
    names = ("algorithm", "environment", "config_hash", "parameters", "random_state", "arrays", "epsilon", "step", "episode")
    return Checkpoint(**{**{name: getattr(checkpoint, name) for name in names}, **changes})


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda saved: {"algorithm": "self-play"}, "start one there to go on with it"),
        (lambda saved: {"environment": "duel"}, "start one there to go on with it"),
        (lambda saved: {"config_hash": "0" * 64}, "sees other things than these: train anew"),
        (lambda saved: {"arrays": {**saved.arrays, "q": Array.of([[0.0] * 3] * 7)}}, "holds no table of 650 rows"),
        (
            lambda saved: {"arrays": {**saved.arrays, "q": Array.of([[float("nan")] * 3] * 650)}},
            "no finite numbers: train anew",
        ),
        (lambda saved: {"arrays": {**saved.arrays, "pool": Array.of([[0] * 7], "B")}}, "holds no pool of players"),
        (lambda saved: {"arrays": {**saved.arrays, "pool": Array.of([[3] * 650], "B")}}, "must hold 1 to 4 players"),
        (lambda saved: {"arrays": {**saved.arrays, "pool": Array.of([[0] * 650] * 5, "B")}}, "must hold 1 to 4 players"),
        (lambda saved: {"random_state": []}, "does not say where its match stood"),
        (lambda saved: {"random_state": {**saved.random_state, "dice": []}}, "random"),
    ],
)
def test_what_is_damaged_is_refused_and_the_training_stays_as_it_was(change, says):
    algorithm = training()
    algorithm.advance(1_100)
    before = algorithm.checkpoint()
    with pytest.raises(CheckpointError, match=says):
        algorithm.restore(altered(before, **change(before)))
    assert algorithm.checkpoint().hash == before.hash


@pytest.mark.parametrize(
    "change",
    [
        {"side": 2},
        {"other": 9},
        {"frame": 400},
        {"choices": [0, 3]},
        {"last": [650, 0, 0]},
        {"last": [0, 3, 0]},
        {"game": {}},
        {"side": True},
        {"more": 1},
        {"last": [5, 0, 6]},
        {"last": [5, 0, -(10**400)]},
    ],
)
def test_a_damaged_match_is_refused(change):
    algorithm = training()
    algorithm.advance(150)
    before = algorithm.checkpoint()
    state = {**before.random_state, "match": {**before.random_state["match"], **change}}
    with pytest.raises(CheckpointError, match="is none of pong: it cannot go on from there"):
        algorithm.restore(altered(before, random_state=state))
    assert algorithm.checkpoint().hash == before.hash


@GAMES
def test_numbers_that_no_match_has_are_refused_before_they_are_reckoned_with(game):
    algorithm = training(game)
    algorithm.advance(150)
    before = algorithm.checkpoint()
    match = before.random_state["match"]
    beyond = {"last": [5, 0, 10**400], "game": {**match["game"], "freeze" if game == "duel" else "pause": 10**400}}
    for name, value in beyond.items():
        state = {**before.random_state, "match": {**match, name: value}}
        with pytest.raises(CheckpointError, match=f"is none of {game}: it cannot go on from there"):
            algorithm.restore(altered(before, random_state=state))


def test_what_cannot_be_trained_is_refused_in_one_sentence():
    with pytest.raises(UsageError, match="self-play-q-learning learns pong, duel, not 'tetris'"):
        training("tetris")
    with pytest.raises(UsageError, match="a seed must be a whole number"):
        training(seed=-1)
