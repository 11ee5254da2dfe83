"""What is saved by value, kept by reference or left alone. Looks at one object at a time; knows no plan and no path.

An atom is immutable and stands in a state tree as it is: None, bool, int, float, str, bytes, numpy numbers, and tuples of
atoms. A coin is immutable too, but has to be written as something else: a Fraction as its text, a range as three ints.
"""

from __future__ import annotations

import types
from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any, Final
from weakref import WeakKeyDictionary

import numpy

from rollback.errors import GameError

__all__ = [
    "ATOMS",
    "CLOCKS",
    "COINS",
    "PLAIN_OF_PYGAME",
    "is_atom",
    "is_constant",
    "is_left_alone",
    "kept_names",
    "read_coin",
    "write_coin",
]

ATOMS: Final = frozenset(
    {type(None), bool, int, float, str, bytes, numpy.bool_}
    | {numpy.dtype(name).type for name in ("i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "f2", "f4", "f8")}
)
_TUPLES_DEEP: Final = 8  # tuples inside tuples that still are one atom; a deeper one is walked like a list
_TEXT: Final = 2000  # characters of a number that is written as text: reading digits takes quadratic time

_SHOWN: Final = frozenset(
    "pygame pyglet OpenGL glfw moderngl matplotlib PIL cv2 tkinter _tkinter imageio moviepy sdl2 pyrender".split()
)
PLAIN_OF_PYGAME: Final = frozenset({"Rect", "FRect", "Vector2", "Vector3", "Color"})
_RENDERERS: Final = frozenset({"gymnasium.envs.mujoco.mujoco_rendering"})
_SPECS: Final = frozenset({"gymnasium.envs.registration"})
_CONSTANTS: Final = (
    type,
    types.ModuleType,
    types.FunctionType,
    types.BuiltinFunctionType,
    types.MethodDescriptorType,
    types.WrapperDescriptorType,
    types.ClassMethodDescriptorType,
    types.GetSetDescriptorType,
    types.MemberDescriptorType,
    types.MappingProxyType,
    types.GenericAlias,
    types.EllipsisType,
    types.NotImplementedType,
    numpy.dtype,
    numpy.ufunc,
    property,
    staticmethod,
    classmethod,
)
_CONSTANT_TYPES: Final = frozenset(
    {
        ("functools", "partial"),
        ("functools", "_lru_cache_wrapper"),
        ("numpy", "_ArrayFunctionDispatcher"),
        ("re", "Pattern"),
        ("logging", "Logger"),
        ("logging", "RootLogger"),
        ("operator", "itemgetter"),
        ("operator", "attrgetter"),
        ("operator", "methodcaller"),
        ("gymnasium.logger", "Logger"),
        ("zoneinfo", "ZoneInfo"),
        ("pathlib", "PosixPath"),
        ("pathlib", "WindowsPath"),
    }
)
# Readings of a clock are no state: they differ on every machine, and no observation and no reward is made of them.
CLOCKS: Final = frozenset({("RecordEpisodeStatistics", "episode_start_time"), ("RecordEpisodeStatistics", "time_queue")})
# Where a recording goes is this machine's matter: no state of a peer's says which file is written.
_PLACES: Final = frozenset(("RecordVideo", name) for name in ("video_folder", "name_prefix", "_video_name"))
# How it is drawn too: one peer may draw and another not, and none opens a window because somebody else's state says so.
_DESCRIPTIONS: Final = frozenset(
    "metadata _metadata spec _cached_spec _saved_kwargs _ezpickle_args _ezpickle_kwargs render_mode".split()
)
_DESCRIBED: Final = frozenset(
    {
        ("gymnasium.core", "Env"),
        ("gymnasium.utils.ezpickle", "EzPickle"),
        ("gymnasium.utils.record_constructor", "RecordConstructorArgs"),
        ("pettingzoo.utils.env", "AECEnv"),
        ("pettingzoo.utils.env", "ParallelEnv"),
    }
)  # bases of environments and wrappers; what they say of themselves is made once and never changed


_KEPT: Final[WeakKeyDictionary[type, frozenset[str]]] = WeakKeyDictionary()


def is_atom(value: Any, depth: int = _TUPLES_DEEP) -> bool:
    """Return whether `value` is an atom."""
    kind = type(value)
    if kind in ATOMS:
        return True
    return kind is tuple and depth > 0 and all(is_atom(part, depth - 1) for part in value)


def is_constant(value: Any) -> bool:
    """Return whether `value` is code or a description, which no step changes: kept by reference."""
    kind = type(value)
    return isinstance(value, _CONSTANTS) or (kind.__module__, kind.__name__) in _CONSTANT_TYPES


def is_left_alone(value: Any, depth: int = 3) -> bool:
    """Return whether `value` only shows the environment: a window, a surface, a font; or a list of nothing else."""
    kind = type(value)
    if kind is list or kind is tuple:
        return len(value) > 0 and depth > 0 and all(is_left_alone(entry, depth - 1) for entry in value)
    if kind is dict:
        return len(value) > 0 and depth > 0 and all(is_left_alone(entry, depth - 1) for entry in value.values())
    module = kind.__module__
    if module in _RENDERERS or module in _SPECS:
        return True
    if module.partition(".")[0] not in _SHOWN or isinstance(value, (type, types.ModuleType, types.FunctionType)):
        return False
    if module.startswith("pygame"):  # sprites and groups are ordinary objects, rectangles are numbers
        return kind.__name__ not in PLAIN_OF_PYGAME and not module.startswith("pygame.sprite")
    return True


def kept_names(cls: type) -> frozenset[str]:
    """Return the attributes of instances of `cls` that stay as they are: readings of a clock, what describes it."""
    known = _KEPT.get(cls)
    if known is not None:
        return known
    names = {name for base in cls.__mro__ for owner, name in CLOCKS | _PLACES if base.__name__ == owner}
    if any((base.__module__, base.__name__) in _DESCRIBED for base in cls.__mro__):
        names |= _DESCRIPTIONS
    if cls.__module__.startswith("gymnasium.envs.toy_text"):
        names.add("P")  # a table of thousands of lists: where each action leads from each state
    _KEPT[cls] = frozenset(names)
    return _KEPT[cls]


COINS: Final[dict[tuple[str, str], tuple[str, Callable[[Any], Any]]]] = {
    ("builtins", "complex"): ("complex", lambda value: (value.real, value.imag)),
    ("numpy", "complex64"): ("complex64", lambda value: (float(value.real), float(value.imag))),
    ("numpy", "complex128"): ("complex128", lambda value: (float(value.real), float(value.imag))),
    ("numpy", "str_"): ("str_", str),
    ("numpy", "bytes_"): ("bytes_", bytes),
    ("numpy", "datetime64"): ("datetime64", lambda value: (value.dtype.str, int(value.view("i8")))),
    ("numpy", "timedelta64"): ("timedelta64", lambda value: (value.dtype.str, int(value.view("i8")))),
    ("builtins", "range"): ("range", lambda value: (value.start, value.stop, value.step)),
    ("builtins", "slice"): ("slice", lambda value: (value.start, value.stop, value.step)),
    ("decimal", "Decimal"): ("Decimal", str),
    ("fractions", "Fraction"): ("Fraction", str),
    ("datetime", "datetime"): ("datetime", datetime.isoformat),
    ("datetime", "date"): ("date", date.isoformat),
    ("datetime", "time"): ("time", time.isoformat),
    ("datetime", "timedelta"): ("timedelta", lambda value: (value.days, value.seconds, value.microseconds)),
}  # by module and name of the type: what it is called in a tree, and what is written there

_READ: Final[dict[str, Callable[[Any], Any]]] = {
    "complex": lambda value: complex(*value),
    "complex64": lambda value: numpy.complex64(complex(*value)),
    "complex128": lambda value: numpy.complex128(complex(*value)),
    "str_": numpy.str_,
    "bytes_": numpy.bytes_,
    "datetime64": lambda value: numpy.int64(value[1]).view(_moment(value[0], "M")),
    "timedelta64": lambda value: numpy.int64(value[1]).view(_moment(value[0], "m")),
    "range": lambda value: range(*value),
    "slice": lambda value: slice(*value),
    "Decimal": Decimal,
    "Fraction": Fraction,
    "datetime": datetime.fromisoformat,
    "date": date.fromisoformat,
    "time": time.fromisoformat,
    "timedelta": lambda value: timedelta(*value),
}


def write_coin(value: Any) -> tuple[str, Any] | None:
    """Return the name of the kind of coin and what is written for it, or None when `value` is no coin."""
    kind = type(value)
    coin = COINS.get((kind.__module__, kind.__name__))
    if coin is None or not (written := is_writable(coin[1](value))):
        return None
    return coin[0], written[0]


def is_writable(written: Any) -> tuple[Any] | None:
    """Return `written` in a tuple when it is an atom, else None: a slice may hold anything."""
    return (written,) if is_atom(written) else None


def read_coin(name: str, written: Any) -> Any:
    """Return the coin that `write_coin` wrote.

    Raises:
        GameError: Nothing of this kind is written so.
    """
    if name not in _READ or not is_atom(written) or (type(written) in (str, bytes) and len(written) > _TEXT):
        raise GameError(f"the snapshot holds a {name!r:.40} that is written as {written!r:.60}: nothing is")
    try:
        return _READ[name](written)
    except (ValueError, TypeError, ArithmeticError, LookupError) as error:
        raise GameError(f"the snapshot holds {written!r:.60} where a {name} is needed: {error}") from None


def _moment(dtype: str, kind: str) -> numpy.dtype[Any]:
    found = numpy.dtype(dtype) if type(dtype) is str and len(dtype) < 20 and dtype[1:3] == f"{kind}8" else None
    if found is None:
        raise ValueError(f"{dtype!r:.30} is no dtype of moments")
    return found
