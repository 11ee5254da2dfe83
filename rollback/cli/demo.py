"""`rollback demo`: all peers of a match on this machine, a real network between them, and the question whether they agree."""

from __future__ import annotations

import asyncio
import contextlib
import json
import sys
import tempfile
import time
from collections.abc import Mapping
from dataclasses import replace as changed
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from rollback.cli import options
from rollback.cli.match_settings import MatchSettings
from rollback.cli.output import is_unicode
from rollback.config import MAX_WINDOW
from rollback.errors import UsageError

if TYPE_CHECKING:
    from rollback.game import Game

__all__ = ["command"]

MOST_PEERS: Final = 8  # each is a process, and each has a connection to each other one


def command(
    game: Annotated[str, typer.Option(help=options.GAMES)] = "pong",
    frames: Annotated[
        int | None,
        typer.Option(min=1, max=10_000_000, help="Where the match ends at the latest.", show_default="half a minute's"),
    ] = None,
    latency_ms: options.LatencyMs = 0.0,
    jitter_ms: options.JitterMs = 0.0,
    loss: options.Loss = 0.0,
    transport: options.TransportOption = "auto",
    keyboard: Annotated[bool, typer.Option("--keyboard", help="Play peer 1 yourself, from this terminal.")] = False,
    keys: options.Keys = None,
    input_delay: options.InputDelay = None,
    prediction_window: Annotated[
        int | None,
        typer.Option(
            "--prediction-window",
            "--window",
            min=0,
            max=MAX_WINDOW,
            help=options.WINDOW_HELP,
            show_default=options.WINDOW_DEFAULT,
            rich_help_panel="Session",
        ),
    ] = None,
    fps: options.Fps = None,
    on_disconnect: options.OnDisconnectOption = "end",
    on_desync: options.OnDesyncOption = "stop",
    disconnect_after: options.DisconnectAfter = 5.0,
    seed: options.Seed = 0,
    replay: Annotated[
        Path | None,
        typer.Option(help="Where to write the replay.", show_default="rollback-demo-TIME.rbr in the temporary folder"),
    ] = None,
    transitions: options.Transitions = None,
    sabotage: Annotated[
        int | None,
        typer.Option(
            min=1,
            metavar="FRAME",
            help="Spoil peer 2's state at this frame, to see how a desync is found and told.",
            show_default=False,
        ),
    ] = None,
    as_json: options.AsJson = False,
    no_view: Annotated[bool, typer.Option("--no-view", help="Show no pictures, only a few lines of progress.")] = False,
) -> None:
    """Let the peers of a match play on this machine, and see whether they agree.

    Starts a lobby and a process for each player, joined by real WebRTC on 127.0.0.1, shows their fields side by side
    while bots (or you) play, and compares all final states. Leaves with 0 if they are the same, with 1 if not, and with 3
    if a peer or the network failed. They are the same again after a desync that --on-desync resync has mended.

    Example: rollback demo --latency-ms 60 --jitter-ms 20 --loss 0.05
    """
    from rollback.cli.foreword import foreword, frames_worth
    from rollback.cli.interrupts import run_until_interrupted
    from rollback.cli.play import check_transitions
    from rollback.netplay.hands.chosen_keys import chosen_keys

    settings = MatchSettings(
        game=game,
        frames=frames,
        fps=fps,
        input_delay=input_delay,
        prediction_window=prediction_window,
        on_disconnect=on_disconnect,
        on_desync=on_desync,
        disconnect_after=disconnect_after,
        seed=seed,
        transport=transport,
        latency_ms=latency_ms,
        jitter_ms=jitter_ms,
        loss=loss,
    )
    chosen = None if keys is None else chosen_keys(keys)
    made = _check(settings, keyboard, chosen, no_view, sabotage)
    settings = changed(settings, frames=frames or frames_worth(made))
    if transitions is not None:
        check_transitions(transitions)
    target = replay or Path(tempfile.gettempdir()) / time.strftime("rollback-demo-%Y%m%d-%H%M%S.rbr")
    for sentence in foreword(made, prediction_window):
        print(f"{sentence[:1].upper()}{sentence[1:]}", file=sys.stderr)
    task = _demo(
        made, settings, target, as_json, no_view, transitions=transitions, keyboard=keyboard, keys=chosen, sabotage=sabotage
    )
    raise typer.Exit(run_until_interrupted(task))


def _check(
    settings: MatchSettings, keyboard: bool, keys: Mapping[str, Any] | None, no_view: bool, sabotage: int | None
) -> Game:
    """Find out what cannot work before any process is started."""
    from rollback.cli.demo_sabotage import check_sabotage
    from rollback.cli.foreword import made_to_play, require_company
    from rollback.cli.keyboard import require_terminal
    from rollback.netplay.hands.buttons import Buttons
    from rollback.netplay.hands.chosen_keys import refuse_keys

    made = made_to_play(settings.game)
    require_company(made, settings.game)
    if made.players > MOST_PEERS:
        raise UsageError(
            f"the demo has at most {MOST_PEERS} peers, and {settings.game} is for {made.players} players: use rollback stress"
        )
    settings.config(made, "")
    if settings.loss >= 1:
        raise UsageError("--loss 1 drops every datagram, so that no match can begin: give less, such as 0.2")
    if sabotage is not None:
        check_sabotage(made, sabotage, settings.frames or sabotage)
    if keys is not None:
        refuse_keys(made, settings.game)
        Buttons(made, 0, keys)  # first what is wrong with them
        if not keyboard:
            raise UsageError("--keys says what your keys mean, and bots play: give --keyboard too, or leave --keys out")
    if keyboard:
        Buttons(made, 0, keys)
        require_terminal("--keyboard", "leave it out, and a bot plays")
        if no_view or not sys.stderr.isatty():
            raise UsageError("--keyboard needs the picture on a terminal: leave out --no-view, and do not redirect stderr")
        if not is_unicode(sys.stderr):
            raise UsageError(f"--keyboard needs a picture, which {sys.stderr.encoding} cannot hold: set PYTHONIOENCODING=utf-8")
    return made


async def _demo(
    made: Game,
    settings: MatchSettings,
    replay: Path,
    as_json: bool,
    no_view: bool,
    *,
    transitions: Path | None,
    keyboard: bool,
    keys: Mapping[str, Any] | None,
    sabotage: int | None,
) -> int:
    from rollback.cli.demo_look import Lines, Picture
    from rollback.cli.demo_match import DemoMatch
    from rollback.cli.demo_result import DemoResult
    from rollback.netplay.targets import check_target

    check_target(replay)
    with_view = sys.stderr.isatty() and is_unicode(sys.stderr) and not no_view
    match = DemoMatch(
        settings,
        replay,
        players=made.players,
        watchers=getattr(made, "watchers", ()),
        transitions=transitions,
        by_hand=keyboard,
        keys=keys,
        wants_pictures=with_view,
        sabotage=sabotage,
    )
    with contextlib.ExitStack() as stack:
        look: Picture | Lines = Picture(match, stack, made) if with_view else Lines(match)
        try:
            await match.run(look)
        except asyncio.CancelledError:
            look.finish()
            stack.close()  # first the terminal, then the words
            frame = min(peer.frame for peer in match.peers)
            where = f" at frame {frame}; the replay is in {replay}" if frame else " before the match began"
            print(f"The demo was stopped{where}", file=sys.stderr)
            raise
        finally:
            look.finish()
    result = DemoResult.of(match.peers, settings)
    if as_json:
        print(json.dumps(result.as_values()))
    print(result.sentence, file=sys.stderr if as_json else sys.stdout)
    if result.replay and not as_json:
        print(f"The replay is in {result.replay}")
    for problem in result.problems:
        print(f"A data set is not whole: {problem}", file=sys.stderr)
    if not as_json:
        for file in result.transitions:
            print(f"The transitions are in {file}")
        for bundle in result.bundles:
            print(f"What is needed to look into the desync is in {bundle}: rollback replay show {bundle}")
    return result.code
