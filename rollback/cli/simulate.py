"""`rollback simulate`: headless matches between policies. Asks, plays and shows; knows no match from inside."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from rollback.cli import options
from rollback.cli.exit_codes import FINE, INTERRUPTED, NOT_TRUE
from rollback.cli.output import say
from rollback.cli.progress import progress
from rollback.cli.simulate_words import SeveralAgents
from rollback.cli.spread import BackendOption, JournalOption, RetriesOption, TimeoutOption, WorkersOption, spread

if TYPE_CHECKING:
    from rollback.sim.league import League, Table
    from rollback.sim.pool.result import MatchResult

__all__ = ["Command", "command"]

Command = SeveralAgents  # what `--agents a b c` needs

_LINK = "Network"
_FILES = "Files"
_AGAIN = "One match again"
_WHERE = "Processes"
_MS = {"min": 0, "max": 10_000, "rich_help_panel": _LINK, "show_default": "none, or the profile's"}


def command(
    game: Annotated[str, typer.Option(help=options.GAMES)] = "pong",
    agents: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME...",
            help="Who plays: best (or scripted), random, idle, module:Policy, path/file.py:Policy, a checkpoint FILE.npz"
            " or an ONNX model FILE.onnx, several after one another; the same twice is a mirror.",
            show_default="best random",
        ),
    ] = None,
    matches: Annotated[int, typer.Option(min=1, max=10_000_000, help="In all.")] = 300,
    schedule: Annotated[
        Literal["round-robin", "league"],
        typer.Option(
            help="round-robin: everybody meets everybody, in every seat equally often; league: in rounds, neighbours in the"
            " standings meet, for many agents."
        ),
    ] = "round-robin",
    players: Annotated[int | None, typer.Option(min=1, max=16, help="Seats.", show_default="the game's own")] = None,
    frames: Annotated[int, typer.Option(min=1, max=100_000_000, help="Of a match, where it is not over sooner.")] = 3600,
    seed: Annotated[int, typer.Option(min=0, max=2**63 - 1, help="Decides every match.")] = 0,
    profile: Annotated[
        str | None,
        typer.Option(
            help="Play over a bad network: lan, wifi, mobile, poor, terrible, or a JSON file with a link.",
            rich_help_panel=_LINK,
            show_default="without a network",
        ),
    ] = None,
    latency_ms: Annotated[float | None, typer.Option(help="One-way.", **_MS)] = None,
    jitter_ms: Annotated[float | None, typer.Option(help="Up to this much more.", **_MS)] = None,
    loss: Annotated[
        float | None,
        typer.Option(min=0, max=1, help="0.05 loses 5 %.", rich_help_panel=_LINK, show_default="none, or the profile's"),
    ] = None,
    workers: WorkersOption = None,
    backend: BackendOption = None,
    batch: Annotated[
        str,
        typer.Option(
            metavar="auto|N", help="Matches that travel together; auto: about 20 ms of them.", rich_help_panel="Processes"
        ),
    ] = "auto",
    timeout: TimeoutOption = None,
    memory_mb: Annotated[
        int | None,
        typer.Option(
            min=16, max=1 << 24, help="MiB that a worker may take.", show_default="no limit", rich_help_panel="Processes"
        ),
    ] = None,
    retries: RetriesOption = 2,
    verify: Annotated[
        float,
        typer.Option(
            min=0, max=1, help="Share of the matches that is played again in a new process and compared.", metavar="SHARE"
        ),
    ] = 0.0,
    journal: JournalOption = None,
    out: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", help="Write every result: .jsonl, .csv or .parquet.", rich_help_panel=_FILES, show_default=False
        ),
    ] = None,
    plot: Annotated[
        Path | None,
        typer.Option(metavar="FILE.svg", help="Draw the table.", rich_help_panel=_FILES, show_default=False),
    ] = None,
    only: Annotated[
        int | None,
        typer.Option(
            min=0, help="Play only the match of this number, and tell all of it.", rich_help_panel=_AGAIN, show_default=False
        ),
    ] = None,
    match: Annotated[
        str | None,
        typer.Option(
            metavar="JSON",
            help="Play this one match, as a failure's command has it.",
            rich_help_panel=_AGAIN,
            show_default=False,
        ),
    ] = None,
    match_seed: Annotated[
        int | None, typer.Option(min=0, max=2**63 - 1, help="With --match.", rich_help_panel=_AGAIN, show_default="0")
    ] = None,
    as_json: options.AsJson = False,
) -> None:
    """Play many matches between policies, without a picture and in parallel, and tell who is the strongest, and how surely.

    Leaves with 1 if a match failed, with the command that plays it again, or if a verified one came out otherwise.

    Example: rollback simulate --game duel --agents best random --matches 200 --workers 2
    """
    from rollback.cli.simulate_again import again, check_files, told_match
    from rollback.cli.simulate_link import link_of
    from rollback.sim.league import League

    is_single = only is not None or match is not None
    if backend is None and (is_single or memory_mb is not None):
        backend = "process"  # what killed a worker shall not kill this one, and a limit is one of a worker
    where, count = spread(backend, workers, timeout, 1 if is_single else matches)
    how: dict[str, Any] = {
        "backend": where, "workers": count, "batch": _batch(batch), "timeout": timeout, "memory_mb": memory_mb,
        "retries": retries,
    }  # fmt: skip
    if match is not None:
        raise typer.Exit(again(told_match(match, match_seed or 0), as_json, how))
    link = link_of(profile, {"latency_ms": latency_ms, "jitter_ms": jitter_ms, "loss": loss})
    check_files(out, plot)
    league = League(
        game, agents or ["best", "random"],
        matches=matches, schedule=schedule, players=players, frames=frames, link=link, seed=seed,
    )  # fmt: skip
    if only is not None:
        raise typer.Exit(again(league.spec(only), as_json, how, only))
    flags = {
        "game": game, "players": players, "matches": matches if matches != 300 else None,
        "frames": frames if frames != 3600 else None, "seed": seed or None,
        "profile": profile, "latency_ms": latency_ms, "jitter_ms": jitter_ms, "loss": loss, "timeout": timeout,
        "memory_mb": memory_mb,
    }  # fmt: skip
    raise typer.Exit(_run(league, agents or ["best", "random"], flags, how | {"verify": verify}, journal, out, plot, as_json))


def _run(
    league: League,
    agents: list[str],
    flags: dict[str, Any],
    how: dict[str, Any],
    journal: Path | None,
    out: Path | None,
    plot: Path | None,
    as_json: bool,
) -> int:
    """Play the tournament behind a progress bar, and tell what it came to."""
    from rollback.errors import NotReproducible

    results: list[MatchResult] = []
    code = FINE
    try:
        with progress("matches", league.matches) as bar:
            league.play(on_progress=bar.on_progress, on_result=results.append if out else None, journal=journal, **how)
    except NotReproducible as error:
        say(f"rollback: {error}")
        code = NOT_TRUE
    except KeyboardInterrupt:
        say(_interrupted(league, journal))
        return INTERRUPTED
    table = _with_commands(league, agents, flags)
    if out is not None:
        from rollback.sim.pool.reports import write_results

        write_results(sorted(results, key=lambda result: result.index), out)
    if plot is not None:
        from rollback.sim.league import plot as drawn

        plot.write_text(drawn(table), encoding="utf-8")
    _tell(league, table, as_json, passed=code == FINE and not table.failures)
    return NOT_TRUE if table.failures else code


def _tell(league: League, table: Table, as_json: bool, *, passed: bool) -> None:
    if as_json:
        print(json.dumps({"passed": passed, **table.to_dict()}))
        return
    from rich.console import Console

    from rollback.cli.simulate_table import show

    show(Console(highlight=False, soft_wrap=True), table, _notes(league, table))


def _notes(league: League, table: Table) -> list[str]:
    """Return what a reader of the table must know."""
    notes = []
    if table.failures:
        notes.append(f"{len(table.failures)} of {table.matches} matches failed and count for nobody")
    if table.truncated:
        notes.append(
            f"{table.truncated} of {table.matches} matches were cut after {table.frames} frames and count as they stood;"
            " --frames gives them longer"
        )
    cycle = league.cycle
    if cycle is not None and table.matches % cycle:
        notes.append(f"the seats are quite even after every {cycle} matches, and {table.matches} are no multiple of that")
    return notes


def _interrupted(league: League, journal: Path | None) -> str:
    done = f"interrupted: {league.done} of {league.matches} matches are done"
    if journal is not None:
        return f"{done} and written to {journal}; the same command goes on from there"
    return f"{done}; with --journal FILE a run goes on from where it was interrupted"


def _with_commands(league: League, agents: list[str], flags: dict[str, Any]) -> Table:
    """Return the table with the command that plays each failed match again, as short as it can be."""
    from dataclasses import replace

    from rollback.cli.simulate_again import command_for

    table = league.table()
    failures = [replace(failed, command=command_for(league, failed, agents, flags)) for failed in table.failures]
    return replace(table, failures=tuple(failures))


def _batch(text: str) -> int | Literal["auto"]:
    if text == "auto":
        return "auto"
    if not (text.isascii() and text.isdecimal() and 1 <= int(text[:9]) <= 1_000_000):
        raise typer.BadParameter(f"--batch: {text!r} is no whole number from 1 to 1000000, nor auto")
    return int(text)
