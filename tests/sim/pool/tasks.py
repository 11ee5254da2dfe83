"""Specs that say what they found where they were played, or that are awkward to carry."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from rollback.sim.pool.job import Job
from rollback.sim.pool.played import Played, Shared, Spec


def numbered(specs: Iterable[Spec]) -> list[Job]:
    """Return jobs whose seeds are easy to know."""
    return [Job(index, index * 7, spec) for index, spec in enumerate(specs)]


def refuse(*_: Any) -> Any:
    raise ValueError("nobody reads this")


class Unreadable(str):
    """Can be pickled, but not unpickled; to JSON it is any text."""

    def __reduce__(self) -> Any:
        return refuse, ()


def dies_at_once(*_: Any) -> None:
    os._exit(9)


@dataclass(frozen=True)
class Task:
    """Does what its `what` says."""

    what: str
    value: Any = None
    given: Mapping[str, Path | bytes] = field(default_factory=dict)
    tags: Mapping[str, Any] = field(default_factory=dict)

    @property
    def name(self) -> str:
        return self.what

    def play(self, seed: int, shared: Shared) -> Played:
        return Played(f"{self.what} {seed}", stats=getattr(self, self.what)(shared))

    def nothing(self, shared: Shared) -> dict[str, Any]:
        return {}

    def process(self, shared: Shared) -> dict[str, Any]:
        """Say in which process it is."""
        return {"process": os.getpid()}

    def surroundings(self, shared: Shared) -> dict[str, Any]:
        """Say what this process is like."""
        return {
            "threads": [os.environ.get(f"{name}_NUM_THREADS") for name in ("OMP", "OPENBLAS", "MKL")],
            "numpy": "numpy" in sys.modules,
            "engine": "rollback.core.session" in sys.modules,
            "script": getattr(sys.modules["__main__"], "__file__", None),
            "ignores": signal.getsignal(signal.SIGINT) is signal.SIG_IGN,
            "blocked": list(signal.pthread_sigmask(signal.SIG_BLOCK, ())),
        }

    def parcel(self, shared: Shared) -> dict[str, Any]:
        """Say what travelled."""
        return {name: shared.parcel(name).decode() for name in self.given}

    def long(self, shared: Shared) -> dict[str, Any]:
        """Have much to say."""
        return {"words": "word " * self.value}

    def untold(self, shared: Shared) -> dict[str, Any]:
        """Say what cannot be pickled."""

        class Local(str):
            """Found nowhere by its name."""

        return {"made": Local("x")}

    def unread(self, shared: Shared) -> dict[str, Any]:
        """Say what cannot be unpickled."""
        return {"made": Unreadable()}

    def unwritable(self, shared: Shared) -> dict[str, Any]:
        """Say what no file can hold."""
        return {"seen": {1, 2}}

    def dozing(self, shared: Shared) -> dict[str, Any]:
        """Wait without end."""
        signal.pause()
        return {}

    def to_dict(self) -> dict[str, Any]:
        return {"kind": "task", "what": self.what}

    def parcels(self) -> Mapping[str, Path | bytes]:
        return self.given


def blocked(writes):
    """Say whether Ctrl-C is put off in this process."""
    writes.send(signal.SIGINT in signal.pthread_sigmask(signal.SIG_BLOCK, ()))
