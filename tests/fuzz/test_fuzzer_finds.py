"""The fuzzer finds mistakes that are planted in the engine. One that finds nothing in a broken engine says nothing."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.fuzz.machine import Interleavings
from tests.fuzz.plants import PLANTS
from tests.fuzz.test_interleavings import STEADY

ENOUGH = 600  # matches: over twice what the slowest of a hundred searches from other seeds took
QUICK = settings(STEADY, max_examples=ENOUGH, stateful_step_count=30, phases=[Phase.generate], report_multiple_bugs=False)


@pytest.mark.parametrize("plant", PLANTS, ids=lambda plant: plant.__name__)
def test_a_planted_mistake_is_found(plant: Callable[[pytest.MonkeyPatch], None]) -> None:
    Interleavings.reset_counts()
    with pytest.MonkeyPatch.context() as patch:
        plant(patch)
        with pytest.raises(AssertionError):  # what the world says; anything else would be a mistake badly planted
            run_state_machine_as_test(Interleavings, settings=QUICK)
    assert 0 < Interleavings.found_at <= ENOUGH
