"""The fuzzer at work on the engine as it is: it must find nothing, and must have gone where bugs are."""

from __future__ import annotations

from typing import Any, Final

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from rollback import Default, SessionConfig
from tests.fuzz.machine import SEATS, Interleavings
from tests.fuzz.world import Course, Mixture, World

STEADY: Final = settings(
    deadline=None, database=None, derandomize=True, print_blob=False, suppress_health_check=list(HealthCheck)
)


def fuzz(examples: int, steps: int, **more: Any) -> None:
    """Play so many matches of so many steps, and hold that they were worth playing."""
    Interleavings.reset_counts()
    run_state_machine_as_test(
        Interleavings, settings=settings(STEADY, max_examples=examples, stateful_step_count=steps, **more)
    )
    seen = Interleavings.seen
    assert seen["matches"] >= examples * 0.9
    assert seen["frames"] > 8 * seen["matches"] and seen["rollbacks"] > 2 * seen["matches"], seen
    assert all(seen[what] > seen["matches"] / 10 for what in ("lost", "nested", "delays", "stopped")), seen


def test_in_any_order_of_ticks_arrivals_and_losses_the_match_is_the_one_that_was_played() -> None:
    fuzz(100, 40, phases=[Phase.generate])  # making what it finds shorter takes minutes: that is for the long run


@pytest.mark.nightly
@pytest.mark.timeout(3600)
def test_in_any_of_very_many_orders_the_match_is_the_one_that_was_played() -> None:
    fuzz(10_000, 60, derandomize=False)


def test_every_rule_of_the_fuzzer_leads_somewhere_and_the_end_is_reached_by_hand_too() -> None:
    """The world without the machine: one sequence of everything, whose outcome can be said in advance."""
    config = SessionConfig(desync_interval=2, input_delay=1, predictor=Default())
    world = World(Mixture, SEATS[3], [config] * 3)
    for number in range(12):
        world.tick(0, number)
    assert world.peers[0].session.reason == "stalled", "nothing arrived: the window must be full"
    world.deliver((1, 0), 1, keep=True)
    world.deliver((1, 0), 1)
    del world.wire[2, 0][:]
    world.peers[1].set_delay(1, 5)
    world.peers[2].stopped = True
    world.now += 6.0
    for number in range(10):
        world.round(number)
    assert world.peers[2].session.frame < 3, "who is stopped simulates nothing"
    world.peers[2].stopped = False
    world.end = 40
    world.name_end(1)
    world.finish()
    assert len(world.rows) == 40 and world.rollbacks > 3
    assert [row[0][0] for row in world.rows[2:9]] == list(range(7)), "what was offered before the window was full"


def test_a_game_that_is_over_ends_the_match_before_the_end_that_was_named() -> None:
    config = SessionConfig(desync_interval=1, input_delay=0)
    world = World(Course, SEATS[0], [config] * 2)
    world.end = 500
    world.finish()
    assert 20 < len(world.rows) < 200 and world.plain.total >= Course.goal
    assert [peer.session.finished for peer in world.peers] == [True, True]
