"""Tests for games of one's own. Knows games, sessions and virtual networks; knows no real one.

The names are resolved on first use: the pytest plugin is loaded in every test run, and must cost nothing there.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rollback.testing.check import Check as Check
    from rollback.testing.check import CheckReport as CheckReport
    from rollback.testing.check import check_game as check_game
    from rollback.testing.clock import HandClock as HandClock
    from rollback.testing.costs import Costs as Costs
    from rollback.testing.pair import LossyPair as LossyPair
    from rollback.testing.stage import play_match as play_match

_HOME = {
    "Check": "check",
    "CheckReport": "check",
    "Costs": "costs",
    "HandClock": "clock",
    "LossyPair": "pair",
    "check_game": "check",
    "play_match": "stage",
}

__all__ = ["Check", "CheckReport", "Costs", "HandClock", "LossyPair", "check_game", "play_match"]


def __getattr__(name: str) -> Any:
    home = _HOME.get(name)
    if home is None:
        raise AttributeError(f"module 'rollback.testing' has no attribute {name!r}")
    value = globals()[name] = getattr(import_module(f"rollback.testing.{home}"), name)
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
