"""`rollback watch`: a match of others, on this terminal."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Annotated

import typer

from rollback.cli import options
from rollback.cli.output import is_unicode
from rollback.config import MAX_BEHIND

__all__ = ["command"]


def command(
    room: Annotated[str, typer.Argument(metavar="ROOM", help="The code of the room.")],
    server: Annotated[str, typer.Option(help="Where the lobby is.")] = options.DEFAULT_SERVER,
    name: Annotated[str, typer.Option(help="What the others see.")] = "",
    game: Annotated[
        str | None, typer.Option(help="Your copy of a game that is not built in.", show_default="the room's")
    ] = None,
    delay: Annotated[
        float, typer.Option(min=0, max=MAX_BEHIND, help="Stay this many seconds behind, so that nobody can be told a secret.")
    ] = 0.0,
    direct: Annotated[
        bool, typer.Option("--direct", help="Connect to one of the players; without it, the lobby shows the match to all.")
    ] = False,
    ice_server: options.IceServer = None,
    ice_address: options.IceAddress = None,
    replay: Annotated[Path | None, typer.Option(help="Where to record what is shown.", show_default="nowhere")] = None,
    no_view: Annotated[bool, typer.Option("--no-view", help="Show no picture, only tell what happens.")] = False,
    as_json: options.AsJson = False,
) -> None:
    """Watch the match of a room, from where it is now, and those that follow it.

    Ctrl-C leaves. Leaves with 3 if the network or the players failed, and with 1 if the states differed from the players'.

    Example: rollback watch K7QW-3MZP --server http://127.0.0.1:8000 --delay 3
    """
    from rollback.cli.interrupts import run_until_interrupted
    from rollback.cli.play import check_ice

    check_ice(ice_server or [], ice_address or [])
    shows = not no_view and sys.stderr.isatty() and is_unicode(sys.stderr)
    from rollback.cli.watch_room import Seat, Seen, watch_room

    seat = Seat(
        server=server,
        room=room,
        name=name,
        game=game,
        delay=delay,
        direct=direct,
        shows=shows,
        replay=replay,
        ice_servers=tuple(ice_server or ()),
        ice_addresses=tuple(ice_address or ()),
    )

    def report(seen: Seen) -> None:
        if as_json:
            print(json.dumps(seen.as_values()), flush=True)
        where = sys.stderr if as_json or seen.code else sys.stdout
        print(seen.sentence, file=where, flush=True)
        if seen.result.replay is not None:
            print(f"The replay is in {seen.result.replay}", file=where, flush=True)

    raise typer.Exit(run_until_interrupted(watch_room(seat, report)))
