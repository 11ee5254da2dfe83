"""A run of many matches, seen by the caller: numbers, callbacks, order. Knows no game; leaves the playing to a backend."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator, Sized
from contextlib import ExitStack, closing
from dataclasses import replace
from os import PathLike
from typing import TYPE_CHECKING, Any, Final, Literal

from rollback.errors import RollbackError, UsageError
from rollback.sim.pool.backends.choosing import Run, backend_of
from rollback.sim.pool.commands import reproduce
from rollback.sim.pool.job import Job, Rules
from rollback.sim.pool.numbering import numbered
from rollback.sim.pool.played import Spec
from rollback.sim.pool.result import MatchResult
from rollback.sim.pool.seeds import MAX_SEED

if TYPE_CHECKING:
    from rollback.sim.pool.journal import Journal
    from rollback.sim.pool.sample import Sample

__all__ = ["isimulate", "simulate"]

FINE: Final = ("ok", "truncated")

Backend = Literal["serial", "process", "ray"] | Callable[[], Any]


def simulate(
    specs: Iterable[Spec],
    *,
    seed: int = 0,
    backend: Backend = "serial",
    workers: int | None = None,
    batch: int | Literal["auto"] = "auto",
    retries: int = 2,
    timeout: float | None = None,
    memory_mb: int | None = None,
    verify: float = 0.0,
    on_progress: Callable[[int, int | None], None] | None = None,
    on_result: Callable[[MatchResult], None] | None = None,
    journal: str | PathLike[str] | None = None,
) -> list[MatchResult]:
    """Play matches, and return their results in the order of the specs.

    Every backend comes to the same results, bit for bit, with any number of workers and any size of batch. No match can spoil
    the run: what becomes of a bad one is its result's status.

    Args:
        specs: What to play, such as `MatchSpec`s; may be an iterator.
        seed: Of the run. The match at index i is played with `SeedSequence(seed, spawn_key=(i,))`, wherever it is played.
        backend: `serial` (here, one after the other), `process`, `ray`, or a function that makes a
            `concurrent.futures.Executor`.
        workers: How many matches are played at once; None takes one less than there are processors. `serial` has one.
        batch: Matches that travel to a worker together; `auto` takes as many as are played in about 20 ms.
        retries: How often a match is tried again whose worker it killed, before it counts as crashed.
        timeout: Seconds after which a match is ended; None lets it take its time.
        memory_mb: MiB that a worker may take; None sets no limit. Not with `serial`.
        verify: Share of the matches, one at least where it is not 0, that are played again in a new process with another
            hash seed.
        on_progress: `on_progress(done, total)`, in this thread, once for each match; `total` is None where `specs` has no
            length.
        on_result: Told of each result as it comes, in any order, in this thread.
        journal: A file that each result is written to; with one that is there already, the run goes on from it.

    Raises:
        UsageError: An argument is wrong, or a spec is none.
        NotReproducible: A verified match came out otherwise.
        MissingPackage: The backend's package is not installed.
    """
    results = isimulate(
        specs, seed=seed, backend=backend, workers=workers, batch=batch, retries=retries, timeout=timeout,
        memory_mb=memory_mb, verify=verify, on_progress=on_progress, on_result=on_result, journal=journal,
    )  # fmt: skip
    with closing(results):
        return sorted(results, key=lambda result: result.index)


def isimulate(
    specs: Iterable[Spec],
    *,
    seed: int = 0,
    backend: Backend = "serial",
    workers: int | None = None,
    batch: int | Literal["auto"] = "auto",
    retries: int = 2,
    timeout: float | None = None,
    memory_mb: int | None = None,
    verify: float = 0.0,
    on_progress: Callable[[int, int | None], None] | None = None,
    on_result: Callable[[MatchResult], None] | None = None,
    journal: str | PathLike[str] | None = None,
) -> Generator[MatchResult, None, None]:
    """Play matches, and yield their results as they come.

    The specs are taken as they are needed and forgotten when they are played, so that memory stays flat however many there
    are. Nothing begins before the first result is asked for. Closing the iterator ends the run and all its processes, and
    so does an exception: of a callback, of the specs, or Ctrl-C.

    Args:
        specs: See `simulate`, here and below.
        seed: Of the run.
        backend: Where they are played.
        workers: How many are played at once.
        batch: How many travel together.
        retries: How often one that kills its worker is tried again.
        timeout: Seconds after which a match is ended.
        memory_mb: MiB that a worker may take.
        verify: Share of the matches that are played again.
        on_progress: Told how many are done.
        on_result: Told of each result.
        journal: Where the results are written, and from where the run goes on.

    Raises:
        UsageError: An argument is wrong; a spec that is none shows when it is reached.
        MissingPackage: The backend's package is not installed.
    """
    if not isinstance(specs, Iterable) or isinstance(specs, str | bytes | dict):
        raise UsageError(f"specs must be a list or an iterator of matches, such as [MatchSpec(game='pong')], not {specs!r:.80}")
    _whole("seed", seed, 0, MAX_SEED)
    _whole("workers", workers, 1, 4096, also=None)
    _whole("batch", batch, 1, 1_000_000, also="auto")
    _whole("retries", retries, 0, 1000)
    _number("timeout", timeout, "a number of seconds above 0, or None", lambda value: 0 < value <= 1e6, also=None)
    _whole("memory_mb", memory_mb, 16, 1 << 24, also=None)
    _number("verify", verify, "a share from 0 to 1, such as 0.01", lambda value: 0 <= value <= 1)
    for name, callback in (("on_progress", on_progress), ("on_result", on_result)):
        if callback is not None and not callable(callback):
            raise UsageError(f"{name} must be a function, or None, not {callback!r:.80}")
    if journal is not None and (not isinstance(journal, str | PathLike) or not str(journal) or "\0" in str(journal)):
        raise UsageError(f"journal must be the path of a file, or None, not {journal!r:.80}")
    if memory_mb is not None and backend == "serial":
        raise UsageError("memory_mb limits a worker, and serial has none of its own: use backend='process', or leave it out")
    total = len(specs) if isinstance(specs, Sized) else None
    rules = Rules(seed, workers, batch, retries, timeout, memory_mb, total)
    return _told(_Run(specs, rules, backend_of(backend)), verify, journal, on_progress, on_result)


def _told(
    run: _Run,
    verify: float,
    journal: str | PathLike[str] | None,
    on_progress: Callable[[int, int | None], None] | None,
    on_result: Callable[[MatchResult], None] | None,
) -> Generator[MatchResult, None, None]:
    """Yield what comes of a run, and tell of it."""
    with ExitStack() as stack:
        if journal is not None:
            from rollback.sim.pool.journal import Journal

            run.journal = stack.enter_context(Journal.open(journal, seed=run.rules.seed))
        if verify:
            from rollback.sim.pool.sample import Sample

            run.sample = stack.enter_context(closing(Sample(verify, run.rules.seed)))
        results = stack.enter_context(closing(run.results()))
        for done, result in enumerate(results, 1):
            if on_result is not None:
                on_result(result)
            if on_progress is not None:
                on_progress(done, run.rules.matches)
            yield result
        if run.sample is not None:
            from rollback.sim.pool.verify import verify as verify_sample

            verify_sample(run.sample, run.rules.timeout)


class _Run:
    """The matches of one run between the specs and the results."""

    def __init__(self, specs: Iterable[Spec], rules: Rules, play: Run) -> None:
        self.rules = rules
        self.journal: Journal | None = None
        self.sample: Sample | None = None
        self._specs = specs
        self._play = play
        self._under_way: dict[int, Job] = {}
        self._from_before: deque[int] = deque()  # not the results: a journal may hold more of them than memory does

    def results(self) -> Generator[MatchResult, None, None]:
        """Yield each match's result once: those of the journal, and those that the backend plays.

        What a backend gives twice, or never, is no result: a run with one match too few must not look like a whole one.
        """
        items = self._sorted_out()
        for item in items:
            if isinstance(item, Job):
                with closing(self._play(self._needed(item, items), self.rules)) as results:
                    for result in results:
                        yield from self._done(result)
            else:  # a journal's beginning, however long: no worker is started before its time
                yield self._read(item)
        while self._from_before:
            yield self._read(self._from_before.popleft())
        if self._under_way:
            lost = f"{len(self._under_way)} matches, the first one at index {min(self._under_way)}"
            raise RollbackError(f"the backend lost {lost}")

    def _sorted_out(self) -> Iterator[Job | int]:
        """Yield what is to be played, and the indices of what was played before this run."""
        jobs, sample = numbered(self._specs, self.rules.seed), self.sample
        for job in jobs if sample is None else sample.watch(jobs):
            if self.journal is not None and self.journal.has(job):
                yield job.index
            else:
                self._under_way[job.index] = job
                yield job

    def _read(self, index: int) -> MatchResult:
        """Return a result of the journal."""
        assert self.journal is not None
        result = self.journal.result(index)
        if self.sample is not None:
            self.sample.take(result)
        return result

    def _needed(self, first: Job, items: Iterator[Job | int]) -> Iterator[Job]:
        """Yield what is to be played; results among it wait for the next one that is played."""
        yield first
        for item in items:
            if isinstance(item, Job):
                yield item
            else:
                self._from_before.append(item)

    def _done(self, result: MatchResult) -> Iterator[MatchResult]:
        """Yield the result of a match that was played, after those that waited for it."""
        job = self._under_way.pop(result.index, None)
        if job is None:
            raise RollbackError(f"the backend returned a result twice, or one that nobody asked for: {result!r:.200}")
        if result.status not in FINE:
            result = replace(result, command=reproduce(job.spec, job.seed))
        if self.journal is not None:
            self.journal.write(result)
        if self.sample is not None:
            self.sample.take(result)
        while self._from_before:
            yield self._read(self._from_before.popleft())
        yield result


def _whole(name: str, value: Any, low: int, high: int, also: Any = ...) -> None:
    if value == also and type(value) is type(also):
        return
    if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
        more = "" if also is ... else f", or {also!r}"
        raise UsageError(f"{name} must be a whole number from {low} to {high}{more}, not {value!r:.80}")


def _number(name: str, value: Any, words: str, fits: Callable[[float], bool], also: Any = ...) -> None:
    if value is also:
        return
    if not isinstance(value, int | float) or isinstance(value, bool) or not math.isfinite(value) or not fits(value):
        raise UsageError(f"{name} must be {words}, not {value!r:.80}")
