"""Commands, carried out: the same for a page and for HTTP. Knows commands and runs; knows no connection."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any, Protocol

from rollback.errors import CheckpointError, RollbackError, UsageError
from rollback.studio.catalogue import Catalogue
from rollback.studio.commands import COMMANDS, checked
from rollback.studio.limits import Limits
from rollback.studio.listing import Listing
from rollback.studio.refusals import Refused
from rollback.studio.resting import RestingPictures
from rollback.studio.run import Run
from rollback.studio.stream import Viewer
from rollback.studio.supervisor import Supervisor

__all__ = ["Desk", "Here", "Play"]

Answer = dict[str, Any]
Play = Callable[[Path, str], Awaitable[Mapping[str, Any]]]
NO_LOBBY = "this studio has no lobby beside it: start it as rollback studio does"


class Here(Protocol):
    """Lets the browser of whoever looks at the studio play a checkpoint, by itself."""

    def problem(self, environment: str) -> str:
        """Return why what is trained on `environment` cannot be played there; empty where it can."""

    async def offer(self, checkpoint: Path, environment: str) -> Mapping[str, Any]:
        """Offer a checkpoint and return where it is played.

        Raises:
            RollbackError: It cannot be.
        """


class Desk:
    """Carries commands out.

    Args:
        supervisor: Of the runs.
        catalogue: What can be trained.
        limits: Of the studio.
        play: Opens a room with a checkpoint, given its file and its environment, and returns where; None: cannot be done.
        here: Lets browsers play a checkpoint alone; None: cannot be done.
    """

    def __init__(
        self,
        supervisor: Supervisor,
        catalogue: Catalogue,
        limits: Limits,
        play: Play | None = None,
        here: Here | None = None,
    ) -> None:
        self._supervisor = supervisor
        self._catalogue = catalogue
        self._limits = limits
        self._play = play
        self._here = here
        self._listing = Listing()
        self._resting = RestingPictures()

    async def carry_out(self, command: Any, fields: Any, viewer: Viewer | None = None) -> Answer:
        """Return what a command is answered.

        Raises:
            Refused: It is not carried out; nothing has changed.
        """
        if not isinstance(command, str) or command not in COMMANDS:
            raise Refused("malformed", f"there is no command {command!r:.60}: take one of {', '.join(COMMANDS)}")
        found = checked(command, fields, self._limits)
        if command == "start":
            run = await self._supervisor.start(**found)
            return _of(run)
        if command == "ping":
            return {"ok": True, "at": found.get("at"), "now": time.time()}
        if command == "runs":
            runs, more = self._supervisor.shelf.older(found.get("run", ""))
            return {"ok": True, "runs": [run.told() for run in runs], "more_runs": more}
        if command == "preview":
            return await self._preview(**found)
        return await self._about(self._supervisor.shelf.find(found.get("run", "")), command, found, viewer)

    async def _about(self, run: Run, command: str, found: Mapping[str, Any], viewer: Viewer | None) -> Answer:
        runs, name = self._supervisor, str(found.get("name", ""))
        match command:
            case "stop":
                runs.stop(run)
            case "pause":
                runs.pause(run)
            case "resume":
                runs.resume(run)
            case "step":
                runs.step(run)
            case "save":
                await runs.save(run, name)
            case "reset":
                await runs.reset(run)
            case "load":
                await runs.load(run, _needed(command, name))
            case "delete":
                await runs.delete(run, name)
            case "speed":
                if "speed" not in found:
                    raise Refused("malformed", "speed needs the field speed")
                runs.set_speed(run, found["speed"])
            case "evaluate":
                await runs.evaluate(run, found.get("episodes", self._limits.evaluated))
            case "watch":
                return await self._watch(run, viewer)
            case "checkpoints":
                return {**_of(run), **await self._checkpoints(run)}
            case "export":
                return await self._export(run, _needed(command, name))
            case "play":
                return await self._played(run, name, self._play)
            case "play_here":
                return await self._played(run, name, None if self._here is None else self._here.offer)
        return _of(run)

    async def _preview(self, run: str = "", algo: str = "", env: str = "") -> Answer:
        """Return what a run's newest checkpoint has learned; without a run, or one, the environment before any training."""
        if run:
            known = self._supervisor.shelf.find(run)
            if (shown := await _read(lambda: self._resting.of(known.folder))) is not None:
                return {**_of(known), **shown}
            algo, env = known.facts.algorithm, known.facts.environment
        return {"ok": True, "picture": await asyncio.to_thread(self._catalogue.preview, algo, env)}

    async def _watch(self, run: Run, viewer: Viewer | None) -> Answer:
        if viewer is not None:
            viewer.watching = run.name
        self._supervisor.shelf.want_curve(run)
        return {**_of(run), "curve": run.curve.thinned(), **await self._checkpoints(run)}

    async def _checkpoints(self, run: Run) -> Answer:
        problem = NO_LOBBY if self._here is None else self._here.problem(run.facts.environment)
        return {"checkpoints": await _read(lambda: self._listing.of(run.folder)), "not_here": problem}

    async def _export(self, run: Run, name: str) -> Answer:
        checkpoint = await _read(lambda: run.folder.load(name))
        size = len(await _read(checkpoint.to_bytes))
        url = f"/api/runs/{run.name}/checkpoints/{name}.npz"
        return {**_of(run), "name": name, "url": url, "bytes": size, "hash": checkpoint.hash}

    async def _played(self, run: Run, name: str, play: Play | None) -> Answer:
        if play is None:
            raise Refused("failed", NO_LOBBY)
        if not name:
            listed = await _read(lambda: self._listing.of(run.folder))
            fine = [entry["name"] for entry in listed if not entry["problem"]]
            name = "best" if "best" in fine else fine[0] if fine else ""
        if not name:
            raise Refused("unknown", f"the run {run.name} has no checkpoint yet: save one")
        await _read(lambda: run.folder.load(name))  # or it is refused here
        try:
            where = await play(run.folder.path / f"{name}.npz", run.facts.environment)
        except RollbackError as error:
            raise Refused("failed", str(error)) from None
        return {**_of(run), "name": name, **where}


def _of(run: Run) -> Answer:
    return {"ok": True, "run": run.name, "state": run.state.value}


def _needed(command: str, name: str) -> str:
    if not name:
        raise Refused("malformed", f"{command} needs the name of a checkpoint: one of those that checkpoints lists")
    return name


async def _read(work: Callable[[], Any]) -> Any:
    try:
        return await asyncio.to_thread(work)
    except CheckpointError as error:
        raise Refused("unknown", str(error)) from None
    except UsageError as error:
        raise Refused("malformed", str(error)) from None
