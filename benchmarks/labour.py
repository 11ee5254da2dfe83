"""Matches that cost a fixed amount of work, and plain loops over them, to measure what is around. Knows no backend."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from rollback.sim import MatchSpec
from rollback.sim.pool.played import Played, Shared

WORK: Final = 400  # rounds of arithmetic a frame: some 20 us


class Labour:
    """A game for one, a frame of which is pure arithmetic."""

    players = 1
    work = WORK

    def reset(self, seed: int) -> None:
        """Begin anew."""
        self.value = seed % 2**31

    def step(self, actions: Sequence[int]) -> None:
        """Do the work of a frame."""
        value = self.value + actions[0]
        for _ in range(self.work):
            value = (value * 1103515245 + 12345) & 0x7FFFFFFF
        self.value = value

    def save(self) -> int:
        """Return the state."""
        return self.value

    def load(self, state: int) -> None:
        """Take a state over."""
        self.value = state


def labour(frames: int) -> MatchSpec:
    """Return a match of so many frames."""
    return MatchSpec(game=f"{Path(__file__).resolve()}:Labour", players=("idle",), frames=frames)


_shared = Shared()


def played_one(spec: MatchSpec, seed: int) -> str:
    """Play a match here, and return its digest; what is needed for it stays for the next one."""
    return spec.play(seed, _shared).digest


def played(spec: MatchSpec, seeds: Sequence[int]) -> list[str]:
    """Play matches here, in a plain loop."""
    play = spec.play
    return [play(seed, _shared).digest for seed in seeds]


def answer(end: Any, spec: MatchSpec, seeds: Sequence[int]) -> None:
    """Play matches in a process of their own, and send the digests back."""
    end.send(played(spec, seeds))


def rest() -> None:
    """Do nothing for so long that another one is started for who comes next."""
    time.sleep(0.3)


@dataclass(frozen=True)
class Tiny:
    """A match that is next to nothing: what playing it takes is what is around it."""

    name: str = "tiny"
    tags: Mapping[str, Any] = field(default_factory=dict)
    seed: int | None = None

    def play(self, seed: int, shared: Shared) -> Played:
        """Play it."""
        return Played(hashlib.sha256(b"%d" % seed).hexdigest(), (1.0,), {"frames": 1})

    def to_dict(self) -> dict[str, Any]:
        """Return it as JSON can hold it."""
        return {"kind": "tiny"}

    def parcels(self) -> Mapping[str, Path | bytes]:
        """Return that nothing has to travel with it."""
        return {}
