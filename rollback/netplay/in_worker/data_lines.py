"""What really happened in a match, as lines of JSON in pieces for the page, which uploads them. Knows rows; knows no upload.

Each process that takes part writes a line `start`, a line `frame` for each settled frame, a line `pause` for each pause once
it is over, a line `wait` for each time that the match stood for others' sake, and a line `end` where it came so far.
Observations are left out: who has the actions and the seed can have them from the game again.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from rollback.config import SessionConfig
from rollback.envs.data.columns import plain_json
from rollback.envs.data.rows import Transition
from rollback.game import Game, codecs_of
from rollback.netplay.hands.bots import HandedAgent
from rollback.netplay.in_worker.standing import Stood
from rollback.netplay.in_worker.waits import OWN
from rollback.types import Ended, Paused, Resumed

__all__ = ["DataLines"]

EVERY: Final = 120  # frames in a piece: two seconds of most games
LARGEST: Final = 64 * 1024  # bytes after which a piece is closed earlier; the server takes four times as much


class DataLines:
    """Takes rows, see `rollback.netplay.play`, and posts them as `{tell: "data"}` with the bytes beside it.

    Args:
        post: Posts a message, and bytes, to the page.
        game: The game that is played, for its codecs.
        config: The settings of the session.
        name: How commands name the game.
        local: The players of this page.
        players_of: Which player is who else, by name.
        bot: Which bot plays here, where one does.
    """

    def __init__(
        self,
        post: Callable[[dict[str, Any], bytes | None], object],
        game: Game,
        config: SessionConfig,
        *,
        name: str,
        local: Sequence[int],
        players_of: Mapping[str, int | None] | None = None,
        bot: str | HandedAgent | None = None,
    ) -> None:
        self._post = post
        self._codecs = codecs_of(game)
        self._local = list(local)
        self._lines: list[bytes] = []
        self._size = 0
        self._frames = 0
        self._next = 0
        self._closed = False
        self._players_of = {**(players_of or {}), OWN: self._local[0]}
        self._paused: dict[str, tuple[int, float]] = {}  # by name: in which frame, and when
        self._start = {
            "record": "start",
            "game": name,
            "players": len(self._codecs),
            "local": self._local,
            "seed": config.seed,
            "fps": config.fps,
            "input_delay": config.input_delay,
            "prediction_window": config.prediction_window,
            "game_id": config.game_id,
            "game_version": config.game_version,
            **({"agent": bot.sha256} if isinstance(bot, HandedAgent) else {}),
        }

    def add(self, row: Transition) -> None:
        """Take a frame."""
        if not self._frames:
            self._write(self._start)
        self._write(
            {
                "record": "frame",
                "frame": row.frame,
                "episode": row.episode,
                "is_reset": row.is_reset,
                "action": plain_json(row.actions),
                "input": [codec.encode(action).hex() for codec, action in zip(self._codecs, row.actions, strict=True)],
                "reward": plain_json(row.rewards),
                "terminated": row.terminated,
                "truncated": row.truncated,
                "controller": row.controllers,
                **row.timing.columns(len(row.rewards)),
            }
        )
        self._frames += 1
        self._next = row.frame + 1
        if self._frames % EVERY == 0 or self._size >= LARGEST:
            self._hand_over()

    def happened(self, event: Any, frame: int, now: float) -> None:
        """Take what happened while the match stood at S_frame; pauses are written once they are over, or with the end."""
        match event:
            case Paused(peer):
                self._paused.setdefault(peer, (frame, now))
            case Resumed(peer) if peer in self._paused:
                self._write_pause(peer, now)
            case Ended():
                for peer in list(self._paused):
                    self._write_pause(peer, now)

    def stood(self, stood: Stood) -> None:
        """Take a time in which the match stood for others' sake."""
        told = {"record": "wait", "frame": stood.frame, "player": self._players_of.get(stood.peer)}
        if self._frames and not self._closed:
            self._write({**told, "seconds": stood.since, "lasted": round(stood.lasted, 3)})

    def close(self) -> None:
        """Hand over what is left. Closing twice is harmless, and without a frame there is nothing."""
        if self._frames and not self._closed:
            for peer in list(self._paused):
                self._write_pause(peer, None)
            self._closed = True
            self._write({"record": "end", "frames": self._next})
            self._hand_over()

    def _write_pause(self, peer: str, now: float | None) -> None:
        frame, since = self._paused.pop(peer)
        told = {"record": "pause", "frame": frame, "player": self._players_of.get(peer)}
        if self._frames and not self._closed:  # else the record has not begun, or says that it is whole
            self._write({**told, "seconds": since, "lasted": None if now is None else round(now - since, 3)})

    def _write(self, line: dict[str, Any]) -> None:
        text = json.dumps(line, separators=(",", ":")).encode() + b"\n"
        self._lines.append(text)
        self._size += len(text)

    def _hand_over(self) -> None:
        data = b"".join(self._lines)
        told = {"tell": "data", "lines": len(self._lines), "sha256": hashlib.sha256(data).hexdigest()}
        self._lines, self._size = [], 0
        self._post(told, data)
