"""A run as its caller sees it: every match once, in order, told as it comes; and nothing left behind, however it ends."""

from __future__ import annotations

import gc
import itertools
import random
import tracemalloc
from collections.abc import Callable, Generator, Iterator
from pathlib import Path
from typing import Any

import pytest

from rollback.errors import RollbackError, UsageError
from rollback.sim import Link, MatchResult, MatchSpec, isimulate, simulate, summarize
from rollback.sim.pool import simulating
from rollback.sim.pool.job import Job, Rules
from rollback.sim.pool.played import Played, Shared
from rollback.sim.pool.playing import play_one
from rollback.sim.pool.seeds import seed_of

HERE = "tests.sim.pool.games"
SPECS = [MatchSpec(game=f"{HERE}:Sums", tags={"number": number}) for number in range(12)]
BAD = MatchSpec(game=f"{HERE}:Raising")


class Tiny:
    """The smallest spec there is."""

    name = "tiny"
    tags: dict[str, Any] = {}  # noqa: RUF012

    def play(self, seed: int, shared: Shared) -> Played:
        return Played(str(seed))

    def to_dict(self) -> dict[str, Any]:
        return {"kind": "tiny"}

    def parcels(self) -> dict[str, bytes]:
        return {}


class Backend:
    """Plays a few jobs ahead and gives the results in an order of its own, as those with workers do."""

    def __init__(self, seed: int = 0, ahead: int = 5, change: Callable[[MatchResult], list[MatchResult]] | None = None) -> None:
        self.dice = random.Random(seed)
        self.ahead = ahead
        self.change = change or (lambda result: [result])
        self.began = self.closed = 0
        self.rules: Rules | None = None

    def run(self, jobs: Iterator[Job], rules: Rules) -> Generator[MatchResult, None, None]:
        self.began += 1
        self.rules = rules
        shared, held = Shared(), []
        try:
            while True:
                held += itertools.islice(jobs, self.ahead - len(held))
                if not held:
                    return
                yield from self.change(play_one(held.pop(self.dice.randrange(len(held))), shared))
        finally:
            self.closed += 1


@pytest.fixture
def backend(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Backend]:
    """Return what puts a backend in the place of all others."""

    def put(**settings: Any) -> Backend:
        made = Backend(**settings)
        monkeypatch.setattr(simulating, "backend_of", lambda name: made.run)
        return made

    return put


def test_results_stand_in_the_order_of_the_specs_with_the_seeds_of_their_indices() -> None:
    results = simulate(SPECS, seed=7)
    assert [result.index for result in results] == list(range(12))
    assert [result.seed for result in results] == [seed_of(7, index) for index in range(12)]
    assert [result.tags["number"] for result in results] == list(range(12))
    assert {result.status for result in results} == {"ok"} and len({result.digest for result in results}) == 12


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("ahead", [1, 3, 40])
def test_results_that_come_in_any_order_are_the_same_in_the_end(seed: int, ahead: int, backend: Callable[..., Backend]) -> None:
    usual = simulate(SPECS)
    other = backend(seed=seed, ahead=ahead)
    assert simulate(SPECS) == usual
    came = [result.index for result in isimulate(SPECS)]
    assert sorted(came) == list(range(12)) and (came != sorted(came) or ahead == 1)
    assert other.began == other.closed == 2


def test_a_spec_with_a_seed_is_played_with_that_seed() -> None:
    specs = [MatchSpec(game="pong", frames=20, seed=5), MatchSpec(game="pong", frames=20)]
    one, two = simulate(specs, seed=7)
    assert (one.seed, two.seed) == (5, seed_of(7, 1))


def test_another_seed_of_the_run_is_another_run() -> None:
    one, two = (summarize(simulate(SPECS[:3], seed=seed)) for seed in (1, 2))
    assert one.digest != two.digest == summarize(simulate(SPECS[:3], seed=2)).digest


@pytest.mark.parametrize("specs", [[], (), iter([])])
def test_no_specs_are_no_results_and_no_backend_begins(specs: Any, backend: Callable[..., Backend]) -> None:
    told: list[Any] = []
    other = backend()
    assert simulate(specs, on_progress=lambda *given: told.append(given)) == [] == told
    assert other.began == 0


@pytest.mark.parametrize("sized", [True, False])
def test_progress_is_told_once_for_each_match_and_rises(sized: bool, backend: Callable[..., Backend]) -> None:
    backend(seed=3)
    told: list[Any] = []
    results: list[int] = []
    specs = [*SPECS[:5], BAD, *SPECS[6:]]
    simulate(
        specs if sized else iter(specs),
        on_progress=lambda done, total: told.append((done, total, len(results))),
        on_result=lambda result: results.append(result.index),
    )
    assert told == [(done, 12 if sized else None, done) for done in range(1, 13)], "each result is told before its progress"
    assert sorted(results) == list(range(12))


def test_a_failed_match_has_the_command_that_plays_it_again_and_others_have_none() -> None:
    good, bad, cut = simulate([SPECS[0], BAD, MatchSpec(game="pong", frames=5)], seed=3)
    assert (good.status, bad.status, cut.status) == ("ok", "error", "truncated")
    assert good.command == cut.command == "" and str(seed_of(3, 1)) in bad.command and "Raising" in bad.command


def test_specs_are_taken_as_they_are_needed() -> None:
    taken: list[int] = []

    def specs() -> Iterator[MatchSpec]:
        for number in itertools.count():
            taken.append(number)
            yield SPECS[0]

    results = isimulate(specs())
    assert taken == [], "nothing begins before a result is asked for"
    assert [result.index for result in itertools.islice(results, 3)] == [0, 1, 2] and taken == [0, 1, 2]
    results.close()


def test_memory_is_flat_over_many_matches_from_an_iterator() -> None:
    def peak(matches: int) -> int:
        gc.collect()
        tracemalloc.start()
        for _ in isimulate(Tiny() for _ in range(matches)):
            pass
        most = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return most

    peak(10)
    assert peak(3000) < peak(300) + 10_000


@pytest.mark.nightly
def test_memory_is_flat_over_a_hundred_thousand_matches() -> None:
    gc.collect()
    tracemalloc.start()
    results = isimulate(Tiny() for _ in range(100_000))
    for result in itertools.islice(results, 1000):
        assert result.status == "ok"
    before = tracemalloc.get_traced_memory()[0]
    tracemalloc.reset_peak()
    assert sum(1 for _ in results) == 99_000
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < before + 100_000


class Mistake(Exception):
    pass


@pytest.mark.parametrize("name", ["on_result", "on_progress"])
def test_what_a_callback_raises_reaches_the_caller_and_ends_the_run(name: str, backend: Callable[..., Backend]) -> None:
    other = backend()

    def raises(*given: Any) -> None:
        if other.dice.random() < 0.3:
            raise Mistake

    for start in (simulate, isimulate):
        with pytest.raises(Mistake):
            list(start(SPECS * 5, **{name: raises}))  # type: ignore[operator]
    assert other.began == other.closed == 2


def test_what_the_specs_raise_reaches_the_caller_and_ends_the_run(backend: Callable[..., Backend]) -> None:
    other = backend()

    def specs() -> Iterator[MatchSpec]:
        yield from SPECS[:8]
        raise Mistake

    with pytest.raises(Mistake):
        simulate(specs())
    assert (other.began, other.closed) == (1, 1)


@pytest.mark.parametrize("error", [KeyboardInterrupt, SystemExit])
def test_interrupting_ends_the_run(error: type[BaseException], backend: Callable[..., Backend]) -> None:
    def interrupts(result: MatchResult) -> list[MatchResult]:
        if result.index == 4:
            raise error
        return [result]

    other = backend(change=interrupts)
    with pytest.raises(error):
        simulate(SPECS)
    assert other.closed == 1


def test_closing_the_iterator_ends_the_run_and_so_does_forgetting_it(backend: Callable[..., Backend], tmp_path: Path) -> None:
    other = backend()
    results = isimulate(SPECS, journal=tmp_path / "run.jsonl", verify=1.0)
    next(results)
    results.close()
    assert other.closed == 1
    for _result in isimulate(SPECS):
        break
    del _result
    gc.collect()
    assert other.closed == 2


def test_a_run_that_was_interrupted_goes_on_from_its_journal(backend: Callable[..., Backend], tmp_path: Path) -> None:
    usual = simulate(SPECS, seed=2)
    other = backend(seed=1)
    path = tmp_path / "run.jsonl"
    first = isimulate(iter(SPECS), seed=2, journal=path)
    done = [next(first).index for _ in range(7)]
    first.close()
    told: list[int] = []
    played: list[int] = []
    other.change = lambda result: played.append(result.index) or [result]  # type: ignore[func-returns-value]
    again = simulate(SPECS, seed=2, journal=path, on_progress=lambda count, total: told.append(count))
    assert again == usual and told == list(range(1, 13))
    assert sorted(done + played) == list(range(12)), "what was done is not played again"
    began = other.began
    assert simulate(iter(SPECS), seed=2, journal=path) == usual and other.began == began, "a whole run needs no backend"


def test_a_backend_that_gives_a_result_twice_is_found_out(backend: Callable[..., Backend]) -> None:
    backend(change=lambda result: [result, result])
    with pytest.raises(RollbackError, match="the backend returned a result twice, or one that nobody asked for"):
        simulate(SPECS)


def test_a_backend_that_loses_a_match_is_found_out(backend: Callable[..., Backend]) -> None:
    backend(change=lambda result: [] if result.index in (5, 9) else [result])
    with pytest.raises(RollbackError, match="the backend lost 2 matches, the first one at index 5"):
        simulate(SPECS)


def test_the_rules_reach_the_backend(backend: Callable[..., Backend]) -> None:
    other = backend()
    simulate(SPECS, seed=4, workers=3, batch=2, retries=5, timeout=1.5, memory_mb=100, backend="process")
    assert other.rules == Rules(4, 3, 2, 5, 1.5, 100, 12)
    simulate(iter(SPECS))
    assert other.rules == Rules()


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"seed": -1}, "seed must be a whole number from 0 to 9223372036854775807, not -1"),
        ({"seed": 1.0}, "seed must be a whole number from 0"),
        ({"workers": 0}, "workers must be a whole number from 1 to 4096, or None, not 0"),
        ({"workers": True}, "workers must be a whole number from 1 to 4096, or None, not True"),
        ({"batch": 0}, "batch must be a whole number from 1 to 1000000, or 'auto', not 0"),
        ({"batch": "big"}, "batch must be a whole number from 1 to 1000000, or 'auto', not 'big'"),
        ({"batch": None}, "batch must be a whole number from 1 to 1000000, or 'auto', not None"),
        ({"retries": -1}, "retries must be a whole number from 0 to 1000, not -1"),
        ({"timeout": 0}, "timeout must be a number of seconds above 0, or None, not 0"),
        ({"timeout": float("inf")}, "timeout must be a number of seconds above 0, or None, not inf"),
        ({"memory_mb": 1}, "memory_mb must be a whole number from 16 to 16777216, or None, not 1"),
        (
            {"memory_mb": 100},
            "memory_mb limits a worker, and serial has none of its own: use backend='process'",
        ),
        ({"verify": 2}, "verify must be a share from 0 to 1, such as 0.01, not 2"),
        ({"verify": True}, "verify must be a share from 0 to 1, such as 0.01, not True"),
        ({"verify": None}, "verify must be a share from 0 to 1, such as 0.01, not None"),
        ({"on_progress": 3}, "on_progress must be a function, or None, not 3"),
        ({"on_result": "x"}, "on_result must be a function, or None, not 'x'"),
        ({"journal": 3}, "journal must be the path of a file, or None, not 3"),
        ({"journal": ""}, "journal must be the path of a file, or None, not ''"),
        ({"journal": "a\0b"}, "journal must be the path of a file, or None, not 'a\\x00b'"),
        ({"backend": "proces"}, "there is no backend 'proces', did you mean process?"),
        ({"specs": 5}, "specs must be a list or an iterator of matches, such as [MatchSpec(game='pong')], not 5"),
        ({"specs": "pong"}, "specs must be a list or an iterator of matches"),
        ({"specs": SPECS[0]}, "specs must be a list or an iterator of matches"),
        ({"specs": {"a": SPECS[0]}}, "specs must be a list or an iterator of matches"),
    ],
)
@pytest.mark.parametrize("start", [simulate, isimulate])
def test_a_wrong_argument_is_told_in_one_sentence_at_the_call(start: Any, values: dict[str, Any], sentence: str) -> None:
    with pytest.raises(UsageError) as caught:
        start(**{"specs": [], **values})
    assert sentence in str(caught.value) and "\n" not in str(caught.value)


@pytest.mark.parametrize("wrong", ["pong", None, {"game": "pong"}, Link()])
def test_a_spec_that_is_none_is_told_with_its_place(wrong: Any) -> None:
    with pytest.raises(UsageError, match=r"specs\[1\] is no match: a MatchSpec\(game=\.\.\.\) is needed, not "):
        simulate([SPECS[0], wrong])


def test_a_link_plays_over_a_network_in_the_same_run() -> None:
    line = Link(latency_ms=50, jitter_ms=20, loss=0.05)
    results = simulate([MatchSpec(game=game, link=link, frames=60) for game in ("pong", "duel") for link in (None, line)])
    assert [set(result.stats) == {"frames"} for result in results] == [True, False, True, False]
    assert all(result.status == "truncated" and result.error == "" for result in results)
    assert all(result.stats["rollbacks"] > 0 for result in results[1::2])


@pytest.mark.nightly
@pytest.mark.parametrize("link", [None, Link(latency_ms=50, jitter_ms=20, loss=0.05)], ids=["unlinked", "linked"])
@pytest.mark.parametrize("game", ["pong", "duel", "gridworld", "tetris"])
def test_many_matches_come_out_the_same_in_any_order(game: str, link: Link | None, backend: Callable[..., Backend]) -> None:
    specs = [MatchSpec(game=game, link=link, frames=120)] * 200
    usual = simulate(specs, seed=11)
    backend(seed=1, ahead=50)
    assert simulate(specs, seed=11) == usual and len({result.digest for result in usual}) == 200
    assert all(result.error == "" for result in usual)
