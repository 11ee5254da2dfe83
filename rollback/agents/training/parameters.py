"""What can be set before a training: name, default, limits, and a sentence of help. Knows no algorithm."""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rollback.errors import UsageError

__all__ = ["Parameter", "Value", "checked_seed", "filled"]

Value = float | int | str


@dataclass(frozen=True, slots=True)
class Parameter:
    """One thing that can be set, and what may be given.

    Attributes:
        name: How it is called: in commands, in files and on the page.
        default: What it is when nothing is given.
        least: The least number, None for a word.
        greatest: The greatest number, None for a word.
        choices: The words to choose from, empty for a number.
        help: One sentence.
        whole: Whether the number must be a whole one.
    """

    name: str
    default: Value
    least: float | int | None = None
    greatest: float | int | None = None
    choices: tuple[str, ...] = ()
    help: str = ""
    whole: bool = False

    def checked(self, value: Any) -> Value:
        """Return the value as it is kept: a plain `int`, `float` or `str`.

        Raises:
            UsageError: It is none of those that are allowed; the message names them.
        """
        if self.choices:
            if isinstance(value, str) and value in self.choices:
                return value
            raise UsageError(f"{self.name} must be one of {', '.join(self.choices)}, not {value!r:.60}")
        least, greatest = self.least, self.greatest
        if least is None or greatest is None:
            raise UsageError(f"{self.name} has neither limits nor choices: a parameter needs either")
        is_number = isinstance(value, int | float) and not isinstance(value, bool)
        if not is_number or not least <= value <= greatest or (self.whole and value != int(value)):
            kind = "whole number" if self.whole else "number"
            raise UsageError(f"{self.name} must be a {kind} from {least} to {greatest}, not {value!r:.60}")
        return int(value) if self.whole else float(value)

    def described(self) -> dict[str, Any]:
        """Return it as plain values, as a page or a JSON answer wants it."""
        return {
            "name": self.name,
            "default": self.default,
            "least": self.least,
            "greatest": self.greatest,
            "choices": list(self.choices),
            "help": self.help,
            "whole": self.whole,
        }


def filled(parameters: Sequence[Parameter], given: Mapping[str, Any]) -> dict[str, Value]:
    """Return a value for each parameter, in their order: the given one, checked, or the default.

    Raises:
        UsageError: A value is not allowed, or belongs to no parameter; the message names what is.
    """
    known = {parameter.name: parameter for parameter in parameters}
    for name in given:
        if name not in known:
            close = difflib.get_close_matches(str(name), list(known), n=1)
            meant = f", did you mean {close[0]}? Take" if close else ": take"
            raise UsageError(f"there is no parameter {str(name)!r:.60}{meant} {', '.join(known) or 'none'}")
    return {name: parameter.checked(given.get(name, parameter.default)) for name, parameter in known.items()}


def checked_seed(seed: Any) -> int:
    """Return the seed of a training as it was given.

    Raises:
        UsageError: It is no whole number of at most 63 bits.
    """
    if type(seed) is not int or not 0 <= seed < 1 << 63:
        raise UsageError(f"a seed must be a whole number from 0 to 2**63 - 1, not {seed!r:.60}: give one such as 7")
    return seed
