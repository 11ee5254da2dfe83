"""Replays of the built-in games: small, verified, and sensitive to a single wrong input."""

from __future__ import annotations

import io
import random

import pytest

from rollback.config import SessionConfig
from rollback.game import codecs_of
from rollback.games import Duel, Pong
from rollback.replays import Replay, ReplayHeader, ReplayWriter
from rollback.state import checksum, is_tree
from rollback.types import Confirmed


def recorded(kind, frames, lie_at=None):
    """A match of random inputs as a file; at frame `lie_at` the input 1 is recorded, whatever was played."""
    game, file, draw = kind(), io.BytesIO(), random.Random(5)
    config = SessionConfig(seed=3, desync_interval=60)
    codecs = codecs_of(game)
    game.reset(config.seed)
    inputs = [bytes(codec.size) for codec in codecs]
    with ReplayWriter(file, ReplayHeader.of(game, config)) as writer:
        for frame in range(frames):
            if getattr(game, "over", False):
                break
            if frame % 60 == 0:
                writer.checksum(frame, checksum(game.digest() if hasattr(game, "digest") else game.save()))
            if frame % 300 == 0 and is_tree(game.save()):
                writer.keyframe(frame, game.save())
            if frame % 8 == 0:
                inputs = [codec.encode(codec.decode(draw.randbytes(codec.size))) for codec in codecs]
            told = inputs if frame != lie_at else [bytes(codec.size - 1) + b"\1" for codec in codecs]
            writer.add(Confirmed(frame, (), tuple(told)))
            game.step([codec.decode(data) for codec, data in zip(codecs, inputs, strict=True)])
        writer.close(checksum(game.digest() if hasattr(game, "digest") else game.save()), "end_at")
    return file.getvalue()


@pytest.mark.parametrize("kind", [Pong, Duel])
def test_a_match_comes_out_again_and_is_small(kind):
    data = recorded(kind, 1200)
    replay = Replay.open(io.BytesIO(data))
    verdict = replay.verify(kind())
    assert verdict.ok, verdict.message
    assert replay.complete and verdict.frames == replay.frames > 60 and len({*replay}) > 3
    assert len(data) / (replay.frames / 60) < 1024


@pytest.mark.parametrize("kind", [Pong, Duel])
def test_one_wrong_input_is_found(kind):
    found = []
    for lie_at in range(60, 240, 12):
        verdict = Replay.open(io.BytesIO(recorded(kind, 300, lie_at))).verify(kind())
        if not verdict.ok:
            assert verdict.first_bad_frame > lie_at
            found.append(lie_at)
    assert len(found) > 2, "hardly any input mattered"


def test_the_replay_of_one_game_is_not_verified_with_another():
    replay = Replay.open(io.BytesIO(recorded(Pong, 60)))
    assert replay.header.game_id == "Pong" and replay.header.game.endswith(":Pong")
