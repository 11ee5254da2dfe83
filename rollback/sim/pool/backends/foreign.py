"""What runs in a worker that others started and prepared, and what is found of it when it is dead. Knows no Ray."""

from __future__ import annotations

import faulthandler
import os
import signal
import threading
import time
from collections.abc import Collection, Generator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from rollback.sim.pool.blackbox import Found, found
from rollback.sim.pool.worker import Orders, play_batch

__all__ = ["play", "search"]

LOOK: Final = 0.5  # seconds between two looks of the second watchdog
LATE: Final = 1.0  # seconds after which the first one must have been switched off, beyond the tenth that it may be late

_watched: list[Orders] = []


def play(packed: bytes, number: int, orders: Orders, parcels: Mapping[str, bytes]) -> bytes:
    """Play a batch; see `play_batch`. A worker that is asked to end does so, and does not tell the game."""
    if os.getpid() == orders.caller:
        return play_batch(packed, number, orders, parcels)
    if orders.timeout is not None and orders not in _watched:
        _watched[:] = [orders]
        threading.Thread(target=_watch, args=(orders, orders.timeout), daemon=True).start()
    with _signals_left_alone():
        return play_batch(packed, number, orders, parcels)


def search(folder: str, numbers: Collection[int]) -> list[tuple[int, Found]]:
    """Return what the dead workers of this machine left about these batches, with the batch."""
    there = sorted(int(path.stem) for path in Path(folder).glob("*.box"))
    left = [found(Path(folder), process) for process in there]
    return [(told.batch, told) for told in left if told.batch is not None and told.batch in numbers]


@contextmanager
def _signals_left_alone() -> Generator[None, None, None]:
    """Let SIGTERM end the process, so that the match counts as lost; Ray's handler would raise SystemExit in the game.

    And let no Ctrl-C in: it is the caller's, who ends the workers. So a KeyboardInterrupt here is the game's own.
    """
    if threading.current_thread() is not threading.main_thread():  # Dask plays in others, and keeps signals away from them
        yield
        return
    before = {
        signal.SIGTERM: signal.signal(signal.SIGTERM, signal.SIG_DFL),
        signal.SIGINT: signal.signal(signal.SIGINT, signal.SIG_IGN),
    }
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler if handler is not None else signal.SIG_DFL)


def _watch(orders: Orders, timeout: float) -> None:
    """End this process where a match has switched its watchdog off and goes on for ever: nobody else here would notice."""
    folder, process = Path(orders.folder), os.getpid()
    at, since = found(folder, process), time.monotonic()
    while _watched == [orders]:
        time.sleep(LOOK)
        now, place = time.monotonic(), found(folder, process)
        if place != at or place.place is None:
            at, since = place, now
        elif now - since > (place.seconds or timeout) * 1.1 + LATE:
            with (folder / f"{process}.trace").open("a", encoding="utf-8") as file:
                file.write("the match had switched its watchdog off\n")
                file.flush()
                faulthandler.dump_traceback(file)
            os.kill(process, signal.SIGKILL)
