"""`rollback demo`: two peers on this machine, a real network between them, and the question whether they agree."""

from __future__ import annotations

import asyncio
import contextlib
import json
import sys
import tempfile
import time
from pathlib import Path
from typing import Annotated

import typer

from rollback.cli import options
from rollback.cli.match_settings import MatchSettings
from rollback.cli.output import is_unicode
from rollback.config import MAX_WINDOW
from rollback.errors import UsageError

__all__ = ["command"]


def command(
    game: Annotated[str, typer.Option(help=options.GAMES)] = "pong",
    frames: Annotated[int, typer.Option(min=1, max=10_000_000, help="Where the match ends at the latest.")] = 1800,
    latency_ms: options.LatencyMs = 0.0,
    jitter_ms: options.JitterMs = 0.0,
    loss: options.Loss = 0.0,
    transport: options.TransportOption = "auto",
    keyboard: Annotated[bool, typer.Option("--keyboard", help="Play peer 1 yourself, from this terminal.")] = False,
    input_delay: options.InputDelay = 2,
    prediction_window: Annotated[
        int,
        typer.Option(
            "--prediction-window",
            "--window",
            min=0,
            max=MAX_WINDOW,
            help="Frames to go on without the other's inputs; 0 is lockstep.",
            rich_help_panel="Session",
        ),
    ] = 8,
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
    """Let two peers play on this machine, and see whether they agree.

    Starts a lobby and two processes that are joined by real WebRTC on 127.0.0.1, shows both fields side by side while
    bots (or you) play, and compares both final states. Leaves with 0 if they are the same, with 1 if not, and with 3 if
    a peer or the network failed. Both are the same again after a desync that --on-desync resync has mended.

    Example: rollback demo --latency-ms 60 --jitter-ms 20 --loss 0.05
    """
    from rollback.cli.interrupts import run_until_interrupted
    from rollback.cli.play import check_transitions

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
    _check(settings, keyboard, no_view, sabotage)
    if transitions is not None:
        check_transitions(transitions)
    target = replay or Path(tempfile.gettempdir()) / time.strftime("rollback-demo-%Y%m%d-%H%M%S.rbr")
    raise typer.Exit(run_until_interrupted(_demo(settings, target, transitions, keyboard, as_json, no_view, sabotage)))


def _check(settings: MatchSettings, keyboard: bool, no_view: bool, sabotage: int | None) -> None:
    """Find out what cannot work before any process is started."""
    from rollback.cli.buttons import Buttons
    from rollback.cli.demo_sabotage import check_sabotage
    from rollback.cli.keyboard import require_terminal
    from rollback.envs.names import game_factory

    made = game_factory(settings.game)()
    if made.players != 2:
        raise UsageError(f"the demo has two peers, and {settings.game} is for {made.players} players: name another game")
    settings.config(made, "")
    if settings.loss >= 1:
        raise UsageError("--loss 1 drops every datagram, so that no match can begin: give less, such as 0.2")
    if sabotage is not None:
        check_sabotage(made, sabotage, settings.frames or sabotage)
    if keyboard:
        Buttons(made, 0)
        require_terminal("--keyboard", "leave it out, and a bot plays")
        if no_view or not sys.stderr.isatty():
            raise UsageError("--keyboard needs the picture on a terminal: leave out --no-view, and do not redirect stderr")
        if not is_unicode(sys.stderr):
            raise UsageError(f"--keyboard needs a picture, which {sys.stderr.encoding} cannot hold: set PYTHONIOENCODING=utf-8")


async def _demo(
    settings: MatchSettings,
    replay: Path,
    transitions: Path | None,
    by_hand: bool,
    as_json: bool,
    no_view: bool,
    sabotage: int | None,
) -> int:
    from rollback.cli.demo_look import Lines, Picture
    from rollback.cli.demo_match import DemoMatch
    from rollback.cli.demo_result import DemoResult
    from rollback.netplay.targets import check_target

    check_target(replay)
    with_view = sys.stderr.isatty() and is_unicode(sys.stderr) and not no_view
    match = DemoMatch(settings, replay, transitions=transitions, by_hand=by_hand, wants_pictures=with_view, sabotage=sabotage)
    with contextlib.ExitStack() as stack:
        look: Picture | Lines = Picture(match, stack) if with_view else Lines(match)
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
