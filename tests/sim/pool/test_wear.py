"""What a match leaves in a worker's memory is not the next one's fault."""

from __future__ import annotations

import pytest

from rollback.sim.pool.wear import Wear, is_short

SHORT = "Traceback: ...\nMemoryError\n"
OTHER = "cannot import name 'sha256' from 'hashlib'"


class Memory:
    """Has 1,000 bytes at the start, and what is said since."""

    def __init__(self):
        self.taken = 0

    def __call__(self):
        return 1000 + self.taken


@pytest.fixture
def memory():
    return Memory()


@pytest.fixture
def wear(memory):
    return Wear(800, 1000, memory)


def test_without_a_limit_every_result_stands(memory):
    for wear in (Wear(None, 1000, memory), Wear(800, 0, memory)):
        assert wear.taken() == 0
        assert [wear.is_fair(error, 0) for error in ("", SHORT, OTHER, SHORT)] == [True] * 4
        assert not wear.is_worn


@pytest.mark.parametrize(
    ("before", "after", "is_fair", "is_worn"),
    [(0, 0, True, False), (100, 400, True, False), (101, 0, False, False), (0, 401, True, True)],
)
def test_a_match_that_runs_out_of_memory_is_judged_where_it_had_nearly_all_of_it(wear, memory, before, after, is_fair, is_worn):
    assert wear.is_fair("", 0)
    memory.taken = before
    taken = wear.taken()
    assert taken == before
    memory.taken = after
    assert wear.is_fair(SHORT, taken) is is_fair
    assert wear.is_worn is is_worn


def test_the_first_match_of_a_worker_is_judged_and_wears_it_out_for_an_import_may_be_half_done(wear):
    assert wear.is_fair(SHORT, 0) and wear.is_worn
    assert wear.is_fair("", 0)
    assert not wear.is_fair(OTHER, 0)
    assert not wear.is_fair(SHORT, 0)


def test_other_errors_stand_as_long_as_the_worker_is_whole(wear):
    assert all(wear.is_fair(OTHER, 700) for _ in range(3)) and not wear.is_worn


@pytest.mark.parametrize(
    ("error", "expected"), [(SHORT, True), ("numpy._ArrayMemoryError: Unable", True), (OTHER, False), ("", False)]
)
def test_errors_for_want_of_memory_are_known_by_their_name(error, expected):
    assert is_short(error) is expected
