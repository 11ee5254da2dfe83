"""The looks of a training that is to play well enough: the same ones, whether it was interrupted or not."""

from __future__ import annotations

import json

import pytest

from rollback.agents.checkpoints import RunFolder, Runs
from rollback.agents.training.q_learning import QLearning
from rollback.cli.app import run
from rollback.cli.train_looks import IN_A_ROW, MOST, Looks


@pytest.fixture(autouse=True)
def in_a_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def folder(tmp_path) -> RunFolder:
    return Runs(tmp_path / "runs").create({"algorithm": "q-learning"}, "here")


def test_looks_come_at_the_same_steps_and_the_last_ones_in_a_row_count(folder):
    looks = Looks(folder, "q-learning", 0)
    dues = []
    for figure in (0.96, None, 0.96, 0.94, 0.95, 0.99):
        dues.append(looks.due)
        looks.found(looks.due + 3, figure)
    assert dues == [20_000, 25_000, 31_250, 39_062, 48_828, 61_035]
    assert [looks.good(aim) for aim in (0.95, 0.99, 0.9, 0.0, 1.0)] == [2, 1, 4, 4, 0]
    assert looks.was_at(61_038) and not looks.was_at(61_035)


def test_who_goes_on_knows_what_was_found_up_to_the_checkpoint_and_no_further(folder):
    first = Looks(folder, "q-learning", 0)
    for figure in (0.1, 0.96, 0.97):
        first.found(first.due, figure)
    again = Looks(folder, "q-learning", 31_250)
    assert (again.due, again.good(0.95)) == (39_062, 2)
    killed = Looks(folder, "q-learning", 31_249)  # the last look was at a training that is lost
    assert (killed.due, killed.good(0.95)) == (31_250, 1)
    assert Looks(folder, "q-learning", 0).due == 20_000


def test_a_look_that_was_due_when_it_was_interrupted_is_made_up_for(folder):
    Looks(folder, "q-learning", 0)
    assert Looks(folder, "q-learning", 20_400).due == 20_000


def test_a_run_that_had_no_aim_is_looked_at_from_where_it_is(folder):
    looks = Looks(folder, "q-learning", 30_000)
    assert (looks.due, looks.good(0.0)) == (31_250, 0)


@pytest.mark.parametrize(
    "kept",
    [
        "looks", 7, {}, [[0, 20_000]], [[1, 20_000, 0.5]], [[0, "x", 0.5]], [[0, True, 0.5]], [[0, 20_000, "1"]], [7],
        [[0, 20_000, None]], [[number, 1, 1.0] for number in range(MOST + 1)],
    ],
)  # fmt: skip
def test_what_the_file_should_not_say_is_no_look(folder, kept):
    folder.write_facts({"algorithm": "q-learning", "looks": kept})
    looks = Looks(folder, "q-learning", 25_000)
    assert (looks.due, looks.good(0.0)) == (25_000, 0) and folder.facts()["algorithm"] == "q-learning"


def figures(monkeypatch, *good: int) -> None:
    """Let just the looks after so many steps find that it plays well enough."""
    monkeypatch.setattr(QLearning, "validate", lambda self, count: {"success": 0.99 if self.steps in good else 0.5})


def trained(capsys, *words: str, code: int = 0) -> dict:
    assert run(["train", *words, "--evaluate", "0", "--json"]) == code
    return json.loads(capsys.readouterr().out)


@pytest.mark.parametrize("cut", [20_000, 24_000, 25_000, 31_000])
def test_an_interrupted_training_stops_where_one_that_was_not_stops(cut, capsys, monkeypatch):
    figures(monkeypatch, 25_000, 31_250, 39_062)
    assert trained(capsys, "gridworld", "--until", "0.95", "--name", "straight")["steps"] == 39_062
    cut_off = trained(capsys, "gridworld", "--until", "0.95", "--steps", str(cut), "--name", "cut", code=1)
    assert cut_off["steps"] == cut
    again = trained(capsys, "--resume", "cut", "--until", "0.95")
    assert again["steps"] == 39_062 and again["reached"] is True


def test_where_it_has_to_end_too_one_good_look_is_none(capsys, monkeypatch):
    figures(monkeypatch, 20_000, 25_000, 26_000, 27_000)
    assert trained(capsys, "gridworld", "--until", "0.95", "--steps", "21000", code=1)["reached"] is False
    assert trained(capsys, "gridworld", "--until", "0.95", "--steps", "25000", code=1)["reached"] is False
    assert trained(capsys, "gridworld", "--until", "0.95", "--steps", "26000")["reached"] is True
    assert IN_A_ROW == 3
