"""Actions as inputs: kept where what is equal is the same input, and encoded anew where it is not."""

from __future__ import annotations

import struct
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rollback.agents.predictors.looking import ENCODED, Encoding
from rollback.errors import ActionError
from rollback.game import Bits


class Counting:
    """An encoder that tells apart what is written differently, and counts how often it is asked."""

    def __init__(self) -> None:
        self.asked = 0

    def __call__(self, action: Any) -> bytes:
        self.asked += 1
        return repr(action).encode()


def test_a_zero_below_zero_is_another_input_than_one_above() -> None:
    encoding = Encoding(lambda action: struct.pack("<2d", *action))
    for action in ((0.0, 1.0), (-0.0, 1.0), (0, 1), (-0.0, 1.0)):
        assert encoding(action) == struct.pack("<2d", *action), action


NUMBERS = st.sampled_from([0, 1, True, False, 0.0, -0.0, 1.0])
ACTIONS = NUMBERS | st.tuples(NUMBERS, NUMBERS) | st.tuples(st.tuples(NUMBERS)) | st.lists(NUMBERS, max_size=2)


@given(st.lists(ACTIONS, max_size=30))
def test_whatever_came_before_an_action_has_the_input_that_its_encoder_gives(actions: list[Any]) -> None:
    encoding = Encoding(Counting())
    for action in actions:
        assert encoding(action) == repr(action).encode()


@pytest.mark.parametrize("action", [7, True, (True, False), (1, 0), ()])
def test_an_action_of_buttons_is_encoded_once(action: Any) -> None:
    encode = Counting()
    encoding = Encoding(encode)
    assert {encoding(action) for _ in range(9)} == {repr(action).encode()} and encode.asked == 1


def test_no_more_are_kept_than_may_be_and_the_others_are_right_all_the_same() -> None:
    encode = Counting()
    encoding = Encoding(encode)
    for _ in range(2):
        assert [encoding(number) for number in range(ENCODED + 10)] == [b"%d" % number for number in range(ENCODED + 10)]
    assert encode.asked == ENCODED + 20


def test_what_is_no_action_is_refused_each_time() -> None:
    encoding = Encoding(Bits(2).encode)
    encoding((True, False))
    for wrong in ((True,), "up", [[]]):
        for _ in range(2):
            with pytest.raises(ActionError):
                encoding(wrong)
