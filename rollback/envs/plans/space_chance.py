"""The generators that spaces have got before anybody seeded them: made alike on all peers. Knows spaces; knows no saver.

A wrapper that draws from a space when it is made, or copies one (a stack of frames does), leaves a generator in it that
began with what the system calls chance. It is state like any other, and differs between peers from frame 0 on.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from rollback.envs.saving.own_state import chain_of

__all__ = ["settle_spaces"]

_DEEPEST: Final = 16  # spaces inside each other


def settle_spaces(env: Any) -> None:
    """Let all generators that the spaces of an environment and of its wrappers have begin with a seed, by their places.

    Spaces without a generator are left without.
    """
    seen: set[int] = set()
    for link in chain_of(env):
        for _, value in sorted(getattr(link, "__dict__", {}).items(), key=_name):
            for space in _spaces(value, 0):
                generator = getattr(space, "__dict__", {}).get("_np_random")
                if generator is not None and id(generator) not in seen:
                    seen.add(id(generator))
                    bits = generator.bit_generator
                    bits.state = type(bits)(len(seen)).state


def _name(item: tuple[str, Any]) -> str:
    return item[0]


def _spaces(value: Any, depth: int) -> Iterator[Any]:
    if depth > _DEEPEST:
        return
    if any(base.__module__ == "gymnasium.spaces.space" and base.__name__ == "Space" for base in type(value).__mro__):
        yield value
        value = getattr(value, "spaces", None)
        if value is None:
            return
        entries = value.values() if isinstance(value, dict) else value
    elif type(value) is dict and depth == 0:  # by agent
        entries = value.values()
    else:
        return
    for entry in entries:
        yield from _spaces(entry, depth + 1)
