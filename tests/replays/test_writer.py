"""Recording: order and widths are held, whole chunks reach the file in time, limits end it politely."""

from __future__ import annotations

import io
import struct
import subprocess
import sys
import zlib

import msgpack
import numpy as np
import pytest

from rollback.config import SessionConfig
from rollback.errors import ReplayError, UsageError
from rollback.replays import Replay, ReplayHeader, ReplayWriter, writer
from rollback.types import Confirmed
from rollback.wire.tree import pack_tree


def still(frame, inputs=(b"\0", b"\0")):
    return Confirmed(frame, (0, 0), inputs)


@pytest.fixture
def file():
    return io.BytesIO()


def reopened(file):
    return Replay.open(io.BytesIO(file.getvalue()))


def test_what_was_recorded_is_read(record, Counter, match):
    replay = Replay.open(io.BytesIO(record(300)))
    played = list(match(Counter(), 300))
    assert [*replay] == [frame.inputs for frame in played] and len({*replay}) > 10
    assert replay.frames == len(replay) == 300 and replay.complete and replay.damage == ""
    assert [*replay.checksums] == [*range(0, 300, 20)] and [*replay.keyframes] == [0, 100, 200]
    assert replay.keyframes[0] == {"dice": 11, "score": (0, 0), "ball": {"x": 0, "y": 1}}
    assert [(event.frame, event.kind, event.data) for event in replay.events] == [(50, "PeerInterrupted", {"peer": "bob"})]
    assert replay.reason == "end_at" and replay.final_checksum is not None
    assert replay.header.names == ("ann", "bob") and replay.header.recorded_at == 5.0


def test_any_frame_can_be_asked_for_in_any_order(record, Counter, match):
    replay = Replay.open(io.BytesIO(record(300)))
    played = [frame.inputs for frame in match(Counter(), 300)]
    for frame in (299, 0, 59, 60, 61, 150, 119, 120):
        assert replay.inputs(frame) == played[frame]
    for frame in (-1, 300):
        with pytest.raises(ReplayError, match=f"the replay has no frame {frame}: it has the frames 0 to 299"):
            replay.inputs(frame)


def test_inputs_of_different_widths_come_back(file):
    header = ReplayHeader(codecs=("a", "b", "c"), sizes=(1, 64, 3))
    rows = [(bytes([frame]), bytes([frame]) * 64, b"abc") for frame in range(100)]
    with ReplayWriter(file, header) as recorder:
        for frame, row in enumerate(rows):
            recorder.add(Confirmed(frame, (), row))
    assert [*reopened(file)] == rows


def test_two_players_take_less_than_a_hundred_bytes_a_second(record):
    assert len(record(3600, keyframes=600, sums=60)) / 60 < 100


def test_whole_chunks_reach_the_file_every_second(file, header):
    recorder = ReplayWriter(file, header)
    for frame in range(150):
        recorder.add(still(frame))
        assert reopened(file).frames >= frame - 59  # at 60 frames a second
    replay = reopened(file)
    assert replay.frames == 120 and not replay.complete and "still being written" in replay.damage


def test_a_killed_process_leaves_all_but_the_last_second(tmp_path):
    path = tmp_path / "killed.rbr"
    code = f"""
import os
from rollback.replays import ReplayHeader, ReplayWriter
from rollback.types import Confirmed
from rollback.wire.tree import pack_tree
recorder = ReplayWriter({str(path)!r}, ReplayHeader(codecs=("uint8",), sizes=(1,)))
recorder.event(0, "began")
for frame in range(130):
    if frame % 60 == 0:
        recorder.checksum(frame, frame)
    recorder.add(Confirmed(frame, (), (b"x",)))
os._exit(9)
"""
    assert subprocess.run([sys.executable, "-c", code]).returncode == 9
    replay = Replay.open(path)
    assert replay.frames == 120 and not replay.complete and [*replay.checksums] == [0, 60]
    assert [event.kind for event in replay.events] == ["began"]


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        (still(1), "frame 1 was added where frame 0 is due: add every frame once, in order, from 0"),
        (still(0, (b"\0",)), r"frame 0 has inputs of \[1\] bytes, the header says \[1, 1\]"),
        (still(0, (b"\0\0", b"")), r"inputs of \[2, 0\] bytes"),
    ],
)
def test_a_wrong_frame_is_refused_and_changes_nothing(file, header, wrong, words):
    with ReplayWriter(file, header) as recorder:
        with pytest.raises(UsageError, match=words):
            recorder.add(wrong)
        recorder.add(still(0))
        with pytest.raises(UsageError, match="frame 0 was added where frame 1 is due"):
            recorder.add(still(0))
    assert [*reopened(file)] == [(b"\0", b"\0")] and recorder.frames == 1


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda recorder: recorder.checksum(5, 1), "the frame of a checksum must be from 6 to 10000000, not 5"),
        (lambda recorder: recorder.checksum(6, 2**64), "a whole number of 64 bits"),
        (lambda recorder: recorder.checksum(6, True), "not True"),
        (lambda recorder: recorder.checksum(6.0, 1), "not 6.0"),
        (lambda recorder: recorder.keyframe(5, {}), "the frame of a keyframe must be from 6"),
        (lambda recorder: recorder.keyframe(6, object()), "is of type builtins.object"),
        (lambda recorder: recorder.event(-1, "x"), "the frame of a event must be from 0"),
        (lambda recorder: recorder.event(0, 1), "the kind of an event must be a string"),
        (lambda recorder: recorder.event(0, "x", "y" * 70_000), "must be plain and take at most 65536 bytes"),
        (lambda recorder: recorder.event(0, "x", {"a": [np.int8(1)]}), "must be plain"),
        (lambda recorder: recorder.event(0, "x", object()), "type builtins.object"),
        (lambda recorder: recorder.close(-1), "final_checksum must be a whole number of 64 bits or None, not -1"),
    ],
    ids=range(12),
)
def test_wrong_records_are_refused_and_the_file_stays_whole(file, header, call, words):
    with ReplayWriter(file, header) as recorder:
        recorder.checksum(5, 1)
        assert recorder.keyframe(5, {})
        with pytest.raises(UsageError, match=words):
            call(recorder)
        recorder.add(still(0))
    replay = reopened(file)
    assert replay.complete and dict(replay.checksums) == {5: 1} and replay.frames == 1 and replay.events == []


def test_a_closed_writer_takes_nothing_more(file, header):
    recorder = ReplayWriter(file, header)
    recorder.close()
    size = len(file.getvalue())
    recorder.close(5, "again")
    calls = [lambda: recorder.add(still(0)), lambda: recorder.checksum(0, 0), lambda: recorder.keyframe(0, 0)]
    for call in [*calls, lambda: recorder.event(0, "x")]:
        with pytest.raises(UsageError, match="the replay is closed: make another writer"):
            call()
    assert len(file.getvalue()) == size and reopened(file).complete


def test_leaving_by_an_exception_keeps_the_frames_and_says_why(file, header):
    with pytest.raises(KeyError), ReplayWriter(file, header) as recorder:
        recorder.add(still(0))
        raise KeyError("lost")
    replay = reopened(file)
    assert replay.frames == 1 and replay.complete and replay.reason == "KeyError: 'lost'"
    assert replay.final_checksum is None


def test_a_long_reason_is_cut(file, header):
    ReplayWriter(file, header).close(reason="x" * 5000)
    assert len(reopened(file).reason) == 2000


def test_keyframes_and_events_past_their_limits_are_left_out(file, header, monkeypatch):
    monkeypatch.setattr(writer, "MAX_KEYFRAMES", 2)
    monkeypatch.setattr(writer, "MAX_EVENTS", 2)
    with ReplayWriter(file, header) as recorder:
        assert [recorder.keyframe(frame, frame) for frame in range(3)] == [True, True, False]
        assert [recorder.event(frame, "x") for frame in range(3)] == [True, True, False]
        monkeypatch.setattr(writer, "MAX_KEYFRAMES", 9)
        monkeypatch.setattr(writer, "MAX_KEYFRAME_BYTES", 30)
        assert not recorder.keyframe(3, bytes(range(100)))
    replay = reopened(file)
    assert replay.complete and [*replay.keyframes] == [0, 1] and len(replay.events) == 2


def test_a_keyframe_too_large_to_read_is_left_out(file, header):
    with ReplayWriter(file, header) as recorder:
        assert not recorder.keyframe(0, bytes(17 * 2**20))
        assert recorder.keyframe(0, bytes(15 * 2**20))
    assert len(file.getvalue()) < 2**20 and reopened(file).keyframes[0] == bytes(15 * 2**20)


@pytest.mark.parametrize("limit", ["MAX_FRAMES", "MAX_BLOCKS", "MAX_FILE"])
def test_a_full_replay_says_so_and_can_be_read(file, header, monkeypatch, limit):
    monkeypatch.setattr(writer, limit, {"MAX_FRAMES": 100, "MAX_BLOCKS": 1, "MAX_FILE": 2**20}[limit])
    recorder = ReplayWriter(file, header)
    with pytest.raises(UsageError, match="frame 60 cannot be added: the replay is full"):
        for frame in range(200):
            recorder.add(still(frame))
    recorder.close(7, "full")
    replay = reopened(file)
    assert replay.complete and replay.frames == 60 and replay.final_checksum == 7


def test_a_path_that_cannot_be_written_is_one_sentence(tmp_path, header):
    with pytest.raises(ReplayError, match=r"the replay .*missing.* cannot be written: No such file or directory"):
        ReplayWriter(tmp_path / "missing" / "a.rbr", header)


def test_a_full_disk_is_one_sentence(header):
    class Full(io.BytesIO):
        def write(self, data):
            if self.tell() > 300:
                raise OSError(28, "No space left on device")
            return super().write(data)

    recorder = ReplayWriter(Full(), header)
    with pytest.raises(ReplayError, match="the given file cannot be written: No space left on device"):
        for frame in range(6000):
            recorder.add(still(frame, (bytes([frame % 251]), b"\0")))


def test_a_given_file_stays_open_and_a_path_is_closed(file, header, tmp_path):
    ReplayWriter(file, header).close()
    assert not file.closed
    ReplayWriter(tmp_path / "a.rbr", header).close()  # an open file would warn, and warnings are errors
    assert (tmp_path / "a.rbr").read_bytes() == file.getvalue()


def test_the_file_looks_as_ever(file):
    header = ReplayHeader.of(Two(), SessionConfig(), name="m:Two", packages={})
    with ReplayWriter(file, header) as recorder:
        recorder.checksum(0, 2**64 - 1)
        recorder.event(0, "PeerLost", {"players": (1,)})
        recorder.keyframe(0, (1, 2))
        for frame in range(3):
            recorder.add(Confirmed(frame, (), (b"\1", b"\2")))
        recorder.close(5, "over")
    text, *chunks = msgpack.Unpacker(io.BytesIO(file.getvalue()))
    assert text == "rollback-replay" and [kind for kind, _, _ in chunks] == [0, 4, 3, 1, 2, 5]
    payloads = [payload for _, payload, _ in chunks]
    assert payloads[1] == b"\0\0\0\0" + pack_tree(("PeerLost", {"players": (1,)}))
    assert payloads[2] == struct.pack("<II", 0, 6) + zlib.compress(pack_tree((1, 2)), 1)
    assert payloads[3] == b"\0\0\0\0\3\0" + b"\0\2\1\2"
    assert payloads[4] == b"\0\0\0\0" + b"\xff" * 8
    assert payloads[5] == pack_tree({"frames": 3, "final": 5, "reason": "over"})
    crc = zlib.crc32(b"\xafrollback-replay")
    for kind, payload, told in chunks:  # each crc goes over all heads and payloads up to there
        crc = zlib.crc32(bytes([0x93, kind, 0xC4, len(payload)]) + payload, crc)
        assert told == crc


class Two:
    players = 2

    def step(self, actions): ...
    def save(self): ...
    def load(self, state): ...


def test_many_frames_at_once_are_the_same_bytes_as_one_by_one(header, match, Counter):
    played = [*match(Counter(), 333)]
    files = [io.BytesIO() for _ in range(3)]
    for file, step in zip(files, (1, 7, 333), strict=True):
        with ReplayWriter(file, header) as writer:
            for start in range(0, 333, step):
                part = played[start : start + step]
                if step == 1:
                    writer.add(part[0])
                else:
                    writer.add_all(start, [each.inputs for each in part])
    assert files[0].getvalue() == files[1].getvalue() == files[2].getvalue()


@pytest.mark.parametrize(
    ("first", "rows", "words"),
    [
        (1, [(b"a", b"b")], "frame 1 was added where frame 0 is due"),
        (0, [(b"a", b"b"), (b"a", b"bb")], r"has inputs of \[1, 2\] bytes, the header says \[1, 1\]"),
        (0, [(b"a", b"b"), (b"a",)], r"has inputs of \[1\] bytes"),
        (0, [(b"", b"ab")], r"has inputs of \[0, 2\] bytes"),
    ],
)
def test_many_frames_with_a_wrong_one_are_refused(header, first, rows, words):
    with ReplayWriter(io.BytesIO(), header) as writer:
        with pytest.raises(UsageError, match=words):
            writer.add_all(first, rows)
        assert writer.frames == 0
        writer.add_all(0, [(b"a", b"b")] * 61)
        assert (writer.frames, writer.next_frame, writer.block_end) == (61, 61, 120)


def test_a_recording_that_begins_late_wants_its_state_first(header):
    late = ReplayHeader(**{name: getattr(header, name) for name in header.__slots__} | {"first_frame": 500})
    file = io.BytesIO()
    with ReplayWriter(file, late) as writer:
        for add in (lambda: writer.add(Confirmed(500, (), (b"a", b"b"))), lambda: writer.add_all(500, [(b"a", b"b")])):
            with pytest.raises(UsageError, match="begins with frame 500: record the keyframe of that frame first"):
                add()
        assert writer.keyframe(500, {"x": 1})
        with pytest.raises(UsageError, match="add every frame once, in order, from 500"):
            writer.add(Confirmed(0, (), (b"a", b"b")))
        writer.add(Confirmed(500, (), (b"a", b"b")))
    replay = Replay.open(io.BytesIO(file.getvalue()))
    assert (replay.first, replay.frames, replay.end, replay.complete) == (500, 1, 501, True)
    with pytest.raises(ReplayError, match="the replay has no frame 0: it has the frames 500 to 500"):
        replay.inputs(0)
