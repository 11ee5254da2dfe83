"""What a player saw in a past state of a match, and what a policy would have done there. Knows games; knows no gate."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any

from rollback.agents.checkpoints import Checkpoint
from rollback.agents.playing import policy_from
from rollback.core.past import Past
from rollback.errors import UsageError
from rollback.game import Game
from rollback.types import Policy

__all__ = ["Source", "named_source", "observation_at", "observations_at", "policy_for"]

Source = Policy | Checkpoint | str | os.PathLike[str] | bytes


def named_source(source: Any) -> Policy | Checkpoint:
    """Return a policy as it is, and a checkpoint read from where it was named.

    Raises:
        UsageError: It is neither.
        CheckpointError: The checkpoint cannot be read.
    """
    if isinstance(source, Checkpoint) or callable(getattr(source, "act", None)):
        found: Policy | Checkpoint = source
        return found
    if isinstance(source, str | os.PathLike | bytes):
        return Checkpoint.load(source)
    raise UsageError(f"a policy (something with act), a Checkpoint or a file of one is needed, not {source!r:.80}")


def policy_for(source: Policy | Checkpoint, game: Game, player: int, seed: int) -> Policy:
    """Return what plays for a player.

    Raises:
        CheckpointError: The checkpoint does not fit the game.
    """
    return policy_from(source, game, player, seed) if isinstance(source, Checkpoint) else source


def observation_at(past: Past, frame: int, state: Any, player: int) -> Any:
    """Return what `observe(player)` shows in the state before a frame; None of a game that shows nothing.

    The game is put there for a moment, and then back.

    Args:
        past: The session.
        frame: The frame.
        state: Its snapshot.
        player: Who looks.
    """
    game = past.game
    if not hasattr(game, "observe"):
        return None
    if frame == past.frame:
        return game.observe(player)
    now = game.save()
    try:
        game.load(state)
        return game.observe(player)
    finally:
        game.load(now)


def observations_at(past: Past, states: Sequence[Any], player: int) -> list[Any]:
    """Return what `observe(player)` shows in several states of other frames than the present one, while a guess is asked for.

    The present state was saved just then, so the game is put back into that, once.

    Args:
        past: The session.
        states: The snapshots.
        player: Who looks.
    """
    game = past.game
    if not hasattr(game, "observe"):
        return [None] * len(states)
    found = []
    try:
        for state in states:
            game.load(state)
            found.append(game.observe(player))
    finally:
        game.load(past.before())
    return found
