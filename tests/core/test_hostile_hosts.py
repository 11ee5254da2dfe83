"""Hosts of a feed that mean harm: whoever watches is told in a sentence at worst, raises nothing, and does not grow."""

from __future__ import annotations

import random
from hashlib import blake2b
from typing import Any

import pytest

from rollback import Ended, SessionConfig, SpectatorSession
from rollback.core.facts import facts_of
from rollback.core.follower import MOST_BYTES, MOST_ROWS, MOST_SUMS
from rollback.game import codecs_of, idle_inputs
from rollback.netplay.telling.event_texts import sentence_of
from rollback.state import checksum
from rollback.wire.feed import LAST, MAX_PART, Done, FeedBlob, Keyframe, News, Part, Rows, encode_feed, rows_of
from rollback.wire.tree import pack_tree
from tests.cases import more_at_night
from tests.core.games import Sums


def facts(game: Any, **others: Any) -> dict[str, Any]:
    codecs = codecs_of(game)
    return {**facts_of(game, codecs, idle_inputs(game, codecs), SessionConfig()), **others}


def state_of(tree: Any, frame: int, told: int | None = None, **others: Any) -> list[FeedBlob]:
    """Return the messages of a keyframe."""
    data = pack_tree(tree)
    total = int.from_bytes(blake2b(data, digest_size=8).digest(), "little")
    head: dict[str, Any] = {"facts": facts(Sums()), "widths": (1, 1), "players": {}, "names": {}, "slots": {}, **others}
    first = Keyframe(frame=frame, size=len(data), sum=total, checksum=checksum(tree) if told is None else told, **head)
    return [first, *[Part(frame, at, data[at : at + MAX_PART]) for at in range(0, len(data), MAX_PART)]]


def tell(session: SpectatorSession, *blobs: FeedBlob | bytes) -> None:
    for blob in blobs:
        session.receive_reliable("host", blob if isinstance(blob, bytes) else encode_feed(blob))


def watch(session: SpectatorSession, ticks: int = 10) -> list[Any]:
    events: list[Any] = []
    for turn in range(ticks):
        session.tick(now=turn / 60)
        session.outgoing_reliable()
        events += session.events()
    return events


WRONG = [10**6000, -(10**6000), 2**64, float("nan"), float("inf"), -1, 0, True, None, "x" * 400, "\x1b]0;x\x07", 1e308]


@pytest.mark.parametrize("name", [*facts(Sums()), "unknown"])
@pytest.mark.parametrize("config", [None, SessionConfig()], ids=["plain", "choosy"])
def test_facts_of_any_kind_end_in_a_sentence_at_worst(name: str, config: SessionConfig | None) -> None:
    for value in WRONG:
        session = SpectatorSession(Sums(), "host", config)
        tell(session, *state_of(Sums().save(), 0, facts=facts(Sums(), **{name: value})))
        for event in watch(session):
            assert repr(event) and sentence_of(event).isprintable()


class Spoiled:
    """A game that takes any state, and falls ill of some."""

    players = 2

    def __init__(self) -> None:
        self.value: Any = 0

    def step(self, actions: Any) -> None:
        self.value = object() if type(self.value) is int else self.value["a"]

    def save(self) -> Any:
        return self.value

    def load(self, state: Any) -> None:
        self.value = state


@pytest.mark.parametrize("value", [7, {"b": 1}, [1], None, "\ud800", 1.5], ids=lambda value: type(value).__name__)
def test_a_state_that_makes_the_game_ill_later_ends_the_watching(value: Any) -> None:
    session = SpectatorSession(Spoiled(), "host")
    told = facts(Spoiled(), desync_interval=1)
    tell(session, *state_of(value, 0, facts=told), rows_of(0, bytes(400), 2))
    events = watch(session, 60)
    (ended,) = [event for event in events if isinstance(event, Ended)]
    assert "frame" in ended.reason or "cannot be watched" in ended.reason
    assert session.finished


def test_a_last_word_in_the_middle_of_an_ill_game_is_no_exception() -> None:
    session = SpectatorSession(Spoiled(), "host")
    tell(session, *state_of(7, 0, facts=facts(Spoiled(), desync_interval=0)), rows_of(0, bytes(6), 2), Done("ended", 3, 7))
    watch(session, 60)
    assert session.finished


def test_a_state_that_is_deeper_or_has_more_in_it_than_any_is_rejected() -> None:
    for data in (b"\x91" * 5_000 + b"\x90", b"\xdd\x00\xff\xff\xff" + b"\xc0" * 100, b"\xdc\xff\xff" * 100):
        session = SpectatorSession(Sums(), "host")
        total = int.from_bytes(blake2b(data, digest_size=8).digest(), "little")
        for frame in range(3):
            tell(session, Keyframe(frame, len(data), total, 1, facts(Sums()), (1, 1), {}, {}, {}), Part(frame, 0, data))
            watch(session, 1)
        assert session.finished and session.dropped["rejected"] == 3


def any_message(dice: random.Random, frame: int) -> list[FeedBlob | bytes]:
    """Draw a message that is right in its form."""
    kind = dice.randrange(9)
    if kind == 0:
        return list(
            state_of(Sums().save(), frame, told=dice.choice([None, 5]), widths=dice.choice([(1, 1), (1, 1), (2, 64), (1,)]))
        )
    if kind == 1:
        size = dice.choice([1, 1000, 100_000, 16 * 1024 * 1024])
        return [Keyframe(frame, size, dice.getrandbits(64), 1, facts(Sums()), (1, 1), {0: "x" * 200}, {}, {1: frame})]
    if kind == 2:
        return [Part(frame, dice.choice([0, 0, 12288, 99, 1 << 24]), dice.randbytes(dice.choice([1, 99, MAX_PART])))]
    if kind == 3:
        news: tuple[News, ...] = tuple([("left", (0, 15), -1, "\x1b[2J" * 40)] * dice.randrange(17))
        sums = tuple([(frame + each, dice.getrandbits(64)) for each in range(dice.randrange(17))])
        return [rows_of(frame, dice.randbytes(2 * dice.randrange(1, 4000)), 2, sums, news)]
    if kind == 4:
        return [Rows(frame, dice.choice([0, 1, 8192]), dice.randbytes(dice.randrange(200)))]
    if kind == 5:
        return [Done(dice.choice(["ended", "\x1b[2J", "left"]), dice.choice([-1, frame]), dice.choice([-1, 1]), False)]
    if kind == 6:
        return [b"\0" + bytes([dice.randrange(24, 33)]) + dice.randbytes(dice.randrange(100))]
    whole = encode_feed(state_of(Sums().save(), frame)[0])
    place = dice.randrange(2, len(whole))
    return [whole[:place] + bytes([whole[place] ^ 1 << dice.randrange(8)]) + whole[place + 1 :]]


@pytest.mark.parametrize("seed", more_at_night(range(12), 5))
def test_whatever_a_host_says_the_watcher_raises_nothing_and_holds_little(seed: int) -> None:
    dice = random.Random(seed)
    session = SpectatorSession(Sums(), "host", delay=dice.choice([0.0, 0.5, 300.0]))
    follower, shown = session._follower, 0
    for turn in range(400):
        if dice.random() < 0.1 and not session.finished:
            tell(session, *state_of(Sums().save(), session.frame), rows_of(session.frame, bytes(600), 2))

        frames = [0, 1, session.frame, follower.newest + 1, follower.newest + 2, 30, 9_000, 1 << 39, LAST]
        for _ in range(4):
            tell(session, *any_message(dice, dice.choice(frames)))
        before = session.frame
        session.tick(now=turn / 60)
        shown += session.frame > before
        session.confirmed_frames()
        assert all(sentence_of(event).isprintable() for event in session.events())
        assert len(session.outgoing_reliable()) <= 1
        assert follower.available <= MOST_ROWS and follower._held <= MOST_BYTES and len(follower.sums) <= MOST_SUMS
        if session.finished:  # it has had enough: the next host, please
            session = SpectatorSession(Sums(), "host")
            follower = session._follower
    assert shown > 0, "or it never came to watching"
