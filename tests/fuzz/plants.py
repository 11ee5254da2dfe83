"""Five mistakes in the engine, each one that somebody has made. Knows where they bite; knows no fuzzer.

Each is planted where the long and the short way through a tick both pass, or in both.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import pytest

from rollback import P2PSession
from rollback.core.confirmation import Confirmation
from rollback.core.intake import Intake
from rollback.core.queues import LocalInputs
from rollback.core.simulation import NEVER, Simulation
from rollback.core.snapshots import Snapshots

Patch = pytest.MonkeyPatch


def the_guard_is_skipped(patch: Patch) -> None:
    """A tick may be entered again from within a step."""
    tick = P2PSession.tick

    def unguarded(self: P2PSession, actions: Any, *, now: float) -> Any:
        self._land()  # or the short way would keep its own guard up
        self._busy = False
        return tick(self, actions, now=now)

    patch.setattr(P2PSession, "tick", unguarded)


def the_marker_is_cleared_early(patch: Patch) -> None:
    """Each datagram that is read clears the mark of a wrong guess that the ones before it have left."""
    take, read = Intake.take, Intake.read

    def taken(self: Intake, endpoint: Any, data: bytes, rest: bytes, now: float) -> bool:
        self._sim.wrong = NEVER
        return take(self, endpoint, data, rest, now)

    def cleared(self: Intake, endpoint: Any, data: bytes, now: float) -> None:
        self._sim.wrong = NEVER
        read(self, endpoint, data, now)

    patch.setattr(Intake, "take", taken)
    patch.setattr(Intake, "read", cleared)


def checksums_are_taken_before_the_rollback(patch: Patch) -> None:
    """Frames are confirmed, and their checksums sent, while a correction still waits for its rollback."""
    made, rollback = Confirmation.__init__, Simulation.rollback

    def remembered(self: Confirmation, own: Any, playing: Any, sim: Simulation, *rest: Any) -> None:
        made(self, own, playing, sim, *rest)
        sim.confirmation = self  # type: ignore[attr-defined]

    def summed(self: Simulation) -> int:
        self.confirmation.confirm()  # type: ignore[attr-defined]
        return rollback(self)

    patch.setattr(Confirmation, "__init__", remembered)
    patch.setattr(Simulation, "rollback", summed)


def snapshots_are_pruned_too_early(patch: Patch) -> None:
    """The ring of snapshots holds half of what the window asks for."""
    made = Snapshots.__init__

    def small(self: Snapshots, window: int, stride: int) -> None:
        made(self, max(0, window // 2 - 2 * stride - 2), stride)

    patch.setattr(Snapshots, "__init__", small)


def the_filler_is_dropped(patch: Patch) -> None:
    """A raised input delay leaves a gap: for the frames in between nothing is sent, now or ever."""
    capture = LocalInputs.capture

    def hollow(self: LocalInputs, frame: int, row: bytes) -> None:
        if frame + max(self.delays.values()) > self.queue.known + 1:
            self.captured = frame
            return
        capture(self, frame, row)

    patch.setattr(LocalInputs, "capture", hollow)


PLANTS: Final[list[Callable[[Patch], None]]] = [
    the_guard_is_skipped,
    the_marker_is_cleared_early,
    checksums_are_taken_before_the_rollback,
    snapshots_are_pruned_too_early,
    the_filler_is_dropped,
]
