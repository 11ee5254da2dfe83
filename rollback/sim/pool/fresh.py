"""A new process that plays matches again, seen from the one that starts it. Knows processes; judges nothing."""

from __future__ import annotations

import json
import os
import pickle
import signal
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

from rollback.errors import UsageError
from rollback.sim.pool.anew import READY, Order
from rollback.sim.pool.conditions import Conditions
from rollback.sim.pool.job import Job
from rollback.sim.pool.sample import Outcome
from rollback.sim.pool.spawning import WHERE, check_not_opening, script_of_caller
from rollback.sim.pool.worker import MAIN, ONE_THREAD

__all__ = ["Answer", "Fresh"]

LAST_WORDS: Final = 20_000  # bytes of what a process said before it ended
TIMED_OUT: Final = "Timeout ("  # with which faulthandler begins what it says before it ends a process


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of a match in a new process.

    Attributes:
        outcome: Its status is `crashed` or `timeout` where the process ended in the middle of it.
        looked_at: Which of the conditions that were set the match has used.
    """

    outcome: Outcome
    looked_at: tuple[str, ...] = ()


class Fresh:
    """One new process, at work from the start until the `with` ends; it ends with it.

    Args:
        jobs: What it plays, in this order.
        conditions: How it is made.
        timeout: Seconds after which a match ends the process; None lets it take its time.

    Raises:
        UsageError: A match cannot travel, or no process can be started.
    """

    def __init__(self, jobs: Sequence[Job], conditions: Conditions, timeout: float | None = None) -> None:
        self._jobs = jobs
        self._timeout = timeout
        self._folder = tempfile.TemporaryDirectory(prefix="rollback-")
        try:
            order = Path(self._folder.name) / "order"
            order.write_bytes(_order(jobs, conditions, timeout))
            self._said = open(Path(self._folder.name) / "said", "w+b")
            self._process = _started(str(order), conditions, self._said)
        except BaseException:
            self._close_files()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None) -> None:
        if hasattr(os, "killpg"):
            with suppress(OSError):
                os.killpg(self._process.pid, signal.SIGKILL)  # it leads a group, in which is what its matches have started
        self._process.kill()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                pipe.close()
        self._close_files()

    def answers(self) -> list[Answer]:
        """Wait for what came of the matches, in their order; those after one that ended the process are missing.

        Raises:
            UsageError: The process could not even read its order.
        """
        assert self._process.stdout is not None
        if self._process.stdout.readline() != READY:
            raise UsageError(f"verify needs another process, and none can play the matches: {self._end().error}")
        found = []
        for line in self._process.stdout:
            if not line.endswith(b"\n"):
                break
            status, digest, error, looked_at = json.loads(line)
            found.append(Answer(Outcome(status, digest, error), tuple(looked_at)))
        if len(found) < len(self._jobs):
            found.append(Answer(self._end()))
        return found

    def _end(self) -> Outcome:
        """Return what came of the match in the middle of which the process ended."""
        code = self._process.wait()
        self._said.seek(0)
        words = self._said.read()[-LAST_WORDS:].decode(errors="replace").strip().splitlines()
        if any(line.startswith(TIMED_OUT) for line in words):
            return Outcome("timeout", "", f"not done within {self._timeout} s")
        return Outcome("crashed", "", f"the process ended with code {code}" + (f" and said last: {words[-1]}" if words else ""))

    def _close_files(self) -> None:
        said = getattr(self, "_said", None)
        if said is not None:
            said.close()
        self._folder.cleanup()


def _order(jobs: Sequence[Job], conditions: Conditions, timeout: float | None) -> bytes:
    packed = b"".join(pickle.dumps(job) for job in jobs)
    check_not_opening()
    script = script_of_caller() if MAIN in packed else ()
    if MAIN in packed and not (script and (script[0][0] == WHERE[0] or Path(script[0][1]).exists())):
        raise UsageError(
            f"verify plays match {jobs[0].index} ({jobs[0].spec.name}) again in another process, and it is defined in a"
            " notebook, in a console or on standard input: write it into a file, and name it by that (`my_file.py:MyGame`)"
        )
    return pickle.dumps(Order(conditions, len(jobs), timeout, script)) + packed


def _started(order: str, conditions: Conditions, said: Any) -> subprocess.Popen[bytes]:
    entries = [entry for entry in sys.path if isinstance(entry, str)]
    code = (
        f"import sys; sys.path[:] = {entries!r}; from rollback.sim.pool.anew import main;"
        # A spawned process has this name in `__main__`, and `open_script` knows by it that it holds nothing of the caller.
        f"from multiprocessing.spawn import spawn_main; main({order!r})"
    )
    try:
        return subprocess.Popen(
            [sys.executable, "-c", code],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=said,
            env=os.environ | dict.fromkeys(ONE_THREAD, "1") | {"PYTHONHASHSEED": conditions.hash_seed},
            start_new_session=True,
        )
    except OSError as error:
        raise UsageError(f"verify needs another process, and none can be started here ({error})") from None
