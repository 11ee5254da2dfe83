"""Held keys turned into a player's action, by the table the game itself has. Knows no keyboard and no window."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from rollback.errors import UsageError
from rollback.game import Game, codecs_of, idle_inputs

__all__ = ["Buttons"]

_SHOWN = {"up": "↑", "down": "↓", "left": "←", "right": "→"}


class Buttons:
    """One player's keys: `game.keys(player)` maps the names of keys to buttons, or to whole actions.

    Where actions are rows of buttons, a key presses the button of that number; in any other space the newest of the
    held keys *is* the action it is mapped to, and no key is the idle one.

    Args:
        game: The game.
        player: Whose keys.

    Raises:
        UsageError: The game says nothing of keys.
    """

    def __init__(self, game: Game, player: int) -> None:
        keys = getattr(game, "keys", None)
        if not callable(keys):
            raise UsageError(
                f"{type(game).__name__} cannot be played by hand: it has no keys(player), which maps the names of keys"
                " to buttons or actions; let a bot play it"
            )
        codec = codecs_of(game)[player]
        self.keys: Mapping[str, Any] = keys(player)
        self._idle = codec.decode(idle_inputs(game, codecs_of(game))[player])
        self._names = tuple(getattr(game, "buttons", ()))
        self._order: list[str] = []

    def action(self, held: Collection[str]) -> Any:
        """Return the action of these keys."""
        pressed = [key for key in self.keys if key in held]
        self._order = [key for key in self._order if key in pressed]
        self._order += [key for key in pressed if key not in self._order]
        if not isinstance(self._idle, tuple):
            return self.keys[self._order[-1]] if self._order else self._idle
        buttons = {self.keys[key] for key in pressed}
        return tuple(place in buttons for place in range(len(self._idle)))

    def legend(self) -> str:
        """Return which keys do what, in one line."""
        by_button: dict[Any, list[str]] = {}
        for key, button in self.keys.items():
            by_button.setdefault(button, []).append(_SHOWN.get(key, key))
        told = []
        for button, keys in by_button.items():
            name = self._names[button] if isinstance(button, int) and button < len(self._names) else ""
            told.append(f"{'/'.join(keys)} {name}".strip())
        return "  ".join(told)
