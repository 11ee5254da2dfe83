"""The table of `rollback stress`, and the command that plays a failing match again."""

from __future__ import annotations

import io
import shlex

import pytest
from rich.console import Console

from rollback.cli.stress_table import LONGEST, command_for, show, values_of
from rollback.sim import Failure
from rollback.sim.plan import MatchPlan
from rollback.sim.stress import Outcome, Summary
from tests.sim.test_report import report

FLAGS = {"game": "my_game.py:Game", "players": None, "frames": None, "window": None}
GOOD = Summary(
    "mobile", matches=200, frames=120_000, rollbacks=9, rollbacks_per_100=13.25, depth_median=4, depth_p99=6, depth_max=8,
    stalls_per_minute=1234.5, lag=4.125, kib_per_second=117.25, frames_ahead=0.25, gap=2, lost=0.051,
)  # fmt: skip


def failing(seed: int = 7, profile: str = "mobile") -> Outcome:
    plan = MatchPlan(game="my_game.py:Game", seed=seed, profile=profile)
    return Outcome(plan, report(failures=(Failure("states", 60, 1, "this", "that"),)))


def shown(summaries, failures=(), flags=FLAGS, width: int = 80) -> str:
    out = io.StringIO()
    show(Console(file=out, width=width, highlight=False, soft_wrap=True), summaries, list(failures), flags)
    return out.getvalue()


def test_the_table_fits_eighty_columns_with_all_its_numbers():
    said = shown([GOOD, Summary("terrible", matches=1)])
    row = next(line for line in said.splitlines() if line.startswith("mobile"))
    assert row.split() == ["mobile", "200", "yes", "13.2", "4/6/8", "1234.5", "4.12", "117.25", "0.25", "5.1%"]
    assert "…" not in said and max(map(len, said.splitlines()[:4])) <= 80
    assert "profile" in said and "50/99/max" in said


def test_the_verdict_is_one_sentence():
    assert shown([GOOD]).rstrip().endswith("all peers agreed on every frame: 200 matches, 120000 frames")
    idle = Summary("lan", matches=3, premises=["nothing was rolled back", "the inputs never varied"])
    assert "lan proves nothing, for nothing was rolled back and the inputs never varied" in shown([GOOD, idle])
    assert "no proof" in shown([idle])
    bad = Summary("poor", matches=5, failed=2, diverged=1)
    said = shown([bad], [failing(), failing(8)])
    assert said.rstrip().endswith("2 of 5 matches failed") and " 2 fail " in said


def test_each_failure_is_told_with_its_seed_and_the_command():
    said = shown([Summary("mobile", matches=1, failed=1)], [failing()])
    assert "mobile, seed 7: states: frame 60 at peer 1: expected this, found that" in said
    assert f"\n  {command_for(failing(), FLAGS)}\n" in said


def test_many_failures_are_cut_short_and_counted():
    said = shown([Summary("mobile", matches=50, failed=30)], [failing(seed) for seed in range(30)])
    assert said.count("rollback stress") == LONGEST and f"and {30 - LONGEST} more failures" in said


@pytest.mark.parametrize(
    ("flags", "words"),
    [
        ({"players": 3, "frames": 100}, ["--players", "3", "--frames", "100", "--seed", "7", "--profile", "mobile"]),
        ({"custom": True, "latency_ms": 60.0}, ["--latency-ms", "60.0", "--seed", "7"]),
        ({"file": "my home.json"}, ["--seed", "7", "--profile", "my home.json"]),
        ({"loss": 0.5, "window": 3}, ["--window", "3", "--loss", "0.5", "--seed", "7", "--profile", "mobile"]),
    ],
)
def test_the_command_names_what_was_not_usual(flags, words):
    command = shlex.split(command_for(failing(), {**FLAGS, **flags}))
    assert command[:4] == ["rollback", "stress", "--game", "my_game.py:Game"]
    assert command[-4:] == ["--seeds", "1", "--shrink", "failing-7.json"] or "--seeds" in command
    pairs = {command[place]: command[place + 1] for place in range(2, len(command), 2)}
    wanted = {words[place]: words[place + 1] for place in range(0, len(words), 2)}
    assert wanted.items() <= pairs.items()
    assert ("--profile" in pairs) == ("--profile" in wanted)


def test_the_values_say_the_same():
    told = values_of([GOOD], [], FLAGS)
    assert told["passed"] and told["profiles"][0]["parity"] and told["profiles"][0]["lag"] == 4.125
    bad = values_of([Summary("poor", matches=1, failed=1, diverged=1)], [failing(3, "poor")], FLAGS)
    assert not bad["passed"] and not bad["profiles"][0]["parity"]
    (failure,) = bad["failures"]
    assert failure["seed"] == 3 and failure["profile"] == "poor" and "--seed 3" in failure["command"]
    assert failure["failures"] == ["states: frame 60 at peer 1: expected this, found that"]
    died = values_of([GOOD], [Outcome(MatchPlan(game="g", seed=1), None, "died")], FLAGS)
    assert died["failures"][0]["why"] == "died" and died["failures"][0]["failures"] == []
    assert not values_of([Summary("lan", matches=1, premises=["no match was played"])], [], FLAGS)["passed"]
