"""Environments that break one rule on purpose are refused, and who does it is named; honest ones that look like them pass."""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from rollback.cli.app import run
from rollback.envs import from_gymnasium
from rollback.errors import GameError
from rollback.sim import Link, VirtualMatch
from rollback.testing import CheckReport, check_game
from tests.envs import broken_environments as broken
from tests.envs.broken_environments import Making

FRAMES = 40  # more than an episode of theirs


def checked(kind: type, *, other_process: bool = False) -> CheckReport:
    return check_game(Making(kind), FRAMES, distance=4, other_process=other_process)


@pytest.fixture(autouse=True)
def a_hash_seed_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PYTHONHASHSEED", raising=False)


@pytest.mark.parametrize(
    ("kind", "asks"),
    [
        (broken.GlobalDice, "random.random()"),
        (broken.GlobalNumpy, "numpy.random.rand()"),
        (broken.WallClock, "time.time()"),
        (broken.Unique, "uuid.uuid4()"),
        (broken.Urandom, "os.urandom()"),
    ],
)
def test_chance_and_clocks_are_caught_and_named_with_their_place(kind: type, asks: str) -> None:
    report = checked(kind)
    assert not report.passed
    assert f"{kind.__name__}.bonus (broken_environments.py, line " in report.verdict and f") asks {asks}" in report.verdict
    assert "Draw chance from self.np_random only" in report.verdict


@pytest.mark.parametrize(
    ("kind", "named"),
    [
        (broken.ClassCounter, "ClassCounter.count (of the class)"),
        (broken.SlyClassCounter, "ClassCounter.count (of the class)"),
        (broken.ModuleCounter, "broken_environments.steps_taken (of the module)"),
        (broken.ClosureCounter, "count (enclosed by ClosureCounter.counted)"),
    ],
)
def test_counters_outside_of_objects_are_caught_and_named(kind: type, named: str) -> None:
    report = checked(kind)
    assert not report.passed
    assert named in report.verdict


@pytest.mark.parametrize("kind", [broken.BufferCounter, broken.ArrayCounter, broken.Generating, broken.Threaded])
def test_what_no_reset_begins_anew_is_caught_and_told_as_such(kind: type) -> None:
    report = checked(kind)
    (check,) = report.failed
    assert check.name == "can be made a game"
    assert "reward of step 0 differs" in check.sentence
    assert "its reset that leaves something of the episode before" in check.sentence
    assert "set all of it anew in reset" in report.verdict
    assert report.verdict.endswith(f"Likely cause: {kind.__name__} differs from itself, and Field within it does not.")


@pytest.mark.parametrize(("kind", "does"), [(broken.Hashing, "calls hash()"), (broken.Dated, "asks time.time()")])
def test_what_differs_only_in_another_process_is_caught_there_and_named(kind: type, does: str) -> None:
    assert checked(kind).passed
    report = checked(kind, other_process=True)
    assert [check.name for check in report.failed] == ["another process agrees"]
    assert f"Likely cause: {kind.__name__}.bonus (broken_environments.py, line " in report.verdict and does in report.verdict


@pytest.mark.parametrize(
    ("kind", "why"),
    [
        (broken.Lending, "get_state/set_state of Lending: the environment keeps a reference into its snapshot"),
        (broken.Borrowing, "get_state/set_state of Borrowing: the environment keeps a reference into its snapshot"),
        (broken.Forgetting, "get_state/set_state of Forgetting: after load observation of step 9 differs at [1]"),
        (broken.Ignoring, "get_state/set_state of Ignoring: after load the snapshot differs"),
    ],
)
def test_methods_that_save_wrongly_are_not_trusted_and_a_better_saver_is_taken(kind: type, why: str) -> None:
    report = checked(kind)
    assert report.passed and report.environment is not None
    assert report.environment.saver == "generated"
    assert any(why in refused for refused in report.environment.refused)
    assert f"Mend its own methods, or take them away: {why}" in report.verdict


@pytest.mark.parametrize("kind", [broken.Lending, broken.Borrowing, broken.Forgetting, broken.Ignoring])
def test_who_insists_on_methods_that_save_wrongly_is_refused(kind: Any) -> None:
    report = check_game(partial(from_gymnasium, kind, share="race", saver="get_state"), FRAMES, other_process=False)
    assert [check.name for check in report.failed] == ["can be made a game"]
    assert f"get_state/set_state of {kind.__name__}: " in report.verdict
    assert "Give it get_state() and set_state(state): all that step reads, as copies" in report.verdict


@pytest.mark.parametrize(
    ("kind", "saver"),
    [
        (broken.Field, "generated"),
        (broken.OwnDice, "generated"),
        (broken.StepCounter, "generated"),
        (broken.Watched, "generated"),
        (broken.Iterating, "generated"),
        (broken.Copying, "get_state"),
        (broken.Buffered, "simulated again"),
    ],
)
def test_honest_ones_pass(kind: type, saver: str) -> None:
    report = checked(kind)
    assert report.passed, report.verdict
    assert report.environment is not None and report.environment.saver == saver
    assert report.environment.ended >= 1, "or nothing was asked of the reset between episodes"
    assert report.causes == ()


def test_an_honest_one_passes_in_other_processes_too() -> None:
    report = checked(broken.OwnDice, other_process=True)
    assert report.passed and all(check.asked for check in report.checks)


def test_a_counter_that_nobody_saves_takes_a_match_apart_if_nobody_asks_before() -> None:
    """So the refusals above are no pedantry."""
    match = VirtualMatch(
        Making(broken.SlyClassCounter), link=Link(latency_ms=60, jitter_ms=20, loss=0.05), seed=3, act=lambda game, player: 1
    )
    assert not match.run(frames=60).parity


def test_the_same_is_told_by_the_command_and_to_programs(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "noisy_games.py").write_text(
        "from tests.envs.broken_environments import GlobalDice, Making\nnoisy = Making(GlobalDice)\n"
    )
    name = f"{tmp_path / 'noisy_games.py'}:noisy"
    assert run(["check", name, "--frames", "20"]) == 1
    said = capsys.readouterr().out
    assert said.startswith("  no  can be made a game")
    assert "GlobalDice.bonus (broken_environments.py, line " in said and "Draw chance from self.np_random" in said
    assert run(["check", name, "--frames", "20", "--json"]) == 1
    values = json.loads(capsys.readouterr().out)
    assert values["passed"] is False and values["environment"] is None and values["costs"] is None
    assert "asks random.random()" in values["verdict"]


def test_the_making_itself_raises_for_those_who_do_not_ask_the_check() -> None:
    with pytest.raises(GameError, match=r"GlobalDice\.bonus"):
        Making(broken.GlobalDice)()
