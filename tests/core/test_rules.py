"""The rules of the tick, each as a test of its own; `test_rules_can_fail.py` breaks each and sees its test fail."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from typing import Any

import pytest

from rollback import Confirmed, GameError, Local, MissingAction, P2PSession, Remote, SessionConfig, UsageError
from tests.cases import more_at_night
from tests.core.games import Hooked, Spy, Sums
from tests.core.network import Link, Match, Peer

FRAMES = 150


def pair(make: Callable[[], Any], *, delay: int = 3, seed: int = 1, end: int | None = FRAMES) -> Match:
    """Return a match whose p0 has its own inputs early: what it knows is what came from p1."""
    settings = {"prediction_window": 12, "desync_interval": 0}
    configs = [SessionConfig(input_delay=4, **settings), SessionConfig(input_delay=0, **settings)]
    match = Match(make, config=configs, link=Link(delay), seed=seed, end=end, hold=0.5)
    match.peers[0].watched = True
    return match.started()


def standing(peer: Peer) -> tuple[Any, ...]:
    """Return all that a session shows of itself."""
    session = peer.session
    return (session.frame, session.known, session.confirmed, session.settled, session.stats(), peer.game.save())


def test_inputs_that_arrive_are_only_queued() -> None:
    match = pair(Sums)
    arrived = 0
    for _ in range(60):
        peer = match.peers[0]
        before, delivered = standing(peer), match.delivered
        match.deliver(peer)
        arrived += match.delivered - delivered
        assert standing(peer) == before
        match.round()
    assert arrived > 50


def deliver_within_steps(match: Match, *, only_replays: bool) -> int:
    """Let p0 receive from within its own steps; return how many datagrams came in that way.

    What comes in during a tick must be known after the next one, neither earlier nor never: no resending hides a loss.
    """
    peer = match.peers[0]
    match.by_hand.add(0)
    highest = within = 0
    misses: list[str] = []

    def hook(game: Hooked, actions: Any) -> None:
        nonlocal highest, within
        replaying = game.steps < highest
        highest = max(highest, game.steps + 1)
        if replaying or not only_replays:
            before = peer.session.known, peer.session.frame, peer.session.settled
            delivered = match.delivered
            match.deliver(peer)
            within += match.delivered - delivered
            if (peer.session.known, peer.session.frame, peer.session.settled) != before:
                misses.append(f"receive changed something at step {game.steps}")

    highest = peer.game.steps
    peer.game.hook = hook
    while not all(other.session.finished for other in match.peers):
        queued = peer.newest
        match.round()
        assert match.round_number < 5_000, match
        if peer.session.reason == "running":
            wanted = min(queued, len(peer.oracles[0].line) - 1)
            assert peer.session.known == wanted, f"{wanted} was queued before the tick, {peer.session.known} is known"
        match.deliver(peer, late=1)  # what was due in this round, and did not come in within it
    assert not misses
    return within


def test_inputs_that_arrive_during_a_tick_wait_for_the_next_one() -> None:
    match = pair(Hooked)
    assert deliver_within_steps(match, only_replays=False) > 100
    assert match.rollbacks > 20
    match.check(FRAMES)


def test_no_input_is_lost_while_replaying() -> None:
    match = pair(Hooked)
    assert deliver_within_steps(match, only_replays=True) > 20
    match.check(FRAMES)


def test_the_queue_is_drained_at_the_start_of_the_frame() -> None:
    match = pair(Hooked, delay=1, end=None)
    peer, other = match.peers
    stepped: dict[int, Any] = {}
    peer.game.hook = lambda game, actions: stepped.__setitem__(game.steps, actions[1])
    for _ in range(100):
        match.round()
        known = peer.session.known
        assert known == peer.newest
        real = other.oracles[1].line
        for frame in range(known + 1):
            if frame in stepped:
                assert stepped[frame] == real[frame][0], f"frame {frame} was known and not used"
    assert match.rollbacks > 10


def test_the_rollback_comes_before_the_step_and_is_one_batch() -> None:
    match = pair(Spy)
    peer = match.peers[0]
    rolled_back = 0
    while peer.session.frame < FRAMES:
        start, before = len(peer.game.calls), peer.session.frame
        match.round()
        calls = peer.game.calls[start:]
        frame, advanced, _, resimulated = peer.ticks[-1]
        expected: list[tuple[str, int]] = []
        if resimulated:
            rolled_back += 1
            first = before - resimulated
            expected.append(("load", first))
            for at in range(first, before):
                expected += [("save", at), ("step", at)] if at > first else [("step", at)]
        if advanced:
            expected += [("save", before), ("step", before)]
        assert calls == expected, f"at frame {before}"
        assert frame == before + advanced
    assert rolled_back > 20
    match.finish().check(FRAMES)


def test_a_rollback_serves_the_earliest_wrong_guess() -> None:
    """After every tick, all that was simulated on known inputs is what a plain run over them gives."""
    match = pair(Sums, delay=4)
    peer, other = match.peers
    states = {0: match.plain([]).save()}
    wrong = 0
    while not peer.session.finished:
        match.round()
        own, real = peer.oracles[0].line, other.oracles[1].line
        frame, known = peer.session.frame, peer.session.known
        if known >= frame - 1:
            game = match.plain([(own[at], real[at]) for at in range(frame)])
            states[frame] = game.save()
            assert peer.game.save() == states[frame], f"S_{frame} stands on a guess that was known to be wrong"
        else:
            guess = real[known] if known >= 0 else bytes(1)
            rows = [(own[at], real[at] if at <= known else guess) for at in range(frame)]
            assert peer.game.save() == match.plain(rows).save(), f"S_{frame} holds another guess than the newest known"
            wrong += guess != real[frame - 1] if frame - 1 < len(real) else 0
    assert wrong > 10
    assert peer.session.stats().rollbacks > 20


def test_a_tick_within_a_tick_is_refused_and_the_session_goes_on() -> None:
    match = pair(Hooked)
    peer = match.peers[0]
    said: dict[bool, list[str]] = {False: [], True: []}
    highest = peer.game.steps

    def hook(game: Hooked, actions: Any) -> None:
        nonlocal highest
        replaying = game.steps < highest
        highest = max(highest, game.steps + 1)
        before = standing(peer)
        try:
            peer.session.tick({0: 1}, now=peer.now)
            said[replaying].append("it was let in")
        except UsageError as error:
            said[replaying].append(str(error) if standing(peer) == before else "it changed something")

    peer.game.hook = hook
    match.finish().check(FRAMES)
    assert len(said[True]) > 20
    assert set(said[True] + said[False]) == {
        "tick was called from within a tick: a rollback in progress blocks every nested one"
    }


def test_the_guard_is_released_when_a_tick_fails() -> None:
    match = pair(Sums)
    session = match.peers[0].session
    for _ in range(3):
        with pytest.raises(MissingAction):
            session.tick({}, now=match.peers[0].now)
    match.finish().check(FRAMES)


def test_the_guard_is_released_when_the_game_fails_outside_of_step() -> None:
    class Full(Sums):
        fails = False

        def save(self) -> Any:
            if self.fails:
                raise MemoryError("no room for a snapshot")
            return super().save()

    match = pair(Full)
    peer = match.peers[0]
    peer.game.fails = True
    with contextlib.suppress(MemoryError):
        while True:
            match.round()
    peer.game.fails = False
    peer.captured = peer.session.frame  # its action was taken before the snapshot failed
    peer.oracles[0].take(peer.captured, peer.codecs[0].encode(match._held[0]))
    match.finish().check(FRAMES)


@pytest.mark.parametrize("delay", [2, 3, 5])
@pytest.mark.parametrize("seeds", more_at_night([range(30), range(30, 100)], 1), ids=str)
def test_delayed_remote_inputs_lead_to_one_state_on_both_sides(seeds: range, delay: int) -> None:
    for seed in seeds:
        config = SessionConfig(input_delay=0, desync_interval=1)
        match = Match(Sums, config=config, link=Link(delay), seed=seed, end=60, hold=0.7).finish()
        for peer in match.peers:
            assert peer.session.stats().rollbacks > 0, f"seed {seed}: nothing was predicted wrongly"
        match.check(60)


def test_checksums_are_those_of_confirmed_states_only() -> None:
    """A checksum sent before the rollback that was due would differ from the other side's: no alarm may be raised."""
    for seed in range(20):
        config = SessionConfig(input_delay=0, desync_interval=1, on_desync="report")
        match = Match(Sums, config=config, link=Link(3, 2, 0.1), seed=seed, end=80, hold=0.5).finish()
        assert match.rollbacks > 20
        for peer in match.peers:
            assert [str(event) for event in peer.events if "Desync" in type(event).__name__] == []


def test_settled_frames_come_once_in_order_and_never_change() -> None:
    match = pair(Sums)
    seen: list[Confirmed] = []
    peer = match.peers[0]
    while not peer.session.finished:
        match.round()
        assert [done.frame for done in peer.frames] == list(range(peer.session.settled + 1))
        assert peer.frames[: len(seen)] == seen
        assert peer.session.settled <= peer.session.confirmed <= peer.session.known
        seen = peer.frames[:]
    match.finish().check(FRAMES)


def test_a_predictor_that_fails_leaves_the_session_usable() -> None:
    class Rubbish:
        def predict(self, *_: Any) -> Any:
            return "left"

    games = [Sums(), Sums()]
    sessions = [
        P2PSession(games[0], [Local(), Remote("b")], SessionConfig(predictor=Rubbish())),
        P2PSession(games[1], [Remote("a"), Local()]),
    ]
    names = {"a": 0, "b": 1}
    failed = 0
    for number in range(400):
        now = number / 60
        for session in sessions:
            try:
                session.tick({0: 1, 1: 1}, now=now)
            except GameError as error:
                failed += 1
                assert str(error) == "Rubbish.predict returned 'left' for player 1: 1 bytes are needed"
            for to, datagram in session.outgoing(now=now):
                sender = "a" if session is sessions[0] else "b"
                sessions[names[to]].receive(sender, datagram)
    assert failed > 0
    assert all(session.frame > 100 for session in sessions), "once the real inputs are here nothing need be predicted"
