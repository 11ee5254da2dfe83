"""What other processes do to the folder of runs is noticed, and a run in which nothing happened is not read again."""

import os
import shutil

import pytest

from rollback.agents.checkpoints import RunFolder, Runs
from rollback.errors import CheckpointError
from rollback.studio import outside
from rollback.studio.outside import Outside


@pytest.fixture
def runs(tmp_path):
    return Runs(tmp_path / "runs")


@pytest.fixture(params=[0, outside.YOUNG], ids=["old", "young"])
def looking(request, monkeypatch, runs):
    """Looks at the runs, with stamps that are believed at once, and with those that are not yet."""
    monkeypatch.setattr(outside, "YOUNG", request.param)
    return Outside(runs)


def names(listed):
    return [each.folder.name for each in listed]


def test_runs_come_and_go(looking, runs):
    assert looking.look() == outside.Look((), (), (), frozenset())
    runs.create({"seed": 1}, "first")
    assert names(looking.look().came) == ["first"]
    runs.create({"seed": 2}, "second")
    found = looking.look()
    assert names(found.came) == ["second"] and found.came[0].facts == {"seed": 2}
    runs.delete("first")
    assert looking.look().gone == ("first",)
    assert looking.look().gone == ()


def test_a_checkpoint_and_new_facts_change_a_run_and_so_does_a_deleted_file(looking, runs):
    run = runs.create({}, "mine")
    looking.look()
    run.write_facts({"episode": 7})
    (changed,) = looking.look().changed
    assert changed.facts == {"episode": 7}
    (run.path / "best.npz").write_bytes(b"x")
    assert names(looking.look().changed) == ["mine"]
    os.utime(run.path, (1e9, 1e9))
    looking.look()
    assert looking.look().changed == ()
    (run.path / "best.npz").unlink()
    assert names(looking.look().changed) == ["mine"]


def test_a_run_that_is_being_trained_is_taken_until_that_ends(looking, runs):
    run = runs.create({}, "mine")
    assert looking.look().taken == frozenset()
    os.utime(run.path, (1e9, 1e9))
    looking.look()
    writing = run.writing()
    os.utime(run.path, (2e9, 2e9))  # as the taking does, with a clock that ticks
    assert looking.look().taken == {"mine"}
    assert looking.look().taken == {"mine"}, "nothing changed, and it is still being trained"
    writing.close()
    assert looking.look().taken == frozenset()


def test_taking_a_run_is_seen_from_outside_its_folder(runs):
    run = runs.create({}, "mine")
    run.writing().close()  # the file of the lock is there already
    os.utime(run.path, (1e9, 1e9))
    before = runs.stamps()["mine"]
    with run.writing():
        assert runs.stamps()["mine"] != before


def test_a_run_in_which_nothing_happened_is_not_read_again(runs, monkeypatch):
    monkeypatch.setattr(outside, "YOUNG", 0)
    looking = Outside(runs)
    for name in ("one", "two"):
        runs.create({}, name)
    looking.look()
    read = []
    monkeypatch.setattr(RunFolder, "facts", lambda run: read.append(run.name) or {})
    monkeypatch.setattr(RunFolder, "is_taken", lambda run: read.append(run.name) or False)
    assert looking.look() == outside.Look((), (), (), frozenset()) and read == []


def test_what_changed_just_now_is_looked_at_again_for_the_clock_of_a_disk_ticks_slowly(runs):
    looking = Outside(runs)
    run = runs.create({}, "mine")
    looking.look()
    before = run.path.stat()
    with run.writing():
        os.utime(run.path, ns=(before.st_atime_ns, before.st_mtime_ns))  # in the same tick
        assert looking.look().taken == {"mine"}


def test_a_run_that_somebody_is_just_making_is_listed_when_its_facts_are_there(runs):
    looking = Outside(runs)
    folder = RunFolder(runs.path / "new")
    folder.path.mkdir(parents=True)
    assert looking.look().came == ()
    folder.write_facts({"seed": 1})
    assert names(looking.look().came) == ["new"]


def test_a_folder_without_facts_that_stays_so_is_listed_with_its_problem(runs):
    (runs.path / "odd").mkdir(parents=True)
    os.utime(runs.path / "odd", (1e9, 1e9))
    (came,) = Outside(runs).look().came
    assert "run.json cannot be read" in came.problem


def test_another_folder_of_the_same_name_is_another_run(looking, runs):
    runs.create({"seed": 1}, "mine")
    looking.look()
    (runs.path / "mine").rename(runs.path / "Aside")  # so that its number on the disk is not used again
    runs.create({"seed": 2}, "mine")
    found = looking.look()
    assert found.gone == ("mine",) and [each.facts for each in found.came] == [{"seed": 2}]


def test_a_run_of_one_s_own_is_only_looked_for(looking, runs):
    run = runs.create({}, "mine")
    looking.look()
    with run.writing():
        run.write_facts({"episode": 3})
        assert looking.look(own={"mine"}) == outside.Look((), (), (), frozenset())
    assert names(looking.look().changed) == ["mine"], "once it rests"
    shutil.rmtree(run.path)
    assert looking.look(own={"mine"}).gone == ("mine",)


def test_a_folder_that_cannot_be_read_is_told(tmp_path):
    (tmp_path / "runs").write_text("")
    with pytest.raises(CheckpointError, match="cannot be read"):
        Outside(Runs(tmp_path / "runs")).look()
