"""All other messages: every legal one comes back, and every field is held to its limits before anybody sees it."""

from __future__ import annotations

import math
from dataclasses import astuple, replace
from typing import Any

import msgpack
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rollback.errors import WireError
from rollback.wire import Bye, Claim, Forward, Hello, Join, Message, Notice, decode_message, encode_message
from rollback.wire.limits import MAX_DATAGRAM, MAX_ENTRIES, MAX_PAUSE, MAX_REASON, MAX_TEXT, MAX_TOKENS
from tests.cases import every

clocks = st.floats(-9e11, 9e11) | st.just(math.nan)
frames = st.integers(-1, 2**40)
facts = st.dictionaries(
    st.text(max_size=20), st.none() | st.booleans() | st.integers(-(2**63), 2**63) | st.floats() | st.text(max_size=40),
    max_size=20,
)  # fmt: skip
hellos = st.builds(
    Hello,
    nonce=st.integers(1, 2**32 - 1),
    heard=st.integers(0, 2**32 - 1),
    sent=clocks,
    echo=clocks,
    held=clocks,
    ready=st.booleans(),
    running=st.booleans(),
    done=st.booleans(),
    start=clocks,
    facts=facts,
    window=st.integers(0, 1000),
    delay=st.integers(0, 1000),
    players=st.dictionaries(st.integers(0, 15), st.text(max_size=20), max_size=16),
    joining=st.booleans(),
)
byes = st.builds(Bye, st.text(max_size=MAX_REASON), frames, frames, st.booleans(), st.booleans())
masks, epochs, by_seat = st.integers(0, 2**16 - 1), st.integers(0, 2**20), st.dictionaries(st.integers(0, 15), frames)
claims = st.builds(Claim, epochs, epochs, masks, masks, masks, masks, by_seat, by_seat)
notices = st.builds(Notice, frames, st.text(max_size=MAX_PAUSE), st.none() | claims, st.integers(0, 2**32 - 1))
tokens = st.binary(max_size=MAX_TOKENS)
forwards = st.builds(Forward, st.integers(0, 15), frames, frames, frames, frames, tokens)
joins = st.builds(
    Join, st.integers(0, 15), st.integers(1, 2**32 - 1), epochs, frames, st.integers(0, 2**40), tokens
)  # fmt: skip

HELLO = Hello(1, 0, 1.5, math.nan, 0.0, False, False, False, math.nan, {"fps": 60}, 8, 2, {0: "human"})
BYE = Bye("left", 100, 99)
CLAIM = Claim(1, 0, 7, 5, 2, 2, {1: 99}, {})
FORWARD = Forward(1, 5, 9, 4, 3, b"\x13\x07")
JOIN = Join(1, 77, 2, 100, 160, b"")


def same(left: Message, right: Message) -> bool:
    """Compare with NaN equal to itself, and with types."""
    return type(left) is type(right) and repr(astuple(left)) == repr(astuple(right))


def packed(message: Message, *fields: Any) -> bytes:
    """Return the datagram of a message with other fields."""
    return encode_message(message)[:2] + msgpack.packb(list(fields), use_bin_type=True)


def reason_of(data: bytes) -> str:
    with pytest.raises(WireError) as caught:
        decode_message(data)
    return caught.value.reason


@given(hellos | byes | notices | forwards | joins)
@settings(deadline=None)
def test_every_legal_message_comes_back(message: Message) -> None:
    assert same(decode_message(encode_message(message)), message)


def test_a_message_and_the_hot_one_cannot_be_taken_for_each_other() -> None:
    for message in (HELLO, BYE, Notice(5), FORWARD, JOIN):
        assert not encode_message(message)[1] & 128


WRONG_HELLOS = [
    {"nonce": 0},
    {"nonce": 2**32},
    {"nonce": -1},
    {"nonce": 1.0},
    {"nonce": True},
    {"heard": -1},
    {"heard": 2**32},
    {"sent": math.inf},
    {"sent": -math.inf},
    {"sent": 5},
    {"sent": "now"},
    {"echo": None},
    {"held": math.inf},
    {"ready": 1},
    {"running": None},
    {"done": 0},
    {"start": math.inf},
    {"facts": []},
    {"facts": {1: "one"}},
    {"facts": {"deep": {"a": 1}}},
    {"facts": {"list": [1]}},
    {"facts": {"k" * (MAX_TEXT + 1): 1}},
    {"facts": {"long": "x" * (MAX_REASON + 1)}},
    {"facts": {f"{n}": n for n in range(MAX_ENTRIES + 1)}},
    {"window": -1},
    {"window": 1001},
    {"delay": 1001},
    {"delay": 2.0},
    {"players": {16: "bob"}},
    {"players": {-1: "bob"}},
    {"players": {"0": "bob"}},
    {"players": {0: 7}},
    {"players": {0: "b" * (MAX_TEXT + 1)}},
    {"players": None},
]


@every("wrong", WRONG_HELLOS, ids=lambda wrong: next(iter(wrong)))
def test_every_field_of_a_hello_has_its_limits(wrong: dict[str, Any]) -> None:
    assert reason_of(encode_message(replace(HELLO, **wrong))) in ("field", "msgpack")


@pytest.mark.parametrize(
    "wrong",
    [
        {"reason": "x" * (MAX_REASON + 1)},
        {"reason": None},
        {"reason": b"left"},
        {"end": -2},
        {"end": 2**40 + 1},
        {"confirmed": -2},
        {"confirmed": 1.5},
        {"final": 1},
        {"answer": None},
    ],
)
def test_every_field_of_a_bye_has_its_limits(wrong: dict[str, Any]) -> None:
    assert reason_of(encode_message(replace(BYE, **wrong))) in ("field", "msgpack")


@pytest.mark.parametrize(
    "wrong",
    [
        {"end": -2},
        {"pause": None},
        {"pause": "x" * (MAX_PAUSE + 1)},
        {"turns": -1},
        {"turns": 2**32},
        {"turns": 1.0},
        {"claim": []},
        {"claim": list(CLAIM)[:-1]},
        {"claim": [*CLAIM, 0]},
        {"claim": CLAIM._replace(epoch=-1)},
        {"claim": CLAIM._replace(committed=2**20 + 1)},
        {"claim": CLAIM._replace(base=1 << 16)},
        {"claim": CLAIM._replace(roster=-1)},
        {"claim": CLAIM._replace(silent=True)},
        {"claim": CLAIM._replace(missed=1.0)},
        {"claim": CLAIM._replace(held={16: 0})},
        {"claim": CLAIM._replace(held={0: -2})},
        {"claim": CLAIM._replace(held={0: None})},
        {"claim": CLAIM._replace(joins={-1: 0})},
        {"claim": CLAIM._replace(joins=7)},
    ],
)
def test_every_field_of_a_notice_has_its_limits(wrong: dict[str, Any]) -> None:
    assert reason_of(encode_message(replace(Notice(1), **wrong))) == "field"


@pytest.mark.parametrize(
    ("message", "wrong"),
    [
        (FORWARD, {"seat": 16}),
        (FORWARD, {"seat": -1}),
        (FORWARD, {"base": -2}),
        (FORWARD, {"newest": 2**40 + 1}),
        (FORWARD, {"confirmed": "9"}),
        (FORWARD, {"acked": None}),
        (FORWARD, {"tokens": "text"}),
        (FORWARD, {"tokens": bytes(MAX_TOKENS + 1)}),
        (JOIN, {"seat": 16}),
        (JOIN, {"nonce": 0}),
        (JOIN, {"nonce": 2**32}),
        (JOIN, {"epoch": -1}),
        (JOIN, {"base": -2}),
        (JOIN, {"frame": -1}),
        (JOIN, {"tokens": None}),
    ],
)
def test_every_field_of_a_forward_and_a_join_has_its_limits(message: Message, wrong: dict[str, Any]) -> None:
    assert reason_of(encode_message(replace(message, **wrong))) in ("field", "msgpack")


def test_the_limits_themselves_are_allowed() -> None:
    for message in (
        replace(HELLO, nonce=2**32 - 1, heard=2**32 - 1, window=1000, delay=1000),
        replace(HELLO, facts={f"{n:>{MAX_TEXT}}": "x" * 50 for n in range(40)}),
        replace(HELLO, players={player: "é" * MAX_TEXT for player in range(16)}),
        Bye("é" * MAX_REASON, 2**40, 2**40, True, True),
        Bye("", -1, -1),
        Notice(-1),
        Notice(
            2**40,
            "é" * MAX_PAUSE,
            Claim(2**20, 2**20, 65535, 65535, 65535, 65535, dict.fromkeys(range(16), -1), {15: -1}),
            2**32 - 1,
        ),
        Forward(15, -1, -1, -1, -1, bytes(MAX_TOKENS)),
        Join(15, 2**32 - 1, 2**20, -1, 2**40, bytes(MAX_TOKENS)),
    ):
        assert same(decode_message(encode_message(message)), message)


def test_too_few_and_too_many_fields_are_refused() -> None:
    assert reason_of(packed(BYE, "left", 100, 99, False)) == "field"
    assert reason_of(packed(BYE, "left", 100, 99, False, False, 0)) == "field"
    assert reason_of(packed(Notice(1))) == "field"
    assert reason_of(encode_message(BYE)[:2] + msgpack.packb({"reason": "left"})) == "field"
    assert reason_of(encode_message(BYE)[:2] + msgpack.packb(7)) == "field"


def test_nothing_and_unknown_kinds_are_named() -> None:
    assert reason_of(b"") == reason_of(b"\0") == "truncated"
    known = {encode_message(message)[:2] for message in (HELLO, BYE, Notice(1), FORWARD, JOIN)}
    for first in range(256):
        for second in range(128):
            head = bytes([first, second])
            if head not in known:
                assert reason_of(head + b"\x90") == "kind"


def test_what_is_too_large_is_refused_before_it_is_read() -> None:
    assert reason_of(encode_message(BYE) + bytes(MAX_DATAGRAM)) == "oversized"


def test_bytes_after_the_end_are_refused() -> None:
    assert reason_of(encode_message(BYE) + b"\xc0") == "msgpack"


BOMBS = {
    "a thousand lists": b"\x91" * 1000 + b"\x90",
    "ten thousand lists": b"\x91" * 10_000 + b"\x90",
    "nested maps": b"\x81\x01" * 5_000 + b"\x80",
    "a list that claims four thousand million": b"\xdd\xff\xff\xff\xff",
    "lists that claim it at every level": b"\xdd\xff\xff\xff\xff" * 2_000,
    "a map that claims four thousand million": b"\xdf\xff\xff\xff\xff",
    "a string that claims four gigabytes": b"\x91\xdb\xff\xff\xff\xff",
    "bytes that claim four gigabytes": b"\x91\xc6\xff\xff\xff\xff",
    "an extension that claims four gigabytes": b"\x91\xc9\xff\xff\xff\xff\x01",
    "an extension": msgpack.packb([msgpack.ExtType(5, b"x")]),
    "a timestamp": msgpack.packb([msgpack.Timestamp(1)]),
    "bytes": msgpack.packb([b"x"]),
    "a key that is a list": b"\x91\x81\x91\x01\x01",
    "a key that is a map": b"\x91\x81\x80\x01",
    "text that is no UTF-8": b"\x91\xa2\xff\xfe",
    "the byte that is never used": b"\xc1",
    "nothing": b"",
}


@every("body", BOMBS.values(), ids=BOMBS.keys())
@every("message", [HELLO, BYE, Notice(1), FORWARD, JOIN], ids=lambda message: type(message).__name__)
def test_bombs_are_refused(message: Message, body: bytes) -> None:
    assert reason_of(encode_message(message)[:2] + body) in ("msgpack", "field", "oversized")
