"""What a checkpoint says of its agent, looked at value by value. Knows limits; knows no file."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from typing import Any, Final

from rollback.agents.checkpoints.arrays import Array
from rollback.agents.checkpoints.limits import (
    FORMAT,
    MAX_ARRAY_BYTES,
    MAX_ARRAYS,
    MAX_COUNT,
    MAX_ENTRIES,
    MAX_KEY,
    MAX_META,
    MAX_TEXT,
)
from rollback.agents.checkpoints.names import check_array_name, check_id
from rollback.agents.checkpoints.plain import dumped, plain
from rollback.errors import UsageError

__all__ = ["check_facts"]

_HASH: Final = re.compile(r"[0-9a-f]{64}")


def check_facts(facts: Mapping[str, Any]) -> dict[str, Any]:
    """Return the values of a checkpoint, by its attributes, as copies that nobody else holds.

    Raises:
        UsageError: One of them is of the wrong kind or out of its limits.
    """
    found = {
        "format": _format(facts["format"]),
        "algorithm": check_id(facts["algorithm"], "an algorithm"),
        "environment": _line("environment", facts["environment"]),
        "config_hash": _digest("config_hash", facts["config_hash"]),
        "parameters": plain(_entries("parameters", facts["parameters"]), "parameters"),
        "step": _count("step", facts["step"]),
        "episode": _count("episode", facts["episode"]),
        "epsilon": _share(facts["epsilon"]),
        "random_state": plain(facts["random_state"], "random_state"),
        "metrics": _numbers(_entries("metrics", facts["metrics"])),
        "versions": {name: _line(f"version of {name}", each) for name, each in _entries("versions", facts["versions"]).items()},
        "parent": _digest("parent", facts["parent"]),
    }
    size = len(dumped(found))
    if size > MAX_META:
        raise UsageError(f"a checkpoint without its arrays has {size} bytes, at most {MAX_META} are saved: put less into it")
    return {**found, "arrays": _arrays(facts["arrays"])}


def _format(value: Any) -> int:
    if type(value) is not int or value != FORMAT:
        raise UsageError(f"format must be {FORMAT}, not {value!r:.40}")
    return value


def _line(what: str, value: Any) -> str:
    if not isinstance(value, str) or not 0 < len(value) <= MAX_TEXT or not value.isprintable():
        raise UsageError(f"the {what} must be one line of 1 to {MAX_TEXT} characters, not {value!r:.80}")
    return value


def _digest(what: str, value: Any) -> str:
    if not isinstance(value, str) or (value and not _HASH.fullmatch(value)):
        raise UsageError(f"{what} must be 64 hexadecimal digits or empty, not {value!r:.80}")
    return value


def _count(what: str, value: Any) -> int:
    if type(value) is not int or not 0 <= value <= MAX_COUNT:
        raise UsageError(f"{what} must be a whole number from 0 to {MAX_COUNT}, not {value!r:.60}")
    return value


def _share(value: Any) -> float:
    if type(value) not in (int, float) or not 0 <= value <= 1:
        raise UsageError(f"epsilon must be a number from 0 to 1, not {value!r:.60}")
    return float(value)


def _entries(what: str, value: Any) -> Mapping[str, Any]:
    if not isinstance(value, Mapping) or len(value) > MAX_ENTRIES:
        raise UsageError(f"{what} must be a dict of at most {MAX_ENTRIES} entries, not {value!r:.60}")
    for key in value:
        if not isinstance(key, str) or not 0 < len(key) <= MAX_KEY or not key.isprintable():
            raise UsageError(f"a name in {what} must be one line of 1 to {MAX_KEY} characters, not {key!r:.80}")
    return value


def _numbers(values: Mapping[str, Any]) -> dict[str, float]:
    for name, value in values.items():
        is_number = abs(value) <= MAX_COUNT if type(value) is int else type(value) is float and math.isfinite(value)
        if not is_number:
            raise UsageError(f"the metric {name} must be a finite number of Python's own, not {value!r:.60}")
    return dict(values)


def _arrays(value: Any) -> dict[str, Array]:
    if not isinstance(value, Mapping) or len(value) > MAX_ARRAYS:
        raise UsageError(f"arrays must be a dict of at most {MAX_ARRAYS} entries, not {value!r:.60}")
    for name, each in value.items():
        check_array_name(name)
        if not isinstance(each, Array):
            raise UsageError(f"the array {name} must be an Array, not {type(each).__name__}: make it with Array.of")
    size = sum(each.size for each in value.values())
    if size > MAX_ARRAY_BYTES:
        raise UsageError(f"the arrays have {size} bytes, and a checkpoint holds at most {MAX_ARRAY_BYTES}")
    return {name: value[name] for name in sorted(value)}
