"""Recordings of bots, made here; and players that are no bots: patterns, chance, and one who breaks every pattern."""

from __future__ import annotations

import io
import random
from collections.abc import Callable, Sequence
from typing import Any

from rollback import SessionConfig
from rollback.game import codecs_of
from rollback.games.bots import act_with, bot_for
from rollback.replays import Replay, ReplayHeader, ReplayWriter
from tests.core.games import Sums


def written(game: Any, rows: Sequence[Sequence[bytes]], seed: int = 0) -> Replay:
    """Return what a file of these inputs reads as."""
    file = io.BytesIO()
    writer = ReplayWriter(file, ReplayHeader.of(game, SessionConfig(seed=seed)))
    writer.add_all(0, rows)
    writer.close()
    file.seek(0)
    return Replay.open(file)


def recorded(make: Callable[[], Any], frames: int = 600, seed: int = 1) -> Replay:
    """Return a match of the game's own bots."""
    game = make()
    game.reset(seed)
    codecs, rows = codecs_of(game), []
    acts = [act_with(bot_for(game, player, seed)) for player in range(game.players)]
    while len(rows) < frames and not game.over:
        row = [codec.encode(acts[player](game, player)) for player, codec in enumerate(codecs)]
        rows.append(row)
        game.step([codec.decode(data) for codec, data in zip(codecs, row, strict=True)])
    return written(make(), rows, seed)


def pattern(frames: int, runs: Sequence[tuple[int, int]] = ((0, 6), (1, 3), (0, 4), (2, 2))) -> list[bytes]:
    """Return inputs that go through runs of (value, frames) again and again."""
    round_of = [bytes([value]) for value, lasts in runs for _ in range(lasts)]
    return [round_of[frame % len(round_of)] for frame in range(frames)]


def chance(frames: int, seed: int, values: int = 4, hold: float = 0.85) -> list[bytes]:
    """Return inputs held for times that nobody can foresee."""
    dice, value, found = random.Random(f"{seed}: chance"), 0, []
    for _ in range(frames):
        value = value if dice.random() < hold else dice.randrange(values)
        found.append(bytes([value]))
    return found


def traitor(frames: int, seed: int) -> list[bytes]:
    """Return a pattern that lasts long enough to be believed, and is then broken, with another one after it."""
    dice, found = random.Random(f"{seed}: traitor"), []
    while len(found) < frames:
        runs = [(value % 3, dice.randint(1, 6)) for value in range(dice.randint(2, 4))]
        found += pattern(dice.randint(60, 500), runs) + chance(dice.randint(0, 300), dice.randrange(1000))
    return found[:frames]


def of_sums(*columns: Sequence[bytes]) -> Replay:
    """Return a recording of the game in which no two histories lead to the same state."""
    return written(Sums(len(columns)), list(zip(*columns, strict=True)))
