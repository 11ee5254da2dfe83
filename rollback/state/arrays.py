"""numpy arrays and numbers, known by the module and shape of their type. Imports no numpy; knows no trees."""

from __future__ import annotations

from typing import Any, Final

__all__ = ["PLAIN", "canonical", "is_array", "is_number", "plain"]

PLAIN: Final = frozenset({dict, list, tuple, str, bytes, int, float, bool, type(None)})

_SIZES: Final = {"b": (1,), "i": (1, 2, 4, 8), "u": (1, 2, 4, 8), "f": (2, 4, 8), "c": (8, 16)}  # by kind of dtype
_FLOAT_BITS: Final = {  # bytes of a float: all bits but the sign, infinity, the quiet NaN that stands for all
    2: (0x7FFF, 0x7C00, 0x7E00),
    4: (0x7FFFFFFF, 0x7F800000, 0x7FC00000),
    8: (0x7FFFFFFFFFFFFFFF, 0x7FF0000000000000, 0x7FF8000000000000),
}


def is_array(value: Any) -> bool:
    """Return whether `value` is a numpy array (no subclass) of bools or numbers whose width is the same everywhere."""
    kind = type(value)
    if kind.__module__ != "numpy" or kind.__name__ != "ndarray":
        return False
    return value.dtype.itemsize in _SIZES.get(value.dtype.kind, ())


def is_number(value: Any) -> bool:
    """Return whether `value` is a numpy bool, int or float whose width is the same everywhere."""
    kind = type(value)
    if kind.__module__ != "numpy" or not hasattr(kind, "item") or hasattr(kind, "__setitem__"):  # the latter: arrays
        return False
    return value.dtype.kind != "c" and value.dtype.itemsize in _SIZES.get(value.dtype.kind, ())


def plain(value: Any) -> Any:
    """Return a numpy number as a Python number, and everything else as it is."""
    return value if type(value) in PLAIN or not is_number(value) else value.item()


def canonical(array: Any) -> tuple[bytes, Any]:
    """Return the form (b, i, u, f or c) of an array and its values, flat, in C order, little-endian.

    Bools take one byte, complex numbers 16, all others 8. Only unsigned numbers past 2**63 have the form u. There is
    one zero and one NaN; floats are handled as bits, for arithmetic on a signalling NaN warns.
    """
    kind, size = array.dtype.kind, array.dtype.itemsize
    if kind == "b":
        return b"b", array.astype("|u1", order="C").reshape(-1)
    if kind in "iu":
        huge = kind == "u" and size == 8 and array.size > 0 and int(array.max()) >= 2**63
        return (b"u" if huge else b"i"), array.astype("<u8" if huge else "<i8", order="C").reshape(-1)
    part = size // 2 if kind == "c" else size
    flat = array.astype(f"<{kind}{size}", order="C").reshape(-1).view(f"<u{part}")
    value_bits, infinity, nan = _FLOAT_BITS[part]
    magnitude = flat & value_bits
    flat[magnitude == 0] = 0
    flat[magnitude > infinity] = nan
    return kind.encode(), flat.view(f"<f{part}").astype("<f8").view("<u8")
