"""Every episode of a match has a seed of its own, the same everywhere, that any environment takes."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rollback.envs.episodes import LARGEST_SEED, seed_of


def test_the_seeds_are_those_of_the_seed_sequence() -> None:
    for seed, episode in [(0, 0), (7, 1), (2**63 - 1, 500)]:
        drawn = np.random.SeedSequence(seed, spawn_key=(episode,)).generate_state(1)[0]
        assert seed_of(seed, episode) == int(drawn) & (2**31 - 1)


@pytest.mark.parametrize(("seed", "episode"), [(0, 0), (0, 1), (1, 0), (2**40, 10)])
def test_neighbours_differ(seed: int, episode: int) -> None:
    assert len({seed_of(seed, episode), seed_of(seed, episode + 1), seed_of(seed + 1, episode)}) == 3


def test_a_thousand_episodes_hardly_repeat() -> None:
    assert len({seed_of(3, episode) for episode in range(1000)}) == 1000


@given(st.integers(0, 2**63 - 1), st.integers(0, 10**9))
def test_any_environment_takes_them(seed: int, episode: int) -> None:
    made = seed_of(seed, episode)
    assert type(made) is int and 0 <= made <= LARGEST_SEED == 2**31 - 1
    assert made == seed_of(seed, episode)
