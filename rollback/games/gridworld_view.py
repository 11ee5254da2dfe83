"""What a player of GridWorld sees, field by field. Knows where it stands in the game; knows no rule."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from rollback.games.gridworld_kitchen import COOKING, MISSED, ORDER, SERVED, Item
from rollback.games.gridworld_layouts import PAUSE

if TYPE_CHECKING:
    from rollback.games.gridworld import GridWorld

__all__ = ["FIELDS", "observed_of", "view_of"]

FIELDS: Final = ("x", "y", "facing", "wait", "carried", "keys")  # of each player, one's own first
_ITEMS: Final = len(Item) - 1


def observed_of(game: GridWorld) -> tuple[tuple[str, int, int], ...]:
    """Return what `view_of` holds, in order: name, least and greatest value.

    First come one's own fields, then those of the players after oneself, in order of number and round again; then the
    counters, pots and orders of a kitchen; keys and doors as sums of 1, 2 and 4 for a, b and c; and the goal.
    """
    layout, pace = game.layout, game.pace
    keys = (1 << len(layout.keys)) - 1
    limits = ((0, layout.width - 1), (0, layout.height - 1), (1, 4), (1 - pace, pace - 1), (0, _ITEMS), (0, keys))
    names = ["own", *(f"player +{ahead}" for ahead in range(1, game.players))]
    seen = [(f"{name} {field}", *limit) for name in names for field, limit in zip(FIELDS, limits, strict=True)]
    moves = game.limit // pace + 1
    dearest, best = moves * layout.price, layout.reward * max(1, game.goals)
    if layout.cliffs:
        dearest += game.limit * layout.fall
    if layout.is_kitchen:
        seen += [(f"counter {number}", 0, _ITEMS) for number in range(len(layout.counters))]
        for number in range(len(layout.pots)):
            seen += [(f"pot {number}", 0, 2), (f"pot {number} cooking", 0, COOKING * pace)]
        seen += [("wanted", 3, 4), ("following", 3, 4), ("timer", 1, ORDER * pace)]
        dearest += MISSED * (game.limit // (ORDER * pace) + 1)
        best += SERVED * game.limit
    if layout.keys or layout.doors:
        seen += [("loose keys", 0, keys), ("open doors", 0, keys)]
    if layout.spots:
        seen += [("goal x", 0, layout.width - 1), ("goal y", 0, layout.height - 1)]
    seen += [(f"{name} points", -dearest, best) for name in names]
    seen += [("pause", 0, PAUSE * (pace - 1)), ("time left", 0, game.limit)]
    return tuple(seen)


def view_of(game: GridWorld, player: int) -> tuple[int, ...]:
    """Return what a player sees, in the order of `observed_of`."""
    layout = game.layout
    width = layout.width
    around = [*range(player, game.players), *range(player)]
    seen: list[int] = []
    for other in around:
        y, x = divmod(game.cells[other], width)
        seen += (x, y, game.facing[other], game.waits[other], game.carried[other], game.held[other])
    kitchen = game.kitchen
    if kitchen is not None:
        seen += kitchen.counters
        for inside, left in zip(kitchen.pots, kitchen.cooking, strict=True):
            seen += (inside, left)
        seen += (kitchen.wanted, kitchen.following, kitchen.timer)
    if layout.keys or layout.doors:
        seen += (game.loose, game.doors)
    if layout.spots:
        y, x = divmod(layout.spots[game.spot], width)
        seen += (x, y)
    seen += [game.points[other] for other in around]
    seen += (game.pause, game.limit - game.clock)
    return tuple(seen)
