from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rollback.errors import ConfigError
from rollback.sim import Link

share = st.floats(0, 1)
links = st.builds(
    Link,
    latency_ms=st.floats(0, 10_000),
    jitter_ms=st.integers(0, 10_000),
    loss=share,
    duplicate=share,
    reorder=share,
    burst=st.none() | st.tuples(share, st.integers(1, 10_000)),
    bandwidth_kbps=st.none() | st.floats(1, 1e9),
    gilbert_elliott=st.none() | st.tuples(share, share, share),
    blackouts=st.lists(st.tuples(st.floats(0, 86_400), st.floats(0, 86_400)), max_size=3).map(tuple),
)


@given(links)
def test_a_link_comes_back_from_json_as_it_was(link):
    told = json.loads(json.dumps(link.to_dict()))
    assert Link.from_dict(told) == link
    assert hash(Link.from_dict(told)) == hash(link)


def test_only_what_differs_from_a_perfect_link_is_told():
    assert Link().to_dict() == {}
    assert Link(loss=0.5, burst=(0.1, 3)).to_dict() == {"loss": 0.5, "burst": [0.1, 3]}


@pytest.mark.parametrize(
    ("values", "says"),
    [
        ({"latency_ms": -1}, r"latency_ms must be a number of milliseconds from 0 to 10000, not -1"),
        ({"latency_ms": "50"}, r"latency_ms must be a number of milliseconds"),
        ({"jitter_ms": 10_001}, r"jitter_ms must be a number of milliseconds from 0 to 10000, not 10001"),
        ({"jitter_ms": float("nan")}, r"jitter_ms .* not nan"),
        ({"loss": 5}, r"loss must be a share from 0 to 1, not 5: 5 % are 0.05"),
        ({"loss": True}, r"loss must be a share"),
        ({"duplicate": -0.1}, r"duplicate must be a share"),
        ({"reorder": 1.1}, r"reorder must be a share"),
        ({"burst": 0.1}, r"burst must be \(chance from 0 to 1, datagrams from 1 to 10000\)"),
        ({"burst": (0.1, 0)}, r"burst must be"),
        ({"burst": (2, 3)}, r"burst must be"),
        ({"burst": "ab"}, r"burst must be"),
        ({"bandwidth_kbps": 0}, r"bandwidth_kbps must be a number of kilobits a second from 1 on, or None .*, not 0"),
        ({"gilbert_elliott": (0.1, 0.2)}, r"gilbert_elliott must be \(to_bad, to_good, loss_in_bad\)"),
        ({"gilbert_elliott": (0.1, 0.2, 3)}, r"gilbert_elliott must be"),
        ({"blackouts": [(1,)]}, r"blackouts must be a list of \(start, seconds\)"),
        ({"blackouts": 3}, r"blackouts must be a list"),
        ({"blackouts": [(-1, 2)]}, r"blackouts must be a list"),
        ({"delay": 3}, r"a link has no 'delay': it has latency_ms, jitter_ms"),
    ],
)
def test_what_cannot_be_is_refused_with_the_value_and_the_limit(values, says):
    with pytest.raises(ConfigError, match=says):
        Link.from_dict(values)


def test_what_is_no_object_is_no_link():
    with pytest.raises(ConfigError, match=r"a link is an object with some of latency_ms, .* not \[\]"):
        Link.from_dict([])  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("link", "loses"),
    [
        (Link(), False),
        (Link(latency_ms=50, jitter_ms=20, duplicate=0.5, reorder=0.5), False),
        (Link(loss=0.01), True),
        (Link(burst=(0.01, 5)), True),
        (Link(burst=(0.0, 5)), False),
        (Link(gilbert_elliott=(0.1, 0.5, 0.5)), True),
        (Link(gilbert_elliott=(0.1, 0.5, 0.0)), False),
        (Link(blackouts=[(1, 2)]), True),
        (Link(bandwidth_kbps=10), True),
    ],
)
def test_a_link_knows_whether_it_can_lose_anything(link, loses):
    assert link.loses is loses
