"""Held keys turned into a player's action, by the table the game itself has. Knows no keyboard and no window."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from rollback.errors import GameError, UsageError
from rollback.game import Game, codecs_of, idle_inputs
from rollback.netplay.hands.chosen_keys import refuse_keys

__all__ = ["Buttons"]

_TAKEN = {"p": "pauses the match", "q": "leaves the room", "escape": "leaves the room"}
_WORDS = {"esc": "escape"}
_SHOWN = {"up": "↑", "down": "↓", "left": "←", "right": "→"}


class Buttons:
    """One player's keys: `game.keys(player)` maps the names of keys to buttons, or to whole actions.

    Where actions are rows of buttons, a key presses the button of that number; in any other space the newest of the
    held keys *is* the action it is mapped to, and no key is the idle one. A game that knows keys which are held together,
    as environments do, is asked: `game.action_for(held, player)`, the newest key last.

    Args:
        game: The game.
        player: Whose keys.
        chosen: Which keys are to be which actions of an environment, instead of its own.

    Attributes:
        keys: Which key alone is which button or action.
        names: The keys that mean something, alone or together with others.

    Raises:
        UsageError: The game says nothing of keys, or those that were chosen mean nothing in it.
    """

    def __init__(self, game: Game, player: int, chosen: Mapping[str, Any] | None = None) -> None:
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
        self.names = frozenset(self.keys)
        if chosen is not None:
            self._choose(game, chosen)
        elif callable(self._ask) and not self.keys and player not in getattr(game, "watchers", ()):
            raise UsageError(
                f"no keys suggest themselves for the actions of {_name_of(game)}, {codec.describe()}:"
                ' name them, as in --keys "left=0,right=1"'
            )

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
        return "  ".join(f"{'/'.join(_SHOWN.get(key, key) for key in keys)} {name}".strip() for name, keys in self.groups())

    def groups(self) -> list[tuple[str, tuple[str, ...]]]:
        """Return each button or action with the keys that press it, in the game's order; a nameless one has an empty name."""
        by_button: dict[str, list[str]] = {}
        for key, button in self.keys.items():
            by_button.setdefault(repr(button), []).append(key)  # an action may be an array, which is no key of a dict
        groups = []
        for pressing in by_button.values():
            button = self.keys[pressing[0]]
            name = self._names[button] if type(button) is int and 0 <= button < len(self._names) else ""
            groups.append((name, tuple(pressing)))
        return groups

    def _choose(self, game: Any, chosen: Mapping[str, Any]) -> None:
        """Take the keys that the player wants in the place of those the environment has."""
        from rollback.envs.keys import KeyTable  # here, since it brings numpy along

        refuse_keys(game, _name_of(game))
        control = game.controls[self._player]
        table = KeyTable({control.name: chosen})  # so that an action that is a table itself is not taken for an agent's
        try:
            table.check([control])
        except GameError as error:
            raise UsageError("--keys: " + str(error).partition("; name keys")[0]) from None
        self.keys = table.singles(control)
        self.names = frozenset().union(*(name.split("+") if len(name) > 1 else name for name in chosen))
        for name in sorted(self.names):
            if does := _TAKEN.get(_WORDS.get(name.lower(), name.lower())):
                raise UsageError(f"--keys: {name!r} is taken, it {does}: choose another key")
        self._ask = lambda held, player: table.action(held, control)


def _name_of(game: Game) -> str:
    return getattr(game, "game_id", "") or type(game).__name__
