import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from signaling import buckets
from signaling.buckets import Bucket, BucketTable
from signaling.limits import Rate


def test_a_burst_is_granted_at_once_and_then_the_rate():
    bucket = Bucket(Rate(10, 5), now=0.0)
    assert [bucket.take(now=0.0) for _ in range(6)] == [True] * 5 + [False]
    assert not bucket.take(now=0.09)
    assert bucket.take(now=0.11)


def test_a_bucket_never_holds_more_than_its_burst():
    bucket = Bucket(Rate(10, 5), now=0.0)
    assert sum(bucket.take(now=1e9) for _ in range(100)) == 5


def test_a_refused_take_takes_nothing():
    bucket = Bucket(Rate(0, 5), now=0.0)
    assert not bucket.take(now=0.0, amount=6)
    assert bucket.take(now=0.0, amount=5)


def test_a_clock_that_goes_back_gives_nothing():
    bucket = Bucket(Rate(10, 1), now=100.0)
    assert bucket.take(now=100.0)
    assert not bucket.take(now=50.0)
    assert not bucket.take(now=100.05)
    assert bucket.take(now=100.11)


@settings(deadline=None)
@given(st.lists(st.floats(0, 0.5), max_size=200), st.integers(1, 50), st.integers(1, 20))
def test_no_pattern_gets_more_than_burst_and_rate_allow(gaps, per_second, burst):
    bucket, now, granted = Bucket(Rate(per_second, burst), now=0.0), 0.0, 0
    for gap in gaps:
        now += gap
        granted += bucket.take(now=now)
    assert granted <= burst + per_second * now + 1e-6


def test_each_key_has_a_bucket_of_its_own():
    table = BucketTable(Rate(0, 1))
    assert table.take("a", now=0.0) and table.take("b", now=0.0)
    assert not table.take("a", now=0.0)


def test_a_flood_of_keys_does_not_grow_the_table_without_end(monkeypatch):
    monkeypatch.setattr(buckets, "PRUNE_AT", 10)
    table = BucketTable(Rate(1, 1))
    for second in range(1000):
        assert table.take(f"key {second}", now=float(second))
    assert len(table) <= 11


@pytest.mark.parametrize("other", range(3))
def test_pruning_forgets_nobody_who_has_spent_something(monkeypatch, other):
    monkeypatch.setattr(buckets, "PRUNE_AT", 4)
    table = BucketTable(Rate(0.001, 1))
    assert table.take("greedy", now=0.0)
    for number in range(20):
        table.take((other, number), now=0.0)
    assert not table.take("greedy", now=0.0)
