"""Goodbyes: told until they are heard, to those whom they concern, and answered by those who are gone themselves."""

from __future__ import annotations

import pytest

from rollback import Ended
from rollback.core.endpoint import Endpoint
from rollback.core.goodbyes import BYE_EVERY, BYES, SELDOM, Goodbyes
from rollback.core.queues import InputQueue
from rollback.core.states import Cause, Peer
from rollback.wire import Bye
from tests.core.losses import group, reasons
from tests.core.network import Link, message_in


def endpoints(*states: Peer) -> list[Endpoint]:
    made = [Endpoint(f"p{seat}", InputQueue((seat,), [b"\0"] * len(states))) for seat in range(len(states))]
    for endpoint, state in zip(made, states, strict=True):
        endpoint.state = state
        endpoint.greeting.nonce = 1  # somebody was there
    return made


def test_a_goodbye_is_said_often_at_first_and_seldom_then() -> None:
    (peer,) = endpoints(Peer.RUNNING)
    goodbyes = Goodbyes([peer])
    assert goodbyes.due(0.0) == []
    goodbyes.say(Bye("dinner", -1, 7))
    goodbyes.say(Bye("another", -1, 9))
    said, now = [], 0.0
    while now < 10:
        said += [now] * len(goodbyes.due(now))
        now += 0.01
    assert said[1] - said[0] == pytest.approx(BYE_EVERY, abs=0.02)
    assert len([at for at in said if at < BYES * BYE_EVERY + 0.3]) in range(BYES - 4, BYES + 2)
    assert said[-1] - said[-2] == pytest.approx(SELDOM, abs=0.02)
    assert goodbyes.own == Bye("dinner", -1, 7), "the first reason stands"
    peer.bye_heard = True
    assert goodbyes.due(100.0) == []


@pytest.mark.parametrize("final", [False, True])
def test_who_was_left_behind_hears_no_goodbye_unless_it_is_an_end_for_all(final: bool) -> None:
    """It would take us for no side of a partition, and itself for all that is left."""
    here, gone = endpoints(Peer.RUNNING, Peer.GONE)
    goodbyes = Goodbyes([here, gone])
    goodbyes.say(Bye("the end", -1, 3, final))
    assert [endpoint.name for endpoint, _ in goodbyes.due(0.0)] == (["p0", "p1"] if final else ["p0"])


def test_answers_are_given_once_for_each_goodbye_and_also_before_our_own() -> None:
    (peer,) = endpoints(Peer.LEFT)
    goodbyes = Goodbyes([peer])
    peer.bye_answer = True
    assert goodbyes.due(0.0) == [(peer, Bye("", -1, -1, False, True))]
    assert goodbyes.due(0.0) == []


def test_all_know_when_each_who_lives_heard_it_or_confirmed_the_end() -> None:
    first, second = endpoints(Peer.RUNNING, Peer.RUNNING)
    goodbyes = Goodbyes([first, second])
    ended = Ended("end_at", 100)
    assert not goodbyes.all_know(ended)
    first.confirmed = 99
    assert not goodbyes.all_know(ended)
    second.turn(Cause.CUT)
    assert goodbyes.all_know(ended), "who is gone need not know"
    goodbyes.say(Bye("ended", 100, 99))
    assert not goodbyes.all_know(ended)
    first.bye_heard = True
    assert goodbyes.all_know(ended)


def test_those_we_went_on_without_hear_no_goodbye_and_end_all_the_same() -> None:
    match = group(3, Link(1), end=600)
    match.part({0, 1}, {2})
    match.rounds(120)
    match.blocked = set()
    told = []

    def tap(sender: int, to: int, data: bytes) -> bytes:
        message = message_in(data)
        if isinstance(message, Bye) and not message.answer and sender == 0:
            told.append(to)
        return data

    match.tap = tap
    match.peers[0].session.leave(now=match.peers[0].now)
    match.to_the_end().agree()
    assert told and set(told) == {1}
    assert reasons(match) == ["left", "end_at", "partitioned"]


def test_a_goodbye_that_overtakes_the_last_inputs_tells_no_more_than_was_confirmed() -> None:
    """The datagram before again, one frame on, counted on from what the goodbye had just told."""
    overtaken = 0
    for seed in range(8):
        match = group(4, Link(6, 6, 0.05), seed, input_delay=3, end=160)
        match.peers[1].session.leave(now=match.peers[1].now)
        match.to_the_end().agree()
        overtaken += sum(peer.session.stats().dropped.get("departed", 0) for peer in match.peers)
    assert overtaken > 0, "the premise: inputs came after the goodbye"
