"""What the desk wants done: events to deliver, and connections to end. Knows no rules and no sockets."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from signaling.refusals import Refusal
from signaling.room import Room

__all__ = ["Delivery", "Outcome"]


@dataclass(frozen=True, slots=True)
class Delivery:
    """An event for one connection: `members`, `signal`, `relay`, `resume`, `verdict`, `refused`, `dropped` or `closed`."""

    connection: str
    event: str
    payload: dict[str, Any]


@dataclass(slots=True)
class Outcome:
    """What is to be done.

    Attributes:
        answer: For the client that asked; None for datagrams.
        deliveries: To be sent, in this order.
        ended: Connections to end when all that was sent to them is out.
        fed: The room whose feed has news, or a new reader.
        anew: The connection of a reader that wants the feed from its beginning.
    """

    answer: dict[str, Any] | None = None
    deliveries: list[Delivery] = field(default_factory=list)
    ended: list[str] = field(default_factory=list)
    fed: Room | None = None
    anew: str | None = None

    def send(self, connection: str | None, event: str, payload: dict[str, Any]) -> None:
        """Have an event delivered, where there is a connection."""
        if connection is not None:
            self.deliveries.append(Delivery(connection, event, payload))

    def end(self, connection: str, why: Refusal) -> None:
        """Have a connection ended, after a word why."""
        self.send(connection, "closed", {"code": why.code, "error": str(why)})
        self.ended.append(connection)
