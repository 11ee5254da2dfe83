"""A match of Duel between two players by weights, as a trial of one of them. Knows no generation and no algorithm."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Final

from rollback.agents.training.contest import Contest, ContestSpec
from rollback.agents.training.duel_choices import CHOICES, LOOK, PRESSED, STILL
from rollback.agents.training.duel_health import ahead_in
from rollback.agents.training.duel_player import chosen
from rollback.games.dice import advance, below, spread
from rollback.games.duel import Duel
from rollback.games.duel_moves import NEVER

__all__ = ["DuelTrial", "DuelTrialSpec", "loaded_duel"]

_CLUMSY: Final = 5  # one in so many of the opponent's choices is thrown, or what is learned helps against one way to play
_STREAM: Final = 7_000  # of those
_WORD: Final = 1 << 32  # what a generator's words are below


class DuelTrial(Contest):
    """One match under way; what counts is rounds, worth a whole health each, and health in the round that is fought.

    The opponent makes some choices by dice, which follow from the seed of the match and the frame.

    Attributes:
        choices: What the player on trial is at, and the opponent.
    """

    title: ClassVar[str] = "Duel"
    game: Duel

    def __init__(self, spec: ContestSpec) -> None:
        super().__init__(spec)
        self.game = Duel(spec.seed)
        self.choices = (STILL, STILL)

    def run(self, frames: int) -> int:
        """Play so many frames, or as many as there are; return how many."""
        game, spec = self.game, self.spec
        step, observe = game.step, game.observe
        side, weights, other = spec.side, spec.weights, spec.other
        own, theirs = self.choices
        first = self.frame
        end = min(spec.frames, first + frames)
        frame = first
        while frame < end and not game.over:
            place = frame % LOOK
            if not place:
                own = chosen(weights, observe(side))
                word = spread(spec.seed, _STREAM + frame)
                theirs = below(advance(word), len(CHOICES)) if not below(word, _CLUMSY) else chosen(other, observe(1 - side))
            left, right = (theirs, own) if side else (own, theirs)
            step((PRESSED[left][place], PRESSED[right][place]))
            frame += 1
        self.frame, self.choices = frame, (own, theirs)
        return frame - first

    def ahead(self) -> int:
        """Return by how much health it is ahead, over all rounds."""
        return ahead_in(self.game, self.spec.side)

    def saved(self) -> dict[str, Any]:
        """Return where it stands, as plain values."""
        return {**super().saved(), "choices": list(self.choices)}

    def load(self, saved: Mapping[str, Any]) -> None:
        """Become what `saved` told, besides the frames.

        Raises:
            GameError: It is no state of Duel.
            ValueError: It holds numbers that Duel never has.
        """
        self.game = loaded_duel(saved)
        self.choices = checked_choices(saved.get("choices"))


@dataclass(frozen=True, slots=True)
class DuelTrialSpec(ContestSpec):
    """A match of Duel as a trial."""

    contest: ClassVar[type[Contest]] = DuelTrial


def loaded_duel(saved: Mapping[str, Any]) -> Duel:
    """Return a match as it was saved.

    Raises:
        GameError: It is no state of Duel.
        ValueError: It holds numbers that Duel never has.
    """
    game = Duel()
    game.load(saved)
    if not 0 < game.word < _WORD:
        raise ValueError("no state of a match")
    for player in range(2):
        seen = zip(game.observe(player), Duel.observed, strict=True)
        fighter = game.fighters[player]
        is_known = 0 <= fighter.wish <= 3 and 0 <= fighter.held <= 7 and 0 <= fighter.landed <= 1
        if not is_known or any(not least <= value <= greatest for value, (_, least, greatest) in seen):
            raise ValueError("no state of a match")
        if max(abs(fighter.push), fighter.calm, fighter.waited, game.freeze) >= NEVER:
            raise ValueError("no state of a match")
    return game


def checked_choices(given: Any) -> tuple[int, int]:
    """Return what both players were at.

    Raises:
        ValueError: They are none.
    """
    left, right = given if isinstance(given, list) and len(given) == 2 else (-1, -1)
    if not all(type(each) is int and 0 <= each < len(CHOICES) for each in (left, right)):
        raise ValueError("no choices")
    return left, right
