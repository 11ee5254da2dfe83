"""Chunks: whole ones come back in order, and the first that is not whole ends the reading with a sentence."""

from __future__ import annotations

import io
import zlib

import msgpack
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rollback.errors import ReplayError
from rollback.replays.chunks import MAGIC, ChunkReader, Kind, pack_chunk
from rollback.replays.limits import MAX_CHUNK

kinds = st.sampled_from(list(Kind))


def stream(pieces):
    data, crc = MAGIC, zlib.crc32(MAGIC)
    for kind, payload in pieces:
        chunk, crc = pack_chunk(kind, payload, crc)
        data += chunk
    return data


def read(data):
    reader = ChunkReader(io.BytesIO(data))
    pieces = []
    while (chunk := reader.next()) is not None:
        pieces.append(chunk)
    return pieces, reader.damage


@given(st.lists(st.tuples(kinds, st.binary(max_size=300)), max_size=6))
def test_chunks_come_back_in_order(pieces):
    assert read(stream(pieces)) == (pieces, "")


@pytest.mark.parametrize("size", [0, 1, 255, 256, 65_535, 65_536, 1_000_000])
def test_every_length_comes_back_and_is_plain_msgpack(size):
    data = stream([(Kind.INPUTS, bytes(size)), (Kind.FOOTER, b"x")])
    assert read(data) == ([(Kind.INPUTS, bytes(size)), (Kind.FOOTER, b"x")], "")
    text, first, second = msgpack.Unpacker(io.BytesIO(data))
    assert text == "rollback-replay" and first[:2] == [1, bytes(size)] and second[:2] == [5, b"x"]


@given(st.lists(st.tuples(kinds, st.binary(max_size=30)), min_size=1, max_size=4), st.data())
def test_a_cut_file_gives_the_whole_chunks_before_the_cut(pieces, data):
    whole = stream(pieces)
    end = data.draw(st.integers(len(MAGIC), len(whole) - 1))
    got, damage = read(whole[:end])
    assert got == pieces[: len(got)] and len(got) < len(pieces)
    ends = {len(stream(pieces[:count])) for count in range(len(pieces))}
    assert (damage == "") == (end in ends)
    assert damage == "" or damage.startswith("the file ends in the middle of the chunk at byte ")


@given(st.lists(st.tuples(kinds, st.binary(max_size=30)), min_size=1, max_size=4), st.data())
def test_a_changed_byte_ends_the_reading_at_its_chunk(pieces, data):
    damaged = bytearray(stream(pieces))
    place = data.draw(st.integers(len(MAGIC), len(damaged) - 1))
    damaged[place] ^= data.draw(st.integers(1, 255))
    got, damage = read(bytes(damaged))
    untouched = sum(len(stream(pieces[: count + 1])) <= place for count in range(len(pieces)))
    assert got == pieces[:untouched] and damage


def test_swapped_doubled_and_missing_chunks_are_noticed():
    pieces = [(Kind.INPUTS, bytes([place]) * 9) for place in range(3)]
    ends = [len(stream(pieces[:count])) for count in range(4)]
    data = stream(pieces)
    one, two, three = (data[ends[place] : ends[place + 1]] for place in range(3))
    for order in ([two, one, three], [one, one, two], [one, three], [three]):
        got, damage = read(MAGIC + b"".join(order))
        assert got == pieces[: len(got)] and len(got) < 2 and "does not match its checksum" in damage


def test_after_damage_nothing_more_is_read():
    data = bytearray(stream([(Kind.INPUTS, b"a"), (Kind.INPUTS, b"b")]))
    data[len(MAGIC) + 4] ^= 1
    reader = ChunkReader(io.BytesIO(bytes(data)))
    assert [reader.next() for _ in range(5)] == [None] * 5 and reader.damage


@pytest.mark.parametrize("start", [b"", MAGIC[:-1], b"\xaf" + bytes(15), MAGIC[::-1]])
def test_another_file_is_no_replay(start):
    with pytest.raises(ReplayError, match="this is no replay: the file does not begin like one"):
        ChunkReader(io.BytesIO(start))


def test_a_huge_claim_is_refused_before_it_is_read():
    class Counting(io.BytesIO):
        asked = 0

        def read(self, size=-1):
            self.asked = max(self.asked, size)
            return super().read(size)

    file = Counting(MAGIC + b"\x93\x01\xc6" + (MAX_CHUNK + 1).to_bytes(4, "big"))
    reader = ChunkReader(file)
    assert reader.next() is None and file.asked < 100
    assert reader.damage.startswith(f"the chunk at byte 16 claims {MAX_CHUNK + 1} bytes, at most {MAX_CHUNK} are allowed")
