"""Which checkpoints a run keeps by itself: none twice, and none pushed out by others almost like it. Trains nothing.

A run that is trained slowly saves by the clock as others do, or a crash would cost more. But a checkpoint that is hardly
further than the one before it only holds the place until the next, which replaces it.
"""

from __future__ import annotations

import contextlib
import dataclasses
from typing import Final

from rollback.agents.checkpoints import Checkpoint, RunFolder
from rollback.agents.checkpoints.run_folder import KEPT
from rollback.errors import CheckpointError

__all__ = ["Keeper"]

FURTHER: Final = 1.05  # times the steps of the one before, and an episode more, make a checkpoint of its own


class Keeper:
    """Keeps the newest checkpoints of a run. Only the process that trains it may.

    Args:
        folder: The run.
    """

    def __init__(self, folder: RunFolder) -> None:
        self._folder = folder
        self._name = ""  # of the newest; empty: none is known
        self._episode, self._step = 0, 0
        self._hash = ""
        self._before = (0, 0)  # episode and step of the one before it
        self._is_loose = False  # whether the next one replaces it

    def goes_on_from(self, name: str, checkpoint: Checkpoint) -> None:
        """Learn that the training begins with what is in the newest checkpoint."""
        self._take(name, checkpoint)
        self._is_loose = False

    def pin(self) -> None:
        """Let the newest one stay when the next comes: the agent is about to be replaced."""
        self._is_loose = False

    def keep(self, checkpoint: Checkpoint, *, by: str, is_wanted: bool) -> list[str]:
        """Save a checkpoint as the newest, and as the best if it is.

        Args:
            checkpoint: The training as it stands.
            by: Which of its metrics says how good it is.
            is_wanted: Whether somebody asked for it, who will look for it.

        Returns:
            The names it is saved under; none where it is the newest one already and nobody asked.

        Raises:
            CheckpointError: It cannot be written.
        """
        if self._holds(checkpoint):
            self._is_loose = self._is_loose and not is_wanted
            return [self._name] if is_wanted else []
        replaced = self._name if self._is_loose and self._hash != checkpoint.parent else ""
        names = self._folder.keep(checkpoint, by=by, newest=KEPT + bool(replaced))
        if replaced:
            with contextlib.suppress(CheckpointError):
                if replaced != names[0]:  # somebody deleted it, and its number was free again
                    self._folder.delete(replaced)
        else:
            self._before = self._episode, self._step
        self._take(names[0], checkpoint)
        episode, step = self._before
        self._is_loose = not is_wanted and not (checkpoint.episode > episode and checkpoint.step >= FURTHER * step)
        return names

    def _take(self, name: str, checkpoint: Checkpoint) -> None:
        self._name, self._hash = name, checkpoint.hash
        self._episode, self._step = checkpoint.episode, checkpoint.step

    def _holds(self, checkpoint: Checkpoint) -> bool:
        """Return whether the newest file holds the same agent; what is said of it may differ, and where it came from."""
        if not self._name or (self._episode, self._step) != (checkpoint.episode, checkpoint.step):
            return False
        try:
            held = self._folder.load(self._name)
        except CheckpointError:
            return False
        return dataclasses.replace(held, parent="", metrics={}) == dataclasses.replace(checkpoint, parent="", metrics={})
