"""The picture of a run that no process here trains: what its newest checkpoint has learned. Knows files; trains nothing."""

from __future__ import annotations

import threading
from typing import Any, Final

from rollback.agents.checkpoints import RunFolder
from rollback.agents.training import algorithm_from

__all__ = ["RestingPictures"]

MOST: Final = 16  # pictures that are remembered
MOMENTS: Final = 150  # pieces, or frames, that are played by what was learned before the picture is taken

Answer = dict[str, Any]


class RestingPictures:
    """Makes pictures one at a time, in whatever thread asks, and remembers some."""

    def __init__(self) -> None:
        self._known: dict[str, Answer] = {}
        self._lock = threading.Lock()

    def of(self, folder: RunFolder) -> Answer | None:
        """Return the picture of a run's newest checkpoint that can be read; None where it has none.

        Returns:
            `picture`, and of which it is: `name`, `episode`, `hash`.

        Raises:
            UsageError: What it was trained on is not known here.
            CheckpointError: What it holds does not fit that.
        """
        with self._lock:
            newest = folder.newest()
            if newest is None or newest.checkpoint is None:
                return None
            held = newest.checkpoint
            key = f"{folder.name}/{held.hash}"
            answer = self._known.pop(key, None)
            if answer is None:
                algorithm = algorithm_from(held)
                for _ in range(MOMENTS):  # a game that is shown begins anew with each process
                    algorithm.moment()
                picture = {**algorithm.picture(), "episode": held.episode, "step": held.step}
                answer = {"picture": picture, "name": newest.name, "episode": held.episode, "hash": held.hash}
            while len(self._known) >= MOST:
                del self._known[next(iter(self._known))]
            self._known[key] = answer
            return answer
