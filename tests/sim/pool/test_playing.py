"""One match: whatever a game raises is its result."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest

from rollback.sim import MatchSpec
from rollback.sim.pool.job import Job
from rollback.sim.pool.journal import Journal
from rollback.sim.pool.played import Played, Shared
from rollback.sim.pool.playing import LONGEST, MOST, play_one

HERE = "tests.sim.pool.games"


class Ready:
    """A spec whose match was played already."""

    name = "ready"
    tags: Mapping[str, Any] = {"a": 1}

    def __init__(self, played: Played | BaseException) -> None:
        self.played = played

    def play(self, seed: int, shared: Shared) -> Played:
        if isinstance(self.played, BaseException):
            raise self.played
        return self.played

    def to_dict(self) -> dict[str, Any]:
        return {"kind": "ready"}

    def parcels(self) -> Mapping[str, bytes]:
        return {}


@pytest.mark.parametrize(
    ("played", "status"),
    [(Played("d"), "ok"), (Played("d", is_truncated=True), "truncated"), (Played("d", is_truncated=True, error="x"), "error")],
)
def test_the_status_follows_from_what_came_of_the_match(played: Played, status: str) -> None:
    result = play_one(Job(3, 7, Ready(played)), Shared())
    assert (result.index, result.seed, result.status, result.attempts) == (3, 7, status, 1)
    assert (result.digest, result.error, result.tags) == ("d", played.error, {"a": 1})


def test_what_a_match_raises_is_its_result_with_the_traceback_and_the_seed() -> None:
    result = play_one(Job(0, 99, MatchSpec(game=f"{HERE}:Raising", tags={"b": 2})), Shared())
    assert (result.status, result.seed, result.digest, result.scores, result.stats) == ("error", 99, "", (), {})
    assert result.error.startswith("Traceback (most recent call last):\n")
    assert result.error.rstrip().endswith("ArithmeticError: seven is too many") and "games.py" in result.error
    assert "playing.py" not in result.error and result.tags == {"b": 2}


@pytest.mark.parametrize("game", ["Leaving", "Unmade"])
def test_a_game_that_leaves_or_cannot_be_made_is_an_error(game: str) -> None:
    result = play_one(Job(0, 0, MatchSpec(game=f"{HERE}:{game}")), Shared())
    assert result.status == "error" and ("SystemExit: 3" in result.error or "it cannot be made today" in result.error)


def test_a_name_that_leads_nowhere_is_an_error_that_tells_the_closest_one() -> None:
    result = play_one(Job(0, 0, MatchSpec(game="pogn")), Shared())
    assert result.status == "error" and "there is no game called 'pogn', did you mean pong?" in result.error


def test_a_long_traceback_keeps_its_end() -> None:
    result = play_one(Job(0, 0, Ready(ValueError("a" * 20_000 + " the end"))), Shared())
    assert len(result.error) == LONGEST and result.error.rstrip().endswith("the end")


@pytest.mark.parametrize(
    "played",
    [
        5,
        None,
        Played(b"x"),  # type: ignore[arg-type]
        Played("x", "abc"),  # type: ignore[arg-type]
        Played("x", (1, None)),  # type: ignore[arg-type]
        Played("x", stats=[3]),  # type: ignore[arg-type]
        Played("x", error=3),  # type: ignore[arg-type]
    ],
)
def test_what_no_journal_could_hold_is_an_error_of_its_match(played: Any) -> None:
    result = play_one(Job(0, 0, Ready(played)), Shared())
    assert (result.status, result.digest, result.scores, dict(result.stats)) == ("error", "", (), {})
    assert "play() of ready must return a Played of a digest" in result.error


@pytest.mark.parametrize(
    ("stats", "words"),
    [
        ({"a": {1}}, "JSON cannot hold it: Object of type set is not JSON serializable; give plain numbers"),
        ({"a": {(1, 2): 3}}, "JSON cannot hold it: keys must be str"),
        ({"a": 10**5000}, "JSON cannot hold it: Exceeds the limit"),
        ({"a": "x" * (1 << 20)}, "bytes as JSON, and a result has at most 983040: keep fewer numbers in stats"),
    ],
)
def test_stats_that_no_file_can_hold_are_an_error_of_their_match(stats: Any, words: str) -> None:
    result = play_one(Job(0, 0, Ready(Played("x", stats=stats))), Shared())
    assert (result.status, result.digest, dict(result.stats)) == ("error", "", {})
    assert "what play() of ready returned" in result.error and words in result.error


@pytest.mark.parametrize(
    "played",
    [
        Played("x", scores=(10**5000,)),
        Played("x", scores=(-(10**5000), 1)),
        Played("x", scores=(1.0,) * (1 << 20)),
        Played("x" * (1 << 20)),
        Played("x", error="x" * (1 << 20)),
    ],
)
def test_so_is_whatever_else_is_too_large_though_most_results_are_not_measured(played: Played) -> None:
    result = play_one(Job(0, 0, Ready(played)), Shared())
    assert result.status == "error" and "what play() of ready returned" in result.error


def test_whatever_a_result_may_hold_a_journal_can_hold(tmp_path: Any) -> None:
    room = MOST - len(json.dumps(["d", [], {"a": ""}, ""]))
    job = Job(0, 0, Ready(Played("d", stats={"a": "x" * room})))
    result = play_one(job, Shared())
    assert result.status == "ok"
    with Journal.open(tmp_path / "run.jsonl", seed=0) as journal:
        assert not journal.has(job)
        journal.write(result)
    assert play_one(Job(0, 0, Ready(Played("d", stats={"a": "x" * (room + 1)}))), Shared()).status == "error"


class Own(BaseException):
    """No `Exception`, as some libraries have them."""


@pytest.mark.parametrize("raised", [Own("mine"), GeneratorExit(), SystemExit(3), StopIteration(), RecursionError()])
def test_whatever_a_match_raises_is_its_result_here_as_in_a_worker(raised) -> None:
    result = play_one(Job(0, 0, Ready(raised)), Shared())
    assert result.status == "error" and type(raised).__name__ in result.error


def test_what_a_backend_lets_through_is_its_own() -> None:
    with pytest.raises(Own):
        play_one(Job(0, 0, Ready(Own())), Shared(), (Own,))


def test_interrupting_is_the_callers() -> None:
    with pytest.raises(KeyboardInterrupt):
        play_one(Job(0, 0, Ready(KeyboardInterrupt())), Shared())
