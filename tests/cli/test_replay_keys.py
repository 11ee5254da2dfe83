"""Keys of a terminal, and what they mean to who watches."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rollback.cli.replay_keys import WatchKeys


@pytest.mark.parametrize(
    ("data", "commands"),
    [
        (b" ", ["pause"]),
        (b".,", ["next", "previous"]),
        (b"\x1b[C\x1b[D\x1b[A\x1b[B", ["forward", "back", "faster", "slower"]),
        (b"\x1bOC\x1bOH\x1bOF", ["forward", "begin", "end"]),
        (b"\x1b[H\x1b[1~\x1b[F\x1b[4~\x1b[5~\x1b[6~", ["begin", "begin", "end", "end", "page back", "page on"]),
        (b"42%", ["4", "2", "percent"]),
        (b"600\r", ["6", "0", "0", "go"]),
        (b"7\x7f", ["7", "erase"]),
        (b"q\x04", ["quit", "quit"]),
        (b"xyz\x1b[2~\x1b[99;5u\xff", []),
    ],
)
def test_a_key_is_a_command(data, commands):
    assert WatchKeys().feed(data) == commands
    keys = WatchKeys()
    assert [command for byte in data for command in keys.feed(bytes([byte]))] == commands, "in pieces too"


@given(st.lists(st.binary(max_size=30), max_size=10))
def test_whatever_is_typed_is_no_crash_and_nothing_piles_up(pieces):
    keys = WatchKeys()
    for piece in pieces:
        assert all(type(command) is str for command in keys.feed(piece))
        assert len(keys._rest) < 100
