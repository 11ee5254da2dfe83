"""The settings of a session for what a page wants. Knows wishes and rooms; plays nothing."""

from __future__ import annotations

from typing import Any, Final

from rollback.config import SessionConfig, TakeOver
from rollback.game import Game
from rollback.netplay.hands.bots import stand_in
from rollback.netplay.in_worker.wishes import Wishes
from rollback.netplay.seats import config_for

__all__ = ["config_of"]

INTERRUPT_AFTER: Final = 0.5  # seconds, as in SessionConfig, unless a peer is to count as lost even sooner


def config_of(
    wishes: Wishes, game: Game, room: str, match: int, player: int | None, *, by_turns: bool, **certain: Any
) -> SessionConfig:
    """Return the settings, the same that `rollback play` comes to for the same wishes.

    Args:
        wishes: What the page wants.
        game: The game.
        room: The code of the room.
        match: The number of the match in the room.
        player: Our player.
        by_turns: Whether each frame waits for our key: then it is to be seen at once.
        certain: Settings that are so whatever the page wants.
    """
    delay = 0 if by_turns and wishes.input_delay is None else wishes.input_delay
    chosen: dict[str, Any] = {"input_delay": delay, "prediction_window": wishes.prediction_window, "seed": wishes.seed}
    return config_for(
        game,
        room,
        match,
        player=player,
        on_disconnect=TakeOver(stand_in()) if wishes.on_disconnect == "takeover" else wishes.on_disconnect,
        disconnect_after=wishes.disconnect_after,
        interrupt_after=min(INTERRUPT_AFTER, wishes.disconnect_after),
        **({name: value for name, value in chosen.items() if value is not None} | certain),
    )
