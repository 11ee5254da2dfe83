"""How a fighter of Duel stands: a skeleton for every stance and age. Knows stances and their timing; knows no screen.

A pose is seven joints in the units of the stage, x forward and y up from the ground under the fighter: head, neck, hip,
lead hand, rear hand, lead foot, rear foot. Elbows and knees follow from the lengths of the limbs.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from math import sqrt
from typing import Final, TypeAlias

from rollback.games.duel_moves import ATTACKS, Stance

__all__ = ["ARM", "LEG", "POSES", "Pose", "joint", "pose_of"]

Point: TypeAlias = tuple[float, float]
Pose: TypeAlias = tuple[Point, ...]

ARM: Final = 800.0
LEG: Final = 1_020.0

#             head         neck         hip         lead hand    rear hand    lead foot    rear foot
POSES: Final[dict[str, Pose]] = {
    "ready": ((70, 1830), (40, 1600), (-20, 900), (430, 1420), (270, 1250), (330, 0), (-340, 0)),
    "breath": ((60, 1800), (35, 1570), (-20, 880), (420, 1370), (260, 1210), (330, 0), (-340, 0)),
    "stride": ((130, 1840), (90, 1610), (20, 920), (430, 1380), (230, 1270), (120, 60), (-130, 0)),
    "lunge": ((160, 1810), (120, 1580), (30, 880), (460, 1390), (270, 1230), (480, 0), (-450, 0)),
    "shield": ((-60, 1820), (-60, 1590), (-30, 900), (330, 1690), (270, 1440), (300, 0), (-360, 0)),
    "shuffle": ((-50, 1830), (-60, 1600), (-20, 920), (330, 1690), (270, 1440), (140, 0), (-180, 50)),
    "braced": ((-170, 1770), (-140, 1540), (-60, 850), (300, 1740), (300, 1420), (330, 0), (-460, 0)),
    "dash": ((420, 1560), (310, 1370), (0, 800), (120, 900), (-250, 1000), (560, 120), (-640, 160)),
    "retreat": ((-220, 1760), (-160, 1540), (-40, 830), (330, 1420), (180, 1230), (480, 90), (-420, 0)),
    "cocked": ((20, 1800), (0, 1580), (-60, 880), (60, 1360), (330, 1450), (340, 0), (-360, 0)),
    "punch": ((240, 1790), (200, 1560), (90, 880), (930, 1540), (130, 1280), (520, 0), (-420, 0)),
    "knee": ((-60, 1820), (-50, 1590), (10, 930), (330, 1350), (120, 1250), (330, 560), (-180, 0)),
    "kick": ((-260, 1770), (-180, 1560), (140, 960), (330, 1400), (-480, 1250), (1180, 1160), (-60, 0)),
    "lowered": ((0, 1800), (0, 1570), (60, 900), (400, 1300), (60, 1200), (720, 180), (-200, 0)),
    "hit": ((-330, 1700), (-210, 1530), (20, 860), (120, 1130), (-480, 1300), (330, 0), (-380, 0)),
    "crushed": ((240, 1370), (110, 1240), (-90, 740), (300, 640), (-60, 600), (310, 0), (-330, 0)),
    "down": ((-1130, 190), (-900, 150), (-200, 150), (-560, 60), (-1250, 60), (730, 60), (560, 260)),
    "proud": ((0, 1870), (0, 1640), (0, 930), (390, 2330), (-390, 2330), (230, 0), (-230, 0)),
}

# What a stance goes through: (age, pose); in between it is blended, after the last one it stays.
_PUNCH: Final = ATTACKS[Stance.PUNCH]
_KICK: Final = ATTACKS[Stance.KICK]
_SCRIPTS: Final[Mapping[int, tuple[tuple[int, str], ...]]] = {
    Stance.DASH: ((0, "ready"), (3, "dash"), (12, "dash"), (16, "ready")),
    Stance.RETREAT: ((0, "ready"), (3, "retreat"), (13, "retreat"), (20, "ready")),
    Stance.PUNCH: (
        (0, "ready"),
        (3, "cocked"),
        (_PUNCH.startup, "punch"),
        (_PUNCH.startup + _PUNCH.active, "punch"),
        (_PUNCH.total, "ready"),
    ),
    Stance.KICK: (
        (0, "ready"),
        (8, "knee"),
        (_KICK.startup, "kick"),
        (_KICK.startup + _KICK.active, "kick"),
        (_KICK.total - 8, "lowered"),
        (_KICK.total, "ready"),
    ),
    Stance.HIT: ((0, "hit"), (12, "hit"), (26, "ready")),
    Stance.BLOCK: ((0, "braced"), (8, "braced"), (15, "shield")),
    Stance.CRUSHED: ((0, "hit"), (8, "crushed"), (40, "crushed"), (48, "ready")),
    Stance.DOWN: ((0, "hit"), (18, "down")),
    Stance.PROUD: ((0, "ready"), (14, "proud")),
}

# What a stance repeats: frames a pose, and the poses.
_CYCLES: Final[Mapping[int, tuple[int, tuple[str, ...]]]] = {
    Stance.READY: (22, ("ready", "breath")),
    Stance.FORWARD: (7, ("stride", "lunge")),
    Stance.BACK: (8, ("shield", "shuffle")),
}


def pose_of(stance: int, age: int) -> Pose:
    """Return the joints of a stance at an age."""
    if stance in _CYCLES:
        frames, names = _CYCLES[stance]
        return POSES[names[age // frames % len(names)]]
    script = _SCRIPTS[stance]
    for (start, before), (end, after) in pairwise(script):
        if age < end:
            return _blend(POSES[before], POSES[after], (age - start) / (end - start))
    return POSES[script[-1][1]]


def _blend(one: Pose, other: Pose, share: float) -> Pose:
    return tuple((ax + (bx - ax) * share, ay + (by - ay) * share) for (ax, ay), (bx, by) in zip(one, other, strict=True))


def joint(start: Point, end: Point, length: float, side: int) -> Point:
    """Return where a limb of two equal halves bends; `side` 1 bends it to the left of the way from start to end."""
    (ax, ay), (bx, by) = start, end
    dx, dy = bx - ax, by - ay
    span = sqrt(dx * dx + dy * dy) or 1.0
    bend = sqrt(max(0.0, length * length - span * span)) / 2 * side
    return (ax + bx) / 2 - dy / span * bend, (ay + by) / 2 + dx / span * bend
