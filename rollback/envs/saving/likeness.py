"""When two environments are made alike, so that what was found out about one holds for the other. Knows no saver."""

from __future__ import annotations

from typing import Any, Final

from rollback.envs.saving.own_state import chain_of

__all__ = ["likeness"]

_PLAIN: Final = (bool, int, float, str, type(None))  # numbers of numpy are results, of what was drawn when it was made, say


def likeness(env: Any) -> tuple[Any, ...]:
    """Return a key: equal for environments of the same classes, made with the same settings, and in the same plain state.

    It says too little rather than too much: an object among the settings that shows its address makes every one unlike.
    """
    parts = []
    for link in chain_of(env):
        attributes = getattr(link, "__dict__", {})
        spec = attributes.get("spec")
        made = (
            repr(getattr(spec, "id", None)),
            repr(getattr(spec, "kwargs", None)),
            repr(attributes.get("_ezpickle_args")),
            repr(attributes.get("_ezpickle_kwargs")),
        )
        plain = tuple((name, repr(value)) for name, value in sorted(attributes.items()) if type(value) in _PLAIN)
        functions = tuple(value for _, value in sorted(attributes.items()) if callable(value) and hasattr(value, "__code__"))
        parts.append((type(link), made, plain, functions))
    return tuple(parts)
