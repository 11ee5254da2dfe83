"""Quick games for tournaments, and policies of known strength. Named as tests.sim.league.games:Sums and so on."""

from __future__ import annotations

import os
from pathlib import Path
from random import Random

from rollback import UInt

FRAMES = 4


class Sums:
    """Everybody adds what is drawn for the seat, and as much more as was dared; the most wins."""

    def __init__(self, players: int = 2) -> None:
        self.players = players
        self.codecs = (UInt(8),) * players
        self.reset(0)

    def reset(self, seed: int) -> None:
        self.seed, self.frame, self.sums = seed, 0, [0] * self.players

    @property
    def over(self) -> bool:
        return self.frame >= FRAMES

    def observe(self, player: int) -> int:
        return self.frame

    def step(self, actions) -> None:
        for seat, action in enumerate(actions):
            self.sums[seat] += action + Random(self.seed * 1000 + self.frame * 10 + seat).randrange(10)
        self.frame += 1

    def save(self):
        return [self.seed, self.frame, list(self.sums)]

    def load(self, state) -> None:
        self.seed, self.frame, self.sums = state[0], state[1], list(state[2])

    def scores(self):
        return tuple(self.sums)


class Alone(Sums):
    """The same for one: the seed decides nearly all of the score."""

    def __init__(self) -> None:
        super().__init__(1)

    def scores(self):
        return (self.sums[0] + self.seed % 1000,)


class Endless(Sums):
    """The same, and never over."""

    over = None

    @property
    def frames(self) -> int:
        return self.frame


class Unscored(Sums):
    """A game that counts nothing."""

    scores = None


class Unequal(Sums):
    """A game with one score too few."""

    def scores(self):
        return (1.0,)


class Dares:
    """A policy that always adds the same."""

    def __init__(self, more: int = 0) -> None:
        self.more = more

    def act(self, observation, memory):
        return self.more, memory


class Trips(Dares):
    """One that raises in the third frame of a match with an odd seed."""

    def __init__(self, seed: int, more: int = 0) -> None:
        super().__init__(more)
        self.odd = seed // 16 % 2

    def act(self, observation, memory):
        if self.odd and observation == 2:
            raise RuntimeError("tripped over its feet")
        return super().act(observation, memory)


class Broken:
    """One that cannot be made."""

    def __init__(self, seed: int) -> None:
        raise OSError("no weights here")


class Halts(Dares):
    """One that is interrupted once, as by Ctrl-C, in the match whose seed ends so; a file says that it happened already."""

    def __init__(self, player: int, seed: int, at: int, file: str) -> None:
        super().__init__(0)
        self.halts = seed % 10**9 == at and not Path(file).exists()
        self.file = Path(file)

    def act(self, observation, memory):
        if self.halts:
            self.file.touch()
            raise KeyboardInterrupt
        return super().act(observation, memory)


class Slow(Dares):
    """One that takes its time: long enough to be interrupted."""

    def act(self, observation, memory):
        sum(range(400_000))
        return super().act(observation, memory)


class Quits(Dares):
    """One that takes its process with it, in every match whose seed ends so."""

    def __init__(self, player: int, seed: int, at: int = -1) -> None:
        super().__init__(0)
        if seed % 10**9 == at:
            os._exit(0)


class Nowhere(Sums):
    """A game that counts what is no number."""

    def scores(self):
        return (float("nan"), 1.0)


class Hangs(Dares):
    """One that never answers, in the match whose seed ends so."""

    def __init__(self, player: int, seed: int, at: int = -1) -> None:
        super().__init__(0)
        self.hangs = seed % 10**9 == at

    def act(self, observation, memory):
        while self.hangs:
            pass
        return super().act(observation, memory)
