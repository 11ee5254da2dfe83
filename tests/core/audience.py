"""Watchers of a match, each at the end of its own reliable line, and what must be true of what they see. Knows rounds."""

from __future__ import annotations

import random
from collections.abc import Callable
from itertools import pairwise
from typing import Any

from rollback import Confirmed, Event, SessionConfig, SpectatorSession
from rollback.state import checksum
from rollback.wire.feed import Rows, decode_feed
from tests.core.network import Match, Peer


class Watcher:
    """One spectator of a match.

    Attributes:
        frames: What it was shown.
        states: The checksum of its state before each frame it stood at after a round.
        stopped: Whether it neither ticks nor takes anything.
        taken: Bytes that reached it.
        told: Checksums that came with the rows, by frame.
    """

    def __init__(
        self, match: Match, name: str, host: int = 0, *, lag: int = 0, rate: int = 1 << 30, every: int = 1, **options: Any
    ) -> None:
        self.match = match
        self.name = name
        self.lag = lag
        self.rate = rate
        self.every = every
        self.host = host
        self.game: Any = match.make()
        self.config = options.pop("config", match.peers[0].session.config)
        self.session = SpectatorSession(self.game, f"p{host}", self.config, **options)
        self.frames: list[Confirmed] = []
        self.events: list[Event] = []
        self.states: dict[int, int] = {}
        self.steps: list[int] = []
        self.stopped = False
        self.taken = 0
        self.told: dict[int, int] = {}
        self.tap: Callable[[bytes], bytes | None] = lambda blob: blob
        self.line: list[tuple[int, bytes]] = []
        self._room = 0
        self._look = getattr(self.game, "look", 1)
        self._back: list[tuple[int, int, bytes]] = []

    def round(self) -> None:
        """Take what has arrived, tick, and send; after the peers of the match did."""
        match, session = self.match, self.session
        due = [item for item in self._back if item[0] <= match.round_number]
        self._back = [item for item in self._back if item[0] > match.round_number]
        for _, host, blob in due:
            if not match.peers[host].stopped:
                match.peers[host].session.receive_reliable(self.name, blob)
        if self.stopped:
            return
        self._room = min(self.rate, self._room + self.rate)
        while self.line and self.line[0][0] <= match.round_number and self._room > 0:
            blob = self.line.pop(0)[1]
            self._room -= len(blob)
            self.taken += len(blob)
            message = decode_feed(blob)
            if isinstance(message, Rows):
                self.told.update(message.sums)
            changed = self.tap(blob)
            if changed is not None:
                session.receive_reliable(f"p{self.host}", changed)
        if match.round_number % self.every == 0:
            before = session.frame
            session.tick(now=self.now)
            self.steps.append(session.frame - before)
        new = session.confirmed_frames()
        self.frames += new
        self.events += session.events()
        if session.progress == 1.0 and not session.finished and session.frame % self._look == 0:
            self.states[session.frame] = checksum(self.game.save())
        for host, blob in session.outgoing_reliable():
            self._back.append((match.round_number + self.lag, int(host[1:]), blob))

    @property
    def now(self) -> float:
        """Its clock, which is nobody else's."""
        return 1000.0 + self.match.round_number / self.match.peers[0].session.config.fps

    def follow(self, host: int) -> None:
        """Go on with another host; what the last one sent is lost on the way."""
        self.host = host
        self.line.clear()
        self.session.follow(f"p{host}")

    def happened(self, kind: type[Any]) -> list[Any]:
        """Return the events of one kind."""
        return [event for event in self.events if isinstance(event, kind)]


class Hall:
    """A match and those who watch it."""

    def __init__(self, match: Match) -> None:
        self.match = match
        self.watchers: dict[str, Watcher] = {}
        self.raw: dict[str, list[bytes]] = {}  # what went to labels that are no watcher

    def enter(self, name: str, host: int = 0, **options: Any) -> Watcher:
        """Let somebody watch."""
        self.match.peers[host].session.admit(name)
        watcher = self.watchers[name] = Watcher(self.match, name, host, **options)
        return watcher

    def rounds(self, count: int) -> None:
        """Play so many rounds."""
        for _ in range(count):
            self.round()

    def until(self, done: Callable[[], bool], limit: int = 3_000) -> None:
        """Play until `done()`; fail after `limit` rounds."""
        for _ in range(limit):
            if done():
                return
            self.round()
        raise AssertionError(f"not done after {limit} rounds: {self.match}")

    def finish(self, limit: int = 6_000) -> None:
        """Play until the match is over, and everybody who is not stopped saw its end."""
        living = [peer for peer in self.match.peers if not peer.stopped]
        self.until(lambda: all(peer.session.finished for peer in living), limit)
        self.until(lambda: all(watcher.session.finished for watcher in self.watchers.values() if not watcher.stopped), limit)

    def round(self) -> None:
        """Let the peers play a round, then the watchers."""
        self.match.round()
        for peer in self.match.peers:
            if not peer.stopped:
                self._distribute(peer)
        for watcher in self.watchers.values():
            watcher.round()

    def _distribute(self, peer: Peer) -> None:
        for to, blob in peer.session.outgoing_reliable():
            watcher = self.watchers.get(to)
            if watcher is not None and watcher.host == peer.number:
                watcher.line.append((self.match.round_number + watcher.lag, blob))
            elif watcher is None:
                self.raw.setdefault(to, []).append(blob)

    def check(self, *, whole: bool = True) -> None:
        """Hold everybody who watches to the contract.

        What is shown is what settled, once and in order, without a gap but at a newer state; and each state is that of the
        match.

        Args:
            whole: Nobody may have needed a second state.
        """
        peer = next(peer for peer in self.match.peers if not peer.stopped)
        rows = {done.frame: done.inputs for done in peer.frames}
        states = self.states(len(rows))
        for watcher in self.watchers.values():
            numbers = [done.frame for done in watcher.frames]
            gaps = [number for before, number in pairwise(numbers) if number != before + 1]
            assert numbers == sorted(set(numbers)), f"{watcher.name} was shown a frame twice, or out of order"
            assert not (whole and gaps), f"{watcher.name} jumped to {gaps}"
            for done in watcher.frames:
                assert done.inputs == rows[done.frame], f"{watcher.name} was shown other inputs at frame {done.frame}"
            for frame, value in watcher.states.items():
                assert value == states[frame], f"{watcher.name} had another state at frame {frame}"

    def states(self, frames: int) -> dict[int, int]:
        """Return the checksums of the states of the match, from a plain run over what settled."""
        peer = next(peer for peer in self.match.peers if not peer.stopped)
        game: Any = self.match.make()
        game.reset(peer.session.config.seed)
        look = getattr(game, "look", 1)
        out = {0: checksum(game.save())}
        for done in peer.frames[:frames]:
            game.step([codec.decode(data) for codec, data in zip(peer.codecs, done.inputs, strict=True)])
            if (done.frame + 1) % look == 0:
                out[done.frame + 1] = checksum(game.save())
        return out


class Heavy:
    """A game with a state of any size, that differs from frame to frame in one place.

    Attributes:
        size: Bytes.
        look: Frames between those at which its state is compared.
    """

    size = 40_000
    look = 30

    def __init__(self, players: int = 2) -> None:
        self.players = players
        self.reset(0)

    def reset(self, seed: int) -> None:
        self.ballast = random.Random(seed).randbytes(self.size)
        self.cells = [seed] * 64
        self.steps = 0

    def step(self, actions: Any) -> None:
        for player, action in enumerate(actions):
            place = (self.steps * 7 + player) % 64
            self.cells[place] = (self.cells[place] * 31 + action + 1) % 1_000_003
        self.steps += 1

    def save(self) -> Any:
        return {"ballast": self.ballast, "cells": list(self.cells), "steps": self.steps}

    def load(self, state: Any) -> None:
        self.ballast, self.cells, self.steps = state["ballast"], list(state["cells"]), state["steps"]


def plain_config(**settings: Any) -> SessionConfig:
    """Return the settings of most matches that are watched here."""
    return SessionConfig(**{"desync_interval": 30, "input_delay": 1, **settings})
