"""Rooms with a checkpoint in them: a native peer each, as a process that plays what it learned. Knows a lobby; trains nothing.

The peer is `rollback play --bot`, so that a match against a checkpoint is a match like any other, and what it costs is paid
in a process of its own.
"""

from __future__ import annotations

import asyncio
import contextlib
import shutil
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from rollback.agents.playing import policy_from
from rollback.cli.agent_games import game_for
from rollback.cli.studio_gone import gone_page
from rollback.envs.names import game_factory
from rollback.errors import UsageError
from signaling.refusals import Refusal

if TYPE_CHECKING:
    from signaling.serve import LobbyServer

__all__ = ["Opponents"]

MOST: Final = 4  # at a time: each takes a tenth of a core while it plays
ALONE: Final = 600.0  # seconds it waits for somebody to come
LOOK_EVERY: Final = 1.0  # seconds
END_WITHIN: Final = 3.0  # seconds to say goodbye
MATCHES: Final = 100  # that it plays in a room, if somebody wants them
_LINES: Final = 64 * 1024  # bytes of a line that a process may write


@dataclass(slots=True)
class _Opponent:
    room: str
    process: asyncio.subprocess.Process
    opened: float
    words: str = ""
    has_met: bool = False


class Opponents:
    """The checkpoints that wait in rooms, or play.

    Args:
        lobby: Where the rooms are.
        options: More options of `rollback play`, such as an artificial line.
        most: How many at a time.
        alone: Seconds one waits for somebody to come.
    """

    def __init__(self, lobby: LobbyServer, options: Sequence[str] = (), *, most: int = MOST, alone: float = ALONE) -> None:
        self._lobby = lobby
        self._options = list(options)
        self._most = most
        self._alone = alone
        self._playing: dict[str, _Opponent] = {}
        self._tasks: set[asyncio.Task[Any]] = set()
        self._copies = Path(tempfile.mkdtemp(prefix="rollback-studio-"))

    @property
    def rooms(self) -> list[str]:
        """The rooms in which one waits or plays."""
        return list(self._playing)

    async def open(self, checkpoint: Path, environment: str) -> dict[str, Any]:
        """Open a room, let the checkpoint wait in it, and return where: `url`, a path of the studio, `room`, and `game`.

        Raises:
            RollbackError: It cannot play there, or as many play as may.
        """
        name = game_for(environment)
        # A copy, for a training that goes on deletes its older checkpoints.
        kept = self._copies / f"{checkpoint.parent.name}-{checkpoint.stem}.npz"
        await asyncio.to_thread(_prepared, checkpoint, kept, name)
        await self._make_place()
        room = self._lobby.open_room(players=2, game=name)
        replay = checkpoint.parent / f"match-{room}.rbr"
        words = ["play", room, "--server", self._lobby.url, "--game", name, "--bot", str(kept), "--name", checkpoint.stem]
        # It was trained to act at once: two frames late it stacks Tetris to the top within twenty seconds.
        words += ["--input-delay", "0", "--matches", str(MATCHES), "--replay", str(replay), "--json", *self._options]
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "rollback",
            *words,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.PIPE,
            limit=_LINES,
            start_new_session=True,  # Ctrl-C is the studio's, which ends it in good order
        )
        found = self._playing[room] = _Opponent(room, process, asyncio.get_running_loop().time())
        self._start(self._listen(found))
        self._start(self._attend(found))
        return {"url": f"/play/{room}", "room": room, "game": name, "replay": str(replay)}

    def route(self) -> Route:
        """Return the route of the studio that leads to a room: the lobby is on another port of whatever host was asked."""

        async def lead(request: Request) -> Response:
            room = request.path_params["room"]
            if room not in self._playing:
                return gone_page(
                    "Nobody waits there any more",
                    f"The agent has left this room, as it does when nobody came within {self._alone / 60:g} minutes, when"
                    " others needed its place, or when the studio ended. Press “Play against it” once more: that opens"
                    " another room.",
                )
            host = request.url.hostname or "127.0.0.1"
            shown = f"[{host}]" if ":" in host else host
            return RedirectResponse(f"{request.url.scheme}://{shown}:{self._lobby.port}/?room={room}", 303)

        return Route("/play/{room}", lead)

    async def close(self) -> None:
        """End all of them."""
        await asyncio.gather(*(self._end(each) for each in list(self._playing.values())))
        if self._tasks:  # they read what the processes said last
            await asyncio.wait(self._tasks, timeout=END_WITHIN)
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await asyncio.to_thread(shutil.rmtree, self._copies, ignore_errors=True)

    async def _make_place(self) -> None:
        """End the one that has waited longest for nobody, where there are as many as may be.

        Raises:
            UsageError: All of them are played against.
        """
        if len(self._playing) < self._most:
            return
        idle = next((each for each in self._playing.values() if not self._has_company(each)), None)
        if idle is None:
            raise UsageError(f"{self._most} matches against checkpoints are played already, as many as may be at a time")
        await self._end(idle)

    def _has_company(self, opponent: _Opponent) -> bool:
        try:
            members = self._lobby.rooms.find(opponent.room).members.values()
        except Refusal:
            return False
        return sum(member.seat is not None for member in members) > 1

    def _start(self, work: Any) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _listen(self, opponent: _Opponent) -> None:
        stream = opponent.process.stderr
        assert stream is not None
        with contextlib.suppress(ValueError):  # a line without an end
            while line := await stream.readline():
                opponent.words = line.decode("utf-8", "replace").strip()[:500] or opponent.words

    async def _attend(self, opponent: _Opponent) -> None:
        """Wait for its end, and see to it where nobody comes."""
        loop = asyncio.get_running_loop()
        while opponent.process.returncode is None:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(opponent.process.wait(), LOOK_EVERY)
            opponent.has_met = opponent.has_met or self._has_company(opponent)
            if not opponent.has_met and loop.time() - opponent.opened > self._alone:
                await self._end(opponent)
        self._playing.pop(opponent.room, None)
        if opponent.process.returncode not in (0, -15, 143) and not opponent.has_met:
            print(f"The checkpoint left room {opponent.room}: {opponent.words}", file=sys.stderr, flush=True)

    async def _end(self, opponent: _Opponent) -> None:
        for ask in (opponent.process.terminate, opponent.process.kill):
            if opponent.process.returncode is None:
                with contextlib.suppress(ProcessLookupError):
                    ask()
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(opponent.process.wait(), END_WITHIN)
        self._playing.pop(opponent.room, None)  # not before: who closes all must find it


def _prepared(checkpoint: Path, kept: Path, name: str) -> None:
    """Keep a copy of the checkpoint, which fits the game."""
    shutil.copyfile(checkpoint, kept)
    policy_from(kept, game_factory(name)(), 0)
