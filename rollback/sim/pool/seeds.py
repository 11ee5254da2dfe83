"""The seed of each match of a run: of its index, never of its worker. Knows no match.

It is the first 63 bits of `numpy.random.SeedSequence(seed, spawn_key=(index,)).generate_state(2, numpy.uint32)`, the low word
first. Here is the same arithmetic (O'Neill's seed_seq, as NumPy documents it) without NumPy, and with what all indices of a
run have in common done once: that takes a fifth of the time, and works where there is no NumPy.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

__all__ = ["MAX_SEED", "seed_of", "seeds_of"]

MAX_SEED: Final = 2**63 - 1

_MASK: Final = 0xFFFF_FFFF
_WORDS: Final = 4  # of the pool
_START: Final = 0x43B0_D7E5
_STEP: Final = 0x931E_8875
_LEFT: Final = 0xCA01_F9DD
_RIGHT: Final = 0x4973_F715
_OUT_START: Final = 0x8B51_F9DD
_OUT_STEP: Final = 0x58F3_8DED
_OUT_FIRST: Final = _OUT_START * _OUT_STEP & _MASK
_OUT_SECOND: Final = _OUT_FIRST * _OUT_STEP & _MASK


def seed_of(seed: int, index: int) -> int:
    """Return the seed of the match `index` of the run `seed`, 0 to 2**63 - 1."""
    return seeds_of(seed)(index)


def seeds_of(seed: int) -> Callable[[int], int]:
    """Return the function from a match's index to its seed.

    Args:
        seed: Of the run, a whole number of at least 0.
    """
    words = _words(seed)
    words += [0] * (_WORDS - len(words))
    start, first_key = _pool(words)
    second_key = first_key * _STEP & _MASK
    third_key = second_key * _STEP & _MASK
    left, right = _LEFT * start[0], _LEFT * start[1]

    def at(index: int) -> int:
        # Only the first two words of the pool come out, and after an index of one word nothing else goes into them: a
        # seed is on the way of every match, and this takes a third of the time.
        if index <= _MASK:
            value = (index ^ first_key) * second_key & _MASK
            value = left - _RIGHT * (value ^ value >> 16) & _MASK
            one = value ^ value >> 16
            value = (index ^ second_key) * third_key & _MASK
            value = right - _RIGHT * (value ^ value >> 16) & _MASK
            two = value ^ value >> 16
        else:
            pool, key = list(start), first_key
            for word in _words(index):
                key = _absorb(pool, word, key)
            one, two = pool[0], pool[1]
        low, high = (one ^ _OUT_START) * _OUT_FIRST & _MASK, (two ^ _OUT_FIRST) * _OUT_SECOND & _MASK
        return ((high ^ high >> 16) << 32 | (low ^ low >> 16)) & MAX_SEED

    return at


def _words(number: int) -> list[int]:
    """Return a number in words of 32 bits, the lowest first; one at least."""
    words = [number & _MASK]
    while number := number >> 32:
        words.append(number & _MASK)
    return words


def _pool(words: list[int]) -> tuple[list[int], int]:
    """Return the pool that has taken in these words, four at least, and the constant that comes next."""
    key = _START
    pool = []
    for word in words[:_WORDS]:
        value, key = _hashed(word, key)
        pool.append(value)
    for source in range(_WORDS):
        for target in range(_WORDS):
            if source != target:
                value, key = _hashed(pool[source], key)
                pool[target] = _mixed(pool[target], value)
    for word in words[_WORDS:]:
        key = _absorb(pool, word, key)
    return pool, key


def _absorb(pool: list[int], word: int, key: int) -> int:
    """Mix one more word into all of the pool; return the constant that comes next."""
    for place in range(_WORDS):
        value = word ^ key
        key = key * _STEP & _MASK
        value = value * key & _MASK
        value = _LEFT * pool[place] - _RIGHT * (value ^ value >> 16) & _MASK
        pool[place] = value ^ value >> 16
    return key


def _hashed(word: int, key: int) -> tuple[int, int]:
    following = key * _STEP & _MASK
    value = (word ^ key) * following & _MASK
    return value ^ value >> 16, following


def _mixed(left: int, right: int) -> int:
    value = _LEFT * left - _RIGHT * right & _MASK
    return value ^ value >> 16
