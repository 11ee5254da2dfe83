"""Who is ahead in Duel, and by how much health, over all rounds. Knows no learner."""

from __future__ import annotations

from typing import Final

from rollback.games.duel import Duel, Phase
from rollback.games.duel_moves import HEALTH

__all__ = ["ahead_in"]

_FIGHT: Final = int(Phase.FIGHT)


def ahead_in(game: Duel, player: int) -> int:
    """Return by how much health a player is ahead, over all rounds; a round that was won counts as a whole health."""
    ahead = HEALTH * (game.rounds[player] - game.rounds[1 - player])
    if game.phase == _FIGHT:
        ahead += game.fighters[player].health - game.fighters[1 - player].health
    return ahead
