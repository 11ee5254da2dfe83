"""Tetris for one to four: who attacks whom, who is left. Knows the players; how a field works is in `tetris_field`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final, Literal

from rollback.errors import GameError
from rollback.game import ActionCodec, Bits, UInt
from rollback.games.drawing import Primitive
from rollback.games.tetris_board import ACTIONS, FULL_ROW, ROWS, Afterstate, after, afterstates, fits, nearest
from rollback.games.tetris_field import Field
from rollback.games.tetris_picture import picture
from rollback.games.tetris_pieces import COLUMNS, SPAWN_X, SPAWN_Y
from rollback.games.tetris_rules import (
    CALM_MINUTES,
    COMBO_ATTACKS,
    GARBAGE_DELAY,
    MINUTE,
    MOST_PENDING,
    NEXT,
    PIECES_AS_FRAMES,
    TOP_LEVEL,
)
from rollback.games.tetris_snapshots import loaded, saved
from rollback.games.text import paint

__all__ = ["Tetris"]

_BUTTONS: Final = ("left", "right", "soft drop", "hard drop", "turn right", "turn left", "hold", "turn half")
_IDLE: Final = (False,) * len(_BUTTONS)
# A table lookup takes a third of the time of looking at eight buttons one by one; 1 and 0 find the same entries.
_BITS: Final = {tuple(bool(bits >> place & 1) for place in range(len(_BUTTONS))): bits for bits in range(1 << len(_BUTTONS))}
_LONGEST_COMBO: Final = len(COMBO_ATTACKS) + 8  # as it is shown: what is longer makes no difference any more


class Tetris:
    """A match of Tetris, or a game alone.

    Every player has a field of ten columns and twenty rows (and four hidden ones above), and gets the same pieces in the
    same order. Rows taken out attack the next player to the right who is still in (from the last one on to the first):
    they first cancel the garbage on its way to oneself; the rest comes up in the other field a second later at the
    earliest, when a piece comes to lie without taking out a row. Attacks of one frame take effect together, after the
    frame. From the fourth minute on every attack is stronger by a row, from the fifth by two, and so on, so that matches
    of the best end too. Out is whose piece cannot appear or lies wholly above the field, or whose cells are pushed out of
    it by garbage; the last one left wins.

    With `actions="buttons"` an action is eight buttons: left, right, soft drop, hard drop, turn right, turn left, hold,
    turn half. With `actions="placements"` it is one number: 40 for using hold, plus 10 a quarter turn to the right, plus
    the column of the leftmost cell; every step is one piece a player, dropped there from above at once. Where it cannot
    go, it goes to the nearest place it can; numbers from 80 on are taken modulo 80.

    Args:
        players: 1 to 4.
        actions: What an action is.
        seed: See `reset`.
        level: To start with, 1 to 20.
        limit: Frames (or placements) after which the match is over; None for no end but being out.

    Attributes:
        observed: What `observe` holds, in order: name, least and greatest value.
        buttons: Their names; none for placements.
        fields: Of each player, see `tetris_field.Field`.
        frame: Frames, or placements, so far.

    Raises:
        GameError: An argument is outside its limits.
    """

    fps = 60

    def __init__(
        self,
        players: int = 2,
        actions: Literal["buttons", "placements"] = "buttons",
        *,
        seed: int = 0,
        level: int = 1,
        limit: int | None = None,
    ) -> None:
        _check("players", players, 1, 4)
        _check("level", level, 1, TOP_LEVEL)
        if limit is not None:
            _check("limit", limit, 1, 1 << 31)
        if actions not in ("buttons", "placements"):
            raise GameError(f'actions must be "buttons" or "placements", not {actions!r:.60}')
        self.players = players
        self.actions = actions
        self.level = level
        self.limit = limit
        codec: ActionCodec = Bits(len(_BUTTONS)) if actions == "buttons" else UInt(7)
        self.codecs = (codec,) * players
        self.buttons = _BUTTONS if actions == "buttons" else ()
        self.observed = _observed(players)
        self.reset(seed)

    def reset(self, seed: int) -> None:
        """Start a match; the seed decides the pieces and the holes in the garbage."""
        self.fields = tuple([Field(seed, self.level) for _ in range(self.players)])
        self.frame = 0

    def step(self, actions: Sequence[Any]) -> None:
        """Advance one frame, or one placement a player; a match that is over stays as it is."""
        if self.over:
            return
        frame, level, attacks = self.frame, self.level, []
        if self.actions == "buttons":
            timed = self.players > 1
            for player, field in enumerate(self.fields):
                action = actions[player]
                bits = _BITS.get(action) if type(action) is tuple else None
                if not field.out:
                    attack = field.step(_bits(action) if bits is None else bits, level, frame, timed)
                    if attack:
                        attacks.append((player, attack))
        else:
            for player, field in enumerate(self.fields):
                action = int(actions[player])
                if not field.out:
                    attack = field.place(action % ACTIONS, level, frame)
                    if attack:
                        attacks.append((player, attack))
        for player, attack in attacks:
            self._attack(player, attack)
        self.frame = frame + 1

    def _attack(self, player: int, rows: int) -> None:
        delay, minute = (GARBAGE_DELAY, MINUTE) if self.actions == "buttons" else PIECES_AS_FRAMES
        target = self.target(player)
        if target is not None:
            rows += max(0, self.frame // minute - CALM_MINUTES + 1)
            self.fields[target].attacked(rows, self.frame + delay)

    def target(self, player: int) -> int | None:
        """Return whom a player attacks now: the next one to the right who is still in; None alone."""
        for way in range(1, self.players):
            other = (player + way) % self.players
            if not self.fields[other].out:
                return other
        return None

    @property
    def over(self) -> bool:
        """Whether at most one of several players is left, or the only one is out, or the limit is reached."""
        if self.limit is not None and self.frame >= self.limit:
            return True
        left = 0
        for field in self.fields:
            if not field.out:
                left += 1
        return left < 2 if self.players > 1 else left < 1

    def save(self) -> dict[str, Any]:
        """Return the state: dicts and tuples of whole numbers, none of which the game ever changes."""
        return {"frame": self.frame, "fields": tuple([saved(field) for field in self.fields])}

    def load(self, state: Mapping[str, Any]) -> None:
        """Become a state that `save` returned.

        Raises:
            GameError: It is no state of Tetris, or one of another number of players; the game stays as it was.
        """
        try:
            frame, trees = state["frame"], state["fields"]
            fields = tuple([loaded(tree, like) for tree, like in zip(trees, self.fields, strict=True)])
        except (KeyError, TypeError, ValueError):
            raise GameError(f"Tetris.load takes what Tetris.save returned, not {state!r:.100}") from None
        self.frame, self.fields = frame, fields

    def placements(self, player: int) -> list[Afterstate]:
        """Return every different placement of the piece that falls, and of the one that hold would bring.

        Each says the action, the field it leads to (before garbage), the rows it takes out, and what
        `tetris_features.features` needs. Rotations of the same shape are listed once; what would be the
        end is not listed, so for one who is still in the list is empty when every placement is the end.
        """
        field = self.fields[player]
        if field.out:
            return []
        found = list(afterstates(field.board, field.piece))
        other = field.hold or field.queue[0]
        if not field.held and fits(field.board, 4 * other, SPAWN_X, SPAWN_Y[other]):
            found += afterstates(field.board, other, hold=True)
        return found

    def afterstate(self, player: int, action: int) -> Afterstate | None:
        """Return what a placement leads to, the nearest legal one for one that is not legal; None if it is the end."""
        field = self.fields[player]
        hold, wished = divmod(int(action) % ACTIONS, ACTIONS // 2)
        piece = (field.hold or field.queue[0]) if hold and not field.held else field.piece
        found = nearest(field.board, piece, wished // COLUMNS, wished % COLUMNS)
        if field.out or found is None or not fits(field.board, 4 * piece, SPAWN_X, SPAWN_Y[piece]):
            return None
        return after(field.board, piece, *found, hold=bool(hold))

    def scores(self) -> tuple[int, ...]:
        """Return the points of every player."""
        return tuple([field.points for field in self.fields])

    def idle(self, player: int) -> Any:
        """Return no button; or, in placements, the one straight down."""
        return _IDLE if self.actions == "buttons" else SPAWN_X

    def keys(self, player: int) -> dict[str, int]:
        """Return which key presses which button, by the names of keys that terminals, windows and browsers share."""
        if self.actions != "buttons":
            return {}
        return {
            **{"left": 0, "a": 0, "right": 1, "d": 1, "down": 2, "s": 2, "space": 3, "w": 3},
            **{"up": 4, "x": 4, "k": 4, "z": 5, "j": 5, "c": 6, "l": 6, "v": 7, "i": 7},
        }

    def observe(self, player: int) -> tuple[int, ...]:
        """Return what a player sees, as `observed` names it; the opponents follow from the right one on."""
        own = self.fields[player]
        seen = [
            *own.rows,
            *(own.piece, own.x, own.y, own.rotation, own.landed, own.hold, own.held),
            *own.queue[:NEXT],
            *(own.incoming, min(own.combo, _LONGEST_COMBO), own.chain, own.level, own.out),
        ]
        for way in range(1, self.players):
            other = self.fields[(player + way) % self.players]
            seen += other.rows
            seen += (other.incoming, other.out)
        return tuple(seen)

    def draw(self) -> list[Primitive]:
        """Return the picture as primitives of `rollback.games.drawing`."""
        return picture(self.save(), over=self.over)

    def render(self, columns: int = 56, rows: int = 18, *, colour: bool = False) -> str:
        """Return the picture as text of `columns` x `rows` cells, with ANSI colours if asked."""
        return paint(self.draw(), columns, rows, colour=colour)


def _check(name: str, value: Any, least: int, most: int) -> None:
    if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
        raise GameError(f"{name} must be a whole number from {least} to {most}, not {value!r:.60}")


def _bits(action: Any) -> int:
    """Return the buttons of any sequence as bits."""
    return _BITS[tuple([bool(button) for button in action])]


def _observed(players: int) -> tuple[tuple[str, int, int], ...]:
    """Return what `observe` holds, in order: name, least and greatest value."""
    seen = [(f"own row {row}", 0, FULL_ROW) for row in range(ROWS)]
    seen += [
        ("piece", 1, 7),
        ("x", -2, 9),
        ("y", -2, ROWS),
        ("rotation", 0, 3),
        ("landed", 0, 1),
        ("hold", 0, 7),
        ("held", 0, 1),
    ]
    seen += [(f"next {place}", 1, 7) for place in range(1, NEXT + 1)]
    seen += [
        ("incoming", 0, MOST_PENDING),
        ("combo", 0, _LONGEST_COMBO),
        ("chain", 0, 1),
        ("level", 1, TOP_LEVEL),
        ("out", 0, 1),
    ]
    for other in range(1, players):
        seen += [(f"opponent {other} row {row}", 0, FULL_ROW) for row in range(ROWS)]
        seen += [(f"opponent {other} incoming", 0, MOST_PENDING), (f"opponent {other} out", 0, 1)]
    return tuple(seen)
