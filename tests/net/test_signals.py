from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rollback.net.signals import MAX_SDP, MAX_TEXT, Said, read_signal


@pytest.mark.parametrize(
    ("signal", "said"),
    [
        ({"webrtc": "offer", "attempt": "a1", "sdp": "v=0"}, Said("offer", "a1", "v=0")),
        ({"webrtc": "answer", "attempt": "a1", "sdp": "v=0", "more": 1}, Said("answer", "a1", "v=0")),
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
