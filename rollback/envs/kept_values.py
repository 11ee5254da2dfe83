"""What an environment hands out, copied into state trees. Knows numpy; knows no environment and no space."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import Any, Final

import numpy as np

from rollback.state.trees import is_key

__all__ = ["ALONE", "LEFT_OUT", "MAX_DEPTH", "Copies", "kept"]

MAX_DEPTH: Final = 16  # containers inside each other; deeper ones are no observation, and may contain themselves
LEFT_OUT: Final = type("LeftOut", (), {"__repr__": lambda self: "LEFT_OUT"})()  # stands for what is no state tree

_STATISTICS: Final = {"r", "l", "t"}  # what gymnasium.wrappers.RecordEpisodeStatistics tells
_LOST_INFO: Final = "entries of its infos that are no plain values or arrays are left out"
_LOST_VIEW: Final = "what is seen is no plain value and no array, so nothing is shown in its place"
_LEAVES: Final = frozenset({float, bool, str, bytes, int, type(None)})
_NUMBERS: Final = "biufc"  # kinds of dtype that state trees hold
_WIDEST: Final = 1 << 4096


def _references() -> int:
    """Return what counting the references of an array says that one local name holds, and nobody else."""
    made = np.zeros(1), 0.0
    array, _ = made
    del made
    return sys.getrefcount(array)


ALONE: Final = _references()  # it depends on the interpreter


def kept(value: Any, depth: int = 0) -> Any:
    """Return a copy of `value` that is a state tree and shares nothing that can change, or LEFT_OUT.

    Environments reuse their arrays, so arrays are copied: 0.2 us for a small one, 5 us for an Atari screen. numpy
    numbers become Python's. Entries of dicts that are no trees are left out, in sequences None takes their place.
    """
    kind = type(value)
    if kind is np.ndarray:
        return value.copy() if value.dtype.kind in _NUMBERS and value.dtype.itemsize <= 16 else LEFT_OUT
    if kind in _LEAVES:
        return value if kind is not int or -_WIDEST < value < _WIDEST else LEFT_OUT
    if depth >= MAX_DEPTH:
        return LEFT_OUT
    if isinstance(value, Mapping):
        return _kept_mapping(value, depth + 1)
    if isinstance(value, tuple | list):  # named tuples too: those of a Graph space are
        parts = [None if part is LEFT_OUT else part for part in [kept(part, depth + 1) for part in value]]
        return parts if isinstance(value, list) else tuple(parts)
    if isinstance(value, np.ndarray):  # masked arrays and the like
        return kept(np.array(value, subok=False), depth + 1)
    if isinstance(value, np.generic):
        return kept(value.item(), depth + 1) if value.dtype.kind in "biufSU" else LEFT_OUT
    plains: tuple[Any, ...] = (bool, int, float, str, bytes)
    for plain in plains:  # an enumeration's members, and the like
        if isinstance(value, plain):
            return kept(plain(value), depth + 1)
    return LEFT_OUT


def _kept_mapping(value: Mapping[Any, Any], depth: int) -> dict[Any, Any]:
    tree: dict[Any, Any] = {}
    for key, entry in value.items():
        key = key.item() if isinstance(key, np.generic) else key
        part = kept(entry, depth)
        if part is not LEFT_OUT and is_key(key, depth):
            tree[key] = part
    return tree


class Copies:
    """Copies what one environment hands out, and remembers what could not be.

    Attributes:
        is_deep: Whether an observation was a container so far: those cannot be made read-only.
        dtype: Of the last array that was seen to have its place in a state tree: most have the same.
    """

    def __init__(self) -> None:
        self.is_deep = False
        self.dtype: Any = None
        self._lost: dict[str, None] = {}

    @property
    def notes(self) -> tuple[str, ...]:
        """Sentences on what was left out so far."""
        return tuple(self._lost)

    def view(self, observation: Any) -> Any:
        """Return a copy of an observation, read-only if it is an array; None for one that is no state tree."""
        if type(observation) is np.ndarray and (observation.dtype is self.dtype or self._is_tree(observation.dtype)):
            view = observation.copy()
            view.setflags(False)  # type: ignore[call-arg]  # by place: naming it takes twice as long
            return view
        view = kept(observation)
        if type(view) in (dict, list, tuple):
            self.is_deep = True
        if view is LEFT_OUT:
            self._lost[_LOST_VIEW] = None
            return None
        return view

    def seen_again(self, view: Any) -> Any:
        """Return what a snapshot holds of an observation, or a copy where somebody could write into it."""
        is_safe = type(view) is np.ndarray and view.base is None and view.dtype is self.dtype and not view.flags.writeable
        return view if is_safe else self.view(view)

    def _is_tree(self, dtype: Any) -> bool:
        if dtype.kind not in _NUMBERS or dtype.itemsize > 16:
            return False
        self.dtype = dtype
        return True

    def info(self, info: Any) -> dict[str, Any]:
        """Return a copy of what an info holds, as far as it is a state tree."""
        if not info:
            return {}
        told = kept(info)
        if type(told) is not dict or len(told) != len(info):
            self._lost[_LOST_INFO] = None
        if type(told) is not dict:
            return {}
        for entry in told.values():
            if type(entry) is dict and entry.keys() == _STATISTICS:
                del entry["t"]  # the seconds of an episode by the clock, which differ on every peer
        return told
