"""Whole numbers as bit fields: Discrete, MultiDiscrete, MultiBinary and Boxes of integers. Knows no floats and no nesting."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from gymnasium import spaces

from rollback.envs.codecs.layout import outside, shown
from rollback.errors import GameError

__all__ = ["NumberArray", "OneNumber", "numbers_of"]


class OneNumber:
    """An element of a Discrete, counted from its start.

    Args:
        space: The space.
        idle: The action that stands for the numbers that are none.
    """

    def __init__(self, space: spaces.Discrete[Any], idle: Any) -> None:
        self._space = space
        self._scalar = np.dtype(space.dtype).type
        self.start, self.count = int(space.start), int(space.n)
        limits = np.iinfo(self._scalar)
        if not limits.min <= self.start <= self.start + self.count - 1 <= limits.max:
            raise GameError(f"{shown(space)} reaches past what {space.dtype} can hold: give it a wider dtype")
        self.bits = (self.count - 1).bit_length()
        self.text = f"discrete({self.count},{self.start},{np.dtype(space.dtype).name})"
        self._mask = (1 << self.bits) - 1
        self._idle = self.pack(idle)

    def pack(self, action: Any) -> int:
        """Return the action's place in the space."""
        place = self._whole(action) - self.start
        if not 0 <= place < self.count:
            raise outside(action, self._space, f"{self.start} to {self.start + self.count - 1} are allowed")
        return place

    def unpack(self, number: int) -> Any:
        """Return the element as the space's own dtype, as `sample` does."""
        place = number & self._mask
        return self._scalar(self.start + (place if place < self.count else self._idle))

    def _whole(self, action: Any) -> int:
        number = _number(action)
        if number is None:
            raise outside(action, self._space, "one whole number is needed")
        return number


class NumberArray:
    """An array of whole numbers, each with a range of its own, in the fewest whole bits.

    Args:
        space: The space, which gives the shape and what decoded arrays are made of.
        name: What it is called in the text.
        lows: The smallest values, in the order of the flattened array.
        highs: The largest values.
        idle: The action whose components stand for the numbers that are none.
    """

    def __init__(self, space: Any, name: str, lows: list[int], highs: list[int], idle: Any) -> None:
        self._space = space
        self._dtype = np.dtype(space.dtype)
        self._shape: tuple[int, ...] = space.shape
        counts = [high - low + 1 for low, high in zip(lows, highs, strict=True)]
        widths = [(count - 1).bit_length() for count in counts]
        self.bits = sum(widths)
        self._packing = list(zip(lows, highs, widths, strict=True))
        ranges = ",".join(f"{low}..{high}" for low, high in zip(lows, highs, strict=True))
        if len(set(zip(lows, highs, strict=True))) == 1:
            ranges = f"{lows[0]}..{highs[0]}"
        self.text = f"{name}({'x'.join(map(str, self._shape))},{self._dtype.name},{ranges})"
        resting = [value - low for value, low in zip(self._values(idle), lows, strict=True)]
        masks = [(1 << width) - 1 for width in widths]
        self._unpacking = list(zip(widths, masks, counts, lows, resting, strict=True))

    def pack(self, action: Any) -> int:
        """Return the components, the first one in the lowest bits."""
        number = shift = 0
        for value, (low, high, width) in zip(self._values(action), self._packing, strict=True):
            if not low <= value <= high:
                raise outside(action, self._space, f"{value} is not in {low}..{high}")
            number |= (value - low) << shift
            shift += width
        return number

    def unpack(self, number: int) -> Any:
        """Return a read-only array; a component that is out of its range is the idle one."""
        values = []
        for width, mask, count, low, resting in self._unpacking:
            place = number & mask
            values.append(low + (place if place < count else resting))
            number >>= width
        array = np.array(values, dtype=self._dtype).reshape(self._shape)
        array.flags.writeable = False
        return array

    def _values(self, action: Any) -> list[int]:
        """Return the components as whole numbers, not yet compared with their ranges."""
        try:
            array = np.asarray(action)
        except (ValueError, TypeError, OverflowError):
            raise outside(action, self._space, f"an array of shape {self._shape} is needed") from None
        if array.shape != self._shape:
            raise outside(action, self._space, f"shape {self._shape} is needed, not {array.shape}")
        if array.size and array.dtype.kind not in "iub":
            return [self._whole(action, value) for value in array.reshape(-1)]
        values: list[int] = array.reshape(-1).tolist()
        return values

    def _whole(self, action: Any, value: Any) -> int:
        number = _number(value)
        if number is None:
            raise outside(action, self._space, f"{' '.join(str(value).split()):.40} is no whole number")
        return number


def _number(value: Any) -> int | None:
    """Return what is a whole number in any form as an int: ints, numpy's, arrays of no dimension, bools and whole floats."""
    try:
        return int(value.__index__())
    except (AttributeError, TypeError):
        pass
    array = isinstance(value, np.ndarray | np.generic) and value.shape == () and value.dtype.kind in "fb"
    if (array or isinstance(value, float)) and float(value).is_integer():  # neither NaN nor infinite
        return int(float(value))
    return None


def numbers_of(space: Any, idle: Any) -> NumberArray:
    """Return the layout of a MultiDiscrete, a MultiBinary or a Box of integers or bools.

    Raises:
        GameError: The space has values that its dtype cannot hold.
    """
    if isinstance(space, spaces.MultiBinary):
        buttons = math.prod(space.shape)
        return NumberArray(space, "multibinary", [0] * buttons, [1] * buttons, idle)
    if isinstance(space, spaces.Box):
        lows = [int(value) for value in space.low.reshape(-1).tolist()]
        highs = [int(value) for value in space.high.reshape(-1).tolist()]
        return NumberArray(space, "box", lows, highs, idle)
    lows, counts = space.start.reshape(-1).tolist(), space.nvec.reshape(-1).tolist()
    highs = [low + count - 1 for low, count in zip(lows, counts, strict=True)]  # Python's integers do not wrap round
    if any(high > np.iinfo(space.dtype).max for high in highs):
        raise GameError(f"{shown(space)} reaches past what {np.dtype(space.dtype)} can hold: give it a wider dtype")
    return NumberArray(space, "multidiscrete", lows, highs, idle)
