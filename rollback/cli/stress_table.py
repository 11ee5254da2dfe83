"""What the matches of `rollback stress` came to, as a table and as values. Knows summaries; knows no match and no process."""

from __future__ import annotations

import dataclasses
import shlex
from collections.abc import Mapping, Sequence
from typing import Any, Final

from rich.console import Console
from rich.table import Table
from rich.text import Text

from rollback.sim.stress import DIED, ENDED, Outcome, Summary

__all__ = ["command_for", "show", "values_of"]

LONGEST: Final = 10  # failures shown; the JSON holds all
COLUMNS: Final = (
    "profile", "matches", "parity", "rollbacks\n/100", "depth\n50/99/max", "stalls\n/min", "lag", "KiB/s", "ahead", "lost",
)  # fmt: skip


def show(console: Console, summaries: Sequence[Summary], failures: Sequence[Outcome], flags: Mapping[str, Any]) -> None:
    """Print the table, each failure with the command that shows it again, and the verdict.

    Rollbacks, stalls a minute, KiB/s and the lead are those of one peer; lag is in frames that stood on guesses.
    """
    table = Table(box=None, header_style="bold", pad_edge=False, padding=(0, 1, 0, 0))
    for place, column in enumerate(COLUMNS):
        table.add_column(column, justify="left" if place == 0 else "right", no_wrap=True)
    for summary in summaries:
        table.add_row(*_cells(summary))
    console.print(table)
    for outcome in failures[:LONGEST]:
        plan = outcome.plan
        console.print()
        console.print(Text(f"{plan.profile}, seed {plan.seed}: {outcome.why}", style="red"))
        console.print(Text(f"  {command_for(outcome, flags)}"))
    if len(failures) > LONGEST:
        console.print(Text(f"and {len(failures) - LONGEST} more failures; --json lists them all", style="red"))
    console.print()
    console.print(_verdict(summaries, failures))


def values_of(summaries: Sequence[Summary], failures: Sequence[Outcome], flags: Mapping[str, Any]) -> dict[str, Any]:
    """Return the same as values that JSON can hold."""
    return {
        "passed": not failures and all(summary.proves for summary in summaries),
        "game": flags["game"],
        "profiles": [
            {**dataclasses.asdict(summary), "parity": summary.diverged == 0, "proves": summary.proves} for summary in summaries
        ],
        "failures": [
            {
                "profile": outcome.plan.profile,
                "seed": outcome.plan.seed,
                "why": outcome.why,
                "command": command_for(outcome, flags),
                "failures": [str(each) for each in outcome.report.failures] if outcome.report else [],
            }
            for outcome in failures
        ],
    }


def command_for(outcome: Outcome, flags: Mapping[str, Any]) -> str:
    """Return the command that plays one match again and writes it down as small as it still fails, if it can be."""
    told = {**flags, "seed": outcome.plan.seed, "seeds": 1}
    if outcome.trouble == DIED:  # or it would be this program that dies
        told["backend"] = "process"
    if "profile" in flags or not flags.get("custom"):
        told["profile"] = flags.get("file", outcome.plan.profile)
    words = ["rollback", "stress"]
    for name, value in told.items():
        if value is not None and name not in ("custom", "file"):
            words += [f"--{name.replace('_', '-')}", str(value)]
    if outcome.trouble not in (DIED, ENDED):
        words += ["--shrink", f"failing-{outcome.plan.seed}.json"]
    return shlex.join(words)


def _cells(summary: Summary) -> list[str | Text]:
    if summary.failed:
        parity = Text(f"{summary.failed} fail", style="bold red")
    else:
        parity = Text("yes", style="green") if summary.proves else Text("no proof", style="yellow")
    return [
        summary.profile,
        str(summary.matches),
        parity,
        f"{summary.rollbacks_per_100:.1f}",
        f"{summary.depth_median}/{summary.depth_p99}/{summary.depth_max}",
        f"{summary.stalls_per_minute:.1f}",
        f"{summary.lag:.2f}",
        f"{summary.kib_per_second:.2f}",
        f"{summary.frames_ahead:.2f}",
        f"{summary.lost:.1%}",
    ]


def _verdict(summaries: Sequence[Summary], failures: Sequence[Outcome]) -> Text:
    matches, frames = sum(each.matches for each in summaries), sum(each.frames for each in summaries)
    if failures:
        return Text(f"{len(failures)} of {matches} matches failed", style="bold red")
    idle = [f"{each.profile} proves nothing, for {' and '.join(each.premises)}" for each in summaries if not each.proves]
    if idle:
        return Text("; ".join(idle), style="bold yellow")
    return Text(f"all peers agreed on every frame: {matches} matches, {frames} frames", style="bold green")
