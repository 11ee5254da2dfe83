"""Hands batches to workers that others run, a window of them at a time, and takes apart what is lost. Knows no Ray.

A batch whose worker died is not played again as it is: the match at which the worker was is tried alone, and the others
travel on without it. Where nobody knows which it was, each is tried alone. So only a match that really kills is blamed.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Collection, Generator, Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Any, Final

from rollback.errors import RollbackError
from rollback.sim.pool.backends.pieces import Crew, Lost, Piece, Refused
from rollback.sim.pool.batches import Batches
from rollback.sim.pool.job import Batch, Job, Rules
from rollback.sim.pool.parcels import Parcels
from rollback.sim.pool.patience import too_long
from rollback.sim.pool.result import MatchResult, Status
from rollback.sim.pool.worker import Missing, Unplayed, pack, unpack

__all__ = ["hand_out"]

PATIENCE: Final = 3  # times that a batch may be lost without a trace before each of its matches is tried alone

MOST_STRAYS: Final = 20  # workers killed by somebody else, for which a match is forgiven one of its own
MOST_SHORT: Final = 30  # matches in a row that run out of memory in a new worker too: then it is the limit that is too low
MOST_VAIN: Final = 50  # losses in a row that leave no trace, until it is taken for certain that no match is to blame


def hand_out(jobs: Iterator[Job], rules: Rules, crew: Crew) -> Generator[MatchResult, None, None]:
    """Have all jobs played, and yield their results in any order."""
    desk = _Desk(jobs, rules, crew)
    under_way: dict[Any, Piece] = {}
    while True:
        lost: list[tuple[Piece, Lost]] = []
        while not lost and (piece := desk.next(under_way.values())) is not None:
            if piece.is_fresh and crew.is_one_boat:
                crew.renew()  # a suspect: nothing is under way
            try:
                under_way[crew.submit(piece, pack(piece.batch))] = piece
            except Lost as error:
                lost.append((piece, error))
            except Exception as error:  # a spec that cannot be pickled raises what it likes
                desk.refused(piece, f"it cannot travel to another process: {type(error).__name__}: {error}")
        yield from desk.results()
        if not under_way and not lost and desk.is_done:
            return
        _collect(crew, desk, under_way, lost)
        if any(error.takes_all for _, error in lost):
            _collect(crew, desk, under_way, lost)  # what is over in time is not lost with the others
            lost += [(piece, lost[0][1]) for piece in under_way.values()]
            under_way.clear()
        if lost:
            desk.lost([(piece, str(error)) for piece, error in lost])
        if any(error.takes_all for _, error in lost):
            crew.renew()
        yield from desk.results()


def _collect(crew: Crew, desk: _Desk, under_way: dict[Any, Piece], lost: list[tuple[Piece, Lost]]) -> None:
    """Take what is over from those under way; where something is lost already, nobody waits for it."""
    if not under_way:
        return
    for handle in list(under_way if lost else crew.wait(under_way)):
        piece = under_way.pop(handle)
        try:
            desk.played(piece, crew.answer(handle))
        except Lost as error:
            lost.append((piece, error))
        except Refused as error:
            desk.refused(piece, str(error))


class _Desk:
    """What waits to be sent, what is decided about what came back, and the results that are ready."""

    def __init__(self, jobs: Iterator[Job], rules: Rules, crew: Crew) -> None:
        self._batches = Batches(jobs, rules.batch)
        self._crew = crew
        self._retries = rules.retries
        self._timeout = rules.timeout
        self._parcels = Parcels()
        self._again: deque[Piece] = deque()
        self._suspects: deque[Piece] = deque()
        self._ready: list[MatchResult] = []
        self._numbers = 0
        self._strays = 0  # workers that were killed by no match
        self._vain = 0  # losses without a trace since something was played
        self._short = 0  # matches in a row for which a new worker's memory was too little too
        self.is_done = False

    def next(self, under_way: Collection[Piece]) -> Piece | None:
        """Return what is to be sent now. A suspect goes first; where all sit in one boat, it goes alone, and stays alone."""
        if len(under_way) >= self._crew.window:
            return None
        if self._crew.is_one_boat and under_way and (self._suspects or any(piece.is_suspect for piece in under_way)):
            return None
        if self._suspects:
            return self._suspects.popleft()
        if self._again:
            return self._again.popleft()
        jobs = self._batches.take()
        self.is_done = not jobs
        return self._ready_to_travel(jobs)

    def _ready_to_travel(self, jobs: Iterable[Job]) -> Piece | None:
        able: list[Job] = []
        parcels: dict[tuple[str, str], None] = {}
        for job in jobs:
            try:
                parcels |= dict.fromkeys(self._parcels.of([job.spec]))
                able.append(job)
            except Exception as error:  # a user's spec may raise anything
                self._bad(job, "error", 1, f"what has to travel with it cannot be had: {error}")
        return self._piece(able, Batch.of(able, parcels)) if able else None

    def results(self) -> Iterator[MatchResult]:
        """Yield what is ready, each once."""
        ready, self._ready = self._ready, []
        yield from ready

    def played(self, piece: Piece, reply: bytes) -> None:
        """Take what came of a piece."""
        try:
            answer = unpack(piece.batch, reply)
        except Exception as error:  # a user's class may raise anything
            answer = Unplayed(f"its result cannot be read here: {type(error).__name__}: {error}")
        self._vain = 0
        if isinstance(answer, Unplayed):
            if answer.is_unfair and len(piece.jobs) == 1 and self._may_be_fresh(piece):
                self._try_fresh(piece, 0)
            else:
                self.refused(piece, answer.error)
            return
        if isinstance(answer, Missing):
            parcels = {sha: self._parcels.contents[sha] for sha in answer.hashes}
            self._again.append(replace(piece, number=self._number(), parcels=parcels))
            return
        if piece.accused is not None:
            self._strays += 1  # it was not this one that killed its worker
        if not piece.is_suspect:
            self._batches.measured(len(answer.results), answer.seconds)
        if piece.is_fresh:
            self._short = self._short + 1 if answer.results[0].status == "error" else 0
        unfair = answer.unfair if self._may_be_fresh(piece) else ()
        for place, result in enumerate(answer.results):
            if result.index in unfair:
                self._try_fresh(piece, place)
            else:
                self._ready.append(replace(result, attempts=piece.attempts + 1) if piece.attempts else result)

    def _may_be_fresh(self, piece: Piece) -> bool:
        """Return whether what failed for want of memory is tried in a new worker; not where that was in vain too often."""
        return not piece.is_fresh and self._short < MOST_SHORT

    def _try_fresh(self, piece: Piece, place: int) -> None:
        job = piece.jobs[place]
        self._suspects.append(self._part(piece, [job], is_suspect=True, is_fresh=True, attempts=piece.attempts))

    def refused(self, piece: Piece, why: str) -> None:
        """Take a piece apart that cannot be played; the matches with which it cannot are errors."""
        if len(piece.batch.specs) == 1:
            for job in piece.jobs:
                self._bad(job, "error", piece.attempts + 1, why)
        else:
            self._again.extend(self._part(piece, [job]) for job in piece.jobs)

    def lost(self, lost: Sequence[tuple[Piece, str]]) -> None:
        """Take apart what is lost."""
        traces = self._crew.traces([piece.number for piece, _ in lost])
        is_traced = any(each.place is not None for found in traces.values() for each in found)
        self._vain = 0 if is_traced else self._vain + 1
        if self._vain > MOST_VAIN:
            raise RollbackError(
                f"workers die before they play anything, {MOST_VAIN} times in a row ({lost[0][1]}): "
                'backend="serial" needs none, and shows what is wrong'
            )
        for piece, why in lost:
            found = traces.get(piece.number, ())
            places = {each.place for each in found if each.place is not None}
            ended = next((each for each in found if each.traceback), None)
            at = None if ended is None else 0 if len(piece.jobs) == 1 else ended.place
            if ended is not None and at is not None and self._timeout is not None:
                if ended.seconds is not None and ended.seconds > self._timeout:
                    self._crew.hurry()  # it was an import that hung
                text = too_long(self._timeout, ended.seconds, ended.traceback)
                self._bad(piece.jobs[at], "timeout", piece.attempts + 1, text)
                self._resend(piece, {at})
            elif piece.is_suspect:
                self._kills(piece, why)
            elif places:
                # In one boat the others were ended with the one that died: none of them is known to be the one.
                accused = None if self._crew.is_one_boat else self._strays
                for place in sorted(places):
                    self._suspects.append(self._part(piece, [piece.jobs[place]], is_suspect=True, accused=accused))
                self._resend(piece, places)
            elif is_traced and self._crew.is_one_boat and piece.losses < PATIENCE:
                self._again.append(self._part(piece, piece.jobs, losses=piece.losses + 1))  # it had not begun
            else:
                self._suspects.extend(self._part(piece, [job], is_suspect=True) for job in piece.jobs)

    def _kills(self, piece: Piece, why: str) -> None:
        """Try a match again that was alone with the worker that died, or give it up."""
        tries = piece.attempts + 1
        forgiven = 0 if piece.accused is None else min(self._strays - piece.accused, MOST_STRAYS)
        if tries <= self._retries + forgiven:
            self._suspects.append(self._part(piece, piece.jobs, is_suspect=True, attempts=tries, accused=piece.accused))
            return
        times = "" if tries == 1 else f", {tries} times"
        self._bad(piece.jobs[0], "crashed", tries, f"the process that played it died{times}: {why}")

    def _resend(self, piece: Piece, without: Collection[int]) -> None:
        if rest := [job for place, job in enumerate(piece.jobs) if place not in without]:
            self._again.append(self._part(piece, rest))

    def _bad(self, job: Job, status: Status, attempts: int, error: str) -> None:
        self._ready.append(MatchResult(job.index, status, attempts, job.seed, error=error, tags=job.spec.tags))

    def _part(self, piece: Piece, jobs: Sequence[Job], **more: Any) -> Piece:
        return self._piece(jobs, Batch.of(jobs, piece.batch.parcels), parcels=piece.parcels, **more)

    def _piece(self, jobs: Sequence[Job], batch: Batch, **more: Any) -> Piece:
        return Piece(self._number(), jobs, batch, **more)

    def _number(self) -> int:
        self._numbers += 1
        return self._numbers
