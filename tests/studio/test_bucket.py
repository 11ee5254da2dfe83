from rollback.studio.bucket import Bucket
from rollback.studio.limits import Rate


def test_a_bucket_gives_its_burst_at_once_and_then_its_rate():
    bucket = Bucket(Rate(2.0, 3.0), now=0.0)
    assert [bucket.take(now=0.0) for _ in range(5)] == [True, True, True, False, False]
    assert not bucket.take(now=0.4)
    assert bucket.take(now=0.5)
    assert not bucket.take(now=0.5)


def test_a_bucket_never_holds_more_than_its_burst():
    bucket = Bucket(Rate(2.0, 3.0), now=0.0)
    assert sum(bucket.take(now=1000.0) for _ in range(10)) == 3


def test_a_clock_that_goes_back_gives_nothing():
    bucket = Bucket(Rate(1.0, 1.0), now=10.0)
    assert bucket.take(now=10.0)
    assert not bucket.take(now=5.0)
    assert not bucket.take(now=10.5)
    assert bucket.take(now=11.0)
