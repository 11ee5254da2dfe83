"""What is nested comes back from flat columns as it was."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rollback.errors import UsageError
from rollback.sim.pool.columns import DEEPEST, columns_of, tree_of

LEAVES = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5)
NAMES = st.text(alphabet="ab.[]\\0 \n", max_size=5)
TREES = st.recursive(
    LEAVES, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(NAMES, inner, max_size=4), max_leaves=20
)


@given(TREES)
def test_any_tree_comes_back(tree):
    pairs = list(columns_of("stats", tree))
    assert len({column for column, _ in pairs}) == len(pairs)
    assert tree_of(pairs) == {"stats": tree}


def test_the_columns_are_named_as_people_would_name_them():
    stats = {"depths": {"3": 17}, "rollbacks": [4, 5], "v1.5": 1, "none": [], "lag": [{"a": 1}]}
    assert dict(columns_of("stats", stats)) == {
        "stats.depths.3": 17,
        "stats.rollbacks[0]": 4,
        "stats.rollbacks[1]": 5,
        r"stats.v1\.5": 1,
        "stats.none": [],
        "stats.lag[0].a": 1,
    }


def test_what_is_nested_deeply_stays_one_value():
    tree = value = {}
    for _ in range(100):
        value["x"] = value = {}
    ((column, held),) = columns_of("stats", tree)
    assert column.count("x") == DEEPEST and tree_of([(column, held)]) == {"stats": tree}


@pytest.mark.parametrize(
    ("names", "words"),
    [
        (["a[", "b"], "is no name of a column"),
        (["a]b"], "is no name of a column"),
        (["a[1000000]"], "is no name of a column"),
        (["a[-1]"], "is no name of a column"),
        (["a\\"], "is no name of a column"),
        (["a[1]"], "needs all from 0 on"),
        (["a[0]", "a[999999]"], "needs all from 0 on"),
        (["a[0]", "a.b"], "needs all from 0 on"),
        (["a", "a.b"], "lies in another one"),
        (["a.b", "a"], "is there twice, or others lie in it"),
        (["a", "a"], "is there twice"),
    ],
)
def test_columns_that_make_no_tree_are_told(names, words):
    with pytest.raises(UsageError, match=words):
        tree_of((name, 1) for name in names)
