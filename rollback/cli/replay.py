"""`rollback replay`: what can be done with a recorded match. Knows files and games; knows no network."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from rollback.cli import options
from rollback.cli.exit_codes import WRONG_USE
from rollback.cli.replay_game import game_command, game_for
from rollback.cli.replay_verify import verify
from rollback.errors import GameError, UsageError

if TYPE_CHECKING:
    from rollback.replays import Replay

__all__ = ["app", "verify_command"]

app = typer.Typer()


@app.callback()
def _replay() -> None:
    """Look into recorded matches, and check them.

    Example: rollback replay show match.rbr
    """


app.command("verify")(verify)


@app.command("show")
def show(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A replay, or the bundle of a desync.")],
    game: Annotated[str | None, typer.Option(help="The game it is of.", show_default="the one it names, if built in")] = None,
    start: Annotated[
        int | None, typer.Option("--from", metavar="FRAME", help="Begin here.", show_default="at the start")
    ] = None,
    speed: Annotated[float, typer.Option(help="2 is twice as fast as the match.", min=0.01, max=1000)] = 1.0,
    summary: Annotated[bool, typer.Option("--summary", help="Only tell what is in it.")] = False,
    as_json: options.AsJson = False,
) -> None:
    """Show a recorded match.

    On a terminal it is played: space pauses, arrows and , . step, digits and % or enter go somewhere, q leaves. Elsewhere, with
    --summary, and for the bundle of a desync it is told in lines: which game, who played with which settings and versions, how
    long, and what happened; of a bundle also what differed on both sides, and the inputs around it. Leaves with 2 if the file
    cannot be read to its end.

    Example: rollback replay show match.rbr
    """
    from rollback.cli.replay_show import replay_lines
    from rollback.cli.replay_values import replay_values
    from rollback.replays import Replay

    replay = Replay.open(file)
    values = replay_values(replay)
    is_watched = not (as_json or summary or values["desyncs"]) and _is_terminal()
    if as_json:
        print(json.dumps({"file": str(file), **values}))
    elif not (is_watched and _watched(replay, values, file, game, start, speed)):
        print("\n".join(replay_lines(str(file), values)))
    _leave(replay, file)


@app.command("export")
def export(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A replay.")],
    to: Annotated[Path | None, typer.Option(metavar="FILE", help="What to write: .gif, .png, .jsonl or .npz.")] = None,
    transitions: options.Transitions = None,
    minari: Annotated[
        str | None,
        typer.Option(metavar="NAME", help='A Minari data set for each player, such as pong/test-v0; needs "rollback\\[data]".'),
    ] = None,
    game: Annotated[str | None, typer.Option(help="The game it is of.", show_default="the one it names, if built in")] = None,
    start: Annotated[
        int | None, typer.Option("--from", metavar="FRAME", help="The first frame; of a .png the only one.")
    ] = None,
    until: Annotated[int | None, typer.Option(metavar="FRAME", help="The frame to stop before.")] = None,
    every: Annotated[int | None, typer.Option(metavar="FRAMES", help="Take every so-manieth frame.")] = None,
    size: Annotated[str, typer.Option(metavar="WxH", help="Pixels of a picture.")] = "480x300",
    speed: Annotated[float, typer.Option(help="Of a .gif: 2 is twice as fast as the match.", min=0.01, max=1000)] = 1.0,
    as_json: options.AsJson = False,
) -> None:
    """Write a recorded match in another format.

    A .gif or .png shows it, a .jsonl has a line and a .npz a row for each frame. Pictures need the extra `export`. With
    --transitions or --minari it is played again and told as a data set: what each player saw, did and got. Leaves with 2 if the
    file cannot be read to its end; what could be read is written.

    Example: rollback replay export match.rbr --to match.gif --until 600
    """
    from rollback.cli.replay_export import check_targets, exported, exported_minari, exported_transitions
    from rollback.replays import Replay

    replay = Replay.open(file)
    check_targets(to, transitions, minari, start, until, every)
    if transitions is not None:
        print(exported_transitions(replay, file, transitions, game, as_json=as_json))
    elif minari is not None:
        print(exported_minari(replay, file, minari, game, as_json=as_json))
    elif to is not None:
        print(exported(replay, file, to, game, (start, until, every), size, speed, as_json=as_json))
    _leave(replay, file)


def verify_command(file: str, game: str) -> str:
    """Return what checks a replay; a built-in game needs no name."""
    return game_command("verify", file, game)


def _is_terminal() -> bool:
    """Whether somebody sits there who can watch and press keys."""
    from rollback.cli.output import is_unicode

    streams = sys.stdin, sys.stdout
    return all(stream is not None and stream.isatty() for stream in streams) and is_unicode(sys.stdout)


def _watched(replay: Replay, values: dict[str, Any], file: Path, game: str | None, start: int | None, speed: float) -> bool:
    """Play the replay on this terminal; False, after a sentence, where its game has to be named first."""
    import asyncio

    from rollback.cli.replay_screen import watch
    from rollback.cli.replay_watch import Watching

    try:
        _, played = game_for(replay, str(file), game, "show")
        player = replay.play(speed, played)
    except (UsageError, GameError) as error:
        if game is not None:
            raise
        print(f"rollback: it is told, not played: {error}", file=sys.stderr)
        return False
    player.seek(replay.first if start is None else start)
    asyncio.run(watch(Watching(replay, player, values), sys.stdin.fileno(), sys.stdout))
    return True


def _leave(replay: Replay, file: Path) -> None:
    if not replay.complete:
        print(f"rollback: {file} is not whole: {replay.damage}", file=sys.stderr)
        raise typer.Exit(WRONG_USE)
