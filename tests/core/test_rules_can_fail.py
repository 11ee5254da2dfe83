"""Breaks the rules of the tick on purpose, one at a time, and sees the test of each rule fail.

Each mistake is one that somebody has made. A test that does not notice its mistake proves nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from rollback import P2PSession, SessionConfig
from rollback.core import settled as settled_module
from rollback.core.confirmation import Confirmation
from rollback.core.dispatch import Dispatch
from rollback.core.handles import no_ride
from rollback.core.queues import LocalInputs
from rollback.core.simulation import Simulation
from rollback.core.snapshots import Snapshots
from tests.core import test_ending as ending
from tests.core import test_exceptions as exceptions
from tests.core import test_input_delay as input_delay
from tests.core import test_membership as membership
from tests.core import test_rules as rules
from tests.core import test_saving as saving
from tests.core import test_windows as windows
from tests.core.games import Sums
from tests.core.network import Link, Match

Patch = pytest.MonkeyPatch
Check = Callable[[], Any]


def fails(check: Check) -> bool:
    """Whether a check fails, in whatever way a test can fail; a mistake that was planted badly is none."""
    try:
        check()
    except (AttributeError, NameError, ImportError):
        raise
    except Exception:
        return True
    return False


def lossy() -> None:
    """Play over a line that loses a third."""
    config = SessionConfig(input_delay=1, interrupt_after=5)
    Match(Sums, config=config, link=Link(2, 2, 0.3), end=120, hold=0.4).finish(3_000).check(120)


def inputs_are_applied_as_they_arrive(patch: Patch) -> None:
    receive = P2PSession.receive

    def applied(self: P2PSession, peer: str, datagram: bytes) -> None:
        receive(self, peer, datagram)
        endpoint = next(endpoint for endpoint in self._endpoints if endpoint.name == peer)
        self._intake.drain(endpoint, endpoint.heard)

    patch.setattr(P2PSession, "receive", applied)


def what_arrives_during_a_tick_is_lost(patch: Patch) -> None:
    receive = P2PSession.receive

    def deaf(self: P2PSession, peer: str, datagram: bytes) -> None:
        if not self._busy:
            receive(self, peer, datagram)

    patch.setattr(P2PSession, "receive", deaf)


def inboxes_are_emptied_after_the_tick(patch: Patch) -> None:
    tick = P2PSession.tick

    def emptied(self: P2PSession, actions: Any, *, now: float) -> Any:
        done = tick(self, actions, now=now)
        for inbox in self._inboxes.values():
            inbox.clear()
        return done

    patch.setattr(P2PSession, "tick", emptied)


def the_queue_is_drained_a_frame_late(patch: Patch) -> None:
    tick = P2PSession.tick

    def late(self: P2PSession, actions: Any, *, now: float) -> Any:
        waiting = {name: list(inbox) for name, inbox in self._inboxes.items()}
        for name, inbox in self._inboxes.items():
            inbox.clear()
            inbox.extend(getattr(self, "held_back", {}).get(name, ()))
        self.held_back = waiting  # type: ignore[attr-defined]
        return tick(self, actions, now=now)

    patch.setattr(P2PSession, "tick", late)


def a_rollback_waits_for_the_next_frame(patch: Patch) -> None:
    rollback = Simulation.rollback
    waited: set[int] = set()

    def later(self: Simulation) -> int:
        if id(self) in waited:
            waited.discard(id(self))
            return rollback(self)
        waited.add(id(self))
        return 0

    patch.setattr(Simulation, "rollback", later)


def a_rollback_is_done_in_two_halves(patch: Patch) -> None:
    rollback = Simulation.rollback

    def halves(self: Simulation) -> int:
        first = self.wrong
        again = rollback(self)
        if again > 1:
            self.wrong = first + again // 2
            again += rollback(self)
        return again

    patch.setattr(Simulation, "rollback", halves)


def a_rollback_begins_at_the_newest_wrong_guess(patch: Patch) -> None:
    rollback = Simulation.rollback

    def newest(self: Simulation) -> int:
        self.wrong = max(self.wrong, self.frame - 1)
        return rollback(self)

    patch.setattr(Simulation, "rollback", newest)


def a_rollback_is_forgotten_while_the_window_is_full(patch: Patch) -> None:
    rollback = Simulation.rollback

    def forgotten(self: Simulation) -> int:
        known = min(queue.known for queue in self.queues)
        if self.frame - known > self.config.prediction_window:
            self.wrong = 1 << 60
            return 0
        return rollback(self)

    patch.setattr(Simulation, "rollback", forgotten)


def a_tick_may_be_entered_again(patch: Patch) -> None:
    tick = P2PSession.tick

    def unguarded(self: P2PSession, actions: Any, *, now: float) -> Any:
        self._busy = False
        return tick(self, actions, now=now)

    patch.setattr(P2PSession, "tick", unguarded)


def the_guard_is_kept_after_an_exception(patch: Patch) -> None:
    tick = P2PSession.tick

    def stuck(self: P2PSession, actions: Any, *, now: float) -> Any:
        try:
            return tick(self, actions, now=now)
        except Exception:
            self._busy = True
            raise

    patch.setattr(P2PSession, "tick", stuck)


def checksums_are_taken_before_the_rollback(patch: Patch) -> None:
    made, rollback = P2PSession.__init__, Simulation.rollback
    confirmations: dict[int, Confirmation] = {}

    def remembered(self: P2PSession, *arguments: Any, **named: Any) -> None:
        made(self, *arguments, **named)
        confirmations[id(self._sim)] = self._confirmation

    def summed(self: Simulation) -> int:
        if id(self) in confirmations:
            confirmations[id(self)].confirm()
        return rollback(self)

    patch.setattr(P2PSession, "__init__", remembered)
    patch.setattr(Simulation, "rollback", summed)


def guessed_frames_are_settled(patch: Patch) -> None:
    def guessed(self: Confirmation) -> int:
        self.settled = max(self.settled, self._sim.frame - 1)
        return self.settled

    patch.setattr(Confirmation, "settle", guessed)


def settled_frames_are_read_twice(patch: Patch) -> None:
    take = settled_module.SettledReader.take

    def twice(self: settled_module.SettledReader) -> Any:
        done = take(self)
        if done:
            self._next = done[-1].frame
        return done

    patch.setattr(settled_module.SettledReader, "take", twice)


def snapshots_are_dropped_too_early(patch: Patch) -> None:
    made = Snapshots.__init__
    patch.setattr(Snapshots, "__init__", lambda self, window, stride: made(self, max(0, window // 2 - 2 * stride - 2), stride))


def inputs_are_dropped_before_they_are_acknowledged(patch: Patch) -> None:
    patch.setattr(Dispatch, "forget", lambda self: self._own.forget(self._own.known))


def a_raised_delay_is_not_filled(patch: Patch) -> None:
    capture = LocalInputs.capture

    def hollow(self: LocalInputs, frame: int, row: bytes) -> None:
        gap = frame + max(self.delays.values()) - self.queue.known - 1
        if gap > 0:
            self.captured = frame
            return
        capture(self, frame, row)

    patch.setattr(LocalInputs, "capture", hollow)


def a_lowered_delay_rewrites_what_was_sent(patch: Patch) -> None:
    capture = LocalInputs.capture

    def rewriting(self: LocalInputs, frame: int, row: bytes) -> None:
        capture(self, frame, row)
        if self.queue.known > frame + max(self.delays.values()):
            self.queue.append(row)

    patch.setattr(LocalInputs, "capture", rewriting)


def the_end_is_not_waited_for(patch: Patch) -> None:
    patch.setattr(Simulation, "is_over", lambda self: False)
    patch.setattr(Simulation, "end_at", lambda self, frame: None)


def a_step_that_raised_is_final(patch: Patch) -> None:
    stopped = Simulation.stopped_by_error

    def final(self: Simulation, frame: int) -> None:
        stopped(self, frame)
        self.failure = self.failure or "ValueError: on a guess"

    patch.setattr(Simulation, "stopped_by_error", final)


def a_goodbye_is_said_once(patch: Patch) -> None:
    monkeyed = "rollback.core.goodbyes.BYES"
    patch.setattr(monkeyed, 1)


PLANTED: list[tuple[Callable[[Patch], None], Check]] = [
    (inputs_are_applied_as_they_arrive, rules.test_inputs_that_arrive_are_only_queued),
    (inputs_are_applied_as_they_arrive, rules.test_inputs_that_arrive_during_a_tick_wait_for_the_next_one),
    (what_arrives_during_a_tick_is_lost, rules.test_inputs_that_arrive_during_a_tick_wait_for_the_next_one),
    (what_arrives_during_a_tick_is_lost, rules.test_no_input_is_lost_while_replaying),
    (inboxes_are_emptied_after_the_tick, rules.test_no_input_is_lost_while_replaying),
    (the_queue_is_drained_a_frame_late, rules.test_the_queue_is_drained_at_the_start_of_the_frame),
    (a_rollback_waits_for_the_next_frame, rules.test_the_rollback_comes_before_the_step_and_is_one_batch),
    (a_rollback_waits_for_the_next_frame, rules.test_a_rollback_serves_the_earliest_wrong_guess),
    (a_rollback_is_done_in_two_halves, rules.test_the_rollback_comes_before_the_step_and_is_one_batch),
    (a_rollback_begins_at_the_newest_wrong_guess, rules.test_a_rollback_serves_the_earliest_wrong_guess),
    (
        a_rollback_begins_at_the_newest_wrong_guess,
        lambda: rules.test_delayed_remote_inputs_lead_to_one_state_on_both_sides(range(30), 3),
    ),
    (a_rollback_is_forgotten_while_the_window_is_full, windows.test_a_rollback_is_served_though_the_window_is_full),
    (a_tick_may_be_entered_again, rules.test_a_tick_within_a_tick_is_refused_and_the_session_goes_on),
    (the_guard_is_kept_after_an_exception, rules.test_the_guard_is_released_when_a_tick_fails),
    (the_guard_is_kept_after_an_exception, rules.test_the_guard_is_released_when_the_game_fails_outside_of_step),
    (the_guard_is_kept_after_an_exception, rules.test_a_predictor_that_fails_leaves_the_session_usable),
    (checksums_are_taken_before_the_rollback, rules.test_checksums_are_those_of_confirmed_states_only),
    (guessed_frames_are_settled, rules.test_settled_frames_come_once_in_order_and_never_change),
    (settled_frames_are_read_twice, rules.test_settled_frames_come_once_in_order_and_never_change),
    (
        snapshots_are_dropped_too_early,
        lambda: rules.test_delayed_remote_inputs_lead_to_one_state_on_both_sides(range(30), 5),
    ),
    (
        snapshots_are_dropped_too_early,
        lambda: saving.test_450_frames_at_15_percent_loss_never_lack_a_snapshot(range(4), "every"),
    ),
    (inputs_are_dropped_before_they_are_acknowledged, lossy),
    (a_raised_delay_is_not_filled, input_delay.test_a_raised_delay_does_not_freeze_the_other_side),
    (a_raised_delay_is_not_filled, input_delay.test_raising_the_delay_repeats_the_last_input_into_the_gap),
    (
        a_lowered_delay_rewrites_what_was_sent,
        input_delay.test_lowering_the_delay_skips_actions_and_changes_no_queued_one,
    ),
    (the_end_is_not_waited_for, lambda: ending.test_no_frame_at_or_past_the_end_is_simulated(8)),
    (
        a_step_that_raised_is_final,
        lambda: exceptions.test_a_step_that_raises_on_guessed_inputs_is_taken_back_and_waits("every", 0),
    ),
    (a_goodbye_is_said_once, membership.test_a_goodbye_passes_a_line_that_loses_four_of_five),
]


NAMES = [f"{number}: {plant.__name__}" for number, (plant, _) in enumerate(PLANTED)]


@pytest.mark.parametrize(("plant", "check"), PLANTED, ids=NAMES)
def test_a_planted_mistake_is_noticed(plant: Callable[[Patch], None], check: Check, monkeypatch: Patch) -> None:
    # The mistakes are planted in the long way; that the short one says and does the same is held by test_short_way.
    monkeypatch.setattr("rollback.core.engine.ride_of", lambda *parts: no_ride())
    plant(monkeypatch)
    assert fails(check), f"{plant.__name__} went unnoticed"


@pytest.mark.parametrize("check", [lossy, *{id(check): check for _, check in PLANTED if check.__name__ == "<lambda>"}.values()])
def test_without_a_mistake_the_same_checks_pass(check: Check) -> None:
    check()
