"""A generator of numbers that is itself one whole number. Knows no game: whoever draws keeps the word in its state.

The generator is xorshift32 (Marsaglia, "Xorshift RNGs", 2003, triple 13, 17, 5): good enough for serves and bots, and
the same on every machine. Seeds are spread by the finaliser of SplitMix64 (Steele, Lea and Flood, 2014), so that
neighbouring seeds start far apart.
"""

from __future__ import annotations

from typing import Final

from rollback.errors import UsageError

__all__ = ["advance", "below", "spread"]

_MASK32: Final = 0xFFFF_FFFF
_MASK64: Final = 0xFFFF_FFFF_FFFF_FFFF
_GOLDEN: Final = 0x9E37_79B9_7F4A_7C15  # 2**64 over the golden ratio: the step of SplitMix64
_STREAM: Final = 0xD1B5_4A32_D192_ED03  # any odd number far from the step keeps streams apart


def spread(seed: int, stream: int = 0) -> int:
    """Return the first word of a generator, 1 to 2**32 - 1.

    Args:
        seed: Any whole number of at least 0.
        stream: Different streams of one seed are unrelated; a bot takes its player's number.

    Raises:
        UsageError: The seed is no whole number of at least 0.
    """
    if not isinstance(seed, int) or isinstance(seed, bool) or seed < 0:
        raise UsageError(f"a seed must be a whole number of at least 0, not {seed!r}: give one such as 7")
    word = (seed * _GOLDEN + stream * _STREAM + _GOLDEN) & _MASK64
    word = ((word ^ word >> 30) * 0xBF58_476D_1CE4_E5B9) & _MASK64
    word = ((word ^ word >> 27) * 0x94D0_49BB_1331_11EB) & _MASK64
    return (word ^ word >> 31) & _MASK32 or 1  # xorshift never leaves 0


def advance(word: int) -> int:
    """Return the word after `word`."""
    word ^= word << 13 & _MASK32
    word ^= word >> 17
    return word ^ (word << 5 & _MASK32)


def below(word: int, limit: int) -> int:
    """Return a number from 0 to `limit` - 1 made of the word's high bits, its better half; `word` does not move on."""
    return word * limit >> 32
