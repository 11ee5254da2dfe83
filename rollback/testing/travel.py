"""Whether a snapshot can travel: packed and unpacked, with the keys of its dicts in another order. Words no verdict."""

from __future__ import annotations

from typing import Any, Final

from rollback.errors import WireError
from rollback.testing.trial import NotAsked, Trial
from rollback.wire import pack_tree, unpack_tree

__all__ = ["travels"]

_FOLLOWED: Final = 30  # frames two games are followed after they loaded the same snapshot
_WHY: Final = (
    "a game that loaded a snapshot went another way than one that loaded it after it had travelled, which sorts the keys"
    " of dicts: step must not depend on the order in which they were put in, so loop over sorted(...), or keep a list"
)


def travels(trial: Trial) -> str:
    """Give the same snapshot to two games, to one of them packed and unpacked, and follow both.

    That both load it sets all other faults aside: what is not in the snapshot is missing in both.

    Raises:
        Failed: They went different ways.
        NotAsked: The snapshots cannot travel.
    """
    if trial.why_opaque:
        raise NotAsked("the snapshots are opaque: they cannot travel, and nobody can rejoin by one")
    for seed, frames in trial.matches:
        game, near, far = trial.fresh(seed), trial.fresh(seed), trial.fresh(seed)
        for frame, actions in enumerate(trial.actions(game, seed, frames)):
            if frame % _FOLLOWED == 0:
                packed = pack_tree(trial.call(game, "save", frame), canonical=False)
                trial.call(near, "load", frame, _unpacked(packed))
                trial.call(far, "load", frame, _unpacked(pack_tree(unpack_tree(packed))))
                trial.same(near, far, frame, _WHY)
            trial.step(game, actions, frame)
            trial.step(near, actions, frame)
            trial.step(far, actions, frame)
            trial.same(near, far, frame + 1, _WHY)
    return "a snapshot that travelled restores the game too"


def _unpacked(data: bytes) -> Any:
    try:
        return unpack_tree(data)
    except WireError as error:
        raise NotAsked(f"a snapshot is too large to travel ({error})") from None
