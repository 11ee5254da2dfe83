from __future__ import annotations

import asyncio

import pytest

from rollback.errors import UsageError
from rollback.net.transport import (
    MAX_BLOB,
    MAX_DATAGRAM,
    MAX_MESSAGE,
    PathChanged,
    check_blob,
    check_datagram,
    check_peer,
    check_peers,
    check_timeout,
    tell,
)


def test_a_datagram_and_the_byte_a_relay_puts_in_front_fit_into_what_every_receiver_accepts():
    assert MAX_DATAGRAM + 1 == MAX_MESSAGE == 16 * 1024


@pytest.mark.parametrize(
    ("peers", "words"),
    [
        ("bob", "write \\['bob'\\]"),
        ([""], "not ''"),
        ([3], "not 3"),
        (["ann", "bob", "ann"], "once, not ann, bob, ann"),
    ],
)
def test_peers_that_cannot_be_are_refused(peers, words):
    with pytest.raises(UsageError, match=words):
        check_peers(peers)


def test_peers_keep_their_order():
    assert check_peers(iter(["zoe", "ann"])) == ("zoe", "ann")


@pytest.mark.parametrize(("peers", "words"), [((), "nobody"), (("ann", "bob"), "'ann', 'bob'")])
def test_an_unknown_peer_is_answered_with_the_known_ones(peers, words):
    with pytest.raises(UsageError, match=f"'cid' is no peer of this transport: it knows {words}"):
        check_peer("cid", peers)


@pytest.mark.parametrize("size", [0, 1, MAX_DATAGRAM])
def test_a_datagram_up_to_the_limit_may_leave(size):
    check_datagram(bytes(size))


@pytest.mark.parametrize(
    ("datagram", "words"), [("text", "not str"), (bytearray(2), "not bytearray"), (bytes(MAX_DATAGRAM + 1), "16384")]
)
def test_a_datagram_that_cannot_travel_is_refused(datagram, words):
    with pytest.raises(UsageError, match=words):
        check_datagram(datagram)


@pytest.mark.parametrize(("blob", "words"), [(None, "not NoneType"), (bytes(MAX_BLOB + 1), str(MAX_BLOB + 1))])
def test_a_blob_that_cannot_travel_is_refused(blob, words):
    with pytest.raises(UsageError, match=words):
        check_blob(blob)


@pytest.mark.parametrize("seconds", [0, -1, 3601, float("nan"), True, "10", None])
def test_a_timeout_that_is_no_time_is_refused_by_its_name(seconds):
    with pytest.raises(UsageError, match="connect_timeout must be a number of seconds above 0"):
        check_timeout("connect_timeout", seconds)


def test_a_path_change_is_a_value():
    assert PathChanged("bob", "relay", "lost") == PathChanged("bob", "relay", "lost")


async def test_a_failing_callback_is_reported_and_goes_no_further():
    told = []
    asyncio.get_running_loop().set_exception_handler(lambda loop, context: told.append(context))

    def fail(number: int) -> None:
        raise ValueError(f"callback {number}")

    tell(fail, 7)
    assert str(told[0]["exception"]) == "callback 7"
    assert "callback of a transport" in told[0]["message"]
