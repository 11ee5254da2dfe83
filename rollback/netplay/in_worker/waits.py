"""Whom a match waits for, why, and for how long, from what happened in it. Knows events; knows no page and no session."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import Any

from rollback.net.words import plain_words
from rollback.types import Cut, Paused, PeerJoined, PeerLeft, PeerLost, PeerResumed, Resumed, TookOver

__all__ = ["OWN", "Wait", "Waits"]

OWN = ""  # the name of this side, in events
LONGEST = 300  # characters of a sentence


@dataclass(frozen=True, slots=True)
class Wait:
    """Why a match stands still.

    Attributes:
        sentence: Who it waits for, and why.
        is_own: Whether we asked everybody to wait, so that we can go on.
        is_lost: Whether somebody is lost, and may come back.
    """

    sentence: str
    is_own: bool
    is_lost: bool


class Waits:
    """The pauses and the lost ones of one match."""

    def __init__(self) -> None:
        self._lost: dict[str, tuple[tuple[int, ...], str]] = {}  # by name: the players, and why
        self._paused: dict[str, tuple[float, str]] = {}  # by name: since when, and why
        self._before: defaultdict[str, float] = defaultdict(float)  # seconds of pauses that are over

    def take(self, event: Any, now: float) -> None:
        """Follow what happened."""
        match event:
            case PeerLost(peer, players, reason):
                self._lost[peer] = players, reason
            case PeerResumed(peer) | PeerJoined(peer) | PeerLeft(peer):
                self._lost.pop(peer, None)
            case Cut(players):
                self._let_go(players)
            case TookOver(player):
                self._let_go((player,))
            case Paused(peer, reason):
                since, _ = self._paused.get(peer, (now, ""))
                self._paused[peer] = since, reason
            case Resumed(peer) if peer in self._paused:
                since, _ = self._paused.pop(peer)
                self._before[peer] += now - since

    def look(self) -> Wait | None:
        """Return what a match that stands still waits for, None where it only waits for inputs."""
        is_own = OWN in self._paused
        told = [f"waiting for {peer} to come back: {reason}" for peer, (_, reason) in self._lost.items()]
        told += [
            f"{peer} asked everybody to wait{f': {reason}' if reason else ''}"
            for peer, (_, reason) in self._paused.items()
            if peer != OWN
        ]
        if not told and not is_own:
            return None
        return Wait(plain_words("; ".join(told), LONGEST), is_own, bool(self._lost))

    def held_by(self, peer: str, now: float) -> float:
        """Return for how many seconds a peer has asked everybody to wait, in all."""
        since, _ = self._paused.get(peer, (now, ""))
        return self._before[peer] + now - since

    @property
    def pausing(self) -> tuple[str, ...]:
        """Who asks everybody to wait now; `OWN` is this side."""
        return tuple(self._paused)

    @property
    def holding(self) -> tuple[str, ...]:
        """Who is lost, or asks everybody to wait; not we."""
        return tuple(self._lost) + tuple(peer for peer in self._paused if peer != OWN)

    def _let_go(self, players: tuple[int, ...]) -> None:
        self._lost = {peer: lost for peer, lost in self._lost.items() if not set(lost[0]) & set(players)}
