from __future__ import annotations

from io import BytesIO

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rollback.netplay import tape as module
from rollback.netplay.tape import RECENT, Tape
from rollback.replays import Replay, ReplayEvent, ReplayHeader, ReplayWriter


def header(*sizes, fps=60):
    return ReplayHeader(codecs=tuple(f"raw{size}" for size in sizes), sizes=sizes, fps=fps)


def row(frame, width=1):
    return bytes([frame // 8 % 256]) * width, bytes([frame % 7])


def filled(frames, *, fps=60, width=1, interval=16):
    tape = Tape(header(width, 1, fps=fps))
    for frame in range(frames):
        if frame % interval == 0:
            tape.checksum(frame, 1000 + frame)
        tape.add([row(frame, width)])
    return tape


def copied(tape):
    file = BytesIO()
    with ReplayWriter(file, tape.header) as writer:
        tape.copy_to(writer)
    return Replay.open(BytesIO(file.getvalue()))


@pytest.mark.parametrize("fps", [1, 60, 1000])
@pytest.mark.parametrize("frames", [0, 1, 59, 60, 61, 599, 600, 601, 1500])
def test_a_copy_has_every_frame_also_those_that_no_block_is_full_of_yet(frames, fps):
    tape = filled(frames, fps=fps)
    replay = copied(tape)
    assert replay.complete and replay.frames == tape.frames == frames
    assert list(replay) == [row(frame) for frame in range(frames)]
    assert dict(replay.checksums) == {frame: 1000 + frame for frame in range(0, frames, 16)}


def test_a_tape_can_be_copied_while_it_goes_on():
    tape = filled(100)
    assert copied(tape).frames == 100
    for frame in range(100, 250):
        tape.add([row(frame)])
    assert list(copied(tape)) == [row(frame) for frame in range(250)]


def test_events_are_copied_in_their_order():
    tape = filled(10)
    tape.event(4, "peer lost", {"peer": "bob"})
    tape.event(10, "desync", None)
    assert copied(tape).events == [ReplayEvent(4, "peer lost", {"peer": "bob"}), ReplayEvent(10, "desync", None)]


@pytest.mark.parametrize("limit", ["MOST_FRAMES", "MOST_BYTES"])
def test_a_full_tape_keeps_its_beginning_and_the_newest_frames(monkeypatch, limit):
    monkeypatch.setattr(module, limit, 1200)
    tape = filled(20_000, width=32, interval=1)
    size = len(tape._copies.memory.getvalue())
    tape.event(20_000, "peer left", None)
    for frame in range(20_000, 22_000):
        tape.add([row(frame, 32)])
    assert len(tape._copies.memory.getvalue()) == size < 40_000
    replay = copied(tape)
    assert 60 <= replay.frames <= 1200
    assert list(replay) == [row(frame, 32) for frame in range(replay.frames)]
    assert replay.events == [] and len(tape._recent) == RECENT
    newest = tape.inputs(21_990, 22_010)
    assert [(each.frame, each.inputs) for each in newest] == [(at, row(at, 32)) for at in range(21_990, 22_000)]
    assert tape.inputs(10_000, 10_010) == []
    assert tape.inputs(-5, 1)[0].inputs == row(0, 32)


@given(frames=st.integers(0, 1400), first=st.integers(-20, 1500), count=st.integers(-2, 40))
def test_the_frames_that_are_asked_for_are_given_as_far_as_there_are_any(frames, first, count):
    tape = Tape(header(1, 1))
    for frame in range(frames):
        tape.add([row(frame)])
    given_rows = tape.inputs(first, first + count)
    assert [(each.frame, each.inputs) for each in given_rows] == [
        (at, row(at)) for at in range(max(0, first), min(frames, first + count + 1))
    ]


def test_a_match_takes_little_memory():
    tape = Tape(header(1, 1))
    for frame in range(3600):
        tape.add([(bytes([frame // 8 % 256]), bytes([frame // 11 % 3]))])
    assert tape.frames == 3600 and len(tape._copies.memory.getvalue()) < 100 * 60  # bytes a minute
