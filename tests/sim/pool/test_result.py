"""Results as data: what JSON and pickle make of them, and one sentence for what is none."""

from __future__ import annotations

import json
import pickle
from typing import Any

import pytest

from rollback.errors import UsageError
from rollback.sim import MatchResult
from rollback.sim.pool.result import STATUSES

FULL = MatchResult(
    3, "error", 2, 2**63 - 1, "ab" * 32, (1, -2.5), {"frames": 9, "lag": 0.5}, "it raised\n", {"a": 1, "b": None}, "rollback x"
)


@pytest.mark.parametrize("result", [FULL, MatchResult(0, "ok", 1, 7)], ids=["full", "bare"])
def test_a_result_comes_back_from_json_and_from_pickle_as_it_was(result: MatchResult) -> None:
    told = json.loads(json.dumps(result.to_dict(), allow_nan=False))
    for back in (MatchResult.from_dict(told), pickle.loads(pickle.dumps(result))):
        assert back == result and back.command == result.command
        assert type(back.scores) is tuple


def test_a_result_says_all_of_itself_in_the_order_of_its_fields() -> None:
    assert list(FULL.to_dict()) == [
        "index", "status", "attempts", "seed", "digest", "scores", "stats", "error", "tags", "command",
    ]  # fmt: skip
    assert STATUSES == ("ok", "error", "crashed", "timeout", "truncated")


def test_two_results_are_the_same_if_all_but_the_command_is() -> None:
    assert MatchResult(0, "ok", 1, 7, command="x") == MatchResult(0, "ok", 1, 7)
    for other in (MatchResult(1, "ok", 1, 7), MatchResult(0, "ok", 2, 7), MatchResult(0, "ok", 1, 7, "d")):
        assert other != MatchResult(0, "ok", 1, 7)


def test_a_pickled_result_is_small_for_it_travels_thousands_of_times() -> None:
    result = MatchResult(3, "ok", 1, 2**62, "ab" * 32, (1, 2), {"frames": 9})
    assert len(pickle.dumps(result, pickle.HIGHEST_PROTOCOL)) < 250


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"status": "fine"}, "status of a match's result must be one of ok, error, crashed, timeout, truncated, not 'fine'"),
        ({"index": "3"}, "index of a match's result must be a whole number, not '3'"),
        ({"attempts": True}, "attempts of a match's result must be a whole number, not True"),
        ({"scores": ["a"]}, "scores of a match's result must be numbers, not ['a']"),
        ({"scores": 5}, "scores of a match's result must be a list, not 5"),
        ({"stats": []}, "stats of a match's result must be an object, not []"),
        ({"error": None}, "error of a match's result must be a string, not None"),
        ({"more": 1}, "a result of a match has index, status, attempts"),
    ],
)
def test_what_is_no_result_is_told_in_one_sentence(changed: dict[str, Any], sentence: str) -> None:
    with pytest.raises(UsageError) as caught:
        MatchResult.from_dict({**FULL.to_dict(), **changed})
    assert sentence in str(caught.value)


@pytest.mark.parametrize("values", [None, [], "x", {}, {"index": 1, "status": "ok", "attempts": 1}])
def test_what_lacks_the_first_fields_is_no_result(values: Any) -> None:
    with pytest.raises(UsageError, match="this is no result of a match: an object with index, status, attempts, seed"):
        MatchResult.from_dict(values)
