"""Two sessions of a game, joined by a lossy link, as many frames at a time as the test wants. Knows no real clock.

A `rollback.sim.VirtualMatch` plays a match from its beginning to its end and judges it; a pair stands still in between,
so that a test can look at the sessions and games, and meddle with them.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence
from typing import Any, Final

from rollback.config import SessionConfig
from rollback.core.session import P2PSession
from rollback.errors import UsageError
from rollback.game import Game, codecs_of
from rollback.games.bots import RandomBot, act_with
from rollback.sim.channel import Channel, ReliableChannel, dice_for
from rollback.state import Difference, diff
from rollback.testing.clock import HandClock
from rollback.testing.named import game_of, link_of
from rollback.types import Ended, Event, Local, Remote

__all__ = ["LossyPair"]

_NAMES: Final = ("p0", "p1")
_PATIENCE: Final = 60.0  # seconds of the virtual clock without a frame before a pair is called stuck
_UNKNOWN: Final = object()

Act = Callable[[Any, int], Any]


class LossyPair:
    """Two peers of one match.

    Args:
        game: What makes fresh games, such as the class; or its name, as commands take it.
        link: A `Link`, the name of a profile such as `wifi`, or links by (from, to); None takes that of `mobile`.
        seed: Decides losses, delays and drawn actions, and is what the games are reset with.
        config: The settings of both; None takes no input delay, and goes on after a desync.
        act: `act(game, player) -> action`, asked once a frame; None draws legal actions, each held for some frames.
        clock: The time; the pair moves it on.

    Attributes:
        sessions: Both sessions.
        games: Their games, at the frames that the sessions have simulated.
        frame: The frame that `states` are of.
        events: What each session told.

    Raises:
        UsageError: The game is for one player only, or something does not fit.
    """

    def __init__(
        self,
        game: str | Callable[[], Game],
        *,
        link: Any = None,
        seed: int = 0,
        config: SessionConfig | None = None,
        act: Act | None = None,
        clock: HandClock | None = None,
    ) -> None:
        make, over = game_of(game), link_of(link)
        config = config or SessionConfig(input_delay=0, seed=seed, desync_interval=10, on_desync="report")
        self.clock = clock or HandClock()
        self.games = [make(), make()]
        players = len(codecs_of(self.games[0]))
        if players < 2 or self.games[0] is self.games[1]:
            raise UsageError("a pair needs a game for two players at least, and a new one at each call")
        half = (players + 1) // 2
        self._seats = [range(half), range(half, players)]
        self.sessions = [self._session(peer, players, config) for peer in (0, 1)]
        self.events: list[list[Event]] = [[], []]
        self.frame = 0
        self._states: list[Any] = []
        self._period = 1 / config.fps
        self._act = act or self._drawn(players, seed)
        self._asked = [-1, -1]
        self._actions: list[dict[int, Any]] = [{}, {}]
        links = over if isinstance(over, dict) else {(0, 1): over, (1, 0): over}
        self._channels = [Channel(links[way], dice_for(seed, *way)) for way in ((0, 1), (1, 0))]
        self._reliable = [ReliableChannel(links[way]) for way in ((0, 1), (1, 0))]

    @property
    def states(self) -> list[Any]:
        """The state of either side at `frame`, which both have confirmed; the digest of a game that has one.

        Raises:
            UsageError: Nothing was run yet.
        """
        if not self._states:
            raise UsageError("a pair has states once it was run: call run(frames) first")
        return self._states

    @property
    def differences(self) -> list[Difference]:
        """Where the two states differ; empty where they do not."""
        one, other = self.states
        return diff(one, other)

    @property
    def ended(self) -> bool:
        """Whether the match has ended on both sides."""
        return all(any(isinstance(event, Ended) for event in events) for events in self.events)

    @property
    def lost(self) -> int:
        """Datagrams lost so far."""
        return sum(channel.lost for channel in self._channels)

    @property
    def rollbacks(self) -> int:
        """Rollbacks of both sides so far."""
        return sum(session.stats().rollbacks for session in self.sessions)

    def run(self, frames: int) -> LossyPair:
        """Play on until both sides have confirmed `frames` more frames, or until the match has ended.

        Raises:
            UsageError: `frames` is no whole number from 1 on, or the match has ended before.
            AssertionError: Nothing moved for a minute of the virtual clock.
        """
        if not isinstance(frames, int) or isinstance(frames, bool) or frames < 1:
            raise UsageError(f"a pair runs a whole number of frames from 1 on, not {frames!r}")
        if self.ended:
            raise UsageError(f"the match has ended at frame {self.frame}: make another pair to play on")
        target = self.frame + frames
        states: list[Any] = [_UNKNOWN, _UNKNOWN]
        reached, since = -1, self.clock.now
        while _UNKNOWN in (states[0], states[1]):
            self.clock.advance(self._period)
            for peer in (0, 1):
                self._tick(peer)
                if states[peer] is _UNKNOWN:
                    states[peer] = self._state(peer, target)
            if sum(session.frame for session in self.sessions) != reached:
                reached, since = sum(session.frame for session in self.sessions), self.clock.now
            elif self.clock.now - since > _PATIENCE:
                stand = " and ".join(f"frame {session.frame} ({session.reason})" for session in self.sessions)
                raise AssertionError(f"nothing moved for {_PATIENCE:.0f} s: the sides stand at {stand}")
        self.frame = min(target, *(session.frame for session in self.sessions))
        self._states = states
        return self

    def _tick(self, peer: int) -> None:
        session, other, now = self.sessions[peer], 1 - peer, self.clock.now
        if session.frame > self._asked[peer]:
            self._asked[peer] = session.frame
            for player in self._seats[peer]:
                self._actions[peer][player] = self._act(session.game, player)
        for datagram in self._channels[other].due(now):
            session.receive(_NAMES[other], datagram)
        for blob in self._reliable[other].due(now):
            session.receive_reliable(_NAMES[other], blob)
        session.tick(self._actions[peer], now=now)
        for _, datagram in session.outgoing(now=now):
            self._channels[peer].send(now, datagram)
        for _, blob in session.outgoing_reliable():
            self._reliable[peer].send(now, blob)
        self.events[peer] += session.events()
        session.confirmed_frames()  # forgets them

    def _state(self, peer: int, target: int) -> Any:
        """Return what the peer's side held at `target`, or at its end; `_UNKNOWN` as long as that may change."""
        session = self.sessions[peer]
        simulation = session._sim
        frame = target
        if session.confirmed + 1 < target:
            if not any(isinstance(event, Ended) for event in self.events[peer]):
                return _UNKNOWN
            frame = session.frame
        return copy.deepcopy(simulation.tree_at(frame))

    def _session(self, peer: int, players: int, config: SessionConfig) -> P2PSession:
        mine = self._seats[peer]
        stands: Sequence[Local | Remote] = [
            Local("bot") if player in mine else Remote(_NAMES[1 - peer]) for player in range(players)
        ]
        return P2PSession(self.games[peer], stands, config, nonce=peer + 1)

    def _drawn(self, players: int, seed: int) -> Act:
        hands = [act_with(RandomBot(self.games[0], player, seed)) for player in range(players)]
        return lambda game, player: hands[player](None, player)
