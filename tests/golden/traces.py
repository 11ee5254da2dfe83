"""Traces of the built-in games: the checksums of many frames between scripted bots. Knows no runtime: it runs in any.

`python -m tests.golden.traces` writes golden.json anew. Do so only when a game was changed on purpose.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from rollback.games import Duel, GridWorld, Pong, Tetris, bots
from rollback.state import checksum

FRAMES = 10_000
PART = 1_000  # frames that one number stands for: it tells where two runtimes part
GAMES: dict[str, Any] = {"pong": Pong, "duel": Duel, "gridworld": GridWorld, "tetris": Tetris}


def trace(name: str, frames: int = FRAMES) -> dict[str, Any]:
    """Return the trace of a game: a checksum of the checksums of each part, one over all, and how many matches it was.

    A match that is over is followed by the next one, with the next seed. Numbers are text: they have 64 bits.
    """
    game = GAMES[name]()
    matches = 0
    sums: list[int] = []
    acts: list[Any] = []
    for frame in range(frames):
        if frame == 0 or game.over:
            game.reset(matches)
            acts = [bots.act_with(bots.bot_for(game, player, matches)) for player in range(game.players)]
            matches += 1
        game.step(tuple(act(game, player) for player, act in enumerate(acts)))
        sums.append(checksum([checksum(game.save()), checksum(game.digest()) if hasattr(game, "digest") else None]))
    parts = [f"{checksum(sums[start : start + PART]):016x}" for start in range(0, frames, PART)]
    return {"frames": frames, "matches": matches, "checksum": f"{checksum(sums):016x}", "parts": parts}


def recorded() -> dict[str, Any]:
    """Return the traces that every runtime must come to."""
    content: dict[str, Any] = json.loads(Path(__file__).with_name("golden.json").read_text(encoding="utf-8"))
    return content


if __name__ == "__main__":
    made = {name: trace(name) for name in GAMES}
    Path(__file__).with_name("golden.json").write_text(f"{json.dumps(made, indent=1)}\n", encoding="utf-8")
