"""A summary says what the results came to, whatever their order and whatever played them."""

from __future__ import annotations

import dataclasses
import json
import math
import random
import tracemalloc
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rollback.sim.pool.intervals import Interval
from rollback.sim.pool.result import STATUSES, MatchResult
from rollback.sim.pool.summary import MOST_FAILURES, MOST_NAMES, MOST_VALUES, Spread, summarize


def result(index: int, status: str = "ok", **more: object) -> MatchResult:
    values = {"attempts": 1, "seed": 1000 + index, "digest": f"{index:064x}" if status in ("ok", "truncated") else ""}
    return MatchResult(index=index, status=status, **{**values, **more})  # type: ignore[arg-type]


NUMBERS = st.floats(allow_nan=True) | st.integers(-(10**320), 10**320) | st.booleans()
RESULTS = st.lists(
    st.builds(
        MatchResult,
        index=st.integers(0, 50),
        status=st.sampled_from(STATUSES),
        attempts=st.integers(1, 3),
        seed=st.integers(0, 3),
        digest=st.sampled_from(["", "ab", "cd"]),
        scores=st.lists(NUMBERS, max_size=3).map(tuple),
        stats=st.dictionaries(st.sampled_from("ab"), NUMBERS | st.text(max_size=2) | st.lists(NUMBERS, max_size=2)),
        error=st.sampled_from(["", "Traceback\nValueError: no\n\n"]),
        tags=st.dictionaries(st.sampled_from("xy"), st.integers(0, 3) | st.text(max_size=2) | st.none()),
    ),
    max_size=30,
)


@given(RESULTS, st.randoms())
def test_the_order_and_the_number_of_attempts_do_not_show(results, shuffler):
    turned = [dataclasses.replace(each, attempts=1) for each in results]
    shuffler.shuffle(turned)
    assert json.dumps(summarize(turned).to_dict(), allow_nan=False) == json.dumps(summarize(results).to_dict())
    assert summarize(iter(results)).matches == len(results)


def test_every_status_is_counted():
    summary = summarize([result(0), result(1), result(2, "truncated"), result(3, "error"), result(4, "timeout")])
    assert dict(summary.statuses) == {"ok": 2, "error": 1, "crashed": 0, "timeout": 1, "truncated": 1}
    assert summary.matches == 5 and summary.failed == 2
    assert [failure.index for failure in summary.failures] == [3, 4]


def test_numbers_have_a_median_with_its_interval_a_mean_and_their_ends():
    summary = summarize(result(index, scores=(index, -index), stats={"frames": index * 2}) for index in range(1, 12))
    assert summary.scores[0] == Spread(11, 6, Interval(2, 10), 6.0, 1, 11)  # ranks 2 and 10 of 11, as the tables have it
    assert summary.scores[1] == Spread(11, -6, Interval(-10, -2), -6.0, -11, -1)
    assert summary.stats["frames"].median == 12
    assert summary.to_dict()["stats"]["frames"]["interval"] == [4, 20]


def test_of_fewer_than_six_no_interval_is_claimed():
    summary = summarize(result(index, scores=(index,)) for index in range(5))
    assert summary.scores[0] is not None and summary.scores[0].interval is None
    assert summary.to_dict()["scores"][0]["interval"] is None


def test_what_failed_has_no_part_in_the_numbers():
    failed = result(1, "error", scores=(99.0,), stats={"frames": 99}, error="boom")
    summary = summarize([result(0, scores=(1.0,), stats={"frames": 1}), failed])
    assert summary.scores[0] is not None and summary.scores[0].most == 1 and summary.stats["frames"].count == 1


def test_what_is_not_finite_is_left_out_and_the_rest_is_there():
    scores = (math.nan, math.inf, -math.inf, 1e305, 3.0)
    summary = summarize(result(index, scores=(score,)) for index, score in enumerate(scores))
    assert summary.scores[0] is not None and (summary.scores[0].count, summary.scores[0].median) == (1, 3.0)
    assert summarize([result(0, scores=(math.nan,))]).scores == (None,)


def test_nested_stats_have_names_of_their_own():
    summary = summarize([result(0, stats={"depths": {"10": 1, "9": 2}, "rollbacks": [3, 4], "note": "x", "done": True})])
    assert list(summary.stats) == ["depths.9", "depths.10", "rollbacks[0]", "rollbacks[1]"]


def test_by_tag_there_are_counts_and_scores():
    results = [result(index, scores=(index % 2,), tags={"loss": (0.05, 0.1)[index % 2], "a": "b"}) for index in range(20)]
    summary = summarize([*results, result(20, "error", tags={"loss": 0.1})])
    assert list(summary.tags) == ["a", "loss"] and list(summary.tags["loss"]) == ["0.05", "0.1"]
    group = summary.tags["loss"]["0.1"]
    assert (group.matches, group.statuses["error"]) == (11, 1)
    assert group.scores[0] is not None and group.scores[0].median == 1


def test_the_values_of_a_tag_are_in_the_order_of_their_numbers():
    summary = summarize(
        result(index, tags={"n": (10, 9, 100)[index % 3], "s": ("v10", "v9", "w")[index % 3]}) for index in range(9)
    )
    assert list(summary.tags["n"]) == ["9", "10", "100"] and list(summary.tags["s"]) == ["v9", "v10", "w"]


def test_a_tag_that_tells_every_match_from_the_others_is_left_out_and_said_to_be():
    results = [result(index, tags={"id": index, "kind": "x"}) for index in range(MOST_VALUES + 1)]
    for turned in (results, results[::-1]):
        summary = summarize(turned)
        assert list(summary.tags) == ["kind"]
        assert summary.left_out == ("the tag id has more than 100 different values",)
    assert list(summarize(results[:-1]).tags) == ["id", "kind"]


def test_more_names_than_anybody_reads_are_left_out_and_said_to_be():
    results = [result(index, stats={f"s{index}": 1}) for index in range(MOST_NAMES + 1)]
    assert summarize(results).left_out == ("there are more than 500 names of stats",) and not summarize(results).stats
    assert len(summarize(results[:-1]).stats) == MOST_NAMES


def test_a_failure_tells_its_seed_its_reason_and_its_command():
    error = 'Traceback (most recent call last):\n  File "game.py", line 3, in step\nValueError: no such square\n'
    (failure,) = summarize([result(7, "error", error=error, command="rollback simulate --match '{}'")]).failures
    assert failure.to_dict() == {
        "index": 7,
        "seed": 1007,
        "status": "error",
        "reason": "ValueError: no such square",
        "command": "rollback simulate --match '{}'",
    }


def test_of_many_failures_the_first_by_index_are_kept_in_any_order():
    results = [result(index, "error", error=f"e{index}") for index in range(MOST_FAILURES * 5)]
    random.Random(1).shuffle(results)
    summary = summarize(results)
    assert summary.failed == MOST_FAILURES * 5
    assert [failure.index for failure in summary.failures] == list(range(MOST_FAILURES))


@pytest.mark.parametrize("change", [{"digest": "00"}, {"seed": 5}, {"status": "truncated"}, {"index": 9}])
def test_the_digest_tells_two_runs_apart_by_any_result(change):
    results = [result(index) for index in range(5)]
    other = [*results[:-1], dataclasses.replace(results[-1], **change)]
    assert summarize(results).digest != summarize(other).digest
    assert len(summarize([]).digest) == 64


def test_no_results_make_a_summary_too():
    summary = summarize([])
    assert summary.matches == 0 and summary.scores == () and json.dumps(summary.to_dict())


def many(count: int) -> Iterator[MatchResult]:
    for index in range(count):
        yield result(index, "ok" if index % 3 else "error", scores=(index,), stats={"frames": index}, error="x" * 500)


def test_it_holds_numbers_and_no_results():
    summarize(many(300))
    tracemalloc.start()
    try:
        summarize(many(12_000))
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 1_000_000  # 12,000 results are 14 MB; two arrays 130 kB, sorted once 650 kB
