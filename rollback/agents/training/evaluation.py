"""How well a table plays from starts it was not trained on. Knows a course and a table; knows no training and no dice."""

from __future__ import annotations

from collections.abc import Sequence

from rollback.agents.training.grid_course import Course, Start
from rollback.games.gridworld import GridWorld

__all__ = ["evaluated", "greedy_walk"]


def greedy_walk(course: Course, game: GridWorld, table: Sequence[Sequence[float]], start: Start) -> bool:
    """Play an episode in `game`, always the best move, the first of several; return whether the goal was reached.

    Who comes a second time to the same situation goes round for ever: such a walk is broken off.
    """
    course.begin(game, start)
    met: set[int] = set()
    while not game.over:
        row = course.row(game)
        if row in met:
            return False
        met.add(row)
        values = table[row]
        game.step((1 + values.index(max(values)),))
    return game.is_won


def evaluated(course: Course, table: Sequence[Sequence[float]], episodes: int, *, is_final: bool = True) -> dict[str, float]:
    """Return how a table fares from held-out starts, without exploring.

    Nothing is left to chance, so a start is played once only: more episodes than starts are as many as starts. A map of
    so few cells that none is held out is tested from where it was trained, and says so by `held_out`.

    Args:
        course: Where.
        table: Four values, of up, down, left and right, for each situation.
        episodes: How many at most; evenly spread over the starts if there are more of those.
        is_final: Whether from the starts of the final figure; else from those that a training looks at.

    Returns:
        `success`, the share that reached the goal; `length`, the mean of their moves, 0 if none did; `starts`, how many
        were played; `held_out`, 1 where training never started from these, else 0.
    """
    held_out = course.held_out if is_final else course.looked_at
    known = held_out or course.starts
    count = max(1, min(episodes, len(known)))
    chosen = [known[number * len(known) // count] for number in range(count)]
    game = course.game()
    lengths = []
    for start in chosen:
        if greedy_walk(course, game, table, start):
            lengths.append(game.clock)
    return {
        "success": len(lengths) / count,
        "length": sum(lengths) / max(1, len(lengths)),
        "starts": float(count),
        "held_out": float(bool(held_out)),
    }
