from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rollback.net.signals import MAX_CANDIDATE, MAX_MID, MAX_SDP, MAX_TEXT, Said, candidate_fits, read_signal


@pytest.mark.parametrize(
    ("signal", "said"),
    [
        ({"webrtc": "offer", "attempt": "a1", "sdp": "v=0"}, Said("offer", "a1", "v=0")),
        ({"webrtc": "answer", "attempt": "a1", "sdp": "v=0", "more": 1}, Said("answer", "a1", "v=0")),
        (
            {"webrtc": "candidate", "attempt": "a1", "candidate": "candidate:1 1 udp 9 10.0.0.1 9 typ host", "mid": "0"},
            Said("candidate", "a1", "candidate:1 1 udp 9 10.0.0.1 9 typ host", "0"),
        ),
        ({"webrtc": "want", "have": ""}, Said("want", "")),
        ({"webrtc": "refused", "attempt": "", "reason": "no address"}, Said("refused", "", "no address")),
        ({"webrtc": "refused", "attempt": "", "reason": "no\x1b[2J\nway"}, Said("refused", "", "no [2J way")),
        (
            {"webrtc": "offer", "attempt": "a" * MAX_TEXT, "sdp": "x" * MAX_SDP},
            Said("offer", "a" * MAX_TEXT, "x" * MAX_SDP),
        ),
    ],
)
def test_a_signal_is_read(signal, said):
    assert read_signal(signal) == said


@pytest.mark.parametrize(
    "signal",
    [
        None,
        "offer",
        {},
        {"webrtc": "dance"},
        {"webrtc": "offer", "attempt": "a"},
        {"webrtc": "offer", "attempt": "", "sdp": "x"},
        {"webrtc": "offer", "attempt": "a", "sdp": "x" * (MAX_SDP + 1)},
        {"webrtc": "answer", "attempt": 3, "sdp": "x"},
        {"webrtc": "candidate", "attempt": "a", "candidate": "candidate:1"},
        {"webrtc": "candidate", "attempt": "", "candidate": "candidate:1", "mid": "0"},
        {"webrtc": "candidate", "attempt": "a", "candidate": "", "mid": "0"},
        {"webrtc": "candidate", "attempt": "a", "candidate": "a=candidate:1", "mid": "0"},
        {"webrtc": "candidate", "attempt": "a", "candidate": "candidate:1\r\na=ice-lite", "mid": "0"},
        {"webrtc": "candidate", "attempt": "a", "candidate": "candidate:\u202e", "mid": "0"},
        {"webrtc": "candidate", "attempt": "a", "candidate": "candidate:" + "1" * MAX_CANDIDATE, "mid": "0"},
        {"webrtc": "candidate", "attempt": "a", "candidate": "candidate:1", "mid": "0" * (MAX_MID + 1)},
        {"webrtc": "candidate", "attempt": "a", "candidate": "candidate:1", "mid": 0},
        {"webrtc": "want", "have": None},
        {"webrtc": "want", "have": "a" * 1000},
        {"webrtc": "refused", "attempt": "a", "reason": ["x"]},
        {"webrtc": "refused", "attempt": "", "reason": "x" * 601},
    ],
)
def test_a_signal_that_breaks_the_rules_says_nothing(signal):
    assert read_signal(signal) is None


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["webrtc", "attempt", "sdp"]), inner),
    max_leaves=8,
)


@given(JSON)
def test_whatever_arrives_is_no_exception(signal):
    said = read_signal(signal)
    assert said is None or isinstance(said.attempt, str)


CANDIDATES = st.fixed_dictionaries(
    {
        "webrtc": st.just("candidate"),
        "attempt": st.text(max_size=400) | st.just("a"),
        "candidate": st.text(max_size=20) | st.text(max_size=600).map("candidate:".__add__),
        "mid": st.text(max_size=40) | st.just("0"),
    }
)


@given(CANDIDATES)
def test_a_candidate_that_is_read_is_one_short_line_of_plain_letters(signal):
    said = read_signal(signal)
    if said is None:
        assert not candidate_fits(signal["candidate"], signal["mid"]) or not 0 < len(signal["attempt"]) <= MAX_TEXT
        return
    assert said == Said("candidate", signal["attempt"], signal["candidate"], signal["mid"])
    assert len(said.text) <= MAX_CANDIDATE and len(said.mid) <= MAX_MID
    assert (said.text + said.mid).isascii() and len((said.text + said.mid).splitlines()) == 1
