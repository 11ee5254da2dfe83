"""What a learner of Duel chooses among, and which buttons that presses frame by frame. Knows no learner and no match.

It chooses every few frames, as people do: a choice that changed in every frame could hardly be told apart by what comes of
it. A button of an attack comes up again within its choice, for what is held down counts only once.
"""

from __future__ import annotations

from typing import Final

__all__ = ["CHOICES", "LOOK", "PRESSED", "STILL"]

CHOICES: Final = ("still", "back", "forward", "punch", "kick", "dash", "retreat")
STILL: Final = 0
LOOK: Final = 4  # frames of a choice: a fifteenth of a second
_DOWN: Final = 2  # frames of them in which an attack is pressed

# back, forward, punch, kick, dash
_BUTTONS: Final = (
    (False, False, False, False, False),
    (True, False, False, False, False),
    (False, True, False, False, False),
    (False, False, True, False, False),
    (False, False, False, True, False),
    (False, True, False, False, True),
    (True, False, False, False, True),
)

# By choice, and by the frame of it.
PRESSED: Final = tuple(
    tuple((*buttons[:2], *(each and frame < _DOWN for each in buttons[2:])) for frame in range(LOOK)) for buttons in _BUTTONS
)
