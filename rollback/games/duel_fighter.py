"""One fighter of Duel: buttons in, stance and place out. Knows the frame data; knows no opponent, no side and no round.

A fighter's place is its distance from the centre of the stage towards its *own* corner. Both fighters are therefore the
same code with the same signs, and the distance between their middles is the sum of their places.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from rollback.games.duel_moves import (
    ADVANCES,
    BUFFER,
    CRUSH_STUN,
    GUARD,
    GUARD_REGAIN,
    HEALTH,
    LENGTHS,
    OPENS,
    Attack,
    Stance,
    Wish,
)

__all__ = ["FIELDS", "Fighter"]

FIELDS: Final = (
    "place",
    "stance",
    "age",
    "health",
    "guard",
    "calm",
    "stun",
    "landed",
    "held",
    "wish",
    "waited",
    "push",
)

# Plain ints for the hot path: comparing IntEnum members costs three times as much.
_READY, _FORWARD, _BACK, _DASH, _RETREAT, _PUNCH, _KICK, _HIT, _BLOCK, _CRUSHED, _DOWN, _PROUD = (int(s) for s in Stance)
_NOTHING, _WISH_PUNCH, _WISH_KICK, _WISH_DASH = (int(wish) for wish in Wish)
_STARTS: Final = (_READY, _PUNCH, _KICK, _DASH)  # by wish


class Fighter:
    """A fighter.

    Attributes:
        place: Units from the centre towards the own corner.
        stance: What it is doing, see `Stance`.
        age: Frames in this stance.
        health: 0 to 100.
        guard: Blocks left, 0 to 4.
        calm: Frames since the guard was last used or regained.
        stun: Frames until a stun ends.
        landed: Whether the current attack has connected, 0 or 1.
        held: Attack and dash buttons held in the last frame, as bits: a press counts once.
        wish: The press that waits, see `Wish`.
        waited: Frames it has waited.
        push: Speed with which it is pushed to its corner.
    """

    __slots__ = FIELDS

    def __init__(self, place: int) -> None:
        self.place = place
        self.stance = _READY
        self.age = 0
        self.health = HEALTH
        self.guard = GUARD
        self.calm = 0
        self.stun = 0
        self.landed = 0
        self.held = 0
        self.wish = _NOTHING
        self.waited = 0
        self.push = 0

    def read(self, buttons: Sequence[Any]) -> None:
        """Notice presses; also called while the picture is frozen, so that no press is lost."""
        _, _, punch, kick, dash = buttons
        bits = (1 if punch else 0) | (2 if kick else 0) | (4 if dash else 0)
        pressed = bits & ~self.held
        self.held = bits
        if pressed:
            self.wish = _WISH_KICK if pressed & 2 else _WISH_PUNCH if pressed & 1 else _WISH_DASH
            self.waited = 0
        elif self.wish:
            self.waited += 1
            if self.waited > BUFFER:
                self.wish = _NOTHING

    def act(self, buttons: Sequence[Any]) -> None:
        """Advance one frame: end what ends, begin what is wished, move."""
        stance = self.stance
        age = self.age + 1
        if self.stun:
            self.stun -= 1
            if not self.stun:
                stance, age = _READY, 0
        elif age >= LENGTHS[stance]:
            stance, age = _READY, 0
        wish = self.wish
        if wish and age >= OPENS[stance][wish] and (stance != _PUNCH or self.landed):
            stance, age = _STARTS[wish], 0
            if stance == _DASH and buttons[0] and not buttons[1]:
                stance = _RETREAT
            self.wish = _NOTHING
            self.landed = 0
        elif stance <= _BACK:
            back, forward = buttons[0], buttons[1]
            walk = _READY if (back and forward) or not (back or forward) else _BACK if back else _FORWARD
            if walk != stance:
                stance, age = walk, 0
        self.stance = stance
        self.age = age
        speed, end = ADVANCES[stance]
        if age < end:
            self.place -= speed
        if self.push:
            self.place += self.push
            self.push = self.push * 4 // 5
        if self.guard < GUARD:
            self.calm += 1
            if self.calm >= GUARD_REGAIN:
                self.guard += 1
                self.calm = 0

    def guards(self) -> bool:
        """Whether an attack now would be blocked: walking back, or still in the stun of a block."""
        return self.stance == _BACK or self.stance == _BLOCK

    def suffer(self, attack: Attack) -> None:
        """Be hit: lose health and the chance to act."""
        self.health = max(0, self.health - attack.damage)
        self.push = attack.push
        self._stun(_HIT if self.health else _DOWN, attack.hit_stun if self.health else 0)

    def block(self, attack: Attack) -> None:
        """Block: lose guard, and when none is left, the chance to act for long; the guard is whole again then."""
        self.guard -= attack.guard
        self.calm = 0
        self.push = attack.push
        if self.guard <= 0:
            self.guard = GUARD
            self._stun(_CRUSHED, CRUSH_STUN)
        else:
            self._stun(_BLOCK, attack.block_stun)

    def _stun(self, stance: int, frames: int) -> None:
        self.stance, self.age, self.stun = stance, 0, frames
        self.landed = 0
        self.wish = _NOTHING

    def cheer(self) -> None:
        """Show that the round is won."""
        self.stance, self.age, self.stun = _PROUD, 0, 0

    def save(self) -> dict[str, int]:
        """Return all fields."""
        return {
            "place": self.place,
            "stance": self.stance,
            "age": self.age,
            "health": self.health,
            "guard": self.guard,
            "calm": self.calm,
            "stun": self.stun,
            "landed": self.landed,
            "held": self.held,
            "wish": self.wish,
            "waited": self.waited,
            "push": self.push,
        }

    def load(self, state: Mapping[str, int]) -> None:
        """Take over all fields; a missing one is a KeyError."""
        self.place = state["place"]
        self.stance = state["stance"]
        self.age = state["age"]
        self.health = state["health"]
        self.guard = state["guard"]
        self.calm = state["calm"]
        self.stun = state["stun"]
        self.landed = state["landed"]
        self.held = state["held"]
        self.wish = state["wish"]
        self.waited = state["waited"]
        self.push = state["push"]
