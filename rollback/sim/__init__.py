"""Virtual matches, and many of them: whole sessions over a virtual network, on virtual time, as a function of a seed.

Its names are resolved on first use, so that a worker loads only what it plays.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rollback.sim.link import Link
    from rollback.sim.match import VirtualMatch
    from rollback.sim.pool.reports import read_results, write_results
    from rollback.sim.pool.result import MatchResult
    from rollback.sim.pool.simulating import isimulate, simulate
    from rollback.sim.pool.spec import MatchSpec
    from rollback.sim.pool.summary import summarize
    from rollback.sim.report import Failure, MatchReport

__all__ = [
    "Failure",
    "Link",
    "MatchReport",
    "MatchResult",
    "MatchSpec",
    "VirtualMatch",
    "isimulate",
    "read_results",
    "simulate",
    "summarize",
    "write_results",
]

_PLACES = {
    "Failure": "report",
    "Link": "link",
    "MatchReport": "report",
    "MatchResult": "pool.result",
    "MatchSpec": "pool.spec",
    "VirtualMatch": "match",
    "isimulate": "pool.simulating",
    "read_results": "pool.reports",
    "simulate": "pool.simulating",
    "summarize": "pool.summary",
    "write_results": "pool.reports",
}


def __getattr__(name: str) -> Any:
    place = _PLACES.get(name)
    if place is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = globals()[name] = getattr(import_module(f"{__name__}.{place}"), name)
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
