"""Values of one kind, many thousands of them, in as few bytes as they need. Knows no frames, no files and no numpy.

The first value says what the column holds: numbers, arrays of one shape, regular sequences of numbers (which are arrays too),
or containers of one structure, with a column for each entry. What does not fit makes the column one of JSON texts.
"""

from __future__ import annotations

import json
from array import array
from collections.abc import Iterator
from typing import Any, Final

from rollback.state.arrays import is_array, is_number
from rollback.state.trees import shown

__all__ = ["Column", "Numbers", "Texts", "Tree", "plain_json"]

_CODES: Final = {bool: "b", int: "q", float: "d"}
_DEPTH: Final = 16  # containers inside each other; what lies deeper is told as text
_WIDE: Final = 2**63


class Numbers:
    """Arrays of one type and shape, one after the other.

    Attributes:
        dtype: As numpy names it.
        shape: Of one value; empty for plain numbers.
        data: All of them, in C order.
    """

    def __init__(self, dtype: str, shape: tuple[int, ...]) -> None:
        self.dtype = dtype
        self.shape = shape
        self.data: Any = bytearray()

    @property
    def size(self) -> int:
        """Bytes."""
        return len(memoryview(self.data).cast("B"))

    def add(self, value: Any) -> bool:
        """Add a value; False where it does not fit."""
        if (is_array(value) or is_number(value)) and value.dtype.str == self.dtype and value.shape == self.shape:
            self.data += value.tobytes()
            return True
        return False

    def values(self) -> Iterator[Any]:
        """Yield numpy arrays, or numpy numbers."""
        import numpy

        width = numpy.dtype(self.dtype).itemsize
        for size in self.shape:
            width *= size
        for start in range(0, len(self.data), width or 1) if width else ():
            yield numpy.frombuffer(self.data[start : start + width], self.dtype).reshape(self.shape)[()]


class _Plain(Numbers):
    """Python's own numbers, or sequences of sequences of them that are all alike."""

    def __init__(self, code: str, shape: tuple[int, ...], kind: type) -> None:
        super().__init__({"b": "|b1", "q": "<i8", "d": "<f8"}[code], shape)
        self.data = array(code)
        self._kind: type = {"b": bool, "q": int, "d": float}[code]
        self._container = kind

    def add(self, value: Any) -> bool:
        if not self.shape:
            if type(value) is not self._kind or (type(value) is int and not -_WIDE <= value < _WIDE):
                return False
            self.data.append(value)
            return True
        found = _regular(value)
        if found is None or found[0] != self.shape or found[1] is not self._kind:
            return False
        self.data.extend(found[2])
        return True

    def values(self) -> Iterator[Any]:
        width = 1
        for size in self.shape:
            width *= size
        for start in range(0, len(self.data), width):
            flat = [self._kind(number) for number in self.data[start : start + width]]
            yield _folded(flat, self.shape, self._container) if self.shape else flat[0]


class Texts:
    """JSON, one text a value.

    Attributes:
        data: All of them, one after the other, in UTF-8.
        ends: Where each ends.
    """

    def __init__(self) -> None:
        self.data = bytearray()
        self.ends = array("q")

    @property
    def size(self) -> int:
        """Bytes."""
        return len(self.data) + 8 * len(self.ends)

    def add(self, value: Any) -> bool:
        """Add a value."""
        self.data += json.dumps(plain_json(value)).encode()
        self.ends.append(len(self.data))
        return True

    def values(self) -> Iterator[Any]:
        """Yield what JSON made of each value."""
        start = 0
        for end in self.ends:
            yield json.loads(self.data[start:end])
            start = end


class Nothing:
    """A column that holds None only."""

    size = 0

    def __init__(self) -> None:
        self.rows = 0

    def add(self, value: Any) -> bool:
        """Count, if the value is None."""
        self.rows += value is None
        return value is None

    def values(self) -> Iterator[Any]:
        """Yield None."""
        yield from [None] * self.rows


class Tree:
    """Containers of one structure.

    Attributes:
        kind: dict, list or tuple.
        entries: A column for each entry, by key or place.
    """

    def __init__(self, value: Any) -> None:
        self.kind = type(value)
        self.entries: dict[Any, Column] = {key: Column() for key, _ in _entries(value)}
        self._rows = 0

    @property
    def size(self) -> int:
        """Bytes."""
        return sum(column.size for column in self.entries.values())

    def add(self, value: Any) -> bool:
        """Add a value; False where its structure is another one."""
        if type(value) is not self.kind or len(value) != len(self.entries):
            return False
        if self.kind is dict and any(key not in value for key in self.entries):
            return False
        for key, column in self.entries.items():
            column.add(value[key])
        self._rows += 1
        return True

    def values(self) -> Iterator[Any]:
        """Yield containers like those that were added."""
        keys, columns = list(self.entries), [column.values() for column in self.entries.values()]
        for _ in range(self._rows):
            row = [next(column) for column in columns]
            yield dict(zip(keys, row, strict=True)) if self.kind is dict else self.kind(row)


class Column:
    """Values one after the other.

    Attributes:
        rows: How many.
        held: What they are held by; None before the first.
    """

    def __init__(self) -> None:
        self.rows = 0
        self.held: Numbers | Texts | Tree | Nothing | None = None

    @property
    def size(self) -> int:
        """About how many bytes it takes."""
        return 0 if self.held is None else self.held.size

    def add(self, value: Any) -> None:
        """Add a value."""
        held = self.held
        if held is None:
            self.held = held = _holder(value)
        if not held.add(value):
            self.held = texts = Texts()
            for before in held.values():
                texts.add(before)
            texts.add(value)
        self.rows += 1

    def values(self) -> Iterator[Any]:
        """Yield what was added; tuples, arrays and numbers as such, all else as JSON has it."""
        return iter(()) if self.held is None else self.held.values()


def plain_json(value: Any, depth: int = 0) -> Any:
    """Return a value of JSON; what JSON does not know is told as text, bytes in hexadecimal digits."""
    if value is None or type(value) in (str, bool, int):
        return value
    if type(value) is float:
        return value if value - value == 0 else repr(value)
    if isinstance(value, dict) and depth < _DEPTH:
        return {key if type(key) is str else shown(key): plain_json(entry, depth + 1) for key, entry in value.items()}
    if isinstance(value, list | tuple) and depth < _DEPTH:
        return [plain_json(entry, depth + 1) for entry in value]
    if isinstance(value, bytes):
        return value.hex()
    return plain_json(value.tolist(), depth + 1) if hasattr(value, "tolist") and depth < _DEPTH else shown(value)


def _holder(value: Any) -> Numbers | Texts | Tree | Nothing:
    if value is None:
        return Nothing()
    if is_array(value) or is_number(value):
        return Numbers(value.dtype.str, value.shape) if value.size else Texts()
    if type(value) in _CODES:
        return _Plain(_CODES[type(value)], (), tuple) if type(value) is not int or -_WIDE <= value < _WIDE else Texts()
    if type(value) in (list, tuple):
        found = _regular(value)
        if found is not None:
            return _Plain(_CODES[found[1]], found[0], type(value))
    if type(value) in (dict, list, tuple) and value:
        return Tree(value)
    return Texts()


def _entries(value: Any) -> Any:
    return value.items() if type(value) is dict else enumerate(value)


def _regular(value: Any) -> tuple[tuple[int, ...], type, list[Any]] | None:
    """Return shape, type and numbers of a sequence, or of sequences that are all alike; None where it is none of those."""
    if not value or type(value) not in (list, tuple):
        return None
    kind = type(value[0])
    if kind in _CODES:
        if any(type(number) is not kind for number in value):
            return None
        if kind is int and not (-_WIDE <= min(value) and max(value) < _WIDE):
            return None
        return (len(value),), kind, list(value)
    if kind not in (list, tuple):
        return None
    parts = [_regular(part) if type(part) is kind else None for part in value]
    first = parts[0]
    if first is None or any(part is None or part[:2] != first[:2] for part in parts):
        return None
    return (len(value), *first[0]), first[1], [number for part in parts if part is not None for number in part[2]]


def _folded(flat: list[Any], shape: tuple[int, ...], kind: type) -> Any:
    if len(shape) == 1:
        return kind(flat)
    step = len(flat) // shape[0]
    return kind([_folded(flat[start : start + step], shape[1:], kind) for start in range(0, len(flat), step)])
