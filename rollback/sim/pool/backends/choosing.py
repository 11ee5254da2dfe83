"""Which backend a name, or a factory of executors, stands for. Imports the one that is asked for, and knows no more of it."""

from __future__ import annotations

import difflib
import importlib
from collections.abc import Callable, Generator, Iterator
from functools import partial
from typing import Any, Final

from rollback.errors import UsageError
from rollback.sim.pool.job import Job, Rules
from rollback.sim.pool.result import MatchResult

__all__ = ["NAMES", "Run", "backend_of"]

NAMES: Final = ("serial", "process", "ray")
FORMS: Final = (
    f"backend must be one of {', '.join(map(repr, NAMES))}, or a function that makes a concurrent.futures.Executor, such as"
    " lambda: ThreadPoolExecutor(2)"
)

Run = Callable[[Iterator[Job], Rules], Generator[MatchResult, None, None]]


def backend_of(backend: Any) -> Run:
    """Return what plays the jobs of a run.

    Raises:
        UsageError: It is no backend; the closest name is told.
        MissingPackage: Its package is not installed.
    """
    if isinstance(backend, str) and backend in NAMES:
        run: Run = importlib.import_module(f"rollback.sim.pool.backends.{backend}").run
        return run
    if isinstance(backend, str):
        found = difflib.get_close_matches(backend.lower(), NAMES, n=1)
        raise UsageError(f"there is no backend {backend!r:.80}{f', did you mean {found[0]}?' if found else ''}: {FORMS}")
    if not callable(backend):
        made = " (this one is made already: each run shuts its own down)" if hasattr(backend, "submit") else ""
        raise UsageError(f"{backend!r:.80} is no backend{made}: {FORMS}")
    foreign: Any = importlib.import_module("rollback.sim.pool.backends.executor").run
    return partial(foreign, factory=backend)
