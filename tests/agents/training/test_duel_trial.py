"""A trial in Duel: a match of the real game, the same in slices, and nothing that was damaged."""

import json
from operator import setitem

import pytest

from rollback.agents.training.contest import Contest
from rollback.agents.training.duel_choices import CHOICES
from rollback.agents.training.duel_health import ahead_in
from rollback.agents.training.duel_player import SEEN, WEIGHTS_OF_DUEL
from rollback.agents.training.duel_trial import DuelTrialSpec
from rollback.errors import CheckpointError
from rollback.games import Duel
from rollback.sim import simulate

IDLE = (0,) * len(WEIGHTS_OF_DUEL)
FIGHTER = tuple(
    {("punch", "in reach of a punch"): 8, ("forward", "distance"): 1, ("kick", "own punch connected"): 20}.get(
        (choice, name), 0
    )
    for choice in CHOICES
    for name in SEEN
)


@pytest.mark.parametrize("side", [0, 1])
def test_who_attacks_is_ahead_of_who_stands_still_on_either_side(side):
    trial = DuelTrialSpec(FIGHTER, IDLE, side, 5, 900).begin()
    assert trial.run(5_000) == 900 and trial.is_over
    assert trial.result() == (ahead_in(trial.game, side), 900)
    assert trial.ahead() > 50
    other = DuelTrialSpec(IDLE, FIGHTER, side, 5, 900).begin()
    other.run(900)
    assert other.ahead() < -30, "the premise: it makes most choices by itself"


def test_a_round_that_was_won_counts_as_a_whole_health():
    game = Duel(1)
    game.phase = 1
    game.fighters[0].health = 40
    assert (ahead_in(game, 0), ahead_in(game, 1)) == (-60, 60)
    game.rounds = (1, 0)
    assert ahead_in(game, 0) == 40
    game.phase = 2
    assert ahead_in(game, 0) == 100, "the round is over, and counted already"


def test_in_slices_and_as_a_match_of_a_simulation_it_is_the_same():
    specs = [DuelTrialSpec(FIGHTER, FIGHTER, side, seed, 700) for side in range(2) for seed in range(2)]
    for spec, result in zip(specs, simulate(specs), strict=True):
        sliced = spec.begin()
        while not sliced.is_over:
            sliced.run(37)
            if not sliced.is_over:
                sliced = spec.begin(json.loads(json.dumps(sliced.saved())))
        assert (result.scores[0], result.stats["frames"]) == sliced.result()
        assert spec.to_dict()["kind"] == "duel trial" and not spec.parcels()
    assert len({result.scores[0] for result in simulate(specs)}) > 1, "the premise: the seed makes a difference"


@pytest.mark.parametrize(
    "damage",
    [
        lambda saved: saved.update(frame=700),
        lambda saved: saved.update(frame=-1),
        lambda saved: saved.update(choices=[0, 7]),
        lambda saved: saved.update(choices=[0]),
        lambda saved: saved.update(clock=True),
        lambda saved: saved.update(phase=9),
        lambda saved: saved.pop("word"),
        lambda saved: saved.update(word=1 << 32),
        lambda saved: setitem(saved["fighters"][0], "stance", 12),
        lambda saved: setitem(saved["fighters"][1], "wish", 4),
        lambda saved: setitem(saved["fighters"][1], "push", 10**9),
        lambda saved: setitem(saved["fighters"], 1, 3),
        lambda saved: saved.update(rounds=[[1], [2]]),
    ],
)
def test_a_damaged_match_is_refused(damage):
    spec = DuelTrialSpec(FIGHTER, IDLE, 0, 1, 700)
    trial = spec.begin()
    trial.run(200)
    saved = json.loads(json.dumps(trial.saved()))
    assert spec.begin(saved).saved() == saved, "the premise: before the damage it is taken"
    damage(saved)
    with pytest.raises(CheckpointError, match="is none of Duel: it cannot go on from there"):
        spec.begin(saved)


def test_a_contest_without_a_game_brings_nothing():
    trial = DuelTrialSpec(IDLE, IDLE, 0, 1, 10).begin()
    for call in (lambda: Contest.run(trial, 1), lambda: Contest.ahead(trial)):
        with pytest.raises(NotImplementedError):
            call()
