"""Held keys turned into actions of a space: by the user's table, the environment's own, or a usual one. Knows no keyboard.

An environment's own table is what `get_keys_to_action()` returns, by the convention of `gymnasium.utils.play`: its keys
are strings such as "wa", or tuples of characters and of pygame's key codes; each stands for keys held together.
"""

from __future__ import annotations

import inspect
from collections.abc import Collection, Mapping, Sequence
from typing import Any, Final

from rollback.envs.controls import Control
from rollback.envs.usual_keys import usual_keys
from rollback.errors import ActionError, GameError

__all__ = ["KeyTable", "keys_named"]

NAMED: Final = ("up", "down", "left", "right", "space", "enter", "tab", "escape", "backspace")
_CODES: Final = {  # pygame's codes, in today's numbers and in those of pygame 1, which older environments still use
    8: "backspace", 9: "tab", 13: "enter", 27: "escape", 32: "space",
    273: "up", 274: "down", 275: "right", 276: "left",
    1073741906: "up", 1073741905: "down", 1073741903: "right", 1073741904: "left",
}  # fmt: skip
_WORDS: Final = {" ": "space", "return": "enter", "esc": "escape", "\r": "enter", "\n": "enter", "\t": "tab"}
_HOW: Final = 'name keys as in {"left": 0, "right": 1, "space+left": 2}, or give one such table for each agent'

_Table = tuple[tuple[frozenset[str], Any], ...]


class KeyTable:
    """What keys mean, for all players of an environment.

    Args:
        given: The user's table, from keys to actions: for all players, or one for each agent's name; None takes the others.
        env: Asked for `get_keys_to_action`, `get_action_meanings` and what kind it is.
    """

    def __init__(self, given: Mapping[Any, Any] | None = None, env: Any = None) -> None:
        if given is not None and not isinstance(given, Mapping):
            raise GameError(f"keys must be a table from keys to actions, not {given!r:.80}: {_HOW}")
        self._given = given
        self._env = env
        self._tables: dict[str, _Table] = {}

    def check(self, controls: Sequence[Control]) -> None:
        """Raise `GameError` where the user's table has a key or an action that is none."""
        if self._given is not None:
            for control in controls:
                self._table(control)

    def singles(self, control: Control) -> dict[str, Any]:
        """Return which key alone is which action."""
        return {next(iter(keys)): action for keys, action in self._table(control) if len(keys) == 1}

    def action(self, held: Collection[str], control: Control) -> Any:
        """Return the action of the keys held: of the largest set that is held, and of those the one with the newest key."""
        order = {key: place for place, key in enumerate(held)}
        best, action = (-1, -1), control.idle
        for keys, meant in self._table(control):
            if all(key in order for key in keys):
                rank = (len(keys), max((order[key] for key in keys), default=-1))
                if rank > best:
                    best, action = rank, meant
        return action

    def _table(self, control: Control) -> _Table:
        table = self._tables.get(control.name)
        if table is None:
            table = self._tables[control.name] = self._made(control)
        return table

    def _made(self, control: Control) -> _Table:
        if self._given is not None:
            given = self._given
            if control.name in given and isinstance(given[control.name], Mapping):
                given = given[control.name]
            elif given and all(isinstance(value, Mapping) for value in given.values()):
                return ()  # tables for others only
            return tuple((_chosen(keys), _checked(keys, action, control)) for keys, action in given.items())
        own = _own_table(self._env, control.name)
        if own is None:
            own = usual_keys(self._env, control.action_space, control.codec)
        entries = []
        for keys, action in own.items():
            named = keys_named(keys)
            if named is not None and _fits(action, control):
                entries.append((named, _decoded(action, control)))
        return tuple(entries)


def keys_named(keys: Any) -> frozenset[str] | None:
    """Return the names of keys held together in the convention of `gymnasium.utils.play`, None for one without a name."""
    parts = [keys] if isinstance(keys, int) or keys in NAMED else list(keys)
    names = []
    for part in parts:
        if isinstance(part, str):
            name = _WORDS.get(part, part.lower())
        else:
            name = _CODES.get(part) or (chr(part).lower() if 32 < part < 127 else "")
        if name not in NAMED and len(name) != 1:
            return None
        names.append(name)
    return frozenset(names)


def _chosen(keys: Any) -> frozenset[str]:
    parts: Any = (keys,) if isinstance(keys, int) else keys
    if isinstance(keys, str):
        parts = keys.split("+") if len(keys) > 1 else [keys]
    try:
        named = keys_named(tuple(part.strip().lower() if isinstance(part, str) and len(part) > 1 else part for part in parts))
    except TypeError:
        named = None
    if not named:
        raise GameError(f"{keys!r} names no keys: a key is a character or one of {', '.join(NAMED)}; {_HOW}")
    return named


def _checked(keys: Any, action: Any, control: Control) -> Any:
    try:
        return _decoded(action, control)
    except ActionError as error:
        raise GameError(f"the key {keys!r} of {control.name} means no action: {error}") from None


def _decoded(action: Any, control: Control) -> Any:
    return control.codec.decode(control.codec.encode(action))


def _fits(action: Any, control: Control) -> bool:
    try:
        control.codec.encode(action)
    except ActionError:
        return False
    return True


def _own_table(env: Any, agent: str) -> Mapping[Any, Any] | None:
    """Return the environment's table for an agent, None where it has none for these actions."""
    for place in (env, getattr(env, "unwrapped", None)):
        ask = getattr(place, "get_keys_to_action", None)
        if not callable(ask):
            continue
        try:
            table = ask(agent) if "agent" in inspect.signature(ask).parameters else ask()
        except Exception:  # ALE's raises for continuous actions
            return None
        return table if isinstance(table, Mapping) else None
    return None
