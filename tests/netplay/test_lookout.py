from __future__ import annotations

import pytest

from rollback.netplay.lookout import DOUBT, LINGER, LONGEST, Lookout
from rollback.types import Ended, PeerInterrupted, PeerJoined, PeerLeft, PeerLost, PeerResumed, Synchronized


def watch(*peers):
    return Lookout(peers or ("ann", "bob"), interrupt_after=0.5, disconnect_after=4.5)


def test_a_match_that_goes_on_is_not_done():
    subject = watch()
    assert not subject.is_done(1e9, finished=False) and not subject.is_done(1e9, finished=True)


def test_it_is_done_when_the_session_is_finished():
    subject = watch()
    subject.event(Ended("over", 10), 100.0)
    assert subject.is_done(100.0, finished=True) and not subject.is_done(100.0, finished=False)
    assert subject.ended == Ended("over", 10)


@pytest.mark.parametrize(
    ("heard", "at", "done"),
    [
        ([], 100.9, False),
        ([], 101.1, True),
        ([100.5], 101.1, False),
        ([100.5], 101.6, True),
        ([100.8, 101.7, 102.6, 103.5, 104.4], 104.9, False),
        ([100.8, 101.7, 102.6, 103.5, 104.4], 105.1, True),
    ],
)
def test_after_the_end_it_waits_as_long_as_somebody_talks_but_not_for_ever(heard, at, done):
    assert (LINGER, LONGEST) == (1.0, 5.0)
    subject = watch()
    subject.heard(99.9)
    subject.event(Ended("over", 10), 100.0)
    for moment in heard:
        subject.heard(moment)
    assert subject.is_done(at, finished=False) is done


def test_a_silent_peer_is_doubted_once_after_a_part_of_the_time_it_has():
    subject = watch()
    subject.event(PeerInterrupted("bob"), 10.0)
    patience = DOUBT * 4.0
    assert subject.doubtful(10.0 + patience - 0.01) == []
    assert subject.doubtful(10.0 + patience) == ["bob"]
    assert subject.doubtful(99.0) == []


@pytest.mark.parametrize("event", [PeerResumed("bob"), PeerLost("bob", (1,), "gone"), PeerLeft("bob", (1,), "left")])
def test_who_is_back_or_gone_is_no_longer_doubted(event):
    subject = watch()
    subject.event(PeerInterrupted("bob"), 10.0)
    subject.event(PeerInterrupted("ann"), 10.0)
    subject.event(event, 10.1)
    assert subject.doubtful(99.0) == ["ann"]


def test_the_gone_are_known_until_they_come_back():
    subject = watch()
    subject.event(PeerLost("ann", (0,), "silent"), 1.0)
    subject.event(PeerLeft("bob", (1,), "left"), 1.0)
    assert subject.gone == {"ann", "bob"}
    subject.event(PeerResumed("ann"), 2.0)
    assert subject.gone == {"bob"}


def test_who_did_not_begin_is_named():
    subject = watch("ann", "bob", "cid")
    subject.event(Synchronized("bob"), 1.0)
    assert subject.who_is_missing(10.0) == (
        "ann, cid can be reached but did not begin the match within 10 s: is the game running there?"
    )
    for peer in ("ann", "cid"):
        subject.event(Synchronized(peer), 1.0)
    assert subject.who_is_missing(2.5).startswith("the others can be reached")


def test_who_was_lost_and_plays_again_is_no_longer_gone():
    seen = watch("ann", "bob")
    seen.event(PeerLost("bob", (1,), "silence"), 1.0)
    assert seen.gone == {"bob"}
    seen.event(PeerJoined("bob", (1,), 90), 2.0)
    assert seen.gone == set()


def test_who_comes_late_and_is_let_in_by_nobody_is_told_so():
    late = Lookout((), interrupt_after=0.5, disconnect_after=4.5)
    assert late.who_is_missing(60) == "nobody let us into the match within 60 s: is it still running?"
    seen = watch("ann")
    seen.event(Synchronized("ann"), 1.0)
    assert seen.who_is_missing(10).startswith("the others can be reached")
