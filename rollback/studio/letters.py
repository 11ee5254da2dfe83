"""What the studio and a training process write to each other: JSON, one object a message. Knows no meaning of it.

NumPy's numbers are no JSON, and a library that meets them in an event ends the connection: here they become plain ones
before anything leaves the training process. NaN and infinities, which browsers cannot read, become null.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from typing import Any

__all__ = ["POINTS", "opened", "written"]

POINTS = b"points\n"  # what a message begins with that is no object but lines of points


def written(values: Mapping[str, Any] | Sequence[Any]) -> bytes:
    """Return a message.

    Raises:
        TypeError: Something in it has no plain form.
    """
    try:
        return _dumped(values)
    except ValueError:  # NaN or an infinity, which is rare, so the way over all values is only gone then
        return _dumped(_finite(values))


def opened(message: bytes) -> dict[str, Any]:
    """Return what is in a message.

    Raises:
        ValueError: It is none.
    """
    try:
        values = json.loads(message)
    except RecursionError:
        raise ValueError("it is nested too deeply") from None
    if not isinstance(values, dict):
        raise ValueError(f"it is no object but a {type(values).__name__}")
    return values


def _dumped(values: Any) -> bytes:
    return json.dumps(values, separators=(",", ":"), allow_nan=False, default=_plain).encode()


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return dict(value)
    if isinstance(value, tuple | set | frozenset):
        return list(value)
    for way in ("tolist", "item"):  # an array's, and a single number's
        if hasattr(value, way):
            return getattr(value, way)()
    raise TypeError(f"a {type(value).__name__} cannot be told: make it a number, a text, a list or a dict")


def _finite(value: Any) -> Any:
    if isinstance(value, float):
        return float(value) if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {key: _finite(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(each) for each in value]
    if hasattr(value, "tolist"):
        return _finite(value.tolist())
    return value
