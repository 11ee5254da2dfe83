"""The recorded match: written while it is played, read as far as it is whole, and simulated again to compare."""

from __future__ import annotations

from rollback.replays.events import ReplayEvent, StandIn
from rollback.replays.header import ReplayHeader
from rollback.replays.limits import EXTENSION
from rollback.replays.player import Player
from rollback.replays.replay import Replay
from rollback.replays.verify import Verdict
from rollback.replays.writer import ReplayWriter

__all__ = ["EXTENSION", "Player", "Replay", "ReplayEvent", "ReplayHeader", "ReplayWriter", "StandIn", "Verdict"]
