"""Ends the runs that a program has left open when it ends. Knows what ends a run; knows no process.

Python waits at its end for what an executor has under way, be it a match that hangs: a program that an exception ends, or
Ctrl-C, in the middle of its own loop over the results would not end before that. So the runs are ended first.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

from rollback.sim.pool.spawning import uninterrupted

__all__ = ["ended_at_exit"]

_open: dict[int, Callable[[], None]] = {}  # by a number of each
_registered: list[bool] = []


@contextmanager
def ended_at_exit(end: Callable[[], None]) -> Iterator[None]:
    """Have something ended when the program ends inside the block, which is that of a generator nobody has closed.

    What is begun in another thread than the main one is not: that thread may go on when the main one is done.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    _register()
    _open[id(end)] = end
    try:
        yield
    finally:
        del _open[id(end)]


def _register() -> None:
    # Not atexit, which comes too late: the executors wait before it. They are registered here as well, and earlier; the last
    # one to come is the first one to be called.
    register: Any = getattr(threading, "_register_atexit", None)
    if register is not None and not _registered:
        import concurrent.futures.process  # noqa: F401  that it is registered before

        register(_end_all)
        _registered.append(True)


def _end_all() -> None:
    with uninterrupted():  # a second Ctrl-C comes when all are ended
        for end in list(_open.values()):
            with suppress(Exception):  # the program ends, and the others are to be ended as well
                end()
