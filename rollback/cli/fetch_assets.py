"""`rollback fetch-assets`: what the browser client needs of others, fetched into this user's cache. Serves nothing."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from rollback.cli import options, output
from rollback.cli.exit_codes import FINE, NOT_REACHED
from rollback.errors import NetworkError, UsageError

if TYPE_CHECKING:
    from signaling.asset_packages import Lock

__all__ = ["command"]


def command(
    packages: Annotated[
        str,
        typer.Option(metavar="NAME,...", help="Python packages for the browser too, such as numpy, with what they need."),
    ] = "",
    from_: Annotated[
        str | None,
        typer.Option(
            "--from",
            metavar="URL|FOLDER",
            help="Where those packages' wheels are.",
            show_default="where Pyodide itself looks for them",
        ),
    ] = None,
    as_json: options.AsJson = False,
) -> None:
    """Fetch what the pages need of others, where it did not come with the installation.

    Pyodide, the client of Socket.IO, the writer of QR codes and the drawer of charts come by npm, in one version each, and
    are kept only if they have the right hash; they lie in this user's cache folder, where `rollback serve` and
    `rollback studio` find them. A game that needs NumPy, such as an environment of Gymnasium, needs it in the browser
    too: --packages numpy.

    Example: rollback fetch-assets --packages numpy
    """
    from signaling.asset_npm import fetch_assets
    from signaling.assets import asset_folders, cache_folder, find_assets

    into = cache_folder() / "assets"
    done = fetch_assets(into, folders=asset_folders(), tell=lambda name: output.say(f"fetching {name} ..."))
    had, fetched, trouble = list(done.had), list(done.fetched), list(done.trouble)
    if trouble:
        trouble.append(f"npm is what fetches them; or copy {into} from a machine that has it")
    names = [name.strip() for name in packages.split(",") if name.strip()]
    if names:
        for told, more in zip((had, fetched, trouble), _wheels(names, from_), strict=True):
            told += more
    missing = find_assets().missing
    if as_json:
        told_json = {"folder": str(cache_folder()), "had": had, "fetched": fetched, "trouble": trouble, "complete": not trouble}
        print(json.dumps(told_json), flush=True)
    else:
        for name in fetched:
            print(f"{name} is in {cache_folder()}", flush=True)
        if not trouble and not missing:
            print(f"Nothing lacks: {', '.join([*had, *fetched])}", flush=True)
        for sentence in trouble:
            output.say(f"rollback: {sentence}")
    raise typer.Exit(NOT_REACHED if trouble or missing else FINE)


def _wheels(names: list[str], origin: str | None) -> tuple[list[str], list[str], list[str]]:
    from signaling.asset_packages import closure, packages_folder, read_lock
    from signaling.asset_sources import FromAddress, fetch_wheels, source_of
    from signaling.assets import find_assets

    source = source_of(origin) if origin is not None else None
    lock: Lock | None = read_lock(find_assets())
    if lock is None:
        raise NetworkError("the packages are named by Pyodide's lock file, and Pyodide could not be fetched")
    wheels = closure(lock, names)
    folder: Path = packages_folder()
    try:
        return fetch_wheels(
            wheels, folder, [source or FromAddress(lock.origin)], tell=lambda name: output.say(f"fetching {name} ...")
        )
    except OSError as error:
        raise UsageError(f"{folder} cannot be written: {error.strerror or error}") from None
