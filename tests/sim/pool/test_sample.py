"""Which matches are played again: spread over the run, drawn from its seed, one at least, whatever order results come in."""

from __future__ import annotations

import itertools
import random
from collections import Counter
from dataclasses import dataclass, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rollback.errors import UsageError
from rollback.sim.pool import sample as module
from rollback.sim.pool.job import Job
from rollback.sim.pool.result import MatchResult
from rollback.sim.pool.sample import Outcome, Sample, drawn, outcome_of, stand_ins
from rollback.sim.pool.spec import MatchSpec

SPEC = MatchSpec(game="pong")


def taken(share: float, seed: int, count: int, *, shuffled: int | None = None, lost: tuple[int, ...] = ()) -> list[int]:
    """Return which matches of a run are kept, of which some may be lost."""
    sample = Sample(share, seed)
    results = [
        MatchResult(job.index, "crashed" if job.index in lost else "ok", 1, job.seed, f"{job.index:x}")
        for job in sample.watch(Job(index, index * 7, SPEC) for index in range(count))
    ]
    if shuffled is not None:
        random.Random(shuffled).shuffle(results)
    for result in results:
        sample.take(result)
    kept = list(sample)
    assert len(kept) == len(sample)
    assert all(each.outcome == Outcome("ok", f"{each.job.index:x}") and each.job.seed == each.job.index * 7 for each in kept)
    sample.close()
    return sorted(each.job.index for each in kept)


@given(st.floats(0.001, 1), st.integers(0, 2**63 - 1))
def test_one_match_is_drawn_out_of_each_part_of_the_run(share, seed):
    places = list(itertools.islice(drawn(share, seed), 30))
    assert all(one < other for one, other in itertools.pairwise(places))
    for stratum, place in enumerate(places):
        assert stratum / share <= place < (stratum + 1) / share + 1


def test_the_whole_run_is_drawn_if_all_of_it_is_asked_for():
    assert list(itertools.islice(drawn(1.0, 3), 5)) == [0, 1, 2, 3, 4]
    assert taken(1.0, 3, 40) == list(range(40))


def test_another_seed_draws_other_matches_and_the_same_one_the_same():
    assert taken(0.1, 5, 200) == taken(0.1, 5, 200)
    assert taken(0.1, 5, 200) != taken(0.1, 6, 200)
    assert len(taken(0.1, 5, 200)) == 20


@given(st.floats(0.0001, 1), st.integers(0, 10_000), st.integers(1, 80), st.integers(0, 99))
def test_there_is_always_one_and_the_order_of_the_results_does_not_matter(share, seed, count, order):
    found = taken(share, seed, count, shuffled=order)
    assert found == taken(share, seed, count)
    assert found, "one at least"
    assert abs(len(found) - count * share) <= 1


def test_of_a_run_that_ends_early_all_matches_are_equally_likely():
    found = Counter(taken(0.01, seed, 5)[0] for seed in range(1000))
    assert sorted(found) == [0, 1, 2, 3, 4]
    assert min(found.values()) > 140, found


@pytest.mark.parametrize("seed", range(20))
def test_stand_ins_lie_below_the_first_one_down_to_the_very_first_match(seed):
    first = next(drawn(0.001, seed))
    found = stand_ins(first, seed)
    assert found[0] == 0 and found[-1] < first
    assert found == sorted(set(found)) and len(found) < 30


def test_a_match_that_was_lost_left_nothing_to_compare_and_another_stands_in():
    (first,) = taken(0.01, 8, 100)
    assert first > 0
    (other,) = taken(0.01, 8, 100, lost=(first,))
    assert other < first
    assert taken(0.01, 8, 100, lost=tuple(range(100))) == []


def test_a_match_that_ran_out_of_memory_is_not_compared():
    sample = Sample(1.0, 1)
    for job, error in zip(
        sample.watch(Job(index, 1, SPEC) for index in range(2)), ("MemoryError\n", "KeyError: 'MemoryError'"), strict=True
    ):
        sample.take(MatchResult(job.index, "error", 1, job.seed, error=f"Traceback\n{error}"))
    assert [each.job.index for each in sample] == [1]
    sample.close()


def test_nothing_is_kept_where_nothing_is_asked_for():
    assert taken(0.0, 1, 50) == []


def test_a_result_that_nobody_waits_for_is_no_part_of_it():
    sample = Sample(1.0, 1)
    sample.take(MatchResult(3, "ok", 1, 4, "aa"))
    assert len(sample) == 0 and list(sample) == []
    sample.close()


def test_many_matches_lie_in_a_file_and_not_in_memory(monkeypatch):
    monkeypatch.setattr(module, "IN_MEMORY", 1000)
    sample = Sample(1.0, 1)
    jobs = [Job(index, index, SPEC) for index in range(100)]
    for job in sample.watch(jobs):
        sample.take(MatchResult(job.index, "truncated", 1, job.seed, "ab" * 32))
    assert sample._file._rolled and not sample._waiting
    assert [each.job for each in sample] == jobs
    for job in sample.watch([Job(100, 5, SPEC)]):  # it goes on where it ended, after it was read
        sample.take(MatchResult(job.index, "ok", 1, job.seed))
    assert [each.job.index for each in sample] == list(range(101))
    sample.close()


@dataclass(frozen=True)
class Stubborn:
    """A spec that cannot be pickled."""

    name = "stubborn"

    def __reduce__(self):
        raise TypeError("I stay")


@pytest.mark.parametrize("share", [1.0, 0.001])
def test_a_match_that_cannot_travel_is_told_by_its_name(share):
    sample = Sample(share, 0)
    job = Job(0, 1, Stubborn())  # type: ignore[arg-type]
    with pytest.raises(UsageError, match=r"match 0 \(stubborn\) again in another process.*TypeError: I stay.*plain values"):
        for each in sample.watch([job]):
            sample.take(MatchResult(each.index, "ok", 1, each.seed))
    sample.close()


def test_the_words_of_an_error_are_not_compared():
    result = MatchResult(1, "error", 1, 2, "", error="at 0x7f1")
    assert outcome_of(result).is_like(outcome_of(replace(result, error="at 0x7f2")))
    assert not outcome_of(result).is_like(outcome_of(replace(result, status="ok")))
    assert not outcome_of(result).is_like(outcome_of(replace(result, digest="a")))
