"""The program `rollback` as a process of its own, followed line by line; it is ended with its test."""

from __future__ import annotations

import contextlib
import io
import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rollback.cli.app import run

PROGRAM = [sys.executable, "-c", "from rollback.cli import main; main()"]
PATIENCE = 60.0  # seconds; a busy machine is no failure


class Program:
    """A running program.

    Args:
        arguments: Its arguments.
        environment: Variables besides our own.
        stdin: Where it reads from; nowhere, by default.
        words: The command that the arguments are put behind, if it is another one.

    Attributes:
        said: What it wrote to stderr so far.
    """

    def __init__(
        self,
        *arguments: str,
        environment: Mapping[str, str] | None = None,
        stdin: Any = None,
        words: Sequence[str] = PROGRAM,
    ) -> None:
        self.said = ""
        self.out = ""
        self._news = threading.Condition()
        self.process = subprocess.Popen(
            [*words, *arguments],
            stdin=subprocess.DEVNULL if stdin is None else stdin,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, **(environment or {})},
        )
        self._threads = [threading.Thread(target=self._read, args=(name,)) for name in ("out", "said")]
        for thread in self._threads:
            thread.start()

    def wait_for(self, pattern: str, *, where: str = "said") -> re.Match[str]:
        """Return where the pattern is found in what it wrote, once it is there."""
        until = time.monotonic() + PATIENCE
        with self._news:
            while not (found := re.search(pattern, getattr(self, where))):
                assert time.monotonic() < until, f"{pattern!r} did not come; it said:\n{self.said}\n{self.out}"
                assert self.process.poll() is None or any(thread.is_alive() for thread in self._threads), (
                    f"it ended without {pattern!r}:\n{self.said}\n{self.out}"
                )
                self._news.wait(0.2)
        return found

    def send(self, number: signal.Signals) -> None:
        """Send a signal."""
        self.process.send_signal(number)

    def code(self, within: float = PATIENCE) -> int:
        """Wait for its end, and return its code."""
        try:
            code = self.process.wait(within)
        except subprocess.TimeoutExpired:
            raise AssertionError(f"it did not end within {within} s:\n{self.said}\n{self.out}") from None
        for thread in self._threads:
            thread.join(PATIENCE)
        assert "Traceback" not in self.said, self.said
        return code

    def result(self) -> Any:
        """Return the JSON it printed, after its end."""
        return json.loads(self.out)

    def close(self) -> None:
        """End it, if it still runs."""
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        for thread in self._threads:
            thread.join(PATIENCE)
        for pipe in (self.process.stdout, self.process.stderr):
            assert pipe is not None
            pipe.close()

    def _read(self, name: str) -> None:
        pipe = self.process.stdout if name == "out" else self.process.stderr
        assert pipe is not None
        with contextlib.suppress(ValueError):
            for line in pipe:
                with self._news:
                    setattr(self, name, getattr(self, name) + line)
                    self._news.notify_all()


@contextlib.contextmanager
def program(*arguments: str, environment: Mapping[str, str] | None = None) -> Iterator[Program]:
    """Run the program for the length of a block."""
    running = Program(*arguments, environment=environment)
    try:
        yield running
    finally:
        running.close()


@dataclass(frozen=True, slots=True)
class Done:
    """What a command that has ended said, and its code."""

    code: int
    out: str
    said: str


def within(*arguments: str) -> Done:
    """Run a command in this process: half a second less, where neither its beginning nor its end is looked at."""
    out, said = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(said):
        code = run(arguments)
    return Done(code, out.getvalue(), said.getvalue())


def children_of(pid: int) -> list[int]:
    """Return the processes that `pid` started and that run."""
    found = []
    for name in os.listdir("/proc"):
        if name.isdigit() and not is_gone(int(name)):
            with contextlib.suppress(OSError, ValueError), open(f"/proc/{name}/stat") as file:
                if int(file.read().rpartition(")")[2].split()[1]) == pid:
                    found.append(int(name))
    return sorted(found)


def is_gone(pid: int) -> bool:
    """Whether a process has ended, even if nobody has asked for its code yet."""
    try:
        with open(f"/proc/{pid}/stat") as file:
            return file.read().rpartition(")")[2].split()[0] in "ZX"
    except (OSError, IndexError):
        return True


def all_gone(pids: list[int], within: float = 15.0) -> bool:
    """Wait until these processes have ended; return whether they did."""
    until = time.monotonic() + within
    while not all(is_gone(pid) for pid in pids):
        if time.monotonic() > until:
            return False
        time.sleep(0.05)
    return True
