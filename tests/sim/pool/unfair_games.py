"""Games whose results depend on more than their seeds, one for each thing they can depend on, and two that are fair."""

from __future__ import annotations

import os
import random
import time
from collections.abc import Sequence

PLAYED: list[int] = []  # survives from match to match, as module-level state does


class Fair:
    """Adds up what is pressed."""

    players = 2

    def reset(self, seed: int) -> None:
        self.value, self.steps = seed % 1009, 0

    def step(self, actions: Sequence[int]) -> None:
        self.value = (self.value * 31 + sum(actions) + self.more()) % 2**61
        self.steps += 1

    def more(self) -> int:
        return 0

    def save(self) -> tuple[int, int]:
        return self.value, self.steps

    def load(self, state: tuple[int, int]) -> None:
        self.value, self.steps = state


class Seeded(Fair):
    """Draws, looks at the clock, hashes and counts as the unfair ones do, and lets none of it decide."""

    def reset(self, seed: int) -> None:
        super().reset(seed)
        PLAYED.append(seed)
        random.seed(seed)

    def more(self) -> int:
        return int(random.random() * 1000) + 0 * (hash("word") + len(PLAYED) + int(time.time()) + os.getpid())


class Hashed(Fair):
    def more(self) -> int:
        return hash("word") % 1009


class Unordered(Fair):
    """Depends on the order of a set of three, which most hash seeds have in common with some other."""

    def more(self) -> int:
        return sum(place * len(word) for place, word in enumerate({"a", "bb", "cccc"}))


class Drawing(Fair):
    def more(self) -> int:
        return random.randrange(1009)


class NumpyDrawing(Fair):
    def more(self) -> int:
        import numpy  # in the middle of a match, as a game may

        return int(numpy.random.randint(1009))


class Counting(Fair):
    """The third match of a process is not the first one."""

    def reset(self, seed: int) -> None:
        super().reset(seed)
        PLAYED.append(seed)
        self.value += len(PLAYED)


class Numbered(Fair):
    def more(self) -> int:
        return os.getpid()


class Timed(Fair):
    def more(self) -> int:
        return time.perf_counter_ns()


class Dated(Fair):
    """Looks at the date alone: it is the same whenever the matches of one test are played."""

    def more(self) -> int:
        return int(time.time() / 86400 / 30)


class Entropic(Fair):
    def more(self) -> int:
        return int.from_bytes(os.urandom(4), "little")


class Both(Hashed):
    """Depends on two things."""

    def more(self) -> int:
        return super().more() + random.randrange(1009)


class Interrupting(Fair):
    """Raises what Ctrl-C raises, always."""

    def more(self) -> int:
        raise KeyboardInterrupt("mine")


class Elsewhere(Fair):
    """Can be played in the process of the tests, and in no other."""

    def reset(self, seed: int) -> None:
        super().reset(seed)
        if os.environ.get("PYTHONHASHSEED") in ("1", "2", "3", "20201", "50021", "31415926"):
            raise RuntimeError("not here")


class Deadly(Fair):
    """Kills its process when that was made to play it again."""

    def reset(self, seed: int) -> None:
        super().reset(seed)
        if os.environ.get("PYTHONHASHSEED") in ("1", "2", "3", "20201", "50021", "31415926"):
            print("the end is near")
            os._exit(7)


class Hanging(Fair):
    """Goes on for ever in such a process."""

    def reset(self, seed: int) -> None:
        super().reset(seed)
        while os.environ.get("PYTHONHASHSEED") in ("1", "2", "3", "20201", "50021", "31415926"):
            pass
