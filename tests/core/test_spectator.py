"""Spectators see what settled, once and in order, from wherever they come in; and nobody waits for them."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest

from rollback import (
    Cut,
    DesyncFound,
    Ended,
    Mismatch,
    PeerLeft,
    Resynced,
    SpectatorSession,
    Synchronized,
    UsageError,
)
from rollback.wire.feed import Done, encode_feed
from rollback.wire.matches import mark, match_of
from tests.core.audience import Hall, plain_config
from tests.core.games import OpaqueWithDigest, Race, Sums
from tests.core.network import Link, Match


class LongRace(Race):
    """Is over after some four hundred frames."""

    goal = 290


class Digested(Sums):
    """Lets checksums look at less than its whole state."""

    def digest(self) -> Any:
        return [self.value]


class Nested(Sums):
    """Has a state of nested containers."""

    def save(self) -> Any:
        return {"value": self.value, "more": [(self.steps, None), {1: self.steps}]}

    def load(self, state: Any) -> None:
        self.value, self.steps = state["value"], state["more"][1][1]


@pytest.mark.parametrize("seed", range(4))
def test_who_watches_from_the_start_sees_every_frame(seed: int) -> None:
    match = Match(Sums, config=plain_config(), link=Link(2, 2, 0.1), seed=seed, end=400)
    hall = Hall(match)
    eve = hall.enter("eve", lag=3)
    hall.finish()
    hall.check()
    match.check(400)
    assert [done.frame for done in eve.frames] == list(range(400))
    assert eve.game.save() == match.peers[0].game.save()
    assert eve.happened(Synchronized) == [Synchronized("p0")] and eve.happened(Ended) == [Ended("end_at", 400)]
    assert match.rollbacks > 10 and match.lost > 0


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("make", [Sums, LongRace, Nested, Digested])
def test_who_comes_late_begins_with_a_recent_state(seed: int, make: Any) -> None:
    match = Match(make, config=plain_config(), link=Link(3, 2, 0.1), seed=seed, end=500)
    hall = Hall(match)
    hall.rounds(250)
    hall.enter("eve", lag=2)
    hall.rounds(77)
    hall.enter("ada", host=1, lag=9)
    hall.finish()
    hall.check()
    for name in ("eve", "ada"):
        watcher = hall.watchers[name]
        assert 100 < watcher.frames[0].frame < 400 and watcher.frames[0].frame % 30 == 0
        assert watcher.session.frame == match.peers[0].session.frame
        assert watcher.game.save() == match.peers[0].game.save()


def test_the_inputs_of_several_players_a_peer_keep_the_order_of_the_players() -> None:
    match = Match(lambda: Sums(4), ((0, 3), (1,), (2,)), config=plain_config(), link=Link(2, 1, 0.05), seed=5, end=300)
    hall = Hall(match)
    hall.rounds(100)
    hall.enter("eve", host=2, lag=2)
    hall.finish()
    hall.check()
    assert hall.watchers["eve"].session.controllers == {0: "human", 1: "human", 2: "human", 3: "human"}
    assert hall.watchers["eve"].session.names == {0: "p0", 1: "p1", 3: "p0"}


@pytest.mark.parametrize("interval", [1, 7, 60, 200])
def test_any_interval_between_checksums_will_do(interval: int) -> None:
    match = Match(Sums, config=plain_config(desync_interval=interval), link=Link(4, 2, 0.1), seed=2, end=700)
    hall = Hall(match)
    hall.rounds(240)
    eve = hall.enter("eve", lag=1)
    hall.finish()
    hall.check()
    assert eve.frames[0].frame <= 400 and eve.frames[0].frame % interval == 0
    states = hall.states(700)
    assert all(states[frame] == value for frame, value in eve.told.items())
    wanted = set(range(eve.frames[0].frame, 700, interval))
    assert len(wanted - set(eve.told)) <= (160 if interval == 1 else 1)  # at a short interval only the newest of a batch


def test_thirty_two_watch_and_one_more_is_refused() -> None:
    match = Match(Sums, config=plain_config(), link=Link(2, 1, 0.05), seed=8, end=500)
    hall = Hall(match)
    hall.rounds(100)
    for number in range(32):
        hall.enter(f"w{number}", lag=number % 7, every=1 + number % 2)
        hall.rounds(3)
    session = match.peers[0].session
    with pytest.raises(UsageError, match="32 spectators watch already, max_spectators allows 32"):
        session.admit("one too many")
    session.admit("w3")  # again, which changes nothing
    hall.finish()
    hall.check()
    assert all(watcher.session.frame == 500 for watcher in hall.watchers.values())
    match.check(500)


def test_who_is_dismissed_gets_nothing_more_and_its_place_is_free() -> None:
    match = Match(Sums, config=plain_config(max_spectators=1), seed=8, end=400)
    hall = Hall(match)
    eve = hall.enter("eve")
    hall.rounds(150)
    session = match.peers[0].session
    session.dismiss("eve")
    hall.rounds(5)
    taken, seen = eve.taken, eve.session.frame
    hall.rounds(100)
    assert eve.taken == taken and eve.session.frame <= seen + 60
    assert match.peers[0].session.stats().dropped == {}
    ada = hall.enter("ada")
    eve.stopped = True
    hall.finish()
    hall.check()
    assert ada.session.finished


def test_nobody_waits_for_those_who_watch() -> None:
    """The players stall no more, and get no less far, than in a match that nobody watches."""
    seen = []
    for audience in (0, 1, 6):
        match = Match(Sums, config=plain_config(), link=Link(3, 2, 0.1), seed=6, end=400)
        hall = Hall(match)
        for number in range(audience):
            hall.enter(f"w{number}", number % 2, lag=number, rate=2_000).stopped = number == 3
        hall.rounds(300)
        seen.append([(peer.session.frame, peer.session.stats().stalls) for peer in match.peers])
    for alone, watched in pairwise(seen):
        for (frame, stalls), (frame_watched, stalls_watched) in zip(alone, watched, strict=True):
            assert abs(frame_watched - frame) <= 5 and abs(stalls_watched - stalls) <= 5


def test_a_spectator_label_is_no_player_and_says_nothing_by_datagrams() -> None:
    match = Match(Sums, config=plain_config(), seed=1, end=200)
    session = match.peers[0].session
    with pytest.raises(UsageError, match="'p1' plays: a spectator needs a label of its own"):
        session.admit("p1")
    with pytest.raises(UsageError, match="nobody plays at peer 'eve'"):
        session.receive("eve", b"hello")
    session.admit("eve")
    session.receive("eve", b"hello")
    session.receive_reliable("eve", b"\x00\x1bnonsense")
    session.receive_reliable("eve", b"nonsense")
    match.finish()
    session.dismiss("eve")
    session.receive("eve", b"hello")
    session.receive_reliable("eve", b"\x00\x1bnonsense")


@pytest.mark.parametrize(
    ("make", "settings", "sentence"),
    [
        (Sums, {"desync_interval": 0}, "a match without checksums"),
        (OpaqueWithDigest, {}, "no state trees"),
    ],
)
def test_a_match_that_cannot_be_watched_says_why(make: Any, settings: dict[str, Any], sentence: str) -> None:
    match = Match(make, config=plain_config(**settings), seed=1, end=300)
    session = match.peers[0].session
    match.rounds(60)
    with pytest.raises(UsageError, match=sentence):
        session.admit("eve")
    with pytest.raises(UsageError, match=sentence):
        session.broadcast("lobby")


def test_who_was_admitted_before_it_was_known_that_nobody_can_watch_is_told() -> None:
    match = Match(OpaqueWithDigest, config=plain_config(), seed=1, end=300)
    hall = Hall(match)
    eve = hall.enter("eve")
    hall.rounds(100)
    assert eve.session.finished and "no state trees" in eve.happened(Ended)[0].reason
    hall.finish()


def test_the_delay_is_kept() -> None:
    match = Match(Sums, config=plain_config(), link=Link(2), seed=4, end=600)
    hall = Hall(match)
    eve = hall.enter("eve", delay=2.0)
    while match.peers[0].session.frame < 590:
        hall.round()
        if eve.session.frame:
            assert match.peers[0].session.settled + 1 - eve.session.frame >= 120
    hall.finish()
    hall.check()
    assert [done.frame for done in eve.frames] == list(range(600))
    assert max(eve.steps[-100:]) == 1  # the end, too, is shown at pace


def test_catching_up_is_bounded_and_then_it_runs_evenly() -> None:
    match = Match(Sums, config=plain_config(desync_interval=240), link=Link(2, 1), seed=4, end=900)
    hall = Hall(match)
    hall.rounds(430)
    eve = hall.enter("eve", lag=1)
    hall.until(lambda: match.peers[0].session.frame > 890)
    assert eve.frames[0].frame == 240 and sorted(eve.steps)[-2] == 4  # but for the load itself
    last = eve.steps[-200:]
    assert max(last) <= 2 and sum(last) > 190 and last.count(0) < 10
    assert eve.session.behind < 40


def test_the_caller_may_show_fewer_frames_in_a_tick() -> None:
    match = Match(Sums, config=plain_config(), seed=4, end=300)
    hall = Hall(match)
    eve = hall.enter("eve")
    hall.rounds(60)
    eve.stopped = True
    hall.rounds(100)
    eve.stopped = False
    hall.rounds(3)
    before = eve.session.frame
    eve.session.tick(now=eve.now, most=1)
    assert eve.session.frame == before + 1
    eve.session.tick(now=eve.now, most=0)
    assert eve.session.frame == before + 1


def test_who_is_too_far_behind_goes_on_from_a_newer_state() -> None:
    match = Match(Sums, config=plain_config(), link=Link(2), seed=4, end=2200)
    hall = Hall(match)
    eve = hall.enter("eve", every=40)  # at four frames in forty rounds it never catches up
    hall.rounds(1800)
    assert eve.happened(Resynced)
    eve.every = 1
    hall.finish()
    hall.check(whole=False)
    assert eve.session.frame == 2200 and len(eve.frames) < 1900


def test_a_sponsor_that_leaves_is_told_from_the_end_of_the_match() -> None:
    match = Match(
        lambda: Sums(3), ((0,), (1,), (2,)), config=plain_config(on_disconnect="idle"), link=Link(2, 1, 0.05), seed=4, end=700
    )
    hall = Hall(match)
    eve = hall.enter("eve", lag=2)
    hall.rounds(200)
    match.peers[0].session.leave(now=match.peers[0].now)
    hall.rounds(60)
    match.peers[0].stopped = True
    assert not eve.session.finished and [event.peer for event in eve.happened(PeerLeft)] == ["p0"]
    match.peers[1].session.admit("eve")
    eve.follow(1)
    hall.finish()
    hall.check()
    assert [done.frame for done in eve.frames] == list(range(700))
    assert eve.happened(Cut) and eve.happened(Ended) == [Ended("end_at", 700)]


def test_a_wrong_argument_is_told_in_a_sentence() -> None:
    for delay in (-1, 301, "2", True, float("nan")):
        with pytest.raises(UsageError, match="delay must be a number of seconds from 0 to 300"):
            SpectatorSession(Sums(), "p0", delay=delay)  # type: ignore[arg-type]
    for host in ("", None):
        with pytest.raises(UsageError, match="needs the name of its host"):
            SpectatorSession(Sums(), host)  # type: ignore[arg-type]
    with pytest.raises(UsageError, match="match must be a whole number from 0 to 3"):
        SpectatorSession(Sums(), "p0", match=4)


@pytest.mark.parametrize(
    ("make", "config", "field"),
    [
        (lambda: Sums(3), None, "players"),
        (Sums, plain_config(game_id="other"), "game_id"),
        (Sums, plain_config(game_version="2"), "game_version"),
        (Sums, plain_config(extra={"map": "b"}), "extra"),
    ],
)
def test_another_game_is_a_mismatch_that_names_the_field(make: Any, config: Any, field: str) -> None:
    match = Match(Sums, config=plain_config(), seed=4, end=300)
    hall = Hall(match)
    eve = hall.enter("eve")
    eve.session = SpectatorSession(make(), "p0", config)
    hall.rounds(100)
    assert eve.happened(Mismatch)[0].field == field
    assert eve.session.finished and field in eve.happened(Ended)[0].reason
    assert eve.session.reason == "ended" and eve.session.frame == 0


def test_who_has_no_settings_takes_those_of_the_match() -> None:
    config = plain_config(fps=30, seed=77, game_version="1.2", extra={"map": "b"})
    match = Match(Sums, config=config, seed=4, end=300)
    hall = Hall(match)
    eve = hall.enter("eve", config=None)
    hall.finish()
    hall.check()
    told = eve.session.config
    assert (told.fps, told.seed, told.game_version, told.game_id, told.desync_interval) == (30, 77, "1.2", "Sums", 30)


def test_a_game_that_differs_here_is_found_out_and_given_up() -> None:
    class Skewed(Sums):
        def step(self, actions: Any) -> None:
            super().step(actions)
            self.value ^= self.steps == 100

    match = Match(Sums, config=plain_config(game_id="sums"), seed=4, end=600)
    hall = Hall(match)
    eve = hall.enter("eve")
    eve.game = Skewed()
    eve.session = SpectatorSession(eve.game, "p0", match.peers[0].session.config)
    hall.rounds(400)
    assert [event.frame for event in eve.happened(DesyncFound)] == [120]
    assert eve.happened(Resynced)  # from a state that is the match's it goes on
    hall.finish()
    assert eve.game.save() == match.peers[0].game.save()


def test_leaving_ends_it() -> None:
    session = SpectatorSession(Sums(), "p0")
    session.leave(now=0.0)
    assert session.finished and session.events() == [Ended("left", 0)] and session.tick(now=1.0).reason == "ended"
    assert session.outgoing_reliable() == [] and session.outgoing(now=1.0) == []


def test_a_rematch_is_watched_under_its_number_and_the_last_match_is_not() -> None:
    said = encode_feed(Done("over", -1))
    eve = SpectatorSession(Sums(), "p0", match=1)
    eve.receive_reliable("p0", said)
    eve.receive_reliable("p1", mark(said, 1))  # not the host
    eve.tick(now=0.0)
    assert not eve.finished and eve.dropped == {"match": 1}
    assert [match_of(blob) for _, blob in eve.outgoing_reliable()] == [1]
    eve.receive_reliable("p0", mark(said, 1))
    eve.tick(now=0.1)
    assert eve.finished
