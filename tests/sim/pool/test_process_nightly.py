"""The long runs: two thousand matches of each built-in game, and a hundred thousand tiny ones."""

from __future__ import annotations

import itertools
import resource
from collections import Counter

import pytest

from rollback.sim import Link, MatchSpec, isimulate, simulate
from tests.sim.pool.tasks import Task

MATCHES = 2000
LOSSY = Link(latency_ms=40, jitter_ms=30, loss=0.1)
HOWS = ((1, "auto"), (2, 333), (2, "auto"), (2, 1), (7, 5), (7, "auto"))


@pytest.mark.nightly
@pytest.mark.parametrize("link", [None, LOSSY], ids=["unlinked", "lossy"])
@pytest.mark.parametrize("game", ["pong", "duel", "gridworld", "tetris"])
def test_two_thousand_matches_come_out_the_same_with_any_number_of_workers(game, link):
    specs = [MatchSpec(game=game, frames=30, link=link)] * MATCHES
    expected = simulate(specs, seed=5)
    assert len({result.digest for result in expected}) > MATCHES * 0.9
    assert link is None or sum(result.stats["rollbacks"] for result in expected) > MATCHES
    for workers, batch in HOWS if link is None else HOWS[::2]:
        done, totals = [], []
        found = simulate(
            specs,
            seed=5,
            backend="process",
            workers=workers,
            batch=batch,
            on_progress=lambda each, total, to=(done, totals): (to[0].append(each), to[1].append(total)),
        )
        assert found == expected, (workers, batch)
        assert done == list(range(1, MATCHES + 1)) and set(totals) == {MATCHES}


@pytest.mark.nightly
def test_memory_stays_flat_over_a_hundred_thousand_tiny_matches():
    endless = isimulate(map(lambda at: Task("nothing"), itertools.count()), backend="process", workers=2)
    statuses: Counter[str] = Counter()
    for result in itertools.islice(endless, 20_000):
        statuses[result.status] += 1
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    for result in itertools.islice(endless, 80_000):
        statuses[result.status] += 1
    endless.close()
    assert statuses == {"ok": 100_000}
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 8 * 1024  # KiB
