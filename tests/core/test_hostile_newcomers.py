"""Newcomers that mean harm: whatever one of them says, those who play go on, agree, and wait for it now and then at most."""

from __future__ import annotations

import random
from collections import deque
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from rollback import DesyncFound, Ended, PeerJoined, SessionConfig
from rollback.core.states import Peer as State
from rollback.wire.messages import Bye, Claim, Forward, Hello, Join, Message, Notice, encode_message
from rollback.wire.runs import encode_runs
from tests.core.games import Sums
from tests.core.network import Link, message_in
from tests.core.returning import Returning

FPS = 60
COUNT = 3
QUICK: dict[str, Any] = {"interrupt_after": 0.3, "disconnect_after": 1.0, "rejoin_grace": 5.0, "on_disconnect": "idle"}

Twist = Callable[[Message, int], list[Message]]  # what a newcomer says, and to whom -> what it says instead


def playing(
    twist: Twist, *, config: SessionConfig | None = None, hears: Callable[[Message], bool] = lambda message: True
) -> Returning:
    """Return a match of three of whom the last was lost, and a newcomer in its place that says what it likes."""
    match = Returning(lambda: Sums(COUNT), [(n,) for n in range(COUNT)], SessionConfig(**QUICK), Link(2), seed=3).started()
    match.rounds(60)
    match.kill(2)
    match.rounds(3 * FPS)

    def tap(sender: int, to: int, data: bytes) -> bytes | None:
        message = message_in(data)
        if to == 2 and message is not None and not hears(message):
            return None
        if sender != 2 or message is None:
            return data
        for each in twist(message, to):
            match.peers[to].session.receive("p2", encode_message(each))
        return None

    match.start(2, config=config)
    match.tap = tap
    match.admit(2)
    match.watch_stops()
    return match


def hold(match: Returning, rounds: int, stop: int) -> None:
    """Play on; the two who are there must agree, never end, and never stand still for long."""
    begin = match.peers[0].session.settled
    match.rounds(rounds)
    for peer in match.peers[:2]:
        assert not peer.happened(Ended) and not peer.happened(DesyncFound), peer.events
        assert match.stops.get(peer.number, 0) <= stop, f"{peer.name} stood still for {match.stops[peer.number]} rounds"
        assert peer.session.settled - begin >= rounds // 2


def as_it_is(message: Message, to: int) -> list[Message]:
    return [message]


def test_the_premise_a_newcomer_that_means_well_is_in_soon() -> None:
    match = playing(as_it_is)
    match.until(lambda: match.is_in(2), 600)


@pytest.mark.parametrize("field", ["seed", "desync_interval", "rejoin_grace", "game_version", "extra"])
def test_one_that_plays_something_else_ends_nobodys_match_but_its_own(field: str) -> None:
    others: dict[str, Any] = {"seed": 5, "desync_interval": 30, "rejoin_grace": 4.0, "game_version": "x", "extra": {"a": 1}}
    match = playing(as_it_is, config=SessionConfig(**{**QUICK, field: others[field]}))
    hold(match, 600, 20)
    assert match.peers[2].happened(Ended)


def test_one_that_takes_up_no_proposal_is_waited_for_less_and_less() -> None:
    match = playing(as_it_is, hears=lambda message: not isinstance(message, Join))
    hold(match, 30 * FPS, 2 * FPS)
    still = sum(not advanced for _, advanced, _, _ in match.peers[0].ticks[-28 * FPS :])
    assert still < 10 * FPS, f"of 28 seconds {still / FPS:.1f} stood still"


def test_one_that_takes_its_place_and_then_says_nothing_is_lost_like_anybody() -> None:
    match = playing(as_it_is)
    match.until(lambda: bool(match.peers[0].happened(PeerJoined)), 600)
    match.kill(2)
    match.watch_stops()
    hold(match, 600, 2 * FPS)


@pytest.mark.parametrize("lie", [-3, 1, 40, 1 << 30])
def test_one_that_lies_about_how_far_it_has_come_holds_nobody_up_for_long(lie: int) -> None:
    def twist(message: Message, to: int) -> list[Message]:
        if isinstance(message, Notice) and message.claim is not None and 2 in message.claim.held:
            held = {2: max(-1, message.claim.held[2] + lie)}
            return [replace(message, claim=message.claim._replace(held=held))]
        return [message]

    match = playing(twist)
    hold(match, 10 * FPS, 2 * FPS)


def test_one_that_stands_by_proposals_it_never_heard_of_changes_nothing() -> None:
    def twist(message: Message, to: int) -> list[Message]:
        if isinstance(message, Notice) and message.claim is not None:
            frame = match.peers[0].session.frame + 20
            return [replace(message, claim=message.claim._replace(epoch=message.claim.epoch + 1, joins={2: frame}))]
        return [message]

    match = playing(twist, hears=lambda message: not isinstance(message, Join))
    hold(match, 10 * FPS, 2 * FPS)


def test_one_that_proposes_its_own_frame_is_not_heard() -> None:
    def twist(message: Message, to: int) -> list[Message]:
        session = match.peers[to].session
        frame = session.frame + 15
        return [
            message,
            Join(2, match.nonces, 2, session.settled, frame, encode_runs(deque(), session.settled, frame - 1, 500)[0]),
        ]

    match = playing(twist, hears=lambda message: not isinstance(message, Join))
    hold(match, 10 * FPS, 2 * FPS)
    assert match.peers[0].session.stats().dropped.get("misplaced", 0) > 10


def test_one_that_begins_again_in_every_datagram_costs_nobody_a_frame() -> None:
    dice = random.Random(3)

    def twist(message: Message, to: int) -> list[Message]:
        if isinstance(message, Hello):
            return [replace(message, nonce=dice.randrange(1, 2**32)) for _ in range(5)]
        return [
            message,
            *[Hello(dice.randrange(1, 2**32), 0, 0.0, 0.0, 0.0, False, False, False, 0.0, {}, 2, 8, {2: "x"}, True)] * 3,
        ]

    match = playing(twist)
    hold(match, 10 * FPS, 20)
    assert len(match.peers[0].events) < 200, "and fills no list of events"


@pytest.mark.parametrize("seed", range(6))
def test_whatever_one_says_those_who_play_agree_and_go_on(seed: int) -> None:
    dice = random.Random(seed)

    def number() -> int:
        frame = game.peers[0].session.frame
        return dice.choice([-1, 0, 1, 2, 3, 7, frame - 30, frame, frame + 9, frame + 200, 1 << 20])

    def mask() -> int:
        return dice.choice([0, 1, 2, 3, 4, 5, 6, 7, 2**16 - 1])

    def frames() -> dict[int, int]:
        return {dice.choice([0, 1, 2, 9]): max(-1, number()) for _ in range(dice.randrange(3))}

    def claim() -> Claim:
        first, second = dice.choice([0, 1, 1, 2, 3, 1 << 20]), dice.choice([0, 1, 1, 2, 1 << 20])
        return Claim(first, second, mask(), mask(), mask(), mask(), frames(), frames())

    def any_message() -> Message:
        match dice.randrange(7):
            case 0:
                return Bye(dice.choice(["left", "partitioned", "ended"]), number(), number(), dice.random() < 0.1, False)
            case 1:
                return Forward(dice.randrange(3), number(), number(), number(), number(), dice.randbytes(dice.randrange(6)))
            case 2:
                return Join(
                    dice.randrange(3), dice.choice([game.nonces, 1, 2, 3]), dice.randrange(4), number(), max(0, number()), b""
                )
            case 3 | 4:
                return Notice(dice.choice([-1, -1, number()]), "", claim(), dice.randrange(5))
            case _:
                return Notice(claim=claim()._replace(base=3, roster=3, committed=1, epoch=dice.choice([1, 2])))

    def twist(message: Message, to: int) -> list[Message]:
        said = [message] if dice.random() < 0.5 else []
        return said + [any_message() for _ in range(dice.randrange(4))]

    game = playing(twist)
    begin = game.peers[0].session.settled
    for _ in range(15):
        game.rounds(40)
        for peer in game.peers[:2]:
            endpoint = next(each for each in peer.session._endpoints if each.name == "p2")
            if endpoint.state is State.GONE:
                peer.session.admit("p2", 2)
    two = game.peers[:2]
    assert not any(peer.happened(DesyncFound) for peer in two)
    assert [peer.happened(Ended) for peer in two] == [[], []]
    assert min(peer.session.settled for peer in two) - begin > 200
