"""A match in which a table learns against choices that stay. Knows how a table learns; knows no pool and no checkpoint."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from rollback.agents.training.coarse import NOWHERE, Coarse
from rollback.agents.training.contest import listed, shape_of
from rollback.agents.training.duel_trial import loaded_duel
from rollback.agents.training.pong_trial import loaded_pong
from rollback.errors import CheckpointError, GameError
from rollback.games.duel import Duel

__all__ = ["CoarseMatch", "Learning", "match_from"]

_AHEAD: Final = 5  # units that nobody is further ahead by: the points of a match of Pong; in Duel it is two rounds and a health


@dataclass(frozen=True, slots=True)
class Learning:
    """How a table learns.

    Attributes:
        rate: How far a value moves towards what was just seen.
        discount: What a reward is worth one choice later.
        clumsiness: The share of the opponent's choices that are thrown.
        frames: After how many a match is over.
    """

    rate: float
    discount: float
    clumsiness: float
    frames: int


class CoarseMatch:
    """One match under way.

    Args:
        view: How the game is seen.
        seed: Of the match.
        side: Where the table plays.
        other: The number of the opponent in the pool.

    Attributes:
        game: Where it stands.
        frame: Frames so far.
        other: The number of the opponent in the pool.
    """

    def __init__(self, view: Coarse, seed: int, side: int, other: int) -> None:
        self.view, self.side, self.other = view, side, other
        self.game = view.kind(seed)
        self.frame = 0
        self._choices = [0, 0]  # what the table and the opponent are at
        self._row, self._tried, self._ahead = NOWHERE, 0, 0  # where the table chose last, what, and how things stood

    def run(
        self, frames: int, table: list[list[float]], other: bytes, dice: random.Random, epsilon: float, learning: Learning
    ) -> int:
        """Play so many frames, or as many as there are, and learn from them; return how many.

        Flat and of local names, for it is what a training spends its time in.
        """
        game, view, side = self.game, self.view, self.side
        step, observe, row_of, ahead_in, draw = game.step, game.observe, view.row, view.ahead, dice.random
        look, pressed, unit, count = view.look, view.pressed, view.unit, len(view.choices)
        rate, discount, clumsiness = learning.rate, learning.discount, learning.clumsiness
        (own, theirs), last, tried, before = self._choices, self._row, self._tried, self._ahead
        first = frame = self.frame
        end = min(learning.frames, first + frames)
        while frame < end and not game.over:
            place = frame % look
            if not place:
                row = row_of(observe(side))
                own = 0
                if row >= 0:
                    now, values = ahead_in(game, side), table[row]
                    best = max(values)
                    if last >= 0:
                        learned = table[last]
                        learned[tried] += rate * ((now - before) / unit + discount * best - learned[tried])
                        best = max(values)  # it may be the row that just changed
                    own = tried = int(draw() * count) if draw() < epsilon else values.index(best)
                    last, before = row, now
                row = row_of(observe(1 - side))
                theirs = 0 if row < 0 else int(draw() * count) if draw() < clumsiness else other[row]
            left, right = pressed[own][place], pressed[theirs][place]
            step((right, left) if side else (left, right))
            frame += 1
        if game.over and last >= 0:
            learned = table[last]
            learned[tried] += rate * ((ahead_in(game, side) - before) / unit - learned[tried])
            last = NOWHERE
        self.frame, self._choices, self._row, self._tried, self._ahead = frame, [own, theirs], last, tried, before
        return frame - first

    def is_over(self, frames: int) -> bool:
        """Return whether somebody has won, or so many frames are used up."""
        return self.frame >= frames or bool(self.game.over)

    def ahead(self) -> int:
        """Return by how much the table is ahead."""
        return self.view.ahead(self.game, self.side)

    def saved(self) -> dict[str, Any]:
        """Return where it stands, as plain values."""
        told = {"side": self.side, "other": self.other, "frame": self.frame, "choices": list(self._choices)}
        return {**told, "last": [self._row, self._tried, self._ahead], "game": listed(self.game.save())}


def match_from(view: Coarse, saved: Mapping[str, Any], players: int, frames: int) -> CoarseMatch:
    """Return a match as it was saved.

    Args:
        view: How the game is seen.
        saved: What `CoarseMatch.saved` returned.
        players: How many are in the pool.
        frames: After how many a match is over.

    Raises:
        CheckpointError: It is none of this training.
    """
    match = CoarseMatch(view, 0, 0, 0)
    count = len(view.choices)
    try:
        if shape_of(saved) != shape_of(match.saved()):
            raise ValueError("no match")
        (own, theirs), (row, tried, ahead) = saved["choices"], saved["last"]
        is_known = saved["side"] in (0, 1) and 0 <= saved["other"] < players and 0 <= saved["frame"] < frames
        if not is_known or not all(0 <= choice < count for choice in (own, theirs, tried)) or not -1 <= row < view.rows:
            raise ValueError("no match")
        if abs(ahead) > _AHEAD * view.unit:
            raise ValueError("no match")
        match.game = loaded_duel(saved["game"]) if view.kind is Duel else loaded_pong(saved["game"])
    except (GameError, ValueError):
        raise CheckpointError(f"the match in the checkpoint is none of {view.name}: it cannot go on from there") from None
    match.side, match.other, match.frame = saved["side"], saved["other"], saved["frame"]
    match._choices, match._row, match._tried, match._ahead = [own, theirs], row, tried, ahead
    return match
