"""A trial is a game of Tetris: the same pieces, the same lines, the same end."""

import pytest

from rollback.agents.training.tetris_trial import TetrisTrial, TetrisTrialSpec
from rollback.games import Tetris
from rollback.games.tetris_board import afterstates
from rollback.games.tetris_features import BCTS, value
from rollback.sim import simulate

CLUMSY = (-100, 0, 30, -20, 40, 0, 0, -10)


def real(weights, seed, pieces):
    """Play the real game without hold, always the best placement; return its field at the end and the pieces it took."""
    game = Tetris(1, "placements", seed=seed)
    for number in range(pieces):
        field = game.fields[0]
        found = sorted((-value(after, weights), after.action) for after in afterstates(field.board, field.piece))
        if game.over or not found:
            return field, number
        game.step([found[0][1]])
    return game.fields[0], pieces


@pytest.mark.parametrize(("weights", "pieces"), [(BCTS, 150), (CLUMSY, 150), ((0,) * 8, 60)])
@pytest.mark.parametrize("seed", range(3))
def test_it_is_what_the_real_game_plays(weights, pieces, seed):
    trial = TetrisTrial(weights, seed, 20, pieces)
    trial.run(pieces)
    field, placed = real(weights, seed, pieces)
    assert trial.lines == field.lines
    assert trial.placed == placed
    assert trial.is_over
    if placed == pieces:
        assert trial.board == field.board
    assert (weights is BCTS) == (placed == 150), "good ones reach the last piece, bad ones do not"


def test_a_lower_field_ends_sooner():
    ends = [TetrisTrialSpec(CLUMSY, 5, rows, 1_000).begin() for rows in (6, 12, 20)]
    for trial in ends:
        trial.run(1_000)
    assert 0 < ends[0].placed < ends[1].placed < ends[2].placed < 1_000


def test_in_slices_it_is_the_same_and_goes_on_from_what_was_saved():
    spec = TetrisTrialSpec(BCTS, 9, 8, 120)
    whole, sliced = spec.begin(), spec.begin()
    assert whole.run(500) == 120
    while not sliced.is_over:
        assert sliced.next(2)[0] in range(1, 8)
        sliced.run(7)
        if not sliced.is_over:
            sliced = spec.begin(sliced.saved())
    assert (sliced.board, sliced.result()) == (whole.board, whole.result())


def test_as_matches_of_a_simulation_trials_come_to_the_same():
    specs = [TetrisTrialSpec(weights, seed, 8, 80) for weights in (BCTS, CLUMSY) for seed in range(3)]
    results = simulate(specs, seed=1)
    for spec, result in zip(specs, results, strict=True):
        trial = spec.begin()
        trial.run(80)
        assert (result.scores[0], result.stats["frames"]) == trial.result()
        assert result.status == ("truncated" if trial.placed == 80 else "ok")
        assert spec.to_dict()["weights"] == list(spec.weights) and not spec.parcels()
    assert len({result.digest for result in results}) == len(results)
    assert [result.digest for result in simulate(specs, seed=2)] == [result.digest for result in results]
