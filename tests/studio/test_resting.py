"""A run that nobody trains here is shown by what its newest checkpoint has learned."""

import pytest

from rollback.agents.checkpoints import Runs
from rollback.agents.training import make_algorithm
from rollback.errors import CheckpointError
from rollback.studio import resting
from rollback.studio.resting import RestingPictures


def kept(runs, algorithm, environment, steps, name="mine"):
    folder = runs.create({}, name) if not (runs.path / name).exists() else runs.find(name)
    trained = make_algorithm(algorithm, environment, {}, 1)
    trained.advance(steps)
    folder.keep(trained.checkpoint())
    return folder, trained


@pytest.fixture
def runs(tmp_path):
    return Runs(tmp_path)


def test_gridworld_is_shown_with_the_values_and_moves_that_were_learned(runs):
    folder, trained = kept(runs, "q-learning", "gridworld?layout=rooms", 3000)
    shown = RestingPictures().of(folder)
    assert (shown["name"], shown["episode"], shown["hash"]) == ("last-1", trained.episodes, folder.newest().checkpoint.hash)
    picture = shown["picture"]
    assert (picture["values"], picture["arrows"]) == (trained.picture()["values"], trained.picture()["arrows"])
    assert sum(value is not None for value in picture["values"]) > 20 and picture["episode"] == trained.episodes


@pytest.mark.parametrize(("algorithm", "environment", "steps"), [("cross-entropy", "tetris", 600), ("self-play", "pong", 500)])
def test_games_are_shown_as_they_are_played_by_what_was_learned(runs, algorithm, environment, steps):
    folder, trained = kept(runs, algorithm, environment, steps)
    before = folder.newest().checkpoint.to_bytes()
    picture = RestingPictures().of(folder)["picture"]
    assert list(picture["weights"].values()) == list(trained.weights)
    if environment == "tetris":
        assert picture["pieces"] > 0 and any(picture["rows"]) and picture["placements"]
    else:
        assert picture["frame"] == resting.MOMENTS and picture["primitives"]
    assert folder.newest().checkpoint.to_bytes() == before


@pytest.mark.parametrize("game", ["pong", "duel"])
def test_a_table_that_stands_between_two_matches_is_shown_by_what_it_learned_too(runs, game):
    def shown(table, name):
        trained = make_algorithm("self-play-q-learning", game, {"frames": 100}, 1)
        trained.table = table(trained.table)
        folder = runs.create({}, name)
        folder.keep(trained.checkpoint())
        return RestingPictures().of(folder)["picture"]["primitives"]

    untrained = shown(lambda table: table, "untrained")
    assert shown(lambda table: [[0.0, 0.0, 1.0, *row[3:]] for row in table], "trained") != untrained


def test_a_picture_is_made_once_for_each_checkpoint_and_few_are_remembered(runs, monkeypatch):
    made = []
    original = resting.algorithm_from
    monkeypatch.setattr(resting, "algorithm_from", lambda held: made.append(held.step) or original(held))
    pictures = RestingPictures()
    folder, _ = kept(runs, "q-learning", "gridworld?layout=rooms", 100)
    assert pictures.of(folder) == pictures.of(folder) and len(made) == 1
    kept(runs, "q-learning", "gridworld?layout=rooms", 200)
    assert pictures.of(folder)["name"] == "last-2" and len(made) == 2
    monkeypatch.setattr(resting, "MOST", 3)
    for number in range(5):
        pictures.of(kept(runs, "q-learning", "gridworld?layout=rooms", 50, f"other-{number}")[0])
    assert len(pictures._known) == 3


def test_a_run_without_a_checkpoint_has_none_and_a_strange_one_is_refused(runs):
    folder = runs.create({}, "empty")
    assert RestingPictures().of(folder) is None
    (folder.path / "last-1.npz").write_bytes(b"no checkpoint")
    assert RestingPictures().of(folder) is None
    odd, _ = kept(runs, "q-learning", "gridworld?layout=rooms", 50)
    held = odd.newest().checkpoint
    object.__setattr__(held, "config_hash", "0" * 64)
    folder.keep(held)
    with pytest.raises(CheckpointError):
        RestingPictures().of(folder)
