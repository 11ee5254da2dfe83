"""The built-in games and the bots that play them. Pure Python: nothing here needs more than the standard library."""

from __future__ import annotations

from rollback.games import bots
from rollback.games.duel import Duel
from rollback.games.gridworld import GridWorld
from rollback.games.pong import Pong
from rollback.games.tetris import Tetris

__all__ = ["Duel", "GridWorld", "Pong", "Tetris", "bots"]
