"""Where the best moves of a table lead on a map, and the way out where they lead nowhere. Knows no player and no time."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence

from rollback.games.gridworld_layouts import Layout

__all__ = ["leading"]


def leading(
    layout: Layout, values: Callable[[int], Sequence[float]], shut: Collection[int], news: Collection[int]
) -> tuple[int, ...]:
    """Return by cell which move is made there: 1 up, 2 down, 3 left, 4 right, or 0 where there is none to be made.

    It is the best move, the first of several, where that leads on: to something new, or to a cell that the training never
    met, on which all moves are worth the same and none is made. Where the best moves go in a circle, into a wall or off a
    cliff, it is the first move of the map's shortest way to the nearest cell from where they come to something new; there is
    none where no such cell can be reached. So whoever makes these moves goes round for ever nowhere.

    Args:
        layout: The map.
        values: What the four moves of a cell are worth.
        shut: The cells of doors that cannot be entered.
        news: The cells where something happens: the goal, keys, doors that open.
    """
    floor, offsets = layout.floor, layout.offsets
    barred = {*layout.cliffs, *shut}
    entered = [cell for cell, kind in enumerate(floor) if kind and cell not in barred]
    is_entered = frozenset(entered)
    best: dict[int, int] = {}
    unknown, arriving = [], []
    before: dict[int, list[int]] = {}
    for cell in entered:
        row = values(cell)
        greatest = max(row)
        if min(row) == greatest:
            unknown.append(cell)
            continue
        move = 1 + row.index(greatest)
        target = cell + offsets[move]
        if target in is_entered:
            best[cell] = move
            before.setdefault(target, []).append(cell)
            if target in news:
                arriving.append(cell)
    moves = dict.fromkeys(unknown, 0)
    _reach(moves, unknown, before, best)
    sure = {cell: best[cell] for cell in arriving}
    _reach(sure, arriving, before, best)
    moves |= sure
    edge = sorted(sure)
    passed = set(edge)
    while edge:  # outwards from all of them at once, so that each cell is met from the nearest
        further = []
        for cell in edge:
            for move in range(1, len(offsets)):
                other = cell - offsets[move]
                if other in is_entered and other not in passed:
                    passed.add(other)
                    moves.setdefault(other, move)
                    further.append(other)
        edge = further
    return tuple(moves.get(cell, 0) for cell in range(len(floor)))


def _reach(found: dict[int, int], ends: Iterable[int], before: Mapping[int, Sequence[int]], best: Mapping[int, int]) -> None:
    """Add to `found` the best move of each cell from where the best moves lead to one of `ends`."""
    edge = list(ends)
    while edge:
        cell = edge.pop()
        for other in before.get(cell, ()):
            if other not in found:
                found[other] = best[other]
                edge.append(other)
