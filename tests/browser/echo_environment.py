"""What the tests run in the worker as an environment: it makes, takes and gives back values. Runs in Pyodide only."""

import array  # noqa: F401 - the values that are made name it
import math
from enum import IntEnum


class Color(IntEnum):
    RED = 1


class Opaque:
    pass


def same(left, right):
    """Return whether both are the same, types and signs of zero included."""
    if type(left) is not type(right):
        return False
    if isinstance(left, float):
        both_nan = math.isnan(left) and math.isnan(right)
        return both_nan or (left == right and math.copysign(1, left) == math.copysign(1, right))
    if isinstance(left, list | tuple):
        return len(left) == len(right) and all(map(same, left, right))
    if isinstance(left, dict):
        pairs = zip(left.items(), right.items(), strict=True)
        return len(left) == len(right) and all(same(a, c) and same(b, d) for (a, b), (c, d) in pairs)
    return left == right


class Echo:
    def reset(self, seed=None):
        self.held = None
        return seed, {}

    def step(self, action):
        what, value = action
        if what == "make":  # a value of Python, for the page
            value = self.held = eval(value)
        elif what == "show":  # a value of the page, as Python sees it
            value = f"{type(value).__name__} {value!r}" if isinstance(value, int) else repr(value)
        elif what == "compare":  # whether what came back is what was made
            value = same(self.held, value) or f"{value!r} came back of {self.held!r}"
        elif what == "fail":
            raise ValueError(value)
        elif what == "leave":
            raise SystemExit(value)
        elif what == "sink":
            return self.step(action)
        return value, 0.0, False, False, {}

    def save(self):
        return {"held": self.held}

    def load(self, state):
        self.held = state["held"]


env = Echo()
