"""The single-agent environments by id: which game, which settings, which reward. Knows no registry."""

from __future__ import annotations

from typing import Any

from rollback.envs.built_in_solo import BuiltInSolo
from rollback.games import Duel, Pong

__all__ = ["duel", "pong"]


def pong(**settings: Any) -> BuiltInSolo:
    """Return `rollback/Pong-v0`: +1 for a goal, -1 for one let in; the settings are those of `BuiltInSolo`."""
    return BuiltInSolo(Pong(), "rollback/Pong-v0", **settings)


def duel(**settings: Any) -> BuiltInSolo:
    """Return `rollback/Duel-v0`: +1 for a round won, -1 for one lost; the settings are those of `BuiltInSolo`."""
    return BuiltInSolo(Duel(), "rollback/Duel-v0", **settings)
