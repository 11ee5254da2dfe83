"""Virtual matches: whole sessions over a virtual network, on virtual time, as a function of a seed."""

from __future__ import annotations

from rollback.sim.link import Link
from rollback.sim.match import VirtualMatch
from rollback.sim.report import Failure, MatchReport

__all__ = ["Failure", "Link", "MatchReport", "VirtualMatch"]
