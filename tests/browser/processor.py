"""How long threads had to wait for a processor, and when: tells a page that stood still from a machine that was busy.

Linux counts it for every thread. Knows processes only; a page's own thread is the first of its process.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable
from itertools import pairwise
from typing import Final

_EVERY: Final = 0.02  # seconds between two looks


class Waits:
    """Looks at processes from here until `stop`.

    Args:
        pids: The processes.
    """

    def __init__(self, pids: Iterable[int]) -> None:
        self._looks: dict[int, list[tuple[float, float]]] = {pid: [] for pid in pids}
        self._stopped = threading.Event()
        self._looking = threading.Thread(target=self._look)
        self._looking.start()

    def stop(self) -> None:
        """Look no more."""
        self._stopped.set()
        self._looking.join()

    def within(self, pid: int, begin: float, end: float) -> float:
        """Return how many seconds the first thread of a process waited between two moments of `time.time()`.

        What was waited between two looks counts as a whole, if any of it may belong there.
        """
        looks = self._looks[pid]
        return sum(waited - before for (at, before), (then, waited) in pairwise(looks) if at < end and then > begin)

    def _look(self) -> None:
        while not self._stopped.wait(_EVERY):
            for pid, looks in self._looks.items():
                looks.append((time.time(), ran_and_waited(pid)[1]))


def ran_and_waited(pid: int) -> tuple[float, float]:
    """Return how many seconds the first thread of a process has run so far, and waited for a processor."""
    try:
        with open(f"/proc/{pid}/task/{pid}/schedstat") as file:
            ran, waited, _ = file.read().split()
    except (OSError, ValueError):  # it has ended, or this system does not count
        return 0.0, 0.0
    return int(ran) / 1e9, int(waited) / 1e9
