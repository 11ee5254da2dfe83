"""Room codes that people read aloud and type: made, shown, and read with the usual slips mended. Knows no rooms."""

from __future__ import annotations

import secrets
from typing import Any, Final

from signaling.refusals import Refusal

__all__ = ["make_code", "read_code", "show_code"]

ALPHABET: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # Crockford's base32: no I, L, O, U
LENGTH: Final = 8  # of 5 bits each: 40 bits
_MENDED: Final = str.maketrans({"O": "0", "I": "1", "L": "1", "-": "", " ": "", "_": ""})


def make_code() -> str:
    """Return a fresh code of 40 random bits, without its hyphen."""
    return "".join(ALPHABET[secrets.randbelow(32)] for _ in range(LENGTH))


def show_code(code: str) -> str:
    """Return the form for people: `K7QW-3MZP`."""
    return f"{code[:4]}-{code[4:]}"


def read_code(typed: Any) -> str:
    """Return the code somebody typed, in any case, with or without hyphens, O for 0 and I or L for 1.

    Raises:
        Refusal: `unknown_room`: it cannot be the code of a room.
    """
    if isinstance(typed, str) and len(typed) <= 64:
        code = typed.strip().upper().translate(_MENDED)
        if len(code) == LENGTH and all(letter in ALPHABET for letter in code):
            return code
    raise Refusal(
        "unknown_room",
        f"{_quoted(typed)} is no room code: it has 8 letters and digits, such as K7QW-3MZP; ask for it again",
    )


def _quoted(typed: Any) -> str:
    if not isinstance(typed, str):
        return f"a value of type {type(typed).__name__}"
    shown = "".join(letter if letter.isprintable() else "?" for letter in typed[:24])
    return f"'{shown}…'" if len(typed) > 24 else f"'{shown}'"
