"""A match of Pong between two players by weights, as a trial of one of them. Knows no generation and no algorithm."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from rollback.agents.training.contest import Contest, ContestSpec
from rollback.agents.training.self_play_player import pressed
from rollback.games.pong import Pong

__all__ = ["PongTrial", "PongTrialSpec"]


class PongTrial(Contest):
    """One match under way; what counts is the points."""

    title: ClassVar[str] = "Pong"
    game: Pong

    def __init__(self, spec: ContestSpec) -> None:
        super().__init__(spec)
        self.game = Pong(spec.seed)

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

    def ahead(self) -> int:
        """Return by how many points it is ahead."""
        points = self.game.points
        return points[self.spec.side] - points[1 - self.spec.side]


@dataclass(frozen=True, slots=True)
class PongTrialSpec(ContestSpec):
    """A match of Pong as a trial."""

    contest: ClassVar[type[Contest]] = PongTrial
