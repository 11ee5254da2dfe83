"""How long the threads of pages ran, and when: tells a page that kept its own clock waiting from a machine that was busy.

Linux counts for every thread how long it ran and how long it waited for a processor. Knows processes only; a page's own
thread is the first of its process.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable
from itertools import pairwise
from typing import Final

_EVERY: Final = 0.02  # seconds between two looks


class Runs:
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
        """Return how many seconds the first thread of a process ran between two moments of `time.time()`.

        What it ran between two looks counts as a whole, if any of it may belong there.
        """
        looks = self._looks[pid]
        return sum(ran - before for (at, before), (then, ran) in pairwise(looks) if at < end and then > begin)

    def _look(self) -> None:
        while not self._stopped.wait(_EVERY):
            for pid, looks in self._looks.items():
                looks.append((time.time(), ran(pid)))


def ran(pid: int) -> float:
    """Return how many seconds the first thread of a process has run so far."""
    try:
        with open(f"/proc/{pid}/task/{pid}/schedstat") as file:
            return int(file.read().split()[0]) / 1e9
    except OSError:  # it has ended
        return 0.0
