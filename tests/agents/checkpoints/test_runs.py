"""The folder of runs: names are ids, two processes never make the same run, and a damaged run is listed all the same."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from rollback.agents.checkpoints import Runs, is_id
from rollback.errors import CheckpointError, UsageError


@pytest.fixture
def runs(tmp_path: Path) -> Runs:
    return Runs(tmp_path / "runs")


def test_before_the_first_run_there_is_nothing(runs: Runs) -> None:
    assert runs.listed() == [] and not runs.path.exists()
    with pytest.raises(CheckpointError, match="there is no run rooms-1 in"):
        runs.find("rooms-1")


def test_the_usual_folder_is_that_of_the_place_one_is_in() -> None:
    assert Runs().path == Path("runs")


@pytest.mark.parametrize(
    ("like", "name"),
    [
        ("rooms", "rooms-1"),
        ("gym:rollback/GridWorld-v0?layout=rooms", "gym-rollback-gridworld-v0-layout-rooms-1"),
        ("../../etc", "etc-1"),
        ("", "run-1"),
        ("ÄÖ", "run-1"),
        ("x" * 500, "x" * 48 + "-1"),
        ("a" * 47 + "/b", "a" * 47 + "-1"),
    ],
)
def test_a_name_is_made_of_any_words(runs: Runs, like: str, name: str) -> None:
    run = runs.create({"seed": 1}, like=like)
    assert run.name == name and is_id(name) and run.path.parent == runs.path
    assert runs.find(name).facts() == {"seed": 1}


def test_numbers_go_on_and_that_of_a_deleted_one_in_between_is_not_used_again(runs: Runs) -> None:
    assert [runs.create({}, like="rooms").name for _ in range(11)][-1] == "rooms-11"
    runs.create({}, like="rooms-1")
    runs.delete("rooms-3")
    assert runs.create({}, like="rooms").name == "rooms-12"
    listed = [run.folder.name for run in runs.listed()]
    assert listed == ["rooms-1", "rooms-1-1", "rooms-2", *(f"rooms-{number}" for number in range(4, 13))]


def test_a_name_of_one_s_own_is_taken_once(runs: Runs) -> None:
    assert runs.create({"a": 1}, "mine").name == "mine"
    with pytest.raises(UsageError, match=r"there is a run 'mine' in .* already: take another name, or resume it"):
        runs.create({"a": 2}, "mine")
    assert runs.find("mine").facts() == {"a": 1}


def test_runs_made_at_once_are_different_ones(runs: Runs) -> None:
    with ThreadPoolExecutor(4) as pool:
        made = list(pool.map(lambda number: (number, runs.create({"number": number}, like="rooms")), range(24)))
    assert len({run.name for _, run in made}) == 24
    assert all(run.facts() == {"number": number} for number, run in made)


@pytest.mark.parametrize("name", ["../x", "a/b", "/tmp", "..", ".", "A", "a b", "-x", "a" * 65])
def test_no_name_leads_out_of_the_folder(runs: Runs, name: str) -> None:
    for act in (runs.find, runs.delete, lambda given: runs.create({}, given)):
        with pytest.raises(UsageError, match="cannot be the name of a run"):
            act(name)
    assert not runs.path.exists()


def test_a_run_whose_facts_are_none_is_not_made(runs: Runs) -> None:
    with pytest.raises(UsageError, match=r"builtins\.set"):
        runs.create({"a": {1}}, "mine")
    assert runs.listed() == []


def test_what_is_no_run_is_not_listed_and_a_damaged_one_is_with_its_problem(runs: Runs) -> None:
    runs.create({"seed": 1}, "good")
    (runs.path / "bad").mkdir()
    (runs.path / "Notes").mkdir()
    (runs.path / ".hidden").mkdir()
    (runs.path / "file").write_text("")
    found = {run.folder.name: run for run in runs.listed()}
    assert list(found) == ["bad", "good"]
    assert found["good"].facts == {"seed": 1} and not found["good"].problem
    assert found["bad"].facts == {} and "run.json cannot be read" in found["bad"].problem


def test_a_deleted_run_is_gone_with_all_that_is_in_it(runs: Runs) -> None:
    run = runs.create({}, "mine")
    (run.path / "best.npz").write_bytes(b"x")
    runs.delete("mine")
    assert list(runs.path.iterdir()) == []
    with pytest.raises(CheckpointError, match="there is no run mine"):
        runs.delete("mine")


def test_deleting_a_link_leaves_what_it_leads_to(runs: Runs, tmp_path: Path) -> None:
    runs.create({}, "mine")
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "file").write_text("kept")
    (runs.path / "link").symlink_to(tmp_path / "other")
    runs.delete("link")
    assert (tmp_path / "other" / "file").read_text() == "kept"
    assert [run.folder.name for run in runs.listed()] == ["mine"]


def test_a_place_where_no_folder_can_be_is_told(tmp_path: Path) -> None:
    (tmp_path / "runs").write_text("a file")
    with pytest.raises(CheckpointError, match=r"cannot be made \(Not a directory\)"):
        Runs(tmp_path / "runs").create({}, "mine")
    with pytest.raises(CheckpointError, match=r"cannot be read \(Not a directory\)"):
        Runs(tmp_path / "runs").listed()


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no such pipes here")
def test_a_pipe_in_place_of_a_run_s_facts_does_not_hold_up_the_list(runs: Runs) -> None:
    (runs.path / "pipe").mkdir(parents=True)
    os.mkfifo(runs.path / "pipe" / "run.json")
    assert "is no file" in runs.listed()[0].problem
