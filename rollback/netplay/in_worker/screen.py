"""What a page sees of a running match: its beginning, pictures, numbers and news. Knows a port; knows no room."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, Final, Protocol

from rollback.core.session import P2PSession
from rollback.core.spectator import SpectatorSession
from rollback.net.transport import PathChanged
from rollback.netplay.in_worker.news import Kind, news_of
from rollback.netplay.in_worker.pace import Pace
from rollback.netplay.in_worker.page_hands import PageHands
from rollback.netplay.in_worker.pictures import picture_of, scores_of, text_of
from rollback.netplay.in_worker.waits import Wait, Waits
from rollback.netplay.telling.stats import Rate, stats_values
from rollback.types import Ended, Event, Tick

__all__ = ["Post", "Screen"]

NUMBERS_EVERY: Final = 0.25  # seconds
CHEAP: Final = 0.002  # seconds that a picture may always take; the built-in games take 0.2 ms in a browser
REST: Final = 3  # times what a dear one took, until the next one: a quarter of the time is for pictures
_REASONS: Final = {
    "synchronizing": "waiting for the others",
    "stalled": "waiting for the others",
    "paused": "paused",
    "running": "",
    "ended": "",
}


class Post(Protocol):
    """The way to the page; see `rollback.net.page_port.PagePort.post`."""

    def __call__(self, message: dict[str, Any], data: bytes | None = None) -> None:
        """Post a message, with bytes beside it."""


class Screen:
    """The page's picture of one match.

    Args:
        post: The way to the page.
        game: What the game is called.
        player: Our player; None where we watch.
        hands: Who plays here; None where we watch.
        clock: Seconds, monotonic.

    Attributes:
        is_visible: Whether anybody can see pictures.
        path: How the datagrams travel.
        names: Of the players, once they are known.
        waits: What the match waits for.
    """

    def __init__(
        self,
        post: Post,
        game: str,
        player: int | None,
        hands: PageHands | None = None,
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.is_visible = True
        self.path = ""
        self.names: dict[int, str] = {}
        self.pace = Pace()
        self.waits = Waits()
        self._post = post
        self._game = game
        self._player = player
        self._hands = hands
        self._clock = clock
        self._has_begun = self._has_ended = False
        self._reason = ""
        self._took = self._rest_until = 0.0
        self._shown: tuple[Any, ...] = ()  # what the picture on the page is of
        self._next_numbers = 0.0
        self._rollbacks = Rate()
        self._last_depth = 0

    def act(self, game: Any, player: int) -> Any:
        """Return the action of this frame, whose work begins with it."""
        self.pace.begin(self._clock())
        assert self._hands is not None
        return self._hands.act(game, player)

    def frame(self, session: P2PSession | SpectatorSession, tick: Tick) -> None:
        """Show a frame."""
        now = self._clock()
        if not self._has_begun:
            if tick.reason == "synchronizing":
                return
            self._begin(session)
        self.pace.end(now)
        if tick.resimulated:
            self._last_depth = tick.resimulated
        is_last = tick.reason == "ended" != self._reason
        self._reason = tick.reason
        self._picture(session, tick)
        if now >= self._next_numbers or is_last:
            self._next_numbers = now + NUMBERS_EVERY
            self._post({"tell": "stats", **self._numbers(session, now), **self.pace.as_values()})

    def event(self, event: Event | PathChanged) -> None:
        """Tell what happened; once the match has ended, who goes when is nobody's business any more."""
        if isinstance(event, PathChanged) and event.path != "none":
            self.path = event.path
        if self._has_ended:
            return
        self.waits.take(event, self._clock())
        self._has_ended = isinstance(event, Ended)
        if news := news_of(event, watched=self._hands is None):
            self.tell(*news)

    def tell(self, sentence: str, kind: Kind = "info") -> None:
        """Tell a sentence."""
        self._post({"tell": "news", "sentence": sentence, "kind": kind})

    def _begin(self, session: P2PSession | SpectatorSession) -> None:
        self._has_begun = True
        controllers = session.controllers
        self.names = {player: name for player, name in session.names.items() if name}
        players = [
            {"name": self.names.get(player, ""), "controller": controllers.get(player, "")}
            for player in range(session.game.players)
        ]
        hands = self._hands
        self._post(
            {
                "tell": "begun",
                "game": self._game,
                "player": self._player,
                "players": players,
                "keys": hands.legend if hands is not None else "",
                "buttons": hands.buttons if hands is not None else [],
                "fps": session.config.fps,
            }
        )

    def _picture(self, session: P2PSession | SpectatorSession, tick: Tick) -> None:
        note = self._hands.note(tick.reason) if self._hands is not None else ""
        wait = self._wait()
        now = session.frame, tick.reason, note, wait
        if not self.is_visible or (now == self._shown and not tick.resimulated):
            return
        began = self._clock()
        if began < self._rest_until and now[1:] == self._shown[1:]:
            return  # to draw every frame would take the time that the frames need
        self._shown = now
        picture, data = picture_of(session.game)
        scores = scores_of(session.game)
        told = {"tell": "picture", "frame": session.frame, "reason": tick.reason, "note": note or _REASONS[tick.reason]}
        if wait is not None:
            told["wait"] = {"sentence": wait.sentence, "own": wait.is_own, "lost": wait.is_lost}
        self._post({**told, "text": text_of(scores, self.names, self._player), "scores": scores, **picture}, data)
        done = self._clock()
        took, self._took = min(done - began, self._took), done - began  # a moment of somebody else's is not the game's own
        self._rest_until = done + REST * took if took > CHEAP else done

    def _wait(self) -> Wait | None:
        return self.waits.look() if self._reason in ("paused", "stalled") else None

    def _numbers(self, session: P2PSession | SpectatorSession, now: float) -> dict[str, Any]:
        told: dict[str, Any] = {"frame": session.frame, "confirmed": session.confirmed, "path": self.path}
        if isinstance(session, SpectatorSession):
            return {**told, "behind": round(session.behind / session.config.fps, 2), "progress": round(session.progress, 3)}
        stats = stats_values(session.stats())
        self._rollbacks.add(stats["rollbacks"], now=now)
        kept = ("rtt_ms", "jitter_ms", "loss", "rollbacks", "resimulated", "stalls", "frames_ahead", "quality", "why")
        wait = self._wait()
        if wait is not None and wait.is_lost:  # what was measured of a line says nothing any more
            stats |= {"quality": "poor", "why": wait.sentence}
        return {
            **told,
            **{name: stats[name] for name in kept},
            "rollbacks_per_second": round(self._rollbacks.per_second, 1),
            "depth": {"last": self._last_depth, "max": stats["max_depth"]},
        }
