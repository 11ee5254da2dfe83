"""The frame data of Duel: what a fighter can do, how long it takes and what it does. Data only; knows no fighter.

Distances are whole units; a fighter is `BODY` of them wide. Durations are frames of a sixtieth of a second. A move
counts its age from 0: it can hit at the ages `startup` to `startup + active - 1`, and is over at `total`.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import Final

__all__ = [
    "ADVANCES",
    "ATTACKS",
    "BODY",
    "BUFFER",
    "CRUSH_STUN",
    "GUARD",
    "GUARD_REGAIN",
    "HEALTH",
    "LENGTHS",
    "NEVER",
    "OPENS",
    "STAGE",
    "Attack",
    "Stance",
    "Wish",
]

BODY: Final = 520  # closest that the middles of two fighters come
STAGE: Final = 3_000  # from the centre to either corner
HEALTH: Final = 100
GUARD: Final = 4  # a punch takes one, a kick two; at none the guard is crushed
GUARD_REGAIN: Final = 110  # frames without blocking that give one back
CRUSH_STUN: Final = 48  # long enough to walk up and kick
BUFFER: Final = 5  # frames a press waits for its chance: what human fingers need
NEVER: Final = 1_000_000


class Stance(IntEnum):
    """What a fighter is doing."""

    READY = 0
    FORWARD = 1
    BACK = 2
    DASH = 3
    RETREAT = 4
    PUNCH = 5
    KICK = 6
    HIT = 7
    BLOCK = 8
    CRUSHED = 9
    DOWN = 10
    PROUD = 11


class Wish(IntEnum):
    """What a pressed button asks for, until a stance grants it or `BUFFER` runs out."""

    NOTHING = 0
    PUNCH = 1
    KICK = 2
    DASH = 3


@dataclass(frozen=True, slots=True)
class Attack:
    """The frame data of an attack.

    Attributes:
        startup: Frames before it can hit.
        active: Frames in which it can hit, once.
        recovery: Frames after them.
        reach: Greatest distance between the middles at which it hits.
        lunge: Units a frame the attacker steps forward during the start-up.
        exposed: How much nearer the stretched limb can be hit, from the first active frame to the end of the move:
            what makes a missed attack punishable.
        damage: Health taken by a hit.
        guard: Guard taken by a blocked one.
        hit_stun: Frames a hit opponent can do nothing.
        block_stun: Frames a blocking one can do nothing.
        push: Speed the opponent is pushed away with; it loses a fifth each frame.
        freeze: Frames both stand still at the impact, so that it is felt.
    """

    startup: int
    active: int
    recovery: int
    reach: int
    lunge: int
    exposed: int
    damage: int
    guard: int
    hit_stun: int
    block_stun: int
    push: int
    freeze: int

    @property
    def total(self) -> int:
        """Frames from the first to the end."""
        return self.startup + self.active + self.recovery


#                       start act rec reach lunge expo dmg grd  hit  blk push frz
ATTACKS: Final = {
    Stance.PUNCH: Attack(5, 3, 10, 950, 0, 150, 8, 1, 17, 11, 90, 6),  # +4 on hit, -2 on block
    Stance.KICK: Attack(12, 4, 20, 1_450, 12, 420, 15, 2, 26, 15, 150, 9),  # +2 on hit, -9 on block: a punch punishes it
}

# Frames until a stance ends by itself and READY follows; stuns last as long as the attack says.
LENGTHS: Final = tuple(
    {
        Stance.DASH: 16,
        Stance.RETREAT: 20,
        Stance.PUNCH: ATTACKS[Stance.PUNCH].total,
        Stance.KICK: ATTACKS[Stance.KICK].total,
    }.get(stance, NEVER)
    for stance in Stance
)

# Units forward in each frame of a stance: the speed, and the age from which it stops.
ADVANCES: Final = tuple(
    {
        Stance.FORWARD: (46, NEVER),
        Stance.BACK: (-36, NEVER),
        Stance.DASH: (104, 14),
        Stance.RETREAT: (-96, 12),
        Stance.KICK: (ATTACKS[Stance.KICK].lunge, ATTACKS[Stance.KICK].startup),
        Stance.PUNCH: (ATTACKS[Stance.PUNCH].lunge, ATTACKS[Stance.PUNCH].startup),
    }.get(stance, (0, NEVER))
    for stance in Stance
)

# The age from which a stance grants each wish (nothing, punch, kick, dash). A punch leads to a kick if it connected.
_FREE: Final = (NEVER, 0, 0, 0)
OPENS: Final = tuple(
    {
        Stance.READY: _FREE,
        Stance.FORWARD: _FREE,
        Stance.BACK: _FREE,
        Stance.DASH: (NEVER, 8, 10, NEVER),
        Stance.PUNCH: (NEVER, NEVER, 8, NEVER),
    }.get(stance, (NEVER,) * 4)
    for stance in Stance
)
