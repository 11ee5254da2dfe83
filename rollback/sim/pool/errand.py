"""What a worker process of this machine begins with, and is asked to do. Knows its parent and letters; knows no match."""

from __future__ import annotations

import multiprocessing
import multiprocessing.connection
import os
import shutil
import signal
import sys
import threading
from pathlib import Path
from typing import Final

from rollback.sim.pool.letters import Letter, opened, posted
from rollback.sim.pool.spawning import lead_group
from rollback.sim.pool.worker import Orders, play_batch, prepare

__all__ = ["begin", "run"]

_orders: list[Orders] = []
_parcels: list[Path] = []
_making = threading.Lock()  # held while the folder of this process is made, and for ever once it is to be removed
SPOILED: Final = 70  # the exit code of a process that can no longer be worked with
REMOVALS: Final = 100  # times that it is tried
FINISH_WITHIN: Final = 5.0  # seconds that what is being made may take once there is nobody to work for
STANDARD_OUTPUT: Final = 1
STANDARD_ERROR: Final = 2


def begin(orders: Orders, root: str) -> None:
    """Prepare this process: Ctrl-C is its parent's to handle, and without a parent there is nobody to work for.

    Args:
        orders: Of the run.
        root: The folder of the run, in which the parcels are; whoever survives the parent removes it.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    lead_group()
    if hasattr(signal, "pthread_sigmask"):
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})  # it began blocked; a game's own processes need not
    parent = multiprocessing.parent_process()
    if parent is not None:
        is_settled = threading.Event()
        threading.Thread(target=_end_with, args=(parent.sentinel, root, is_settled), daemon=True).start()
        is_settled.wait()
    _send_prints_to_standard_error()
    _orders[:] = [orders]
    _parcels[:] = [Path(root)]
    with _making:
        prepare(orders)


def run(letter: Letter, number: int) -> Letter:
    """Play the batch that is in a letter, and answer by one. It raises nothing that comes from a match."""
    if not _orders:  # a game threw our modules away: whoever comes next is innocent, and the process is not to be saved
        os._exit(SPOILED)
    orders = _orders[0]
    return posted(play_batch(opened(letter), number, orders, _parcel), Path(orders.folder))


def _parcel(sha: str) -> bytes | None:
    try:
        return (_parcels[0] / sha).read_bytes()
    except OSError:
        return None


def _send_prints_to_standard_error() -> None:
    """Let what games print go where progress goes: the caller's standard output is for its results."""
    try:
        sys.stdout.flush()
        os.dup2(STANDARD_ERROR, STANDARD_OUTPUT)
    except (OSError, AttributeError):  # a window has neither
        return


def _end_with(sentinel: int, root: str, is_settled: threading.Event | None = None) -> None:
    if is_settled is not None:
        # What a thread allocates first takes 64 MiB of addresses: before what this process has is measured.
        multiprocessing.connection.wait([sentinel], timeout=0)
        is_settled.set()
    multiprocessing.connection.wait([sentinel])
    _making.acquire(timeout=FINISH_WITHIN)  # or the folder were made again behind our back
    for _ in range(REMOVALS):
        shutil.rmtree(root, ignore_errors=True)
        if not os.path.exists(root):
            break  # else something was written meanwhile, here or by another process that ends
    if hasattr(os, "killpg") and os.getpgrp() == os.getpid():
        os.killpg(0, signal.SIGKILL)  # what matches have started too
    os._exit(1)
