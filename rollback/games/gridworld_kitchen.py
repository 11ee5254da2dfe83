"""The kitchen of GridWorld: counters, pots, orders. Knows what hands do to them; knows no player and no map."""

from __future__ import annotations

from collections.abc import Mapping
from enum import IntEnum
from typing import Any, Final

from rollback.games.dice import advance, below
from rollback.games.gridworld_layouts import Station

__all__ = ["COOKING", "DISH", "MISSED", "ORDER", "SERVED", "Item", "Kitchen"]

COOKING: Final = 15  # moves' time that a pot takes
ORDER: Final = 60  # moves' time until an order is withdrawn: about twice what two practised players need
SERVED: Final = 20  # points
MISSED: Final = 5


class Item(IntEnum):
    """What hands, counters and pots hold. A dish is its ingredient and two."""

    NOTHING = 0
    ONION = 1
    TOMATO = 2
    ONION_SOUP = 3
    TOMATO_SOUP = 4


DISH: Final = 2  # what cooking adds to an ingredient
_MOST: Final = 1_000_000_000
_RAW: Final = {"O": 1, "T": 2}


class Kitchen:
    """Counters, pots and the orders.

    Args:
        counters: How many there are.
        pots: How many.
        pace: Frames of a move: all times are counted in moves.

    Attributes:
        counters: What lies on each, see `Item`.
        pots: The ingredient in each.
        cooking: Frames until each is done; 0 for one that is, or is empty.
        wanted: The dish that is ordered.
        following: The dish that is ordered next.
        timer: Frames until the order is withdrawn.
        served: Dishes served.
        missed: Orders that were withdrawn.
        word: The generator of the orders.
    """

    __slots__ = ("cooking", "counters", "following", "missed", "pace", "pots", "served", "timer", "wanted", "word")

    def __init__(self, counters: int, pots: int, pace: int) -> None:
        self.pace = pace
        self.counters = [0] * counters
        self.pots = [0] * pots
        self.cooking = [0] * pots

    def open(self, word: int) -> None:
        """Begin with nothing on the counters; the word decides the orders."""
        self.counters = [0] * len(self.counters)
        self.pots = [0] * len(self.pots)
        self.cooking = [0] * len(self.pots)
        self.served = self.missed = 0
        self.word = word
        self.following = DISH + 1 + below(word, 2)
        self._next_order()

    def _next_order(self) -> None:
        self.wanted = self.following
        self.word = advance(self.word)
        self.following = DISH + 1 + below(self.word, 2)
        self.timer = ORDER * self.pace

    def tick(self) -> int:
        """Let a frame pass; return the points it brings: 0, or the loss of an order."""
        cooking = self.cooking
        for pot, left in enumerate(cooking):
            if left:
                cooking[pot] = left - 1
        self.timer -= 1
        if self.timer > 0:
            return 0
        self.missed += 1
        self._next_order()
        return -MISSED

    def use(self, station: Station, held: int) -> tuple[int, int]:
        """Put `held` where it belongs, or take what is there; return what the hand holds then, and points.

        What cannot be done changes nothing.
        """
        letter, number = station
        if letter == "=":
            lying = self.counters[number]
            if held and lying:
                return held, 0
            self.counters[number] = held
            return lying, 0
        if letter == "P":
            return self._cook(number, held), 0
        if letter == "H":
            if held != self.wanted:
                return held, 0
            self.served += 1
            self._next_order()
            return 0, SERVED
        return held or _RAW[letter], 0

    def _cook(self, pot: int, held: int) -> int:
        """Fill an empty pot, or empty one that is done; return what the hand holds then."""
        inside = self.pots[pot]
        if not inside and 0 < held <= DISH:
            self.pots[pot] = held
            self.cooking[pot] = COOKING * self.pace
            return 0
        if inside and not held and not self.cooking[pot]:
            self.pots[pot] = 0
            return inside + DISH
        return held

    def save(self) -> dict[str, Any]:
        """Return the state as a dict of numbers and tuples of numbers."""
        return {
            "counters": tuple(self.counters),
            "pots": tuple(self.pots),
            "cooking": tuple(self.cooking),
            "wanted": self.wanted,
            "following": self.following,
            "timer": self.timer,
            "served": self.served,
            "missed": self.missed,
            "word": self.word,
        }

    def load(self, state: Mapping[str, Any]) -> None:
        """Become a state that `save` returned.

        Raises:
            KeyError, TypeError, ValueError: It is none; the kitchen stays as it was.
        """
        counters, pots, cooking = [*state["counters"]], [*state["pots"]], [*state["cooking"]]
        wanted, following, timer = state["wanted"], state["following"], state["timer"]
        served, missed, word = state["served"], state["missed"], state["word"]
        if len(counters) != len(self.counters) or len(pots) != len(self.pots) or len(cooking) != len(self.pots):
            raise ValueError("another kitchen")
        for items, most in ((counters, 4), (pots, DISH), (cooking, COOKING * self.pace)):
            if items and not 0 <= min(items) <= max(items) <= most:
                raise ValueError("no item")
        if not (DISH < wanted <= 4 and DISH < following <= 4 and 0 < timer <= ORDER * self.pace and 0 < word < 1 << 32):
            raise ValueError("no order")
        if not (0 <= served <= _MOST and 0 <= missed <= _MOST):
            raise ValueError("no count")
        self.counters, self.pots, self.cooking = counters, pots, cooking
        self.wanted, self.following, self.timer = wanted, following, timer
        self.served, self.missed, self.word = served, missed, word
