"""A match between two players by weights, as a trial of one of them. Knows how it is cut and kept; knows no game."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

from rollback.errors import CheckpointError, GameError
from rollback.sim.pool.played import Played, Shared

__all__ = ["Contest", "ContestSpec", "listed", "shape_of"]


class Contest:
    """One match under way; each game brings how it is played.

    Args:
        spec: What is played.

    Attributes:
        game: Where it stands.
        frame: Frames so far.
    """

    title: ClassVar[str]  # of the game, for messages
    game: Any

    def __init__(self, spec: ContestSpec) -> None:
        self.spec = spec
        self.frame = 0

    def run(self, frames: int) -> int:
        """Play so many frames, or as many as there are; return how many."""
        raise NotImplementedError

    def ahead(self) -> int:
        """Return by how much the player on trial is ahead."""
        raise NotImplementedError

    def load(self, saved: Mapping[str, Any]) -> None:
        """Become what `saved` told, besides the frames.

        Raises:
            GameError: It is none of this game.
            ValueError: It is no such thing.
        """
        self.game.load(saved)

    @property
    def is_over(self) -> bool:
        """Whether somebody has won, or the frames are used up."""
        return self.frame >= self.spec.frames or self.game.over

    def result(self) -> tuple[int, int]:
        """Return by how much it is ahead, and the frames."""
        return self.ahead(), self.frame

    def saved(self) -> dict[str, Any]:
        """Return where it stands, as plain values."""
        return {"frame": self.frame, **{name: listed(each) for name, each in self.game.save().items()}}


@dataclass(frozen=True, slots=True)
class ContestSpec:
    """A whole trial as a match of `rollback.sim.simulate`: its score is by how much it is ahead.

    Attributes:
        weights: Of whom it is a trial.
        other: Of the opponent.
        side: Where the first of them plays: 0 left, 1 right.
        seed: Of the match.
        frames: After how many it is over, whoever is ahead.
    """

    weights: tuple[int, ...]
    other: tuple[int, ...]
    side: int
    seed: int
    frames: int

    contest: ClassVar[type[Contest]]

    def begin(self, saved: Mapping[str, Any] | None = None) -> Contest:
        """Return the trial at its start, or as it was saved.

        Raises:
            CheckpointError: What was saved is none of it.
        """
        trial = self.contest(self)
        if saved is None:
            return trial
        try:
            if shape_of(saved) != shape_of(trial.saved()) or not 0 <= saved["frame"] < self.frames:
                raise ValueError("no counts")
            trial.load(saved)
        except (GameError, ValueError):
            raise CheckpointError(f"the match in the checkpoint is none of {trial.title}: it cannot go on from there") from None
        trial.frame = saved["frame"]
        return trial

    @property
    def tags(self) -> Mapping[str, Any]:
        """Nothing: results come in the order of the specs."""
        return {}

    @property
    def name(self) -> str:
        """The game, for messages."""
        return self.contest.title.lower()

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
        return {"kind": f"{self.name} trial", **told, "side": self.side, "seed": self.seed, "frames": self.frames}

    def parcels(self) -> Mapping[str, Path | bytes]:
        """Return nothing: all of it is in the spec."""
        return {}


def listed(value: Any) -> Any:
    """Return a state with lists for tuples, as it comes back from a file."""
    if isinstance(value, Mapping):
        return {name: listed(each) for name, each in value.items()}
    return [listed(each) for each in value] if isinstance(value, tuple | list) else value


def shape_of(value: Any) -> Any:
    """Return plain values with 0 for every whole number and None for what is no such thing."""
    if isinstance(value, Mapping):
        return {name: shape_of(each) for name, each in value.items()}
    return [shape_of(each) for each in value] if isinstance(value, list) else 0 if type(value) is int else None
