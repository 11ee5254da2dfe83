"""`rollback play`: one peer of a match, played from the terminal, in a window or by a bot."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from rollback.cli import options
from rollback.cli.match_settings import MatchSettings
from rollback.cli.output import is_unicode
from rollback.errors import UsageError

__all__ = ["check_ice", "check_transitions", "command"]

_PLAYER = "Player"
Look = Literal["terminal", "window", "bot"]


def command(
    room: Annotated[
        str | None,
        typer.Argument(metavar="[ROOM]", help="The code of the room; without one, a room is opened and its code shown."),
    ] = None,
    server: Annotated[str, typer.Option(help="Where the lobby is.")] = options.DEFAULT_SERVER,
    name: Annotated[str, typer.Option(help="What the others see.")] = "",
    game: Annotated[
        str | None,
        typer.Option(help=options.GAMES, show_default="the room's, or pong"),
    ] = None,
    terminal: Annotated[
        bool, typer.Option("--terminal", help="Play from this terminal (the default).", rich_help_panel=_PLAYER)
    ] = False,
    window: Annotated[
        bool,
        typer.Option("--window", help='Play in a window: pip install "rollback\\[window]".', rich_help_panel=_PLAYER),
    ] = False,
    resume: Annotated[
        bool,
        typer.Option("--resume", help="Go on as the player whose process died on this machine, in the running match."),
    ] = False,
    invite: Annotated[
        str | None,
        typer.Option(help="An invitation into a room whose match runs already, to take the seat of somebody who left."),
    ] = None,
    bot: Annotated[
        str | None,
        typer.Option(
            help="Let a bot play: best (the game's own), random, a checkpoint FILE.npz or an ONNX model FILE.onnx.",
            rich_help_panel=_PLAYER,
        ),
    ] = None,
    keys: options.Keys = None,
    frames: Annotated[
        int | None,
        typer.Option(min=1, max=10_000_000, help="Where the match ends at the latest; all peers must name the same."),
    ] = None,
    matches: Annotated[int, typer.Option(min=1, max=10_000, help="Play so many matches in the room without asking.")] = 1,
    latency_ms: options.LatencyMs = 0.0,
    jitter_ms: options.JitterMs = 0.0,
    loss: options.Loss = 0.0,
    transport: options.TransportOption = "auto",
    ice_server: options.IceServer = None,
    ice_address: options.IceAddress = None,
    input_delay: options.InputDelay = None,
    prediction_window: options.PredictionWindow = None,
    fps: options.Fps = None,
    on_disconnect: options.OnDisconnectOption = "pause",
    on_desync: options.OnDesyncOption = "stop",
    disconnect_after: options.DisconnectAfter = 5.0,
    seed: options.RoomSeed = None,
    replay: Annotated[
        Path | None,
        typer.Option(help="Where to write the replay.", show_default="rollback-ROOM-TIME.rbr in the temporary folder"),
    ] = None,
    transitions: options.Transitions = None,
    as_json: options.AsJson = False,
) -> None:
    """Play against whoever joins the same room.

    The keys are shown while you play; Ctrl-C leaves, and the other side knows at once. Most terminals do not tell when
    a key is let go: tap to aim, or use --window. Leaves with 3 if the network or the other peer failed, and with 1 if
    the states of both sides differed and were not brought together again.

    Example: rollback play K7QW-3MZP --server http://127.0.0.1:8000
    """
    from rollback.cli.interrupts import run_until_interrupted
    from rollback.netplay.hands.bots import SAVED
    from rollback.netplay.hands.chosen_keys import chosen_keys

    if terminal + window + (bot is not None) > 1:
        raise UsageError("--terminal, --window and --bot exclude each other: give one of them")
    if (resume or invite is not None) and room is None:
        option = "--resume goes back" if resume else "--invite leads"
        raise UsageError(f"{option} into a room: give its code, as in rollback play K7QW-3MZP {option.split()[0]}")
    if resume and invite is not None:
        raise UsageError("--resume goes back to a seat of one's own and --invite to that of somebody else: give one of them")
    settings = MatchSettings(
        game=game or "",
        frames=frames,
        fps=fps,
        input_delay=input_delay,
        prediction_window=prediction_window,
        on_disconnect=on_disconnect,
        stand_in=bot if bot is not None and bot.endswith(SAVED) else "best",
        on_desync=on_desync,
        disconnect_after=disconnect_after,
        seed=seed,
        transport=transport,
        latency_ms=latency_ms,
        jitter_ms=jitter_ms,
        loss=loss,
    )
    check_ice(ice_server or [], ice_address or [])
    if transitions is not None:
        check_transitions(transitions)
    if keys is not None and bot is not None:
        raise UsageError("--keys says what your keys mean, and with --bot a bot plays: give one of them")
    look: Look = "bot" if bot is not None else "window" if window else "terminal"
    _check_look(look, bot)
    raise typer.Exit(
        run_until_interrupted(
            _play(
                settings,
                as_json,
                matches,
                {
                    "server": server,
                    "room": room,
                    "name": name,
                    "game": game,
                    "look": look,
                    "bot": bot or "",
                    "keys": None if keys is None else chosen_keys(keys),
                    "replay": replay,
                    "transitions": transitions,
                    "resume": resume,
                    "invite": invite,
                    "ice_servers": tuple(ice_server or ()),
                    "ice_addresses": tuple(ice_address or ()),
                },
            )
        )
    )


def check_ice(servers: list[str], addresses: list[str]) -> None:
    """Find out what is no server and no address before a room is entered with it."""
    from rollback.net.ice import IceOptions

    for option, given in (("--ice-server", {"ice_servers": servers}), ("--ice-address", {"ice_addresses": addresses or None})):
        try:
            IceOptions.checked(**given)
        except UsageError as error:
            sentence = str(error).replace("ice_addresses must hold IP addresses", "it must be an IP address")
            raise UsageError(f"{option} cannot be used: {sentence}") from None


def check_transitions(target: Path) -> None:
    """Find out where no data set can be written before anybody plays for it."""
    from rollback.envs.data.files import check_ending

    try:
        check_ending(target)
    except UsageError as error:
        raise UsageError(f"--transitions: {error}") from None


def _check_look(look: Look, bot: str | None) -> None:
    """Find out what cannot work before anybody is asked to play with us."""
    if look == "window":
        from rollback.cli.window import require_pygame

        require_pygame()
    elif look == "terminal":
        from rollback.cli.keyboard import require_terminal

        require_terminal("rollback play", "use --window, or let a bot play with --bot best")
        if not sys.stderr.isatty():
            raise UsageError(
                "rollback play shows the match on stderr, which is no terminal: do not redirect it, or use --bot best"
            )
        if not is_unicode(sys.stderr):
            raise UsageError(
                f"the picture cannot be written in {sys.stderr.encoding}: set PYTHONIOENCODING=utf-8, use --window,"
                " or let a bot play with --bot best"
            )
    elif bot is not None:
        from rollback.netplay.hands.bots import check_bot

        check_bot(bot)


async def _play(settings: MatchSettings, as_json: bool, matches: int, seat: dict[str, Any]) -> int:
    from rollback.cli.play_match import Outcome, Seat, play_in_room
    from rollback.cli.replay import verify_command

    def report(outcome: Outcome) -> None:
        if as_json:
            print(json.dumps(outcome.as_values()), flush=True)
        where = sys.stderr if as_json or outcome.code else sys.stdout
        print(f"{outcome.sentence} {outcome.numbers}", file=where)
        if outcome.result.replay is not None:
            print(f"The replay is in {outcome.result.replay}", file=where)
        if outcome.result.transitions is not None:
            print(f"The transitions are in {outcome.result.transitions}", file=where)
        if outcome.result.problem:
            print(f"The data set is not whole: {outcome.result.problem}", file=sys.stderr)
        for bundle in outcome.desyncs.bundles:
            print(f"What is needed to look into the desync is in {bundle}", file=where)
        if outcome.result.replay is not None:
            print(f"To check the replay: {verify_command(str(outcome.result.replay), outcome.game)}", file=where)

    return await play_in_room(Seat(**seat), settings, report, matches)
