"""The desyncs of one match as this peer was told of them, and whether they were mended. Knows events; shows nothing."""

from __future__ import annotations

from typing import Any

from rollback.net.transport import PathChanged
from rollback.state.trees import shown
from rollback.types import DesyncFound, Event, Resynced

__all__ = ["Desyncs"]


class Desyncs:
    """What was found, in order.

    Attributes:
        found: Each desync.
        resyncs: How often all sides took over one state.
        is_apart: Whether the newest desync was not mended.
    """

    def __init__(self) -> None:
        self.found: list[DesyncFound] = []
        self.resyncs = 0
        self.is_apart = False

    def event(self, event: Event | PathChanged) -> None:
        """Take an event of the match."""
        match event:
            case DesyncFound():
                self.found.append(event)
                self.is_apart = True
            case Resynced():
                self.resyncs += 1
                self.is_apart = False

    @property
    def bundles(self) -> list[str]:
        """The files to look into."""
        return [each.bundle for each in self.found if each.bundle is not None]

    def as_values(self) -> list[dict[str, Any]]:
        """Return the desyncs as values that can travel as JSON."""
        return [
            {
                "frame": each.frame,
                "peer": each.peer,
                "differences": [
                    {"path": place.path, "ours": shown(place.left), "theirs": shown(place.right)} for place in each.differences
                ],
                "bundle": each.bundle,
            }
            for each in self.found
        ]
