"""What a run keeps by itself: none twice, and none pushed out by others almost like it."""

from itertools import pairwise

import pytest

from rollback.agents.checkpoints import Runs
from rollback.agents.training import make_algorithm
from rollback.errors import CheckpointError
from rollback.studio.keeping import Keeper


@pytest.fixture
def folder(tmp_path):
    return Runs(tmp_path).create({})


def checkpoint(step, episode, parent="", **metrics):
    held = make_algorithm("q-learning", "gridworld?layout=rooms", {}, 1).checkpoint(parent=parent, metrics=metrics)
    for name, value in (("step", step), ("episode", episode)):
        object.__setattr__(held, name, value)
    return held


def keep(keeper, step, episode, *, is_wanted=False, **more):
    return keeper.keep(checkpoint(step, episode, **more), by="", is_wanted=is_wanted)


def steps(folder):
    return [saved.checkpoint.step for saved in folder.saved() if saved.kind == "last"]


def test_in_slow_motion_the_older_ones_stay_and_the_newest_is_never_older_than_the_last_look(folder):
    keeper = Keeper(folder)
    for step, episode in [(1000, 10), (1300, 12), (1700, 15)]:
        keep(keeper, step, episode)
    for step in range(1715, 1775, 15):  # three steps a second, every five seconds
        assert keep(keeper, step, 15)
        assert steps(folder) == [step, 1700, 1300]
    keep(keeper, 1790, 16)  # far enough, and an episode has ended: it stays
    keep(keeper, 1805, 16)
    assert steps(folder) == [1805, 1790, 1700]


def test_a_training_whose_steps_are_many_keeps_what_is_apart_by_a_share_of_them(folder):
    keeper = Keeper(folder)
    for number in range(2000, 2400, 15):
        keep(keeper, 1000 * number, number)
        newest, *older = steps(folder)
        assert newest == 1000 * number and len(older) <= 2
        assert all(young >= 1.05 * old for young, old in pairwise(older))
    assert len(older) == 2


def test_what_somebody_asked_for_and_what_training_went_on_from_is_not_replaced(folder):
    keeper = Keeper(folder)
    keep(keeper, 1000, 10)
    (asked,) = keep(keeper, 1001, 10, is_wanted=True)
    (loose,) = keep(keeper, 1002, 10)
    keep(keeper, 1003, 10, parent=folder.load(loose).hash)  # somebody loaded it
    assert folder.load(asked).step == 1001 and folder.load(loose).step == 1002
    resumed = Keeper(folder)
    newest = folder.newest()
    resumed.goes_on_from(newest.name, newest.checkpoint)
    keep(resumed, 1004, 10)
    assert steps(folder) == [1004, 1003, 1002]
    resumed.pin()
    keep(resumed, 0, 0)
    assert steps(folder) == [0, 1004, 1003]


def test_the_newest_is_not_written_twice_whatever_is_said_of_it(folder):
    keeper = Keeper(folder)
    assert keep(keeper, 100, 3, success=0.5) == ["last-1"]
    assert keep(keeper, 100, 3, success=0.6, parent="ab" * 32) == []
    assert keep(keeper, 100, 3, is_wanted=True) == ["last-1"]  # it was asked for: it is told where it is
    assert [saved.name for saved in folder.saved()] == ["last-1"]
    (folder.path / "last-1.npz").write_bytes(b"torn")
    assert keep(keeper, 100, 3) == ["last-2"]
    folder.delete("last-2")
    assert keep(keeper, 100, 3) == ["last-2"] and folder.load("last-2").step == 100


def test_a_disk_that_takes_nothing_loses_nothing(folder, monkeypatch):
    keeper = Keeper(folder)
    for step in (1000, 1001, 1002):
        keep(keeper, step, 10)
    before = steps(folder)

    def full(*_):
        raise CheckpointError("there is no space left")

    with monkeypatch.context() as patch, pytest.raises(CheckpointError):
        patch.setattr("rollback.agents.checkpoints.checkpoint.Checkpoint.save", full)
        keep(keeper, 1003, 10)
    assert steps(folder) == before
    keep(keeper, 1004, 10)
    assert steps(folder)[0] == 1004
