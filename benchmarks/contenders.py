"""Who plays the same matches in `benchmarks/simulate.py`: bare processes, ours, and what else there is. Times nothing."""

from __future__ import annotations

import multiprocessing
import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Final

from labour import Labour, answer, played_one, rest

from rollback.sim import MatchSpec, simulate

WORKERS: Final = 2
SEED: Final = 7

Digests = list[str]
Contender = Callable[[MatchSpec, list[int]], Digests]


def ours(spec: MatchSpec, seeds: list[int]) -> Digests:
    """Play them with `simulate` on processes."""
    results = simulate([spec] * len(seeds), seed=SEED, backend="process", workers=WORKERS)
    return [result.digest for result in results]


def bare(spec: MatchSpec, seeds: list[int]) -> Digests:
    """Play them on two processes, each of which is given its half at the start."""
    context = multiprocessing.get_context("spawn")
    ends = []
    for number in range(WORKERS):
        here, there = context.Pipe(duplex=False)
        process = context.Process(target=answer, args=(there, spec, seeds[number::WORKERS]))
        process.start()
        there.close()
        ends.append((process, here))
    found = [""] * len(seeds)
    for number, (process, here) in enumerate(ends):
        found[number::WORKERS] = here.recv()
        process.join()
    return found


def by_joblib(spec: MatchSpec, seeds: list[int]) -> Digests:
    """Play them with joblib as it comes: loky's processes, batches that it sizes itself."""
    from joblib import Parallel, delayed
    from joblib.externals.loky import get_reusable_executor

    try:
        return list(Parallel(n_jobs=WORKERS)(delayed(played_one)(spec, seed) for seed in seeds))
    finally:
        get_reusable_executor().shutdown(wait=True)  # or the next round would find its processes running


def by_pool(spec: MatchSpec, seeds: list[int]) -> Digests:
    """Play them with `multiprocessing.Pool`, in the chunks that it takes itself."""
    with multiprocessing.get_context("spawn").Pool(WORKERS) as pool:
        return pool.starmap(played_one, [(spec, seed) for seed in seeds])


def by_ray_one_by_one(spec: MatchSpec, seeds: list[int]) -> Digests:
    """Play each match as a task of Ray's."""
    import ray

    task = ray.remote(num_cpus=1)(played_one)
    return list(ray.get([task.remote(spec, seed) for seed in seeds]))


def ours_on_ray(spec: MatchSpec, seeds: list[int]) -> Digests:
    """Play them with `simulate` on Ray."""
    results = simulate([spec] * len(seeds), seed=SEED, backend="ray", workers=WORKERS)
    return [result.digest for result in results]


CONTENDERS: Final[dict[str, Contender]] = {
    "bare": bare,
    "ours": ours,
    "joblib": by_joblib,
    "Pool": by_pool,
    "ours on ray": ours_on_ray,
    "ray one by one": by_ray_one_by_one,
}
PACKAGES: Final = {"joblib": "joblib", "ours on ray": "ray", "ray one by one": "ray"}
VECTOR: Final = "AsyncVectorEnv"


@contextmanager
def cluster() -> Iterator[None]:
    """Run Ray on this machine; it is not measured how long that takes."""
    import ray

    os.environ["PYTHONPATH"] = os.pathsep.join([*sys.path[:2], os.environ.get("PYTHONPATH", "")])
    ray.init(address="local", num_cpus=WORKERS, include_dashboard=False, log_to_driver=False, logging_level="ERROR")
    try:
        ray.get([ray.remote(num_cpus=1)(rest).remote() for _ in range(2 * WORKERS)])  # its workers are there
        yield
    finally:
        ray.shutdown()


def vectors(frames: int, matches: int) -> float:
    """Return the seconds that Gymnasium's AsyncVectorEnv takes for a match when it plays so many, without its start."""
    from gymnasium.vector import AsyncVectorEnv

    environments = AsyncVectorEnv([lambda: _environment(frames)] * WORKERS, context="spawn")
    try:
        environments.reset(seed=[SEED] * WORKERS)
        actions = environments.action_space.sample() * 0
        ended, start = 0, time.perf_counter()
        while ended < matches:
            _, _, over, _, _ = environments.step(actions)
            ended += int(over.sum())
        return (time.perf_counter() - start) / ended
    finally:
        environments.close()


def _environment(frames: int) -> Any:
    """Return the game as an environment, with as little around it as there can be."""
    import gymnasium
    import numpy

    class Environment(gymnasium.Env[Any, Any]):
        observation_space = gymnasium.spaces.Box(0, 2**31, (1,), numpy.float64)
        action_space = gymnasium.spaces.Discrete(2)

        def __init__(self) -> None:
            self.game = Labour()

        def reset(self, *, seed: int | None = None, options: Any = None) -> tuple[Any, dict[str, Any]]:
            super().reset(seed=seed)
            self.game.reset(seed or SEED)
            self.left = frames
            return numpy.array([self.game.value], numpy.float64), {}

        def step(self, action: Any) -> tuple[Any, float, bool, bool, dict[str, Any]]:
            self.game.step((int(action),))
            self.left -= 1
            return numpy.array([self.game.value], numpy.float64), 0.0, self.left == 0, False, {}

    return Environment()
