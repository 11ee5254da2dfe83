"""Values of Python to a flat row of tokens and back, so that no proxy is made on the way to the page. Knows no messages.

The tokens are told in worker-values.js, which does the same in the page's language.
"""

from __future__ import annotations

import array
import sys
from typing import Any, Final

from rollback.errors import UsageError

__all__ = ["MAX_DEPTH", "flatten", "rebuild"]

MAX_DEPTH: Final = 64
_CODES: Final = {
    "Int8Array": "b", "Int16Array": "h", "Uint16Array": "H", "Int32Array": "i", "Uint32Array": "I",
    "Float32Array": "f", "Float64Array": "d", "BigInt64Array": "q", "BigUint64Array": "Q",
}  # fmt: skip
_SIGNED: Final = {1: "Int8Array", 2: "Int16Array", 4: "Int32Array", 8: "BigInt64Array"}
_UNSIGNED: Final = {2: "Uint16Array", 4: "Uint32Array", 8: "BigUint64Array"}  # of one byte: plain bytes
_FLOATS: Final = {4: "Float32Array", 8: "Float64Array"}
_DIGITS: Final = 15  # as many digits are a safe integer in any case
_ALLOWED: Final = "None, bool, int, float, str, bytes, list, tuple, dict, array.array and numpy arrays and numbers can"

Tokens = tuple[str, list[Any]]


def flatten(value: Any) -> Tokens:
    """Return the letters and the values of anything that may cross to the page.

    Tuples become lists. A dict with text keys becomes an object, any other one a map, and so does one with a key that looks
    like a whole number: an object would sort it to the front, or bring it back as integer. Arrays of one dimension become
    typed arrays; those of more become `{"shape": [...], "data": typed array}`.

    Raises:
        UsageError: Something cannot cross; the message names its place and its type.
    """
    kinds: list[str] = []
    values: list[Any] = []
    _flatten(value, "value", 0, kinds, values)
    return "".join(kinds), values


def _flatten(value: Any, path: str, depth: int, kinds: list[str], values: list[Any]) -> None:
    if depth > MAX_DEPTH:
        raise UsageError(f"{path}: nested deeper than {MAX_DEPTH} levels")
    kind = type(value)
    if value is None or kind in (bool, int, float, str):
        kinds.append("v")
        values.append(value)
    elif isinstance(value, list | tuple):
        kinds.append("l")
        values.append(len(value))
        for place, item in enumerate(value):
            _flatten(item, f"{path}[{place}]", depth + 1, kinds, values)
    elif isinstance(value, dict):
        _flatten_dict(value, path, depth, kinds, values)
    elif kind is bytes or kind is bytearray:
        kinds.append("b")
        values.append(bytes(value))
    elif isinstance(value, bool | int | float | str):  # an enumeration, say
        kinds.append("v")
        number = int(value) if isinstance(value, int) else float(value) if isinstance(value, float) else None
        values.append(str.__str__(value) if number is None else number)
    else:
        _flatten_buffer(value, path, depth, kinds, values)


def _flatten_dict(value: dict[Any, Any], path: str, depth: int, kinds: list[str], values: list[Any]) -> None:
    texts = all(type(key) is str for key in value)
    as_object = texts and not any(map(_looks_whole, value))
    kinds.append("o" if as_object else "m")
    values.append(len(value))
    for key, item in value.items():
        if as_object:
            values.append(key)
        else:
            _flatten(key, f"{path} key", depth + 1, kinds, values)
        _flatten(item, f"{path}[{key!r}]", depth + 1, kinds, values)


def _looks_whole(key: str) -> bool:
    digits = key.removeprefix("-")
    return digits.isascii() and digits.isdigit() and len(digits) <= _DIGITS and (key == "0" or digits[0] != "0")


def _flatten_buffer(value: Any, path: str, depth: int, kinds: list[str], values: list[Any]) -> None:
    """Flatten whatever shows its bytes: arrays of the standard library and of numpy, and numpy's numbers."""
    name = type(value).__name__
    item = getattr(value, "item", None)
    if item is not None and getattr(value, "shape", None) == ():
        _flatten(item(), path, depth, kinds, values)
        return
    try:
        view = memoryview(value)
    except (TypeError, ValueError):
        raise UsageError(f"{path}: {name} cannot cross to the page; {_ALLOWED}") from None
    if view.ndim != 1:
        kinds.append("o")
        values += [2, "shape"]
        _flatten(list(view.shape or ()), path, depth + 1, kinds, values)
        values.append("data")
    letter = view.format.lstrip("@=" + ("<" if sys.byteorder == "little" else ">"))
    if letter in ("B", "?", "c"):
        kinds.append("b")
    else:
        table = _SIGNED if letter in "bhilqn" else _UNSIGNED if letter in "HILQN" else _FLOATS if letter in "fd" else {}
        if view.itemsize not in table or len(letter) != 1:
            raise UsageError(f"{path}: an array of type {view.format!r} cannot cross to the page: convert it to float or int")
        kinds.append("t")
        values.append(table[view.itemsize])
    values.append(view.tobytes())


def rebuild(kinds: str, values: list[Any]) -> Any:
    """Return the value that the page flattened: typed arrays as `array.array`, those of unsigned bytes as `bytes`.

    The page's numbers have one type: a whole one has become an int on its way here.
    """
    letters = iter(kinds)
    held = iter(values)
    return _rebuild(letters, held)


def _rebuild(letters: Any, held: Any) -> Any:
    match next(letters):
        case "v":
            value = next(held)
            if isinstance(value, int) and type(value) is not bool:
                return int(value)  # Pyodide has a class of its own for bigints, which would stay bigints for ever
            return value
        case "z":
            return -0.0
        case "l":
            return [_rebuild(letters, held) for _ in range(next(held))]
        case "o":
            return {next(held): _rebuild(letters, held) for _ in range(next(held))}
        case "m":
            return {_hashable(_rebuild(letters, held)): _rebuild(letters, held) for _ in range(next(held))}
        case "b":
            return bytes(next(held))
        case "t":
            return array.array(_CODES[next(held)], bytes(next(held)))
        case letter:
            raise UsageError(f"the page sent a token {letter!r} that nobody knows")


def _hashable(key: Any) -> Any:
    return tuple(map(_hashable, key)) if isinstance(key, list) else key
