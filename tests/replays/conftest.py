"""A small game of integers, and matches of it recorded into memory."""

from __future__ import annotations

import io
import random

import pytest

from rollback.config import SessionConfig
from rollback.replays import ReplayHeader, ReplayWriter
from rollback.state import checksum
from rollback.types import Confirmed


class Counter:
    """Two players push two numbers around; every input matters for ever."""

    players = 2

    def __init__(self):
        self.reset(0)

    def reset(self, seed):
        self.dice, self.score, self.ball = seed, [0, 0], {"x": 0, "y": 1}

    def step(self, actions):
        self.dice = (self.dice * 1_103_515_245 + 12_345) % 2**31
        self.score = [old + new for old, new in zip(self.score, actions, strict=True)]
        self.ball = {"x": self.ball["x"] + actions[0] - actions[1], "y": self.dice % 7}

    def save(self):
        return {"dice": self.dice, "score": tuple(self.score), "ball": dict(self.ball)}

    def load(self, state):
        self.dice, self.score, self.ball = state["dice"], list(state["score"]), dict(state["ball"])


def match(game, frames, seed=3):
    """Yield the game before each frame, and the frame that is then played; inputs change about every 8 frames."""
    draw = random.Random(seed)
    actions = [0, 0]
    for frame in range(frames):
        for player in (0, 1):
            if draw.random() < 1 / 8:
                actions[player] = draw.randrange(256)
        played = Confirmed(frame, tuple(actions), tuple(bytes([action]) for action in actions))
        yield played
        game.step(played.actions)


@pytest.fixture(name="Counter")
def counter():
    return Counter


@pytest.fixture(name="match")
def the_match():
    return match


@pytest.fixture
def header():
    return ReplayHeader.of(Counter(), SessionConfig(seed=11, desync_interval=20), names=("ann", "bob"), recorded_at=5.0)


@pytest.fixture
def record(header):
    """Return a recorded match as bytes."""

    def recorded(frames=300, *, game=None, sums=20, keyframes=100, close=True, header=header):
        game = game or Counter()
        game.reset(header.seed)
        file = io.BytesIO()
        writer = ReplayWriter(file, header)
        for played in match(game, frames):
            if sums and played.frame % sums == 0:
                writer.checksum(played.frame, checksum(game.save()))
            if keyframes and played.frame % keyframes == 0:
                assert writer.keyframe(played.frame, game.save())
            if played.frame == 50:
                assert writer.event(50, "PeerInterrupted", {"peer": "bob"})
            writer.add(played)
        if close:
            writer.close(checksum(game.save()), "end_at")
        return file.getvalue()

    return recorded
