"""Two processes that talk in lines of JSON over pipes, and end together. Knows no match and no window."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import sys
import threading
from collections import deque
from collections.abc import Callable, Mapping
from typing import Any, Final, Self

from rollback.errors import NetworkError

__all__ = ["Child", "Parent"]

LONGEST_LINE: Final = 16 * 1024 * 1024  # a picture is some thousand bytes; this only bounds a child gone mad
LEAVE_WITHIN: Final = 3.0  # seconds between the wish that a child ends and its end by force
_KEPT: Final = 30  # lines of what a child wrote to its stderr


class Child:
    """A Python module running as a process of its own, as its parent sees it.

    It is started in a session of its own: Ctrl-C in the terminal reaches the parent alone, which then ends its children
    in good order. A child whose parent is gone reads the end of its input, and ends.

    Attributes:
        name: What messages call it.
        pid: The id of the process.
    """

    def __init__(self, name: str, process: asyncio.subprocess.Process) -> None:
        self.name = name
        self.pid = process.pid
        self._process = process
        self._said: deque[str] = deque(maxlen=_KEPT)
        self._listening = asyncio.create_task(self._listen())

    @classmethod
    async def start(cls, name: str, module: str, first: Mapping[str, Any]) -> Self:
        """Start `python -m module` and send it the first line."""
        try:
            process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", module),
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.PIPE,
                limit=LONGEST_LINE,
                start_new_session=True,
                env={**os.environ, "PYTHONUNBUFFERED": "1"},
            )
        except OSError as error:
            raise NetworkError(f"{name} could not be started: {error.strerror or error}") from None
        child = cls(name, process)
        child.tell(first)
        return child

    def tell(self, message: Mapping[str, Any]) -> None:
        """Send a line; to a child that is gone it is lost."""
        assert self._process.stdin is not None
        if not self._process.stdin.is_closing():
            self._process.stdin.write(json.dumps(message).encode() + b"\n")

    async def hear(self) -> dict[str, Any] | None:
        """Return the next line, or None when there will be none: the child is ending."""
        assert self._process.stdout is not None
        try:
            line = await self._process.stdout.readline()
        except (ValueError, ConnectionError):
            return None
        try:
            message = json.loads(line)
        except ValueError:
            return None  # the end, or half a line of one that was killed
        return message if isinstance(message, dict) else None

    async def end(self) -> int:
        """Close its input, wait a while, kill it if it must be; return its exit code."""
        with contextlib.suppress(OSError, RuntimeError):
            assert self._process.stdin is not None
            self._process.stdin.close()
        try:
            async with asyncio.timeout(LEAVE_WITHIN):
                await self._process.wait()
        except TimeoutError:
            with contextlib.suppress(ProcessLookupError):
                self._process.kill()
            await self._process.wait()
        await asyncio.wait([self._listening], timeout=1.0)
        self._listening.cancel()
        return self._process.returncode or 0

    def kill(self) -> None:
        """End it by force, for when there is no time to wait."""
        with contextlib.suppress(ProcessLookupError):
            self._process.kill()

    def how_it_ended(self) -> str:
        """Return what is known of its end, after `end`."""
        code = self._process.returncode
        if code is None:
            return "it is still running"
        if code < 0:
            with contextlib.suppress(ValueError):
                return f"it was ended by {signal.Signals(-code).name}"
        last = next((line for line in reversed(self._said) if line.strip()), "")
        return f"it left with code {code}" + (f": {last.strip()}" if last else "")

    async def _listen(self) -> None:
        assert self._process.stderr is not None
        with contextlib.suppress(ValueError, ConnectionError):
            while line := await self._process.stderr.readline():
                self._said.append(line.decode(errors="replace"))


class Parent:
    """The parent of this process, as the child sees it; lines are read in a thread, so that even a busy child ends.

    What else is written to stdout, such as a game's own prints, goes to stderr instead.
    """

    def __init__(self) -> None:
        self._out = os.fdopen(os.dup(1), "wb", buffering=0)
        os.dup2(2, 1)
        self._lock = threading.Lock()

    def first(self) -> dict[str, Any]:
        """Return the first line; leave the process where there is none."""
        line = sys.stdin.buffer.readline()
        if not line:
            raise SystemExit(0)
        message: dict[str, Any] = json.loads(line)
        return message

    def tell(self, message: Mapping[str, Any]) -> None:
        """Send a line."""
        data = json.dumps(message, default=_plain).encode() + b"\n"
        with self._lock, contextlib.suppress(BrokenPipeError):
            while data:  # a pipe may take less than it is given
                data = data[self._out.write(data) or 0 :]

    def listen(self, heard: Callable[[dict[str, Any]], None], gone: Callable[[], None]) -> None:
        """Call `heard` with each line from now on, and `gone` at the end of them, from a thread.

        The process is ended by force when it has not ended `LEAVE_WITHIN` seconds after `gone`.
        """

        def read() -> None:
            with contextlib.suppress(ValueError, RuntimeError):  # a line cut short; a loop that is closed already
                for line in sys.stdin.buffer:
                    heard(json.loads(line))
            with contextlib.suppress(RuntimeError):
                gone()
            threading.Event().wait(LEAVE_WITHIN * 0.8)
            os._exit(1)

        threading.Thread(target=read, name="parent", daemon=True).start()


def _plain(value: Any) -> Any:
    """Return a number of a library, such as numpy's, as one that JSON knows."""
    item = getattr(value, "item", None)
    return item() if callable(item) else str(value)
