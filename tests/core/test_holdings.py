"""What a session says of its own past: which inputs were real when a frame was simulated, what was captured, who is away."""

from __future__ import annotations

import pytest

from rollback import Local, Open, P2PSession, Remote, SessionConfig, TakeOver
from tests.core.games import Sums
from tests.core.network import Link, Match
from tests.core.returning import Returning

SEATS = {"two": ((0,), (1,)), "three": ((0,), (1,), (2,)), "couch": ((0, 2), (1,))}


def sums(seats):
    return lambda: Sums(sum(len(players) for players in seats))


@pytest.mark.parametrize("seats", SEATS.values(), ids=SEATS)
def test_an_input_is_known_when_it_came_before_the_frame_was_simulated(seats):
    match = Match(sums(seats), seats, SessionConfig(input_delay=1), Link(delay=3, jitter=2, loss=0.1), seed=4, end=200)
    asked = {True: 0, False: 0}
    if len(seats) == 2:
        for peer in match.peers:
            peer.watched = True
    while not all(peer.session.finished for peer in match.peers):
        before = [peer.session.frame for peer in match.peers]
        match.round()
        for peer, frame in zip(match.peers, before, strict=True):
            session = peer.session
            if session.frame == frame:
                continue
            known = {player: session.is_known(player, session.frame - 1) for players in seats for player in players}
            assert all(known[player] for player in peer.seats)
            assert all(known.values()) == (session.known >= session.frame - 1)
            if peer.watched:
                for player in set(known) - set(peer.seats):
                    assert known[player] == (peer.newest >= session.frame - 1)
            for is_known in known.values():
                asked[is_known] += 1
    assert min(asked.values()) > 100 and match.rollbacks > 0
    match.check(200)  # to ask has changed nothing


def test_with_three_it_is_told_whose_input_is_missing():
    links = {(1, 0): Link(delay=0), (2, 0): Link(delay=5)}
    match = Match(sums(SEATS["three"]), SEATS["three"], SessionConfig(input_delay=0), links, seed=1, end=100)
    session, seen = match.peers[0].session, set()
    match.started()
    while session.frame < 60:
        frame = session.frame
        match.round()
        if session.frame > frame > 20:
            seen.add((session.is_known(1, frame - 2), session.is_known(2, frame)))
    assert seen == {(True, False)}


@pytest.mark.parametrize("window", [0, 8])
def test_captured_is_the_newest_frame_whose_actions_were_taken(window):
    config = SessionConfig(input_delay=2, prediction_window=window)
    match = Match(sums(SEATS["two"]), config=config, link=Link(delay=2, jitter=2, loss=0.1), seed=9, end=80)
    assert [peer.session.captured for peer in match.peers] == [-1, -1]
    ahead = 0
    while not all(peer.session.finished for peer in match.peers):
        match.round()
        for peer in match.peers:
            if peer.session.frame < 80:
                assert peer.session.captured == peer.captured
            ahead += peer.session.captured >= peer.session.frame
    assert (ahead > 0) == (window == 0)  # lockstep takes the action before it can simulate the frame
    match.check(80)


def test_the_delays_of_the_others_are_those_they_told():
    delays = [SessionConfig(input_delay=delay) for delay in (1, 7, "auto")]
    match = Match(sums(SEATS["three"]), SEATS["three"], delays)
    assert match.peers[0].session.told_delays == {}
    match.started()
    assert match.peers[0].session.told_delays == {1: 7}
    assert match.peers[2].session.told_delays == {0: 1, 1: 7}


def test_round_trips_are_those_of_the_peers_behind_the_players():
    match = Match(sums(((0,), (1, 2))), ((0,), (1, 2)), link=Link(delay=3))
    match.started().rounds(120)
    trips = match.peers[0].session.round_trips
    assert sorted(trips) == [1, 2] and trips[1] == trips[2]
    assert 5.9 / 60 <= trips[1] <= 9 / 60
    assert trips[1] == match.peers[0].session.stats().peers["p1"].rtt


def test_nobody_is_away_while_all_play():
    match = Match(sums(SEATS["two"])).started()
    assert match.peers[0].session.vacant == {}


def test_an_open_seat_is_away_from_the_first_frame_on():
    session = P2PSession(Sums(3), [Local(), Remote("bob"), Open()], SessionConfig())
    assert session.vacant == {2: (0, False)}


@pytest.mark.parametrize("on_disconnect", ["idle", TakeOver(lambda game, player: 3)], ids=["idle", "takes over"])
def test_who_was_cut_is_away_from_there_on_and_back_when_it_is(on_disconnect):
    config = SessionConfig(on_disconnect=on_disconnect, disconnect_after=0.5, interrupt_after=0.2)
    match = Returning(sums(SEATS["three"]), SEATS["three"], config, Link(delay=1), end=900)
    match.started().rounds(60)
    match.kill(2)
    session = match.peers[0].session
    match.until(lambda: bool(session.vacant))
    since, is_played = session.vacant[2]
    assert sorted(session.vacant) == [2] and is_played == (on_disconnect != "idle")
    assert since == match.peers[1].session.vacant[2][0] > 50
    match.come(2)
    assert session.vacant == {} == match.peers[2].session.vacant
