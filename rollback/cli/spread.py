"""How the matches of a command are spread over processes: the options, and what they come to. Knows no match."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated, Literal

import typer

__all__ = ["Backend", "BackendOption", "JournalOption", "RetriesOption", "TimeoutOption", "WorkersOption", "spread"]

Backend = Literal["serial", "process", "ray"]

_PROCESSES = "Processes"

WorkersOption = Annotated[
    int | None,
    typer.Option(
        "--workers",
        min=1,
        max=256,
        help="How many play at once.",
        show_default="one for each processor",
        rich_help_panel=_PROCESSES,
    ),
]
BackendOption = Annotated[
    Backend | None,
    typer.Option(
        "--backend",
        help='Where: in this process, in processes of this machine, or on a Ray cluster, which needs "rollback\\[ray]".',
        show_default="process, or serial for a single worker",
        rich_help_panel=_PROCESSES,
    ),
]
TimeoutOption = Annotated[
    float | None,
    typer.Option(
        "--timeout",
        min=0.1,
        max=86_400,
        help="Seconds after which one is ended and told as a failure, and the others go on.",
        show_default="never",
        rich_help_panel=_PROCESSES,
    ),
]
RetriesOption = Annotated[
    int,
    typer.Option(
        "--retries",
        min=0,
        max=100,
        help="How often one is tried again whose process died.",
        rich_help_panel=_PROCESSES,
    ),
]
JournalOption = Annotated[
    Path | None,
    typer.Option(
        "--journal",
        metavar="FILE",
        help="Write down each one as it is done; with the same FILE an interrupted command goes on.",
        show_default=False,
        rich_help_panel=_PROCESSES,
    ),
]


def spread(backend: Backend | None, workers: int | None, timeout: float | None, count: int) -> tuple[Backend, int | None]:
    """Return the backend and the number of workers for `count` matches.

    A single worker is this process, unless it may have to be ended.

    Args:
        backend: What the user said.
        workers: What the user said; None takes one for each processor, and on a cluster what that has.
        timeout: What the user said.
        count: How many are to be played.
    """
    if backend == "ray":
        return backend, workers
    few = max(1, min(workers or os.cpu_count() or 1, count))
    if backend is None:
        backend = "serial" if few == 1 and timeout is None else "process"
    return backend, few
