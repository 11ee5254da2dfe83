"""The asyncio shell: a place in a room, a whole match, and the frame loop under it."""

from __future__ import annotations

from rollback.netplay.driver import drive
from rollback.netplay.joining import join
from rollback.netplay.match import PlayResult, play
from rollback.netplay.pacing import Pacer
from rollback.netplay.recorder import Recorder
from rollback.netplay.seats import config_for
from rollback.netplay.thinking import WAIT
from rollback.netplay.watching import WatchResult, next_match, watch

__all__ = [
    "WAIT",
    "Pacer",
    "PlayResult",
    "Recorder",
    "WatchResult",
    "config_for",
    "drive",
    "join",
    "next_match",
    "play",
    "watch",
]
