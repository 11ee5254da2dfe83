"""Tests for games of one's own. Knows games and sessions; knows no network."""

from __future__ import annotations

from rollback.testing.check import Check, CheckReport, check_game

__all__ = ["Check", "CheckReport", "check_game"]
