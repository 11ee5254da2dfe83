"""The runs that are known, and what their logs hold. Knows the folder and the runs; knows no process and no page."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from typing import Any, Final, TypeVar

from rollback.agents.checkpoints import RunFolder, Runs
from rollback.errors import CheckpointError, UsageError
from rollback.studio.curve import Curve
from rollback.studio.history import read_rows
from rollback.studio.limits import Limits
from rollback.studio.refusals import Refused
from rollback.studio.run import Facts, Run
from rollback.studio.states import State
from rollback.studio.tasks import Tasks

__all__ = ["Shelf", "on_disk"]

READ_AT_ONCE: Final = 128 * 1024  # bytes of a log: reading them holds up everything else for some milliseconds

T = TypeVar("T")


class Shelf:
    """The runs of one folder.

    Args:
        folder: Where they are.
        limits: Of the studio.
        tasks: Where reading goes on while nobody waits for it.
        changed: Called when a curve has been read.
    """

    def __init__(self, folder: Runs, limits: Limits, tasks: Tasks, changed: Callable[[], None]) -> None:
        self._folder = folder
        self._limits = limits
        self._tasks = tasks
        self._changed = changed
        self._runs: dict[str, Run] = {}
        self._in_order: list[Run] | None = None  # newest first, made when it is asked for
        self._reading: set[str] = set()
        self._wanted: list[str] = []  # runs that rest and whose curve was asked for, the newest wish last

    def __iter__(self) -> Iterator[Run]:
        return iter(list(self._runs.values()))

    async def open(self) -> None:
        """List the runs that are there already, as stopped."""
        for listed in await on_disk(self._folder.listed):
            run = self._known(listed.folder, Facts.from_plain(listed.facts))
            run.reason = listed.problem
            run.episode, run.step = (_whole(listed.facts.get(name)) for name in ("episode", "step"))

    def newest_first(self) -> list[Run]:
        """Return all runs, the newest first."""
        if self._in_order is None:
            self._in_order = sorted(self._runs.values(), key=lambda run: (run.facts.started, run.name), reverse=True)
        return list(self._in_order)

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
        await on_disk(lambda: self._folder.delete(run.name))
        self._runs.pop(run.name, None)
        self._in_order = None

    def want_curve(self, run: Run) -> None:
        """Have the curve of a run read if it is not, while nobody waits for it."""
        self._wanted = [name for name in self._wanted if name != run.name] + [run.name]
        for name in self._wanted[: -self._limits.curves]:
            self._let_go(name)
        if not run.is_read and run.name not in self._reading:
            self._reading.add(run.name)
            self._tasks.start(self._read(run))

    def _let_go(self, name: str) -> None:
        """Forget a curve that can be read again: many resting runs are looked through."""
        self._wanted.remove(name)
        run = self._runs.get(name)
        if run is not None and not run.is_active and run.is_read:
            run.begin_curve(is_read=False)

    async def _read(self, run: Run) -> None:
        try:
            await self.read(run)
        finally:
            self._reading.discard(run.name)

    async def read(self, run: Run) -> None:
        """Have the curve of a run hold what its log does."""
        offset, generation = 0, -1
        while not run.is_read and self._runs.get(run.name) is run:
            if run.generation != generation:  # the log was replaced meanwhile
                offset, generation = 0, run.generation
            rows, following = await on_disk(lambda start=offset: read_rows(run.folder, start, READ_AT_ONCE))  # type: ignore[misc]
            if run.is_read or run.generation != generation:
                continue
            run.curve.add(rows)
            is_end, offset = following - offset < READ_AT_ONCE // 2, following
            if is_end:
                # What came while that piece was read is in the log too, for it is written before it is told.
                run.curve.add(read_rows(run.folder, offset, READ_AT_ONCE)[0])
                run.is_read = True
                run.step, run.episode = max(run.step, run.curve.last_step), max(run.episode, run.curve.last)
                self._changed()

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


def _whole(value: Any) -> int:
    return value if type(value) is int and value >= 0 else 0
