"""The short way through a tick says and does what the long way does, byte for byte: datagrams, ticks, frames and states."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from typing import Any

import pytest

from rollback import SessionConfig, UsageError
from rollback.core import engine
from rollback.core.handles import Ride, no_ride
from rollback.core.ride import ride_of
from rollback.games import Duel, Pong
from tests.cases import more_at_night
from tests.core.games import Batched, BatchedRace, Hooked, Race, Sums
from tests.core.network import Link, Match

FRAMES = 260
LINKS = {
    "none": Link(0),
    "steady": Link(4),
    "lossy": Link(3, 0, 0.15),
    "jittery": Link(2, 3, 0.02),
    "reordered": Link(1, 6, 0.1, 0.1),
}
GAMES: dict[str, Callable[[], Any]] = {"pong": Pong, "duel": Duel, "sums": Sums, "race": Race, "batched": BatchedRace}


class Log(Match):
    """A match that writes down all that anybody could see of it."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        self.seen: list[Any] = []
        self.disturb: Callable[[Log], None] = lambda match: None
        super().__init__(*arguments, **options)

    def send(self, sender: int, to: int, datagram: bytes) -> None:
        """Send one datagram, and write it down."""
        self.seen.append(("sent", self.round_number, sender, datagram))
        super().send(sender, to, datagram)

    def round(self) -> None:
        """Play a round, and write down what every session says after it."""
        super().round()
        for peer in self.peers:
            session, tick = peer.session, peer.session._tick
            self.seen.append((repr(tick), session.reason, session.wake_at, session.finished, peer.game.save()))
            if self.round_number % 7 == 0:
                self.seen.append((session.frame, session.known, session.confirmed, session.settled, session.stats()))
        self.disturb(self)


def play(long_way: bool, monkeypatch: pytest.MonkeyPatch, make: Callable[[], Log]) -> tuple[Log, int]:
    """Play a match one of the ways; return it and how many ticks were short."""
    short = 0

    def counted(*parts: Any) -> Ride:
        found = ride_of(*parts)

        def tick(actions: Any, now: float) -> bool:
            nonlocal short
            done = found.tick(actions, now)
            short += done
            return done

        return Ride(tick, found.land, found.glance)

    with monkeypatch.context() as patch:
        patch.setattr(engine, "ride_of", (lambda *parts: no_ride()) if long_way else counted)
        match = make()
        match.finish(4_000)
    return match, short


def hold_equal(monkeypatch: pytest.MonkeyPatch, make: Callable[[], Log]) -> tuple[Log, int]:
    """Play a match both ways and compare all that was seen; return the short one and its short ticks."""
    long, none = play(True, monkeypatch, make)
    match, short = play(False, monkeypatch, make)
    assert none == 0
    for place, (ours, theirs) in enumerate(zip(match.seen, long.seen, strict=False)):
        assert ours == theirs, f"entry {place}"
    assert len(match.seen) == len(long.seen)
    for peer, other in zip(match.peers, long.peers, strict=True):
        assert getattr(peer.game, "batches", 0) == getattr(other.game, "batches", 0)
        assert peer.frames == other.frames
        assert peer.ticks == other.ticks
        assert list(map(told, peer.events)) == list(map(told, other.events))
    return match, short


def told(event: Any) -> str:
    """Return an event as text, without the lines of a traceback that tell where in the engine it went through."""
    return "\n".join(line for line in str(event).replace("\\n", "\n").split("\n") if not line.startswith(" "))


def drawn(game: str, link: str, seed: int) -> Callable[[], Log]:
    """Return what makes a match whose settings are drawn from the seed."""
    dice = random.Random(f"{game} {link} {seed}")
    configs = [
        SessionConfig(
            input_delay=dice.randint(0, 4),
            prediction_window=dice.choice((1, 8, 12)),
            desync_interval=dice.choice((0, 1, 16, 60)),
            save=dice.choice(("every", "every", "every", "sparse")),
            seed=seed,
            interrupt_after=2,
        )
        for _ in range(2)
    ]
    shared = {"desync_interval": configs[0].desync_interval}
    configs[1] = SessionConfig(**{**{name: getattr(configs[1], name) for name in configs[1].__slots__}, **shared})
    hold = dice.choice((0.5, 0.85, 0.97))
    return lambda: Log(GAMES[game], config=configs, link=LINKS[link], seed=seed, end=FRAMES, hold=hold)


@pytest.mark.parametrize("link", LINKS)
@pytest.mark.parametrize("game", GAMES)
@pytest.mark.parametrize("seeds", more_at_night([range(3), range(3, 8)], 1), ids=str)
def test_both_ways_say_and_do_the_same(monkeypatch: pytest.MonkeyPatch, seeds: range, game: str, link: str) -> None:
    short = rollbacks = 0
    for seed in seeds:
        match, ticks = hold_equal(monkeypatch, drawn(game, link, seed))
        short += ticks
        rollbacks += match.rollbacks
    assert short > 100, "nobody went the short way: the test proves nothing"
    assert rollbacks > 2.5 * len(seeds) or link == "none"


def test_both_ways_say_and_do_the_same_while_the_input_delay_changes(monkeypatch: pytest.MonkeyPatch) -> None:
    def make() -> Log:
        def turned(match: Log) -> None:
            if match.round_number in (60, 90, 150, 151, 200):
                match.peers[match.round_number % 2].set_delay(match.round_number % 2, match.round_number % 5)

        match = Log(Sums, config=SessionConfig(input_delay=1, interrupt_after=2), link=Link(3, 1, 0.03), end=FRAMES, seed=3)
        match.disturb = turned
        return match

    _, short = hold_equal(monkeypatch, make)
    assert short > 300


@pytest.mark.parametrize("last", [False, True], ids=["on guesses", "for good"])
def test_both_ways_say_and_do_the_same_where_a_step_raises(monkeypatch: pytest.MonkeyPatch, last: bool) -> None:
    raised = 0

    def fail(game: Hooked, actions: Sequence[Any]) -> None:
        nonlocal raised
        if (last and game.steps == 200) or (sum(actions) % 3 == 0 and game.steps % 5 == 0 and game.peer_guesses()):
            raised += 1
            raise ValueError("this cannot be")

    class Fragile(Hooked):
        def peer_guesses(self) -> bool:
            session = self.session
            return session.frame > session.known

    def make() -> Log:
        match = Log(Fragile, config=SessionConfig(input_delay=0, interrupt_after=2), link=Link(3, 1, 0.02), end=FRAMES, seed=5)
        for peer in match.peers:
            peer.game.hook, peer.game.session = fail, peer.session
        return match

    match, short = hold_equal(monkeypatch, make)
    assert raised > 10 and short > 100
    assert [("raised" in peer.events[-1].reason) for peer in match.peers] == [last, last]


def test_both_ways_say_and_do_the_same_where_the_game_looks_at_its_session(monkeypatch: pytest.MonkeyPatch) -> None:
    refused: list[str] = []

    def look(game: Any, actions: Sequence[Any]) -> None:
        session = game.session
        seen = (session.frame, session.known, session.confirmed, session.settled, session.reason)
        game.looks.append((seen, session.stats() if game.steps % 5 == 0 else None, len(session.confirmed_frames())))
        if game.steps % 17 == 0:
            with pytest.raises(UsageError, match="within a tick") as caught:
                session.tick({0: 1, 1: 1}, now=0.0)
            refused.append(str(caught.value))
        if game.steps == 150 and session.frame == 150:
            session.set_input_delay(game.seat, 2)
        if game.steps == 200 and game.seat == 1:
            session.leave(now=game.peer.now)

    def make() -> Log:
        match = Log(Hooked, config=SessionConfig(input_delay=0, interrupt_after=2), link=Link(3, 1, 0.02), seed=5)
        for peer in match.peers:
            peer.reading = False
            peer.game.hook, peer.game.session, peer.game.looks = look, peer.session, []
            peer.game.seat, peer.game.peer = peer.number, peer
        return match

    long, _ = play(True, monkeypatch, make)
    match, short = play(False, monkeypatch, make)
    for peer, other in zip(match.peers, long.peers, strict=True):
        assert peer.game.looks == other.game.looks
        assert peer.ticks == other.ticks
    assert match.seen == long.seen
    assert short > 200 and len(refused) > 20


def test_an_interrupted_step_leaves_both_ways_in_the_same_place(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ctrl-C in the middle of a step is nobody's failure: the next tick takes the same frame again, the action only once."""

    def make() -> Log:
        def interrupt(game: Any, actions: Sequence[Any]) -> None:
            if game.steps == 100 and not game.done:
                game.done = True
                raise KeyboardInterrupt

        match = Log(Hooked, config=SessionConfig(input_delay=1, interrupt_after=2), link=Link(2), end=FRAMES, seed=5)
        for peer in match.peers:
            peer.game.hook, peer.game.done = interrupt, False
            tick = peer.tick
            monkeypatch.setattr(peer, "tick", lambda act, tick=tick: carried_on(tick, act))
        return match

    def carried_on(tick: Callable[[Any], None], act: Any) -> None:
        try:
            tick(act)
        except KeyboardInterrupt:
            pass

    long, _ = play(True, monkeypatch, make)
    match, short = play(False, monkeypatch, make)
    assert match.seen == long.seen
    assert all(peer.game.done for peer in match.peers) and short > 200


def test_a_game_that_replays_in_batches_is_asked_to_on_both_ways(monkeypatch: pytest.MonkeyPatch) -> None:
    def make() -> Log:
        return Log(Batched, config=SessionConfig(input_delay=0, interrupt_after=2), link=Link(4), end=FRAMES, seed=7)

    match, short = hold_equal(monkeypatch, make)
    assert short > 200 and all(peer.game.batches > 20 for peer in match.peers)
