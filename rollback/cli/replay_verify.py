"""`rollback replay verify`: recorded matches played again, a line each. Knows files and what to say; plays nothing itself."""

from __future__ import annotations

import json
import os
import re
import sys
from collections.abc import Generator, Sequence
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from rollback.cli import options
from rollback.cli.exit_codes import FINE, NOT_TRUE, WRONG_USE
from rollback.cli.progress import progress
from rollback.cli.replay_game import refusal
from rollback.cli.spread import Backend, BackendOption, TimeoutOption, WorkersOption, spread

if TYPE_CHECKING:
    from rollback.sim.pool.replay_file import ReplayFile
    from rollback.sim.pool.result import MatchResult

__all__ = ["verify"]

_SMALL: Final = 256 * 1024  # bytes in all: of a built-in game they are played sooner than another process has begun
_RETRIES: Final = 1  # a file that ended its worker twice does it again; once may have been the system's doing
_OWN_ERROR: Final = re.compile(r"rollback\.errors\.\w+: ")


def verify(
    files: Annotated[list[Path], typer.Argument(metavar="FILE...", help="Replay files.")],
    game: Annotated[
        str | None,
        typer.Option(help="The game they are of.", show_default="the one each names, unless that is a file"),
    ] = None,
    workers: WorkersOption = None,
    backend: BackendOption = None,
    timeout: TimeoutOption = None,
    as_json: options.AsJson = False,
) -> None:
    """Play recorded matches again, and see whether they come out the same.

    Prints a line for each, in the order of the files; many are played at the same time. Leaves with 1 if one does not come
    out the same, or is cut off and so cannot come out whole, and with 2 if one cannot be read or played, or its game has to
    be named.

    Example: rollback replay verify match.rbr
    """
    code, told = FINE, []
    with progress("files", len(files)) as bar, closing(_found(files, game, workers, backend, timeout)) as every:
        for file, found in zip(files, every, strict=True):
            word = _word(found)
            if word in ("not checked", "unreadable"):
                code = WRONG_USE
            elif code == FINE and word != "same":
                code = NOT_TRUE
            told.append(found)
            if not as_json:
                is_answer = word not in ("not checked", "unreadable")
                bar.line(f"{file}: {word}: {found['message']}", sys.stdout if is_answer else sys.stderr)
            bar.advance()
    if as_json:
        print(json.dumps(told))
    raise typer.Exit(code)


def _found(
    files: Sequence[Path], game: str | None, workers: int | None, backend: Backend | None, timeout: float | None
) -> Generator[dict[str, Any], None, None]:
    """Yield what came of each file, in their order."""
    from rollback.sim.pool.replay_file import ReplayFile

    is_asked = backend is not None or timeout is not None or workers not in (None, 1)
    where, count = spread(backend, workers, timeout, len(files))
    is_here = not is_asked and (where == "serial" or _is_quick(files, game))
    # On a cluster a worker may have another disk.
    specs = [ReplayFile(path=str(file), game=game or "", travels=where == "ray") for file in files]
    with closing(_here(specs) if is_here else _elsewhere(specs, where, count, timeout)) as results:
        for file, result in zip(files, results, strict=True):
            yield _told(file, result.stats) if result.status == "ok" else _lost(file, result, timeout)


def _here(specs: Sequence[ReplayFile]) -> Generator[MatchResult, None, None]:
    """Play them in this process, which has nothing to begin first."""
    from rollback.sim.pool.job import Job
    from rollback.sim.pool.played import Shared
    from rollback.sim.pool.worker import play_one

    shared = Shared()
    for index, spec in enumerate(specs):
        yield play_one(Job(index, 0, spec), shared)


def _elsewhere(
    specs: Sequence[ReplayFile], where: Backend, workers: int | None, timeout: float | None
) -> Generator[MatchResult, None, None]:
    from rollback.sim.pool.in_order import in_order
    from rollback.sim.pool.simulating import isimulate

    return in_order(isimulate(specs, backend=where, workers=workers, timeout=timeout, retries=_RETRIES))


def _is_quick(files: Sequence[Path], game: str | None) -> bool:
    """Whether other processes would only cost: there is one file, or few small ones whose game cannot end this process."""
    from rollback.envs.names import comes_with_us

    if len(files) == 1:
        return True
    return (game is None or comes_with_us(game)) and sum(map(_size, files)) <= _SMALL


def _size(file: Path) -> int:
    try:
        return os.stat(file).st_size
    except (OSError, ValueError):  # what cannot be read is told soon enough
        return 0


def _told(file: Path, stats: Any) -> dict[str, Any]:
    """Return what is said of a file that was looked at."""
    found = {name: value for name, value in stats.items() if name not in ("trouble", "named")}
    trouble = stats["trouble"]
    if not trouble:
        return {"file": str(file), **found}
    message = found["message"] or refusal(trouble, stats["named"], str(file), "verify")
    return {"file": str(file), "ok": False, "readable": trouble != "unreadable", "message": message}


def _lost(file: Path, result: MatchResult, timeout: float | None) -> dict[str, Any]:
    """Return what is said of a file that could not be looked at to its end."""
    match result.status:
        case "timeout":
            message = f"it was not done after {timeout:g} s, and was ended"
        case "crashed":
            message = f"playing it ended the process, {result.attempts} times"
        case _:
            last = (result.error.strip().splitlines() or ["it could not be played"])[-1]
            message = "".join(each if each.isprintable() else "?" for each in _OWN_ERROR.sub("", last))
    return {"file": str(file), "ok": False, "readable": True, "message": message}


def _word(found: dict[str, Any]) -> str:
    if "complete" not in found:
        return "not checked" if found["readable"] else "unreadable"
    if not found["ok"]:
        return "DIFFERENT"
    return "same" if found["complete"] else "same, as far as it goes"
