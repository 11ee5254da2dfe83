"""The demo's lobby and peer processes, from their start to their results. Knows pipes and results; shows nothing."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from rollback.cli.match_settings import MatchSettings
from rollback.cli.pipes import Child
from rollback.errors import NetworkError, UsageError
from rollback.netplay.telling.stats import Rate

__all__ = ["DemoMatch", "PeerState"]

ASK_EVERY: Final = 1 / 25  # seconds between two pictures: smooth to look at, and hardly any work for the peers
STANDS_STILL: Final = 45.0  # seconds without a new frame: longer than a lost peer is waited for


@dataclass(slots=True)
class PeerState:
    """What is known of one peer.

    Attributes:
        name: What the match calls it.
        by_hand: Whether a person plays.
        watches: Whether its player only watches.
        frame: Frames it simulated.
        stats: Its counters, see `stats_values`.
        picture: Its newest picture.
        path: How its datagrams travel.
        rollbacks: How fast they come.
        result: Its result, when it has one.
        failure: Why it has none; its process is gone.
        is_network: Whether that is a trouble of the network.
    """

    name: str
    by_hand: bool = False
    watches: bool = False
    frame: int = 0
    stats: Mapping[str, Any] = field(default_factory=dict)
    picture: Mapping[str, Any] | None = None
    path: str = ""
    rollbacks: Rate = field(default_factory=Rate)
    result: Mapping[str, Any] | None = None
    failure: str = ""
    is_network: bool = True


class DemoMatch:
    """Peers in processes of their own, and a lobby in this one.

    Args:
        settings: Of the match.
        replay: Where the first peer writes its replay.
        players: How many peers there are, one for each player.
        watchers: The players who only watch.
        transitions: Where the peers write their data sets, each with its name before the ending; None for none.
        by_hand: Whether the first peer is played by hand, see `press`.
        keys: Which keys are to be which actions there; None leaves it to the game.
        wants_pictures: Whether anybody looks.
        sabotage: The frame whose state the second peer spoils, or None.

    Attributes:
        peers: What is known of each.
        keys: As given.
        news: Sentences about what happened, newest last.
    """

    def __init__(
        self,
        settings: MatchSettings,
        replay: Path,
        *,
        players: int = 2,
        watchers: Collection[int] = (),
        transitions: Path | None = None,
        by_hand: bool,
        keys: Mapping[str, Any] | None = None,
        wants_pictures: bool,
        sabotage: int | None = None,
    ) -> None:
        self.settings = settings
        self.peers = tuple(PeerState(f"peer-{seat + 1}", by_hand and seat == 0, seat in watchers) for seat in range(players))
        self.news: list[str] = []
        self._replay = replay
        self._transitions = transitions
        self.keys = keys
        self._wants_pictures = wants_pictures
        self._sabotage = sabotage
        self._children: list[Child] = []
        self._ready = [asyncio.Event() for _ in self.peers]
        self._joined = [asyncio.Event() for _ in self.peers]
        self._asked = [False for _ in self.peers]
        self._progress_at = 0.0
        self._pressed: frozenset[str] = frozenset()

    async def run(self, on_look: Callable[[], Awaitable[None] | None]) -> None:
        """Play the match to its end, or to that of a process; no process is left behind, whatever happens.

        Args:
            on_look: Called about 25 times a second while the match runs.

        Raises:
            NetworkError: The lobby or a process cannot be started, or the match stands still.
            UsageError: A peer refuses what it was told to play.
        """
        from signaling.serve import running

        async with running("127.0.0.1", 0) as server:
            hearing: list[asyncio.Task[None]] = []
            try:
                room = server.open_room(players=len(self.peers), game=self.settings.game)
                for seat, peer in enumerate(self.peers):
                    first = self._first(seat, peer, server.url, room)
                    self._children.append(await Child.start(peer.name, "rollback.cli.demo_peer", first))
                    hearing.append(asyncio.create_task(self._hear(seat)))
                for seat, child in enumerate(self._children):  # one after the other, so that they sit in their order
                    await self._either(hearing[seat], self._ready[seat])
                    child.tell({"join": True})
                    await self._either(hearing[seat], self._joined[seat])
                await self._until_over(hearing, on_look)
            finally:
                await self._end(hearing)
        self._raise_refusal()

    def press(self, keys: frozenset[str]) -> None:
        """Tell the first peer which keys are held."""
        if keys != self._pressed and self._children:
            self._pressed = keys
            self._children[0].tell({"keys": sorted(keys)})

    def _first(self, seat: int, peer: PeerState, url: str, room: str) -> dict[str, Any]:
        return {
            "settings": self.settings.as_values(),
            "server": url,
            "room": room,
            "name": peer.name,
            "by_hand": peer.by_hand,
            "keys": self.keys if peer.by_hand else None,
            "replay": str(self._replay) if seat == 0 else None,
            "transitions": None if self._transitions is None else str(_of_peer(self._transitions, peer.name)),
            "bundles": str(self._replay.parent),
            "sabotage": self._sabotage if seat == 1 else None,
        }

    async def _either(self, hearing: asyncio.Task[None], event: asyncio.Event) -> None:
        """Wait for the event, or for the end of the process that was to cause it."""
        waiting = asyncio.create_task(event.wait())
        try:
            await asyncio.wait({hearing, waiting}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            waiting.cancel()

    async def _until_over(self, hearing: list[asyncio.Task[None]], on_look: Callable[[], Awaitable[None] | None]) -> None:
        loop = asyncio.get_running_loop()
        self._progress_at = loop.time()
        while not all(task.done() for task in hearing):
            for seat, child in enumerate(self._children):
                if not self._asked[seat] and not hearing[seat].done():
                    self._asked[seat] = True
                    child.tell({"ask": {"picture": self._wants_pictures}})
            looked = on_look()
            if looked is not None:
                await looked
            if loop.time() - self._progress_at > STANDS_STILL:
                frame = min(peer.frame for peer in self.peers)
                raise NetworkError(
                    f"the match stands still at frame {frame} for {STANDS_STILL:g} s: try less latency, jitter or loss"
                )
            await asyncio.wait(hearing, timeout=ASK_EVERY, return_when=asyncio.ALL_COMPLETED)

    async def _hear(self, seat: int) -> None:
        """Take what a child tells, to its end."""
        child, peer = self._children[seat], self.peers[seat]
        while (message := await child.hear()) is not None:
            match message:
                case {"answer": answer}:
                    self._take(seat, answer)
                case {"event": sentence, "path": path}:
                    peer.path = path or peer.path
                    if sentence:
                        self.news.append(f"{peer.name}: {sentence}")
                case {"ready": True}:
                    self._ready[seat].set()
                case {"joined": _}:
                    self._joined[seat].set()
                case {"result": result}:
                    peer.result, peer.stats, peer.picture = result, result["stats"], result["picture"]
                    peer.frame = result["frames"]
                case {"error": sentence, "is_network": is_network}:
                    peer.failure, peer.is_network = sentence, is_network
        await child.end()
        if peer.result is None and not peer.failure:
            peer.failure = f"the process of {peer.name} ended before the match did: {child.how_it_ended()}"
            self.news.append(peer.failure)

    def _take(self, seat: int, answer: Mapping[str, Any]) -> None:
        peer, now = self.peers[seat], asyncio.get_running_loop().time()
        self._asked[seat] = False
        if answer["frame"] > peer.frame or answer["reason"] == "paused":  # whoever thinks may take any time
            self._progress_at = now
        peer.frame, peer.stats = answer["frame"], answer["stats"]
        peer.picture = answer.get("picture", peer.picture)
        peer.rollbacks.add(answer["stats"]["rollbacks"], now=now)

    async def _end(self, hearing: list[asyncio.Task[None]]) -> None:
        """Let every child leave in good order, and see that it did; a cancellation on the way only shortens that."""
        try:
            for child in self._children:
                child.tell({"stop": True})
            if hearing:
                await asyncio.wait(hearing, timeout=1.5)
        finally:
            for task in hearing:
                task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await asyncio.gather(*(child.end() for child in self._children), return_exceptions=True)
            for child in self._children:
                child.kill()

    def _raise_refusal(self) -> None:
        for peer in self.peers:
            if peer.failure and not peer.is_network:
                raise UsageError(peer.failure)


def _of_peer(target: Path, name: str) -> Path:
    """Return the file of one peer: `match.npz` gives `match.peer-1.npz`."""
    return target.with_name(f"{target.stem}.{name}{target.suffix}")
