"""The picture of a GridWorld: map, things, players. Knows how they look; knows no rule and changes nothing.

It is laid out for a terminal of 56 x 18: a line of scores, eight rows of cells two lines high, a line of notices. A map
of more cells than that has smaller ones.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from rollback.games.drawing import BACKGROUND, Primitive, circle, line, rect, text
from rollback.games.gridworld_kitchen import COOKING
from rollback.games.gridworld_layouts import STEPS
from rollback.games.gridworld_notices import PLAYERS, notices

if TYPE_CHECKING:
    from rollback.games.gridworld import GridWorld

__all__ = ["picture"]

WALL: Final = "#3d4663"
COUNTER: Final = "#8c7355"
CRATE: Final = "#5d4a36"
POT: Final = "#8f9bb3"
COOKED: Final = "#9be7a0"
HATCH: Final = "#2e8b62"
CLIFF: Final = "#7a2e3f"
GOAL: Final = "#3ddc97"
PLATE: Final = "#ffffff"
FOOD: Final = ("", "#f3dfa2", "#ff5c5c")
KEYS: Final = ("#ffd166", "#6ee7ff", "#ff9de2")
LETTER: Final = ("", "o", "t")  # colours alone do not tell

_ROW: Final = 1 / 18
_WIDTH, _HEIGHT = 14, 8  # cells of the usual size: four letters wide, two lines high
_SEAMLESS: Final = (1.03, 1.03)  # of a cell: a painter that rounds leaves no gap between two of them


def picture(game: GridWorld) -> list[Primitive]:
    """Return the primitives of the state the game is in."""
    sheet = _Sheet(game)
    for cell, letter in enumerate("".join(game.layout.rows)):
        sheet.tile(cell, letter)
    for player in range(game.players):
        sheet.player(player)
    return [*sheet.shapes, *notices(game)]


class _Sheet:
    """Shapes placed by cells, whose middles are at whole numbers."""

    def __init__(self, game: GridWorld) -> None:
        self.game = game
        self.width = game.layout.width
        columns, rows = max(_WIDTH, self.width), max(_HEIGHT, game.layout.height)
        self.across, self.down = 1 / columns, 16 * _ROW / rows
        self.left = (columns - self.width + 1) / 2
        self.top = (rows - game.layout.height + 1) / 2 + _ROW / self.down
        self.small = _HEIGHT / rows  # what letters and lines shrink by
        self.shapes: list[Primitive] = []

    def middle(self, x: float, y: float) -> tuple[float, float]:
        """Return where the middle of a cell lies on the surface."""
        return (self.left + x) * self.across, (self.top + y) * self.down

    def block(self, cell: int, colour: str, width: float = 1.0, height: float = 1.0) -> None:
        x, y = self.middle(cell % self.width, cell // self.width)
        width, height = width * self.across, height * self.down
        self.shapes.append(rect(x - width / 2, y - height / 2, width, height, colour))

    def label(self, cell: int, letters: str, colour: str, size: float = 0.07) -> None:
        x, y = self.middle(cell % self.width, cell // self.width)
        self.shapes.append(text(x, y, size * self.small, letters, colour, "center"))

    def disc(self, x: float, y: float, radius: float, colour: str) -> None:
        self.shapes.append(circle(*self.middle(x, y), radius * self.down, colour))

    def item(self, x: float, y: float, item: int, size: float) -> None:
        """Add what is in a hand, on a counter or in a pot: food, and under a dish its plate."""
        if item > 2:
            self.disc(x, y, size * 1.45, PLATE)
        food = (item - 1) % 2 + 1
        self.disc(x, y, size, FOOD[food])

    def tile(self, cell: int, letter: str) -> None:
        """Add what a cell is and what lies on it."""
        game, x, y = self.game, cell % self.width, cell // self.width
        if letter == "#":
            self.block(cell, WALL, *_SEAMLESS)
        elif letter == "~":
            self.block(cell, CLIFF, *_SEAMLESS)
            self.label(cell, "~~", FOOD[2], 0.09)
        elif letter == "H":
            self.block(cell, HATCH)
            self.badge(cell, "OUT", COOKED)
        elif letter in "OT":
            self.block(cell, CRATE)
            self.disc(x, y, 0.4, FOOD["OT".index(letter) + 1])
            self.badge(cell, LETTER["OT".index(letter) + 1], FOOD["OT".index(letter) + 1])
        elif letter == "=" and game.kitchen is not None:
            self.block(cell, COUNTER)
            item = game.kitchen.counters[game.layout.stations[cell][1]]
            if item:
                self.item(x, y, item, 0.3)
                self.badge(cell, self.named(item), FOOD[(item - 1) % 2 + 1])
        elif letter == "P":
            self.pot(cell, game.layout.stations[cell][1])
        elif cell in game.layout.keys and game.loose >> game.layout.keys[cell] & 1:
            self.key(x, y, letter, KEYS[game.layout.keys[cell]])
        elif cell in game.layout.doors:
            self.door(cell, letter, game.layout.doors[cell])
        elif game.goals and game.layout.spots and cell == game.layout.spots[game.spot]:
            self.block(cell, GOAL)
            self.block(cell, BACKGROUND, 0.99, 0.5)
            self.label(cell, "GOAL", GOAL, 0.06)

    @staticmethod
    def named(item: int) -> str:
        """Return the letter of what lies somewhere, a dish in a bowl."""
        letter = LETTER[(item - 1) % 2 + 1]
        return f"({letter})" if item > 2 else letter

    def badge(self, cell: int, letters: str, colour: str) -> None:
        """Add a label on a dark ground, which text cells have anyway."""
        self.block(cell, BACKGROUND, 0.25 * len(letters), 0.45)
        self.label(cell, letters, colour, 0.05)

    def pot(self, cell: int, number: int) -> None:
        kitchen = self.game.kitchen
        assert kitchen is not None  # pots are found in kitchens only
        inside, left = kitchen.pots[number], kitchen.cooking[number]
        self.block(cell, COOKED if inside and not left else POT)
        if not inside:
            self.badge(cell, "pot", POT)
            return
        x, y = cell % self.width, cell // self.width
        self.item(x, y, inside if left else inside + 2, 0.36)
        self.badge(cell, self.named(inside if left else inside + 2), FOOD[inside])
        if left:
            done = 1 - left / (COOKING * self.game.pace)
            across, down = self.middle(x - 0.5, y + 0.5)
            self.shapes.append(rect(across, down - self.down / 8, done * self.across, self.down / 8, COOKED))

    def key(self, x: int, y: int, letter: str, colour: str) -> None:
        ends = (*self.middle(x - 0.1, y), *self.middle(x + 0.45, y))
        self.shapes.append(line(*ends, 0.02 * self.small, colour))
        self.shapes.append(line(*self.middle(x + 0.4, y), *self.middle(x + 0.4, y + 0.3), 0.02 * self.small, colour))
        self.disc(x - 0.15, y, 0.3, colour)
        self.badge(y * self.width + x, letter, colour)

    def door(self, cell: int, letter: str, number: int) -> None:
        if self.game.doors >> number & 1:
            for side in (-0.4375, 0.4375):
                x, y = self.middle(cell % self.width + side, cell // self.width)
                self.shapes.append(rect(x - self.across / 16, y - self.down / 2, self.across / 8, self.down, KEYS[number]))
            return
        self.block(cell, KEYS[number])
        self.badge(cell, letter, KEYS[number])

    def player(self, player: int) -> None:
        """Add a player between the cell it left and the one it enters, with what it carries before it."""
        game = self.game
        y, x = divmod(float(game.cells[player]), self.width)
        ahead, below = STEPS[game.facing[player]]
        behind = max(0, game.waits[player]) / game.pace
        x, y = x - ahead * behind, y - below * behind
        self.disc(x, y, 0.47, PLAYERS[player])
        if game.carried[player]:
            self.item(x + ahead * 0.42, y + below * 0.42, game.carried[player], 0.22)
        else:
            self.disc(x + ahead * 0.36, y + below * 0.36, 0.12, BACKGROUND)
        across, down = self.middle(x, y)
        self.shapes.append(rect(across - self.across / 4, down - self.down / 4, self.across / 2, self.down / 2, BACKGROUND))
        self.shapes.append(text(across, down, 0.055 * self.small, f"P{player + 1}", PLAYERS[player], "center"))
