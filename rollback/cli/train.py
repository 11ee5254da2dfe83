"""`rollback train`: a training without the studio, into the same folder of runs. Asks and tells; trains nothing itself."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from rollback.cli import options
from rollback.cli.exit_codes import FINE, NOT_TRUE
from rollback.cli.output import say
from rollback.errors import UsageError

if TYPE_CHECKING:
    from rollback.cli.train_outcome import Outcome

__all__ = ["command"]

_MOST: Final = 10**12
_END: Final = "When to stop"
_ALGORITHM: Final = "Algorithm"


def command(
    environment: Annotated[
        str | None,
        typer.Argument(
            metavar="[ENV]",
            help="What to train on: gridworld, gridworld?layout=rooms, tetris, pong or duel; --resume knows its own.",
        ),
    ] = None,
    algo: Annotated[
        str,
        typer.Option(
            help="q-learning (a table, for gridworld), cross-entropy (weights, for tetris), self-play (weights, for pong and"
            " duel) or self-play-q-learning (a table, for pong and duel).",
            show_default="what the environment is for",
        ),
    ] = "",
    episodes: Annotated[
        int | None,
        typer.Option(min=1, max=100_000_000, help="Stop after so many in all.", rich_help_panel=_END, show_default=False),
    ] = None,
    steps: Annotated[
        int | None,
        typer.Option(
            min=1, max=_MOST, help="Stop after so many in all.", rich_help_panel=_END, show_default="what is usually enough"
        ),
    ] = None,
    until: Annotated[
        float | None,
        typer.Option(
            metavar="SUCCESS",
            help="Stop as soon as it plays that well, three looks in a row, where it was not trained: the share of goals"
            " reached (0.95) in gridworld, the median of lines in tetris, the share of matches won in pong and duel.",
            rich_help_panel=_END,
            show_default=False,
        ),
    ] = None,
    seed: Annotated[
        int | None, typer.Option(min=0, max=2**53 - 1, help="Of all its dice.", show_default="1, or that of the run")
    ] = None,
    learning_rate: Annotated[
        float | None, typer.Option(help="How much a table learns of one step.", rich_help_panel=_ALGORITHM, show_default="0.5")
    ] = None,
    discount: Annotated[
        float | None, typer.Option(help="What a later reward is worth.", rich_help_panel=_ALGORITHM, show_default="0.99")
    ] = None,
    epsilon: Annotated[
        float | None,
        typer.Option(help="The share of random moves at first.", rich_help_panel=_ALGORITHM, show_default="1.0"),
    ] = None,
    workers: Annotated[
        int | None,
        typer.Option(
            help="Processes that play at once; cross-entropy and self-play learn the same with any number.",
            rich_help_panel=_ALGORITHM,
            show_default="1",
        ),
    ] = None,
    further: Annotated[
        list[str] | None,
        typer.Option(
            "--set",
            metavar="NAME=VALUE",
            help="Any other parameter of the algorithm; may be repeated, and --parameters shows which there are.",
            rich_help_panel=_ALGORITHM,
            show_default=False,
        ),
    ] = None,
    parameters: Annotated[
        bool,
        typer.Option("--parameters", help="Show what can be set, with limits, and leave.", rich_help_panel=_ALGORITHM),
    ] = False,
    runs: Annotated[Path, typer.Option(help="The folder of the runs; the studio shows the same.")] = Path("runs"),
    name: Annotated[
        str, typer.Option(help="What the run is called.", show_default="made of the environment and a number")
    ] = "",
    resume: Annotated[
        str, typer.Option(metavar="RUN", help="Go on with a run, exactly as if it had never stopped.", show_default=False)
    ] = "",
    evaluate: Annotated[
        int | None,
        typer.Option(
            min=0,
            max=10_000,
            help="Episodes it plays in the end where it was not trained; 0: none.",
            show_default="200 of gridworld, 50 of tetris, 40 of pong and duel",
        ),
    ] = None,
    as_json: options.AsJson = False,
) -> None:
    """Train an agent without a picture, and say in the end how well it plays where it was not trained.

    Its checkpoints, the newest and the best, are kept in ./runs, which rollback studio shows too. Ctrl-C saves and leaves;
    the line that goes on from there is printed. Leaves with 1 if --until was not reached.

    Example: rollback train gridworld --until 0.95
    """
    from rollback.cli.train_run import Ends, resumed, started, trained

    ends = Ends(episodes or 0, steps or 0, until)
    known = {"learning_rate": learning_rate, "discount": discount, "epsilon": epsilon, "workers": workers}
    given = _together({key: value for key, value in known.items() if value is not None}, further or [])
    if parameters:
        _tell_parameters(algo, environment, as_json)
        return
    if resume:
        if environment is not None or algo or name or seed is not None or set(given) - {"workers"}:
            raise UsageError(
                "--resume goes on with what the run was begun with: leave out ENV, --algo, --name, --seed and parameters"
            )
        course = resumed(runs, resume, ends, workers)
    elif environment is None:
        raise UsageError("rollback train needs an environment, as in rollback train gridworld, or a run: --resume RUN")
    else:
        course = started(runs, environment, algo, given, 1 if seed is None else seed, name, ends)
    outcome = trained(course, evaluate)
    _tell(outcome, as_json)
    raise typer.Exit(outcome.caught or (NOT_TRUE if outcome.is_reached is False else FINE))


def _together(given: dict[str, Any], words: list[str]) -> dict[str, Any]:
    """Return the parameters of options of their own and those of `--set`, numbers as numbers."""
    found = dict(given)
    said = {name: f"--{name.replace('_', '-')} {value}" for name, value in found.items()}
    for word in words:
        name, equals, text = word.partition("=")
        if not equals or not name or not text:
            raise UsageError(f"--set takes NAME=VALUE, as in --set population=80, not {word[:60]!r}")
        name = name.replace("-", "_")
        if name in found:
            raise UsageError(f"{said[name]} and --set {word[:60]} say two things of one parameter: leave one of them out")
        found[name], said[name] = _value(text), f"--set {word[:60]}"
    return found


def _value(text: str) -> Any:
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return text


def _tell_parameters(algo: str, environment: str | None, as_json: bool) -> None:
    from rollback.agents.training import schema
    from rollback.cli.train_run import algorithm_for

    chosen = algo or algorithm_for(environment or "gridworld")
    told = [parameter.described() for parameter in schema(chosen)]
    if as_json:
        print(json.dumps({"algorithm": chosen, "parameters": told}))
        return
    print(f"Parameters of {chosen}:")
    for each in told:
        allowed = ", ".join(each["choices"]) or f"{each['least']:g} to {each['greatest']:g}"
        print(f"  {each['name']}={each['default']}  ({allowed})  {each['help']}")


def _tell(outcome: Outcome, as_json: bool) -> None:
    if as_json:
        print(json.dumps(outcome.as_values()), flush=True)
        say(outcome.sentence)
        return
    for line in outcome.lines:
        print(line, flush=True)
