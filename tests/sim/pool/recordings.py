"""Replay files for tests: short matches of Pong, true ones and spoilt ones."""

from __future__ import annotations

from pathlib import Path

from rollback.config import SessionConfig
from rollback.games import Pong
from rollback.replays import ReplayHeader, ReplayWriter
from rollback.state import checksum
from rollback.types import Confirmed


def recorded(path: Path, *, name: str | None = None, spoilt: bool = False, seed: int = 5, frames: int = 40) -> str:
    """Write a match, and return its file; a spoilt one claims a checksum that does not come out."""
    game = Pong()
    game.reset(seed)
    writer = ReplayWriter(path, ReplayHeader.of(game, SessionConfig(seed=seed), name=name))
    for frame in range(frames):
        actions = ((frame % 3 == 0, False), (False, frame % 5 == 0))
        inputs = tuple(codec.encode(action) for codec, action in zip(game.codecs, actions, strict=True))
        writer.add(Confirmed(frame, actions, inputs))
        game.step(actions)
        if frame == frames // 2:
            writer.checksum(frame + 1, checksum(game.save()) ^ spoilt)
    writer.close(checksum(game.save()), "end_at")
    return str(path)
