"""A match of Pong between two players by weights, as a trial of one of them. Knows no generation and no algorithm."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rollback.agents.training.self_play_player import pressed
from rollback.errors import CheckpointError, GameError
from rollback.games.pong import Pong
from rollback.sim.pool.played import Played, Shared

__all__ = ["PongTrial", "PongTrialSpec"]


class PongTrial:
    """One match under way.

    Args:
        spec: What is played.

    Attributes:
        game: Where it stands.
        frame: Frames so far.
    """

    def __init__(self, spec: PongTrialSpec) -> None:
        self.spec = spec
        self.game = Pong(spec.seed)
        self.frame = 0

    @property
    def is_over(self) -> bool:
        """Whether somebody has won, or the frames are used up."""
        return self.frame >= self.spec.frames or self.game.over

    def run(self, frames: int) -> int:
        """Play so many frames, or as many as there are; return how many."""
        game, spec = self.game, self.spec
        step, observe = game.step, game.observe
        left, right = (spec.other, spec.weights) if spec.side else (spec.weights, spec.other)
        first = self.frame
        end = min(spec.frames, first + frames)
        frame = first
        while frame < end and not game.over:
            step((pressed(left, observe(0)), pressed(right, observe(1))))
            frame += 1
        self.frame = frame
        return frame - first

    def result(self) -> tuple[int, int]:
        """Return by how many points it is ahead, and the frames."""
        points = self.game.points
        return points[self.spec.side] - points[1 - self.spec.side], self.frame

    def saved(self) -> dict[str, Any]:
        """Return where it stands, as plain values."""
        state = self.game.save()
        return {"frame": self.frame, **{name: list(each) if type(each) is tuple else each for name, each in state.items()}}


@dataclass(frozen=True, slots=True)
class PongTrialSpec:
    """A whole trial as a match of `rollback.sim.simulate`: its score is by how many points it is ahead.

    Attributes:
        weights: Of whom it is a trial.
        other: Of the opponent.
        side: Where the first of them plays: 0 left, 1 right.
        seed: Of the serves.
        frames: After how many it is over, whoever is ahead.
    """

    weights: tuple[int, ...]
    other: tuple[int, ...]
    side: int
    seed: int
    frames: int

    def begin(self, saved: Mapping[str, Any] | None = None) -> PongTrial:
        """Return the trial at its start, or as it was saved.

        Raises:
            CheckpointError: What was saved is none of it.
        """
        trial = PongTrial(self)
        if saved is None:
            return trial
        numbers = [number for each in saved.values() for number in (each if isinstance(each, list) else [each])]
        frame = saved.get("frame")
        try:
            if any(type(number) is not int for number in numbers) or not 0 <= int(frame or 0) < self.frames:
                raise ValueError("no counts")
            trial.game.load(saved)
        except (GameError, ValueError):
            raise CheckpointError("the match in the checkpoint is none of Pong: it cannot go on from there") from None
        trial.frame = int(frame or 0)
        return trial

    @property
    def tags(self) -> Mapping[str, Any]:
        """Nothing: results come in the order of the specs."""
        return {}

    @property
    def name(self) -> str:
        """The game, for messages."""
        return "pong"

    def play(self, seed: int, shared: Shared) -> Played:
        """Play it to its end."""
        trial = self.begin()
        trial.run(self.frames)
        ahead, frames = trial.result()
        digest = hashlib.sha256(repr(sorted(trial.saved().items())).encode()).hexdigest()
        return Played(digest, (ahead,), {"frames": frames}, is_truncated=not trial.game.over)

    def to_dict(self) -> dict[str, Any]:
        """Return it as values that JSON can hold."""
        told = {"weights": list(self.weights), "other": list(self.other)}
        return {"kind": "pong trial", **told, "side": self.side, "seed": self.seed, "frames": self.frames}

    def parcels(self) -> Mapping[str, Path | bytes]:
        """Return nothing: all of it is in the spec."""
        return {}
