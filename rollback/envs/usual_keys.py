"""Keys for environments that name none: arrows where the meaning is known, digits for the rest. Knows no player."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import combinations
from typing import Any, Final

__all__ = ["usual_keys"]

MOST_DIGITS: Final = 9  # actions: more are not found by number while playing
_MOST_BUTTONS: Final = 9
_MOST_TOGETHER: Final = 3  # buttons of one row held at once
_ARROWS: Final = ("left", "right", "up", "down")
_KNOWN: Final = {  # which action is which arrow, by the name of the class; their documentation says so
    "CartPoleEnv": {"left": 0, "right": 1},
    "AcrobotEnv": {"left": 0, "right": 2},
    "MountainCarEnv": {"left": 0, "right": 2},
    "LunarLander": {"left": 1, "up": 2, "right": 3},
    "FrozenLakeEnv": {"left": 0, "down": 1, "right": 2, "up": 3},
    "CliffWalkingEnv": {"up": 0, "right": 1, "down": 2, "left": 3},
    "TaxiEnv": {"down": 0, "up": 1, "right": 2, "left": 3, "space": 4, "enter": 5},
    "BlackjackEnv": {"down": 0, "up": 1},
    "CarRacing": {"right": 1, "left": 2, "up": 3, "down": 4},
}
_PARTICLES: Final = {"left": 1, "right": 2, "down": 3, "up": 4}  # all of mpe2


def usual_keys(env: Any, space: Any, codec: Any) -> dict[Any, Any]:
    """Return keys for the actions of a space, in the convention of `get_keys_to_action`; empty where none suggest themselves.

    Args:
        env: The environment, asked for `get_action_meanings`, and known by its class.
        space: The player's actions.
        codec: Their codec; what it refuses is no action.
    """
    kind = type(space).__name__
    if kind == "Discrete" and 2 <= int(space.n) <= 18:
        return _discrete(env, int(space.n), int(space.start))
    if kind == "MultiBinary" and codec.size and len(space.shape) == 1 and 1 <= space.shape[0] <= _MOST_BUTTONS:
        return _buttons(int(space.shape[0]))
    if kind == "Box" and space.shape in ((1,), (2,)) and space.dtype.kind == "f" and space.is_bounded():
        return _levers(space)
    return {}


def _discrete(env: Any, count: int, start: int) -> dict[Any, Any]:
    inner = getattr(env, "unwrapped", env)
    keys: dict[Any, Any] = {}
    if count <= MOST_DIGITS:
        keys |= {(str(number),): start + number for number in range(count)}
    meanings = _meanings(env, inner)
    if meanings is not None and len(meanings) == count:
        keys |= {held: start + number for number, said in enumerate(meanings) if (held := _held(str(said)))}
    else:
        known = _PARTICLES if type(inner).__module__.startswith("mpe2.") and count == 5 else _KNOWN.get(type(inner).__name__)
        keys |= {(key,): start + number for key, number in (known or {}).items() if number < count}
    return keys


def _meanings(*places: Any) -> Sequence[Any] | None:
    for place in places:
        ask: Callable[[], Any] | None = getattr(place, "get_action_meanings", None)
        if callable(ask):
            try:
                return list(ask())
            except Exception:  # it may want what only some environments have
                return None
    return None


def _held(said: str) -> tuple[str, ...]:
    """Return the keys for a meaning such as `UPFIRE` or `move_left`, empty for one that names no direction."""
    word = said.lower()
    keys = [arrow for arrow in _ARROWS if arrow in word]
    if "fire" in word or "shoot" in word:
        keys.append("space")
    return tuple(keys)


def _buttons(count: int) -> dict[Any, Any]:
    """Return a digit a button, and what up to three of them are together."""
    keys: dict[Any, Any] = {}
    for together in range(1, _MOST_TOGETHER + 1):
        for pressed in combinations(range(count), together):
            keys[tuple(str(button) for button in pressed)] = [int(button in pressed) for button in range(count)]
    return keys


def _levers(space: Any) -> dict[Any, Any]:
    """Return arrows that push each of one or two levers to its ends; the middle is where it rests."""
    import numpy as np

    low, high = space.low, space.high
    rest = np.clip(np.zeros_like(low), low, high)
    if space.shape == (1,):
        return {("left",): low, ("down",): low, ("right",): high, ("up",): high}
    across = {(): rest[0], ("left",): low[0], ("right",): high[0]}
    along = {(): rest[1], ("down",): low[1], ("up",): high[1]}
    return {
        (*one, *other): np.array([x, y], space.dtype) for one, x in across.items() for other, y in along.items() if one or other
    }
