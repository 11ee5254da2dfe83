"""What terminals send is understood, in one piece or in several, and nothing they could send is a surprise."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from rollback.cli.key_codes import KeyCodes, KeyEvent


def press(key: str, *, is_told_release: bool = False) -> KeyEvent:
    return KeyEvent("press", key, is_told_release)


@pytest.mark.parametrize(
    ("data", "events"),
    [
        (b"w", [press("w")]),
        (b"W", [press("w")]),
        (b"ws", [press("w"), press("s")]),
        (b"\x1b[A", [press("up")]),
        (b"\x1b[B", [press("down")]),
        (b"\x1b[C", [press("right")]),
        (b"\x1b[D", [press("left")]),
        (b"\x1bOA", [press("up")]),
        (b"\x1b[1;2A", [press("up")]),
        (b"\x1b[A\x1b[A", [press("up"), press("up")]),
        (b" ", [press("space")]),
        (b"\r", [press("enter")]),
        (b"\n", [press("enter")]),
        (b"\t", [press("tab")]),
        (b"\x7f", [press("backspace")]),
        (b"\x03", [KeyEvent("interrupt")]),
        (b"\x00\x01", []),
        (b"\xc3\xa4", []),
        (b"\x1b[3~", []),
        (b"\x1b[200~", []),
        (b"\x1bOP", []),
        (b"\x1bw", [press("w")]),
        (b"\x1b[O", [KeyEvent("blur")]),
        (b"\x1b[I", []),
        (b"\x1b[?0u", [KeyEvent("protocol")]),
        (b"\x1b[?62;22c", []),
    ],
)
def test_what_any_terminal_sends(data: bytes, events: list[KeyEvent]) -> None:
    assert KeyCodes().feed(data) == events


@pytest.mark.parametrize(
    ("data", "events"),
    [
        (b"\x1b[119u", [press("w", is_told_release=True)]),
        (b"\x1b[119;1:1u", [press("w", is_told_release=True)]),
        (b"\x1b[119;1:2u", [press("w", is_told_release=True)]),
        (b"\x1b[119;1:3u", [KeyEvent("release", "w")]),
        (b"\x1b[119:87;2u", [press("w", is_told_release=True)]),
        (b"\x1b[1;1:1A", [press("up", is_told_release=True)]),
        (b"\x1b[1;1:3A", [KeyEvent("release", "up")]),
        (b"\x1b[32u", [press("space", is_told_release=True)]),
        (b"\x1b[99;5u", [KeyEvent("interrupt")]),
        (b"\x1b[99;5:3u", [KeyEvent("interrupt")]),
        (b"\x1b[57441;2u", []),
        (b"\x1b[u", []),
    ],
)
def test_what_a_terminal_sends_that_tells_releases(data: bytes, events: list[KeyEvent]) -> None:
    assert KeyCodes().feed(data) == events


@pytest.mark.parametrize("data", [b"\x1b[A", b"\x1b[1;1:3A", b"\x1bOA", b"\x1b[119;1:3u"])
def test_a_sequence_may_come_byte_by_byte(data: bytes) -> None:
    codes = KeyCodes()
    events = [event for byte in data for event in codes.feed(bytes([byte]))]
    assert events == KeyCodes().feed(data)
    assert len(events) == 1


@given(st.lists(st.binary(max_size=12)))
@example([b"\x1b[" + b"1" * 80, b"A"])
@example([b"\x1b", b"\x1b", b"[A"])
def test_it_does_not_matter_how_bytes_are_cut(pieces: list[bytes]) -> None:
    cut, whole = KeyCodes(), KeyCodes()
    events = [event for piece in pieces for event in cut.feed(piece)]
    assert events == whole.feed(b"".join(pieces))


@given(st.binary(max_size=300))
def test_no_bytes_break_it_and_little_is_kept(data: bytes) -> None:
    codes = KeyCodes()
    for event in codes.feed(data):
        assert event.key == event.key.lower()
    assert len(codes._rest) <= 66


def test_what_follows_an_endless_sequence_is_read_again() -> None:
    codes = KeyCodes()
    codes.feed(b"\x1b[" + b"1" * 100_000)
    assert codes.feed(b"\x1b[A") == [press("up")]
