import json
import math
from fractions import Fraction

import numpy
import pytest

from rollback.studio.letters import opened, written
from tests.cases import every

PLAIN = {
    "whole": (numpy.int64(7), 7),
    "small": (numpy.uint8(255), 255),
    "single": (numpy.float32(0.5), 0.5),
    "double": (numpy.float64(0.1), 0.1),
    "truth": (numpy.bool_(True), True),
    "array": (numpy.arange(4).reshape(2, 2), [[0, 1], [2, 3]]),
    "tuple": ((1, 2), [1, 2]),
    "not a number": (math.nan, None),
    "endless": ([1.0, -math.inf], [1.0, None]),
    "NumPy's not a number": (numpy.array([1.0, numpy.nan]), [1.0, None]),
    "deep": ({"a": [{"b": numpy.int8(1)}, math.nan]}, {"a": [{"b": 1}, None]}),
}


@every("name", PLAIN)
def test_what_leaves_the_training_process_is_plain_whatever_it_was(name):
    value, plain = PLAIN[name]
    message = written({"value": value})
    assert json.loads(message, parse_constant=pytest.fail) == {"value": plain}
    assert opened(message) == {"value": plain}


def test_what_has_no_plain_form_is_refused_by_its_name():
    with pytest.raises(TypeError, match="a Fraction cannot be told"):
        written({"value": Fraction(1, 3)})


@every("message", [b"", b"[]", b"1", b"null", b"{", b"\xff", b"[" * 100_000, b'{"a":'])
def test_what_is_no_message_is_refused(message):
    with pytest.raises(ValueError):
        opened(message)
