"""Which events a replay tells, and before which frame."""

from __future__ import annotations

import pytest

from rollback.netplay.recorded_events import LIST, TEXT, EventLog, Noted
from rollback.types import (
    Cut,
    DesyncFound,
    Ended,
    Mismatch,
    Paused,
    PeerInterrupted,
    PeerJoined,
    PeerLeft,
    PeerLost,
    PeerResumed,
    Resumed,
    Resynced,
    Synchronized,
    TookOver,
)

TOLD = [
    (PeerLost("bob", (1,), "gone"), 90, "peer lost"),
    (PeerLeft("bob", (1,), "bye"), 90, "peer left"),
    (Cut((1,), 70, 1), 71, "cut"),
    (PeerJoined("bob", (1,), 120), 120, "peer joined"),
    (TookOver(1, ""), 90, "took over"),
    (Paused("", "lunch"), 90, "paused"),
    (Resumed(""), 90, "resumed"),
    (DesyncFound(60, "bob"), 60, "desync"),
    (Resynced(66), 66, "resynced"),
    (Mismatch("bob", "seed", 1, 2), 90, "mismatch"),
]


@pytest.mark.parametrize(("event", "frame", "kind"), TOLD, ids=[kind for _, _, kind in TOLD])
def test_an_event_stands_before_its_frame(event, frame, kind):
    noted = EventLog().note(event, 90)
    assert (noted.frame, noted.kind) == (frame, kind)


@pytest.mark.parametrize("event", [Synchronized("bob"), PeerInterrupted("bob"), PeerResumed("bob"), Ended("over", 3)])
def test_what_is_no_part_of_how_it_went_is_not_told(event):
    assert EventLog().note(event, 90) is None


def test_who_takes_over_does_so_from_the_cut_on():
    log = EventLog()
    log.note(Cut((1, 2), 70, 1), 90)
    assert log.note(TookOver(2, "ann"), 95) == Noted(71, "took over", {"player": 2, "by": "ann"})
    log.note(PeerJoined("cid", (2,), 120), 118)
    assert log.note(TookOver(2, "ann"), 130).frame == 130
    assert log.note(TookOver(1, "ann"), 130).frame == 71


def test_what_an_event_says_is_bounded():
    noted = EventLog().note(PeerLost("b" * 5000, tuple(range(100)), "x" * 5000), 1)
    assert len(noted.data["peer"]) == len(noted.data["reason"]) == TEXT and noted.data["players"] == [*range(LIST)]
