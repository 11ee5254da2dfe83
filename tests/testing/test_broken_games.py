"""Each way in which a game can break the rules is caught, by the check that names it, with frame and path."""

from __future__ import annotations

import pytest

from rollback.testing import CheckReport, check_game
from tests.testing import broken_games as games

SAME = "same inputs, same states"
RESTORES = "load(save()) changes nothing"
STAYS = "snapshots stay as they are"
KEPT = "no reference is kept"
TRAVELS = "snapshots can travel"
ELSEWHERE = "another process agrees"
FRAMES = 120


def failed(report: CheckReport) -> list[str]:
    return [check.name for check in report.failed]


@pytest.fixture(autouse=True)
def a_hash_seed_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PYTHONHASHSEED", raising=False)


def test_the_sound_game_they_are_made_of_passes_every_check() -> None:
    report = check_game(games.Sound, FRAMES)
    assert failed(report) == []
    assert len(report.checks) == 9 and all(check.asked for check in report.checks)


@pytest.mark.parametrize(
    ("game", "first", "path", "word"),
    [
        (games.SetOrder, ELSEWHERE, "numbers[0]", "the order of a set"),
        (games.HashOfString, ELSEWHERE, "numbers[1]", "hash()"),
        (games.Calendar, ELSEWHERE, "numbers[0]", "a clock"),
        (games.GlobalRandom, SAME, "numbers[1]", "random"),
        (games.GlobalRandomSeeded, SAME, "numbers[1]", "random"),
        (games.Clock, SAME, "numbers[0]", "a clock"),
        (games.UnsavedField, RESTORES, "numbers[0]", "load left as it was: hidden"),
        (games.UnsavedWithin, RESTORES, "numbers[1]", "load left as it was: wind.speed"),
        (games.FloatOrder, RESTORES, "parts[", "floats added up"),
        (games.MutatedSnapshot, STAYS, "numbers[0]", "save must copy"),
        (games.KeptReference, STAYS, "numbers[0]", "load too"),
        (games.SleepingReference, KEPT, "numbers[0]", "load kept what it was given"),
        (games.DictOrder, TRAVELS, "queue.zoe", "sorted(...)"),
    ],
    ids=lambda value: value.__name__ if isinstance(value, type) else None,
)
def test_a_broken_rule_is_caught_and_named(game: type, first: str, path: str, word: str) -> None:
    report = check_game(game, FRAMES)
    assert not report.passed
    found = report.failed[0]
    assert found.name == first
    assert isinstance(found.frame, int) and 0 <= found.frame <= FRAMES
    assert any(difference.path.startswith(path) for difference in found.differences), found.differences
    assert word in found.sentence
    assert found.sentence in report.verdict and game.__name__ in report.verdict


@pytest.mark.parametrize("game", [games.SetOrder, games.HashOfString, games.Calendar])
def test_what_differs_only_elsewhere_is_found_by_no_other_check(game: type) -> None:
    """So the other process is no luxury."""
    assert failed(check_game(game, FRAMES)) == [ELSEWHERE]
    assert check_game(game, FRAMES, other_process=False).passed


def test_the_order_of_keys_is_found_by_no_other_check() -> None:
    assert failed(check_game(games.DictOrder, FRAMES, other_process=False)) == [TRAVELS]


def test_a_snapshot_that_is_shared_and_not_yet_changed_is_told_as_what_it_is() -> None:
    report = check_game(games.SleepingReference, FRAMES, other_process=False)
    assert failed(report) == [KEPT]
    assert report.verdict.startswith("SleepingReference is one change in place away from a desync. At frame 0 load kept")


def test_an_exception_elsewhere_is_a_difference() -> None:
    report = check_game(games.RaisesElsewhere, 30)
    assert failed(report) == [ELSEWHERE]
    assert report.failed[0].frame == 0
    assert "In another process step() raised RuntimeError at frame 0: this is another process" in report.verdict
