"""The seed of each match: bit for bit that of NumPy, and far from its neighbours."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rollback.sim.pool.seeds import MAX_SEED, seed_of, seeds_of


def of_numpy(seed: int, index: int) -> int:
    low, high = np.random.SeedSequence(seed, spawn_key=(index,)).generate_state(2, np.uint32).tolist()
    return (high << 32 | low) & MAX_SEED


@given(st.integers(0, 2**300), st.integers(0, 2**130))
def test_a_seed_is_the_one_that_numpy_makes_of_the_run_and_the_index(seed: int, index: int) -> None:
    assert seed_of(seed, index) == of_numpy(seed, index)


@pytest.mark.parametrize("seed", [0, 1, 2**32 - 1, 2**32, 2**63 - 1, 2**64, 2**128 - 1, 2**128, 2**160])
@pytest.mark.parametrize("index", [0, 1, 2**32 - 1, 2**32, 2**64])
def test_a_seed_is_that_of_numpy_where_a_word_more_is_needed(seed: int, index: int) -> None:
    assert seed_of(seed, index) == of_numpy(seed, index)


def test_the_function_of_a_run_keeps_nothing_of_the_indices_that_it_was_asked_for() -> None:
    seed_at = seeds_of(7)
    forwards = [seed_at(index) for index in range(100)]
    assert [seed_at(index) for index in reversed(range(100))] == forwards[::-1] == [seed_of(7, i) for i in reversed(range(100))]


def test_no_two_of_many_matches_have_the_same_seed_and_all_are_in_their_limits() -> None:
    seeds = [seeds_of(seed)(index) for seed in range(20) for index in range(500)]
    assert len(set(seeds)) == len(seeds)
    assert min(seeds) >= 0 and 2**61 < max(seeds) <= MAX_SEED


def test_seeds_need_no_numpy() -> None:
    code = "import sys; sys.modules['numpy'] = None; from rollback.sim.pool.seeds import seed_of; print(seed_of(0, 0))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert done.stdout.strip() == str(of_numpy(0, 0)), done.stderr
