"""The numbers of Tetris: speeds, delays, points and attacks. Knows no field and no player.

Gravity follows the guideline's curve, (0.8 - 0.007 (level - 1)) ** (level - 1) seconds a row, as whole parts of a row a
frame at 60 frames a second. Points, combos, back-to-back and attacks are those of the guideline's versus games (as listed
at tetris.wiki, "Scoring" and "Combo"), without spins: an attack is what the cleared rows, the combo and back-to-back are worth.
"""

from __future__ import annotations

from typing import Final

__all__ = [
    "ATTACKS",
    "BACK_TO_BACK_ATTACK",
    "CALM_MINUTES",
    "CHARGE",
    "COMBO_ATTACKS",
    "COMBO_POINTS",
    "GARBAGE_DELAY",
    "GRAVITY",
    "LEVEL_FRAMES",
    "LEVEL_LINES",
    "LOCK_DELAY",
    "LOCK_RESETS",
    "MINUTE",
    "MOST_GARBAGE",
    "MOST_PENDING",
    "NEXT",
    "PERFECT_ATTACK",
    "PIECES_AS_FRAMES",
    "POINTS",
    "REPEAT",
    "ROW",
    "SOFT_DROP",
    "TOP_LEVEL",
]

ROW: Final = 65_536  # parts of a row
TOP_LEVEL: Final = 20
# By level; from level 19 on a piece is on the ground in its first frame.
GRAVITY: Final = (
    *(0, 1_092, 1_377, 1_768, 2_311, 3_075, 4_169, 5_759, 8_107, 11_634, 17_026),
    *(25_416, 38_709, 60_169, 95_483, 154_742, 256_187, 433_425, 749_597, 1_310_720, 1_310_720),
)
SOFT_DROP: Final = ROW // 2  # a row every other frame, if gravity is not faster
LEVEL_LINES: Final = 10  # lines a level
LEVEL_FRAMES: Final = 1_800  # with opponents: frames a level too, so that a match comes to its end

LOCK_DELAY: Final = 30  # frames on the ground
LOCK_RESETS: Final = 15  # moves and turns that start the delay anew, until the piece comes lower than ever
CHARGE: Final = 10  # frames a key is held before the piece goes on by itself (DAS)
REPEAT: Final = 2  # frames a column then (ARR)
NEXT: Final = 5  # pieces that are shown

POINTS: Final = (0, 100, 300, 500, 800)  # times the level; four rows after four rows: half as much again
COMBO_POINTS: Final = 50  # times the level, for every clear in a row after the first
ATTACKS: Final = (0, 0, 1, 2, 4)
COMBO_ATTACKS: Final = (0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 4, 5)  # by clears in a row after the first; then 5
BACK_TO_BACK_ATTACK: Final = 1
PERFECT_ATTACK: Final = 10  # no cell is left
GARBAGE_DELAY: Final = 60  # frames from the attack until it may come up: time to cancel it
MINUTE: Final = 3_600  # frames
CALM_MINUTES: Final = 3  # after them every attack is stronger by a row, and by one more with every minute
PIECES_AS_FRAMES: Final = (2, 60)  # the delay and the minute where a step is a piece: what a quick player makes of them
MOST_GARBAGE: Final = 8  # rows that come up at once; the rest waits for the next piece
MOST_PENDING: Final = 40  # rows that can wait: more than anybody survives
