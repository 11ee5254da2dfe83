import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rollback.studio.frames import FrameCheck
from tests.cases import every


def check(largest=1000):
    frames = FrameCheck(largest)
    assert frames.is_fine("40")
    return frames


@every("message", ["3", "1", "41", '42["stop"]', '427["start",{"seed":1}]', "4312[]", '430[{"a":[1]}]', '42["anything",null]'])
def test_what_an_honest_page_sends_passes(message):
    assert check().is_fine(message)


WRONG = [
    "", "0", "2", "2probe", "4", "5", "6", "44{}", "40", "42", "42[]", "42{}", '42[1]', '42["disconnect"]', '42["connect"]',
    '42["*"]', '42["stop",{},{}]', '42/other,["stop"]', "40/other,", '42["stop",NaN]', '42["stop",{"a":Infinity}]', "42[",
    '451-["stop",{"_placeholder":true,"num":0}]', "461-[]", "43[]", "431", '421234567890["stop"]', "b42", "x", "4\x00",
    "42" + "[" * 100, '42["stop",' + "[" * 9 + "]" * 9 + "]", b"42", b"", '42["' + "a" * 1000 + '"]', "٤٢[]", "-1",
    '42["start",{"seed":' + "9" * 101 + "}]",
]  # fmt: skip


@every("message", WRONG)
def test_everything_else_ends_the_connection(message):
    assert not check().is_fine(message)


def test_nothing_comes_before_the_greeting():
    assert not FrameCheck(1000).is_fine('42["stop"]')
    assert FrameCheck(1000).is_fine('40{"token":"abc"}')
    assert not FrameCheck(1000).is_fine('40{"token":')


def test_brackets_without_end_are_refused_and_not_followed():
    assert not FrameCheck(10**7).is_fine("40" + '{"a":' * 10**6)
    assert not check(10**7).is_fine('42["stop",' + "[" * 10**6)


@settings(max_examples=150, deadline=None)
@given(
    st.text(max_size=40) | st.builds(lambda start, rest: start + rest, st.sampled_from(["42", "43", "40", "421"]), st.text())
)
def test_what_passes_as_an_event_is_one(message):
    if not check().is_fine(message) or not message.startswith("42"):
        return
    event = json.loads(message[2:].lstrip("0123456789"), parse_constant=pytest.fail)
    assert isinstance(event[0], str) and len(event) <= 2
