"""Matches on Ray: tasks, a batch each, a window of them at a time. Knows Ray; blames nobody.

Ray itself plays a batch once more whose worker or node is gone. When that happens again, or a watchdog ends the worker, the
batch comes back here, and what the dead worker left on its node tells at which match it was.
"""

from __future__ import annotations

import os
import re
import shutil
import sys
from collections.abc import Collection, Generator, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from rollback.errors import NetworkError
from rollback.sim.pool.backends.foreign import play, search
from rollback.sim.pool.backends.handing import hand_out
from rollback.sim.pool.backends.pieces import Lost, Piece, Refused
from rollback.sim.pool.backends.ray_cluster import Connected, Surroundings, cluster
from rollback.sim.pool.batches import AHEAD
from rollback.sim.pool.blackbox import Found
from rollback.sim.pool.job import Job, Rules
from rollback.sim.pool.limits import check_memory_limit
from rollback.sim.pool.patience import starting_of
from rollback.sim.pool.result import MatchResult
from rollback.sim.pool.run_folder import run_folder
from rollback.sim.pool.spawning import check_not_opening, script_of_caller, uninterrupted
from rollback.sim.pool.worker import Orders

__all__ = ["run"]

ONCE_MORE: Final = 1  # times that Ray itself plays a batch again: one lost worker is the machine's affair, two are a match's
PATIENCE: Final = 30.0  # seconds that the nodes have to tell what dead workers left: a node may have to start a worker for it
FRESH: Final = {"env_vars": {"ROLLBACK_FRESH_WORKER": "1"}}
PAINT: Final = re.compile(r"\x1b\[[0-9;]*m")

_taken_over: list[Surroundings] = []


def run(jobs: Iterator[Job], rules: Rules) -> Generator[MatchResult, None, None]:
    """Play the jobs on Ray, and yield results as they come; closing it ends all tasks, and a Ray that was begun here.

    Raises:
        UsageError: `memory_mb` cannot be held here, or the script that asks for this has no guard.
        MissingPackage: Ray is not installed.
        NetworkError: The cluster does not answer, or is gone.
    """
    check_not_opening()
    check_memory_limit(rules.memory_mb)
    workers = rules.workers if rules.workers is None or rules.matches is None else max(1, min(rules.workers, rules.matches))
    with cluster(workers) as connected:
        crew = RayCrew(connected, rules)
        try:
            yield from hand_out(jobs, rules, crew)
        finally:
            with uninterrupted():
                crew.close()


def play_here(
    packed: bytes, number: int, orders: Orders, surroundings: Surroundings, hashes: Sequence[str], *parcels: bytes
) -> bytes:
    """Play a batch, in a worker of Ray."""
    if surroundings not in _taken_over:
        surroundings.take_over()
        _taken_over[:] = [surroundings]
    # What a spawned process is known by: like one, a worker of Ray has a `__main__` in which nobody has written any specs.
    vars(sys.modules["__main__"]).setdefault("spawn_main", None)
    return play(packed, number, orders, dict(zip(hashes, parcels, strict=True)))


def forget(folder: str) -> None:
    """Remove what the workers of this node left."""
    shutil.rmtree(folder, ignore_errors=True)


class RayCrew:
    """Tasks on a Ray.

    Args:
        connected: The Ray.
        rules: Of the run.
    """

    is_one_boat = False

    def __init__(self, connected: Connected, rules: Rules) -> None:
        ray = self._ray = connected.ray
        self._is_local = connected.folder is not None
        self.window = connected.width * AHEAD if self._is_local or rules.workers is None else connected.width
        self._surroundings = connected.surroundings
        folder = run_folder()
        self._orders = Orders(
            os.getpid(), str(folder), rules.timeout, starting_of(rules.timeout), rules.memory_mb, script_of_caller()
        )
        # A match that hangs would only hang again: what its watchdog ends is not for Ray to repeat.
        retries = min(ONCE_MORE, rules.retries) if rules.timeout is None else 0
        self._batches = ray.remote(num_cpus=1, max_retries=retries)(play_here)
        self._suspects = ray.remote(num_cpus=1, max_retries=0)(play_here)
        # A worker with an environment of its own plays nothing else; it is ended after one task, so that the next one is new.
        self._fresh = ray.remote(num_cpus=1, max_retries=0, max_calls=1, runtime_env=FRESH)(play_here)
        self._parcels: dict[str, Any] = {}
        self._under_way: set[Any] = set()
        errors = ray.exceptions
        # ObjectLostError is also the owner's death; a task may be cancelled from outside, too.
        self._losses = (
            errors.WorkerCrashedError, errors.NodeDiedError, errors.OutOfMemoryError, errors.ObjectLostError,
            errors.TaskCancelledError,
        )  # fmt: skip

    def submit(self, piece: Piece, packed: bytes) -> Any:
        """Make it a task."""
        for sha, content in piece.parcels.items():
            if sha not in self._parcels:
                self._parcels[sha] = self._ray.put(content)  # once for all nodes
        task = self._fresh if piece.is_fresh else self._suspects if piece.is_suspect else self._batches
        hashes = tuple(piece.parcels)
        handle = task.remote(
            packed, piece.number, self._orders, self._surroundings, hashes, *(self._parcels[sha] for sha in hashes)
        )
        self._under_way.add(handle)
        return handle

    def wait(self, handles: Collection[Any]) -> Collection[Any]:
        """Wait for one, and return all that are over."""
        waiting = list(handles)
        self._ray.wait(waiting, num_returns=1)
        over, _ = self._ray.wait(waiting, num_returns=len(waiting), timeout=0)
        return list(over)

    def answer(self, handle: Any) -> bytes:
        """Return what came of a task."""
        self._under_way.discard(handle)
        try:
            reply: bytes = self._ray.get(handle)
        except self._losses as error:
            raise Lost(_said(error)) from None
        except self._ray.exceptions.RayTaskError as error:
            raise Refused(f"a worker of Ray could not play it:\n{PAINT.sub('', str(error))}") from None
        except self._ray.exceptions.RayError as error:
            raise NetworkError(f"Ray does not play any more: {_said(error)}") from error
        return reply

    def traces(self, numbers: Collection[int]) -> Mapping[int, Sequence[Found]]:
        """Ask every node that lives."""
        traces: dict[int, list[Found]] = {}
        for told in self._everywhere(search, self._orders.folder, tuple(numbers)):
            for number, each in told:
                traces.setdefault(number, []).append(each)
        return traces

    def hurry(self) -> None:
        """Say so in the orders of what is sent from here on."""
        self._orders = replace(self._orders, starting=starting_of(self._orders.timeout, again=True))

    def renew(self) -> None:
        """Ray starts new workers by itself."""

    def close(self) -> None:
        """End what is under way, and remove what the workers left."""
        folder = self._orders.folder
        if not self._is_local:  # a local Ray is about to end with all its workers
            for handle in self._under_way:
                self._ray.cancel(handle, force=True)
            self._everywhere(forget, folder)
        shutil.rmtree(folder, ignore_errors=True)

    def _everywhere(self, what: Any, *arguments: Any) -> list[Any]:
        """Return what comes of a function on every living node; here at once, where that is the only one."""
        ray = self._ray
        if self._is_local:
            return [what(*arguments)]
        from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

        alive = [node["NodeID"] for node in ray.nodes() if node["Alive"]]
        strategies = [NodeAffinitySchedulingStrategy(node_id=node, soft=False) for node in alive]
        task = ray.remote(num_cpus=0, max_retries=0)(what)
        handles = [task.options(scheduling_strategy=strategy).remote(*arguments) for strategy in strategies]
        over, _ = ray.wait(handles, num_returns=len(handles), timeout=PATIENCE)
        told: list[Any] = []
        for handle in over:
            try:
                told.append(ray.get(handle))
            except ray.exceptions.RayError:  # a node that is gone tells nothing
                continue
        return told


def _said(error: BaseException) -> str:
    """Return the first sentence of an exception of Ray, which paints them."""
    return PAINT.sub("", str(error)).strip().partition("\n")[0].partition(". ")[0][:300]
