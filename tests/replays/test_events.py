"""What happened in a recorded match, and who stood in for whom."""

from __future__ import annotations

import io
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rollback.replays import Replay, ReplayEvent, StandIn
from rollback.replays.events import CUT, JOINED, TOOK_OVER, stand_ins


def cut(frame, *players):
    return ReplayEvent(frame, CUT, {"players": [*players], "frame": frame - 1, "epoch": 1})


def joined(frame, *players):
    return ReplayEvent(frame, JOINED, {"peer": "bob", "players": [*players], "frame": frame})


def took_over(frame, player):
    return ReplayEvent(frame, TOOK_OVER, {"player": player, "by": ""})


def test_an_event_says_whom_it_concerns():
    assert cut(5, 1, 2).players == (1, 2) and took_over(5, 3).players == (3,)
    assert joined(5, 1).peer == "bob" and cut(5, 1).peer == ""
    assert ReplayEvent(9, "desync", {"frame": 4}).since == 4 and ReplayEvent(9, "resynced", {"frame": 4}).since == 9


@pytest.mark.parametrize(
    "data", [None, 3, "x", [], {}, {"players": 3, "peer": 4}, {"players": ["x", None, 2.5]}, {"player": True}]
)
def test_an_event_that_says_nonsense_concerns_nobody(data):
    event = ReplayEvent(9, CUT, data)
    assert (event.players, event.peer, event.since) == ((), "", 9)


@pytest.mark.parametrize(
    ("events", "told"),
    [
        ([], []),
        ([cut(10, 1)], [(1, 10, 100, "nobody")]),
        ([cut(10, 1), took_over(10, 1)], [(1, 10, 100, "bot")]),
        ([cut(10, 1), took_over(20, 1), joined(50, 1)], [(1, 10, 20, "nobody"), (1, 20, 50, "bot")]),
        ([cut(10, 0, 1), joined(20, 1), cut(30, 1)], [(0, 10, 100, "nobody"), (1, 10, 20, "nobody"), (1, 30, 100, "nobody")]),
        ([joined(10, 1)], []),
        ([cut(100, 1)], []),
        ([cut(90, 1), joined(120, 1)], [(1, 90, 100, "nobody")]),
        ([cut(10, 7)], []),
    ],
    ids=range(9),
)
def test_who_was_away_is_told_by_player_and_frame(events, told):
    assert [(each.player, each.start, each.stop, each.by) for each in stand_ins(events, 2, 100)] == told


@given(
    st.lists(
        st.one_of(
            st.builds(cut, st.integers(0, 200), st.integers(-1, 5)),
            st.builds(joined, st.integers(0, 200), st.integers(-1, 5)),
            st.builds(took_over, st.integers(0, 200), st.integers(-1, 5)),
        ),
        max_size=30,
    )
)
def test_whatever_a_file_tells_the_frames_of_a_player_do_not_overlap(events):
    found = stand_ins(events, 4, 150)
    for one, other in pairwise(found):
        assert one.player < other.player or one.stop <= other.start
    assert all(0 <= each.player < 4 and each.start < each.stop <= 150 for each in found)


def test_a_replay_tells_it_of_itself(record):
    replay = Replay.open(io.BytesIO(record(100)))
    assert replay.stand_ins() == ()
    replay.events.append(cut(40, 1))
    assert replay.stand_ins() == (StandIn(1, 40, 100, "nobody"),)
