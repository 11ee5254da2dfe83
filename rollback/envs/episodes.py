"""The seeds of episodes: one for each number of an episode, the same on all peers. Knows no environment."""

from __future__ import annotations

from typing import Final

import numpy as np

__all__ = ["LARGEST_SEED", "seed_of"]

LARGEST_SEED: Final = 2**31 - 1  # what every environment takes: those in C hold a seed in a signed int


def seed_of(seed: int, episode: int) -> int:
    """Return the seed of an episode, 0 to 2**31 - 1, by `SeedSequence(seed, spawn_key=(episode,))`.

    Args:
        seed: What the match was seeded with; 0 or more.
        episode: Its number, from 0.
    """
    return int(np.random.SeedSequence(seed, spawn_key=(episode,)).generate_state(1)[0]) & LARGEST_SEED
