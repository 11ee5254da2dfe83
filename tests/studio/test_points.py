import json
import math

import numpy
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rollback.agents.training import EpisodePoint
from rollback.studio.curve import Curve
from rollback.studio.points import lines_of, rows_of
from rollback.studio.run import Run

NUMBERS = st.floats(allow_nan=True, allow_infinity=True)
NAMES = st.sampled_from(["lines", "success", "nan_count", "inf"])
POINTS = st.builds(
    EpisodePoint, st.integers(1, 10**12), st.integers(0, 10**15), NUMBERS, st.integers(0, 10**6), NUMBERS,
    st.dictionaries(NAMES, NUMBERS, max_size=3),
)  # fmt: skip


def known(value):
    return value if math.isfinite(value) else None


@settings(max_examples=100, deadline=None)
@given(st.lists(POINTS, max_size=5))
def test_points_come_back_as_they_were(points):
    rows = rows_of(lines_of(points))
    assert len(rows) == len(points)
    for row, point in zip(rows, points, strict=True):
        assert row[:5] == [point.episode, point.step, known(point.reward), point.length, known(point.epsilon)]
        assert (row[5] if len(row) > 5 else {}) == {name: value for name, value in point.extra.items() if math.isfinite(value)}


def test_a_line_is_what_other_programs_read():
    (line,) = lines_of([EpisodePoint(1, 20, -3.5, 20, 0.25, {"lines": 4})]).splitlines()
    assert json.loads(line) == {"episode": 1, "step": 20, "reward": -3.5, "length": 20, "epsilon": 0.25, "lines": 4.0}


def test_numbers_of_numpy_are_written_as_plain_ones():
    point = EpisodePoint(
        numpy.int64(1), numpy.int32(2), numpy.float64(0.1), numpy.int8(2), numpy.float32(0.5), {"won": numpy.float64(1)}
    )
    assert rows_of(lines_of([point])) == [[1, 2, 0.1, 2, 0.5, {"won": 1.0}]]


def test_a_damaged_line_takes_no_other_with_it():
    good = lines_of([EpisodePoint(1, 2, 3.0, 2, 0.5), EpisodePoint(2, 4, 3.0, 2, 0.5)])
    first, second = good.splitlines(keepends=True)
    for damage in (b"\x00\xff\n", b"{\n", b"[]\n", b'{"episode":"x"}\n', b'{"episode":1.5,"step":1}\n', b"\n"):
        assert [row[0] for row in rows_of(first + damage + second)] == [1, 2]


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=200))
def test_nothing_in_a_log_makes_reading_it_fail(content):
    assert isinstance(rows_of(content), list)


def test_no_lines_are_no_points():
    assert rows_of(b"") == [] == rows_of(lines_of([]))


STRANGE = [
    '{"episode":1,"step":1%s,"reward":1,"length":1,"epsilon":0}' % ("0" * 400),
    '{"episode":1%s,"step":1,"reward":1,"length":1,"epsilon":0}' % ("0" * 400),
    '{"episode":-1,"step":1,"reward":1,"length":1,"epsilon":0}',
    '{"episode":1,"step":1,"reward":1%s,"length":1,"epsilon":0}' % ("0" * 400),
    '{"episode":1,"step":1,"reward":"much","length":1,"epsilon":0}',
    '{"episode":1,"step":1,"reward":1e999,"length":1,"epsilon":0}',
    '{"episode":1,"step":1,"reward":1,"length":1,"epsilon":{}}',
]


@pytest.mark.parametrize("line", STRANGE)
def test_numbers_with_which_nothing_can_be_counted_are_no_point(line):
    assert rows_of(f"{line}\n".encode()) == []
    run = Run(None, None, Curve(10, 10), is_read=True)
    run.take(rows_of(f'{line}\n{{"episode":2,"step":4,"reward":3,"length":2,"epsilon":0.5,"x":1e999}}\n'.encode()))
    assert (run.rewards, run.step, run.curve.last) == ([3.0], 4, 2)
