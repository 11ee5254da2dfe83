"""Jobs and batches: what travels, and that equal specs travel once."""

from __future__ import annotations

import pickle

from hypothesis import given
from hypothesis import strategies as st

from rollback.sim import MatchSpec
from rollback.sim.pool.job import Batch, Job

KINDS = [MatchSpec(game=game, frames=frames) for game in ("pong", "duel") for frames in (10, 20, 30, 40, 50, 60)]

VALUES = (1, 1.0, True, 2, 1.5, "1", None)


@given(st.lists(st.integers(0, len(KINDS) - 1), max_size=40))
def test_a_batch_gives_the_jobs_that_it_was_made_of(kinds: list[int]) -> None:
    jobs = [Job(index, 1000 + index, KINDS[kind]) for index, kind in enumerate(kinds)]
    batch = Batch.of(jobs)
    assert batch.jobs() == jobs and len(batch) == len(jobs)
    assert pickle.loads(pickle.dumps(batch)).jobs() == jobs
    assert len(batch.specs) == len(set(kinds)), "one object is one spec"


def test_equal_specs_travel_once_also_if_they_are_objects_of_their_own() -> None:
    jobs = [Job(index, index, MatchSpec(game="pong", tags={"round": index % 3})) for index in range(300)]
    batch = Batch.of(jobs, [("one.npz", "ab")])
    assert len(batch.specs) == 3 and batch.jobs() == jobs
    assert batch.parcels == (("one.npz", "ab"),)
    assert len(pickle.dumps(batch, pickle.HIGHEST_PROTOCOL)) < 300 * 16


def test_specs_that_differ_are_never_taken_for_each_other() -> None:
    specs = [MatchSpec(game="pong", tags={"value": value}) for value in VALUES]
    batch = Batch.of([Job(index, 0, spec) for index, spec in enumerate(specs)])
    assert [repr(job.spec.tags["value"]) for job in batch.jobs()] == list(map(repr, VALUES))


def test_a_job_comes_back_from_pickle() -> None:
    job = Job(3, 2**62, KINDS[0])
    assert pickle.loads(pickle.dumps(job)) == job
