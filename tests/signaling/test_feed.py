import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rollback.wire.feed import MAX_PART, Done, Keyframe, Part, Rows, Want, decode_feed, encode_feed
from rollback.wire.matches import mark
from signaling.feed import EARLY_BYTES, LEAST_PART, OVERHEAD, ROWS_BYTES, Feed, Reader
from signaling.refusals import Refusal

MIB = 1024 * 1024


def keyframe(frame, size):
    return encode_feed(Keyframe(frame, size, 0, 0, {}, (1, 1), {}, {}, {}))


def rows(first, count=6, size=8):
    return encode_feed(Rows(first, count, bytes(size)))


def parts(frame, size):
    """Return the messages of a keyframe."""
    out = [keyframe(frame, size)]
    for offset in range(0, size, MAX_PART):
        out.append(encode_feed(Part(frame, offset, bytes(min(MAX_PART, size - offset)))))
    return out


class Hall:
    """A feed that is not encoded, and readers of it."""

    def __init__(self, limit=16 * MIB):
        self.feed, self.free = Feed(limit, lambda message: b"%06d" % len(message) + message), 64 * MIB

    def take(self, *messages, source="m1"):
        for message in messages:
            self.feed.take(source, message, free=lambda: self.free)

    def read(self, reader, most=1 << 40):
        """Return what a reader is sent, as it was said."""
        out = []
        while data := self.feed.next_for(reader, most):
            while data:
                size = int(data[:6])
                out.append(decode_feed(data[6 : 6 + size]))
                data = data[6 + size :]
        return out


def told(messages):
    """Return short names of messages."""
    short = {Keyframe: "K", Part: "P", Rows: "R", Done: "D"}
    where = {Keyframe: "frame", Part: "offset", Rows: "first", Done: "frame"}
    return [f"{short[type(each)]}{getattr(each, where[type(each)])}" for each in messages]


@pytest.fixture
def hall():
    return Hall()


def test_who_comes_is_given_the_keyframe_and_the_rows_from_its_frame_on(hall):
    hall.take(*parts(60, 20_000), rows(60), rows(66))
    reader = Reader()
    assert told(hall.read(reader)) == ["K60", "P0", "P12288", "R60", "R66"]
    hall.take(rows(72))
    assert told(hall.read(reader)) == ["R72"]
    assert hall.read(reader) == []


def test_rows_of_before_the_keyframe_was_whole_are_given_too(hall):
    hall.take(rows(54), rows(60), keyframe(60, 10), rows(66), encode_feed(Part(60, 0, bytes(10))), rows(72))
    assert told(hall.read(Reader())) == ["K60", "P0", "R60", "R66", "R72"]


def test_nobody_is_given_half_a_keyframe_without_an_older_whole_one(hall):
    whole = parts(0, 20_000)
    hall.take(*whole[:2], rows(0))
    reader = Reader()
    assert hall.read(reader) == []
    hall.take(*whole[2:])
    assert told(hall.read(reader)) == ["K0", "P0", "P12288", "R0"]


def test_who_is_up_to_date_is_spared_later_keyframes_and_misses_no_row(hall):
    hall.take(*parts(0, 10), rows(0))
    early = Reader()
    assert told(hall.read(early)) == ["K0", "P0", "R0"]
    hall.take(rows(6), *parts(6, 50_000), rows(12))
    assert told(hall.read(early)) == ["R6", "R12"]
    assert told(hall.read(Reader()))[:2] == ["K6", "P0"]


def test_who_falls_behind_what_is_kept_begins_again_with_the_newest_keyframe(hall):
    hall.take(*parts(0, 10), rows(0))
    slow = Reader()
    hall.read(slow)
    for first in range(6, 120, 6):
        hall.take(rows(first))
    hall.take(*parts(108, 10), rows(120))
    assert told(hall.read(slow)) == ["K108", "P0", "R108", "R114", "R120"]


def test_who_is_in_the_middle_of_a_keyframe_goes_to_the_newer_one(hall):
    hall.take(*parts(0, 40_000))
    slow = Reader()
    first = hall.feed.next_for(slow, 1)
    assert first and slow.sent == 1
    hall.take(rows(0, 60), *parts(60, 20))
    assert told(hall.read(slow)) == ["K60", "P0"]


def test_another_player_that_uploads_begins_anew(hall):
    hall.take(*parts(0, 10), rows(0))
    reader = Reader()
    hall.read(reader)
    hall.take(rows(6), source="m2")
    assert hall.read(reader) == []  # nobody knows whether these rows fit behind the others
    hall.take(*parts(6, 10), source="m2")
    assert told(hall.read(reader)) == ["K6", "P0", "R6"]


def test_after_a_gap_in_the_rows_everybody_waits_for_a_keyframe_behind_it(hall):
    hall.take(*parts(0, 10), rows(0))
    reader = Reader()
    hall.read(reader)
    hall.take(rows(60))
    assert hall.read(reader) == hall.read(Reader()) == []
    hall.take(*parts(54, 10))  # rows from 54 on are not there
    assert hall.read(Reader()) == []
    hall.take(*parts(60, 10))
    assert told(hall.read(reader)) == told(hall.read(Reader())) == ["K60", "P0", "R60"]


def test_a_match_that_goes_on_from_another_state_is_shown_from_there(hall):
    hall.take(*parts(0, 10), *(rows(first) for first in range(0, 120, 6)))
    reader = Reader()
    hall.read(reader)
    hall.take(keyframe(60, 10), rows(60), encode_feed(Part(60, 0, bytes(10))))
    assert told(hall.read(reader)) == ["K60", "P0", "R60"]


def test_a_keyframe_with_a_part_missing_is_never_shown(hall):
    whole = parts(0, 40_000)
    hall.take(whole[0], whole[1], whole[3], whole[2], rows(0))
    assert hall.read(Reader()) == []
    hall.take(*parts(0, 40_000))
    assert told(hall.read(Reader()))[0] == "K0"


def test_the_end_is_told_behind_the_last_row(hall):
    hall.take(*parts(0, 10), rows(0), encode_feed(Done("finished", 6, 1)))
    assert told(hall.read(Reader())) == ["K0", "P0", "R0", "D6"]


@pytest.mark.parametrize("message", [b"", b"\0", b"\0\x18", b"\0\x1a\xff", b"hi", encode_feed(Want()), bytes(20_000)], ids=repr)
def test_what_is_no_message_of_a_feed_is_refused(hall, message):
    with pytest.raises(Refusal) as caught:
        hall.take(message)
    assert caught.value.code == "malformed"


def test_a_state_that_is_too_large_is_refused_with_the_numbers_and_readers_wait():
    hall = Hall(limit=MIB)
    hall.take(*parts(0, 1000), rows(0))
    with pytest.raises(Refusal, match=f"the state has {2 * MIB} bytes, and this lobby has room for {MIB}") as caught:
        hall.take(keyframe(60, 2 * MIB))
    assert caught.value.code == "too_large"
    assert hall.feed.reserved == 0 and hall.read(Reader()) == []


def test_where_both_do_not_fit_the_old_keyframe_makes_room_for_the_new_one():
    hall = Hall(limit=MIB)
    hall.take(*parts(0, 700_000), rows(0))
    hall.take(keyframe(0, 600_000))
    assert hall.feed.reserved == 600_000 + ROWS_BYTES and hall.read(Reader()) == []


def test_what_other_rooms_take_is_not_there():
    hall = Hall()
    hall.free = 1000
    with pytest.raises(Refusal, match="has room for 1000: nobody can watch"):
        hall.take(keyframe(0, 1001))
    hall.take(*parts(0, 1000))


def test_rows_without_a_new_keyframe_do_not_grow_without_a_bound(hall):
    early = Hall()
    hall.take(*parts(0, 10))
    live = Reader()
    for first in range(0, 6 * 400, 6):
        for each in (hall, early):
            each.take(rows(first, size=8000))
        assert told(hall.read(live))[-1] == f"R{first}"  # who keeps up is not concerned
    assert hall.feed._rows_bytes <= ROWS_BYTES and early.feed._rows_bytes <= EARLY_BYTES
    assert hall.read(Reader()) == []


def test_what_many_readers_are_sent_is_made_once(hall):
    hall.take(*parts(0, 10))
    readers = [Reader() for _ in range(100)]
    for reader in readers:
        hall.read(reader)
    hall.take(rows(0), rows(6))
    sent = [hall.feed.next_for(reader, 1 << 20) for reader in readers]
    assert len({id(each) for each in sent}) == 1 and sent[0]


STEPS = st.lists(
    st.tuples(st.sampled_from(["rows", "key", "gap", "other", "read", "nibble", "new"]), st.integers(0, 40_000)), max_size=60
)


@settings(deadline=None)
@given(STEPS)
def test_whoever_reads_however_slowly_sees_whole_keyframes_and_rows_without_a_gap(steps):
    """What comes behind a keyframe are the rows from its frame on, each following the one before."""
    hall, now, source, sources = Hall(limit=200_000), 0, "m1", itertools.count(2)
    readers, seen = [Reader()], [[]]
    for step, number in steps:
        match step:
            case "rows":
                hall.take(rows(now, 1 + number % 9, number % 500), source=source)
                now += 1 + number % 9
            case "key":
                messages = parts(max(0, now - number % 20), 1 + number)
                hall.take(*messages[: 1 + number % (len(messages) + 2)], source=source)
            case "gap":
                now += number % 3
            case "other":
                source = f"m{next(sources)}"
            case "new":
                readers.append(Reader())
                seen.append([])
            case _:
                which = number % len(readers)
                data = hall.feed.next_for(readers[which], 1 if step == "nibble" else 1 << 30)
                while data:
                    size = int(data[:6])
                    seen[which].append(decode_feed(data[6 : 6 + size]))
                    data = data[6 + size :]
        assert hall.feed.reserved <= 200_000 + ROWS_BYTES
    for messages in seen:
        state = missing = expected = None
        for each in messages:
            match each:
                case Keyframe():
                    state, missing, expected = each, each.size, None
                case Part():
                    assert each.frame == state.frame and each.offset == state.size - missing
                    missing -= len(each.data)
                case Rows():
                    assert missing == 0
                    fits = each.first <= state.frame <= each.first + each.count
                    assert fits if expected is None else each.first == expected
                    expected = each.first + each.count


@pytest.mark.parametrize("size", [1, LEAST_PART - 1])
def test_a_state_in_crumbs_is_refused_for_each_takes_more_memory_than_it_has_bytes(hall, size):
    hall.take(rows(0), keyframe(0, MIB))
    with pytest.raises(Refusal, match="4096 bytes or more"):
        hall.take(encode_feed(Part(0, 0, bytes(size))))
    assert hall.feed.reserved == 0
    assert told(hall.read(Reader())) == []


def test_the_last_part_may_be_small_but_holds_no_more_than_the_rest(hall):
    hall.take(
        rows(0), keyframe(0, LEAST_PART + 1), encode_feed(Part(0, 0, bytes(LEAST_PART))), encode_feed(Part(0, LEAST_PART, b"x"))
    )
    assert told(hall.read(Reader())) == ["K0", "P0", f"P{LEAST_PART}", "R0"]
    hall.take(keyframe(6, LEAST_PART))
    with pytest.raises(Refusal):
        hall.take(encode_feed(Part(6, 0, bytes(LEAST_PART + 1))))


def test_rows_without_a_row_are_refused(hall):
    with pytest.raises(Refusal, match="tell nothing"):
        hall.take(rows(0, count=0, size=0))


def test_very_many_tiny_rows_take_no_more_memory_than_large_ones(hall):
    hall.take(keyframe(0, 10), rows(0, 1, 0), encode_feed(Part(0, 0, bytes(10))))
    for frame in range(1, 20_000):
        hall.take(rows(frame, 1, 0))
        if frame % 1000 == 0:
            hall.take(*parts(frame, 10))
    hall.take(*parts(20_000 - 1, 10))
    assert len(hall.feed._rows) * OVERHEAD <= ROWS_BYTES
    early = Hall()
    for frame in range(5_000):
        early.take(rows(frame, 1, 0))
    assert len(early.feed._rows) * OVERHEAD <= EARLY_BYTES


@pytest.mark.parametrize("match", range(4))
def test_a_feed_of_any_match_of_the_room_passes(hall, match):
    messages = [*parts(0, 20_000), rows(0), encode_feed(Done("over", 6, 1))]
    hall.take(*(mark(message, match) for message in messages))
    got, reader = [], Reader()
    while data := hall.feed.next_for(reader, 1 << 40):
        while data:
            size = int(data[:6])
            got.append(data[6 : 6 + size])
            data = data[6 + size :]
    assert got == [mark(message, match) for message in messages]  # as it came: who watches drops what is of another match
    assert match == 0 or got != messages
