"""`rollback check`: can this game be rolled back? Asks the question and shows the answer; knows no network."""

from __future__ import annotations

import json
import sys
import textwrap
import time
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from rollback.cli import options, output
from rollback.cli.exit_codes import FINE, NOT_TRUE
from rollback.cli.progress import progress

if TYPE_CHECKING:
    from rollback.testing.check import Check, CheckReport

__all__ = ["command"]

_LONGEST: Final = 20  # differences listed
_NAMES: Final = 32  # cells for the name of a check
_NARROWEST: Final = 30  # cells of a column of sentences
_PATIENCE: Final = 5.0  # seconds before it is told what takes so long
_MARKS: Final = {  # by whether it passed, and was asked
    (True, True): ("yes", "green"),
    (True, False): ("-  ", "yellow"),
    (False, True): ("no ", "bold red"),
}


def command(
    name: Annotated[str, typer.Argument(metavar="NAME", help=options.GAMES)],
    frames: Annotated[
        int | None,
        typer.Option(
            min=1, max=1_000_000, help="Frames of each part. Without: 300, or what a slow environment does in half a minute."
        ),
    ] = None,
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
    Of an environment it tells too how it is saved, what doing nothing is, and who makes it differ from itself.

    Example: rollback check my_game.py:MyGame --frames 1000
    """
    from rollback.envs.names import game_factory
    from rollback.testing.check import USUAL_FRAMES, check_game

    make = game_factory(name)
    if not as_json:
        print(f"checking {name}: {frames or USUAL_FRAMES} frames, rollbacks of {distance}", file=sys.stderr)
    with progress("") as bar:
        tell = bar.tell if bar.is_shown else None if as_json else _Progress()
        report = check_game(make, frames, distance=distance, seed=seed, other_process=other_process, on_progress=tell)
    if as_json:
        print(json.dumps(_values(name, report)))
    else:
        _show(report, frames or USUAL_FRAMES)
    raise typer.Exit(FINE if report.passed else NOT_TRUE)


class _Progress:
    """Says what is being done where there is no terminal for a bar, once somebody has waited for a while."""

    def __init__(self) -> None:
        self._began = time.monotonic()

    def __call__(self, what: str) -> None:
        waited = time.monotonic() - self._began
        if waited > _PATIENCE:
            output.say(f"  {waited:3.0f} s  {what} ...")


def _show(report: CheckReport, asked: int) -> None:
    from rich.console import Console
    from rich.text import Text

    console = Console(highlight=False, soft_wrap=True)
    width = console.width if console.is_terminal else None

    def row(mark: str, style: str, name: str, sentence: str, of_sentence: str = "") -> None:
        said = (_folded(sentence, width), of_sentence)
        console.print(Text.assemble((f"  {mark} ", style), (name.ljust(_NAMES), "bold"), said))

    for check in report.checks:
        row(*_MARKS[check.passed, check.asked], check.name, check.sentence)
        for difference in check.differences[:_LONGEST]:
            console.print(Text(f"        {difference}", style="red"))
        if len(check.differences) > _LONGEST:
            console.print(Text(f"        and {len(check.differences) - _LONGEST} more", style="red"))
    for name, sentence in report.environment.lines() if report.environment is not None else ():
        row("   ", "", name, sentence)
    if report.frames < asked:
        row("   ", "", "looked at", f"{report.frames} frames of each part and not {asked}, for it is slow; --frames takes more")
    if report.costs is not None:
        row("   ", "", "what it costs", str(report.costs))
    console.print(Text(_folded(report.verdict, width, 0), style="green" if report.passed else "bold red"))


def _folded(sentence: str, width: int | None, indent: int = _NAMES + 6) -> str:
    """Return a sentence in lines that fit a terminal, each below the first; unbroken where there is none to fit."""
    if width is None:
        return sentence
    return f"\n{' ' * indent}".join(textwrap.wrap(sentence, max(width - indent, _NARROWEST))) or sentence


def _values(name: str, report: CheckReport) -> dict[str, Any]:
    return {
        "passed": report.passed,
        "game": name,
        "frames": report.frames,
        "distance": report.distance,
        "verdict": report.verdict,
        "why_opaque": report.why_opaque,
        "costs": None if report.costs is None else asdict(report.costs),
        "environment": None if report.environment is None else asdict(report.environment),
        "causes": list(report.causes),
        "checks": [_check_values(check) for check in report.checks],
    }


def _check_values(check: Check) -> dict[str, Any]:
    differences = [{"path": each.path, "left": repr(each.left), "right": repr(each.right)} for each in check.differences]
    return {name: value for name, value in asdict(check).items() if name != "differences"} | {"differences": differences}
