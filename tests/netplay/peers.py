"""Peers that play a small game over memory, each with everything it saw."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from rollback.config import SessionConfig
from rollback.core.session import P2PSession
from rollback.net.impair import Impaired
from rollback.net.memory import MemoryNetwork
from rollback.netplay.driver import drive
from rollback.netplay.recorder import Recorder
from rollback.state import checksum
from rollback.types import Ended, Local, Remote
from tests.netplay.quick_time import now


class Mix:
    """Whatever anybody presses changes everything that follows."""

    def __init__(self, players: int = 2, over_at: int | None = None) -> None:
        self.players = players
        self.over_at = over_at
        self.value = -1
        self.steps = 0

    def reset(self, seed: int) -> None:
        self.value, self.steps = seed, 0

    def step(self, actions: Any) -> None:
        for action in actions:
            self.value = (self.value * 1103515245 + action + 12345) % 2**31
        self.steps += 1

    @property
    def over(self) -> bool:
        return self.steps == self.over_at

    def save(self) -> dict[str, int]:
        return {"value": self.value, "steps": self.steps}

    def load(self, state: dict[str, int]) -> None:
        self.value, self.steps = state["value"], state["steps"]


def press(game: Any, player: int) -> int:
    """Return an action that follows from the frame: changes every eighth frame or so."""
    return (game.steps // (7 + player)) * 37 % 251


class Peer:
    """One end of a match; `play` drives it."""

    def __init__(self, names: list[str], me: int, config: SessionConfig, game: Any, nonce: int) -> None:
        self.name = names[me]
        self.game = game
        players = [Local() if seat == me else Remote(name) for seat, name in enumerate(names)]
        self.session = P2PSession(game, players, config, nonce=nonce)
        self.events: list[Any] = []
        self.told: list[tuple[float, Any]] = []
        self.ticks: list[tuple[float, int, str, float]] = []
        self.settled: list[tuple[bytes, ...]] = []
        self.transport: Any = None
        self.recorder: Recorder | None = None
        self.error: BaseException | None = None
        self.stop = asyncio.Event()
        self.returned_at = 0.0

    def _on_event(self, event: Any) -> None:
        self.events.append(event)
        self.told.append((now(), event))

    def _on_frame(self, session: P2PSession, tick: Any) -> None:
        self.ticks.append((now(), tick.frame, tick.reason, tick.frames_ahead))
        for frame, _, inputs in session.confirmed_frames():
            assert frame == len(self.settled)
            self.settled.append(tuple(inputs))

    async def play(self, *, act: Callable[[Any, int], Any] = press, fps: float = 60, **options: Any) -> None:
        options = {"on_event": self._on_event, "on_frame": self._on_frame, "clock": now} | options
        try:
            await drive(self.session, self.transport, act, fps=fps, stop=self.stop, recorder=self.recorder, **options)
        finally:
            self.returned_at = now()

    @property
    def ended(self) -> Ended:
        (ended,) = [event for event in self.events if isinstance(event, Ended)]
        return ended

    @property
    def checksum(self) -> int:
        return checksum(self.game.save())

    def happened(self, kind: type) -> list[Any]:
        return [event for event in self.events if isinstance(event, kind)]

    def when(self, kind: type) -> float:
        return next(at for at, event in self.told if isinstance(event, kind))


def peers(
    count: int = 2,
    *,
    config: SessionConfig | None = None,
    make: Callable[[int], Any] = Mix,
    frames: int | None = None,
    seed: int = 0,
    **bad_network: Any,
) -> list[Peer]:
    """Return `count` peers, one player each; further arguments are those of `Impaired`."""
    names = ["ann", "bob", "cid", "dot"][:count]
    network = MemoryNetwork(names)
    made = [Peer(names, me, config or SessionConfig(seed=5), make(count), nonce=1000 * seed + me + 1) for me in range(count)]
    for me, peer in enumerate(made):
        peer.transport = network.transport(peer.name)
        if bad_network:
            peer.transport = Impaired(peer.transport, seed=seed * 16 + me, **bad_network)
        if frames is not None:
            peer.session.end_at(frames)
    return made


async def play_all(everybody: list[Peer], **options: Any) -> None:
    async with asyncio.TaskGroup() as group:
        for peer in everybody:
            group.create_task(peer.play(**options))


async def until(fact: Callable[[], bool], seconds: float = 60.0) -> None:
    async with asyncio.timeout(seconds):
        while not fact():
            await asyncio.sleep(0.001)
