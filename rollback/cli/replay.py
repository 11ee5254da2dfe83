"""`rollback replay`: what can be done with a recorded match. Knows files and games; knows no network."""

from __future__ import annotations

import json
import shlex
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from rollback.cli import options
from rollback.cli.exit_codes import FINE, NOT_TRUE, WRONG_USE
from rollback.errors import ReplayError, UsageError

__all__ = ["app", "verify_command"]

app = typer.Typer()


@app.callback()
def _replay() -> None:
    """Look into recorded matches, and check them.

    Example: rollback replay show match.rbr
    """


@app.command("verify")
def verify(
    files: Annotated[list[Path], typer.Argument(metavar="FILE...", help="Replay files.")],
    game: Annotated[
        str | None,
        typer.Option(help="The game they are of.", show_default="the one each names, unless that is a file"),
    ] = None,
    as_json: options.AsJson = False,
) -> None:
    """Play recorded matches again, and see whether they come out the same.

    Prints a line for each. Leaves with 1 if one does not come out the same, or is cut off and so cannot come out whole,
    and with 2 if one cannot be read or its game has to be named.

    Example: rollback replay verify match.rbr
    """
    code, told = FINE, []
    for file in files:
        try:
            found = _verdict(file, game)
        except (ReplayError, UsageError) as error:
            is_readable = isinstance(error, UsageError)  # then it is the game that is missing
            found = {"file": str(file), "ok": False, "readable": is_readable, "message": str(error)}
            word, code = "not checked" if is_readable else "unreadable", WRONG_USE
        else:
            word = _word(found)
            if code == FINE and word != "same":
                code = NOT_TRUE
        told.append(found)
        if not as_json:
            is_answer = word not in ("not checked", "unreadable")
            print(f"{file}: {word}: {found['message']}", file=sys.stdout if is_answer else sys.stderr)
    if as_json:
        print(json.dumps(told))
    raise typer.Exit(code)


@app.command("show")
def show(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A replay, or the bundle of a desync.")],
    as_json: options.AsJson = False,
) -> None:
    """Show what is in a recorded match.

    Which game, who played with which settings and versions, how long, and what happened; of the bundle of a desync also
    what differed on both sides, and the inputs around it. Leaves with 2 if the file cannot be read to its end.

    Example: rollback replay show match.rbr
    """
    from rollback.cli.replay_show import replay_lines
    from rollback.cli.replay_values import replay_values
    from rollback.replays import Replay

    replay = Replay.open(file)
    values = replay_values(replay)
    if as_json:
        print(json.dumps({"file": str(file), **values}))
    else:
        print("\n".join(replay_lines(str(file), values)))
    if not replay.complete:
        print(f"rollback: {file} is not whole: {replay.damage}", file=sys.stderr)
        raise typer.Exit(WRONG_USE)


def verify_command(file: str, game: str) -> str:
    """Return what checks a replay; a built-in game needs no name."""
    from rollback.cli.play_room import is_built_in

    return shlex.join(["rollback", "replay", "verify", file, *(["--game", game] if game and not is_built_in(game) else [])])


def _word(found: dict[str, Any]) -> str:
    if not found["ok"]:
        return "DIFFERENT"
    return "same" if found["complete"] else "same, as far as it goes"


def _verdict(file: Path, name: str | None) -> dict[str, Any]:
    from rollback.envs.names import game_factory
    from rollback.replays import Replay

    replay = Replay.open(file)
    named = name or replay.header.game
    if not named:
        raise UsageError(f"it does not say how its game is named; name it: {verify_command(str(file), 'module:Game')}")
    if name is None and ".py" in named:  # whoever wrote the replay chose that path, and it may be anybody
        command = verify_command(str(file), named if named.isprintable() else "path/file.py:Game")
        raise UsageError(f"its game {named!r} is not run because somebody else names it; if you trust it: {command}")
    verdict = replay.verify(game_factory(named, is_trusted=name is not None)())
    message = verdict.message if replay.complete else f"{verdict.message}; {replay.damage}"
    if verdict.ok and not replay.complete:
        message = f"{verdict.frames} frames; the file is cut off or damaged: {replay.damage}"
    return {
        "file": str(file),
        "ok": verdict.ok,
        "complete": replay.complete,
        "game": named,
        "frames": verdict.frames,
        "checked": verdict.checked,
        "first_bad_frame": verdict.first_bad_frame,
        "differences": [str(difference) for difference in verdict.differences],
        "message": message,
    }
