"""The studio's end of a training process: orders go in, reports come out, and it ends in good time. Knows no run's state.

A thread reads, so that a process that was stopped in the middle of a word holds up nobody. What it has read waits in a
short row; where the studio is late the row is full, the pipe fills, and the training waits. Of pictures only the newest
waits.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import queue
import signal
import threading
from collections import deque
from collections.abc import Callable, Sequence
from multiprocessing.connection import Connection, wait
from typing import Any, Final

from rollback.sim.pool.spawning import Context, Worker
from rollback.studio.letters import POINTS, opened, written
from rollback.studio.limits import Limits
from rollback.studio.points import rows_of
from rollback.studio.run_process import run
from rollback.studio.states import Exit
from rollback.studio.trainer import Job

__all__ = ["Program", "RunProcess", "how_it_ended"]

ROW: Final = 64  # reports that wait for the studio
KILLED: Final = 10.0  # seconds a killed process may take to be gone: the system is saving its memory, or swapping
_PIECE: Final = 4096

Report = dict[str, Any]
Program = Callable[[Connection, Connection, Connection, Job], None]


class RunProcess:
    """A training process.

    Args:
        job: What it is to do.
        limits: Of the studio.
        reported: Called in the event loop with each report, in order.
        ended: Called there once, with the exit code and the last lines of its standard error, after all reports.
        program: What runs in the process.
    """

    def __init__(
        self,
        job: Job,
        limits: Limits,
        reported: Callable[[Report], None],
        ended: Callable[[int | None, Sequence[str]], None],
        program: Program = run,
    ) -> None:
        self._job = job
        self._program = program
        self._limits = limits
        self._reported = reported
        self._on_end = ended
        self._loop = asyncio.get_running_loop()
        self._orders: Connection | None = None
        self._process: Worker | None = None
        self._row: queue.Queue[Report] = queue.Queue(ROW)
        self._picture: Report | None = None
        self._last_words: deque[str] = deque(maxlen=limits.error_lines)
        self._is_abandoned = False
        self._is_unwanted = False
        self._gone = asyncio.Event()
        self._lock = threading.Lock()
        self._is_due = False  # whether the loop has been asked to look into the row
        self._thread = threading.Thread(target=self._live, name="run", daemon=True)

    @property
    def pid(self) -> int | None:
        """The process's id; None before it is started."""
        return self._process.pid if self._process is not None else None

    def start(self) -> None:
        """Begin to start it; it reports when it is ready, and its end if it cannot be started."""
        self._thread.start()

    def order(self, order: str, **values: Any) -> bool:
        """Give an order, without waiting; False if it takes none."""
        message = written({"order": order, **values})
        with self._lock:
            orders = self._orders
            if orders is None or len(message) > _PIECE // 2:  # a short one is written in one piece or not at all
                return False
            try:
                orders.send_bytes(message)
            except (BlockingIOError, OSError, ValueError):
                return False
        return True

    async def stop(self) -> bool:
        """Make it save and leave, by force if need be; return whether it had to be killed."""
        self._is_unwanted = True
        self.order("stop")
        for patience, then in ((self._limits.stop_within, signal.SIGTERM), (self._limits.terminate_within, signal.SIGKILL)):
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(patience):
                    await self._gone.wait()
                return False
            self._send(then)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(KILLED):
                await self._gone.wait()
        return True

    def abandon(self) -> None:
        """Let it leave by itself: it saves when nobody can give it orders any more."""
        with self._lock:
            self._is_abandoned = True
            if self._orders is not None:
                self._orders.close()
                self._orders = None

    def _send(self, number: int) -> None:
        with self._lock:
            if self._process is not None and self._process.pid is not None and self._process.exitcode is None:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(self._process.pid, number)

    # In the thread.

    def _live(self) -> None:
        try:
            reports, errors = self._begun()
        except Exception as error:  # no memory, no processes left: what it is, is told as the run's end
            self._last_words.append(f"{type(error).__name__}: {error}")
            self._call(self._end, None)
            return
        assert self._process is not None
        sources: list[Any] = [reports, errors, self._process.sentinel]
        while self._process.sentinel in sources:
            for source in wait(sources):
                if source is reports and not self._read(reports):
                    sources.remove(reports)
                elif source is errors and not self._listen(errors):
                    sources.remove(errors)
                elif source == self._process.sentinel:
                    sources.remove(source)
        while reports in sources and reports.poll() and self._read(reports):
            pass
        while errors in sources and errors.poll() and self._listen(errors):
            pass
        self._process.join()
        code = self._process.exitcode
        reports.close()
        errors.close()
        self.abandon()
        with self._lock:
            self._process.close()
            self._process = None
        self._call(self._end, code)

    def _begun(self) -> tuple[Connection, Connection]:
        context = Context()
        (taken, orders), (reports, reported), (errors, complained) = (context.Pipe(duplex=False) for _ in range(3))
        process = Worker(target=self._program, args=(taken, reported, complained, self._job), name="rollback run")
        try:
            process.start()
        finally:
            for end in (taken, reported, complained):
                end.close()
        if hasattr(os, "set_blocking"):
            os.set_blocking(orders.fileno(), False)
        with self._lock:
            self._process = process
            self._orders = orders
            if self._is_abandoned:
                orders.close()
                self._orders = None
        if self._is_unwanted:  # it was to be stopped before there was anybody to be told
            self.order("stop")
        return reports, errors

    def _read(self, reports: Connection) -> bool:
        """Take a report; False if there will be none any more."""
        try:
            message = reports.recv_bytes(self._limits.report_bytes)
            is_points = message.startswith(POINTS)
            report = {"is": "points", "rows": rows_of(message[len(POINTS) :])} if is_points else opened(message)
        except (EOFError, OSError, ValueError):
            return False
        if report.get("is") == "picture":
            self._picture = report
        else:
            while True:
                try:
                    self._row.put(report, timeout=1.0)
                    break
                except queue.Full:
                    if self._is_abandoned:
                        return True
        with self._lock:
            is_due, self._is_due = self._is_due, True
        if not is_due:
            self._call(self._hand_over)
        return True

    def _listen(self, errors: Connection) -> bool:
        """Take what the process complains about; False if it will not any more."""
        try:
            piece = os.read(errors.fileno(), _PIECE)
        except OSError:
            return False
        text = (self._last_words.pop() if self._last_words else "") + piece.decode("utf-8", "replace")
        self._last_words.extend(line[: self._limits.error_width] for line in text.split("\n"))
        return bool(piece)

    def _call(self, function: Callable[..., None], *arguments: Any) -> None:
        with contextlib.suppress(RuntimeError):  # the loop is closed: nobody is there to be told
            self._loop.call_soon_threadsafe(function, *arguments)

    # In the event loop.

    def _hand_over(self) -> None:
        with self._lock:
            self._is_due = False
        for _ in range(ROW):
            try:
                report = self._row.get_nowait()
            except queue.Empty:
                break
            self._reported(report)
        picture, self._picture = self._picture, None
        if picture is not None:
            self._reported(picture)

    def _end(self, code: int | None) -> None:
        self._hand_over()
        self._gone.set()
        self._on_end(code, [line for line in self._last_words if line.strip()])


def how_it_ended(code: int | None, last_words: Sequence[str]) -> str:
    """Say in a sentence how a process ended that should not have."""
    if code is None:
        return f"it could not be started: {last_words[-1] if last_words else 'no reason is known'}"
    if code == Exit.REFUSED:
        return last_words[-1] if last_words else "it could not begin"
    said = f": {last_words[-1]}" if last_words else ""
    if code < 0:
        with contextlib.suppress(ValueError):
            return f"it was ended by {signal.Signals(-code).name}{said}"
        return f"it was ended by signal {-code}{said}"
    return f"it ended with exit code {code}{said}"
