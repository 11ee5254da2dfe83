"""Codecs and the check of games: every action comes back, every byte string is an action, every mistake is named."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rollback import ActionError, Bits, Game, GameError, Raw, UInt
from rollback.game import MAX_INPUT_SIZE, codecs_of, idle_inputs

widths = st.integers(1, 512)


@given(widths, st.data())
@settings(deadline=None)
def test_whole_numbers_come_back(bits: int, data: st.DataObject) -> None:
    codec = UInt(bits)
    value = data.draw(st.integers(0, 2**bits - 1))
    encoded = codec.encode(value)
    assert len(encoded) == codec.size == -(-bits // 8)
    assert codec.decode(encoded) == value
    assert encoded == value.to_bytes(codec.size, "little")


@given(widths, st.data())
@settings(deadline=None)
def test_every_byte_string_is_a_whole_number_in_range(bits: int, data: st.DataObject) -> None:
    codec = UInt(bits)
    raw = data.draw(st.binary(min_size=codec.size, max_size=codec.size))
    value = codec.decode(raw)
    assert 0 <= value < 2**bits
    written = int.from_bytes(raw, "little")
    assert value == (written if written < 2**bits else 0)
    assert codec.decode(codec.encode(value)) == value


@given(widths, st.data())
@settings(deadline=None)
def test_buttons_come_back(n: int, data: st.DataObject) -> None:
    codec = Bits(n)
    buttons = tuple(data.draw(st.lists(st.booleans(), min_size=n, max_size=n)))
    encoded = codec.encode(buttons)
    assert len(encoded) == codec.size == -(-n // 8)
    assert codec.decode(encoded) == buttons
    assert codec.encode([int(button) for button in buttons]) == encoded


@given(widths, st.data())
@settings(deadline=None)
def test_every_byte_string_is_a_row_of_buttons(n: int, data: st.DataObject) -> None:
    codec = Bits(n)
    buttons = codec.decode(data.draw(st.binary(min_size=codec.size, max_size=codec.size)))
    assert len(buttons) == n and all(type(button) is bool for button in buttons)
    assert codec.decode(codec.encode(buttons)) == buttons


def test_the_first_button_is_the_lowest_bit() -> None:
    assert Bits(10).encode((True,) + (False,) * 8 + (True,)) == bytes([1, 2])


@given(st.integers(1, 64), st.data())
@settings(deadline=None)
def test_raw_bytes_come_back(size: int, data: st.DataObject) -> None:
    codec = Raw(size)
    raw = data.draw(st.binary(min_size=size, max_size=size))
    assert codec.encode(raw) == codec.decode(raw) == raw
    assert codec.encode(bytearray(raw)) == codec.encode(memoryview(raw)) == raw
    assert type(codec.encode(bytearray(raw))) is bytes


@given(st.integers(1, 64), st.binary(max_size=80))
@settings(deadline=None)
def test_raw_bytes_of_another_length_are_refused(size: int, raw: bytes) -> None:
    if len(raw) == size:
        return
    with pytest.raises(ActionError, match=f"is no byte string of length {size}"):
        Raw(size).encode(raw)


REFUSED = [
    (UInt(4), 16, "16 is outside 0..15 (uint4)"),
    (UInt(4), -1, "-1 is outside 0..15 (uint4)"),
    (UInt(8), 256, "256 is outside 0..255 (uint8)"),
    (UInt(9), 512, "512 is outside 0..511 (uint9)"),
    (UInt(8), 1.0, "1.0 is no whole number from 0 to 255 (uint8)"),
    (UInt(8), "1", "'1' is no whole number from 0 to 255 (uint8)"),
    (UInt(8), None, "None is no whole number from 0 to 255 (uint8)"),
    (Bits(2), (True,), "(True,) is no sequence of 2 buttons, each True or False (bits2)"),
    (Bits(2), (0, 2), "(0, 2) is no sequence of 2 buttons, each True or False (bits2)"),
    (Bits(2), 3, "3 is no sequence of 2 buttons (bits2)"),
    (Bits(2), "up", "'up' is no sequence of 2 buttons (bits2)"),
    (Raw(2), "ab", "'ab' is no byte string of length 2 (raw2)"),
    (Raw(2), 5, "5 is no byte string of length 2 (raw2)"),
    (Raw(2), b"abc", "b'abc' is no byte string of length 2 (raw2)"),
]


@pytest.mark.parametrize(("codec", "action", "says"), REFUSED)
def test_an_action_outside_its_space_is_named_with_the_space(codec: Any, action: Any, says: str) -> None:
    with pytest.raises(ActionError) as caught:
        codec.encode(action)
    assert str(caught.value) == says


def test_anything_that_is_an_index_is_a_whole_number() -> None:
    class Index:
        def __index__(self) -> int:
            return 7

    assert UInt(8).encode(Index()) == UInt(8).encode(7) == b"\7"
    assert UInt(8).encode(True) == b"\1"


@pytest.mark.parametrize("kind", [UInt, Bits, Raw])
@pytest.mark.parametrize("width", [0, -1, 513, 1.0, True, "8", None])
def test_a_codec_of_an_impossible_width_is_refused(kind: Any, width: Any) -> None:
    with pytest.raises(GameError, match=f"{kind.__name__}: .* must be a whole number from 1 to"):
        kind(width)


def test_names_tell_codecs_apart() -> None:
    codecs: list[Any] = [UInt(1), UInt(8), UInt(9), Bits(1), Bits(8), Raw(1), Raw(8)]
    names = [codec.describe() for codec in codecs]
    assert names == ["uint1", "uint8", "uint9", "bits1", "bits8", "raw1", "raw8"]
    assert all(codec.immutable for codec in codecs)


class Plain:
    players: Any = 2

    def step(self, actions: Any) -> None:
        """Do nothing."""

    def save(self) -> None:
        """Save nothing."""

    def load(self, state: Any) -> None:
        """Load nothing."""


def test_without_codecs_an_action_is_one_byte() -> None:
    codecs = codecs_of(Plain())
    assert [codec.describe() for codec in codecs] == ["uint8", "uint8"]
    assert isinstance(Plain(), Game)


def test_a_game_that_is_none_is_told_what_it_lacks() -> None:
    for method in ("step", "save", "load"):
        game = type("Half", (Plain,), {method: None})()
        with pytest.raises(GameError, match=rf"Half has no method {method}\(\): a game needs players, step, save and load"):
            codecs_of(game)


@pytest.mark.parametrize("players", [0, 17, -1, 2.0, True, None, "2"])
def test_a_number_of_players_out_of_its_limits_is_named(players: Any) -> None:
    game = Plain()
    game.players = players
    with pytest.raises(GameError) as caught:
        codecs_of(game)
    assert str(caught.value) == f"Plain.players must be a whole number from 1 to 16, not {players!r}"


def coded(*codecs: Any) -> Any:
    return type("Coded", (Plain,), {"codecs": codecs, "players": len(codecs)})()


def test_codecs_that_cannot_travel_are_named() -> None:
    class Sized:
        def __init__(self, size: Any) -> None:
            self.size = size

        def encode(self, action: Any) -> bytes:
            return bytes(self.size)

        def decode(self, data: bytes) -> None:
            """Decode nothing."""

        describe = encode

    for size in (0, MAX_INPUT_SIZE + 1, None, 1.5):
        with pytest.raises(GameError, match=f"the codec of player 1 has size {size!r}: a fixed width of 1 to 64 bytes"):
            codecs_of(coded(UInt(8), Sized(size)))
    assert len(codecs_of(coded(Sized(1), Sized(MAX_INPUT_SIZE)))) == 2
    for method in ("encode", "decode", "describe"):
        broken = type("Broken", (UInt,), {method: None})()
        with pytest.raises(GameError, match=rf"the codec of player 0 has no method {method}\(\)"):
            codecs_of(coded(broken, UInt(8)))


def test_one_codec_a_player_is_needed() -> None:
    game = coded(UInt(8), UInt(8))
    game.players = 3
    with pytest.raises(GameError, match=r"Coded\.codecs has 2 codecs for 3 players: one each is needed"):
        codecs_of(game)


def test_the_idle_input_is_what_the_game_says_or_zeros() -> None:
    game = coded(UInt(8), Raw(3))
    assert idle_inputs(game, codecs_of(game)) == (b"\0", b"\0\0\0")
    game.idle = lambda player: (9, b"abc")[player]
    assert idle_inputs(game, codecs_of(game)) == (b"\x09", b"abc")


def test_an_idle_action_outside_its_space_is_refused() -> None:
    game = coded(UInt(2))
    game.idle = lambda player: 4
    with pytest.raises(ActionError, match=r"4 is outside 0\.\.3"):
        idle_inputs(game, codecs_of(game))
