"""Every event has its sentence, and only the end and a goodbye after it are nobody's news."""

from __future__ import annotations

from typing import Any, get_args

import pytest

from rollback.net.transport import PathChanged
from rollback.netplay.telling.event_texts import sentence_of
from rollback.state import Difference
from rollback.types import (
    Cut,
    DesyncFound,
    Ended,
    Event,
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
    VoteWanted,
)

SENTENCES: list[tuple[Any, str]] = [
    (Synchronized("bob"), "bob is ready"),
    (
        Mismatch("bob", "game_version", "1", "2", "install the same version"),
        "bob cannot play with us: game_version is '1' here and '2' there; install the same version",
    ),
    (
        Mismatch("bob", "end_at", 30, 60, "let every peer call end_at with the same frame"),
        "bob cannot play with us: --frames is 30 here and 60 there; give --frames the same value on both sides",
    ),
    (PeerInterrupted("bob"), "nothing is heard of bob"),
    (PeerResumed("bob"), "bob is heard again"),
    (PeerLost("bob", (1,), "nothing was heard for 5 s"), "bob is lost: nothing was heard for 5 s"),
    (PeerLeft("bob", (1,), "left"), "bob left"),
    (PeerLeft("bob", (1,), "ValueError: no"), "bob left: ValueError: no"),
    (PeerLeft("bob", (1,), "ended"), ""),
    (PeerJoined("bob", (1,), 40), "bob plays from frame 40 on"),
    (PeerJoined("", (1,), 40), "this side plays from frame 40 on"),
    (Cut((1,), 99, 1), "player 2 stands idle after frame 99"),
    (
        VoteWanted(3, 1),
        "some of the others cannot be reached any more; the lobby is asked which side goes on",
    ),
    (TookOver(1, ""), "this side plays on for player 2"),
    (TookOver(1, "bob"), "bob plays on for player 2"),
    (Paused("bob", "tea"), "bob asked everybody to wait: tea"),
    (Paused("", ""), "this side asked everybody to wait"),
    (Resumed(""), "this side goes on"),
    (DesyncFound(60, "bob"), "the state of frame 60 differs from that of bob"),
    (
        DesyncFound(60, "bob", (Difference("ball.velocity[1]", 3, 4),), "/tmp/it.rbr"),
        "the state of frame 60 differs from that of bob: ball.velocity[1]: 3 != 4;"
        " what is needed to look into it is in /tmp/it.rbr",
    ),
    (
        DesyncFound(60, "bob", tuple(Difference(f"map[{place}]", place, 9) for place in range(5))),
        "the state of frame 60 differs from that of bob: map[0]: 0 != 9; map[1]: 1 != 9; map[2]: 2 != 9; and 2 more",
    ),
    (Resynced(60), "both sides took over one state at frame 60"),
    (Ended("over", 9), ""),
    (PathChanged("bob", "relay", "no direct way"), "bob is reached through the lobby: no direct way"),
    (PathChanged("bob", "webrtc", ""), "bob is reached directly"),
    (PathChanged("bob", "none", "the connection is lost"), "bob cannot be reached now: the connection is lost"),
]


@pytest.mark.parametrize(("event", "sentence"), SENTENCES)
def test_an_event_has_its_sentence(event: Any, sentence: str) -> None:
    assert sentence_of(event) == sentence


def test_no_event_is_forgotten() -> None:
    assert {type(event) for event, _ in SENTENCES} == {*get_args(Event), PathChanged}
