"""`rollback stress`: many virtual matches over bad networks. Asks, plays and shows; knows no match from inside."""

from __future__ import annotations

import dataclasses
import json
import sys
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from rollback.cli import options
from rollback.cli.exit_codes import FINE, NOT_TRUE
from rollback.cli.progress import progress
from rollback.cli.spread import BackendOption, JournalOption, RetriesOption, TimeoutOption, WorkersOption, spread
from rollback.config import MAX_DELAY, MAX_WINDOW

if TYPE_CHECKING:
    from rollback.sim.plan import MatchPlan
    from rollback.sim.profiles import Profile
    from rollback.sim.stress import Outcome

__all__ = ["command"]

_LINK = "Link, in place of what the profile has"
_SESSION = "Session"
_MS = {"min": 0, "max": 10_000, "rich_help_panel": _LINK, "show_default": "the profile's"}
_SHARE = {"min": 0, "max": 1, "rich_help_panel": _LINK, "show_default": "the profile's"}


def command(
    game: Annotated[str | None, typer.Option(help=options.GAMES, show_default="pong")] = None,
    players: Annotated[int | None, typer.Option(min=2, max=16, show_default="the game's own")] = None,
    seeds: Annotated[int, typer.Option(min=1, max=1_000_000, help="Matches on each profile.")] = 20,
    profile: Annotated[
        str | None,
        typer.Option(
            help="lan, wifi, mobile, poor, terrible, blackout, drift, all, or a JSON file with a link.",
            show_default="all, or a link made of the flags below",
        ),
    ] = None,
    frames: Annotated[int, typer.Option(min=1, max=10_000_000, help="Of each match, where it is not over sooner.")] = 600,
    seed: Annotated[int, typer.Option(min=0, max=2**62, help="Of the first match; the next ones count up.")] = 0,
    workers: WorkersOption = None,
    backend: BackendOption = None,
    timeout: TimeoutOption = None,
    retries: RetriesOption = 2,
    journal: JournalOption = None,
    fail_fast: Annotated[bool, typer.Option("--fail-fast", help="Leave at the first failure.")] = False,
    shrink: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Make the first failing match as small as it still fails, and write it here."),
    ] = None,
    replay: Annotated[
        str | None,
        typer.Option(
            metavar="FILE|JSON",
            help="Play what --shrink wrote, or a failure's command has; 0 once it passes, 1 while it fails.",
        ),
    ] = None,
    as_json: options.AsJson = False,
    latency_ms: Annotated[float | None, typer.Option(help="One-way.", **_MS)] = None,
    jitter_ms: Annotated[float | None, typer.Option(help="Up to this much more.", **_MS)] = None,
    loss: Annotated[float | None, typer.Option(help="0.05 loses 5 %.", **_SHARE)] = None,
    duplicate: Annotated[float | None, typer.Option(help="Arrive twice.", **_SHARE)] = None,
    reorder: Annotated[float | None, typer.Option(help="Are overtaken.", **_SHARE)] = None,
    bandwidth_kbps: Annotated[float | None, typer.Option(min=1, rich_help_panel=_LINK, show_default="the profile's")] = None,
    input_delay: Annotated[
        int, typer.Option(min=0, max=MAX_DELAY, help="Frames until an action acts.", rich_help_panel=_SESSION)
    ] = 0,
    window: Annotated[
        int, typer.Option(min=0, max=MAX_WINDOW, help="The prediction window; 0 is lockstep.", rich_help_panel=_SESSION)
    ] = 8,
    fps: Annotated[
        int | None, typer.Option(min=1, max=1000, show_default="the game's own, or 60", rich_help_panel=_SESSION)
    ] = None,
) -> None:
    """Play many seeded matches over bad networks, and hold every peer to a plain run of the game.

    Leaves with 1 if any peer's inputs or states differ anywhere, and gives the seed and the command that shows it again;
    also if the matches prove nothing, for nothing was rolled back or lost.

    Example: rollback stress --game my_game.py:MyGame --profile all --seeds 50
    """
    from rollback.errors import UsageError
    from rollback.sim.plan import factory_for

    if replay is not None:
        raise typer.Exit(_replay(replay, game, as_json))
    game = game or "pong"
    made = factory_for(game, players)()
    if made.players < 2:
        raise UsageError(
            f"{game} is a game for one player, and stress plays it over a network, with a peer for each of two players or more:"
            " name such a game, or test this one by rollback check"
        )
    link = {
        "latency_ms": latency_ms, "jitter_ms": jitter_ms, "loss": loss, "duplicate": duplicate, "reorder": reorder,
        "bandwidth_kbps": bandwidth_kbps,
    }  # fmt: skip
    changed = {name: value for name, value in link.items() if value is not None}
    chosen = _profiles(profile, changed)
    flags: dict[str, Any] = {
        "game": game, "players": players, "frames": frames if frames != 600 else None, **changed,
        "input_delay": input_delay or None, "window": window if window != 8 else None, "fps": fps,
        "timeout": timeout,
    }  # fmt: skip
    if profile is None and changed:
        flags["custom"] = True
    elif profile is not None and profile.endswith(".json"):
        flags["file"] = profile
    plans = _plans(
        chosen, range(seed, seed + seeds), game=game, players=made.players, frames=frames,
        fps=fps or int(getattr(made, "fps", 60)), window=window, delays=(input_delay,),
    )  # fmt: skip
    where, count = spread(backend, workers, timeout, len(plans))
    outcomes = _play(
        plans, fail_fast, backend=where, workers=count, timeout=timeout, retries=retries, journal=journal,
    )  # fmt: skip
    raise typer.Exit(_tell(chosen, outcomes, window, flags, shrink, as_json))


def _profiles(name: str | None, changed: dict[str, float]) -> list[Profile]:
    from rollback.cli.profile_file import ENDING, profile_in
    from rollback.sim.link import Link
    from rollback.sim.profiles import Profile, profiles_of

    if name is None and changed:
        return [Profile("custom", "as given", Link(**changed))]  # type: ignore[arg-type]
    found = [profile_in(name)] if name is not None and name.endswith(ENDING) else profiles_of(name or "all")
    return [
        dataclasses.replace(each, link=dataclasses.replace(each.link, **changed))  # type: ignore[arg-type]
        for each in found
    ]


def _plans(profiles: list[Profile], seeds: range, **settings: Any) -> list[MatchPlan]:
    from rollback.sim.stress import plan_for

    return [plan_for(profile, seed=seed, **settings) for profile in profiles for seed in seeds]


def _play(plans: list[MatchPlan], fail_fast: bool, **how: Any) -> list[Outcome]:
    """Play all of it behind a progress bar; with `fail_fast` up to the first failure in the order of the seeds."""
    from rollback.sim.stress_run import play_all

    outcomes = []
    with progress("matches", len(plans)) as bar, closing(play_all(plans, on_progress=bar.on_progress, **how)) as results:
        for outcome in results:
            outcomes.append(outcome)
            if fail_fast and not outcome.passed:
                break
    return outcomes


def _tell(
    profiles: list[Profile],
    outcomes: list[Outcome],
    window: int,
    flags: dict[str, Any],
    shrink: Path | None,
    as_json: bool,
) -> int:
    from rich.console import Console

    from rollback.cli.stress_table import show, values_of
    from rollback.sim.stress import summarize

    by_name = {each.name: [outcome for outcome in outcomes if outcome.plan.profile == each.name] for each in profiles}
    summaries = [summarize(each, by_name[each.name], window=window) for each in profiles if by_name[each.name]]
    failures = [outcome for outcome in outcomes if not outcome.passed]
    values = values_of(summaries, failures, flags)
    if as_json:
        print(json.dumps(values))
    else:
        show(Console(highlight=False, soft_wrap=True), summaries, failures, flags)
    if shrink is not None:
        _shrink(failures, shrink)
    return FINE if values["passed"] else NOT_TRUE


def _shrink(failures: list[Outcome], path: Path) -> None:
    from rollback.sim.plan import factory_for
    from rollback.sim.shrink import shrink

    failed = next((outcome.plan for outcome in failures if outcome.report is not None), None)
    if failed is None:
        print(f"no match failed: nothing is written to {path}", file=sys.stderr)
        return
    make = factory_for(failed.game, failed.players)
    small = shrink(failed, lambda plan: plan.run(make))
    small.plan.save(path)
    print(
        f"{path}: {small.plan.frames} frames, after {small.tried} matches; rollback stress --replay {path}",
        file=sys.stderr,
    )


def _replay(written: str, game: str | None, as_json: bool) -> int:
    """Play one written match; the game that a file names is only looked up, never run from another file."""
    from rollback.sim.plan import factory_for

    plan = _plan(written)
    make = factory_for(game or plan.game, plan.players, is_trusted=game is not None)
    report = plan.run(make, twice=True)
    if as_json:
        print(json.dumps({"passed": report.passed, **report.to_dict()}))
    else:
        for failure in report.failures:
            print(failure)
        rolled = f"{report.frames} frames, {sum(report.rollbacks)} rollbacks, {report.lost} datagrams lost"
        name = f"match of {plan.game}" if written.lstrip().startswith("{") else written
        print(f"{name}: {'all peers agreed' if report.passed else 'failed'}: {rolled}")
    return FINE if report.passed else NOT_TRUE


def _plan(written: str) -> MatchPlan:
    """Return the plan of a file, or of the JSON object itself."""
    from rollback.errors import UsageError
    from rollback.sim.plan import MatchPlan

    if not written.lstrip().startswith("{"):
        return MatchPlan.load(Path(written))
    try:
        values = json.loads(written)
    except (ValueError, RecursionError) as error:
        raise UsageError(f"--replay takes a file, or a JSON object, and this is none: {error}") from None
    return MatchPlan.from_dict(values)
