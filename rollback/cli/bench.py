"""`rollback bench`: what the engine costs on this machine, as a table. Asks for figures and shows them; measures nothing."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from rollback.cli import options
from rollback.cli.exit_codes import FINE

if TYPE_CHECKING:
    from rich.table import Table

    from rollback.testing.bench import BenchCase, BenchResult

__all__ = ["command"]

_QUICK_FRAMES = 1000
_COLUMNS = ("delay", "input", "state", "engine us", "bare us", "ratio", "bytes", "datagrams", "rollbacks")


def command(
    frames: Annotated[int, typer.Option(min=100, max=1_000_000, help="Frames a round.")] = 6000,
    rounds: Annotated[int, typer.Option(min=1, max=1000, help="Rounds with the engine, and as many without.")] = 7,
    quick: Annotated[bool, typer.Option("--quick", help="One short round: to see that it works, not to compare.")] = False,
    as_json: options.AsJson = False,
) -> None:
    """Measure what the engine costs: microseconds a frame for each of two peers in one process, beside the bare game and link.

    The inputs change about every eight frames, so that an eighth of the frames rolls back. `delay` is that of the link, in
    frames each way; bytes, datagrams and rollbacks (of a hundred frames) are those of one peer. `jitter`: each datagram comes
    up to so many frames later still; `read`: the settled frames are taken after every tick. Compare ratios between machines.

    Example: rollback bench --json > figures.json
    """
    from rollback.testing.bench import ALL_CASES, machine, run_bench

    if quick:
        frames, rounds = min(frames, _QUICK_FRAMES), 1
    results = run_bench(ALL_CASES, frames=frames, rounds=rounds, on_result=_progress(len(ALL_CASES)))
    if as_json:
        print(json.dumps({"machine": machine(), "frames": frames, "rounds": rounds, "cases": [*map(asdict, results)]}))
    else:
        _show(results)
    raise typer.Exit(FINE)


def _progress(cases: int) -> Callable[[BenchResult], None]:
    """Return what counts the cases on stderr, where a person looks on."""
    done = 0

    def count(result: BenchResult) -> None:
        nonlocal done
        done += 1
        if sys.stderr.isatty():
            print(f"measured {done} of {cases}", end="\n" if done == cases else "\r", file=sys.stderr, flush=True)

    return count


def _show(results: list[BenchResult]) -> None:
    from rich.console import Console

    from rollback.testing.bench import machine

    console = Console(highlight=False, soft_wrap=True)
    console.print(_table(results))
    found = machine()
    console.print(f"{found['python']}, {found['system']}, {found['processor']}", style="dim", markup=False)


def _table(results: list[BenchResult]) -> Table:
    from rich.table import Table

    table = Table(box=None, header_style="bold", pad_edge=False, padding=(0, 1, 0, 0))
    for column in _COLUMNS:
        table.add_column(column, justify="right", no_wrap=True)
    table.add_column("", no_wrap=True)
    for result in results:
        table.add_row(
            str(result.delay),
            f"{result.input_size} B",
            f"{result.state_size} B" if result.state_size < 1024 else f"{result.state_size // 1024} KiB",
            f"{result.engine_us:.2f}",
            f"{result.bare_us:.2f}",
            f"{result.ratio:.1f}",
            f"{result.bytes_a_frame:.1f}",
            f"{result.datagrams_a_frame:.3f}",
            f"{result.rollbacks_per_100:.1f}",
            _remark(result),
        )
    return table


def _remark(case: BenchCase | BenchResult) -> str:
    if case.jitter:
        return f"jitter {case.jitter}"
    return "read" if case.reader else ""
