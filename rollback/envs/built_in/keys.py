"""The keys of a built-in game in the convention of `gymnasium.utils.play`. Knows key codes; knows no keyboard and no window."""

from __future__ import annotations

from itertools import combinations
from typing import Any, Final

from gymnasium import spaces

from rollback.envs.built_in.views import Seat

__all__ = ["keys_to_action"]

_HELD: Final = 3  # keys at once: more of them few keyboards tell apart
_CODES: Final = {"right": 1073741903, "left": 1073741904, "down": 1073741905, "up": 1073741906, "space": 32}  # as SDL has it


def keys_to_action(game: Any, seat: Seat) -> dict[tuple[int, ...], Any]:
    """Return which keys held together make which action of the seat's space; buttons by up to three keys at once."""
    codes = {
        _CODES.get(name) or ord(name): meant
        for name, meant in game.keys(seat.player).items()
        if name in _CODES or len(name) == 1
    }
    if not isinstance(seat.action_space, spaces.MultiBinary):
        return {(code,): seat.arrayed(game, action) for code, action in codes.items()}
    buttons = range(seat.action_space.shape[0])
    return {
        tuple(sorted(held)): seat.arrayed(game, [button in {codes[code] for code in held} for button in buttons])
        for many in range(1, _HELD + 1)
        for held in combinations(codes, many)
    }
