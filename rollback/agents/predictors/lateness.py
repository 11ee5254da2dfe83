"""When the inputs of a recorded match would have arrived: a tick for each frame, drawn from a seed. Knows no game.

Each datagram repeats all inputs that were not acknowledged, so an input is here as soon as any datagram of its frame or of a
later one is.
"""

from __future__ import annotations

import random

__all__ = ["arrivals"]


def arrivals(frames: int, delay: int, jitter: int, loss: float, seed: str) -> list[int]:
    """Return for each frame the tick at whose beginning its input is here.

    Args:
        frames: How many.
        delay: Ticks a datagram travels.
        jitter: Up to so many more, drawn evenly for each.
        loss: Share that never arrives.
        seed: Of the draws.
    """
    dice = random.Random(seed)
    never = frames + delay + jitter + 1_000_000
    ticks = [never if dice.random() < loss else frame + delay + dice.randint(0, jitter) for frame in range(frames)]
    newest = frames + delay + jitter  # what the match ends with is told until it is heard
    for frame in range(frames - 1, -1, -1):
        newest = ticks[frame] = min(ticks[frame], newest)
    return ticks
