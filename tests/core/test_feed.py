"""A feed as its follower sees it: a state in parts, rows behind it, from any sponsor, over any line; and what it costs."""

from __future__ import annotations

import random
from typing import Any

import pytest

from rollback import Ended, Resynced, SessionConfig, Synchronized
from rollback.core.feed import WINDOW, Phase
from rollback.core.follower import Follower
from rollback.core.sponsor import BURST, RATE
from rollback.errors import UsageError
from rollback.state import checksum
from rollback.wire.feed import MAX_PART, Done, FeedBlob, Keyframe, Part, Rows, Want, decode_feed, encode_feed
from rollback.wire.limits import MAX_DATAGRAM
from tests.core.audience import Hall, Heavy, plain_config
from tests.core.games import Sums
from tests.core.network import Link, Match


def heavy(size: int) -> Any:
    """Return a maker of games with a state of that size."""
    return type("Heavy", (Heavy,), {"size": size})


def said(blobs: list[bytes]) -> list[FeedBlob]:
    return [decode_feed(blob) for blob in blobs]


@pytest.mark.parametrize("seed", range(3))
def test_a_large_state_comes_in_parts_and_rows_follow_without_a_gap(seed: int) -> None:
    match = Match(heavy(600_000), config=plain_config(), link=Link(3, 2, 0.05), seed=seed, end=500)
    hall = Hall(match)
    hall.rounds(120)
    eve = hall.enter("eve", lag=4)
    hall.finish()
    hall.check()
    assert eve.taken > 600_000 and eve.happened(Synchronized)


def test_a_state_takes_no_more_of_a_tick_than_its_share_and_never_more_than_the_window() -> None:
    match = Match(heavy(2_000_000), config=plain_config(), seed=1, end=1000)
    hall = Hall(match)
    hall.rounds(100)
    hall.match.peers[0].session.admit("eve")
    follower, sent, rounds = Follower(), 0, 0
    while follower.keyframe is None:
        match.round()
        rounds += 1
        blobs = [blob for to, blob in match.peers[0].session.outgoing_reliable() if to == "eve"]
        assert sum(map(len, blobs)) <= BURST + 2 * MAX_DATAGRAM and max(map(len, blobs), default=0) <= MAX_DATAGRAM
        sent += sum(map(len, blobs))
        for blob in blobs:
            follower.hear(blob)
        for want in follower.wants(rounds / 60):
            match.peers[0].session.receive_reliable("eve", want)
    assert sent <= BURST + RATE * rounds / 60
    assert rounds < 3 * 60  # two megabytes, in virtual seconds


def test_a_follower_that_does_not_acknowledge_is_sent_a_window_and_no_more() -> None:
    match = Match(heavy(1_000_000), config=plain_config(), seed=1, end=2000)
    match.rounds(100)
    session = match.peers[0].session
    session.admit("eve")
    session.receive_reliable("eve", Follower().wants(0.0)[0])
    sent: list[bytes] = []
    for _ in range(600):
        match.round()
        sent += [blob for _, blob in session.outgoing_reliable()]
    parts = [message for message in said(sent) if isinstance(message, Part)]
    assert WINDOW <= sum(len(part.data) for part in parts) < WINDOW + MAX_PART
    assert len(sent) == len(parts) + 1


def test_rows_come_ten_times_a_second_and_cost_little() -> None:
    match = Match(Sums, config=plain_config(), seed=3, end=1200)
    hall = Hall(match)
    hall.rounds(100)
    eve = hall.enter("eve")
    hall.rounds(200)
    before = eve.taken
    arrived: list[int] = []
    eve.tap = lambda blob: arrived.append(match.round_number) or blob  # type: ignore[func-returns-value]
    hall.rounds(600)
    assert 80 <= len(arrived) <= 110
    assert eve.taken - before < 600 * 10  # bytes a frame, inputs of two players and all


@pytest.mark.parametrize("cut_after", [1, 30_000, 200_000, 400_000])
def test_another_sponsor_goes_on_in_the_middle_of_a_state(cut_after: int) -> None:
    """The one who sends is killed; the follower keeps what it has, for the bytes are the same everywhere."""
    config = plain_config(on_disconnect="idle", interrupt_after=0.2, disconnect_after=0.5)
    make = heavy(500_000)
    match = Match(lambda: make(3), ((0,), (1,), (2,)), config=config, link=Link(2, 1, 0.05), seed=6, end=700)
    hall = Hall(match)
    hall.rounds(130)
    eve = hall.enter("eve", lag=2)
    hall.until(lambda: eve.taken >= cut_after)
    keyframe = eve.session._follower.coming or eve.session._follower.keyframe
    assert keyframe is not None and not eve.session._screening.is_loaded
    before = eve.taken
    match.peers[0].stopped = True
    match.peers[1].session.admit("eve")
    eve.follow(1)
    hall.until(lambda: eve.session._screening.is_loaded)
    assert eve.frames[:1] == [] or eve.frames[0].frame == keyframe.frame
    assert eve.session._follower.keyframe == keyframe or eve.session._follower.keyframe.sum == keyframe.sum  # type: ignore[union-attr]
    assert eve.taken - before < 500_000 - before + 60_000  # nothing came twice
    hall.finish()
    hall.check()
    assert eve.frames[0].frame == keyframe.frame


@pytest.mark.parametrize("seed", range(4))
def test_another_sponsor_goes_on_in_the_middle_of_the_match(seed: int) -> None:
    config = plain_config(on_disconnect="idle", interrupt_after=0.2, disconnect_after=0.5)
    match = Match(lambda: Sums(3), ((0,), (1,), (2,)), config=config, link=Link(2, 2, 0.1), seed=seed, end=600)
    hall = Hall(match)
    hall.rounds(100)
    eve = hall.enter("eve", lag=3)
    hall.rounds(120 + 7 * seed)
    match.peers[0].stopped = True
    hall.rounds(20)
    match.peers[2].session.admit("eve")
    eve.follow(2)
    hall.finish()
    hall.check()
    assert not eve.happened(Resynced) and eve.frames[-1].frame == 599


def test_a_sponsor_that_lacks_the_state_sends_another_one() -> None:
    make = heavy(300_000)
    match = Match(lambda: make(3), ((0,), (1,), (2,)), config=plain_config(), link=Link(2), seed=6, end=1500)
    hall = Hall(match)
    hall.rounds(130)
    eve = hall.enter("eve", lag=2)
    hall.until(lambda: eve.taken >= 100_000)
    first = eve.session._follower.coming
    eve.stopped = True
    hall.rounds(400)  # so long that nobody else holds that state any more
    eve.stopped = False
    match.peers[1].session.admit("eve")
    eve.follow(1)
    hall.finish()
    hall.check()
    assert first is not None and eve.frames[0].frame > first.frame + 300


@pytest.mark.parametrize("seed", range(6))
def test_a_line_that_loses_and_breaks_is_made_good_by_asking_again(seed: int) -> None:
    """Reliable channels are replaced, and what was on the way is gone."""
    match = Match(heavy(90_000), config=plain_config(), link=Link(2, 1, 0.05), seed=seed, end=900)
    hall = Hall(match)
    hall.rounds(100)
    eve = hall.enter("eve", lag=2)
    dice = random.Random(seed)
    eve.tap = lambda blob: None if dice.random() < 0.1 else blob
    hall.until(lambda: match.peers[0].session.frame >= 800)
    eve.tap = lambda blob: blob
    hall.finish()
    hall.check()
    assert eve.session.frame == 900


def test_a_slow_line_gets_the_state_whole_before_it_gets_rows() -> None:
    match = Match(heavy(200_000), config=plain_config(), link=Link(2), seed=2, end=1500)
    hall = Hall(match)
    hall.rounds(100)
    eve = hall.enter("eve", lag=5, rate=400)  # 24 kB a second: the state alone takes eight
    hall.until(lambda: eve.session.frame > 0)
    assert match.round_number > 500
    eve.rate = 1 << 30
    hall.finish()
    hall.check()


def test_a_state_that_takes_seconds_to_pack_is_sent_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rollback.wire.slices.CHUNK", 1024)
    match = Match(heavy(600_000), config=plain_config(), seed=2, end=900)
    hall = Hall(match)
    hall.rounds(100)
    eve = hall.enter("eve")
    hall.rounds(150)
    assert eve.taken == 0 and match.peers[0].session._sponsor._source.is_packing
    hall.finish()
    hall.check()
    assert eve.session.frame == 900


def test_many_followers_share_the_bytes_of_one_keyframe() -> None:
    match = Match(heavy(300_000), config=plain_config(), seed=2, end=900)
    hall = Hall(match)
    hall.rounds(130)
    watchers = [hall.enter(f"w{number}", lag=number) for number in range(6)]
    for _ in range(300):
        hall.round()
        source = match.peers[0].session._sponsor._source
        assert len(source._packed) <= 2
    assert {watcher.frames[0].frame for watcher in watchers} == {watchers[0].frames[0].frame}
    hall.finish()
    hall.check()


def test_nothing_is_kept_once_nobody_follows_any_more() -> None:
    match = Match(Sums, config=plain_config(), seed=2, end=900)
    hall = Hall(match)
    hall.rounds(100)
    session = match.peers[0].session
    eve = hall.enter("eve")
    hall.rounds(100)
    source, readers = session._sponsor._source, session._confirmation.readers
    assert source.is_open and len(readers) == 2 and session.feeding
    eve.stopped = True
    session.dismiss("eve")
    session.dismiss("nobody")
    assert not source.is_open and len(readers) == 1 and not source._tape and not source._states and not session.feeding
    hall.rounds(100)
    ada = hall.enter("ada")
    hall.finish()
    del hall.watchers["eve"]
    hall.check()
    assert ada.session.frame == 900


def test_the_tape_of_rows_is_bounded_and_who_falls_off_it_begins_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rollback.core.source.TAPE_SECONDS", 5)
    match = Match(Sums, config=plain_config(), seed=2, end=1600)
    hall = Hall(match)
    hall.rounds(60)
    eve = hall.enter("eve")
    hall.rounds(140)
    eve.stopped = True
    eve.line.clear()
    hall.rounds(1)
    for _ in range(800):
        hall.round()
        source = match.peers[0].session._sponsor._source
        assert len(source._tape) == 2 * (source.end - source.first) <= 2 * 5 * 60 * 1.3
    eve.line.clear()  # the line was broken all that time
    eve.stopped = False
    eve.session.follow("p0")
    hall.finish()
    hall.check(whole=False)
    assert eve.happened(Resynced) and eve.session.frame == 1600


def test_the_end_is_told_to_who_is_up_to_date_without_a_further_tick() -> None:
    match = Match(Sums, config=plain_config(), seed=2, end=300)
    hall = Hall(match)
    hall.rounds(50)
    eve = hall.enter("eve")
    session = match.peers[0].session
    hall.until(lambda: session._ended is not None)
    for blob in hall.raw.get("eve", []):
        eve.session.receive_reliable("p0", blob)
    for watcher in hall.watchers.values():
        for _, blob in watcher.line:
            watcher.session.receive_reliable("p0", blob)
    assert eve.session._follower.done == Done("end_at", 300, session.checksum_at(300) or 0)
    assert session._sponsor.feeds["eve"].phase is Phase.DONE and not session.feeding


def test_who_asks_only_after_the_end_gets_the_last_state() -> None:
    match = Match(Sums, config=plain_config(), seed=2, end=300)
    hall = Hall(match)
    hall.rounds(200)
    session = match.peers[0].session
    match.finish()
    eve = hall.enter("eve")
    hall.rounds(60)
    assert eve.happened(Ended) == [Ended("end_at", 300)] and eve.game.save() == session.game.save()


def test_a_state_larger_than_may_be_sent_is_refused_with_a_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rollback.core.source.MAX_STATE", 50_000)
    match = Match(heavy(90_000), config=plain_config(), seed=2, end=300)
    hall = Hall(match)
    hall.rounds(100)
    eve = hall.enter("eve")
    hall.rounds(30)
    assert "takes more than 50000 bytes" in eve.happened(Ended)[0].reason
    with pytest.raises(UsageError, match="takes more than 50000 bytes"):
        match.peers[0].session.admit("ada")
    match.finish()


@pytest.mark.parametrize("seed", range(3))
def test_messages_of_a_hostile_follower_change_nothing_for_anybody(seed: int) -> None:
    dice = random.Random(seed)
    match = Match(heavy(30_000), config=plain_config(), link=Link(2), seed=seed, end=600)
    hall = Hall(match)
    hall.rounds(100)
    eve = hall.enter("eve", lag=1)
    session = match.peers[0].session
    session.admit("mallory")
    honest = [blob for blob in Follower().wants(0.0)]
    sent = 0
    for _ in range(400):
        for _ in range(5):
            blob = bytearray(dice.choice(honest))
            for _ in range(dice.randint(0, 5)):
                blob[dice.randrange(2, len(blob))] = dice.randrange(256)
            session.receive_reliable("mallory", bytes(blob))
            frame, offset = dice.choice([-1, 60, 90, 1 << 39]), dice.choice([-1, 0, 7, 1 << 23])
            lie = Want(frame, offset, dice.choice([0, 1 << 60]), dice.choice([-1, 100, 1 << 39]), dice.random() < 0.5)
            session.receive_reliable("mallory", encode_feed(lie))
        hall.round()
        sent += sum(map(len, hall.raw.pop("mallory", [])))
    assert sent < 400 / 60 * RATE
    hall.finish()
    hall.check()
    match.check(600)
    assert eve.session.frame == 600


@pytest.mark.parametrize("seed", range(3))
def test_a_broadcast_serves_whoever_begins_with_its_newest_whole_state(seed: int) -> None:
    """One upload; a stand-in for the lobby keeps the newest whole keyframe and the rows since."""
    match = Match(heavy(60_000), config=plain_config(), link=Link(2, 1, 0.05), seed=seed, end=900)
    hall = Hall(match)
    match.peers[0].session.broadcast("lobby", keyframe_every=2.0)
    held: list[bytes] = []  # what a new reader is given: keyframe, parts, rows from its frame on
    coming: list[bytes] = []
    rows: list[tuple[int, bytes]] = []
    readers: list[tuple[int, Follower]] = []
    keyframes, newest = [], -1
    while not match.peers[0].session.finished or hall.raw.get("lobby"):
        if match.round_number % 100 == 60:
            reader = Follower()
            for blob in [*held, *[blob for stop, blob in rows if held and stop > newest]]:
                reader.hear(blob)
            readers.append((match.round_number, reader))
        hall.round()
        for blob in hall.raw.pop("lobby", []):
            for _, reader in readers:
                reader.hear(blob)
            message = decode_feed(blob)
            match message:
                case Keyframe():
                    coming = [blob]
                    keyframes.append(message)
                case Part():
                    coming.append(blob)
                    if message.offset + len(message.data) == keyframes[-1].size:
                        held, newest = coming, keyframes[-1].frame
                        rows = [(stop, blob) for stop, blob in rows if stop > newest]
                case Rows():
                    rows.append((message.first + message.count, blob))
    assert 5 <= len(keyframes) <= 10
    states = hall.states(900)
    late = [reader for began, reader in readers if began < 850]
    assert len(late) >= 7
    for reader in late[1:]:
        taken = reader.take_state()
        assert taken is not None and reader.done is not None and reader.done.frame == 900
        game: Any = match.make()
        game.load(taken[1])
        numbers = []
        for frame, row in reader.take_rows():
            game.step(list(row))
            numbers.append(frame)
        assert numbers == list(range(taken[0], 900))
        assert checksum(game.save()) == states[900] == reader.done.checksum


def test_a_broadcast_that_nobody_takes_out_does_not_pile_up() -> None:
    match = Match(heavy(900_000), config=plain_config(), seed=2, end=2000)
    session = match.peers[0].session
    session.broadcast("lobby", keyframe_every=0.5)
    for _ in range(900):
        match.round()
        session._sponsor.serve(None, None)
    assert len(session._dispatch.blobs) < 300


def test_a_broadcast_takes_sensible_arguments_only() -> None:
    session = Match(Sums, config=plain_config(), seed=2, end=100).peers[0].session
    for every in (0, -1, 4000, "1"):
        with pytest.raises(UsageError, match="keyframe_every must be"):
            session.broadcast("lobby", keyframe_every=every)  # type: ignore[arg-type]
    with pytest.raises(UsageError, match="'p1' plays"):
        session.broadcast("p1")
    session.broadcast("lobby")
    session.broadcast("lobby", keyframe_every=1.0)  # again, with another measure
    with pytest.raises(UsageError, match="a broadcast already"):
        session.admit("lobby")
    session.admit("eve")
    with pytest.raises(UsageError, match="follows already"):
        session.broadcast("eve")
    for number in range(3):
        session.broadcast(f"lobby {number}")
    with pytest.raises(UsageError, match="4 broadcasts already"):
        session.broadcast("one too many")
    with pytest.raises(UsageError, match="needs a name"):
        session.broadcast("")


def test_a_game_whose_state_was_taken_over_feeds_the_one_that_counts() -> None:
    class Drifting(Sums):
        drifts = False

        def step(self, actions: Any) -> None:
            super().step(actions)
            if self.drifts and self.steps == 150:
                self.value ^= 1

    match = Match(Drifting, config=plain_config(on_desync="resync"), link=Link(2), seed=2, end=700)
    match.letters = True
    match.peers[1].game.drifts = True
    hall = Hall(match)
    told: list[tuple[str, bytes]] = []
    session = match.peers[1].session
    take = session.outgoing_reliable

    def shared() -> list[tuple[str, bytes]]:
        out = take()
        told.extend((to, blob) for to, blob in out if to == "eve")
        return [(to, blob) for to, blob in out if to != "eve"]

    session.outgoing_reliable = shared  # type: ignore[method-assign]
    eve = hall.enter("eve", host=1)
    while not all(peer.session.finished for peer in match.peers) or not eve.session.finished:
        match.round()
        for _, blob in told:
            eve.line.append((match.round_number, blob))
        told.clear()
        eve.round()
        assert match.round_number < 2_000
    assert match.peers[1].happened(Resynced)
    assert eve.session.frame == 700 and eve.game.save() == match.peers[0].game.save()


def test_the_settings_limit_the_spectators() -> None:
    session = Match(Sums, config=SessionConfig(max_spectators=0), seed=2, end=100).peers[0].session
    with pytest.raises(UsageError, match="max_spectators allows 0"):
        session.admit("eve")
