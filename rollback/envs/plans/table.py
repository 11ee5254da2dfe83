"""The table of all kinds, and which kind an object is. Knows no paths and no numbering."""

from __future__ import annotations

import itertools
import random
import types
import weakref
from collections import OrderedDict, defaultdict, deque
from enum import Enum
from typing import Any, Final

import numpy
from numpy.random import Generator, RandomState

from rollback.envs.plans.arena import VIEW
from rollback.envs.plans.arrays import ARRAY, OBJECTS, RAW
from rollback.envs.plans.containers import DEQUE, DICT, FROZENSET, LIST, PAIRS, SET, TUPLE, content_of
from rollback.envs.plans.kinds import Kind
from rollback.envs.plans.leaves import PLAIN_OF_PYGAME, is_constant, write_coin
from rollback.envs.plans.leaves_random import BIT_GENERATORS
from rollback.envs.plans.names import is_ordinary
from rollback.envs.plans.objects import METHOD, OBJECT, WEAK
from rollback.envs.plans.values import BITS, BYTES, COIN, COUNT, ENUM, GENERATOR, OLD, RANDOM, SHAPE, SPACE
from rollback.state.arrays import is_array
from rollback.state.trees import is_key

__all__ = ["KINDS", "LATE", "kind_of"]

_EXACT: Final[dict[type, Kind]] = {
    list: LIST,
    tuple: TUPLE,
    deque: DEQUE,
    set: SET,
    frozenset: FROZENSET,
    bytearray: BYTES,
    Generator: GENERATOR,
    RandomState: OLD,
    random.Random: RANDOM,
    itertools.count: COUNT,
    weakref.ref: WEAK,
    types.MethodType: METHOD,
    **dict.fromkeys(BIT_GENERATORS.values(), BITS),
}
KINDS: Final[dict[str, Kind]] = {
    kind.name: kind for kind in (*_EXACT.values(), ARRAY, RAW, VIEW, OBJECT, OBJECTS, PAIRS, COIN, ENUM, SHAPE, SPACE, DICT)
}
LATE: Final = frozenset({SET, PAIRS})  # filled last: what they hold is hashed, so it has to be there


def kind_of(thing: Any) -> Kind | bool | None:
    """Return the kind of `thing`, None for a constant that is kept by reference, False for what cannot be saved."""
    cls = type(thing)
    found = _EXACT.get(cls)
    if found is not None:
        return None if cls is weakref.ref and thing.__callback__ is not None else found
    if cls is dict or cls is OrderedDict or cls is defaultdict:
        return DICT if all(type(key) is str or is_key(key, 0) for key in thing) else PAIRS
    if cls is numpy.ndarray:
        return ARRAY if is_array(thing) else OBJECTS if thing.dtype == object else False if thing.dtype.hasobject else RAW
    if isinstance(thing, Enum):
        return ENUM
    if cls is types.BuiltinFunctionType and type(thing.__self__) in _EXACT and type(thing.__self__) is not tuple:
        return METHOD
    if is_constant(thing):
        return None
    if write_coin(thing) is not None:
        return COIN
    return _kind_of_instance(thing, cls)


def _kind_of_instance(thing: Any, cls: type) -> Kind | bool | None:
    if any(base.__module__ == "gymnasium.spaces.space" and base.__name__ == "Space" for base in cls.__mro__):
        return SPACE
    if issubclass(cls, tuple) and hasattr(cls, "_fields") and not cls.__dictoffset__:
        return TUPLE
    if cls.__module__.partition(".")[0] == "pygame" and cls.__name__ in PLAIN_OF_PYGAME:
        return SHAPE
    if "this" in getattr(thing, "__dict__", ()) and type(thing.__dict__["this"]).__name__ == "SwigPyObject":
        return False
    if is_ordinary(cls) or content_of(cls) is not None:
        return OBJECT
    return False
