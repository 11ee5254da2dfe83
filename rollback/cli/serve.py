"""`rollback serve`: the lobby, and a room to begin with. Plays nothing itself."""

from __future__ import annotations

import asyncio
import gc
import ipaddress
import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from rollback.cli import options
from rollback.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from signaling.agent_shelf import Agent
    from signaling.offers import Offer
    from signaling.study.desk import StudyDesk
    from signaling.web_pages import WebPages

__all__ = ["command"]


def command(
    host: Annotated[str, typer.Option(help="The address to listen on; the default is this machine only.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65_535, help="The port; 0 takes any free one.")] = 8000,
    game: Annotated[str, typer.Option(help=f"The game of the first room: {options.GAMES}")] = "pong",
    players: Annotated[
        int | None, typer.Option(min=2, max=16, help="How many play in it.", show_default="as many as the game has")
    ] = None,
    secret_file: Annotated[
        Path | None,
        typer.Option(
            help="Where the secret is kept with which the lobby knows its rooms again after a restart; made when missing.",
            show_default="lobby-secret in this user's state folder",
        ),
    ] = None,
    spectators: Annotated[bool, typer.Option(help="Let people watch the matches.")] = True,
    embed_origin: Annotated[
        list[str] | None,
        typer.Option(
            metavar="ORIGIN",
            help="A web site that may show the game in a frame, such as https://survey.example.org; may be repeated.",
            show_default="none",
        ),
    ] = None,
    proxy: Annotated[
        list[str] | None,
        typer.Option(
            metavar="ADDRESS",
            help="A reverse proxy in front of this server, such as 127.0.0.1, whose word on the visitors' addresses is taken;"
            " may be repeated. Without it they count as one visitor.",
            show_default="none",
        ),
    ] = None,
    ice_server: options.IceServer = None,
    study: Annotated[
        Path | None,
        typer.Option(
            help="Run a study with people, as this study.toml says; its game takes the place of --game.", show_default="none"
        ),
    ] = None,
    agent: Annotated[
        list[str] | None,
        typer.Option(
            metavar="[NAME=]FILE.npz",
            help="A trained agent that people may play in the browser, such as runs/tetris-1/best.npz; may be repeated.",
            show_default="none",
        ),
    ] = None,
    as_json: options.AsJson = False,
) -> None:
    """Run a lobby, where players find each other, until Ctrl-C.

    Prints its address and the code of a fresh room, in which a match can begin at once; more rooms are opened by those
    who play. When it is started again, also after a crash, its rooms come back with their members. The environment
    variable ROLLBACK_SECRET takes the place of the secret's file.

    Whoever opens the printed address in a browser is in that room too. Browsers get the engine and the source of the
    named game from here, and nothing from elsewhere; if what they need is not installed, the page and this command say
    how to fetch it. An agent that is named plays in the browser of whoever opens the address printed for it, and needs
    neither a room nor a second player.

    Example: rollback serve --port 8000 --game duel
    """
    from rollback.cli.agent_games import race_offers
    from rollback.cli.foreword import require_company
    from rollback.cli.interrupts import run_until_interrupted
    from rollback.cli.served_agents import served_agents
    from rollback.cli.served_games import offers_of
    from rollback.net.ice import IceOptions
    from rollback.sim.plan import factory_for
    from signaling.limits import Limits
    from signaling.pages import checked_origin

    plan = None
    if study is not None:
        from rollback.cli.serve_study import read_study

        plan = read_study(study)
        game = plan.game
    made = factory_for(game, None)()
    if plan is None:
        require_company(made, game)
    seats = players or made.players
    factory_for(game, seats)  # says so where the game is not for so many
    secret = _secret(secret_file)
    limits = Limits() if spectators else Limits(spectators=0)
    embedders = [checked_origin(origin) for origin in embed_origin or ()]
    proxies = [_address(each) for each in proxy or ()]
    ice_servers = IceOptions.checked(ice_server or ()).servers
    agents = served_agents(agent or (), game, made)
    pages = _pages(game, offers_of(game, made, seats) | race_offers(each.game for each in agents), ice_servers)
    _put_on_shelf(pages, agents)
    settings: dict[str, Any] = {"limits": limits, "secret": secret, "embedders": embedders, "proxies": proxies}
    desk = None
    if plan is not None:
        from signaling.study.desk import StudyDesk

        if plan.agent is not None:
            pages.agents.add(plan.agent, is_listed=False)  # or participants could practise against it
        desk = StudyDesk(plan, secret=secret)
    served = _serve(host, port, game, seats, as_json=as_json, pages=pages, desk=desk, **settings)
    raise typer.Exit(run_until_interrupted(served))


def _pages(game: str, offers: Mapping[str, Offer], ice_servers: Sequence[Mapping[str, Any]] = ()) -> WebPages:
    """Return what browsers get; what they lack is told on stderr, and keeps nobody else from playing."""
    from rollback.cli.agent_games import race_offers
    from signaling.web_pages import WebPages

    try:
        pages = WebPages(offers, ice_servers=ice_servers)
    except UsageError as error:
        print(f"Browsers cannot play {game}: {error}", file=sys.stderr)
        pages = WebPages(race_offers(offers), ice_servers=ice_servers)
    if pages.missing:
        print(pages.missing, file=sys.stderr)
    return pages


def _put_on_shelf(pages: WebPages, agents: Sequence[Agent]) -> None:
    for each in agents:
        if each.game not in pages.games:
            raise UsageError(f"nobody can play the agent {each.name}: browsers cannot be given its game {each.game}")
        pages.agents.add(each)


def _secret(path: Path | None) -> bytes | None:
    """Return the lobby's secret, None where none can be kept and none was asked for."""
    from rollback.net.lobby_tokens import state_folder
    from signaling.secret import SECRET_VARIABLE, given_secret, kept_secret

    chosen = os.environ.get(SECRET_VARIABLE)
    if path is None and chosen:
        return given_secret(chosen)
    try:
        return kept_secret(path or state_folder() / "lobby-secret")
    except UsageError as error:
        if path is not None:
            raise
        print(f"Rooms will not survive a restart of this lobby: {error}", file=sys.stderr)
        return None


def _address(text: str) -> str:
    try:
        return str(ipaddress.ip_network(text.strip()))
    except ValueError:
        raise UsageError(f"--proxy takes an address such as 127.0.0.1 or 10.0.0.0/8, not {text[:100]!r}") from None


async def _serve(
    host: str,
    port: int,
    game: str,
    players: int,
    *,
    as_json: bool,
    pages: WebPages,
    desk: StudyDesk | None = None,
    **settings: Any,
) -> int:
    from rollback.cli.agent_games import alone_page
    from rollback.cli.play_room import play_command
    from signaling.serve import running

    routes = pages.routes
    if desk is not None:
        from rollback.cli.serve_study import begin_study
        from signaling.study.routes import study_routes

        routes = [*study_routes(desk), *routes]
    async with running(host, port, pages=routes, **settings) as server:
        gc.freeze()  # what was loaded stays: without it a collection walks through all of it, and the relay waits
        if desk is not None:
            begin_study(desk, server, pages.games, as_json=as_json)
            await asyncio.Event().wait()
        room = server.open_room(players=players, game=game)
        page = f"{server.url}/?room={room}" if game in pages.games else None
        agents = [{**each, "page": alone_page(server.url, each)} for each in pages.agents.told({"headers": ()})]
        if as_json:
            told = {
                "url": server.url,
                "host": host,
                "port": server.port,
                "room": room,
                "game": game,
                "players": players,
                "page": page,
                "agents": agents,
            }
            print(json.dumps(told), flush=True)
        else:
            print(f"The lobby is at {server.url}", flush=True)
            if page is not None:
                print(f"In a browser: {page}", flush=True)
            for each in agents:
                print(f"Against {each['title']}, in a browser: {each['page']}", flush=True)
            print(f"In {players} other terminals: {play_command(room, server.url, game)}", flush=True)
            print("It runs until Ctrl-C.", flush=True)
        await asyncio.Event().wait()
    return 0
