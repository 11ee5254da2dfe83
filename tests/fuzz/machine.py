"""The fuzzer: whatever order ticks, arrivals, losses and changes come in, the match is the one that was played.

The rules only choose; `World` does and looks. Knows no bug: what is planted elsewhere must come to light here.
"""

from __future__ import annotations

import sys
from collections import Counter
from typing import Any, ClassVar

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from rollback import Default, RepeatLast, SessionConfig
from tests.fuzz.world import FRAME, Course, Mixture, World

SEATS = [
    ((0,), (1,)),
    ((1,), (0, 2)),
    ((0,), (1,), (2,)),
    ((0, 3), (1,), (2,)),
]
presses = st.lists(st.integers(0, 3), min_size=1, max_size=14)
peers = st.integers(0, 2)
ways = st.integers(0, 5)
delays = st.integers(0, 6)


class Interleavings(RuleBasedStateMachine):
    """Two or three peers, and a hand in every datagram.

    Attributes:
        examples: Matches begun since `reset_counts`.
        found_at: The first of them, counted from 1, in which something was found; 0 for none.
        seen: What happened in all of them: a premise for whoever says that nothing was found.
    """

    examples: ClassVar[int] = 0
    found_at: ClassVar[int] = 0
    seen: ClassVar[Counter[str]] = Counter()

    world: World

    @initialize(
        seats=st.sampled_from(SEATS),
        game=st.sampled_from([Mixture, Course]),
        windows=st.tuples(*[st.sampled_from([8, 0, 1, 2, 4, 12])] * 3),
        input_delays=st.tuples(*[st.integers(0, 4)] * 3),
        interval=st.sampled_from([1, 2, 5, 16, 0]),
        save=st.tuples(*[st.sampled_from(["every", "sparse"])] * 3),
        predictor=st.sampled_from([RepeatLast(), Default()]),
    )
    def begin(self, seats: Any, game: Any, windows: Any, input_delays: Any, interval: int, save: Any, predictor: Any) -> None:
        """Two or three peers meet."""
        Interleavings.examples += 1
        configs = [
            SessionConfig(
                prediction_window=windows[number],
                input_delay=input_delays[number],
                save=save[number],
                predictor=predictor,
                desync_interval=interval,
                rejoin_grace=86_400.0,  # a match that waits for somebody goes on when that one is back
            )
            for number in range(len(seats))
        ]
        self.world = World(game, seats, configs)

    @rule(peer=peers, actions=presses, nested=st.booleans())
    def tick(self, peer: int, actions: list[int], nested: bool) -> None:
        """One peer ticks some frames, and nothing arrives meanwhile."""
        number = peer % len(self.world.peers)
        for action in actions:
            self.world.now += FRAME
            self.world.tick(number, action, nested=nested)

    @rule(actions=presses)
    def play(self, actions: list[int]) -> None:
        """All tick some frames, and everything arrives."""
        for action in actions:
            self.world.round(action)

    @rule(count=st.integers(2, 40), action=st.integers(0, 3))
    def hold(self, count: int, action: int) -> None:
        """All tick many frames without another input, and everything arrives."""
        for _ in range(count):
            self.world.round(action)

    @rule(way=ways, count=st.integers(1, 12))
    def arrive(self, way: int, count: int) -> None:
        """The oldest datagrams of a direction arrive."""
        self.world.deliver(self._way(way), count)

    @rule(way=ways, place=st.integers(0, 8), keep=st.booleans())
    def overtake(self, way: int, place: int, keep: bool) -> None:
        """A datagram overtakes older ones; or arrives, and will arrive again."""
        self.world.deliver(self._way(way), 1, place=place, keep=keep)

    @rule(way=ways, place=st.integers(0, 8), count=st.integers(1, 30))
    def lose(self, way: int, place: int, count: int) -> None:
        """Some datagrams of a direction are lost."""
        queued = self.world.wire[self._way(way)]
        self.seen["lost"] += len(queued[place : place + count])
        del queued[place : place + count]

    @rule(player=st.integers(0, 3), frames=delays)
    def change_delay(self, player: int, frames: int) -> None:
        """A player's input delay changes."""
        for peer in self.world.peers:
            if player in peer.seats and not peer.session.finished:
                peer.set_delay(player, frames)
                self.seen["delays"] += 1

    @rule(peer=peers, late=st.sampled_from([0.0, 0.01, 0.3]))
    def send_between_ticks(self, peer: int, late: float) -> None:
        """A peer that does not tick sends what is due."""
        one = self.world.peers[peer % len(self.world.peers)]
        if not one.stopped:
            self.world.now = max(self.world.now, min(one.session.wake_at, self.world.now + 1)) + late
            self.world.collect(one)
            self.world.check(one)

    @rule(peer=peers, stopped=st.booleans())
    def stop_or_wake(self, peer: int, stopped: bool) -> None:
        """A process is stopped, or goes on."""
        self.world.peers[peer % len(self.world.peers)].stopped = stopped
        self.seen["stopped"] += stopped

    @rule(seconds=st.sampled_from([0.05, 0.6, 6.0]))
    def wait(self, seconds: float) -> None:
        """Time passes in which nobody ticks."""
        self.world.now += seconds

    @precondition(lambda self: self.world.end is None)
    @rule(later=st.integers(0, 30), first=peers)
    def name_the_end(self, later: int, first: int) -> None:
        """One peer names the end; the others do so at the last moment, or are told."""
        self.world.end = max(peer.session.frame for peer in self.world.peers) + later
        self.world.name_end(first % len(self.world.peers))

    @rule(peer=peers)
    def look(self, peer: int) -> None:
        """Somebody asks for the statistics, and reads from here on."""
        one = self.world.peers[peer % len(self.world.peers)]
        one.session.stats()
        if len(self.world.readers) < 3:
            reader = one.session.subscribe()
            self.world.readers.append((reader, one.session.settled + 1))

    @rule(peer=peers, reading=st.booleans())
    def read_or_not(self, peer: int, reading: bool) -> None:
        """A peer takes its settled frames after each tick, or leaves them for later."""
        self.world.peers[peer % len(self.world.peers)].reading = reading

    @invariant()
    def all_is_well(self) -> None:
        """Every peer keeps the contract, also where it only received."""
        if hasattr(self, "world"):
            for peer in self.world.peers:
                self.world.check(peer)

    def teardown(self) -> None:
        """Lose nothing more: the match must come to its end."""
        problem = sys.exception()
        if isinstance(problem, Exception):
            self._found()
        if problem is not None or not hasattr(self, "world"):
            return  # something was found already, or the example was given up
        for peer in self.world.peers:
            peer.reading = True
        try:
            self.world.finish()
        except Exception:
            self._found()
            raise
        self.seen["matches"] += 1
        self.seen["frames"] += len(self.world.rows)
        self.seen["rollbacks"] += self.world.rollbacks
        self.seen["nested"] += self.world.nested

    @classmethod
    def reset_counts(cls) -> None:
        """Forget what was counted."""
        Interleavings.examples = Interleavings.found_at = 0
        Interleavings.seen = Counter()

    def _found(self) -> None:
        Interleavings.found_at = Interleavings.found_at or Interleavings.examples

    def _way(self, number: int) -> tuple[int, int]:
        return self.world.ways[number % len(self.world.ways)]
