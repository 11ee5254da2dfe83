"""Actions on their way in: refused ones change nothing, and what the game sees is what every peer sees."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from rollback import ActionError, Bits, Local, MissingAction, P2PSession, Raw, Remote, SessionConfig, UInt, UsageError
from tests.core.games import Spy, Sums
from tests.core.network import Link, Match, Peer


class Mixed(Spy):
    """Three players with different codecs."""

    codecs = (UInt(4), Bits(3), Raw(2))

    def __init__(self, players: int = 3) -> None:
        super().__init__(3)

    def step(self, actions: Sequence[Any]) -> None:
        number, buttons, raw = actions
        super().step((number, sum(1 << at for at, down in enumerate(buttons) if down), int.from_bytes(raw, "big")))


WRONG = [
    ({0: 1}, MissingAction, "tick needs the action of local player 2: pass {2: action}, not {0: 1}"),
    ({}, MissingAction, "tick needs the action of local player 0: pass {0: action}, not {}"),
    (None, MissingAction, "tick needs the action of local player 0: pass {0: action}, not None"),
    ({0: 16, 2: b"ab"}, ActionError, "player 0: 16 is outside 0..15 (uint4)"),
    ({0: -1, 2: b"ab"}, ActionError, "player 0: -1 is outside 0..15 (uint4)"),
    ({0: "up", 2: b"ab"}, ActionError, "player 0: 'up' is no whole number from 0 to 15 (uint4)"),
    ({0: 1, 2: b"abc"}, ActionError, "player 2: b'abc' is no byte string of length 2 (raw2)"),
    ({0: 1, 2: 7}, ActionError, "player 2: 7 is no byte string of length 2 (raw2)"),
]


@pytest.mark.parametrize(("actions", "error", "says"), WRONG)
def test_a_refused_action_changes_nothing_and_the_tick_can_be_repeated(actions: Any, error: type[Exception], says: str) -> None:
    match = Match(Mixed, ((0, 2), (1,)), SessionConfig(input_delay=0), Link(3, 1, 0.1), end=120, hold=0.4).started()
    peer = match.peers[0]
    refused = 0
    while peer.session.frame < 110:
        match.deliver(peer)  # what has arrived stays queued, too
        before = (peer.session.frame, peer.session.known, peer.session.settled, peer.session.stats())
        calls = len(peer.game.calls)
        with pytest.raises(error) as caught:
            peer.session.tick(actions, now=peer.now + 1 / 60)
        assert str(caught.value) == says
        assert (peer.session.frame, peer.session.known, peer.session.settled, peer.session.stats()) == before
        assert len(peer.game.calls) == calls
        assert peer.session.events() == []
        refused += 1
        match.round()
    match.finish().check(120)
    assert refused > 50 and match.rollbacks > 5


def test_one_local_player_is_refused_in_the_same_words() -> None:
    match = Match(Mixed, ((0,), (1, 2))).started()
    session = match.peers[0].session
    for actions, error, says in [
        ({}, MissingAction, "tick needs the action of local player 0: pass {0: action}, not {}"),
        ({1: 1}, MissingAction, "tick needs the action of local player 0: pass {0: action}, not {1: 1}"),
        ({0: 99}, ActionError, "player 0: 99 is outside 0..15 (uint4)"),
    ]:
        with pytest.raises(error) as caught:
            session.tick(actions, now=100.0)
        assert str(caught.value) == says


def test_an_action_of_a_remote_player_is_ignored() -> None:
    match = Match(Sums, end=60).started()
    session = match.peers[0].session
    session.tick({0: 5, 1: 77}, now=match.peers[0].now + 1 / 60)
    match.peers[0].captured = session.frame - 1
    match.peers[0].oracles[0].take(session.frame - 1, bytes([5]))
    match.finish().check(60)


def test_a_codec_that_makes_inputs_of_another_size_is_named() -> None:
    class Wide:
        size = 1

        def encode(self, action: Any) -> bytes:
            return bytes(action)

        def decode(self, data: bytes) -> int:
            return len(data)

        def describe(self) -> str:
            return "wide"

    game = Sums()
    game.codecs = (Wide(), Wide())  # type: ignore[attr-defined]
    session = P2PSession(game, [Local(), Remote("b")])
    with pytest.raises(ActionError, match=r"^player 0: wide made .* of 3: 1 bytes are needed$"):
        session.tick({0: 3}, now=0.0)


class Listing:
    """A codec whose decoded actions can be changed by whoever gets them."""

    size = 1
    decoded = 0

    def encode(self, action: Any) -> bytes:
        return bytes([action[0]])

    def decode(self, data: bytes) -> list[int]:
        Listing.decoded += 1
        return [data[0]]

    def describe(self) -> str:
        return "list of one byte"


class Spoiling(Sums):
    """Changes the actions it gets: harmless only if no step sees the ones of another."""

    codecs = (Listing(), Listing())

    def step(self, actions: Sequence[Any]) -> None:
        assert all(len(action) == 1 for action in actions), "an action that another step has changed"
        super().step([action[0] for action in actions])
        for action in actions:
            action.append(99)


def test_actions_that_can_be_changed_are_decoded_anew_for_each_step() -> None:
    config = SessionConfig(input_delay=0, desync_interval=1)
    match = Match(Spoiling, config=config, link=Link(3, 1, 0.1), end=120, hold=0.5).finish().check(120)
    assert match.rollbacks > 10


def test_actions_that_cannot_be_changed_are_decoded_once() -> None:
    class Counting(UInt):
        calls = 0

        def decode(self, data: bytes) -> int:
            Counting.calls += 1
            return super().decode(data)

    class Counted(Sums):
        codecs = (Counting(1), Counting(1))

    config = SessionConfig(input_delay=0)
    Match(Counted, config=config, link=Link(3), end=300, hold=0.5, act=lambda peer, player: peer.captured % 2).finish()
    assert Counting.calls < 60


def test_the_local_game_sees_what_the_others_see() -> None:
    class Rounding(UInt):
        """Loses the last bit on the way, as a quantised codec does."""

        def encode(self, action: Any) -> bytes:
            return super().encode(action & ~1)

    class Rounded(Sums):
        codecs = (Rounding(8), Rounding(8))

    match = Match(Rounded, config=SessionConfig(input_delay=1), link=Link(2), end=80, hold=0.2).finish().check(80)
    assert all(action % 2 == 0 for done in match.peers[0].frames for action in done.actions)


SEATS = [
    ([Local()], "1 players were given, Sums has 2"),
    ([Local(), Remote("b"), Remote("c")], "3 players were given, Sums has 2"),
    ([Local(), "bob"], "player 1 must be Local(), Remote(peer name) or Open(), not 'bob'"),
    ([Local(), Remote("")], "player 1 must be Local(), Remote(peer name) or Open(), not Remote(peer='')"),
    ([Local(), Remote(7)], "player 1 must be Local(), Remote(peer name) or Open(), not Remote(peer=7)"),  # type: ignore[arg-type]
    ([Remote("a"), Remote("b")], "a session needs at least one Local player; SpectatorSession is for who only watches"),
]


@pytest.mark.parametrize(("seats", "says"), SEATS)
def test_players_that_do_not_fit_are_refused_in_one_sentence(seats: Any, says: str) -> None:
    with pytest.raises(UsageError) as caught:
        P2PSession(Sums(), seats)
    assert str(caught.value) == says


def test_players_who_are_all_here_play_without_a_network() -> None:
    session = P2PSession(Sums(), [Local(), Local("bot")], SessionConfig(input_delay=0))
    session.end_at(40)
    now, settled = 0.0, []
    while session.reason != "ended" and now < 5.0:
        session.tick({0: 1, 1: 2}, now=now)
        assert session.outgoing(now=now) == []
        settled += [done.actions for done in session.confirmed_frames()]
        if session.frame == 20 and session.reason == "running":
            session.pause("a moment", now=now)
        elif session.reason == "paused":
            session.resume(now=now)
        now += 1 / 60
    assert settled == [(1, 2)] * 40 and session.finished
    assert session.stats().rollbacks == session.stats().stalls == 0


def test_a_datagram_of_nobody_is_refused() -> None:
    session = P2PSession(Sums(), [Local(), Remote("bob")])
    with pytest.raises(UsageError, match="nobody plays at peer 'eve': the peers are 'bob'"):
        session.receive("eve", b"x")


def test_several_players_of_one_peer_travel_together() -> None:
    def act(peer: Peer, player: int) -> int:
        return (peer.captured + 1 + 40 * player) % 256

    config = SessionConfig(input_delay=0)
    match = Match(lambda: Sums(4), ((1, 3), (0, 2)), config, Link(2, 2, 0.2), end=100, act=act).finish().check(100)
    for done in match.peers[0].frames:
        assert done.actions == tuple((done.frame + 40 * player) % 256 for player in range(4))
