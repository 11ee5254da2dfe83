"""How a worker process is started: undisturbed by Ctrl-C, and without the caller's script. Knows processes; knows no match.

A spawned process usually imports the script that started it, which costs whatever the script imports, and starts
processes without end where the script has no guard. Here a worker does so only if what it is to play is written there.
"""

from __future__ import annotations

import multiprocessing.context
import os
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from multiprocessing import spawn
from pathlib import Path
from typing import Any, Final

from rollback.errors import UsageError

__all__ = [
    "Context",
    "Script",
    "Worker",
    "check_not_opening",
    "lead_group",
    "open_script",
    "opening",
    "script_of_caller",
    "uninterrupted",
]

Script = tuple[tuple[str, str], ...]  # how a process finds the script of another: by module or by path; empty, if not at all
WHERE: Final = ("init_main_from_name", "init_main_from_path")

_one_at_a_time = threading.Lock()
_opening: list[str] = []  # what this worker is importing, while it does
_opened: list[tuple[str, str]] = []  # the script that this worker has imported


class Worker(multiprocessing.context.SpawnProcess):
    """A spawned process that begins without the caller's script, and with Ctrl-C put off until it can ignore it."""

    _group_ended = False

    def start(self) -> None:
        """Start it; a Ctrl-C that comes meanwhile is raised afterwards."""
        if os.name == "posix":
            from multiprocessing import resource_tracker  # not above: a browser imports this file and has no such module

            # It is started with the first process, and when it has been it lets Ctrl-C in again: not between our lines.
            resource_tracker.ensure_running()
        with _undisturbed(), _without_script():
            super().start()

    def end_group(self) -> None:
        """End what it has started and left, once it has ended itself: all of that is in its group, unless it has left that."""
        if hasattr(os, "killpg") and self.pid is not None and not self._group_ended:
            self._group_ended = True  # once: later the number may be another's
            with suppress(OSError):  # nothing is left
                os.killpg(self.pid, signal.SIGKILL)


class Context(multiprocessing.context.SpawnContext):
    """What a `ProcessPoolExecutor` starts its workers with.

    Attributes:
        workers: All that were made with it, also the dead ones: an executor tells nobody whom it started.
    """

    def __init__(self) -> None:
        super().__init__()
        self.workers: list[Worker] = []
        self.Process = self._made  # type: ignore[assignment, misc]

    def _made(self, *args: Any, **named: Any) -> Worker:
        worker = Worker(*args, **named)
        self.workers.append(worker)
        return worker


@contextmanager
def _without_script() -> Iterator[None]:
    """Let what this thread starts not import the script; what other threads start meanwhile does so as ever."""
    mine = threading.get_ident()
    with _one_at_a_time:
        original = spawn.get_preparation_data

        def prepared(name: str) -> dict[str, Any]:
            told = original(name)
            if threading.get_ident() == mine:
                for key in WHERE:
                    told.pop(key, None)
            return told

        spawn.get_preparation_data = prepared
        try:
            yield
        finally:
            spawn.get_preparation_data = original


@contextmanager
def _undisturbed() -> Iterator[None]:
    """Put Ctrl-C off while a worker is started: half a worker would complain, and a whole one is not to notice it.

    A started process inherits that the signal is blocked, and so never sees it before it ignores it.
    """
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    with uninterrupted():
        mask = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
        try:
            yield
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, mask)


@contextmanager
def uninterrupted() -> Iterator[None]:
    """Put Ctrl-C off, where it can be: for as long as processes are ended, or who presses it twice leaves some running."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    pressed: list[int] = []
    before = signal.signal(signal.SIGINT, lambda number, frame: pressed.append(number))
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before if before is not None else signal.SIG_DFL)
    if pressed:
        signal.raise_signal(signal.SIGINT)  # as it would have come: somebody may ignore it, or handle it otherwise


def lead_group() -> None:
    """Let this process lead a group of its own, where there are groups: what its matches start can be ended with it.

    A Ctrl-C at the terminal does not reach them any more; it is the caller's, who ends all of them.
    """
    if hasattr(os, "setsid"):
        with suppress(OSError):  # it leads one already
            os.setsid()


def script_of_caller() -> Script:
    """Return how a worker finds the script that runs here.

    Raises:
        UsageError: This process is itself just importing that script.
    """
    try:
        told = spawn.get_preparation_data("worker")
    except RuntimeError:
        raise _unguarded(str(getattr(sys.modules["__main__"], "__file__", "the script"))) from None
    return tuple((key, told[key]) for key in WHERE if told.get(key))


def open_script(script: Script) -> None:
    """Import the caller's script here, in a worker, under the name `__mp_main__`, once; `__main__` is then the same module.

    A process that was forked has all of it already.

    Raises:
        UsageError: There is no script, or it does not let itself be imported.
    """
    if script and script == tuple(_opened):
        return
    if not script or (script[0][0] == WHERE[1] and not Path(script[0][1]).exists()):
        if not hasattr(sys.modules["__main__"], "spawn_main"):  # not spawned: what is needed is here, or its absence is told
            return
        raise UsageError(
            "what is defined in a notebook, in a console or on standard input cannot be played in another process: "
            'write it into a file, and name it by that (`my_file.py:MyGame`), or take backend="serial"'
        )
    with opening(script[0][1]):
        spawn.prepare(dict(script))
        _opened[:] = script


@contextmanager
def opening(name: str) -> Iterator[None]:
    """Let nothing be started by what a worker imports meanwhile."""
    _opening.append(name)
    try:
        yield
    finally:
        _opening.pop()


def check_not_opening() -> None:
    """Hold that no worker starts workers because it imports the script that started it.

    A script may also be imported as the file of a game, by its name: each worker would then start workers of its own, whose
    workers start more, without end.

    Raises:
        UsageError: It does.
    """
    importing = sys.modules.get("rollback.envs.importing")  # what was never imported is importing nothing
    names = [*_opening, *(importing.under_way() if importing is not None else ())]
    if names:
        raise _unguarded(names[0])


def _unguarded(script: str) -> UsageError:
    return UsageError(
        f"{script} starts a simulation whenever it is imported, and a worker has to import it: put that under "
        "\"if __name__ == '__main__':\", or write the game and the players into a file of their own"
    )
