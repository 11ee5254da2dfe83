"""The options that several commands share: one name, one meaning, one help text. Knows no command."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Final

import typer

from rollback.cli.match_settings import OnDesync, OnDisconnect, Transport
from rollback.config import MAX_DELAY, MAX_WINDOW

__all__ = [
    "DEFAULT_SERVER",
    "GAMES",
    "WINDOW_DEFAULT",
    "WINDOW_HELP",
    "AsJson",
    "DisconnectAfter",
    "Fps",
    "IceAddress",
    "IceServer",
    "InputDelay",
    "JitterMs",
    "Keys",
    "LatencyMs",
    "Loss",
    "OnDesyncOption",
    "OnDisconnectOption",
    "PredictionWindow",
    "RoomSeed",
    "Seed",
    "Transitions",
    "TransportOption",
    "delay_of",
]

DEFAULT_SERVER: Final = "http://127.0.0.1:8000"  # where `rollback serve` listens

GAMES: Final = "pong, duel, gridworld, tetris, gym:Id-v0, pettingzoo:module, module:Game or path/file.py:Game."

_NETWORK = "Network"
_SESSION = "Session"

AsJson = Annotated[bool, typer.Option("--json", help="Print the result as JSON on stdout.")]

LatencyMs = Annotated[
    float,
    typer.Option(min=0, max=10_000, help="Hold every datagram back this long before it leaves.", rich_help_panel=_NETWORK),
]
JitterMs = Annotated[
    float,
    typer.Option(min=0, max=10_000, help="Hold each back by up to this much longer.", rich_help_panel=_NETWORK),
]
Loss = Annotated[
    float,
    typer.Option(min=0, max=1, help="Drop this share of the datagrams: 0.05 is 5 %.", rich_help_panel=_NETWORK),
]
TransportOption = Annotated[
    Transport,
    typer.Option(
        "--transport",
        help="webrtc: directly or not at all; relay: through the lobby; auto: directly, else through the lobby.",
        rich_help_panel=_NETWORK,
    ),
]


def delay_of(given: str | int) -> int | str:
    """Return the input delay that an option says; its default is a number already.

    Raises:
        typer.BadParameter: It says none.
    """
    text = str(given)
    if text == "auto":
        return text
    if not (text.isascii() and text.isdecimal() and int(text[:9]) <= MAX_DELAY):
        raise typer.BadParameter(f"{text!r} is no whole number from 0 to {MAX_DELAY}, nor auto")
    return int(text)


InputDelay = Annotated[
    Any,  # a number of frames, or "auto"; the program that reads options knows no types that are one or the other
    typer.Option(
        "--input-delay",
        parser=delay_of,
        metavar=f"0..{MAX_DELAY}|auto",
        show_default="2; 0 where you play turn by turn",
        help="Frames between an action and its effect; auto follows the line, so that few frames are played again.",
        rich_help_panel=_SESSION,
    ),
]
WINDOW_HELP: Final = "Frames to go on without the others' inputs; 0 is lockstep."
WINDOW_DEFAULT: Final = "8, or 0 where no action does nothing"
PredictionWindow = Annotated[
    int | None,
    typer.Option(
        "--prediction-window",
        min=0,
        max=MAX_WINDOW,
        help=WINDOW_HELP,
        show_default=WINDOW_DEFAULT,
        rich_help_panel=_SESSION,
    ),
]
Keys = Annotated[
    str | None,
    typer.Option(
        "--keys",
        metavar="KEY=ACTION,...",
        help='Which key is which action of an environment: "left=0,right=1,space+left=3"; actions as in JSON, such as [0,1].',
        show_default="the environment's own, or usual ones",
    ),
]
Fps = Annotated[
    int | None,
    typer.Option(min=1, max=1000, help="Frames a second.", show_default="the game's own, or 60", rich_help_panel=_SESSION),
]
OnDisconnectOption = Annotated[
    OnDisconnect,
    typer.Option(
        "--on-disconnect",
        help="When a peer is lost: wait for it, play on with its player idle, end, or let a bot play for it until it is back"
        " (takeover); all peers must name the same.",
        rich_help_panel=_SESSION,
    ),
]
OnDesyncOption = Annotated[
    OnDesync,
    typer.Option(
        "--on-desync",
        help="When the states of two peers differ: stop the match, resync to the state of the lowest player's peer and"
        " play on, or only report it.",
        rich_help_panel=_SESSION,
    ),
]
DisconnectAfter = Annotated[
    float,
    typer.Option(min=0.1, max=86_400, help="Seconds of silence after which a peer counts as lost.", rich_help_panel=_SESSION),
]
IceServer = Annotated[
    list[str] | None,
    typer.Option(
        "--ice-server",
        help="A STUN or TURN server that helps through a router, such as stun:stun.example.org; may be repeated.",
        rich_help_panel=_NETWORK,
    ),
]
IceAddress = Annotated[
    list[str] | None,
    typer.Option(
        "--ice-address",
        help="Offer only this address of this machine; may be repeated.",
        show_default="all but loopback",
        rich_help_panel=_NETWORK,
    ),
]
RoomSeed = Annotated[
    int | None,
    typer.Option(
        "--seed",
        min=0,
        max=2**63 - 1,
        help="Of the game; all peers must name the same.",
        show_default="made of the room's code",
        rich_help_panel=_SESSION,
    ),
]
Seed = Annotated[int, typer.Option(min=0, max=2**63 - 1, help="Of the game, and of the bots.", rich_help_panel=_SESSION)]
Transitions = Annotated[
    Path | None,
    typer.Option(
        "--transitions",
        metavar="FILE",
        help="Write what really happened, frame by frame, as a data set: .npz, .jsonl or .parquet.",
        show_default=False,
    ),
]
