from __future__ import annotations

import asyncio
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rollback.errors import NetworkError
from rollback.net.lobby_refusal import LobbyRefusal
from rollback.net.page_port import KEPT, KINDS, LOST, PagePort
from tests.net.pages import Channel, Uint8Array, Web
from tests.net.virtual_time import now, run


class Log:
    def __init__(self):
        self.said = []
        self.port = PagePort(lambda text, data: self.said.append((json.loads(text), data)))

    def take(self, data=None, **message):
        self.port.take(json.dumps(message), data)


def test_what_is_said_travels_as_json_with_bytes_beside_it():
    log = Log()
    log.port.post({"tell": "news", "sentence": "né"})
    log.port.post({"tell": "feed"}, b"\0\xff")
    assert log.said == [({"tell": "news", "sentence": "né"}, None), ({"tell": "feed"}, b"\0\xff")]


def test_what_cannot_travel_is_said_to_whoever_says_it():
    with pytest.raises(ValueError, match="JSON"):
        Log().port.post({"tell": "stats", "rtt": float("nan")})


@pytest.mark.parametrize("kind", KINDS)
def test_what_comes_before_anybody_takes_it_is_kept_in_order(kind):
    log, taken = Log(), []
    for number in range(3):
        log.take(do=kind, number=number)
    log.port.on(kind, lambda message, data: taken.append((message["number"], data)))
    log.take(Uint8Array(b"x"), do=kind, number=3)
    log.port.on(kind, None)
    log.take(do=kind, number=4)
    log.port.on(kind, lambda message, data: taken.append((message["number"], "another")))
    assert taken == [(0, None), (1, None), (2, None), (3, b"x"), (4, "another")]


def test_of_what_nobody_takes_only_so_much_is_kept():
    log, taken = Log(), []
    for number in range(KEPT + 7):
        log.take(do="lobby", number=number)
    log.port.on("lobby", lambda message, data: taken.append(message["number"]))
    assert taken == list(range(7, KEPT + 7))


def test_a_question_is_answered_by_its_number():
    async def main():
        log = Log()
        first = asyncio.create_task(log.port.ask({"tell": "ask", "event": "lock"}, 5.0))
        second = asyncio.create_task(log.port.ask({"tell": "ask", "event": "invite"}, 5.0))
        await asyncio.sleep(0)
        (one, _), (two, _) = log.said
        assert one["ask"] != two["ask"]
        log.take(do="answer", ask=two["ask"], result={"invite": "i"})
        log.take(do="answer", ask=one["ask"], result={})
        assert await first == {} and await second == {"invite": "i"}

    run(main())


@pytest.mark.parametrize(
    ("error", "kind", "says"),
    [
        ({"code": "full", "sentence": "the room is full\x1b"}, LobbyRefusal, "the room is full"),
        *[({"code": code, "sentence": "not there"}, NetworkError, "not there") for code in LOST],
        ("no such description", NetworkError, "no such description"),
        (None, NetworkError, "could not do what was asked"),
        ({"code": 3}, NetworkError, "could not do what was asked"),
    ],
)
def test_a_no_is_an_error_and_only_that_of_the_lobby_is_its_refusal(error, kind, says):
    async def main():
        log = Log()
        asking = asyncio.create_task(log.port.ask({"tell": "ask"}, 5.0))
        await asyncio.sleep(0)
        log.take(do="answer", ask=log.said[0][0]["ask"], error=error)
        with pytest.raises(NetworkError, match=says) as caught:
            await asking
        assert type(caught.value) is kind
        if kind is LobbyRefusal:
            assert caught.value.code == "full"

    run(main())


def test_a_page_that_says_nothing_is_named_and_its_late_answer_is_counted():
    async def main():
        log = Log()
        with pytest.raises(NetworkError, match=r"the page did not answer within 2\.5 s"):
            await log.port.ask({"tell": "ask"}, 2.5)
        assert now() == pytest.approx(2.5)
        log.take(do="answer", ask=log.said[0][0]["ask"], result={})
        log.take(do="answer", ask=999, result={})
        assert log.port.dropped == {"too late": 2}

    run(main())


def test_peers_have_keys_of_their_own_and_hear_what_is_theirs():
    async def main():
        log, heard = Log(), []
        one, two = (
            log.port.add_peer(
                lambda message, data, name=name: heard.append((name, message["what"])),
                lambda number, channel, name=name: heard.append((name, number, channel)),
            )
            for name in ("one", "two")
        )
        assert one != two
        channel = Channel(Web())
        log.take(do="peer", peer=two, what="state")
        log.port.take_channel(one, 1, channel)
        log.port.remove_peer(one)
        log.take(do="peer", peer=one, what="state")
        log.port.take_channel(one, 0, channel)
        assert heard == [("two", "state"), ("one", 1, channel)] and channel.closed
        assert log.port.dropped == {"of a connection that is closed": 2}

    run(main())


def test_what_a_handler_raises_ends_nothing_that_javascript_called():
    caught = []

    async def main():
        asyncio.get_running_loop().set_exception_handler(lambda loop, context: caught.append(context["exception"]))
        log = Log()

        def fails(*_):
            raise RuntimeError("a bug")

        log.port.on("keys", fails)
        key = log.port.add_peer(fails, fails)
        log.take(do="keys", held=[])
        log.take(do="peer", peer=key, what="state")
        log.port.take_channel(key, 0, None)

    asyncio.run(main())
    assert [str(error) for error in caught] == ["a bug"] * 3


def test_a_channel_that_cannot_even_be_closed_is_no_trouble():
    log = Log()
    log.port.take_channel("nobody", 0, None)
    assert log.port.dropped == {"of a connection that is closed": 1}


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["do", "ask", "peer", "what", "error", "result", "event", "payload"]), inner)
    ),
    max_leaves=8,
)


@given(JSON.map(json.dumps) | st.text(max_size=30) | st.sampled_from(["[" * 100_000, "\ud800"]))
def test_whatever_the_page_says_is_no_exception(text):
    log, taken = Log(), []
    for kind in KINDS:
        log.port.on(kind, lambda message, data: taken.append(message))
    log.port.take(text)
    assert len(taken) + sum(log.port.dropped.values()) == 1
