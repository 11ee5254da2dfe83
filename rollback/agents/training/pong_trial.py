"""A match of Pong between two players by weights, as a trial of one of them. Knows no generation and no algorithm."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Final

from rollback.agents.training.contest import Contest, ContestSpec
from rollback.agents.training.self_play_player import pressed
from rollback.games.pong import Pong

__all__ = ["PongTrial", "PongTrialSpec", "loaded_pong"]

_WORD: Final = 1 << 32  # what a generator's words are below


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

    def load(self, saved: Mapping[str, Any]) -> None:
        """Become what `saved` told, besides the frames.

        Raises:
            GameError: It is no state of Pong.
            ValueError: It holds numbers that Pong never has.
        """
        self.game = loaded_pong(saved)


@dataclass(frozen=True, slots=True)
class PongTrialSpec(ContestSpec):
    """A match of Pong as a trial."""

    contest: ClassVar[type[Contest]] = PongTrial


def loaded_pong(saved: Mapping[str, Any]) -> Pong:
    """Return a match as it was saved.

    Raises:
        GameError: It is no state of Pong.
        ValueError: It holds numbers that Pong never has.
    """
    game = Pong()
    game.load(saved)
    seen = zip(game.observe(0), Pong.observed, strict=True)
    if any(not least <= value <= greatest for value, (_, least, greatest) in seen):
        raise ValueError("no state of a match")
    if not (0 < game.word < _WORD and 0 <= game.rally < _WORD):
        raise ValueError("no state of a match")
    return game
