"""Who plays at a page: a person by the keys that are held there, or a bot in the person's place. Knows no message."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection
from typing import Any, Final

from rollback.game import Game
from rollback.netplay.hands.bots import bot_act
from rollback.netplay.hands.buttons import Buttons
from rollback.netplay.hands.turns import Turns, plays_by_turns
from rollback.netplay.in_worker.wishes import Wishes
from rollback.netplay.thinking import WAIT

__all__ = ["PageHands"]

MOST_KEYS: Final = 32  # held at once: no hand has more


class PageHands:
    """One player at this page.

    Args:
        game: The game.
        player: Our player.
        wishes: Which bot plays, or which keys are which actions.
        seed: Of the bot's moods.
        clock: Seconds, monotonic.

    Attributes:
        controller: What the others are told.
        by_turns: Whether each frame waits for a key.

    Raises:
        UsageError: The game cannot be played by hand, or the keys that were chosen mean nothing in it.
    """

    def __init__(
        self, game: Game, player: int, wishes: Wishes, seed: int = 0, *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        is_bot = wishes.bot is not None and wishes.mode == "play"
        self.controller = "bot" if is_bot else "human"
        self.by_turns = not is_bot and plays_by_turns(game, player, wishes.prediction_window)
        self._clock = clock
        self._bot = bot_act(wishes.bot, game, player, seed) if is_bot and wishes.bot is not None else None
        self._buttons = None if is_bot else Buttons(game, player, wishes.keys)
        self._turns = Turns(self._buttons.names) if self._buttons is not None and self.by_turns else None
        self._held: tuple[str, ...] = ()

    def hold(self, keys: Any) -> None:
        """Take the names of the keys that are held now, the newest last; what is none is left out."""
        told = keys if isinstance(keys, list) else []
        self._held = tuple([key for key in told if isinstance(key, str)][-MOST_KEYS:])

    def act(self, game: Any, player: int) -> Any:
        """Return the action of this frame, `WAIT` where a decision is due and nothing is decided."""
        if self._bot is not None:
            return self._bot(game, player)
        assert self._buttons is not None
        if self._turns is not None and self._turns.waits(game, player, self._held, now=self._clock()):
            return WAIT
        return self._buttons.action(self._held)

    def note(self, reason: str) -> str:
        """Return what to tell below the picture; `reason` is that of the last tick."""
        return self._turns.legend(reason).lstrip(", ") if self._turns is not None else ""

    @property
    def legend(self) -> str:
        """Which keys do what, in one line."""
        return self._buttons.legend() if self._buttons is not None else ""

    @property
    def buttons(self) -> list[dict[str, Any]]:
        """Each button with its keys, for a screen that is touched."""
        groups: Collection[tuple[str, tuple[str, ...]]] = self._buttons.groups() if self._buttons is not None else ()
        return [{"label": label or " ".join(keys[:1]), "keys": list(keys)} for label, keys in groups]
