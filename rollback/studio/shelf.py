"""The runs that are known, and what their logs hold. Knows the folder and the runs; knows no process and no page."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final, TypeVar

from rollback.agents.checkpoints import ListedRun, RunFolder, Runs
from rollback.errors import CheckpointError, UsageError
from rollback.studio.curve import Curve
from rollback.studio.history import BEGINNING, read_rows
from rollback.studio.limits import Limits
from rollback.studio.outside import Outside
from rollback.studio.points import MOST, Row
from rollback.studio.refusals import Refused
from rollback.studio.run import MEAN_OF, Facts, Run
from rollback.studio.states import Cause, State
from rollback.studio.tasks import Tasks

__all__ = ["Shelf", "on_disk"]

READ_AT_ONCE: Final = 128 * 1024  # bytes of a log: reading them holds up everything else for some milliseconds

_log = logging.getLogger("rollback.studio")
T = TypeVar("T")


class Shelf:
    """The runs of one folder.

    Args:
        folder: Where they are.
        limits: Of the studio.
        tasks: Where reading goes on while nobody waits for it.
        changed: Called with a run whose log has been read, or read on.
    """

    def __init__(self, folder: Runs, limits: Limits, tasks: Tasks, changed: Callable[[Run], None]) -> None:
        self._folder = folder
        self._outside = Outside(folder)
        self._looking = asyncio.Lock()
        self._on_locks = threading.Lock()  # held in threads, for those go on where nobody waits for them any more
        self._steps: dict[str, tuple[float, int]] = {}  # of runs that others train: when, and how many they were
        self._limits = limits
        self._tasks = tasks
        self._changed = changed
        self._runs: dict[str, Run] = {}
        self._in_order: list[Run] | None = None  # newest first, made when it is asked for
        self._reading: set[str] = set()
        self._wanted: list[str] = []  # runs that rest and whose curve was asked for, the newest wish last

    def __iter__(self) -> Iterator[Run]:
        return iter(list(self._runs.values()))

    async def look(self) -> list[tuple[str, dict[str, Any]]]:
        """Learn what is in the folder, and what other processes did there; return events and payloads to be told.

        A run that has come is stopped, or `elsewhere` where some process trains it.

        Raises:
            Refused: The folder cannot be read.
        """
        async with self._looking:
            told = await self._looked()
        return [(event, run.told() if event == "status" else {"run": run.name}) for (event, _), run in told.items()]

    async def _looked(self) -> dict[tuple[str, str], Run]:
        own = frozenset(run.name for run in self if run.is_active)
        seen = await self.alone(lambda: self._outside.look(own))
        told: dict[tuple[str, str], Run] = {}
        for name in seen.gone:
            if (run := self._runs.get(name)) is not None and not run.is_active:
                self._forget(run)
                told["deleted", name] = run
        for listed in seen.came:
            if listed.folder.name not in self._runs:
                run = self._known(listed.folder, Facts.from_plain(listed.facts))
                run.reason = listed.problem
                _count(run, listed)
                told["status", run.name] = run
        for run in self:
            if run.name not in own and run.happened(Cause.TAKEN if run.name in seen.taken else Cause.FREED):
                self._changed_hands(run)
                told["status", run.name] = run
        for listed in seen.changed:
            run = self._runs.get(listed.folder.name)
            if run is not None and not run.is_active and not listed.problem:
                if run.state is State.ELSEWHERE or ("status", run.name) in told:
                    run.facts = Facts.from_plain(listed.facts)
                    self._in_order = None
                    _count(run, listed)
                    told["status", run.name] = run
                told["checkpoints", run.name] = run
        for run in self:
            if run.is_read and (run.state is State.ELSEWHERE or ("status", run.name) in told):
                try:
                    await self._follow(run)
                except Exception:  # the trouble of one run is not that of the others
                    run.begin_curve(is_read=False)  # when it is looked at, it is read from its start
                    _log.exception("the log of the run %s cannot be followed", run.name)
        self._measure()
        return told

    def _measure(self) -> None:
        """Find out how fast others train."""
        now = asyncio.get_running_loop().time()
        for run in self:
            then, step = self._steps.get(run.name, (now, run.step))
            if run.state is not State.ELSEWHERE:
                self._steps.pop(run.name, None)
            elif run.step != step or run.name not in self._steps:
                self._steps[run.name] = now, run.step
                run.steps_per_second = max(0.0, run.step - step) / max(now - then, 0.001)

    def _changed_hands(self, run: Run) -> None:
        """Another process has begun to train it, or has ended: what it did to the log is not known."""
        run.reason, run.last_words, run.picture = "", (), None
        run.steps_per_second = 0.0
        if run.is_read and run.state is State.ELSEWHERE:
            run.begin_curve(is_read=False)
            self.want_curve(run)

    async def _follow(self, run: Run) -> None:
        """Add to a curve what another process has written since it was read."""
        while run.is_read and not run.is_active:
            piece = await on_disk(lambda: read_rows(run.folder, run.read_to, READ_AT_ONCE))
            if not run.is_read or run.is_active:
                return
            if piece is None:  # the log was replaced
                run.begin_curve(is_read=False)
                self.want_curve(run)
                return
            rows, run.read_to = piece
            if not rows:
                return
            run.take(rows)
            self._changed(run)

    def newest_first(self) -> list[Run]:
        """Return all runs, the newest first."""
        if self._in_order is None:
            self._in_order = sorted(self._runs.values(), key=lambda run: (run.facts.started, run.name), reverse=True)
        return list(self._in_order)

    def older(self, name: str) -> tuple[list[Run], int]:
        """Return the next runs that are older than one, and how many are older still; without a name, the newest ones."""
        runs = self.newest_first()
        begin = next((at + 1 for at, run in enumerate(runs) if run.name == name), len(runs)) if name else 0
        end = begin + self._limits.listed
        return runs[begin:end], max(0, len(runs) - end)

    def current(self) -> Run | None:
        """Return the newest run that is active, else the newest one."""
        runs = self.newest_first()
        return next((run for run in runs if run.is_active), runs[0] if runs else None)

    def get(self, name: str) -> Run | None:
        """Return a run by its name, None if there is none."""
        return self._runs.get(name)

    def find(self, name: str = "") -> Run:
        """Return a run; without a name, the current one.

        Raises:
            Refused: There is none.
        """
        run = self._runs.get(name) if name else self.current()
        if run is None:
            sentence = f"there is no run {name}: take one of the list" if name else "there is no run yet: start one"
            raise Refused("unknown", sentence)
        return run

    async def make(self, facts: Facts, name: str) -> Run:
        """Make a new run, of that name if one is given.

        Raises:
            Refused: There is such a folder already, or the disk does not take it.
        """
        family, _, query = facts.environment.partition("?")
        like = "-".join([family.rpartition("/")[2], *(pair.partition("=")[2] for pair in query.split("&") if pair)])
        folder = await on_disk(lambda: self._folder.create(facts.plain(), name, like=like))
        run = self._known(folder, facts)
        run.state, run.is_read = State.IDLE, True
        return run

    async def delete(self, run: Run) -> None:
        """Delete a run, which must rest."""
        await self.alone(lambda: self._folder.delete(run.name))
        self._forget(run)

    async def alone(self, work: Callable[[], T]) -> T:
        """Do what takes the right to write into a run's folder, while nobody looks: it would be taken for another process's.

        Raises:
            Refused: See `on_disk`.
        """

        def held() -> T:
            with self._on_locks:
                return work()

        return await on_disk(held)

    def _forget(self, run: Run) -> None:
        if self._runs.get(run.name) is run:
            del self._runs[run.name]
        self._wanted = [name for name in self._wanted if name != run.name]
        self._in_order = None

    def want_curve(self, run: Run) -> None:
        """Have the curve of a run read if it is not, while nobody waits for it."""
        self._wanted = [name for name in self._wanted if name != run.name] + [run.name]
        for name in self._wanted[: -self._limits.curves]:
            self._let_go(name)
        if not run.is_read and run.name not in self._reading:
            self._reading.add(run.name)
            self._tasks.start(self._read(run))

    def rests(self, run: Run) -> None:
        """Learn that a run has ended: its curve and its picture are kept as long as those of runs that are looked at."""
        run.steps_per_second = 0.0
        if run.is_read:
            self.want_curve(run)

    def _let_go(self, name: str) -> None:
        """Forget a curve that can be read again, and a picture that can be made again: many runs are looked through."""
        self._wanted.remove(name)
        run = self._runs.get(name)
        if run is not None and not run.is_active and run.is_read:
            run.begin_curve(is_read=False)
            run.picture = None

    async def _read(self, run: Run) -> None:
        try:
            await self.read(run, lambda: run.name in self._wanted)
        finally:
            self._reading.discard(run.name)

    async def read(self, run: Run, is_wanted: Callable[[], bool] = lambda: True) -> None:
        """Have the curve of a run hold what its log does, for as long as that is wanted."""
        place, generation = BEGINNING, -1
        newest: list[Row] = []
        while not run.is_read and self._runs.get(run.name) is run and is_wanted():
            if run.generation != generation:  # the agent was replaced meanwhile, and its log
                place, generation, newest = BEGINNING, run.generation, []
            piece = await on_disk(lambda at=place: read_rows(run.folder, at, READ_AT_ONCE))  # type: ignore[misc]
            if run.is_read or run.generation != generation:
                continue
            is_end = piece is not None and piece[1].offset - place.offset < READ_AT_ONCE // 2
            if is_end and piece is not None:
                newest = _added(run, newest, piece[0])
                # What came while that piece was read is in the log too, for it is written before it is told.
                piece = read_rows(run.folder, piece[1], READ_AT_ONCE)
            if piece is None:  # the log was thinned or cut while it was read
                run.begin_curve(is_read=False)
                continue
            newest = _added(run, newest, piece[0])
            place = piece[1]
            if is_end:
                run.is_read, run.read_to = True, place
                run.step, run.episode = max(run.step, run.curve.last_step), max(run.episode, run.curve.last)
                if newest and not run.is_active:
                    run.note(newest)
                self._changed(run)

    def _known(self, folder: RunFolder, facts: Facts) -> Run:
        self._in_order = None
        run = self._runs[folder.name] = Run(folder, facts, Curve(self._limits.curve_points, self._limits.points_kept))
        return run


async def on_disk(work: Callable[[], T]) -> T:
    """Do something that waits for the disk, and wait for it while everything else goes on.

    Raises:
        Refused: It is not allowed, or the disk does not do it.
    """
    try:
        return await asyncio.to_thread(work)
    except CheckpointError as error:
        raise Refused("failed", str(error)) from None
    except UsageError as error:
        raise Refused("malformed", str(error)) from None


def _added(run: Run, newest: Sequence[Row], rows: Sequence[Row]) -> list[Row]:
    """Add rows to a curve; return the newest of all."""
    run.curve.add(rows)
    return [*newest, *rows][-MEAN_OF:]


def _count(run: Run, listed: ListedRun) -> None:
    run.episode, run.step = (_whole(listed.facts.get(name)) for name in ("episode", "step"))


def _whole(value: Any) -> int:
    return value if type(value) is int and 0 <= value <= MOST else 0
