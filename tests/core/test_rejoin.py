"""A peer that died comes back with a new process, and takes its players back at a frame on which all agree."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rollback import Cut, DesyncFound, Ended, Mismatch, PeerJoined, PeerLeft, PeerLost, SessionConfig, TakeOver, TookOver
from rollback.types import Synchronized
from tests.cases import more_at_night
from tests.core.games import Sums
from tests.core.network import Link, Peer
from tests.core.returning import Returning

FPS = 60
LINE = Link(2)
STALL = 18  # rounds: a third of a second


def press(game: Any, player: int) -> int:
    """Return what a stand-in does: something else than nothing, and not always the same."""
    return 3 + game.steps // 8 % 3


WAYS: dict[str, Any] = {"idle": "idle", "pause": "pause", "takeover": TakeOver(press)}
QUICK: dict[str, Any] = {"interrupt_after": 0.3, "disconnect_after": 1.0, "rejoin_grace": 20.0}


def playing(count: int, way: str, link: Link = LINE, seed: int = 0, end: int | None = None, **more: Any) -> Returning:
    config = SessionConfig(**{**QUICK, "on_disconnect": WAYS[way], **more})
    return Returning(lambda: Sums(count), [(n,) for n in range(count)], config, link, seed=seed, end=end).started()


def over_soon(match: Returning) -> None:
    """Let the match end a little later, and look at everybody's last state."""
    end = max(peer.session.frame for peer in match.living) + 120
    for peer in match.living:
        peer.session.end_at(end)
    match.finish()
    match.check_states()


def joined_at(peer: Peer, number: int) -> list[int]:
    """Return the frames at which a peer says that another took its players."""
    return [event.frame for event in peer.happened(PeerJoined) if event.peer == f"p{number}"]


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("number", [0, 1])
def test_the_one_of_two_who_died_comes_back(way: str, number: int) -> None:
    match = playing(2, way, end=700)
    match.rounds(100)
    match.kill(number)
    match.rounds(3 * FPS)
    other = match.peers[1 - number]
    assert bool(other.happened(Cut)) == (way != "pause")
    peer = match.come(number)
    frame = peer.happened(PeerJoined)[0].frame
    assert peer.happened(PeerJoined) == [PeerJoined("", (number,), frame)]
    assert other.happened(PeerJoined) == [PeerJoined(f"p{number}", (number,), frame)]
    assert [event.peer for event in peer.happened(Synchronized)] == [other.name]
    match.finish().check_states()
    for each in match.peers:
        assert each.happened(Ended) == [Ended("end_at", 700)]


@pytest.mark.parametrize("seed", more_at_night(range(12), 9))  # each number of peers on each way
def test_whoever_dies_comes_back_over_a_bad_line(seed: int) -> None:
    count, way = 2 + seed % 3, list(WAYS)[seed // 3 % 3]
    match = playing(count, way, Link(seed % 5, 2, 0.15), seed, prediction_window=(0, 4, 8)[seed % 3], input_delay=seed % 4)
    match.rounds(50 + 7 * seed)
    number = seed % count
    match.kill(number)
    match.rounds(40 * (seed % 4))
    match.come(number)
    match.rounds(60)
    over_soon(match)
    assert match.lost > 0
    frames = {tuple(joined_at(peer, number)) for peer in match.living if peer.number != number}
    assert len(frames) == 1 and all(len(told) == 1 for told in frames), "all say the same frame"


@pytest.mark.parametrize("count", [2, 3, 4])
@pytest.mark.parametrize("way", ["idle", "takeover"])
def test_the_others_never_stop_for_longer_than_a_stall(count: int, way: str) -> None:
    match = playing(count, way, Link(3))
    match.rounds(90)
    match.kill(count - 1)
    match.until(lambda: all(peer.happened(Cut) for peer in match.living))
    match.rounds(60)
    match.watch_stops()
    since = match.round_number
    match.come(count - 1)
    assert match.round_number - since < 2 * FPS, "it takes about a second"
    match.rounds(60)
    assert max(stop for number, stop in match.stops.items() if number != count - 1) <= STALL
    over_soon(match)


def test_a_new_process_takes_the_place_before_the_old_one_was_missed() -> None:
    match = playing(3, "idle", disconnect_after=60.0, interrupt_after=30.0)
    match.rounds(60)
    match.kill(2)
    match.come(2, limit=200)
    for peer in match.peers[:2]:
        assert next(event.reason for event in peer.happened(PeerLost)) in (
            "another process takes its place",
            "p0 does not hear it any more",
            "p1 does not hear it any more",
        )
    over_soon(match)


def test_under_pause_the_match_waits_and_goes_on_with_the_newcomer() -> None:
    match = playing(3, "pause")
    match.rounds(60)
    match.kill(1)
    match.rounds(3 * FPS)
    assert {peer.session.reason for peer in match.living} == {"paused"}
    frames = [peer.session.frame for peer in match.living]
    match.start(1)
    match.rounds(30)
    assert [peer.session.frame for peer in match.living if peer.number != 1] == frames, "nobody was told yet"
    match.admit(1)
    match.until(lambda: match.is_in(1))
    first = match.peers[0].happened(Cut)[0].frame
    assert joined_at(match.peers[0], 1)[0] > first
    for peer in match.peers:
        assert peer.session.frame < joined_at(match.peers[0], 1)[0] + 30, "nobody ran ahead meanwhile"
    over_soon(match)


def test_under_pause_with_nobody_else_the_match_ends_when_the_newcomer_does_not_come_in() -> None:
    match = playing(2, "pause", rejoin_grace=2.0)
    match.rounds(60)
    match.kill(1)
    match.rounds(90)
    match.start(1)
    match.peers[1].stopped = True
    match.admit(1)
    first = match.peers[0]
    match.until(lambda: bool(first.happened(Ended)), 300)
    assert first.happened(Ended)[0].reason == "p1 did not come back within 2 s"


def test_a_stand_in_plays_until_the_player_is_back() -> None:
    match = playing(3, "takeover")
    match.rounds(60)
    match.kill(1)
    match.until(lambda: bool(match.peers[0].happened(TookOver)))
    match.rounds(60)
    match.come(1)
    match.rounds(60)
    over_soon(match)
    cut, frame = match.peers[0].happened(Cut)[0].frame, joined_at(match.peers[0], 1)[0]
    played = [match.truth[at][1][0] for at in range(cut + 1, frame)]
    assert {3, 4, 5} <= set(played)
    given = [codec for codec in match.peers[1].oracles[1].line if codec != bytes((0,))]
    assert given, "and then it plays itself"


def test_who_comes_back_to_the_lowest_seat_plays_for_the_others_who_are_gone() -> None:
    match = playing(5, "takeover")
    match.rounds(60)
    match.kill(4)
    match.until(lambda: all(peer.happened(Cut) for peer in match.living))
    match.kill(0)
    match.until(lambda: all(len(peer.happened(Cut)) == 2 for peer in match.living))
    assert TookOver(4, "p1") in match.peers[2].happened(TookOver)
    match.rounds(40)
    peer = match.come(0)
    match.rounds(120)
    assert TookOver(4, "p0") in match.peers[1].happened(TookOver)
    assert TookOver(4, "") in peer.happened(TookOver)
    match.come(4)
    match.rounds(60)
    over_soon(match)
    frame = joined_at(match.peers[1], 0)[0]
    late = [match.truth[at][4][0] for at in range(frame + 30, joined_at(match.peers[1], 4)[0] - 40)]
    assert {3, 4, 5} & set(late), "somebody plays for it all the time"


@settings(max_examples=8, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    way=st.sampled_from(list(WAYS)),
    count=st.integers(2, 3),
    gap=st.integers(0, 120),
    again=st.integers(0, 70),
    pause=st.integers(0, 60),
    delay=st.integers(0, 4),
)
def test_a_newcomer_that_dies_on_its_way_in_harms_nobody(
    way: str, count: int, gap: int, again: int, pause: int, delay: int
) -> None:
    match = playing(count, way, Link(delay, 1), seed=gap)
    match.rounds(60)
    match.kill(count - 1)
    match.rounds(gap)
    match.start(count - 1)
    match.admit(count - 1)
    match.rounds(again)
    match.kill(count - 1)
    match.rounds(pause)
    match.come(count - 1)
    over_soon(match)


@settings(max_examples=8, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    way=st.sampled_from(["idle", "takeover"]), after=st.integers(0, 60), delay=st.integers(0, 4), loss=st.sampled_from([0, 0.1])
)
def test_when_the_sponsor_dies_the_next_one_goes_on(way: str, after: int, delay: int, loss: float) -> None:
    match = playing(4, way, Link(delay, 1, loss), seed=after)
    match.rounds(60)
    match.kill(3)
    match.until(lambda: all(peer.happened(Cut) for peer in match.living))
    match.start(3)
    match.admit(3)
    match.rounds(after)
    match.kill(0)
    match.until(lambda: match.is_in(3) or bool(match.peers[3].happened(Ended)), 1500)
    if match.peers[3].happened(Ended):  # it was in, as the sponsor said, who told nobody else: it may come again
        assert match.peers[3].happened(Ended)[0].reason == "partitioned"
        match.come(3)
    match.come(0)
    over_soon(match)


def test_two_come_back_one_after_the_other() -> None:
    match = playing(5, "idle")
    match.rounds(60)
    match.kill(1)
    match.kill(3)
    match.until(lambda: all(len(peer.happened(Cut)) == 2 for peer in match.living))
    for number in (3, 1):
        match.start(number)
        match.admit(number)
    match.admit(3, by=[1])  # who is on its way itself is told of others who are
    match.until(lambda: match.is_in(1) and match.is_in(3))
    match.rounds(30)
    over_soon(match)
    for peer in match.peers[::2]:
        assert [event.peer for event in peer.happened(PeerJoined)] == ["p1", "p3"], "the lowest seat first"


def test_a_newcomer_that_plays_another_game_is_refused_and_the_match_goes_on() -> None:
    match = playing(3, "idle")
    match.rounds(60)
    match.kill(2)
    match.until(lambda: all(peer.happened(Cut) for peer in match.living))
    wrong = match.start(2, config=SessionConfig(**{**QUICK, "on_disconnect": "idle", "seed": 7}))
    match.admit(2)
    match.rounds(60)
    assert {(event.field, event.ours, event.theirs) for event in wrong.happened(Mismatch)} == {("seed", 7, 0)}
    assert "seed is 7 here and 0 there" in wrong.happened(Ended)[0].reason
    for peer in match.peers[:2]:
        assert {(event.peer, event.ours, event.theirs) for event in peer.happened(Mismatch)} == {("p2", 0, 7)}
        assert not peer.happened(Ended) and peer.session.reason == "running"
    match.come(2)
    over_soon(match)


def test_a_newcomer_may_think_better_of_it() -> None:
    match = playing(3, "idle")
    match.rounds(60)
    match.kill(2)
    match.until(lambda: all(peer.happened(Cut) for peer in match.living))
    peer = match.start(2)
    match.admit(2)
    match.rounds(15)
    peer.session.leave(now=peer.now, reason="changed my mind")
    match.rounds(60)
    assert PeerLeft("p2", (2,), "changed my mind") in match.peers[0].happened(PeerLeft)
    assert peer.session.finished
    match.admit(2)
    match.come(2)
    over_soon(match)


def test_a_newcomer_hands_out_what_settles_from_the_state_on_with_which_it_began() -> None:
    match = playing(2, "idle")
    match.rounds(200)
    match.kill(1)
    match.until(lambda: bool(match.peers[0].happened(Cut)))
    match.rounds(100)
    peer = match.come(1)
    match.rounds(30)
    first = peer.frames[0].frame
    assert first % 60 == 0 and first > 0
    assert [done.frame for done in peer.frames] == list(range(first, first + len(peer.frames)))
    over_soon(match)


def test_who_came_back_with_a_game_that_differs_is_found_out() -> None:
    class Differs(Sums):
        def step(self, actions: Any) -> None:
            super().step(actions)
            if self.steps == 400:
                self.value += 1

    match = playing(2, "idle", on_desync="report", game_id="sums")
    match.rounds(100)
    match.kill(1)
    match.until(lambda: bool(match.peers[0].happened(Cut)))
    peer = match.start(1, make=lambda: Differs(2))
    match.admit(1)
    match.until(lambda: match.is_in(1))
    assert peer.session.frame < 390 and not match.peers[0].happened(DesyncFound)
    match.until(lambda: bool(match.peers[0].happened(DesyncFound)) and bool(peer.happened(DesyncFound)), 600)
    assert match.peers[0].happened(DesyncFound)[0].frame == 420


def test_no_desync_is_reported_where_there_is_none() -> None:
    for seed in range(3):
        match = playing(3, "idle", Link(2, 2, 0.1), seed, desync_interval=5)
        match.rounds(80)
        match.kill(seed % 3)
        match.rounds(50)
        match.come(seed % 3)
        match.rounds(100)
        over_soon(match)
        for peer in match.living:
            assert not peer.happened(DesyncFound)


def test_the_input_delay_of_a_newcomer_holds_from_its_first_frame_on() -> None:
    match = playing(2, "idle", input_delay=4)
    match.rounds(60)
    match.kill(1)
    match.until(lambda: bool(match.peers[0].happened(Cut)))
    match.act = lambda peer, player: 9 if peer.number == 1 else 1
    match.come(1)
    match.rounds(60)
    frame = joined_at(match.peers[0], 1)[0]
    idle = match.peers[1].idle[1]
    assert [match.truth[at][1] for at in range(frame, frame + 8)] == [idle] * 4 + [bytes((9,))] * 4
    assert match.truth[frame - 1][1] == idle
    over_soon(match)


def test_nobody_of_the_match_is_there_any_more() -> None:
    match = playing(2, "idle", rejoin_grace=1.0)
    match.rounds(60)
    match.kill(1)
    match.until(lambda: bool(match.peers[0].happened(Cut)))
    peer = match.start(1)
    match.admit(1)
    match.rounds(12)
    match.kill(0)
    match.until(lambda: bool(peer.happened(Ended)), 400)
    assert peer.happened(Ended)[0].reason == "nobody of the match was heard for 2 s"


def test_a_match_that_ends_meanwhile_ends_for_the_newcomer_too() -> None:
    match = playing(2, "idle", end=200)
    match.rounds(100)
    match.kill(1)
    match.until(lambda: bool(match.peers[0].happened(Cut)))
    match.until(lambda: match.peers[0].session.frame > 195)
    peer = match.start(1)
    match.admit(1)
    match.until(lambda: bool(peer.happened(Ended)), 600)
    assert match.peers[0].happened(Ended) == [Ended("end_at", 200)]
