"""Whether a game holds on to a snapshot: each is defaced once it was saved or loaded. Knows trees; words no verdict.

The snapshots of an environment may share what never changes, so those are not defaced but kept to the end of the match.
"""

from __future__ import annotations

import copy
from typing import Any, Final

from rollback.game import Game
from rollback.state import checksum, diff
from rollback.state.arrays import is_array
from rollback.testing.trial import Failed, NotAsked, Trial, shown_differences

__all__ = ["deface", "keeps_no_reference"]

_LOOK_EVERY: Final = 20  # frames between two looks
_SAVE: Final = "save handed out what the game goes on using: let it return copies, such as list(...) and dict(...), or tuples"
_CHANGED: Final = (
    "changed when the environment played on: its get_state must copy what it changes in place, and its set_state too, with"
    " array.copy(), list(...) and dict(...)"
)
_LOAD: Final = "load kept what it was given: let it copy lists and dicts into the game, or keep them as tuples"


def keeps_no_reference(trial: Trial) -> str:
    """Deface snapshots after they were saved, and after they were loaded; no game may notice.

    Raises:
        Failed: One did.
        NotAsked: The snapshots cannot be looked into.
    """
    if trial.why_opaque:
        raise NotAsked("the snapshots are opaque: nobody can look into them")
    if trial.is_environment:
        return _kept_to_the_end(trial)
    for seed, frames in trial.matches:
        game, other = trial.fresh(seed), trial.fresh(seed)
        for frame, actions in enumerate(trial.actions(game, seed, frames)):
            if frame % _LOOK_EVERY == 0:
                state = trial.call(game, "save", frame)
                kept = copy.deepcopy(state)
                deface(state)
                _hold(trial, game, kept, frame, _SAVE)
                given = copy.deepcopy(kept)
                trial.call(other, "load", frame, given)
                deface(given)
                _hold(trial, other, kept, frame, _LOAD)
            trial.step(game, actions, frame)
    return "games do not notice what becomes of their snapshots"


def _kept_to_the_end(trial: Trial) -> str:
    for seed, frames in trial.matches:
        game, other = trial.fresh(seed), trial.fresh(seed)
        kept: list[tuple[int, Any, int, Any]] = []
        for frame, actions in enumerate(trial.actions(game, seed, frames)):
            if frame % _LOOK_EVERY == 0:
                state = trial.call(game, "save", frame)
                kept.append((frame, state, checksum(state), copy.deepcopy(state)))
                trial.call(other, "load", frame, state)
            trial.step(game, actions, frame)
            trial.step(other, actions, frame)
        for frame, state, was, copied in kept:
            if checksum(state) != was:
                differences = diff(copied, state)
                raise Failed(f"The snapshot of frame {frame} {_CHANGED}{shown_differences(differences)}", frame, differences)
    return "no snapshot changed to the end of the match, in the game that saved it and in one that loaded it"


def deface(tree: Any) -> None:
    """Change all that can be changed in place; what was not None keeps its type."""
    if type(tree) is dict:
        for key, value in tree.items():
            tree[key] = _other(value)
        if not tree:
            tree["defaced"] = 1
    elif type(tree) is list:
        tree[:] = [_other(value) for value in tree] or [1]
    elif type(tree) is tuple:
        for value in tree:
            deface(value)
    elif is_array(tree) and tree.flags.writeable:
        tree[...] = tree == 0


def _other(value: Any) -> Any:
    """Return another value, of the same kind if it is of any; a container is defaced and stays."""
    match value:
        case bool():
            return not value
        case int() | float():
            return value + 1 if value + 1 != value else 0
        case str():
            return value + "?"
        case bytes():
            return value + b"?"
        case None:
            return 0
    deface(value)
    return value


def _hold(trial: Trial, game: Game, kept: Any, frame: int, why: str) -> None:
    """Hold that the game still saves what was kept."""
    try:
        now = trial.call(game, "save", frame)
    except Failed as failed:
        raise Failed(f"At frame {frame} {why}; once it was changed, {failed}", frame) from None
    differences = diff(kept, now)
    if differences:
        raise Failed(f"At frame {frame} {why}{shown_differences(differences)}", frame, differences)
