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
    held keys *is* the action it is mapped to, and no key is the idle one. A game that knows keys which are held together,
    as environments do, is asked: `game.action_for(held, player)`, the newest key last.

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
        self._ask = getattr(game, "action_for", None)
        self._player = player
        self._idle = codec.decode(idle_inputs(game, codecs_of(game))[player])
        self._names = tuple(getattr(game, "buttons", ()))
        self._order: list[str] = []

    def action(self, held: Collection[str]) -> Any:
        """Return the action of these keys."""
        known = sorted(held) if callable(self._ask) else self.keys
        pressed = [key for key in known if key in held]
        self._order = [key for key in self._order if key in pressed]
        self._order += [key for key in pressed if key not in self._order]
        if callable(self._ask):
            return self._ask(self._order, self._player)
        if not isinstance(self._idle, tuple):
            return self.keys[self._order[-1]] if self._order else self._idle
        buttons = {self.keys[key] for key in pressed}
        return tuple(place in buttons for place in range(len(self._idle)))

    def legend(self) -> str:
        """Return which keys do what, in one line."""
        by_button: dict[str, list[str]] = {}
        for key, button in self.keys.items():
            by_button.setdefault(repr(button), []).append(key)  # an action may be an array, which is no key of a dict
        told = []
        for pressing in by_button.values():
            button = self.keys[pressing[0]]
            name = self._names[button] if type(button) is int and button < len(self._names) else ""
            told.append(f"{'/'.join(_SHOWN.get(key, key) for key in pressing)} {name}".strip())
        return "  ".join(told)
