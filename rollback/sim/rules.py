"""The settings that decide who goes on when peers are lost, as plain values. Knows no session."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Rules"]


@dataclass(frozen=True, slots=True)
class Rules:
    """The settings that decide.

    Attributes:
        peers: How many there were in the beginning.
        patience: Seconds of silence after which a peer counts as lost for good.
        grace: Seconds of them for which it is only waited for, by the clock of whoever missed it first.
        ends: Whether every loss ends the match.
        ends_alone: Whether the loss of one of two ends it.
        votes: Whether a lobby votes where exactly half are left.
        absent: The mask of the peers that were not there in the beginning.
    """

    peers: int
    patience: float
    grace: float = 0.0
    ends: bool = False
    ends_alone: bool = False
    votes: bool = False
    absent: int = 0
