"""What is said at the end of a match, and with which code the program leaves."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from rollback.cli.play_desyncs import Desyncs
from rollback.cli.play_match import Outcome, _unused_name
from rollback.netplay import PlayResult
from rollback.state import Difference
from rollback.types import DesyncFound, Ended, Resynced, SessionStats


def outcome(reason: str = "over", **changes: Any) -> Outcome:
    stats = SessionStats(1800, 41, 130, 2, {3: 41}, 1799, 1799, 1799, {})
    result = PlayResult(1800, 0xABC, stats, Path("/tmp/match.rbr"), Ended(reason, 1800))
    values: dict[str, Any] = {
        "result": result,
        "room": "K7QW-3MZP",
        "player": 0,
        "scores": (5.0, 3.0),
        "desyncs": Desyncs(),
        "path": "webrtc",
    }
    return Outcome(**(values | changes))


@pytest.mark.parametrize(
    ("reason", "code"),
    [
        ("over", 0),
        ("end_at", 0),
        ("left", 0),
        ("bob left", 3),
        ("bob was lost: nothing was heard for 5 s", 3),
        ("bob cannot play with us: seed is 1 here and 2 there; give both the same", 3),
        ("step raised at frame 9:\nTraceback\nValueError: no", 1),
    ],
)
def test_the_code_tells_how_it_ended(reason: str, code: int) -> None:
    assert outcome(reason).code == code


@pytest.mark.parametrize(("reason", "code"), [("over", 74), ("left", 74), ("bob left", 3), ("step raised at frame 9: no", 1)])
def test_a_data_set_that_is_not_whole_has_a_code_where_nothing_worse_happened(reason: str, code: int) -> None:
    told = outcome(reason)
    told = replace(told, result=replace(told.result, problem="the disk is full"))
    assert told.code == code and told.as_values()["problem"] == "the disk is full"
    assert outcome().as_values()["problem"] == ""


def desyncs(*events: Any) -> Desyncs:
    told = Desyncs()
    for event in events:
        told.event(event)
    return told


FOUND = DesyncFound(60, "bob", (Difference("ball[0]", 1, 2),), "/tmp/it.rbr")


def test_a_desync_is_one_whatever_else_was() -> None:
    assert outcome("over", desyncs=desyncs(FOUND)).code == 1
    assert outcome("desync with bob: the states of frame 60 differ", desyncs=desyncs(FOUND)).code == 1
    assert outcome("over", desyncs=desyncs(FOUND, Resynced(60), FOUND)).code == 1


def test_a_desync_that_was_mended_is_fine_and_is_told() -> None:
    mended = outcome("over", desyncs=desyncs(FOUND, Resynced(60)))
    assert mended.code == 0
    assert mended.numbers == "1800 frames, 41 rollbacks, 1 desync mended."
    twice = outcome("over", desyncs=desyncs(FOUND, Resynced(60), FOUND, Resynced(120)))
    assert twice.numbers.endswith(", 2 desyncs mended.")


def test_a_program_is_told_of_a_desync() -> None:
    values = outcome(desyncs=desyncs(FOUND, Resynced(60), FOUND)).as_values()
    assert (values["desync"], values["resyncs"]) == (True, 1)
    assert json.loads(json.dumps(values["desyncs"])) == 2 * [
        {
            "frame": 60,
            "peer": "bob",
            "differences": [{"path": "ball[0]", "ours": "1", "theirs": "2"}],
            "bundle": "/tmp/it.rbr",
        }
    ]


@pytest.mark.parametrize(
    ("player", "scores", "told"),
    [
        (0, (5, 3), "The game is over. You won, 5 to 3."),
        (1, (5, 3), "The game is over. You lost, 3 to 5."),
        (1, (3, 5), "The game is over. You won, 5 to 3."),
        (0, (2, 2), "The game is over. A draw, 2 to 2."),
        (1, (1, 4, 2), "The game is over. You won, 4 to 1 to 2."),
        (0, (1.5, 0), "The game is over. You won, 1.5 to 0."),
        (0, None, "The game is over."),
        (0, (7,), "The game is over."),
    ],
)
def test_who_won_is_told_with_ones_own_score_first(player: int, scores: Any, told: str) -> None:
    assert outcome(player=player, scores=scores).sentence == told


@pytest.mark.parametrize(
    ("reason", "told"),
    [
        ("end_at", "The match came to its end at frame 1800. The score is 5 to 3, yours first."),
        ("left", "You left."),
        ("bob left", "The match ended at frame 1800: bob left."),
        ("bob did not begin: is the game running there?", "did not begin: is the game running there?"),
        (
            "step raised at frame 9:\nTraceback\n  x\nValueError: no",
            "at frame 1800: step raised at frame 9: ValueError: no.",
        ),
    ],
)
def test_the_sentence_tells_how_it_ended(reason: str, told: str) -> None:
    assert told in outcome(reason).sentence
    assert "\n" not in outcome(reason).sentence
    assert "?." not in outcome(reason).sentence


def test_the_numbers_are_told_beside_it() -> None:
    assert outcome().numbers == "1800 frames, 41 rollbacks."


def test_a_program_is_told_all_of_it() -> None:
    values = outcome().as_values()
    assert json.loads(json.dumps(values)) == values
    assert (values["room"], values["player"], values["path"]) == ("K7QW-3MZP", 0, "webrtc")
    assert (values["frames"], values["rollbacks"], values["resimulated"], values["stalls"]) == (1800, 41, 130, 2)
    assert values["checksum"] == "0000000000000abc"
    assert values["scores"] == [5.0, 3.0]
    assert values["replay"] == "/tmp/match.rbr"
    assert (values["ended"], values["desync"], values["desyncs"], values["resyncs"]) == ("over", False, [], 0)


def test_what_there_is_not_is_none() -> None:
    stats = SessionStats(0, 0, 0, 0, {}, -1, -1, -1, {})
    values = outcome(result=PlayResult(0, None, stats, None, Ended("left", 0)), scores=None).as_values()
    assert (values["checksum"], values["replay"], values["scores"]) == (None, None, None)


def test_a_replay_without_a_name_gets_one_of_its_own() -> None:
    name = _unused_name("K7QW-3MZP")
    assert name.name.startswith("rollback-K7QW-3MZP-")
    assert name.suffix == ".rbr"
    assert name.parent.is_dir()
