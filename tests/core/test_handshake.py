"""The handshake over datagrams alone: what is compared, how clocks are evened out, when it is over."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from rollback import (
    Bits,
    Ended,
    Local,
    Mismatch,
    P2PSession,
    Raw,
    Remote,
    SessionConfig,
    Synchronized,
    TakeOver,
    UInt,
)
from rollback.game import codecs_of
from rollback.wire import Hello, decode_message, encode_inputs, encode_message
from rollback.wire.inputs import INPUTS
from tests.core.games import Sums
from tests.core.network import Link, Match, message_in


class Coded(Sums):
    codecs: tuple[Any, ...] = (UInt(8), UInt(8))


class Buttons(Coded):
    codecs = (UInt(8), Bits(8))


class Wide(Coded):
    codecs = (UInt(8), Raw(1))


class Resting(Coded):
    def idle(self, player: int) -> int:
        return 3


def talk(first: P2PSession, second: P2PSession, rounds: int = 90, change: Any = None) -> tuple[list[Any], list[Any]]:
    """Let p0 and p1 exchange datagrams without loss; return their events."""
    sessions, events = (first, second), ([], [])  # type: tuple[P2PSession, P2PSession], tuple[list[Any], list[Any]]
    for number in range(rounds):
        for me, session in enumerate(sessions):
            session.tick(
                {player: codec.decode(bytes(1)) for player, codec in enumerate(codecs_of(session.game))},
                now=number / 60,
            )
            for _, datagram in session.outgoing(now=number / 60):
                sessions[1 - me].receive(f"p{me}", change(datagram) if change else datagram)
            events[me].extend(session.events())
    return events


def session_of(me: int, game: Any = None, **settings: Any) -> P2PSession:
    """Return the session of player `me` of two."""
    seats = [Local() if player == me else Remote(f"p{1 - me}") for player in range(2)]
    return P2PSession(game or Coded(), seats, SessionConfig(**{"game_id": "sums", **settings}))


def never(observation: Any, memory: Any) -> tuple[int, None]:
    return 0, None


FACTS = [
    ("game_id", {}, {"game_id": "sins"}, ("sums", "sins")),
    ("game_version", {"game_version": "1.0"}, {"game_version": "1.1"}, ("1.0", "1.1")),
    ("fps", {"fps": 60}, {"fps": 50}, (60, 50)),
    ("seed", {"seed": 0}, {"seed": 2**62}, (0, 2**62)),
    ("on_disconnect", {}, {"on_disconnect": "end"}, ("pause", "end")),
    ("on_disconnect", {"on_disconnect": "idle"}, {"on_disconnect": TakeOver(never)}, ("idle", "takeover")),
    ("on_desync", {}, {"on_desync": "report"}, ("stop", "report")),
    ("desync_interval", {}, {"desync_interval": 0}, (60, 0)),
    ("rejoin_grace", {}, {"rejoin_grace": 29.5}, (30.0, 29.5)),
    ("extra", {"extra": {"map": "red"}}, {"extra": {"map": "blue"}}, None),
    ("codecs", {"game": Coded()}, {"game": Buttons()}, ("uint8 uint8", "uint8 bits8")),
    ("codecs", {"game": Coded()}, {"game": Wide()}, ("uint8 uint8", "uint8 raw1")),
    ("codecs", {"game": Coded()}, {"game": Resting()}, None),
]


@pytest.mark.parametrize(("field", "mine", "theirs", "values"), FACTS)
def test_each_compared_fact_that_differs_is_named_on_both_sides(
    field: str, mine: dict[str, Any], theirs: dict[str, Any], values: tuple[Any, Any] | None
) -> None:
    sessions = session_of(0, **mine), session_of(1, **theirs)
    for me, events in enumerate(talk(*sessions)):
        mismatch = next(event for event in events if isinstance(event, Mismatch))
        assert (mismatch.peer, mismatch.field) == (f"p{1 - me}", field)
        if values is not None:
            assert (mismatch.ours, mismatch.theirs) == (values if me == 0 else values[::-1])
        assert mismatch.ours != mismatch.theirs
        assert len(mismatch.mend) > 20, "the mend is a sentence"
        ended = next(event for event in events if isinstance(event, Ended))
        assert field in ended.reason and mismatch.mend in ended.reason
        assert repr(mismatch.ours) in ended.reason and repr(mismatch.theirs) in ended.reason
        assert events.index(mismatch) < events.index(ended)
        assert not any(isinstance(event, Synchronized) for event in events)
        assert sessions[me].reason == "ended" and sessions[me].frame == 0
        assert sessions[me].finished, "both know, nobody waits"


def test_equal_facts_play() -> None:
    sessions = session_of(0, extra={"b": 1, "a": 2.5}), session_of(1, extra={"a": 2.5, "b": 1})
    events = talk(*sessions)
    assert [session.frame > 30 for session in sessions] == [True, True]
    assert events == ([Synchronized("p1")], [Synchronized("p0")])


def test_window_delay_and_names_are_told_and_need_not_agree() -> None:
    first = P2PSession(Coded(), [Local("human"), Remote("p1")], SessionConfig(prediction_window=3, input_delay=0))
    second = P2PSession(Coded(), [Remote("p0"), Local("bot 7")], SessionConfig(prediction_window=9, input_delay=5))
    talk(first, second)
    assert first.controllers == second.controllers == {0: "human", 1: "bot 7"}
    assert first.frame > 30 < second.frame


def test_another_number_of_players_is_named_on_both_sides() -> None:
    first = P2PSession(Sums(2), [Local(), Remote("p1")])
    second = P2PSession(Sums(3), [Remote("p0"), Local(), Local()])
    for me, events in enumerate(talk(first, second)):
        players = next(event for event in events if isinstance(event, Mismatch) and event.field == "players")
        assert (players.ours, players.theirs) == ((2, 3) if me == 0 else (3, 2))


def test_two_peers_that_claim_one_player_are_told_so() -> None:
    first = P2PSession(Sums(2), [Local(), Remote("p1")])
    second = P2PSession(Sums(2), [Local(), Remote("p0")])
    for events in talk(first, second):
        assert next(event for event in events if isinstance(event, Mismatch)).field == "seats"


def test_another_version_of_the_protocol_is_named() -> None:
    def older(datagram: bytes) -> bytes:
        message = message_in(datagram)
        if isinstance(message, Hello):
            return encode_message(replace(message, facts={**message.facts, "protocol": 0}))
        return datagram

    sessions = session_of(0), session_of(1)
    for events in talk(*sessions, change=older):
        mismatch = next(event for event in events if isinstance(event, Mismatch))
        assert (mismatch.field, mismatch.theirs) == ("protocol", 0)
        assert "install the same version of rollback" in mismatch.mend


def test_a_mismatch_is_known_on_both_sides_though_half_of_the_datagrams_are_lost() -> None:
    for seed in range(30):
        configs = [SessionConfig(seed=1), SessionConfig(seed=2)]
        match = Match(Sums, config=configs, link=Link(2, 2, 0.5), seed=seed)
        match.finish(2_000)
        assert [peer.happened(Mismatch)[0].field for peer in match.peers] == ["seed", "seed"]
        assert match.lost > 0


@pytest.mark.parametrize("seats", [((0,), (1,)), ((0,), (1,), (2,)), ((3,), (0, 2), (1,))])
def test_a_handshake_that_loses_half_of_its_datagrams_completes(seats: tuple[tuple[int, ...], ...]) -> None:
    players = sum(map(len, seats))
    for seed in range(25):
        config = SessionConfig(interrupt_after=5)
        match = Match(lambda: Sums(players), seats, config, Link(1, 2, 0.5), seed=seed, end=30)
        match.until(lambda match=match: all(peer.session.frame > 0 for peer in match.peers), 600)
        match.finish().check(30)
        assert match.lost > 10


@pytest.mark.parametrize("clocks", [(0.0, 7200.5), (90_000.25, -3.0), (1e6, 1e6 + 1e-3)])
@pytest.mark.parametrize("delay", [0, 3, 9])
def test_clocks_hours_apart_start_within_a_frame_of_each_other(clocks: tuple[float, float], delay: int) -> None:
    match = Match(Sums, link=Link(delay), clocks=clocks, config=SessionConfig(interrupt_after=5))
    starts: dict[int, int] = {}
    while len(starts) < 2:
        match.round()
        for peer in match.peers:
            if peer.session.frame:
                starts.setdefault(peer.number, match.round_number)
        assert match.round_number < 600
    assert abs(starts[0] - starts[1]) <= 1


def test_three_peers_with_clocks_of_their_own_start_within_a_frame() -> None:
    clocks = (12.5, 100_000.0, -7.25)
    match = Match(lambda: Sums(3), ((0,), (1,), (2,)), link=Link(4), clocks=clocks, config=SessionConfig(interrupt_after=5))
    starts: dict[int, int] = {}
    while len(starts) < 3:
        match.round()
        for peer in match.peers:
            if peer.session.frame:
                starts.setdefault(peer.number, match.round_number)
        assert match.round_number < 600
    assert max(starts.values()) - min(starts.values()) <= 1


def test_peers_that_begin_seconds_apart_find_each_other_without_alarm() -> None:
    match = Match(Sums, link=Link(2), begins=(0, 600), end=60).finish().check(60)
    for peer in match.peers:
        assert [type(event) for event in peer.events] == [Synchronized, Ended]
    assert match.peers[0].ticks[300][2] == "synchronizing"


def test_hellos_stop_after_the_start() -> None:
    hellos: list[int] = []
    match = Match(Sums, link=Link(3, 2, 0.2), config=SessionConfig(interrupt_after=5))

    def note(sender: int, to: int, datagram: bytes) -> bytes:
        if isinstance(message_in(datagram), Hello):
            hellos.append(match.round_number)
        return datagram

    match.tap = note
    match.started()
    assert len(hellos) > 5
    match.rounds(30)
    before = len(hellos)
    match.rounds(300)
    assert len(hellos) == before


def test_inputs_that_come_before_the_hello_are_dropped_and_counted() -> None:
    session = session_of(0)
    stranger = encode_inputs(INPUTS, 5, -1, 0, -1, b"", b"")
    for _ in range(3):
        session.receive("p1", stranger)
        session.tick({0: 0}, now=0.0)
    assert session.stats().dropped == {"stranger": 3}
    assert (session.frame, session.known, session.reason) == (0, -1, "synchronizing")
    assert session.events() == []


def test_a_nonce_is_drawn_for_every_session() -> None:
    def nonce(session: P2PSession) -> int:
        session.tick({0: 0}, now=0.0)
        message = decode_message(session.outgoing(now=0.0)[0][1])
        assert isinstance(message, Hello)
        return message.nonce

    assert len({nonce(session_of(0)) for _ in range(5)}) == 5
