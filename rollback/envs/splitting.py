"""One action space divided among players, and their parts joined again. Knows spaces; knows no environment."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final

import numpy as np
from gymnasium import spaces

from rollback.errors import GameError

__all__ = ["can_split", "divided", "join_for", "split"]

_KINDS: Final = (spaces.Tuple, spaces.Dict, spaces.MultiDiscrete, spaces.MultiBinary)


def can_split(space: Any, players: int) -> bool:
    """Return whether the parts of `space` can be divided evenly among the players."""
    parts = _parts(space)
    return parts is not None and parts >= players and parts % players == 0


def split(space: Any, players: int) -> tuple[tuple[str, Any], ...]:
    """Return each player's name and part of the space, in order.

    Raises:
        GameError: The space has no parts, or they cannot be divided evenly.
    """
    count = _parts(space)
    if count is None:
        raise GameError(
            f"the actions {space} are of one piece and cannot be split among {players} players:"
            ' choose share="race" (one copy each), "turns" (by episode) or "watch" (one plays)'
        )
    if not can_split(space, players):
        fitting = [str(number) for number in range(1, count + 1) if count % number == 0]
        raise GameError(
            f"the {count} parts of the actions {space} cannot be divided evenly among {players} players:"
            f" choose players={' or '.join(fitting[-4:])}, or share"
            '="race", "turns" or "watch"'
        )
    each = count // players
    keys = list(space.spaces) if isinstance(space, spaces.Dict) and each == 1 else None
    return tuple(
        (str(keys[player]) if keys else f"player_{player}", _part(space, player * each, each)) for player in range(players)
    )


def join_for(space: Any, players: int) -> Callable[[Sequence[Any]], Any]:
    """Return what makes one action of `space` of the players' parts, for a space and number that `split` takes."""
    count = _parts(space)
    assert count is not None
    is_single = count == players
    if isinstance(space, spaces.Tuple):
        return tuple if is_single else lambda actions: tuple([part for action in actions for part in action])
    if isinstance(space, spaces.Dict):
        keys = tuple(space.spaces)
        if is_single:
            return lambda actions: dict(zip(keys, actions, strict=True))
        return lambda actions: {key: part for action in actions for key, part in action.items()}
    dtype, shape = space.dtype, space.shape
    return lambda actions: np.array(actions, dtype).reshape(shape)


def divided(space: Any, players: int, action: Any) -> dict[str, Any]:
    """Return each player's part of one action of the whole `space`, by name: what `join_for` would make it of."""
    each = len(action) // players
    names = [name for name, _ in split(space, players)]
    if isinstance(space, spaces.Dict):
        rows: list[Any] = [(key, action[key]) for key in space.spaces]
        return {
            name: rows[place * each][1] if each == 1 else dict(rows[place * each : (place + 1) * each])
            for place, name in enumerate(names)
        }
    return {name: action[place] if each == 1 else action[place * each : (place + 1) * each] for place, name in enumerate(names)}


def _parts(space: Any) -> int | None:
    if not isinstance(space, _KINDS):
        return None
    if isinstance(space, spaces.Tuple | spaces.Dict):
        return len(space.spaces)
    return int(space.shape[0]) if space.shape else 1


def _part(space: Any, first: int, count: int) -> Any:
    if isinstance(space, spaces.Tuple):
        own = space.spaces[first : first + count]
        return own[0] if count == 1 else spaces.Tuple(own)
    if isinstance(space, spaces.Dict):
        keys = list(space.spaces)[first : first + count]
        return space.spaces[keys[0]] if count == 1 else spaces.Dict({key: space.spaces[key] for key in keys})
    if isinstance(space, spaces.MultiBinary):
        inner = space.shape[1:]
        if count == 1:
            return spaces.MultiBinary(inner) if inner else spaces.Discrete(2)
        return spaces.MultiBinary((count, *inner) if inner else count)
    numbers, start = space.nvec[first : first + count], space.start[first : first + count]
    if count == 1 and space.nvec.ndim == 1:
        return spaces.Discrete(int(numbers[0]), start=int(start[0]))
    if count == 1:
        numbers, start = numbers[0], start[0]
    return spaces.MultiDiscrete(numbers, dtype=space.dtype.type, start=start)
