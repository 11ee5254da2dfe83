"""A bot that reacts late, to what is certain: what it does can be computed by whoever holds the same. Knows no session."""

from __future__ import annotations

from rollback.agents.checkpoints import Checkpoint
from rollback.agents.predictors.looking import Source, named_source, policy_for
from rollback.core.past import MAX_REACH
from rollback.errors import ConfigError
from rollback.game import Game
from rollback.types import Policy

__all__ = ["DelayedBot"]


class DelayedBot:
    """A policy whose input for frame f depends on the confirmed state S_(f - k) alone.

    It gets no memory: that would hang on every state before. A checkpoint that keeps something in mind then plays otherwise
    than it was trained, and a warning says so in the match. Where S_(f - k) is not confirmed in time, it acts on the newest
    state that is. `ExactPredictor` plays it, and foresees it.

    Args:
        source: A checkpoint, its file, or a policy that is a function of what it is shown.
        k: Frames from what it sees to what it does, 1 to 120: its time of reaction.
        seed: Of a checkpoint's dice, where it has any.
        name: What tells a policy without a checkpoint from another; the name of its class where it is left out.

    Raises:
        UsageError: `source` is no policy.
        ConfigError: `k` is out of its limits.
        CheckpointError: The checkpoint cannot be read.
    """

    def __init__(self, source: Source, k: int, *, seed: int = 0, name: str = "") -> None:
        if type(k) is not int or not 1 <= k <= MAX_REACH:
            raise ConfigError(f"k must be a whole number of frames from 1 to {MAX_REACH}, not {k!r:.80}")
        self.k = k
        self.seed = seed
        self._source = named_source(source)
        self._name = name or f"{type(source).__module__}.{type(source).__qualname__}"

    @property
    def is_trained(self) -> bool:
        """Whether it is a checkpoint, and no policy that somebody made by hand and knows."""
        return isinstance(self._source, Checkpoint)

    @property
    def terms(self) -> str:
        """Who it is, as the handshake compares it: the checkpoint's hash or the policy's name, `k` and the seed."""
        source = self._source
        who = f"checkpoint {source.hash}" if isinstance(source, Checkpoint) else f"policy {self._name}"
        return f"{who}, {self.k} frames late, seed {self.seed}"

    def policy(self, game: Game, player: int) -> Policy:
        """Return what decides for a player of a game.

        Raises:
            CheckpointError: The checkpoint does not fit the game.
        """
        return policy_for(self._source, game, player, self.seed)

    def __repr__(self) -> str:
        return f"DelayedBot({self.terms})"
