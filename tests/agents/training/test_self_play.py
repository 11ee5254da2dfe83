"""Self-play: whom it meets, what it learns, that it is examined by who it never met, and that a cut training goes on."""

import json
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rollback.agents.checkpoints import Array, Checkpoint
from rollback.agents.playing import policy_from
from rollback.agents.training import against_best, algorithm_from, make_algorithm
from rollback.agents.training.duel_player import WEIGHTS_OF_DUEL, LinearDuel
from rollback.agents.training.duel_trial import DuelTrialSpec
from rollback.agents.training.pong_trial import PongTrialSpec
from rollback.agents.training.self_play import SelfPlay
from rollback.agents.training.self_play_player import SEEN, LinearPong, pressed
from rollback.errors import CheckpointError, UsageError
from rollback.games import Duel, Pong
from rollback.games.bots import act_with
from rollback.games.random_bot import RandomBot
from rollback.sim import simulate
from rollback.sim.league import League

SMALL = {"population": 6, "elite": 2, "opponents": 2, "pool": 3, "frames": 400}
CHASER = (-8, 0, 8, 0, 0, 0, 20)
IDLE = (0,) * len(SEEN)


def training(seed=1, game="pong", **parameters):
    return make_algorithm("self-play", game, {**SMALL, **parameters}, seed)


def play(left, right, seed, frames=3_000):
    game = Pong(seed)
    acts = [act_with(left), act_with(right)]
    for _ in range(frames):
        game.step([act(game, player) for player, act in enumerate(acts)])
    return game.points


# --- the player ---


def test_a_player_that_weighs_only_its_own_place_and_the_balls_chases_the_ball():
    below, above = (0, 0, 0, 3_000, -240, 0, 0, 0, 0), (0, 0, 0, -3_000, -240, 0, 0, 0, 0)
    assert pressed(CHASER, below) == (False, True)
    assert pressed(CHASER, above) == (True, False)
    assert pressed(CHASER, (0, 0, 0, 100, -240, 0, 0, 0, 0)) == (False, False), "too little to press a key for"
    assert pressed(IDLE, below) == (False, False)


@settings(max_examples=100, deadline=None)
@given(
    st.lists(st.integers(-8_000, 8_000), min_size=7, max_size=7),
    st.tuples(*[st.integers(least, greatest) for _, least, greatest in Pong.observed]),
)
def test_in_a_mirrored_field_it_does_the_mirrored_thing(weights, seen):
    own, other, x, y, vx, vy, *rest = seen
    up, down = pressed(weights, seen)
    assert pressed(weights, (-own, -other, x, -y, vx, -vy, *rest)) == (down, up)
    assert not (up and down)


def test_it_sees_both_sides_alike_and_has_no_memory():
    bot = LinearPong(CHASER)
    assert play(bot, LinearPong(IDLE), 3) == (5, 0)
    assert play(LinearPong(IDLE), bot, 3) == (0, 5)
    assert bot.act(Pong(1).observe(0), None) == bot.act(Pong(1).observe(0), None)
    assert bot.act(Pong(1).observe(0), None)[1] is None


# --- a trial ---


@pytest.mark.parametrize("side", [0, 1])
def test_a_trial_is_a_match_of_the_real_game(side):
    spec = PongTrialSpec(CHASER, (1, 1, 1, 1, 1, 1, 1), side, 7, 2_000)
    trial = spec.begin()
    assert trial.run(5_000) == trial.frame <= 2_000
    bots = [LinearPong(spec.weights), LinearPong(spec.other)]
    points = play(*(reversed(bots) if side else bots), 7, trial.frame)
    assert trial.result() == (points[side] - points[1 - side], trial.frame)
    assert trial.game.points == points and any(points)


def test_in_slices_and_as_a_match_of_a_simulation_it_is_the_same():
    specs = [PongTrialSpec(CHASER, IDLE, side, seed, 900) for side in range(2) for seed in range(2)]
    for spec, result in zip(specs, simulate(specs), strict=True):
        sliced = spec.begin()
        while not sliced.is_over:
            sliced.run(37)
            if not sliced.is_over:
                sliced = spec.begin(json.loads(json.dumps(sliced.saved())))
        assert (result.scores[0], result.stats["frames"]) == sliced.result()
        assert result.status == ("ok" if sliced.game.over else "truncated")
        assert spec.to_dict()["side"] == spec.side and not spec.parcels()


DAMAGE = [{"frame": 400}, {"frame": -1}, {"ball": [1]}, {"ball": [0.5, 1]}, {"ball": [0, 10**400]}, {"velocity": [-601, 0]},
          {"paddles": [0, 10**30]}, {"rally": -1}, {"pause": True}, {"word": None}, {"word": 1 << 32}]  # fmt: skip


@pytest.mark.parametrize("change", DAMAGE)
def test_a_damaged_match_is_refused(change):
    spec = PongTrialSpec(CHASER, IDLE, 0, 1, 400)
    with pytest.raises(CheckpointError, match="is none of Pong"):
        spec.begin({**spec.begin().saved(), **change})


# --- whom it meets ---


def test_all_vectors_of_a_generation_meet_the_same_and_the_newest_is_among_them():
    algorithm = training(opponents=4)
    while algorithm.cloud.generation < 6:
        algorithm.advance(2_000)
        generation = algorithm.cloud.generation
        assert len(algorithm.pool) == 1 + min(3, generation)
        assert algorithm.pool[0] == IDLE
        algorithm._next()
        met = [algorithm.spec(number) for number in range(24)]
        for number, spec in enumerate(met):
            same = met[number % 4]
            assert (spec.other, spec.side, spec.seed) == (same.other, same.side, same.seed)
            assert spec.seed < 1 << 32
        assert met[0].other == algorithm.pool[-1]
        assert {spec.side for spec in met} == {0, 1}
        assert len({spec.seed for spec in met}) == 4


def test_what_was_learned_becomes_an_opponent_and_the_oldest_goes():
    algorithm = training()
    learned = []
    while algorithm.cloud.generation < 5:
        before = algorithm.cloud.generation
        algorithm.advance(200)
        if algorithm.cloud.generation > before:
            learned.append(algorithm.weights)
    assert algorithm.pool == [IDLE, *learned[-3:]]


# --- learning ---


def test_in_some_seconds_it_learns_to_beat_who_does_nothing():
    algorithm = training(3, population=24, elite=5, frames=1_200)
    while algorithm.cloud.generation < 6:
        algorithm.advance(5_000)
    for seed in range(4):
        ours, theirs = play(LinearPong(algorithm.weights), LinearPong(IDLE), seed)
        assert ours > theirs


@pytest.mark.nightly
@pytest.mark.parametrize("seed", [1, 2])
def test_in_a_minute_it_beats_the_built_in_bot_that_it_never_met(seed):
    algorithm = make_algorithm("self-play", "pong", {}, seed)
    start = time.process_time()
    while time.process_time() - start < 30:
        algorithm.advance(20_000)
    found = algorithm.evaluate(100)
    assert found["matches"] == 100.0
    assert found["won_low"] > 0.9


def test_it_is_evaluated_against_the_built_in_bot_and_not_by_its_own_training():
    algorithm = training()
    before = algorithm.checkpoint().hash
    found = algorithm.evaluate(2)
    assert found["won"] == 0.0 and found["matches"] == 2.0, "who does nothing wins nothing"
    assert found["points"] < 5.0
    assert found["won_low"] <= found["won"] <= found["won_high"] <= 1.0
    assert algorithm.checkpoint().hash == before


def test_on_the_way_it_looks_at_other_matches_than_in_the_end(monkeypatch):
    seeds = []
    monkeypatch.setattr(
        against_best, "League", lambda *names, seed, **more: seeds.append(seed) or League(*names, seed=seed, **more)
    )
    for algorithm in (training(5), training(5, "duel", frames=100)):
        assert algorithm.evaluate(1)["matches"] == algorithm.validate(1)["matches"] == 2.0
    final, looked, *again = seeds
    assert final == 5 != looked and again == [final, looked]


@pytest.mark.parametrize("game", ["pong", "duel"])
@settings(max_examples=5, deadline=None)
@given(st.lists(st.integers(1, 3_000), min_size=1, max_size=4), st.integers(0, 6_000))
def test_cut_anywhere_it_goes_on_bit_for_bit_as_one_that_was_not(game, slices, rest):
    whole = training(3, game)
    expected = whole.advance(sum(slices) + rest)
    algorithm, found = training(3, game), []
    for steps in slices:
        found += algorithm.advance(steps)
        algorithm = algorithm_from(Checkpoint.load(algorithm.checkpoint().to_bytes()))
    found += algorithm.advance(rest)
    assert found == expected
    assert algorithm.checkpoint().hash == whole.checkpoint().hash


def test_any_number_of_processes_learns_the_same():
    alone, several = training(), training(workers=2)
    points = several.advance(1)
    assert alone.advance(several.steps) == points
    assert (alone.pool, alone.cloud.mean) == (several.pool, several.cloud.mean)
    for point in points:
        assert point.reward == point.extra["ahead"] and point.extra["generation"] == 1.0 and point.length <= 400


def test_the_picture_is_plain_and_moves_with_the_training_only():
    algorithm = training()
    algorithm.picture()
    for _ in range(120):
        algorithm.step_once()
    first = algorithm.picture()
    assert first == algorithm.picture()
    json.dumps(first)
    assert first["kind"] == "pong" and first["primitives"] and first["weights"].keys() == set(SEEN)
    algorithm.step_once()
    assert algorithm.picture()["ball"] != first["ball"]


# --- Duel ---


@pytest.mark.nightly
def test_in_a_minute_it_beats_dice_and_half_the_matches_against_the_bot_of_duel_that_it_never_met():
    algorithm = make_algorithm("self-play", "duel", {}, 1)
    algorithm.advance(15_000_000)
    assert algorithm.evaluate(100)["won"] > 0.4
    acts = [act_with(policy_from(algorithm.checkpoint(), Duel())), act_with(RandomBot(Duel(), 1, 1))]
    for seed in range(4):
        game = Duel(seed)
        while not game.over:
            game.step([act(game, player) for player, act in enumerate(acts)])
        assert game.rounds[0] > game.rounds[1]


def test_in_duel_it_learns_to_hurt_who_does_nothing():
    algorithm = training(4, "duel", population=16, elite=4, frames=500, opponents=2)
    points = []
    while algorithm.cloud.generation < 5:
        points += algorithm.advance(10_000)
    assert all(abs(point.reward) <= 200 and point.reward == point.extra["ahead"] for point in points)
    idle = DuelTrialSpec(algorithm.weights, algorithm.pool[0], 0, 9, 600).begin()
    idle.run(600)
    assert idle.ahead() > 0
    checkpoint = Checkpoint.load(algorithm.checkpoint().to_bytes())
    assert checkpoint.environment == "duel" and algorithm_from(checkpoint).pool == algorithm.pool
    bot = policy_from(checkpoint, Duel(), 1)
    assert isinstance(bot, LinearDuel) and bot.weights == algorithm.weights
    with pytest.raises(CheckpointError, match="was trained on duel, and cannot play Pong"):
        policy_from(checkpoint, Pong())
    with pytest.raises(CheckpointError, match="goes on with its own only"):
        training().restore(checkpoint)


def test_the_picture_of_duel_is_plain_and_says_what_is_weighed():
    algorithm = training(game="duel")
    algorithm.advance(120)
    seen = algorithm.picture()
    json.dumps(seen)
    assert seen["kind"] == "duel" and seen["primitives"] and seen["points"] == [0, 0]
    assert seen["weights"].keys() == set(WEIGHTS_OF_DUEL)


# --- what comes of it plays, and what does not is refused ---


def test_a_checkpoint_plays_pong_and_nothing_else():
    algorithm = training()
    algorithm.advance(8_000)
    assert algorithm.cloud.generation
    checkpoint = Checkpoint.load(algorithm.checkpoint().to_bytes())
    assert policy_from(checkpoint, Pong(), 1).weights == algorithm.weights
    with pytest.raises(CheckpointError, match="was trained on pong, and cannot play Duel"):
        policy_from(checkpoint, Duel())


def altered(checkpoint, **arrays):
    names = ("algorithm", "environment", "config_hash", "parameters", "random_state")
    return Checkpoint(**{name: getattr(checkpoint, name) for name in names}, arrays={**checkpoint.arrays, **arrays})


@pytest.mark.parametrize("pool", [[[0] * 6], [[0] * 7] * 5, [[1 << 30] * 7]])
def test_a_damaged_pool_is_refused_and_the_training_stays_as_it_was(pool):
    algorithm = training()
    algorithm.advance(100)
    before = algorithm.checkpoint()
    with pytest.raises(CheckpointError, match=r"train anew$"):
        algorithm.restore(altered(before, pool=Array.of(pool, "i")))
    assert algorithm.checkpoint().hash == before.hash


def test_weights_that_are_none_do_not_play():
    with pytest.raises(CheckpointError, match=r"holds no 7 whole numbers 'weights': train anew$"):
        policy_from(altered(training().checkpoint(), weights=Array.of([1] * 8, "i")), Pong())


def test_what_cannot_be_trained_is_refused_in_one_sentence():
    with pytest.raises(UsageError, match="self-play learns pong, duel, not 'tetris'"):
        SelfPlay("tetris", {}, 1)
