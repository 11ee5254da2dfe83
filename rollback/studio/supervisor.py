"""The processes of all runs: starts them, gives them orders, and says in which state each run is. Knows no page.

What happens goes out by `tell(event, payload)`, in the words pages hear; all of it runs in one event loop, and nothing here
waits for a process or holds up the loop for the disk.
"""

from __future__ import annotations

import asyncio
import atexit
import time
from collections.abc import Mapping, Sequence
from typing import Any

from rollback.agents.checkpoints import Runs
from rollback.studio.at_rest import AtRest
from rollback.studio.bucket import Bucket
from rollback.studio.catalogue import Catalogue
from rollback.studio.limits import Limits
from rollback.studio.process import Program, RunProcess, how_it_ended
from rollback.studio.refusals import Refused
from rollback.studio.reports import Tell, heard, place_of
from rollback.studio.run import Facts, Run
from rollback.studio.run_process import run as train
from rollback.studio.shelf import Shelf, on_disk
from rollback.studio.states import RESTING, Cause, State, cause_of
from rollback.studio.tasks import Tasks
from rollback.studio.terms import check_alone, check_end, check_here, check_locked, check_resting, check_training

__all__ = ["NEWS", "Supervisor"]

NEWS = "news"  # the event without content: there are points or a picture, which each page gets at its own speed


class Supervisor:
    """The runs of one folder.

    Args:
        runs: The folder.
        catalogue: What can be trained.
        limits: Of the studio.
        tell: Takes events and their payloads.
        program: What runs in their processes.

    Attributes:
        shelf: The runs.
    """

    def __init__(self, runs: Runs, catalogue: Catalogue, limits: Limits, tell: Tell, program: Program = train) -> None:
        self._program = program
        self._tasks = Tasks()
        self.shelf = Shelf(runs, limits, self._tasks, self._status)
        self._at_rest = AtRest(self.shelf, self._tasks, tell)
        self._catalogue = catalogue
        self._limits = limits
        self._tell = tell
        self._processes: dict[str, RunProcess] = {}
        self._one_at_a_time = asyncio.Lock()  # what looks first and then does, with the disk in between
        self._starts = Bucket(limits.starts, now=time.monotonic())
        self._watched: frozenset[str] = frozenset()
        self._is_closed = False

    async def open(self) -> None:
        """List the runs that are there already, as stopped."""
        atexit.register(self._abandon)
        await self.shelf.look()
        # Refused: the folder cannot be read now, perhaps at the next look.
        self._tasks.repeat(self.look, every=self._limits.look_every, unless=Refused)

    async def close(self) -> None:
        """Stop all runs, as the command does, and wait until they have ended."""
        self._is_closed = True
        await asyncio.gather(*(self._end(name) for name in list(self._processes)))
        await self._tasks.end()
        atexit.unregister(self._abandon)

    async def look(self) -> None:
        """Learn what other processes did to the runs since the last look."""
        for event, payload in await self.shelf.look():
            self._tell(event, payload)

    def watch(self, names: frozenset[str]) -> None:
        """Say whose pictures are looked at; the others make none."""
        changed, self._watched = names ^ self._watched, names
        for name in sorted(changed & set(self._processes)):
            self._processes[name].order("watch", is_watched=name in names)

    # Commands. Each returns at once; what comes of it is told.

    async def start(
        self,
        *,
        run: str = "",
        algo: str = "",
        env: str = "",
        parameters: Mapping[str, Any] | None = None,
        seed: int | None = None,
        episodes: int | None = None,
        speed: float | str | None = None,
    ) -> Run:
        """Start a new run, or let a resting one go on from its newest checkpoint.

        Raises:
            Refused: It is active already, too many are, or something that was given is not allowed.
        """
        async with self._one_at_a_time:
            known, newest = self.shelf.get(run), None
            if known is None:
                facts = self._catalogue.facts(algo, env, parameters or {}, 1 if seed is None else seed, episodes or 0)
                check_alone(self.shelf, facts)
                self._check_room()
                known = await self.shelf.make(facts, run)
            else:
                check_resting(known)
                await self._check_free(known)
                check_locked(known, {"algo": algo, "env": env, "seed": seed, **(parameters or {})})
                wanted = known.facts.episodes if episodes is None else episodes
                newest = await on_disk(known.folder.newest)
                done = newest.checkpoint.episode if newest is not None and newest.checkpoint is not None else 0
                check_end(known, wanted, done, "raise Episodes to go on")
                check_alone(self.shelf, known.facts)
                self._check_room()
                if wanted != known.facts.episodes:
                    facts = Facts.from_plain({**known.facts.plain(), "episodes": wanted})
                    await on_disk(lambda: known.folder.write_facts({**known.folder.facts(), **facts.plain()}))
                    known.facts = facts
            known.speed = speed if speed is not None else known.speed
            self._begin(known, newest.name if newest is not None else "")
            return known

    def stop(self, run: Run) -> None:
        """Let a run save and end."""
        self._move(run, Cause.STOP, "it is not running")
        self._status(run)
        self._tasks.start(self._end(run.name))

    def pause(self, run: Run) -> None:
        """Let a run wait."""
        self._move(run, Cause.PAUSE, "only a running one can be paused", "pause")

    def resume(self, run: Run) -> None:
        """Let a run that waits go on."""
        self._move(run, Cause.RESUME, "only a paused one can be resumed", "resume")

    def step(self, run: Run) -> None:
        """Let a run that waits make a step."""
        check_here(run)
        if run.state is not State.PAUSED:
            raise Refused("running", f"the run {run.name} is {run.state.value}: only a paused one makes single steps")
        self._order(run, "step")

    def set_speed(self, run: Run, speed: float | str) -> None:
        """Change how fast a run trains; a resting one will, when it goes on."""
        if run.state in (State.RUNNING, State.PAUSED):
            self._order(run, "speed", speed=speed)
        run.speed = speed
        self._status(run)

    async def save(self, run: Run, name: str) -> None:
        """Let an active run save; what a resting one has learned gets a name."""
        if run.state in RESTING and name:
            async with self._one_at_a_time:
                check_resting(run)
                await self._at_rest.name(run, name)
        else:
            check_training(run, "what it has learned is saved already, and can be saved under a name")
            self._order(run, "save", name=name)

    async def evaluate(self, run: Run, episodes: int) -> None:
        """Have found out how well a run plays from where it never trained."""
        if run.state in RESTING and await on_disk(run.folder.newest) is not None:
            self._at_rest.evaluate(run, episodes)
        else:
            check_training(run, "start it, then evaluate it")
            self._order(run, "evaluate", episodes=episodes)

    async def reset(self, run: Run) -> None:
        """Replace the agent by a fresh one."""
        if run.state in (State.RUNNING, State.PAUSED):
            self._order(run, "reset")
            return
        async with self._one_at_a_time:
            check_resting(run)
            await self._at_rest.begin_anew(run)

    async def load(self, run: Run, name: str) -> None:
        """Let training go on from a checkpoint."""
        if run.state in (State.RUNNING, State.PAUSED):
            self._order(run, "load", name=name)
            return
        async with self._one_at_a_time:
            check_resting(run)
            await self._check_free(run)
            self._check_room()
            held = await on_disk(lambda: run.folder.load(name))
            check_end(run, run.facts.episodes, held.episode, f"{name} has nothing left to train; raise Episodes first")
            self._begin(run, name)
            run.episode, run.step, run.epsilon = held.episode, held.step, held.epsilon
            run.begin_curve(is_read=False)  # until the process has put the log right
            self._tell("load_complete", {"run": run.name, "name": name, **place_of(run)})

    async def delete(self, run: Run, name: str) -> None:
        """Delete a checkpoint, or without a name the whole run, which must rest."""
        if name:
            await on_disk(lambda: run.folder.delete(name))
            return
        async with self._one_at_a_time:
            check_resting(run)
            await self.shelf.delete(run)
        self._tell("deleted", {"run": run.name})

    # Processes.

    def _begin(self, run: Run, checkpoint: str) -> None:
        if self._is_closed:
            raise Refused("full", "the studio is being closed")
        self._move(run, Cause.START, "it is active")
        run.reason, run.last_words = "", ()
        process = self._processes[run.name] = RunProcess(
            run.job(checkpoint, self._limits.pictures),
            self._limits,
            lambda report: self._heard(run, report),
            lambda code, words: self._ended(run, code, words),
            self._program,
        )
        process.start()
        self._status(run)

    async def _end(self, name: str) -> None:
        if (process := self._processes.get(name)) is None or (run := self.shelf.get(name)) is None:
            return
        if run.state is not State.STOPPING and run.happened(Cause.STOP):
            self._status(run)
        await process.stop()

    def _heard(self, run: Run, report: dict[str, Any]) -> None:
        if run.state is State.STARTING:  # what was ordered until now was not taken
            self._processes[run.name].order("watch", is_watched=run.name in self._watched)
            self._processes[run.name].order("speed", speed=run.speed)
        heard(run, report, self._tell)
        if not run.is_read:
            self.shelf.want_curve(run)
        if report.get("is") in ("picture", "points"):
            self._tell(NEWS, {})

    def _ended(self, run: Run, code: int | None, words: Sequence[str]) -> None:
        self._processes.pop(run.name, None)
        if (cause := cause_of(code)) is Cause.DIED:
            run.reason, run.last_words = how_it_ended(code, words), words
            if run.state is State.STOPPING:
                run.reason = "it did not leave when it was asked, and was ended: its newest checkpoint is from before"
        run.happened(cause)
        self.shelf.rests(run)
        self._status(run)
        if run.state is State.FINISHED:
            self._tell("complete", run.told())
        elif run.state is State.CRASHED:
            self._tell("error", {"message": f"the run {run.name} crashed: {run.reason}", "run": run.name, "reason": "failed"})

    async def _check_free(self, run: Run) -> None:
        """Hold that no other process has begun to train a run since the last look."""
        if await on_disk(run.folder.is_taken):
            await self.look()
            check_here(run)

    def _check_room(self) -> None:
        active = sum(run.is_active for run in self.shelf)
        if active >= self._limits.runs:
            raise Refused("full", f"{active} runs are active, as many as may be at a time: stop one first")
        if not self._starts.take(now=time.monotonic()):
            raise Refused("too_often", "too many runs were started in a short time: wait some seconds")

    def _move(self, run: Run, cause: Cause, otherwise: str, order: str = "") -> None:
        check_here(run)
        was = run.state
        if not run.happened(cause):
            raise Refused("running", f"the run {run.name} is {was.value}: {otherwise}")
        if order:
            try:
                self._order(run, order)
            except Refused:
                run.state = was
                raise
            self._status(run)

    def _order(self, run: Run, order: str, **values: Any) -> None:
        process = self._processes.get(run.name)
        if process is None or not process.order(order, **values):
            raise Refused("failed", f"the process of the run {run.name} takes no orders now: try again, or stop it")

    def _status(self, run: Run) -> None:
        self._tell("status", run.told())

    def _abandon(self) -> None:
        for process in self._processes.values():
            process.abandon()
