"""What every part of an action space can do: become a number of so many bits, and be made of any such number. Knows no bytes.

All parts are bit fields of one number: a field takes as many bits as its values need and stands at a fixed place. A mixed radix
would be up to one bit a field shorter; but there a change of one component would touch all the bytes above it, and what
travels is the difference between two inputs.
"""

from __future__ import annotations

from typing import Any, Final, Protocol

from rollback.errors import ActionError

__all__ = ["MAX_DEPTH", "MAX_PARTS", "Layout", "outside", "shown"]

MAX_DEPTH: Final = 16  # Tuples and Dicts within each other; deeper is a mistake, and no stack overflows before
MAX_PARTS: Final = 4096  # components of one array or container: more cannot fit in an input unless most have a single value


class Layout(Protocol):
    """How the actions of one space are laid out in bits.

    Attributes:
        bits: The width; 0 where there is only one action.
        text: Names everything that the layout depends on, so that equal texts mean equal layouts.
    """

    bits: int
    text: str

    def pack(self, action: Any) -> int:
        """Return the action as a number below 2**bits; raise `ActionError` for one outside the space."""

    def unpack(self, number: int) -> Any:
        """Return the action of any number: higher bits are ignored, and what is no legal value becomes the idle one."""


def shown(value: object, limit: int = 80) -> str:
    """Return a value on one line, cut where it is long."""
    text = " ".join(repr(value).split())
    return text if len(text) <= limit else f"{text[: limit - 3]}..."


def outside(action: object, space: object, why: str) -> ActionError:
    """Return the error for an action that its space does not hold."""
    return ActionError(f"{shown(action)} is no action of {shown(space)}: {why}")
