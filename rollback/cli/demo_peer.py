"""One peer of the demo, in a process of its own: plays, and tells its parent what it is asked. Shows nothing itself."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import Any, Final

from rollback.cli.demo_sabotage import Spoiler
from rollback.cli.field import picture_of
from rollback.cli.match_settings import MatchSettings
from rollback.cli.output import hush_checker
from rollback.cli.pipes import Parent
from rollback.cli.play_desyncs import Desyncs
from rollback.core.session import P2PSession
from rollback.envs.names import canonical_name, game_factory
from rollback.errors import NetworkError, RollbackError
from rollback.games.bots import act_with, bot_for
from rollback.net.transport import PathChanged
from rollback.netplay import WAIT, PlayResult, join, play
from rollback.netplay.hands.buttons import Buttons
from rollback.netplay.hands.turns import Turns, plays_by_turns
from rollback.netplay.telling.event_texts import sentence_of
from rollback.netplay.telling.stats import stats_values
from rollback.types import Ended, Event, Tick

__all__ = ["main"]

PICTURE: Final = (112, 72)  # pixels that are sent to the parent, of a game that renders some: twice as fine as it shows


class _Peer:
    """The process, from its first line to its result.

    Args:
        parent: The other end of the pipes.
        first: `settings`, `server`, `room`, `name`, `by_hand`, `keys`, `replay`, `transitions`, `bundles` and `sabotage`.
    """

    def __init__(self, parent: Parent, first: dict[str, Any]) -> None:
        self._parent = parent
        self._first = first
        self._settings = MatchSettings.of(first["settings"])
        self._game = game_factory(self._settings.game)()
        self._held: frozenset[str] = frozenset()
        self._question: dict[str, Any] | None = None
        self._desyncs = Desyncs()
        self._has_ended = False
        self._spoiler = None if first["sabotage"] is None else Spoiler(self._game, first["sabotage"])
        self._may_join = asyncio.Event()
        self._stop = asyncio.Event()

    async def run(self) -> None:
        """Join when told so, play, tell the result."""
        loop = asyncio.get_running_loop()

        def heard(message: dict[str, Any]) -> None:  # in another thread
            if "keys" in message:
                self._held = frozenset(message["keys"])
            elif "ask" in message:
                self._question = message["ask"]
            elif "join" in message:
                loop.call_soon_threadsafe(self._may_join.set)
            elif "stop" in message:
                loop.call_soon_threadsafe(self._leave)

        def gone() -> None:  # in that thread too
            loop.call_soon_threadsafe(self._leave)

        self._parent.listen(heard, gone)
        self._parent.tell({"ready": True})
        await self._may_join.wait()
        if self._stop.is_set():
            return
        first, settings = self._first, self._settings
        async with join(
            first["server"], room=first["room"], name=first["name"], players=self._game.players, game=settings.game
        ) as lobby:
            self._parent.tell({"joined": lobby.me.seat})
            result = await play(
                self._game,
                lobby,
                self._player(lobby.me.seat or 0),
                config=settings.config(self._game, lobby.room, player=lobby.me.seat, by_hand=bool(first["by_hand"])),
                frames=settings.frames,
                transport=settings.transport,
                ice_addresses=["127.0.0.1"],
                latency_ms=settings.latency_ms,
                jitter_ms=settings.jitter_ms,
                loss=settings.loss,
                impair_seed=settings.seed or 0,
                replay=first["replay"],
                transitions=first["transitions"],
                another=game_factory(settings.game),
                bundles=first["bundles"],
                game_name=canonical_name(settings.game),
                controller="human" if first["by_hand"] else "bot",
                on_frame=self._frame,
                on_event=self._event,
                stop=self._stop,
            )
            self._parent.tell({"result": self._values(result)})

    def _leave(self) -> None:
        self._stop.set()
        self._may_join.set()

    def _player(self, player: int) -> Callable[[Any, int], Any]:
        if not self._first["by_hand"]:
            return act_with(bot_for(self._game, player, self._settings.seed or 0))
        buttons = Buttons(self._game, player, self._first["keys"])
        if not plays_by_turns(self._game, player, self._settings.prediction_window):
            return lambda game, player: buttons.action(self._held)
        turns = Turns(buttons.names)

        def act(game: Any, player: int) -> Any:
            held = self._held
            return WAIT if turns.waits(game, player, held, now=time.monotonic()) else buttons.action(held)

        return act

    def _frame(self, session: P2PSession, tick: Tick) -> None:
        if self._spoiler is not None:
            self._spoiler.session = session
        question, self._question = self._question, None
        if question is None:
            return
        answer = {"frame": tick.frame, "reason": tick.reason, "stats": stats_values(session.stats())}
        if question["picture"]:
            answer["picture"] = picture_of(self._game, PICTURE)
        self._parent.tell({"answer": answer})

    def _event(self, event: Event | PathChanged) -> None:
        if self._has_ended:
            return  # who goes when is nobody's business any more
        self._has_ended = isinstance(event, Ended)
        self._desyncs.event(event)
        path = event.path if isinstance(event, PathChanged) else None
        self._parent.tell({"event": sentence_of(event), "path": path})

    def _values(self, result: PlayResult) -> dict[str, Any]:
        return {
            "frames": result.frames,
            "checksum": None if result.checksum is None else f"{result.checksum:016x}",
            "stats": stats_values(result.stats),
            "replay": None if result.replay is None else str(result.replay),
            "transitions": None if result.transitions is None else str(result.transitions),
            "problem": result.problem,
            "ended": result.ended.reason,
            "desync": self._desyncs.is_apart,
            "desyncs": self._desyncs.as_values(),
            "resyncs": self._desyncs.resyncs,
            "picture": picture_of(self._game, PICTURE),
        }


async def _run(parent: Parent, first: dict[str, Any]) -> None:
    await _Peer(parent, first).run()


def main() -> None:
    """Play the match that the first line on stdin names."""
    hush_checker()
    parent = Parent()
    first = parent.first()
    try:
        asyncio.run(_run(parent, first))
    except RollbackError as error:
        parent.tell({"error": str(error), "is_network": isinstance(error, NetworkError)})


if __name__ == "__main__":
    main()
