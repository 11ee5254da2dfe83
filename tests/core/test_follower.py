"""The follower alone: what it asks for, what it takes, and that no sponsor can break it."""

from __future__ import annotations

import random
import tracemalloc
from hashlib import blake2b
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rollback.core.follower import MOST_ROWS, Follower
from rollback.wire import pack_tree
from rollback.wire.feed import (
    MAX_PART,
    MAX_ROWS,
    MAX_STATE,
    WHOLE,
    Done,
    FeedBlob,
    Keyframe,
    Part,
    Rows,
    Want,
    decode_feed,
    encode_feed,
    rows_of,
)

STATE = {"board": bytes(range(256)) * 150, "turn": 4}
DATA = pack_tree(STATE)
SUM = int.from_bytes(blake2b(DATA, digest_size=8).digest(), "little")


def keyframe(frame: int = 60, data: bytes = DATA, value: int | None = None) -> Keyframe:
    total = int.from_bytes(blake2b(data, digest_size=8).digest(), "little") if value is None else value
    return Keyframe(frame, len(data), total, 5, {}, (1, 1), {}, {}, {1: 12})


def parts(frame: int = 60, data: bytes = DATA, start: int = 0) -> list[Part]:
    return [Part(frame, at, data[at : at + MAX_PART]) for at in range(start, len(data), MAX_PART)]


def row(frame: int) -> bytes:
    return bytes((frame & 255, frame * 7 & 255))


def rows(first: int, stop: int, **more: Any) -> Rows:
    return rows_of(first, b"".join(row(frame) for frame in range(first, stop)), 2, **more)


def tell(follower: Follower, *messages: FeedBlob) -> Follower:
    for message in messages:
        follower.hear(encode_feed(message))
    return follower


def wants(follower: Follower, now: float) -> list[Want]:
    return [want for want in map(decode_feed, follower.wants(now)) if isinstance(want, Want)]


def ready() -> Follower:
    """Return a follower that holds the state of frame 60 and took it."""
    follower = tell(Follower(), keyframe(), *parts())
    assert follower.take_state() == (60, STATE)
    return follower


def test_it_asks_for_a_state_and_again_after_a_second_of_silence() -> None:
    follower = Follower()
    assert wants(follower, 10.0) == [Want()]
    assert [wants(follower, 10.0 + tenth / 10) for tenth in range(1, 10)] == [[]] * 9
    assert wants(follower, 11.0) == [Want(again=True)]
    assert wants(follower, 11.5) == [] and wants(follower, 12.0) == [Want(again=True)]


def test_a_state_is_handed_out_once_and_rows_from_its_frame_on() -> None:
    follower = tell(Follower(), keyframe(), *parts()[:-1])
    assert follower.take_state() is None and 0.5 < follower.progress < 1
    assert follower.base == -1 and follower.keyframe is None
    tell(follower, parts()[-1], rows(60, 80))
    assert follower.progress == 1.0 and follower.state_frame == 60
    assert follower.take_rows() == []  # not before the state
    assert follower.take_state() == (60, STATE) and follower.take_state() is None
    assert follower.keyframe is not None and follower.keyframe.slots == {1: 12}
    assert follower.take_rows(5) == [(frame, row(frame)) for frame in range(60, 65)]
    assert follower.available == 15 and follower.base == 79
    assert follower.take_rows() == [(frame, row(frame)) for frame in range(65, 80)] and follower.take_rows() == []


def test_what_comes_is_acknowledged_now_and_then() -> None:
    follower = Follower()
    wants(follower, 0.0)
    tell(follower, keyframe())
    assert wants(follower, 0.1) == [Want(60, 0, SUM)]
    tell(follower, *parts()[:2])
    assert wants(follower, 0.2) == []
    tell(follower, *parts()[2:])
    assert wants(follower, 0.3) == [Want(60, WHOLE, SUM, 59)]
    tell(follower, rows(60, 70))
    assert wants(follower, 0.4) == [] and wants(follower, 0.6) == [Want(60, WHOLE, SUM, 69)]
    assert wants(follower, 0.7) == []


def test_what_is_missing_is_asked_for_soon_and_what_is_there_stays() -> None:
    follower = tell(ready(), rows(60, 70))
    wants(follower, 0.0)
    wants(follower, 0.3)
    tell(follower, rows(80, 90))
    assert follower.newest == 69
    assert wants(follower, 0.5) == []
    assert wants(follower, 0.9) == [Want(60, WHOLE, SUM, 69, True)]
    tell(follower, rows(70, 80), rows(80, 90), rows(75, 92))
    assert follower.take_rows() == [(frame, row(frame)) for frame in range(60, 92)]


def test_parts_that_are_missing_are_asked_for_from_the_first_on() -> None:
    follower = tell(Follower(), keyframe(), parts()[0], parts()[2])
    wants(follower, 0.0)
    wants(follower, 0.1)
    tell(follower, parts()[3])
    assert wants(follower, 0.9) == [Want(60, MAX_PART, SUM, -1, True)]
    tell(follower, keyframe(), *parts(start=MAX_PART))  # told again: what had come stays
    assert follower.take_state() == (60, STATE)


def test_a_further_keyframe_is_nothing_to_who_is_up_to_date_and_all_to_who_is_not() -> None:
    other = pack_tree([1, 2, 3])
    follower = tell(ready(), rows(60, 100), keyframe(90, other), *parts(90, other))
    assert follower.take_state() is None and follower.available == 40
    tell(follower, keyframe(120, other), *parts(120, other), rows(120, 130))
    assert follower.state_frame == 120
    assert [frame for frame, _ in follower.take_rows()] == list(range(60, 100))  # what leads up to the gap may still be shown
    assert follower.take_state() == (120, [1, 2, 3])
    assert [frame for frame, _ in follower.take_rows()] == list(range(120, 130))


def test_a_state_that_was_not_taken_goes_with_its_rows_when_a_further_one_comes() -> None:
    other = pack_tree([1])
    follower = tell(Follower(), keyframe(), *parts(), rows(60, 70), keyframe(90, other), *parts(90, other), rows(90, 95))
    assert follower.take_rows() == []
    assert follower.take_state() == (90, [1]) and [frame for frame, _ in follower.take_rows()] == list(range(90, 95))


def test_a_newer_state_can_be_asked_for_while_rows_go_on() -> None:
    other = pack_tree([1, 2, 3])
    follower = tell(ready(), rows(60, 100))
    wants(follower, 0.0)
    follower.take_rows(10)
    follower.renew(70)
    assert wants(follower, 0.1) == [Want(newest=70)]
    tell(follower, rows(100, 200), keyframe(60), keyframe(150, other), rows(200, 210))
    assert wants(follower, 0.2)[0].frame == 150
    tell(follower, *parts(150, other))
    assert [frame for frame, _ in follower.take_rows(40)] == list(range(70, 110))
    assert follower.take_state() == (150, [1, 2, 3])
    assert [frame for frame, _ in follower.take_rows()] == list(range(150, 210))
    assert wants(follower, 1.0)[0].offset == WHOLE


def test_a_newer_state_that_comes_too_late_is_not_taken() -> None:
    other = pack_tree([1])
    follower = tell(ready(), rows(60, 200))
    follower.renew(60)
    tell(follower, keyframe(100, other))
    follower.take_rows(80)  # by now it stands at frame 140
    tell(follower, *parts(100, other))
    assert follower.take_state() is None and follower.newest == 199 and follower.available == 60


def test_another_sponsor_is_told_at_once_what_is_here() -> None:
    follower = tell(Follower(), keyframe(), *parts()[:2])
    wants(follower, 0.0)
    follower.follow_another()
    assert wants(follower, 0.01) == [Want(60, 2 * MAX_PART, SUM, -1, True)]
    follower = tell(ready(), rows(60, 70), Done("left", 70, -1, False))
    assert follower.done is not None and wants(follower, 0.0) == []
    follower.follow_another()
    assert follower.done is None and wants(follower, 0.01)[0].newest == 69


def test_bytes_that_do_not_add_up_are_thrown_away_and_asked_for_again_three_times() -> None:
    follower = Follower()
    for strike in range(3):
        assert follower.problem is None
        assert wants(follower, 2.0 * strike)[0].frame == -1
        tell(follower, keyframe(value=SUM ^ 1), *parts())
        assert follower.take_state() is None
    assert follower.problem is not None and "do not add up" in follower.problem
    tell(follower, keyframe(), *parts())
    assert follower.take_state() is None and wants(follower, 9.0) == []


def test_bytes_that_are_no_state_are_given_up_likewise() -> None:
    follower = Follower()
    for _ in range(3):
        tell(follower, keyframe(60, b"\xc1\xc1"), Part(60, 0, b"\xc1\xc1"))
        assert follower.take_state() is None
    assert follower.problem is not None and "cannot be read" in follower.problem


def test_the_last_word_counts_only_when_all_before_it_is_here() -> None:
    follower = tell(ready(), rows(60, 70), Done("over", 80, 1))
    assert follower.done is None
    wants(follower, 0.0)
    tell(follower, rows(70, 80), Done("over", 80, 1))
    assert follower.done == Done("over", 80, 1)
    assert tell(Follower(), Done("no")).done == Done("no")


def test_what_nobody_takes_is_bounded() -> None:
    follower = ready()
    for first in range(60, 60 + 200_000, 4_000):
        tell(follower, rows(first, first + 4_000))
    assert follower.available <= MOST_ROWS and follower.dropped["full"] > 0
    held = follower.base
    assert len(follower.take_rows()) == held - 59
    tell(follower, rows(held + 1, held + 10))
    assert follower.available == 9


def test_sums_and_news_come_with_their_rows() -> None:
    news = (("left", (1,), -1, "bye"),)
    follower = tell(ready(), rows(60, 70, sums=((60, 1), (65, 2), (70, 3), (90, 4), (10, 5)), news=news))
    assert follower.sums == {60: 1, 65: 2, 70: 3}
    assert list(follower.news) == [(60, news[0])]


@pytest.mark.parametrize("seed", range(5))
def test_loss_doubling_and_disorder_never_make_a_gap_or_a_wrong_row(seed: int) -> None:
    dice = random.Random(seed)
    follower, now, taken, state = Follower(), 0.0, list[tuple[int, bytes]](), None
    offset, following, newest = 0, False, 59
    while len(taken) < 300:
        now += 0.05
        for want in wants(follower, now):  # a sponsor that believes what it is told
            following = want.offset == WHOLE
            offset, newest = max(want.offset, 0), want.newest
        batch: list[FeedBlob] = (
            [rows(max(newest - 5, 60), newest + 20)] if following else [keyframe(), *parts(start=offset)[:3]]
        )
        batch += dice.sample(batch, dice.randint(0, len(batch)))
        if dice.random() < 0.2:
            dice.shuffle(batch)
        tell(follower, *[message for message in batch if dice.random() > 0.2])
        state = follower.take_state() or state
        taken += follower.take_rows()
        assert now < 200
    assert state == (60, STATE)
    assert taken == [(frame, row(frame)) for frame in range(60, 60 + len(taken))]


def test_a_hostile_sponsor_takes_no_more_memory_than_the_limits_say() -> None:
    follower = ready()
    noise = [encode_feed(Keyframe(10_000 + number, MAX_STATE, 0, 0, {}, (64,) * 16, {}, {}, {})) for number in range(50)]
    lies = [encode_feed(Rows(60, MAX_ROWS, b"")), encode_feed(Rows(60, MAX_ROWS // 2, b"\xff\xff\x7f\x00"))]
    tracemalloc.start()
    try:
        before = tracemalloc.get_traced_memory()[0]
        for blob in [*noise, *lies, *[encode_feed(Part(10_049, at, bytes(MAX_PART))) for at in range(0, 400_000, MAX_PART)]]:
            follower.hear(blob)
        assert tracemalloc.get_traced_memory()[0] - before < 2_000_000
    finally:
        tracemalloc.stop()


small = st.integers(-1, 130)
messages = st.one_of(
    st.builds(keyframe, st.integers(0, 130), st.sampled_from([b"\x01", b"\x92\x01\x02", b"\xc1"]), st.sampled_from([None, 7])),
    st.builds(Part, st.integers(0, 130), st.integers(0, 4), st.sampled_from([b"\x01", b"\x92\x01\x02", b"\x02", b"\xc1"])),
    st.builds(lambda first, count: rows(first, first + count), st.integers(0, 130), st.integers(0, 40)),
    st.builds(Rows, st.integers(0, 130), st.integers(0, 4000), st.binary(max_size=12)),
    st.builds(Done, st.just("over"), small, st.just(-1), st.booleans()),
    st.builds(Want, small),
)
doings = st.sampled_from(["state", "rows", "some rows", "wants", "renew", "another", "reject"])


@given(st.lists(messages | doings, max_size=40))
@settings(max_examples=300, deadline=None)
def test_whatever_comes_rows_follow_each_other_from_the_state_on(script: list[Any]) -> None:
    follower, now, stands = Follower(), 0.0, -1
    for step in script:
        now += 0.3
        if not isinstance(step, str):
            tell(follower, step)
        elif step == "state":
            taken = follower.take_state()
            if taken is not None:
                assert taken[1] in (1, [1, 2])
                stands = taken[0]
        elif step in ("rows", "some rows"):
            for frame, data in follower.take_rows(3 if step == "some rows" else None):
                assert len(data) == 2
                assert stands < 0 or frame == stands, f"a row of frame {frame} at frame {stands}"
                stands = frame + 1
        elif step == "wants":
            assert len(wants(follower, now)) <= 1
        elif step == "renew":
            follower.renew(max(stands, 0))
        elif step == "another":
            follower.follow_another()
        else:
            follower.reject("wrong")
            stands = -1
