"""`rollback stress` over processes: what kills or hangs one is told with its seed, and an interrupted run goes on."""

from __future__ import annotations

import json
import shlex

import pytest

from rollback.cli.app import run
from rollback.cli.spread import spread
from rollback.cli.stress_table import command_for, values_of
from rollback.sim import stress_run
from rollback.sim.plan import MatchPlan
from rollback.sim.stress import DIED, ENDED, Outcome

QUICK = ["--frames", "60", "--profile", "wifi"]


def told(capsys: pytest.CaptureFixture[str]):
    return json.loads(capsys.readouterr().out)


def test_a_match_that_kills_its_process_is_a_failure_with_its_seed_and_a_command_that_survives_it(capsys):
    arguments = ["stress", "--game", "tests.sim.games:Sleepy", "--seeds", "5", "--workers", "2", "--retries", "0", *QUICK]
    assert run(arguments) == 1
    said = capsys.readouterr()
    assert said.err == "" and "1 of 5 matches failed" in said.out
    assert "wifi, seed 3: the process that played it died" in said.out
    command = next(line.strip() for line in said.out.splitlines() if line.strip().startswith("rollback stress"))
    words = shlex.split(command)
    assert "--shrink" not in words and words[words.index("--backend") + 1] == "process"
    assert run([*words[1:], "--json", "--retries", "0"]) == 1
    again = told(capsys)
    assert [(each["seed"], each["why"]) for each in again["failures"]] == [(3, "the process that played it died")]


@pytest.mark.parametrize(("trouble", "extra"), [(DIED, "--backend process"), (ENDED, "--timeout 5.0"), ("GameError: x", "")])
def test_the_command_of_a_match_without_a_report_shows_the_same_again_and_shrinks_nothing_that_kills(trouble, extra):
    outcome = Outcome(MatchPlan(game="g.py:G", seed=7, profile="wifi"), None, trouble)
    flags = {"game": "g.py:G", "timeout": 5.0 if trouble == ENDED else None}
    command = command_for(outcome, flags)
    assert extra in command and command.startswith("rollback stress --game g.py:G ") and "--seed 7 --seeds 1" in command
    assert ("--shrink" in command) is not bool(extra)
    (failure,) = values_of([], [outcome], flags)["failures"]
    assert (failure["seed"], failure["why"], failure["command"]) == (7, trouble, command)


def test_the_limit_of_time_is_handed_on_and_told(capsys, monkeypatch):
    asked = {}

    def watched(plans, **how):
        asked.update(how)
        yield from [Outcome(plan, None, ENDED) for plan in plans]

    monkeypatch.setattr(stress_run, "play_all", watched)
    arguments = ["--seeds", "2", "--timeout", "5", "--retries", "4", "--workers", "1", "--json", *QUICK]
    assert run(["stress", *arguments]) == 1
    values = told(capsys)
    assert [(each["seed"], each["why"]) for each in values["failures"]] == [(0, ENDED), (1, ENDED)]
    assert all("--timeout 5.0" in each["command"] for each in values["failures"])
    assert (asked["backend"], asked["workers"], asked["timeout"], asked["retries"]) == ("process", 1, 5.0, 4)


def test_a_run_goes_on_from_its_journal_and_prints_the_same(capsys, tmp_path):
    path = tmp_path / "run.jsonl"
    arguments = ["stress", "--game", "tests.sim.games:Mixer", "--seeds", "4", "--workers", "1", "--json", *QUICK]
    assert run(arguments) == 0
    whole = told(capsys)
    assert run([*arguments, "--journal", str(path)]) == 0
    assert told(capsys) == whole
    lines = path.read_bytes().splitlines(keepends=True)
    assert len(lines) == 5
    path.write_bytes(b"".join(lines[:3]) + lines[3][:40])  # as a run leaves it that is killed while it writes
    assert run([*arguments, "--journal", str(path)]) == 0
    assert told(capsys) == whole and path.read_bytes().startswith(b"".join(lines[:3]))
    assert run([*arguments[:3], "--seed", "1", *arguments[3:], "--journal", str(path)]) == 2
    assert "belongs to other matches" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("backend", "workers", "timeout", "count", "chosen"),
    [
        (None, 1, None, 9, ("serial", 1)),
        (None, 4, None, 1, ("serial", 1)),
        (None, 4, None, 3, ("process", 3)),
        (None, 1, 5.0, 9, ("process", 1)),
        ("process", 1, None, 9, ("process", 1)),
        ("serial", 4, None, 9, ("serial", 4)),
        ("ray", None, None, 9, ("ray", None)),
        ("ray", 3, 5.0, 2, ("ray", 3)),
        (None, 4, None, 0, ("serial", 1)),
    ],
)
def test_a_single_worker_is_this_process_unless_it_may_have_to_be_ended(backend, workers, timeout, count, chosen):
    assert spread(backend, workers, timeout, count) == chosen


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--backend", "threads"], "--backend must be"),
        (["--timeout", "0"], "--timeout must be"),
        (["--retries", "-1"], "--retries must be"),
        (["--journal", "/nowhere/run.jsonl", "--workers", "1", "--seeds", "1"], "/nowhere/run.jsonl"),
    ],
)
def test_wrong_use_is_one_sentence(arguments, says, capsys):
    assert run(["stress", *arguments]) == 2
    said = capsys.readouterr()
    assert says in said.err and said.out == "" and len(said.err.splitlines()) == 1
