"""An array of numbers with a shape, and its bytes as NumPy writes them (`.npy`, version 1.0). Needs no NumPy, knows no file."""

from __future__ import annotations

import re
import sys
from array import array
from collections.abc import Sequence
from dataclasses import dataclass
from math import prod
from typing import Any, Final, Self

from rollback.agents.checkpoints.limits import MAX_ARRAY_BYTES, MAX_DIMENSIONS, MAX_LENGTH
from rollback.errors import UsageError

__all__ = ["TYPES", "Array", "array_from_npy", "npy_from_array"]

# By the type code of `array.array`: what NumPy calls it in a file, the first byte being the lowest.
TYPES: Final = {"d": "<f8", "f": "<f4", "q": "<i8", "i": "<i4", "h": "<i2", "B": "|u1"}
_CODES: Final = {described: code for code, described in TYPES.items()}
_MAGIC: Final = b"\x93NUMPY\x01\x00"
_ALIGNED: Final = 64  # the numbers begin at a multiple of it
_LONGEST_HEADER: Final = 256
_HEADER: Final = re.compile(
    r"\{'descr': '([<|][fiu][1248])', 'fortran_order': False, 'shape': \(((?:\d{1,10}, ){0,3}\d{1,10},?|)\), \} *\n"
)


@dataclass(frozen=True, slots=True, eq=False)
class Array:
    """Numbers of one kind in rows and columns, the last index running fastest; equal where every bit is.

    Args:
        shape: How many along each of at most 4 dimensions; empty for a single number.
        typecode: d, f, q, i, h or B, as `array.array` has them: 64 and 32 bit floats, 64, 32 and 16 bit signed numbers,
            bytes.
        data: The numbers, as many as the shape says; they are copied.

    Raises:
        UsageError: One of them is not so; the message says which.
    """

    shape: tuple[int, ...]
    typecode: str
    data: array[Any]

    def __post_init__(self) -> None:
        if self.typecode not in TYPES:
            raise UsageError(f"an array cannot hold the type {self.typecode!r:.40}: take one of {', '.join(TYPES)}")
        shape = tuple(self.shape)
        if len(shape) > MAX_DIMENSIONS or any(type(length) is not int or not 0 <= length <= MAX_LENGTH for length in shape):
            raise UsageError(f"an array cannot have the shape {shape!r:.80}: take at most {MAX_DIMENSIONS} whole numbers")
        try:
            data = array(self.typecode, self.data)
        except (TypeError, OverflowError, ValueError) as error:
            raise UsageError(f"an array of type {self.typecode} cannot hold these numbers: {error}") from None
        if prod(shape) != len(data):
            raise UsageError(f"an array of the shape {shape} holds {prod(shape)} numbers, and {len(data)} are given")
        object.__setattr__(self, "shape", shape)
        object.__setattr__(self, "data", data)

    @classmethod
    def of(cls, values: Any, typecode: str = "d") -> Self:
        """Return the array of a list of numbers, or of lists of them, of which all are of the same length.

        Raises:
            UsageError: They are not, or no numbers.
        """
        shape: list[int] = []
        flat = values
        if not isinstance(values, Sequence | array):
            flat = [values]
        else:
            shape.append(len(values))
            while flat and isinstance(flat[0], Sequence | array) and len(shape) <= MAX_DIMENSIONS:
                length = len(flat[0])
                if any(not isinstance(row, Sequence | array) or len(row) != length for row in flat):
                    raise UsageError("the rows of an array must all have the same length")
                shape.append(length)
                flat = [value for row in flat for value in row]
        return cls(tuple(shape), typecode, flat)

    @property
    def size(self) -> int:
        """Bytes of the numbers."""
        return len(self.data) * self.data.itemsize

    def nested(self) -> Any:
        """Return the numbers as fresh lists in lists; a single number where there is no dimension."""
        if not self.shape:
            return self.data[0]
        flat: list[Any] = self.data.tolist()
        for place in range(len(self.shape) - 1, 0, -1):
            length, count = self.shape[place], prod(self.shape[:place])
            flat = [flat[row * length : (row + 1) * length] for row in range(count)]
        return flat

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Array):
            return NotImplemented
        return (self.shape, self.typecode) == (other.shape, other.typecode) and _little(self.data) == _little(other.data)

    def __hash__(self) -> int:
        return hash((self.shape, self.typecode))


def npy_from_array(values: Array) -> bytes:
    """Return the bytes of a `.npy` file, the same that `numpy.save` writes."""
    return _header(TYPES[values.typecode], values.shape) + _little(values.data)


def array_from_npy(content: bytes) -> Array:
    """Return the array of a `.npy` file; only what `npy_from_array` writes is read.

    Raises:
        UsageError: It is anything else; the message is the end of a sentence.
    """
    start = len(_MAGIC) + 2
    if content[: len(_MAGIC)] != _MAGIC or len(content) < start:
        raise UsageError("is no array in the .npy format 1.0")
    length = int.from_bytes(content[start - 2 : start], "little")
    if length > _LONGEST_HEADER or len(content) < start + length:
        raise UsageError("has a header that is cut or too long")
    found = _HEADER.fullmatch(content[start : start + length].decode("latin-1"))
    if found is None:
        raise UsageError("has a header that describes no array of numbers in rows")
    described = found[1]
    if described not in _CODES:
        raise UsageError(f"holds numbers of the type {described}, and only {', '.join(_CODES)} are read")
    shape = tuple(int(part) for part in found[2].replace(",", " ").split())
    if _header(described, shape) != content[: start + length]:
        raise UsageError("has a header that describes no array of numbers in rows")
    data: array[Any] = array(_CODES[described])
    size = prod(shape) * data.itemsize
    if size > MAX_ARRAY_BYTES:
        raise UsageError(f"holds {size} bytes of numbers, and at most {MAX_ARRAY_BYTES} are read")
    if len(content) != start + length + size:
        raise UsageError(f"says that it has the shape {shape}, and holds another count of numbers")
    data.frombytes(content[start + length :])
    if sys.byteorder == "big":
        data.byteswap()
    return Array(shape, _CODES[described], data)


def _header(described: str, shape: tuple[int, ...]) -> bytes:
    text = f"{{'descr': {described!r}, 'fortran_order': False, 'shape': {shape!r}, }}"
    start = len(_MAGIC) + 2
    length = -(-(start + len(text) + 1) // _ALIGNED) * _ALIGNED - start
    return _MAGIC + length.to_bytes(2, "little") + text.ljust(length - 1).encode() + b"\n"


def _little(data: array[Any]) -> bytes:
    if sys.byteorder == "big":
        data = data[:]
        data.byteswap()
    return data.tobytes()
