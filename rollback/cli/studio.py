"""`rollback studio`: the studio with a lobby beside it, until Ctrl-C. Asks and tells; trains and plays nothing itself."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import json
import os
import sys
import webbrowser
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from rollback.cli import options

if TYPE_CHECKING:
    from collections.abc import Mapping

    from signaling.web_pages import WebPages

__all__ = ["command"]


def command(
    host: Annotated[
        str, typer.Option(help="The address to listen on; another one than of this machine needs a --token.")
    ] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65_535, help="The port; 0 takes any free one.")] = 8100,
    lobby_port: Annotated[
        int,
        typer.Option(
            min=0, max=65_535, help="The port of the lobby beside it, for playing against agents.", show_default="any free one"
        ),
    ] = 0,
    token: Annotated[
        str,
        typer.Option(
            envvar="ROLLBACK_STUDIO_TOKEN",
            help="What pages must bring along, at least 16 characters; it is part of the printed address.",
            show_default="none",
        ),
    ] = "",
    runs: Annotated[Path, typer.Option(help="The folder of the runs.")] = Path("runs"),
    origin: Annotated[
        list[str] | None,
        typer.Option(
            metavar="ORIGIN",
            help="A web origin besides the own one whose pages may connect, such as https://lab.example.org; may be repeated.",
            show_default="none",
        ),
    ] = None,
    is_opened: Annotated[
        bool, typer.Option("--open/--no-open", help="Open the page in a browser, where there is a screen.")
    ] = True,
    ice_server: options.IceServer = None,
    as_json: options.AsJson = False,
) -> None:
    """Train agents and watch them learn in a browser, until Ctrl-C, which stops all trainings as the page does.

    Prints the address of the page. What is trained is kept in ./runs, also what rollback train makes, and goes on from there.
    "Play it here" lets a browser play an agent alone; "Play against it" opens a room in the lobby beside the studio, in which
    the agent waits.

    Example: rollback studio --port 8100
    """
    from rollback.cli.interrupts import run_until_interrupted
    from rollback.net.ice import IceOptions
    from rollback.studio.serving import check_host

    check_host(host, has_token=bool(token))
    _check_folder(runs)
    ice_servers = IceOptions.checked(ice_server or ()).servers
    settings: dict[str, Any] = {"token": token, "origins": origin or (), "runs": runs}
    served = _serve(host, port, lobby_port, settings, ice_servers, as_json=as_json, is_opened=is_opened and not as_json)
    raise typer.Exit(run_until_interrupted(served))


def _check_folder(runs: Path) -> None:
    """Hold that runs can be kept in a folder, which is made where it is not there yet.

    Raises:
        UsageError: They cannot.
    """
    import tempfile

    from rollback.errors import UsageError

    doing = "made"
    try:
        runs.mkdir(parents=True, exist_ok=True)
        doing = "written"
        with tempfile.TemporaryFile(dir=runs, prefix=".tried-"):
            pass
    except OSError as error:
        sentence = f"the folder {runs} cannot be {doing} ({error.strerror or error}): give --runs another one"
        raise UsageError(sentence) from None


async def _serve(
    host: str,
    port: int,
    lobby_port: int,
    settings: dict[str, Any],
    ice_servers: Any,
    *,
    as_json: bool,
    is_opened: bool,
) -> int:
    from rollback.cli.studio_here import AgentsHere
    from rollback.cli.studio_opponents import Opponents
    from rollback.studio.assets import asset_routes
    from rollback.studio.server import StudioApp
    from rollback.studio.serving import running
    from signaling.serve import running as lobby_running

    pages = await asyncio.to_thread(_pages, ice_servers)
    async with contextlib.AsyncExitStack() as stack:
        lobby = await stack.enter_async_context(lobby_running(host, lobby_port, pages=pages.routes))
        opponents = Opponents(lobby)
        stack.push_async_callback(opponents.close)
        here = AgentsHere(pages.agents, pages.games, lobby.port)
        routes = [opponents.route(), here.route(), *asset_routes(_charts)]
        app = StudioApp(play=opponents.open, here=here, pages=routes, **settings)
        server = await stack.enter_async_context(running(app, host, port))
        gc.freeze()  # what was loaded stays: without it a collection walks through all of it, and pages wait
        page = f"{server.url}/#token={settings['token']}" if settings["token"] else f"{server.url}/"
        if as_json:
            told = {"url": server.url, "host": host, "port": server.port, "page": page, "lobby": lobby.url}
            print(json.dumps({**told, "runs": str(settings["runs"])}), flush=True)
        else:
            print(f"The studio is at {page}", flush=True)
            print(f"Runs are kept in {settings['runs']}; it runs until Ctrl-C.", flush=True)
        if is_opened and _has_screen():
            await asyncio.to_thread(webbrowser.open, page)
        await asyncio.Event().wait()
    return 0


def _pages(ice_servers: Any) -> WebPages:
    """Return what browsers get to play; what they lack is told on stderr, and keeps nobody from training."""
    from rollback.cli.agent_games import race_offers
    from rollback.cli.studio_here import shelf_for_studio
    from signaling.web_pages import WebPages

    pages = WebPages(race_offers(), ice_servers=ice_servers, agents=shelf_for_studio())
    if pages.missing:
        print(f"To play against agents in the browser: {pages.missing}", file=sys.stderr)
    return pages


def _charts() -> Mapping[str, Path]:
    """Return the files that draw curves, by their own names."""
    from signaling.assets import CHARTS, find_assets

    return {Path(place).name: path for place, path in find_assets(wanted=[CHARTS]).files.items()}


def _has_screen() -> bool:
    """Whether a browser would be a window, and not take this terminal."""
    is_there = sys.platform in ("win32", "darwin") or bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))
    return is_there and sys.stdout is not None and sys.stdout.isatty()
