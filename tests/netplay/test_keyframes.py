"""When a keyframe is due: in time for small states, rarely for large ones, and never more than a recording may take."""

from __future__ import annotations

import random

import pytest

from rollback.errors import UsageError
from rollback.netplay.keyframes import BYTES_A_SECOND, LARGEST, MOST_VALUES, KeyframePlan

NOISE = random.Random(1).randbytes


def written(plan, state, size, frames):
    """Play so many frames, and return those that got a keyframe of `size` bytes."""
    found = []
    while 0 <= plan.due <= frames:
        due = plan.due
        if plan.is_affordable(state):
            found.append(due)
            plan.wait()
            plan.wrote(due, size)
    return found


def test_a_small_state_has_one_every_so_many_seconds():
    assert written(KeyframePlan(0, 60, 10, 60), {"x": 1}, 100, 3000) == [600, 1200, 1800, 2400, 3000]
    assert written(KeyframePlan(0, 50, 0.5, 0), {"x": 1}, 10, 100) == [25, 50, 75, 100]
    assert written(KeyframePlan(130, 60, 1, 60), {"x": 1}, 10, 400) == [240, 300, 360]


def test_without_seconds_there_is_none():
    plan = KeyframePlan(0, 60, 0, 60)
    plan.go_on(60)
    assert plan.due == -1


@pytest.mark.parametrize("size", [1000, 5000, 60_000])
def test_all_together_stay_within_their_part_however_large_they_are(size):
    frames = 60 * 3600
    found = written(KeyframePlan(0, 60, 10, 60), {"noise": NOISE(size)}, size, frames)
    assert found and len(found) * size <= BYTES_A_SECOND * frames / 60
    assert all(BYTES_A_SECOND * frame / 60 >= size * count for count, frame in enumerate(found, 1) if count > 1)


def test_a_state_that_is_too_large_to_pack_in_a_frame_has_none_at_all():
    assert written(KeyframePlan(0, 60, 10, 60), {"noise": bytes(LARGEST + 1)}, 100, 10**7) == []


def test_a_state_that_is_not_held_is_left_out():
    plan = KeyframePlan(0, 60, 10, 60)
    plan.skip()
    assert plan.due == 660
    assert plan.is_affordable({}) and plan.due == 660


def test_a_state_of_very_many_values_is_not_even_looked_through():
    class Counted(dict):
        pass

    many = {row: dict.fromkeys(range(100), row) for row in range(MOST_VALUES // 100)}
    plan, few = KeyframePlan(0, 60, 10, 60), KeyframePlan(0, 60, 10, 60)
    assert not plan.is_affordable(many | {"beyond": Counted()})  # to size it up would raise
    assert plan.due == -1
    assert few.is_affordable({row: many[row] for row in range(20)})
    with pytest.raises(UsageError):
        KeyframePlan(0, 60, 10, 60).is_affordable({"beyond": Counted()})
