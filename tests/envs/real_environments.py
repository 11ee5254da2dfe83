"""The environments of other packages that are played here, as they are, with their drivers."""

from __future__ import annotations

import copy
import os
import warnings
from importlib import import_module
from pathlib import Path
from typing import Any

import gymnasium

from rollback.envs.race import episode_of
from rollback.envs.saving.probe import Episode


def drawn(space: Any, dice: Any) -> Any:
    """Return an action of the space, drawn from the generator that is given; the environment's own space stays as it is."""
    space = copy.deepcopy(space)
    space.seed(dice.randrange(2**31))
    return space.sample()


def single(id: str, **settings: Any) -> tuple[Any, Episode]:
    """Return an environment of Gymnasium."""
    if id.startswith("ALE/"):
        gymnasium.register_envs(import_module("ale_py"))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        env = gymnasium.make(id, **settings)
    return env, episode_of(env, lambda dice: drawn(env.action_space, dice))


def parallel(module: str, **settings: Any) -> tuple[Any, Episode]:
    """Return a parallel environment of PettingZoo."""
    os.environ.setdefault("SDL_VIDEODRIVER", "dummy")
    if ".atari." in module:
        settings.setdefault("auto_rom_install_path", str(Path(import_module("ale_py").__file__ or "").parent / "roms"))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        env = import_module(module).parallel_env(**settings)
    ended = [True]

    def reset(seed: int) -> Any:
        observations = env.reset(seed=seed)[0]
        ended[0] = not env.agents
        return observations

    def step(actions: Any) -> Any:
        results = env.step({agent: actions[agent] for agent in env.agents})[:4]
        ended[0] = not env.agents or all(results[2].get(agent) or results[3].get(agent) for agent in env.agents)
        return results

    def sample(dice: Any) -> Any:
        return {agent: drawn(env.action_space(agent), dice) for agent in env.possible_agents}

    return env, Episode(reset, step, sample, lambda: ended[0])
