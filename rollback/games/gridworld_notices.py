"""The words around the picture of a GridWorld: players, points, orders, time. Knows how they are put; knows no map."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from rollback.games.drawing import Primitive, rect, text
from rollback.games.gridworld_kitchen import ORDER

if TYPE_CHECKING:
    from rollback.games.gridworld import GridWorld

__all__ = ["PLAYERS", "notices"]

# Told apart with any eyes: they differ in brightness too, and each player wears its number.
PLAYERS: Final = ("#4cc9f0", "#ff7a59", "#f5e663", "#a970ff")
EMPTY: Final = "#2c3145"
TIMER: Final = "#9be7a0"
LATE: Final = "#ffd166"

_FIRST: Final = 0.5 / 18  # the middle of the first line of eighteen
_LAST: Final = 17.5 / 18
_SIZE: Final = 0.06
_WANTED: Final = ("", "", "", "(o) onion", "(t) tomato")


def notices(game: GridWorld) -> list[Primitive]:
    """Return the line above the map, and the one below it."""
    shapes = [_panel(game, player) for player in range(game.players)]
    shapes.append(text(0.5, _FIRST, _SIZE, _middle(game), "white", "center"))
    if game.kitchen is None:
        shapes.append(text(0.5, _LAST, _SIZE, _task(game), "silver", "center"))
        return shapes
    kitchen = game.kitchen
    share = kitchen.timer / (ORDER * game.pace)
    shapes.append(text(0.04, _LAST, _SIZE, f"order {_WANTED[kitchen.wanted]}", "white"))
    shapes.append(rect(0.36, _LAST - 0.125 / 18, 0.25, 0.25 / 18, EMPTY))
    shapes.append(rect(0.36, _LAST - 0.25 / 18, 0.25 * share, 0.5 / 18, TIMER if share > 0.3 else LATE))
    shapes.append(text(0.96, _LAST, _SIZE, f"then {_WANTED[kitchen.following]}", "silver", "right"))
    return shapes


def _panel(game: GridWorld, player: int) -> Primitive:
    """Return a player's name with keys and points: the first half from the left, the others from the right."""
    keys = "".join(letter for number, letter in enumerate("abc") if game.held[player] >> number & 1)
    points = "" if game.layout.together and game.players > 1 else str(game.points[player])
    left = (game.players + 1) // 2
    parts = [part for part in (f"P{player + 1}", keys, points) if part]
    if player < left:
        return text(0.02 + 0.16 * player, _FIRST, _SIZE, " ".join(parts), PLAYERS[player])
    place = 0.98 - 0.16 * (game.players - 1 - player)
    return text(place, _FIRST, _SIZE, " ".join(reversed(parts)), PLAYERS[player], "right")


def _middle(game: GridWorld) -> str:
    if game.is_won and not game.layout.together and game.players > 1:
        return f"P{game.won.index(max(game.won)) + 1} wins"
    seconds = (game.limit - game.clock + game.fps - 1) // game.fps
    time = "done" if game.is_won else f"{seconds // 60}:{seconds % 60:02d}" if seconds else "time"
    return f"{game.points[0]}  {time}" if game.layout.together and game.players > 1 else time


def _task(game: GridWorld) -> str:
    if game.is_won:
        return ""
    if game.pause:
        return f"round {sum(game.won) + 1}"
    if game.layout.keys:
        return "key a opens door A"
    if game.players > 1 and not game.layout.together:
        return f"first to {game.goals}"
    return "mind the cliff" if game.layout.cliffs else "find the goal"
