"""The new process: plays matches again under the conditions it is given, and tells what came of each. Judges nothing.

Started by `rollback.sim.pool.fresh`, which keeps its stdin open for as long as somebody waits for the answers: they are lines
of JSON on what was stdout. A game may print; what it prints goes to stderr.
"""

from __future__ import annotations

import faulthandler
import json
import os
import pickle
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final

from rollback.sim.pool.conditions import Conditions, Watch
from rollback.sim.pool.patience import starting_of
from rollback.sim.pool.spawning import Script, open_script

if TYPE_CHECKING:
    from rollback.sim.pool.job import Job

__all__ = ["READY", "Order", "main"]


@dataclass(frozen=True, slots=True)
class Order:
    """What a new process is to do.

    Attributes:
        conditions: How it is to be made.
        matches: How many follow, each pickled by itself.
        timeout: Seconds after which a match ends the process; None lets it take its time.
        script: How to find the caller's script, for matches that are defined there.
    """

    conditions: Conditions
    matches: int
    timeout: float | None
    script: Script = ()


READY: Final = b"ready\n"  # the first line of the answers


def main(path: str) -> None:
    """Carry out the order in a file."""
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "w", encoding="ascii")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the caller's; a KeyboardInterrupt then comes from the game
    threading.Thread(target=_end_with_the_caller, args=(_leads_group(),), daemon=True).start()
    with open(path, "rb") as file:
        # The bytes are those of the process that started this one, and of nobody else.
        order: Order = pickle.load(file)
        watch = Watch(order.conditions)  # before the game is imported, which may take a function from `time`
        if order.script:
            open_script(order.script)
        jobs: list[Job] = [pickle.load(file) for _ in range(order.matches)]
    from rollback.sim.pool.played import Shared
    from rollback.sim.pool.playing import row_of

    shared = Shared()
    shared.making = partial(_making, order.timeout)
    with answers:
        answers.write(READY.decode())
        answers.flush()
        for job in jobs:
            shared.parcels = _parcels(job)
            watch.begin()
            _arm(order.timeout)
            status, digest, _, _, error = row_of(job.spec, job.seed, shared, ())
            faulthandler.cancel_dump_traceback_later()
            json.dump([status, digest, error, watch.looked_at()], answers)
            answers.write("\n")
            answers.flush()


def _arm(seconds: float | None) -> None:
    if seconds is not None:
        faulthandler.dump_traceback_later(seconds, exit=True)


@contextmanager
def _making(timeout: float | None) -> Iterator[None]:
    """Let the clock of the match stand while its game is imported, as in a worker."""
    _arm(starting_of(timeout))
    try:
        yield
    finally:
        _arm(timeout)


def _parcels(job: Job) -> dict[str, bytes]:
    return {name: what.read_bytes() if isinstance(what, Path) else what for name, what in job.spec.parcels().items()}


def _leads_group() -> bool:
    return hasattr(os, "getpgrp") and os.getpgrp() == os.getpid()  # asked before a condition sets what getpid tells


def _end_with_the_caller(leads_group: bool) -> None:
    while os.read(0, 4096):  # not by sys.stdin, which would hold its lock when the interpreter ends
        pass
    if leads_group:
        os.killpg(0, signal.SIGKILL)  # what the matches have started too
    os._exit(1)
