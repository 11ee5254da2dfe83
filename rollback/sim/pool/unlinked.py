"""A match without a network: a plain loop over the frames, and the reference for speed. Knows no session and no seed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from rollback.game import Bits, UInt, codecs_of
from rollback.sim.pool.digest import Tape, scores_of
from rollback.sim.pool.played import Played
from rollback.sim.pool.sides import looks
from rollback.types import Policy

__all__ = ["ends", "play_unlinked"]

WIND_EVERY: Final = 1000  # frames: the inputs of a long match are not to pile up
KNOWN: Final = 1024  # actions of a player whose inputs are kept in mind
# Codecs that make the same input of all actions that are equal and of this type, so that each is encoded once.
PLAIN: Final = {UInt: int, Bits: tuple}


def ends(game: Any) -> bool:
    """Return whether a game can be over; an environment that was given no number of episodes goes on for ever."""
    return hasattr(game, "over") and getattr(game, "wanted_episodes", 0) is not None


def play_unlinked(game: Any, policies: Sequence[Policy], frames: int) -> Played:
    """Play a game that was reset to its end, or for so many frames.

    Each player's action takes effect in the frame in which it is asked for, as `decode(encode(action))`: what is played is
    what would be played over a perfect network.

    Args:
        game: A fresh game.
        policies: One a player.
        frames: Where the match ends at the latest.
    """
    codecs = codecs_of(game)
    tape = Tape(codecs)
    observe = getattr(game, "observe", None)
    has_end, step, inputs = hasattr(game, "over"), game.step, tape.inputs
    memories: list[Any] = [None] * len(codecs)
    rows: list[tuple[Any, ...]] = [
        (player, policies[player].act, observe if looks(policies[player]) else None, PLAIN.get(type(codec)), {}, codec)
        for player, codec in enumerate(codecs)
    ]
    played = frames
    # One flat loop: a function call for each player and frame would cost as much as a step of a small game.
    for frame in range(frames):
        if has_end and game.over:
            played = frame
            break
        actions = []
        for player, act, see, kind, known, codec in rows:
            action, memories[player] = act(None if see is None else see(player), memories[player])
            if type(action) is kind and action in known:
                data, decoded = known[action]
            else:
                data = codec.encode(action)
                decoded = codec.decode(data)
                if type(action) is kind and len(known) < KNOWN:
                    known[action] = data, decoded
            inputs += data
            actions.append(decoded)
        step(actions)
        if not frame % WIND_EVERY:
            tape.wind()
    scores = scores_of(game)
    truncated = ends(game) and not game.over
    return Played(tape.digest(game, played, scores), scores, {"frames": played}, truncated)
