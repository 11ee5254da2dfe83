"""Boxes of floats: every bit of them, or so many levels a component. Knows no integers and no nesting."""

from __future__ import annotations

import struct
from array import array
from bisect import bisect_left
from fractions import Fraction
from typing import Any, Final

import numpy as np
from gymnasium import spaces

from rollback.envs.codecs.layout import outside, shown
from rollback.envs.codecs.width import levels_help
from rollback.errors import GameError

__all__ = ["ExactFloats", "LevelFloats", "floats_of"]

LETTERS: Final = {2: "e", 4: "f", 8: "d"}  # of struct, by the bytes of a float; a long double differs from machine to machine


class _Floats:
    """What both kinds share: from whatever a caller holds to an array of the Box's own dtype and within its bounds."""

    def __init__(self, space: spaces.Box[Any]) -> None:
        self._space = space
        self._dtype = np.dtype(space.dtype)
        self._shape: tuple[int, ...] = space.shape
        self._low: list[float] = space.low.reshape(-1).tolist()
        self._high: list[float] = space.high.reshape(-1).tolist()
        self._bounds = list(zip(self._low, self._high, strict=True))

    def _text(self, kind: str) -> str:
        ranges = sorted(set(self._bounds))
        told = ranges if len(ranges) == 1 else self._bounds
        return f"{kind}({'x'.join(map(str, self._shape))},{self._dtype.name},{','.join(f'{a!r}..{b!r}' for a, b in told)})"

    def _checked(self, action: Any) -> Any:
        """Return the action as an array that the space holds: rounded to the dtype first, as numpy would, then compared."""
        try:
            given = np.asarray(action)
        except (ValueError, TypeError, OverflowError):
            raise outside(action, self._space, f"an array of shape {self._shape} is needed") from None
        if given.shape != self._shape:
            raise outside(action, self._space, f"shape {self._shape} is needed, not {given.shape}")
        if given.dtype != self._dtype:
            given = self._cast(action, given)
        for place, (value, (low, high)) in enumerate(zip(given.reshape(-1).tolist(), self._bounds, strict=True)):
            if not low <= value <= high:  # NaN too
                raise outside(action, self._space, f"component {place} is {value!r}, and {low!r} to {high!r} is allowed")
        return given

    def _cast(self, action: Any, given: Any) -> Any:
        if given.dtype.kind not in "fiub" and given.size:
            raise outside(action, self._space, f"{self._dtype.name} numbers are needed, not {given.dtype}")
        with np.errstate(over="ignore", invalid="ignore", under="ignore"):
            cast = given.astype(self._dtype)
            if not np.array_equal(np.isinf(cast), np.isinf(given)):  # otherwise an unbounded Box would take 1e300 for inf
                raise outside(action, self._space, f"{self._dtype.name} cannot hold it")
        return cast

    def _frozen(self, values: list[float]) -> Any:
        made = np.array(values, dtype=self._dtype).reshape(self._shape)
        made.flags.writeable = False
        return made


class ExactFloats(_Floats):
    """Every bit of every component, little-endian, the first component in the lowest bits.

    Args:
        space: The space, of float16, float32 or float64.
        idle: The action whose components stand for NaN and for what is out of bounds.
    """

    def __init__(self, space: spaces.Box[Any], idle: Any) -> None:
        super().__init__(space)
        parts = len(self._bounds)
        self._size = parts * self._dtype.itemsize
        self._wire = self._dtype.newbyteorder("<")
        self._read = struct.Struct(f"<{parts}{LETTERS[self._dtype.itemsize]}").unpack
        self.bits = self._size * 8
        self.text = self._text("box")
        self._mask = (1 << self.bits) - 1
        self._idle: list[float] = self._checked(idle).reshape(-1).tolist()

    def pack(self, action: Any) -> int:
        """Return the bytes of the components as a number; -0.0 and subnormal numbers stay what they are."""
        return int.from_bytes(self._checked(action).astype(self._wire, copy=False).tobytes(), "little")

    def unpack(self, number: int) -> Any:
        """Return a read-only array; a component that is NaN or out of bounds is the idle one."""
        data = (number & self._mask).to_bytes(self._size, "little")
        values = self._read(data)
        for value, (low, high) in zip(values, self._bounds, strict=True):
            if not low <= value <= high:
                break
        else:  # nearly always: no copy, and the very same bits
            if values:
                made = np.frombuffer(data, self._wire).astype(self._dtype, copy=False).reshape(self._shape)
                made.flags.writeable = False
                return made
        legal = zip(values, self._bounds, self._idle, strict=True)
        return self._frozen([value if low <= value <= high else resting for value, (low, high), resting in legal])


class LevelFloats(_Floats):
    """Each component as the number of one of its levels, which include both bounds and, where the bounds lie about it, 0.

    Levels are evenly spaced on each side of 0, and reckoned with IEEE multiplications and divisions only: the same on all
    machines. Encoding takes the nearest level.

    Args:
        space: The space, bounded on both sides.
        bits: How many bits a component may take.
        idle: The action whose components stand for the numbers that are no level.
    """

    def __init__(self, space: spaces.Box[Any], bits: int, idle: Any) -> None:
        super().__init__(space)
        made: dict[tuple[float, float], array[float]] = {}
        for low, high in self._bounds:
            if (low, high) not in made:
                made[low, high] = _levels(low, high, bits, self._dtype)
        self._levels = [made[pair] for pair in self._bounds]
        self._step = bits
        self._last = (1 << bits) - 1
        self.bits = bits * len(self._bounds)
        self.text = self._text(f"levels{bits}")
        self._idle = [
            levels[_nearest(levels, value)]
            for levels, value in zip(self._levels, self._checked(idle).reshape(-1).tolist(), strict=True)
        ]

    def pack(self, action: Any) -> int:
        """Return the numbers of the nearest levels, the first component in the lowest bits."""
        number = shift = 0
        for levels, value in zip(self._levels, self._checked(action).reshape(-1).tolist(), strict=True):
            number |= _nearest(levels, value) << shift
            shift += self._step
        return number

    def unpack(self, number: int) -> Any:
        """Return a read-only array; a component whose number is no level is the idle one."""
        values = []
        for levels, resting in zip(self._levels, self._idle, strict=True):
            place = number & self._last
            values.append(levels[place] if place < len(levels) else resting)
            number >>= self._step
        return self._frozen(values)


def _levels(low: float, high: float, bits: int, dtype: Any) -> array[float]:
    # About 0 one number is left over, so that bounds that mirror each other have equal steps on both sides.
    about_zero = low < 0 < high
    count = (1 << bits) - about_zero
    last = count - 1
    if about_zero:
        share = Fraction(low) / (Fraction(low) - Fraction(high))  # exact: floats may overflow here, or vanish
        middle = min(max(round(last * share), 1), last - 1)
        found = [low * ((middle - place) / middle) for place in range(middle)]
        found += [high * (place / (last - middle)) for place in range(last - middle + 1)]
    else:
        found = [low * ((last - place) / last) + high * (place / last) for place in range(count)]
    with np.errstate(under="ignore"):
        rounded = np.array(found, np.float64).astype(dtype).astype(np.float64)
    return array("d", (np.clip(np.maximum.accumulate(rounded), low, high) + 0.0).tolist())  # no -0.0


def _nearest(levels: array[float], value: float) -> int:
    above = bisect_left(levels, value)  # of equal levels the first one, always
    if above == 0 or (above < len(levels) and levels[above] == value):
        return above
    below = above - 1
    if above == len(levels) or value - levels[below] <= levels[above] - value:
        return bisect_left(levels, levels[below])
    return above


def floats_of(space: spaces.Box[Any], bits: int | None, idle: Any) -> ExactFloats | LevelFloats:
    """Return the layout of a Box of floats: levels if `bits` would make it narrower and it is bounded, otherwise exact.

    Raises:
        GameError: The floats are not the same on every machine.
    """
    size = np.dtype(space.dtype).itemsize
    if size not in LETTERS:
        raise GameError(f"{shown(space)}: {np.dtype(space.dtype)} differs from machine to machine, use float64 or less")
    if bits is not None and levels_help(space, bits):
        return LevelFloats(space, bits, idle)
    return ExactFloats(space, idle)
