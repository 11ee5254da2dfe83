"""What an option was given and what it takes, in one sentence. Knows how commands declare their options; knows no command.

The sentence comes from the declaration, and not from what the reader of the command line says: that names only the limit that
was broken, and its words change with its version.
"""

from __future__ import annotations

import inspect
import math
from collections.abc import Iterator, Sequence
from enum import Enum
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints

__all__ = ["wrong_value"]

_LONGEST = 60  # characters of what was given


def wrong_value(error: Any, words: Sequence[str]) -> str:
    """Return what is wrong with the value of an option, such as `--loss must be a number from 0 to 1, not 3`.

    Args:
        error: What was raised while the command line was read.
        words: The command line.

    Returns:
        The sentence, or nothing where the error is another one, or the declaration says nothing of numbers or choices.
    """
    option, context = getattr(error, "param", None), getattr(error, "ctx", None)
    callback = getattr(getattr(context, "command", None), "callback", None)
    if option is None or callback is None:
        return ""
    declared = get_type_hints(inspect.unwrap(callback), include_extras=True).get(option.name)
    kind, least, most = _declared(declared)
    for name, word in _given(option.opts, words):
        allowed = _broken(word, kind, least, most)
        if allowed:
            return f"{name} must be {allowed}, not {_shown(word)}"
    return ""


def _declared(declared: Any) -> tuple[Any, Any, Any]:
    """Return the type of one value, and its limits; None where there is none."""
    least = most = None
    while True:
        origin, parts = get_origin(declared), get_args(declared)
        if origin is Annotated:
            for each in parts[1:]:
                least, most = getattr(each, "min", least), getattr(each, "max", most)
            declared = parts[0]
        elif origin in (Union, UnionType) and len(several := [each for each in parts if each is not NoneType]) == 1:
            declared = several[0]
        elif origin is list:
            declared = parts[0]
        else:
            return declared, least, most


def _given(names: Sequence[str], words: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Yield each value that an option was given, the last one first, which is the one that counts."""
    for place in range(len(words) - 1, -1, -1):
        name, equals, value = words[place].partition("=")
        if name in names and name.startswith("-"):
            if equals:
                yield name, value
            elif place + 1 < len(words):
                yield name, words[place + 1]


def _broken(word: str, kind: Any, least: Any, most: Any) -> str:
    """Return what is allowed, if this is not, or nothing."""
    if get_origin(kind) is Literal or (isinstance(kind, type) and issubclass(kind, Enum)):
        choices = [str(each) for each in (get_args(kind) or [each.value for each in kind])]
        return "" if word in choices else f"one of {', '.join(choices)}"
    if kind not in (int, float):
        return ""
    try:
        value = kind(word)
    except ValueError:
        value = math.nan
    if value == value and (least is None or value >= least) and (most is None or value <= most):
        return ""
    what = "a whole number" if kind is int else "a number"
    if least is None and most is None:
        return what
    if most is None:
        return f"{what} of at least {least}"
    return f"{what} of at most {most}" if least is None else f"{what} from {least} to {most}"


def _shown(word: str) -> str:
    is_plain = word.isprintable() and word and " " not in word and len(word) <= _LONGEST
    return word if is_plain else repr(word[:_LONGEST])
