"""A player of Duel that weighs what it sees, and no more. Knows what `Duel.observe` shows and the frame data; keeps nothing.

Every choice has a weight for each thing that can be seen; the one with the greatest sum is made.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from rollback.agents.fitting import hash_of
from rollback.agents.training.duel_choices import CHOICES, LOOK, PRESSED, STILL
from rollback.games.duel_moves import ATTACKS, GUARD, Stance

__all__ = ["SEEN", "WEIGHTS_OF_DUEL", "LinearDuel", "chosen", "duel_hash"]

SEEN: Final = (
    "always",
    "distance",
    "in reach of a punch",
    "in reach of a kick",
    "an attack is coming",
    "it missed",  # and there is time to hit back
    "the other cannot move",
    "the other walks back",  # which blocks
    "own punch connected",
    "own guard is low",
)
WEIGHTS_OF_DUEL: Final = tuple(f"{choice}: {name}" for choice in CHOICES for name in SEEN)

_UNIT: Final = 100  # of what is there or not
_NEAR: Final = 1_450  # the distance that counts as 0: a kick's reach
_FAR: Final = 2_000  # and more is no farther
_PER: Final = 10  # units of distance
_MARGIN: Final = 300  # an attack hits whom it reaches when it is out, and both still move
_FIGHT: Final = 1

_PUNCH: Final = ATTACKS[Stance.PUNCH]
_KICK: Final = ATTACKS[Stance.KICK]
_ATTACKS: Final = tuple(ATTACKS.get(stance) for stance in Stance)
_FREE: Final = frozenset({int(Stance.READY), int(Stance.FORWARD), int(Stance.BACK), int(Stance.DASH)})
_HELPLESS: Final = frozenset({int(Stance.HIT), int(Stance.BLOCK), int(Stance.CRUSHED)})
_PUNCHING, _BACK, _HIT = int(Stance.PUNCH), int(Stance.BACK), int(Stance.HIT)


def seen_of(observation: Sequence[int]) -> tuple[int, ...] | None:
    """Return what is weighed, whole numbers of `SEEN`; None where nothing can be done anyway."""
    distance, _, stance, _, _, guard, _, _, _, theirs, age, _, _, _, _, phase, _ = observation
    connected = stance == _PUNCHING and theirs == _HIT
    if phase != _FIGHT or not (stance in _FREE or connected):
        return None
    attack = _ATTACKS[theirs]
    comes = missed = 0
    if attack is not None:
        if age < attack.startup + attack.active:
            comes = _UNIT if distance <= attack.reach + _MARGIN else 0
        elif attack.total - age > _PUNCH.startup and distance - attack.exposed <= _KICK.reach:
            missed = _UNIT
    away = distance - _NEAR
    return (
        _UNIT,
        (away if away < _FAR else _FAR) // _PER,
        _UNIT if distance <= _PUNCH.reach else 0,
        _UNIT if distance <= _KICK.reach else 0,
        comes,
        missed,
        _UNIT if theirs in _HELPLESS else 0,
        _UNIT if theirs == _BACK else 0,
        _UNIT if connected else 0,
        _UNIT if guard <= GUARD // 2 else 0,
    )


def chosen(weights: Sequence[int], observation: Sequence[int]) -> int:
    """Return the number of the choice; `weights` has a whole number for each of `WEIGHTS_OF_DUEL`, by choice."""
    seen = seen_of(observation)
    if seen is None:
        return STILL
    count, best, greatest = len(seen), STILL, None
    for choice in range(len(CHOICES)):
        total = 0
        for weight, value in zip(weights[choice * count : choice * count + count], seen, strict=True):
            if value:
                total += weight * value
        if greatest is None or total > greatest:
            best, greatest = choice, total
    return best


class LinearDuel:
    """Plays Duel by weights; a policy, see `rollback.types.Policy`. Its memory is the choice, and the frames of it so far.

    Args:
        weights: A whole number for each of `WEIGHTS_OF_DUEL`.
    """

    def __init__(self, weights: Sequence[int]) -> None:
        self.weights = tuple(weights)

    def act(self, observation: Sequence[int], memory: Any) -> tuple[tuple[bool, ...], tuple[int, int]]:
        """Return the buttons and the memory."""
        choice, frame = memory or (STILL, 0)
        if frame % LOOK == 0:
            choice, frame = chosen(self.weights, observation), 0
        return PRESSED[choice][frame], (choice, frame + 1)


def duel_hash() -> str:
    """Return the hash of what the weights are of."""
    return hash_of(["duel", list(WEIGHTS_OF_DUEL)])
