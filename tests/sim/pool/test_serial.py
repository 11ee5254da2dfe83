"""One match after the other in this process: lazily, in order, and in time."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from rollback.errors import UsageError
from rollback.sim import MatchResult, MatchSpec, isimulate, simulate
from rollback.sim.pool.backends.serial import run
from rollback.sim.pool.job import Job, Rules
from rollback.sim.pool.played import Played, Shared

HERE = "tests.sim.pool.games"

needs_alarms = pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="there are no alarms on this system")


def jobs(*games: str) -> Iterator[Job]:
    return (Job(index, index, MatchSpec(game=f"{HERE}:{game}", tags={"game": game})) for index, game in enumerate(games))


def test_a_job_is_taken_only_when_the_result_before_it_was_given() -> None:
    taken: list[int] = []

    def noted() -> Iterator[Job]:
        for job in jobs("Sums", "Sums", "Sums"):
            taken.append(job.index)
            yield job

    results = run(noted(), Rules())
    assert taken == [] and next(results).index == 0 and taken == [0]
    results.close()
    assert taken == [0]


def test_one_match_that_goes_wrong_does_not_touch_the_others() -> None:
    results = list(run(jobs("Sums", "Raising", "Leaving", "Sums"), Rules()))
    assert [result.status for result in results] == ["ok", "error", "error", "ok"]
    assert results[3].digest == next(run(iter([Job(3, 3, MatchSpec(game=f"{HERE}:Sums"))]), Rules())).digest


@needs_alarms
def test_a_match_that_takes_too_long_is_ended_and_the_next_one_is_played() -> None:
    def mine(number: int, frame: Any) -> None:
        raise AssertionError("this is not for me")

    before = signal.signal(signal.SIGALRM, mine)
    left = signal.setitimer(signal.ITIMER_REAL, 100.0)
    try:
        stubborn, good = run(jobs("Stubborn", "Sums"), Rules(timeout=0.3))
        assert (stubborn.status, stubborn.attempts, stubborn.seed, stubborn.tags) == ("timeout", 1, 0, {"game": "Stubborn"})
        assert stubborn.error.startswith("it took longer than timeout=0.3 s, and was ended:\n")
        assert "games.py" in stubborn.error
        assert good.status == "ok" and good.error == ""
        assert signal.getsignal(signal.SIGALRM) is mine, "the caller's handler is there again"
        assert signal.getitimer(signal.ITIMER_REAL)[0] > 90, "and so is its alarm"
    finally:
        signal.signal(signal.SIGALRM, before)
        signal.setitimer(signal.ITIMER_REAL, *left)


@needs_alarms
def test_a_timeout_changes_nothing_where_matches_are_in_time() -> None:
    specs = [MatchSpec(game="pong", frames=30)] * 3
    assert simulate(specs, timeout=60) == simulate(specs)


def test_a_timeout_without_alarms_is_told() -> None:
    told: list[str] = []

    def elsewhere() -> None:
        try:
            simulate([MatchSpec(game="pong", frames=3)], timeout=5)
        except UsageError as error:
            told.append(str(error))

    thread = threading.Thread(target=elsewhere)
    thread.start()
    thread.join()
    assert len(told) == 1 and "use backend='process'" in told[0]


class Fed:
    """A spec with parcels; its digest is what they hold."""

    name = "fed"
    tags: dict[str, Any] = {}  # noqa: RUF012

    def __init__(self, path: Path) -> None:
        self.path = path

    def play(self, seed: int, shared: Shared) -> Played:
        return Played((shared.parcel("weights") + shared.parcel("more")).decode())

    def to_dict(self) -> dict[str, Any]:
        return {"kind": "fed", "path": str(self.path)}

    def parcels(self) -> dict[str, Any]:
        return {"weights": self.path, "more": b" and more"}


def test_parcels_are_read_once_by_the_caller(tmp_path: Path) -> None:
    path = tmp_path / "weights"
    path.write_bytes(b"light")
    digests: list[str] = []
    for result in isimulate([Fed(path), Fed(path)]):
        digests.append(result.digest)
        path.write_bytes(b"heavy")
    assert digests == ["light and more"] * 2


def test_a_parcel_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot be read"):
        simulate([Fed(tmp_path / "nothing")])
    with pytest.raises(UsageError, match=r"nothing\.npz cannot be read"):
        simulate([MatchSpec(game="pong", players=[str(tmp_path / "nothing.npz")])])


def test_results_are_match_results_with_plain_values() -> None:
    (result,) = run(iter([Job(0, 1, MatchSpec(game=f"{HERE}:Counting"))]), Rules())
    assert isinstance(result, MatchResult)
    assert [type(score) for score in result.scores] == [int, float]
