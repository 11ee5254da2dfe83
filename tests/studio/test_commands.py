import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rollback.studio.commands import COMMANDS, checked
from rollback.studio.limits import Limits
from rollback.studio.refusals import STATUS, Refused
from tests.cases import every

LIMITS = Limits()
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=80),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=20), inner, max_size=3),
    max_leaves=8,
)
FIELDS = st.sampled_from(["run", "name", "algo", "env", "seed", "episodes", "speed", "at", "learning_rate", "__class__", "Run"])

RIGHT = [
    ("stop", None, {}),
    ("stop", {}, {}),
    ("stop", {"run": "rooms-1"}, {"run": "rooms-1"}),
    ("stop", {"run": ""}, {}),
    ("start", None, {"parameters": {}}),
    ("start", {"seed": 3.0, "episodes": None}, {"seed": 3, "parameters": {}}),
    ("start", {"learning_rate": 0.5, "mode": "fast"}, {"parameters": {"learning_rate": 0.5, "mode": "fast"}}),
    ("start", {"env": "gridworld?layout=rooms"}, {"env": "gridworld?layout=rooms", "parameters": {}}),
    ("speed", {"speed": "headless"}, {"speed": "headless"}),
    ("speed", {"speed": 2}, {"speed": 2.0}),
    ("ping", {"at": 12.5}, {"at": 12.5}),
    ("load", {"name": "last-3"}, {"name": "last-3"}),
]
WRONG = [
    ("stop", [], "takes one object"),
    ("stop", "rooms", "takes one object"),
    ("stop", {"name": "x"}, "has no field 'name'"),
    ("stop", {"rnu": "x"}, "did you mean run?"),
    ("stop", {"run": "../x"}, "run must have 1 to 64"),
    ("stop", {"run": "a/b"}, "run must have 1 to 64"),
    ("stop", {"run": "a" * 65}, "run must have 1 to 64"),
    ("stop", {"run": 7}, "run must have 1 to 64"),
    ("load", {"name": "best.npz"}, "name must have 1 to 64"),
    ("start", {"seed": -1}, "seed must be a whole number from 0"),
    ("start", {"seed": 1.5}, "seed must be a whole number"),
    ("start", {"seed": True}, "seed must be a whole number"),
    ("start", {"seed": 2**53}, "seed must be a whole number"),
    ("start", {"episodes": float("inf")}, "episodes must be a whole number"),
    ("start", {"episodes": float("nan")}, "episodes must be a whole number"),
    ("start", {"episodes": LIMITS.episodes + 1}, "episodes must be a whole number"),
    ("start", {"algo": "Q Learning"}, "algo must be the name"),
    ("start", {"env": "x" * 201}, "env must be the name"),
    ("start", {"env": "a;b"}, "env must be the name"),
    ("start", {"learning_rate": [1]}, "learning_rate must be a number"),
    ("start", {"learning_rate": "x" * 61}, "learning_rate must be a number"),
    ("start", {"Learning": 1}, "has no field 'Learning'"),
    ("start", {f"p{number}": 1 for number in range(41)}, "has 41 parameters"),
    ("speed", {"speed": 0}, "speed must be full, headless"),
    ("speed", {"speed": "fast"}, "speed must be full, headless"),
    ("speed", {"speed": 1001}, "speed must be full, headless"),
    ("evaluate", {"episodes": 0}, "episodes must be a whole number from 1 to 200"),
    ("ping", {"at": {}}, "at must be a number"),
]


@every("command, fields, found", RIGHT)
def test_a_right_command_is_read(command, fields, found):
    assert checked(command, fields, LIMITS) == found


@every("command, fields, sentence", WRONG)
def test_a_wrong_command_is_refused_with_what_is_allowed(command, fields, sentence):
    with pytest.raises(Refused) as refused:
        checked(command, fields, LIMITS)
    assert sentence in str(refused.value)
    assert refused.value.status == 400
    assert len(str(refused.value)) < 400


@settings(max_examples=200, deadline=None)
@given(st.sampled_from(sorted(COMMANDS)), JSON | st.dictionaries(FIELDS, JSON, max_size=4))
def test_whatever_comes_is_read_or_refused_in_a_sentence_and_small(command, fields):
    try:
        found = checked(command, fields, LIMITS)
    except Refused as refused:
        assert refused.reason in STATUS and len(str(refused)) < 500
    else:
        assert len(json.dumps(found)) < 5000
        assert set(found) <= {*COMMANDS[command], "parameters"}


def test_a_number_too_long_to_be_written_out_is_refused_too():
    with pytest.raises(Refused, match="not that number"):
        checked("start", {"seed": 10**5000}, LIMITS)
