"""What a player saw in a past state of a match, and what a policy would have done there. Knows games; knows no gate."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from typing import Any, Final

from rollback.agents.checkpoints import Checkpoint
from rollback.agents.playing import policy_from
from rollback.core.past import Past
from rollback.errors import UsageError
from rollback.game import Game
from rollback.types import Policy

__all__ = ["Encoding", "Source", "Views", "named_source", "observation_at", "policy_for"]

SLOTS: Final = 256  # more frames than states are ever held of; a power of two
MASK: Final = SLOTS - 1
ENCODED: Final = 1024  # actions kept with their inputs
PLAIN: Final = frozenset({int, bool})  # of a type, what is equal has the same input: not so with floats, of which 0.0 is -0.0

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


class Encoding:
    """What a player's actions are as inputs, kept for the few that are used: an encoder checks everything, each time.

    Only whole numbers, buttons and tuples of them are kept; all else is encoded whenever it comes.

    Args:
        encode: Of the player's codec.
    """

    __slots__ = ("_encode", "_kept")

    def __init__(self, encode: Callable[[Any], bytes]) -> None:
        self._encode = encode
        self._kept: dict[Any, bytes] = {}

    def __call__(self, action: Any) -> bytes:
        """Return the input.

        Raises:
            ActionError: It is no action of the player.
        """
        kind: Any = type(action)
        if kind is tuple:
            kind = tuple(map(type, action))
            is_plain = PLAIN.issuperset(kind)
        else:
            is_plain = kind in PLAIN
        if not is_plain:
            return self._encode(action)
        value = self._kept.get((kind, action))
        if value is None:
            value = self._encode(action)
            if len(self._kept) < ENCODED:
                self._kept[kind, action] = value
        return value


class Views:
    """What one player saw in the states of a session, while guesses are asked for.

    A state is looked at while the game stands there, which it does when the input of its frame is asked for; only where it was
    not has the game to be put back into it. The present state was saved just before, so it is put back into that.

    Args:
        past: The session.
        player: Who looks.
    """

    __slots__ = ("_past", "_player", "_seen")

    def __init__(self, past: Past, player: int) -> None:
        self._past, self._player = past, player
        self._seen: list[tuple[int, Any, Any]] = [(-1, None, None)] * SLOTS  # frame, state, what was observed there

    def note(self) -> None:
        """Look at the present state, for who asks about it later."""
        past = self._past
        frame, state = past.frame, past.before()
        seen = self._seen[frame & MASK]
        if seen[0] != frame or seen[1] is not state:
            self._seen[frame & MASK] = frame, state, observation_at(past, frame, state, self._player)

    def at(self, frame: int, state: Any) -> Any:
        """Return what is observed in the state of a frame before the present one."""
        noted = self._seen[frame & MASK]
        return noted[2] if noted[0] == frame and noted[1] is state else self.of(frame, [state])[0]

    def of(self, first: int, states: Sequence[Any]) -> list[Any]:
        """Return what is observed in the states of the frames from `first` on, up to the present one at most."""
        past, seen, found = self._past, self._seen, []
        game, present = past.game, past.frame
        is_away = False
        try:
            for frame, state in enumerate(states, first):
                noted = seen[frame & MASK]
                if noted[0] == frame and noted[1] is state:
                    found.append(noted[2])
                    continue
                if frame != present or is_away:
                    game.load(state)
                    is_away = True
                found.append(game.observe(self._player) if hasattr(game, "observe") else None)
        finally:
            if is_away:
                game.load(past.before())
        return found
