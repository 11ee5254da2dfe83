"""`rollback check`: can this game be rolled back? Asks the question and shows the answer; knows no network."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from rollback.cli import options
from rollback.cli.exit_codes import FINE, NOT_TRUE

if TYPE_CHECKING:
    from rollback.testing.check import Check, CheckReport

__all__ = ["command"]

_LONGEST: Final = 20  # differences listed
_NAMES: Final = 32  # cells for the name of a check
_MARKS: Final = {  # by whether it passed, and was asked
    (True, True): ("yes", "green"),
    (True, False): ("-  ", "yellow"),
    (False, True): ("no ", "bold red"),
}


def command(
    name: Annotated[str, typer.Argument(metavar="NAME", help=options.GAMES)],
    frames: Annotated[int, typer.Option(min=1, max=1_000_000, help="Frames of each part.")] = 300,
    distance: Annotated[int, typer.Option(min=1, max=60, help="Frames each rollback goes back.")] = 8,
    seed: Annotated[int, typer.Option(min=0, max=2**63 - 1, help="Of the actions, and of the game.")] = 0,
    other_process: Annotated[
        bool, typer.Option(help="Play in other processes too: only that finds hashes and the order of sets.")
    ] = True,
    as_json: options.AsJson = False,
) -> None:
    """Find out whether a game is deterministic and saves all of its state.

    Plays it with random legal actions, rolls it back again and again, plays it in other processes, and compares.
    Measures what it costs. Leaves with 1 if anything differs, and names the frame, what differs and what to change.

    Example: rollback check my_game.py:MyGame --frames 1000
    """
    from rollback.envs.names import game_factory
    from rollback.testing.check import check_game

    make = game_factory(name)
    if not as_json:
        print(f"checking {name}: {frames} frames, rollbacks of {distance}", file=sys.stderr)
    report = check_game(make, frames, distance=distance, seed=seed, other_process=other_process)
    if as_json:
        print(json.dumps(_values(name, report)))
    else:
        _show(report)
    raise typer.Exit(FINE if report.passed else NOT_TRUE)


def _show(report: CheckReport) -> None:
    from rich.console import Console
    from rich.text import Text

    console = Console(highlight=False, soft_wrap=True)
    for check in report.checks:
        mark, style = _MARKS[check.passed, check.asked]
        console.print(Text.assemble((f"  {mark} ", style), (check.name.ljust(_NAMES), "bold"), check.sentence))
        for difference in check.differences[:_LONGEST]:
            console.print(Text(f"        {difference}", style="red"))
        if len(check.differences) > _LONGEST:
            console.print(Text(f"        and {len(check.differences) - _LONGEST} more", style="red"))
    if report.costs is not None:
        console.print(Text.assemble(("      ", ""), ("what it costs".ljust(_NAMES), "bold"), str(report.costs)))
    console.print(Text(report.verdict, style="green" if report.passed else "bold red"))


def _values(name: str, report: CheckReport) -> dict[str, Any]:
    return {
        "passed": report.passed,
        "game": name,
        "frames": report.frames,
        "distance": report.distance,
        "verdict": report.verdict,
        "why_opaque": report.why_opaque,
        "costs": None if report.costs is None else asdict(report.costs),
        "checks": [_check_values(check) for check in report.checks],
    }


def _check_values(check: Check) -> dict[str, Any]:
    differences = [{"path": each.path, "left": repr(each.left), "right": repr(each.right)} for each in check.differences]
    return {name: value for name, value in asdict(check).items() if name != "differences"} | {"differences": differences}
