"""Opening whole, cut, damaged, hostile and foreign files: a readable prefix or one sentence, and nothing else."""

from __future__ import annotations

import io
import os
import struct
import tracemalloc
import zlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rollback.errors import ReplayError
from rollback.replays import Replay, ReplayHeader, chunks, replay
from rollback.replays.chunks import MAGIC, Kind, pack_chunk
from rollback.replays.header import pack_header
from rollback.wire.tree import pack_tree

HEADER = pack_header(ReplayHeader(codecs=("uint8", "uint8"), sizes=(1, 1), packages={}))
FOOTER = {"frames": 0, "final": None, "reason": ""}


def opened(data):
    return Replay.open(io.BytesIO(data))


def stream(*pieces, header=HEADER):
    """A file whose checksums are right, whatever it holds."""
    data, crc = MAGIC, zlib.crc32(MAGIC)
    for kind, payload in ((Kind.HEADER, header), *pieces):
        chunk, crc = pack_chunk(kind, payload, crc)
        data += chunk
    return data


def block(first, count, packed=b""):
    return Kind.INPUTS, struct.pack("<IH", first, count) + packed


def footer(**changes):
    return Kind.FOOTER, pack_tree({**FOOTER, **changes})


def is_prefix(part, whole):
    """Nothing that was read differs from what was recorded."""
    assert [*part] == [*whole][: part.frames]
    assert [*part.checksums.items()] == [*whole.checksums.items()][: len(part.checksums)]
    assert [*part.keyframes.items()] == [*whole.keyframes.items()][: len(part.keyframes)]
    assert part.events == whole.events[: len(part.events)]
    if part.complete:
        assert part.frames == whole.frames and part.final_checksum == whole.final_checksum
    return True


def test_every_truncation_is_a_prefix_or_one_sentence(record):
    data = record(130, keyframes=50)
    whole = opened(data)
    read = set()
    for end in range(len(data)):
        try:
            part = opened(data[:end])
        except ReplayError as error:
            assert end < len(data) // 2, error
            assert "this is no replay" in str(error) or "has no header" in str(error)
        else:
            assert not part.complete and part.damage and is_prefix(part, whole)
            read.add(part.frames)
    assert read == {0, 60, 120, 130} and whole.complete


def test_every_single_bit_flip_after_the_header_is_noticed(record):
    data = record(20, keyframes=0)
    start = data.index(bytes([0x93, Kind.INPUTS, 0xC4]))
    for place in range(start, len(data)):
        for bit in range(8):
            damaged = bytearray(data)
            damaged[place] ^= 1 << bit
            part = opened(bytes(damaged))
            assert not part.complete and part.damage


def test_what_comes_after_a_damaged_chunk_is_ignored_and_said(record):
    data = bytearray(record(200, sums=0, keyframes=0))
    data[data.index(struct.pack("<IH", 120, 60))] ^= 1
    part = opened(bytes(data))
    assert part.frames == 120 and not part.complete
    assert "does not match its checksum; it and all after it is ignored" in part.damage


def test_a_chunk_of_another_file_or_place_is_noticed(record):
    one, other = record(200, sums=0, keyframes=0), record(200, sums=7, keyframes=0)
    assert opened(one).complete and opened(other).complete
    marker = struct.pack("<IH", 60, 60)
    start = one.index(marker) - 4
    for data in (
        one[:start] + other[other.index(marker) - 4 :],
        one[:start] + one[one.index(struct.pack("<IH", 120, 60)) - 4 :],
    ):
        part = opened(data)
        assert part.frames == 60 and "does not match its checksum" in part.damage


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "this is no replay: the file does not begin like one"),
        (b"GIF89a" + bytes(100), "this is no replay"),
        (MAGIC, "the replay has no header: the file ends before it"),
        (MAGIC + b"\x93", "no header: the file ends in the middle"),
        (MAGIC + b"\x80" * 50, "no header: the chunk at byte 16 is no chunk"),
        (MAGIC + b"\x93\x00\xc6\xff\xff\xff\xff", "claims 4294967295 bytes, at most"),
        (stream(header=b"\xc1"), "the header of the replay cannot be read"),
        (stream(header=pack_tree({"format": 3})), "format 3, this version reads up to 2: pip install -U rollback"),
        (MAGIC + pack_chunk(Kind.EVENT, b"", zlib.crc32(MAGIC))[0], "the replay has no header"),
    ],
    ids=range(9),
)
def test_what_cannot_be_opened_is_one_sentence(data, words):
    with pytest.raises(ReplayError, match=words) as caught:
        opened(data)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("name", ["missing.rbr", ".", "no\0name"])
def test_a_path_that_cannot_be_read_is_one_sentence(tmp_path, name):
    with pytest.raises(ReplayError, match=r"the replay '.*' cannot be read: "):
        Replay.open(f"{tmp_path}/{name}")


@pytest.mark.parametrize("made", [os.mkfifo, lambda path: os.symlink("/dev/zero", path)], ids=["pipe", "device"])
def test_what_is_no_file_is_not_waited_for(tmp_path, made):
    made(tmp_path / "match.rbr")
    with pytest.raises(ReplayError, match=r"the replay '.*match\.rbr' cannot be read: it is no file"):
        Replay.open(tmp_path / "match.rbr")


HOSTILE = {
    "no frames": [block(0, 0)],
    "too many frames": [block(0, 601)],
    "a gap": [block(0, 5), block(6, 5)],
    "the same frames again": [block(0, 5), block(0, 5)],
    "half a block": [(Kind.INPUTS, b"\0\0\0")],
    "more rows than said": [block(0, 2, b"\0\5\1\1\1\1\1")],
    "half a checksum": [(Kind.CHECKSUMS, bytes(11))],
    "checksums out of order": [(Kind.CHECKSUMS, struct.pack("<IQIQ", 5, 1, 5, 1))],
    "a checksum far away": [(Kind.CHECKSUMS, struct.pack("<IQ", 10_000_001, 1))],
    "half a keyframe": [(Kind.KEYFRAME, bytes(7))],
    "a keyframe that claims too much": [(Kind.KEYFRAME, struct.pack("<II", 0, 2**31))],
    "a keyframe of nothing": [(Kind.KEYFRAME, struct.pack("<II", 0, 0))],
    "the same keyframe twice": [(Kind.KEYFRAME, struct.pack("<II", 0, 1))] * 2,
    "an empty event": [(Kind.EVENT, b"")],
    "an event that is no pair": [(Kind.EVENT, bytes(4) + pack_tree((1, 2, 3)))],
    "an event without a kind": [(Kind.EVENT, bytes(4) + pack_tree((1, 2)))],
    "a huge event": [(Kind.EVENT, bytes(4) + pack_tree(("x", bytes(70_000))))],
    "an end of other frames": [footer(frames=1)],
    "an end of no frames": [footer(frames=False)],
    "an end with a wrong sum": [footer(final=2**64)],
    "an end with a wrong reason": [footer(reason=b"")],
    "an end that is a list": [(Kind.FOOTER, pack_tree([]))],
    "two ends": [footer(), footer()],
    "frames after the end": [footer(), block(0, 5)],
    "two headers": [(Kind.HEADER, HEADER)],
    "a chunk of an unknown kind": [(99, b"")],
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_chunk_that_breaks_a_rule_ends_the_reading(name):
    part = opened(stream(*HOSTILE[name]))
    assert not part.complete and part.damage.startswith("a chunk holds what it may not, it and all after it is ignored: ")
    assert part.frames in (0, 5) and len(part.checksums) == 0 and part.events == []


@settings(max_examples=300)
@given(st.lists(st.tuples(st.integers(1, 6), st.binary(max_size=40)), max_size=6))
def test_any_chunks_with_right_checksums_are_read_as_far_as_they_go(pieces):
    part = opened(stream(*pieces))
    assert part.is_ended or (part.damage and not part.complete)
    assert len([*part]) == part.frames
    for frame in part.keyframes:
        try:
            assert part.keyframes[frame] is not NotImplemented
        except ReplayError as error:
            assert f"the keyframe of frame {frame}" in str(error)


@settings(max_examples=300)
@given(st.binary(max_size=200))
def test_any_bytes_after_a_header_are_no_crash(data):
    part = opened(stream() + data)
    assert part.frames == 0 and not part.complete


@pytest.mark.parametrize(
    ("size", "data", "words"),
    [
        (5, b"nonsense", "cannot be read: "),
        (5, zlib.compress(b"\1"), "does not have the size it claims"),
        (1, zlib.compress(bytes(2**26)), "does not have the size it claims"),
        (1, zlib.compress(b"\1") + b"more", "does not have the size it claims"),
        (1, zlib.compress(b"\1")[:-1], "does not have the size it claims"),
        (1, zlib.compress(b"\xc1"), "cannot be read: unknown"),
    ],
    ids=range(6),
)
def test_a_keyframe_that_cannot_be_unpacked_is_one_sentence(size, data, words):
    part = opened(stream((Kind.KEYFRAME, struct.pack("<II", 7, size) + data), footer()))
    assert part.complete and [*part.keyframes] == [7] and 8 not in part.keyframes
    tracemalloc.start()
    try:
        with pytest.raises(ReplayError, match=f"the keyframe of frame 7 {words}"):
            part.keyframes[7]
        assert tracemalloc.get_traced_memory()[1] < 2**20
    finally:
        tracemalloc.stop()


def test_a_file_that_is_too_large_is_refused(record, monkeypatch):
    data = record(200)
    monkeypatch.setattr(chunks, "MAX_FILE", 600)
    with pytest.raises(ReplayError, match="the file is larger than 0 MiB, the most a replay may be"):
        opened(data)


def test_a_file_of_too_many_chunks_is_read_up_to_there(monkeypatch):
    data = stream(*[block(5 * place, 5) for place in range(20)], footer(frames=100))
    assert opened(data).complete
    monkeypatch.setattr(replay, "MAX_CHUNKS", 10)
    part = opened(data)
    assert part.frames == 50 and not part.complete and part.damage


def test_a_long_replay_takes_about_as_much_memory_as_the_file():
    data = stream(*[block(600 * place, 600, b"\0\2\1\2") for place in range(1600)])
    tracemalloc.start()
    try:
        part = opened(data)
        assert part.frames == 960_000 and part.inputs(959_999) == (b"\1", b"\2")
        assert tracemalloc.get_traced_memory()[1] < 4 * len(data) + 100_000
    finally:
        tracemalloc.stop()


def test_checksums_answer_like_a_mapping(record):
    sums = opened(record(100)).checksums
    assert 40 in sums and 41 not in sums and -1 not in sums and sums.get(10**9) is None
    assert len(sums) == 5 and dict(sums)[80] == sums[80]
