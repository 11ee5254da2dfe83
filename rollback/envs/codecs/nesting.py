"""Tuple, Dict and OneOf: layouts within layouts. Knows nothing of what they hold."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from gymnasium import spaces

from rollback.envs.codecs.layout import Layout, outside
from rollback.errors import ActionError

__all__ = ["DictOf", "OneOfMany", "TupleOf"]


class TupleOf:
    """Parts one after another, the first one in the lowest bits.

    Args:
        space: The space, for messages.
        parts: The layouts of its spaces.
    """

    def __init__(self, space: spaces.Tuple[Any], parts: Sequence[Layout]) -> None:
        self._space = space
        self._parts = [(part, part.bits) for part in parts]
        self.bits = sum(part.bits for part in parts)
        self.text = f"tuple({','.join(part.text for part in parts)})"

    def pack(self, action: Any) -> int:
        """Return the parts' numbers, shifted to their places."""
        row = isinstance(action, tuple | list) or (isinstance(action, np.ndarray) and action.ndim > 0)
        if not row or len(action) != len(self._parts):
            raise outside(action, self._space, f"a tuple of {len(self._parts)} actions is needed")
        number = shift = 0
        for place, (value, (part, bits)) in enumerate(zip(action, self._parts, strict=True)):
            number |= _packed(part, value, place) << shift
            shift += bits
        return number

    def unpack(self, number: int) -> tuple[Any, ...]:
        """Return a tuple of the parts' actions."""
        values = []
        for part, bits in self._parts:
            values.append(part.unpack(number))
            number >>= bits
        return tuple(values)


class DictOf:
    """Parts by key in the space's own order, the first one in the lowest bits.

    Args:
        space: The space.
        parts: The layouts of its spaces.
    """

    def __init__(self, space: spaces.Dict, parts: Mapping[Any, Layout]) -> None:
        self._space = space
        self._parts = [(key, part, part.bits) for key, part in parts.items()]
        self.bits = sum(part.bits for part in parts.values())
        self.text = f"dict({','.join(f'{key!r}:{part.text}' for key, part in parts.items())})"

    def pack(self, action: Any) -> int:
        """Return the parts' numbers, shifted to their places."""
        keys = [key for key, _, _ in self._parts]
        if not isinstance(action, Mapping) or len(action) != len(keys) or any(key not in action for key in keys):
            raise outside(action, self._space, f"a dict with the keys {keys} is needed")
        number = shift = 0
        for key, part, bits in self._parts:
            number |= _packed(part, action[key], key) << shift
            shift += bits
        return number

    def unpack(self, number: int) -> dict[Any, Any]:
        """Return a dict of the parts' actions."""
        values = {}
        for key, part, bits in self._parts:
            values[key] = part.unpack(number)
            number >>= bits
        return values


class OneOfMany:
    """The number of a part in the lowest bits, and that part's action above them.

    Args:
        space: The space, for messages.
        parts: The layouts of its spaces.
        idle: The pair that stands for the numbers that are no part.
    """

    def __init__(self, space: spaces.OneOf[Any], parts: Sequence[Layout], idle: Any) -> None:
        self._space = space
        self._parts = list(parts)
        self._lead = (len(parts) - 1).bit_length()
        self.bits = self._lead + max(part.bits for part in parts)
        self.text = f"oneof({','.join(part.text for part in parts)})"
        self._idle = self.pack(idle)

    def pack(self, action: Any) -> int:
        """Return the number of the part and its action's."""
        wanted = f"a pair (0 to {len(self._parts) - 1}, action of that space) is needed"
        if not isinstance(action, tuple | list) or len(action) != 2:
            raise outside(action, self._space, wanted)
        try:
            place = int(action[0].__index__())
        except (AttributeError, TypeError):
            raise outside(action, self._space, wanted) from None
        if not 0 <= place < len(self._parts):
            raise outside(action, self._space, wanted)
        return place | _packed(self._parts[place], action[1], place) << self._lead

    def unpack(self, number: int) -> tuple[Any, Any]:
        """Return a pair of the part's number and its action."""
        place = number & ((1 << self._lead) - 1)
        if place >= len(self._parts):
            number = self._idle
            place = number & ((1 << self._lead) - 1)
        return np.int64(place), self._parts[place].unpack(number >> self._lead)


def _packed(part: Layout, action: Any, key: object) -> int:
    # The path is told only when something is wrong: the quick way builds no names.
    try:
        return part.pack(action)
    except ActionError as error:
        raise ActionError(f"at {key!r}: {error}") from None
