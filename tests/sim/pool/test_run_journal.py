"""`simulate` and `isimulate` with a journal: as if nothing had happened, however long the run is."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from rollback.errors import UsageError
from rollback.sim import MatchSpec, isimulate, simulate
from rollback.sim.pool.played import Played, Shared
from rollback.sim.pool.summary import summarize
from tests.sim.pool.tasks import Task

# Counts in a process of its own what its memory grows by between the 10th and the last of the matches.
GROWTH = """
import sys
from rollback.sim import isimulate
from rollback.sim.pool.summary import summarize
from tests.sim.pool.test_run_journal import tiny
count, path = int(sys.argv[1]), sys.argv[2] or None
size = lambda: int(open("/proc/self/statm").read().split()[1]) * 4
early = 0
for done, result in enumerate(isimulate(tiny(count), journal=path)):
    assert result.status == "ok"
    if done == count // 10:
        early = size()
print(done + 1, size() - early)
"""
ROOT = Path(__file__).resolve().parents[3]


class Tiny:
    """A match of no frames at all; each is another object, as an iterator's are."""

    name = "tiny"

    def __init__(self, number: int) -> None:
        self.tags = {"number": number % 3}

    def play(self, seed: int, shared: Shared) -> Played:
        return Played(f"{seed:064x}", (seed % 7, 0.5), {"frames": 1})

    def to_dict(self) -> dict[str, Any]:
        return {"kind": "tiny", "tags": self.tags}

    def parcels(self) -> Mapping[str, Path | bytes]:
        return {}


def tiny(count: int) -> Iterator[Tiny]:
    return (Tiny(number) for number in range(count))


def matches(count: int = 8) -> list[MatchSpec]:
    bad = MatchSpec(game="no_such_game", tags={"number": -1})
    specs = [MatchSpec(game="duel", frames=40 + number % 2, tags={"number": number}) for number in range(count)]
    return [*specs[:3], bad, *specs[4:]]


@pytest.fixture
def path(tmp_path) -> Path:
    return tmp_path / "run.jsonl"


@pytest.mark.parametrize("stop", [0, 1, 3, 4, 7, 8])
def test_a_run_that_was_closed_goes_on_and_ends_as_if_it_had_not_been(path, stop):
    whole = simulate(matches(), seed=5)
    first = isimulate(matches(), seed=5, journal=path)
    begun = [next(first) for _ in range(stop)]
    first.close()
    played: list[int] = []
    again = simulate(matches(), seed=5, journal=path, on_result=lambda result: played.append(result.index))
    assert again == whole and [each.command for each in again] == [each.command for each in whole]
    assert begun == whole[:stop] and sorted(played) == list(range(8))
    assert [result.status for result in whole].count("error") == 1
    assert summarize(again).to_dict() == summarize(whole).to_dict()


def test_of_a_run_that_goes_on_only_the_rest_is_played(path):
    simulate(matches(4), seed=5, journal=path)
    before = path.read_bytes()
    progress: list[tuple[int, int | None]] = []
    simulate(matches(), seed=5, journal=path, on_progress=lambda done, total: progress.append((done, total)))
    after = path.read_bytes()
    assert after.startswith(before) and after.count(b"\n") - before.count(b"\n") == 4
    assert progress == [(done, 8) for done in range(1, 9)]


def test_what_is_missing_in_the_middle_is_played_and_comes_in_its_place(path):
    whole = simulate(matches(), seed=5, journal=path)
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join([lines[0], *lines[2:5], *lines[7:]]))
    results = list(isimulate(iter(matches()), seed=5, journal=path))
    assert sorted(results, key=lambda result: result.index) == whole and len(results) == 8
    assert path.read_bytes().count(b"\n") == 9


def test_processes_go_on_with_what_another_backend_began(path):
    whole = simulate(matches(), seed=5)
    first = isimulate(matches(), seed=5, journal=path)
    next(first)
    first.close()
    assert simulate(matches(), seed=5, journal=path, backend="process", workers=1) == whole


def test_another_seed_and_other_matches_are_refused(path):
    simulate(matches(), seed=5, journal=path)
    before = path.read_bytes()
    with pytest.raises(UsageError, match="belongs to seed 5, not to 6"):
        simulate(matches(), seed=6, journal=path)
    with pytest.raises(UsageError, match="its match 0 is not the one given now"):
        simulate(matches()[::-1], seed=5, journal=path)
    assert path.read_bytes() == before


def test_an_exception_in_the_middle_lets_go_of_the_journal(path):
    def stop(result: Any) -> None:
        if result.index == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        simulate(matches(), seed=5, journal=path, on_result=stop)
    assert simulate(matches(), seed=5, journal=path) == simulate(matches(), seed=5)


def growth(count: int, path: str) -> int:
    done = subprocess.run(
        [sys.executable, "-c", GROWTH, str(count), path], cwd=ROOT, capture_output=True, text=True, check=False, timeout=100
    )
    assert done.returncode == 0, done.stderr
    played, kib = map(int, done.stdout.split())
    assert played == count
    return kib


on_linux = pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="asks Linux for the size of a process")


def without_match_0(path: Path) -> None:
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join(line for line in lines if not line.startswith(b'{"index":0,')))


@on_linux
@pytest.mark.parametrize("count", [5000, pytest.param(100_000, marks=pytest.mark.nightly)])
def test_memory_is_flat_over_many_tiny_matches_from_an_iterator(path, count):
    limit = 1500 + count // 50  # KiB; kept, the results of 5,000 matches take 3,600, and of 100,000 twenty times that
    assert growth(count, "") < limit
    assert growth(count, str(path)) < limit
    assert path.read_bytes().count(b"\n") == count + 1
    without_match_0(path)  # now it is played, and all others wait for it
    assert growth(count, str(path)) < limit + 16 * count // 1024 + 1000  # the index of the journal


@pytest.mark.parametrize("journal", [True, False])
def test_a_match_whose_stats_no_file_can_hold_costs_only_itself(journal: bool, tmp_path: Path) -> None:
    specs = [Task("nothing"), Task("unwritable"), Task("nothing")]
    results = simulate(specs, journal=tmp_path / "run.jsonl" if journal else None)
    assert [result.status for result in results] == ["ok", "error", "ok"] and "JSON cannot hold it" in results[1].error
