"""Whom a match waits for: who is lost and may come back, and who asked for a pause, with its seconds."""

from __future__ import annotations

import pytest

from rollback.netplay.in_worker.waits import OWN, Wait, Waits
from rollback.types import Cut, Paused, PeerJoined, PeerLeft, PeerLost, PeerResumed, Resumed, TookOver

LOST = PeerLost("bob", (1,), "nothing was heard for 5 s")


def after(*events: object) -> Waits:
    waits = Waits()
    for second, event in enumerate(events):
        waits.take(event, float(second))
    return waits


def test_a_match_that_waits_for_inputs_only_waits_for_nobody() -> None:
    assert Waits().look() is None


def test_who_is_lost_is_named_with_the_reason() -> None:
    assert after(LOST).look() == Wait("waiting for bob to come back: nothing was heard for 5 s", is_own=False, is_lost=True)


@pytest.mark.parametrize(
    "event",
    [PeerResumed("bob"), PeerJoined("bob", (1,), 90), PeerLeft("bob", (1,), ""), Cut((1,), 60, 1), TookOver(1, "ann")],
    ids=lambda event: type(event).__name__,
)
def test_nobody_waits_for_who_is_back_or_gone_for_good(event: object) -> None:
    assert after(LOST, event).look() is None


def test_of_two_that_are_lost_the_other_one_is_still_waited_for() -> None:
    wait = after(LOST, PeerLost("cay", (2,), "gone"), Cut((1,), 60, 1)).look()
    assert wait is not None and wait.sentence == "waiting for cay to come back: gone"


def test_a_pause_is_ours_or_theirs() -> None:
    assert after(Paused(OWN, "lunch")).look() == Wait("", is_own=True, is_lost=False)
    assert after(Paused("bob", "lunch")).look() == Wait("bob asked everybody to wait: lunch", is_own=False, is_lost=False)
    both = after(Paused("bob", ""), Paused(OWN, "")).look()
    assert both == Wait("bob asked everybody to wait", is_own=True, is_lost=False)
    assert after(Paused("bob", ""), Resumed("bob")).look() is None


def test_the_seconds_of_all_pauses_of_a_player_are_counted() -> None:
    waits = after(Paused("bob", ""), Paused("bob", "still"), Resumed("bob"), Paused("bob", ""), Resumed(OWN))
    assert waits.pausing == ("bob",)
    assert [waits.held_by(peer, 10.0) for peer in ("bob", OWN)] == [2.0 + 7.0, 0.0]


def test_who_holds_a_match_is_who_is_lost_or_asked_for_a_pause_and_not_we() -> None:
    assert after(Paused(OWN, "lunch")).holding == ()
    held = after(Paused(OWN, "lunch"), Paused("ann", ""), PeerLost("bob", (1,), "gone"))
    assert held.holding == ("bob", "ann")
    held.take(PeerResumed("bob"), 9.0)
    held.take(Resumed("ann"), 9.0)
    assert held.holding == ()


def test_a_reason_of_theirs_steers_nothing_and_has_an_end() -> None:
    wait = after(PeerLost("bob", (1,), "\x1b[2J" + "x" * 1000)).look()
    assert wait is not None and "\x1b" not in wait.sentence and len(wait.sentence) <= 300
