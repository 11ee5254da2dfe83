"""What a page can ask for: names, fields and what is allowed in each. Knows the forms; carries nothing out."""

from __future__ import annotations

import difflib
import math
import re
from collections.abc import Callable, Mapping
from typing import Any, Final

from rollback.agents.checkpoints import is_id
from rollback.studio.limits import Limits
from rollback.studio.pace import FASTEST, FULL, HEADLESS, SLOWEST
from rollback.studio.refusals import Refused

__all__ = ["COMMANDS", "START", "checked"]

START: Final = "start"
_ENVIRONMENT: Final = re.compile(r"[A-Za-z0-9_.:/?&=%,+-]{1,200}")
_ALGORITHM: Final = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")
_PARAMETER: Final = re.compile(r"[a-z][a-z0-9_]{0,39}")
_WORD: Final = 60  # characters of a parameter that is a word
MOST_PARAMETERS: Final = 40
MOST_SEED: Final = 2**53 - 1  # what a page can say exactly

Check = Callable[[str, Any, Limits], Any]


def _id(field: str, value: Any, limits: Limits) -> str:
    if not is_id(value):
        raise _wrong(f"{field} must have 1 to 64 of a-z, 0-9, - and _, the first a letter or a digit", value)
    return str(value)


def _matching(form: re.Pattern[str], what: str) -> Check:
    def check(field: str, value: Any, limits: Limits) -> str:
        if not isinstance(value, str) or not form.fullmatch(value):
            raise _wrong(f"{field} must be {what}", value)
        return value

    return check


def _whole(least: int, greatest: Callable[[Limits], int]) -> Check:
    def check(field: str, value: Any, limits: Limits) -> int:
        most = greatest(limits)
        if not _is_number(value) or not least <= value <= most or value != int(value):
            raise _wrong(f"{field} must be a whole number from {least} to {most}", value)
        return int(value)

    return check


def _speed(field: str, value: Any, limits: Limits) -> float | str:
    if value in (FULL, HEADLESS) and isinstance(value, str):
        return str(value)
    if not _is_number(value) or not SLOWEST <= value <= FASTEST:
        raise _wrong(f"{field} must be {FULL}, {HEADLESS}, or {SLOWEST:g} to {FASTEST:g} steps a second", value)
    return float(value)


def _anything_small(field: str, value: Any, limits: Limits) -> Any:
    if value is None or (isinstance(value, str) and len(value) <= _WORD):
        return value
    if isinstance(value, bool) or (_is_number(value) and abs(value) < 2**63):
        return value
    raise _wrong(f"{field} must be a number or at most {_WORD} characters", value)


_RUN: Final[Mapping[str, Check]] = {"run": _id}
_NAMED: Final[Mapping[str, Check]] = {"run": _id, "name": _id}
_WHAT: Final[Mapping[str, Check]] = {
    "algo": _matching(_ALGORITHM, "the name of an algorithm, such as q-learning"),
    "env": _matching(_ENVIRONMENT, "the name of an environment, such as gridworld"),
}

# Each command with its fields; none of them must be given, but `load` and `export` say what they miss.
COMMANDS: Final[Mapping[str, Mapping[str, Check]]] = {
    START: {
        **_RUN,
        **_WHAT,
        "episodes": _whole(0, lambda limits: limits.episodes),
        "seed": _whole(0, lambda limits: MOST_SEED),
        "speed": _speed,
    },
    "stop": _RUN,
    "pause": _RUN,
    "resume": _RUN,
    "step": _RUN,
    "reset": _RUN,
    "save": _NAMED,
    "load": _NAMED,
    "delete": _NAMED,
    "export": _NAMED,
    "speed": {**_RUN, "speed": _speed},
    "evaluate": {**_RUN, "episodes": _whole(1, lambda limits: limits.evaluated)},
    "watch": _RUN,
    "checkpoints": _RUN,
    "runs": _RUN,
    "preview": {**_WHAT, **_RUN},
    "play": _NAMED,
    "play_here": _NAMED,
    "ping": {"at": _anything_small},
}


def checked(command: str, fields: Any, limits: Limits) -> dict[str, Any]:
    """Return the fields of a command, checked; those of `start` that are none of its own are under `parameters`.

    Args:
        command: One of `COMMANDS`.
        fields: What came with it; None counts as no fields.
        limits: Of the studio.

    Raises:
        Refused: Something in it is not allowed; the sentence says what is.
    """
    known = COMMANDS[command]
    if fields is None:
        fields = {}
    if not isinstance(fields, Mapping):
        raise Refused("malformed", f"{command} takes one object with fields, not a {type(fields).__name__}")
    found: dict[str, Any] = {}
    parameters: dict[str, Any] = {}
    for name, value in fields.items():
        if name in known:
            if value is not None and value != "":  # a form's empty field
                found[name] = known[name](name, value, limits)
        elif command == START and _PARAMETER.fullmatch(str(name)):
            parameters[name] = _anything_small(name, value, limits)
        else:
            close = difflib.get_close_matches(str(name)[:40], list(known), n=1)
            meant = f", did you mean {close[0]}?" if close else ""
            raise Refused("malformed", f"{command} has no field {name!r:.60}{meant}: it takes {', '.join(known) or 'none'}")
    if len(parameters) > MOST_PARAMETERS:
        raise Refused("malformed", f"{command} has {len(parameters)} parameters: at most {MOST_PARAMETERS} are taken")
    if command == START:
        found["parameters"] = {name: value for name, value in parameters.items() if value is not None}
    return found


def _is_number(value: Any) -> bool:
    return type(value) is int or (type(value) is float and math.isfinite(value))  # a long int is too large for isfinite


def _wrong(allowed: str, value: Any) -> Refused:
    is_short = value is None or isinstance(value, str | int | float | bool)
    try:
        shown = f"{value!r:.60}" if is_short else f"a {type(value).__name__}"
    except ValueError:  # a number of thousands of digits
        shown = "that number"
    return Refused("malformed", f"{allowed}, not {shown}")
