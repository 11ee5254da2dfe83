"""Tournaments of policies: who meets whom, what it came to, how strong each is, and how sure that is."""

from __future__ import annotations

from rollback.sim.league.plot import plot
from rollback.sim.league.standings import Standing
from rollback.sim.league.table import Failed, Table
from rollback.sim.league.tournament import League

__all__ = ["Failed", "League", "Standing", "Table", "plot"]
