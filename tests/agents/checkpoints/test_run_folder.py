"""A run's folder: which checkpoints stay, what survives a kill, and that no name leads out of it."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rollback.agents.checkpoints import Checkpoint, RunFolder
from rollback.agents.checkpoints.atomic import UNFINISHED
from rollback.errors import CheckpointError, UsageError


@pytest.fixture
def run(tmp_path: Path) -> RunFolder:
    (tmp_path / "rooms-1").mkdir()
    return RunFolder(tmp_path / "rooms-1")


def at(episode: int, **metrics: float) -> Checkpoint:
    return Checkpoint(algorithm="q-learning", environment="gridworld", episode=episode, metrics=metrics)


def names(run: RunFolder) -> list[str]:
    return [saved.name for saved in run.saved()]


def test_the_newest_the_best_and_those_of_one_s_own_are_kept(run: RunFolder) -> None:
    kept = [run.keep(at(number, success=success), by="success") for number, success in enumerate([0.1, 0.5, 0.4, 0.5, 0.6])]
    assert kept == [["last-1", "best"], ["last-2", "best"], ["last-3"], ["last-4"], ["last-5", "best"]]
    run.save(at(2), "by-hand")
    run.save(at(1), "a_first_one")
    for number in range(5, 8):
        run.keep(at(number, success=0.0), by="success")
    assert names(run) == ["last-8", "last-7", "last-6", "best", "a_first_one", "by-hand"]
    kinds = {saved.name: (saved.kind, saved.checkpoint.episode) for saved in run.saved() if saved.checkpoint}
    assert kinds["last-8"] == ("last", 7) and kinds["best"] == ("best", 4) and kinds["by-hand"] == ("manual", 2)
    assert run.saved()[0].path == run.path / "last-8.npz"
    assert run.name == "rooms-1"


def test_the_best_of_an_earlier_process_stays_the_best(run: RunFolder) -> None:
    run.keep(at(1, success=0.9), by="success")
    again = RunFolder(run.path)
    assert again.keep(at(2, success=0.8), by="success") == ["last-2"]
    assert again.load("best").episode == 1
    assert again.keep(at(3, success=0.91), by="success") == ["last-3", "best"]


def test_without_a_measure_there_is_no_best(run: RunFolder) -> None:
    assert run.keep(at(1, success=0.9)) == ["last-1"]
    assert run.keep(at(2), by="success") == ["last-2"]
    assert names(run) == ["last-2", "last-1"]


def test_a_best_one_that_cannot_be_read_or_was_measured_otherwise_is_replaced(run: RunFolder) -> None:
    (run.path / "best.npz").write_bytes(b"damaged")
    assert run.keep(at(1, success=0.1), by="success") == ["last-1", "best"]
    assert run.keep(at(2, lines=7), by="lines") == ["last-2", "best"]
    assert run.load("best").episode == 2


@settings(max_examples=12)
@given(st.lists(st.integers(0, 9), min_size=1, max_size=6), st.integers(1, 4))
def test_as_many_of_the_newest_as_wished_are_kept_and_the_first_of_the_best(
    tmp_path_factory: pytest.TempPathFactory, successes: list[int], newest: int
) -> None:
    run = RunFolder(tmp_path_factory.mktemp("run"))
    for number, success in enumerate(successes):
        run.keep(at(number, success=success), by="success", newest=newest)
    count = len(successes)
    assert names(run) == [*(f"last-{count - back}" for back in range(min(count, newest))), "best"]
    assert run.load("best").episode == successes.index(max(successes))
    found = run.newest()
    assert found is not None and found.name == f"last-{count}"


@pytest.mark.parametrize("newest", [0, -1, 1.5, True])
def test_at_least_one_is_kept(run: RunFolder, newest: object) -> None:
    with pytest.raises(UsageError, match="newest must be a whole number of at least 1"):
        run.keep(at(1), newest=newest)  # type: ignore[arg-type]
    assert names(run) == []


def test_nothing_is_deleted_where_the_new_one_cannot_be_written(run: RunFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(3):
        run.keep(at(number))

    def refuse(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("rollback.agents.checkpoints.checkpoint.write_whole", refuse)
    with pytest.raises(CheckpointError, match=r"last-4\.npz cannot be written \(No space left on device\)"):
        run.keep(at(3), newest=1)
    assert names(run) == ["last-3", "last-2", "last-1"]


def test_a_run_is_resumed_from_the_newest_one_that_can_be_read(run: RunFolder) -> None:
    assert run.newest() is None
    for number in range(3):
        run.keep(at(number))
    (run.path / "last-3.npz").write_bytes((run.path / "last-3.npz").read_bytes()[:-20])
    found = run.newest()
    assert found is not None and found.name == "last-2" and found.checkpoint == at(1)
    broken = run.saved()[0]
    assert broken.name == "last-3" and broken.checkpoint is None and "its end is cut off" in broken.problem
    assert run.keep(at(9)) == ["last-4"], "the number of one that is damaged is not used again"


def test_the_number_goes_on_behind_ten_and_a_thousand(run: RunFolder) -> None:
    for number in (2, 10, 1000):
        at(number).save(run.path / f"last-{number}.npz")
    assert names(run) == ["last-1000", "last-10", "last-2"]
    assert run.keep(at(1), newest=2) == ["last-1001"]
    assert names(run) == ["last-1001", "last-1000"]


@pytest.mark.parametrize("name", ["../x", "a/b", "/tmp/x", "..", "", "A", "x.npz", "a\0", None])
def test_no_name_leads_out_of_the_folder(run: RunFolder, name: str) -> None:
    for act in (run.load, run.delete, lambda given: run.save(at(1), given)):
        with pytest.raises(UsageError, match="cannot be the name of a checkpoint"):
            act(name)
    assert [path.name for path in run.path.parent.rglob("*")] == ["rooms-1"]


@pytest.mark.parametrize("name", ["best", "last-1", "last-007", "before-reset", "before-reset-2", "before-reset-3"])
def test_names_of_those_that_are_saved_by_themselves_cannot_be_taken(run: RunFolder, name: str) -> None:
    with pytest.raises(UsageError, match=f"{name} is the name of a checkpoint that is saved by itself"):
        run.save(at(1), name)


def test_agents_that_are_put_aside_move_on_and_no_one_of_a_person_does(run: RunFolder) -> None:
    run.save(at(99), "before-reset-4")
    run.save(at(98), "before")
    for step in (1, 2, 3, 4):
        assert run.put_aside(at(step)) == "before-reset"
    names = ["before-reset", "before-reset-2", "before-reset-3", "before-reset-4", "before"]
    assert [run.load(name).episode for name in names] == [4, 3, 2, 99, 98]
    run.delete("before-reset-2")
    run.put_aside(at(5))
    assert [saved.name for saved in run.saved()] == ["before", *names[:4]]
    assert [run.load(name).episode for name in names[:3]] == [5, 4, 2], "a place that was free takes the next one"


def test_an_agent_that_cannot_be_put_aside_is_told_in_a_sentence(run: RunFolder) -> None:
    run.put_aside(at(1))
    run.put_aside(at(2))
    (run.path / "before-reset-3.npz").mkdir()
    with pytest.raises(CheckpointError, match=r"before-reset\.npz cannot be put aside"):
        run.put_aside(at(3))
    assert [run.load(name).episode for name in ("before-reset", "before-reset-2")] == [2, 1]


def test_checkpoints_are_deleted_by_name(run: RunFolder) -> None:
    assert run.save(at(1), "mine") == run.path / "mine.npz"
    run.save(at(2), "mine")
    assert run.load("mine").episode == 2
    run.delete("mine")
    assert names(run) == []
    with pytest.raises(CheckpointError, match=r"mine\.npz cannot be deleted \(No such file or directory\)"):
        run.delete("mine")
    with pytest.raises(CheckpointError, match=r"there is no checkpoint .*mine\.npz"):
        run.load("mine")


def test_what_is_no_checkpoint_s_name_is_left_alone(run: RunFolder) -> None:
    (run.path / "A Copy.npz").write_bytes(b"")
    (run.path / "folder.npz").mkdir()
    (run.path / "notes.txt").write_text("mine")
    (run.path / "gone.npz").symlink_to(run.path / "nowhere")
    run.keep(at(1), newest=1)
    run.keep(at(2), newest=1)
    assert names(run) == ["last-2"]
    assert (run.path / "A Copy.npz").exists() and (run.path / "notes.txt").exists()


def test_what_a_killed_process_left_unfinished_is_no_checkpoint_and_is_swept_away(run: RunFolder) -> None:
    left = run.path / f".last-9.npz.abcd{UNFINISHED}"
    left.write_bytes(b"half")
    (run.path / ".other").write_text("mine")
    assert names(run) == []
    run.sweep()
    assert [path.name for path in run.path.iterdir()] == [".other"]


def test_facts_come_back_and_are_replaced_whole(run: RunFolder) -> None:
    run.write_facts({"algorithm": "q-learning", "parameters": {"epsilon": 0.1}, "sizes": (1, 2)})
    assert run.facts() == {"algorithm": "q-learning", "parameters": {"epsilon": 0.1}, "sizes": [1, 2]}
    run.write_facts({})
    assert run.facts() == {}
    with pytest.raises(UsageError, match=r"run\.json holds a builtins\.set"):
        run.write_facts({"a": {1}})
    with pytest.raises(UsageError, match=r"run\.json would have \d+ bytes, at most 1048576 are written"):
        run.write_facts({"a": "x" * 1_100_000})
    assert run.facts() == {}
    with pytest.raises(CheckpointError, match=r"run\.json cannot be written"):
        RunFolder(run.path / "nowhere").write_facts({})


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", "is no JSON"),
        (b"[1]", "is no object"),
        (b"{" * 99, "nested"),
        (b'{"a":1', "no JSON"),
        (b" " * 1_048_577, "too long"),
        (b'{"a":1e999}', "holds inf, and only finite numbers"),
        (b'{"a":1%s}' % (b"0" * 2000), "more than 4096 bits"),
    ],
)
def test_facts_that_are_damaged_are_told(run: RunFolder, content: bytes, told: str) -> None:
    with pytest.raises(CheckpointError, match=r"run\.json cannot be read \(No such file or directory\)"):
        run.facts()
    (run.path / "run.json").write_bytes(content)
    with pytest.raises(CheckpointError, match=rf"run\.json is damaged: it .*{told}"):
        run.facts()


def test_a_resumed_run_tells_again_what_came_after_its_checkpoint(run: RunFolder) -> None:
    with run.log() as log:
        log.add({"episode": number, "process": 1} for number in range(1, 6))
    run.forget_after(3)
    with run.log() as log:
        log.add({"episode": number, "process": 2} for number in range(4, 6))
    lines, end = run.told()
    assert [(line["episode"], line["process"]) for line in lines] == [(1, 1), (2, 1), (3, 1), (4, 2), (5, 2)]
    assert run.told(end) == ([], end)


def test_a_closed_folder_of_another_account_has_no_facts_to_be_seen(run: RunFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    run.write_facts({})
    assert run.has_facts()

    def closed(path: object, **how: object) -> None:  # who is root sees all, so the system is asked to say no
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("os.stat", closed)
    assert not run.has_facts()
    with pytest.raises(CheckpointError, match=r"run\.json cannot be read \(Permission denied\)"):
        run.facts()
