import pytest

from signaling.limits import Limits, Rate
from signaling.refusals import Refusal
from signaling.visitors import Visitor, Visitors

LIMITS = Limits()


def test_an_address_is_forgotten_with_its_last_connection():
    visitors = Visitors(LIMITS)
    for key in "abc":
        visitors.arrive(key, "192.0.2.1", now=0.0)
    for key in "abcc":
        visitors.depart(key)
    assert len(visitors) == 0 and not visitors._per_address
    assert visitors.find("a") is None


def test_only_those_outside_a_room_are_overdue():
    visitors = Visitors(LIMITS)
    visitors.arrive("a", "192.0.2.1", now=0.0)
    visitors.arrive("b", "192.0.2.1", now=5.0)
    visitors.find("b").outside_since = None
    assert visitors.overdue(now=LIMITS.join_within) == ["a"]
    assert visitors.overdue(now=1000.0) == ["a"]


@pytest.mark.parametrize("others", [0, 1, 2, 3, 15, 47])
def test_the_allowance_of_datagrams_grows_with_the_room(others):
    visitor = Visitor("192.0.2.1", LIMITS, now=0.0)
    granted = sum(visitor.spend_relay(others=others, now=0.0) for _ in range(20_000))
    assert granted == LIMITS.relays_per_peer.burst * max(2, others)


def test_requests_and_signals_have_allowances_of_their_own():
    visitor = Visitor("192.0.2.1", Limits(requests=Rate(1, 2), signals=Rate(1, 1)), now=0.0)
    visitor.spend_signal(now=0.0)
    with pytest.raises(Refusal, match="too many signals: 1 a second"):
        visitor.spend_signal(now=0.0)
    visitor.spend_request(now=0.0)
    visitor.spend_request(now=0.0)
    with pytest.raises(Refusal, match="too many requests: 1 a second"):
        visitor.spend_request(now=0.0)
    visitor.spend_request(now=1.0)


def test_patience_comes_back_with_time():
    visitor = Visitor("192.0.2.1", Limits(patience=Rate(1, 2)), now=0.0)
    assert [visitor.try_patience(now=0.0) for _ in range(3)] == [True, True, False]
    assert visitor.try_patience(now=1.0)
    assert visitor.try_patience(0.0, now=1.0)
