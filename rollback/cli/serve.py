"""`rollback serve`: the lobby, and a room to begin with. Plays nothing itself."""

from __future__ import annotations

import asyncio
import json
from typing import Annotated

import typer

from rollback.cli import options

__all__ = ["command"]


def command(
    host: Annotated[str, typer.Option(help="The address to listen on; the default is this machine only.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65_535, help="The port; 0 takes any free one.")] = 8000,
    game: Annotated[str, typer.Option(help="The game of the first room: pong, duel, module:Game or file.py:Game.")] = "pong",
    players: Annotated[
        int | None, typer.Option(min=2, max=16, help="How many play in it.", show_default="as many as the game has")
    ] = None,
    as_json: options.AsJson = False,
) -> None:
    """Run a lobby, where players find each other, until Ctrl-C.

    Prints its address and the code of a fresh room, in which a match can begin at once; more rooms are opened by those
    who play.

    Example: rollback serve --port 8000 --game duel
    """
    from rollback.cli.interrupts import run_until_interrupted
    from rollback.sim.plan import factory_for

    seats = players or factory_for(game, None)().players
    factory_for(game, seats)  # says so where the game is not for so many
    raise typer.Exit(run_until_interrupted(_serve(host, port, game, seats, as_json)))


async def _serve(host: str, port: int, game: str, players: int, as_json: bool) -> int:
    from rollback.cli.play_room import play_command
    from signaling.serve import running

    async with running(host, port) as server:
        room = server.open_room(players=players, game=game)
        if as_json:
            told = {
                "url": server.url,
                "host": host,
                "port": server.port,
                "room": room,
                "game": game,
                "players": players,
            }
            print(json.dumps(told), flush=True)
        else:
            print(f"The lobby is at {server.url}", flush=True)
            print(f"In {players} other terminals: {play_command(room, server.url, game)}", flush=True)
            print("It runs until Ctrl-C.", flush=True)
        await asyncio.Event().wait()
    return 0
