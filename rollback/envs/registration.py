"""The built-in games in Gymnasium's registry, `rollback/Pong-v0` ... Knows the ids; imports no environment and no Gymnasium.

Gymnasium finds no plugins by itself: whoever imports `rollback.envs` has the ids, whether Gymnasium comes before or after.
"""

from __future__ import annotations

import importlib.abc
import importlib.machinery
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from types import ModuleType
from typing import Any, Final

__all__ = ["REGISTERED", "register"]

_REGISTRY: Final = "gymnasium.envs.registration"


@dataclass(frozen=True, slots=True)
class Entry:
    """One id.

    Attributes:
        maker: Function of `rollback.envs.built_in.solos` that makes it.
        reward_threshold: What a player who has learnt the game gets in a match; the scripted bot does.
        max_episode_steps: Steps after which a match is cut short, well above what a match of two players takes; None where
            the game itself has a time limit.
        settings: Given to the maker, below what the caller gives.
    """

    maker: str
    reward_threshold: float | None = None
    max_episode_steps: int | None = None
    settings: dict[str, Any] = field(default_factory=dict)


REGISTERED: Final = {
    "rollback/Pong-v0": Entry("pong", reward_threshold=3.0, max_episode_steps=36_000),
    "rollback/Duel-v0": Entry("duel", reward_threshold=2.0, max_episode_steps=36_000),
    "rollback/GridWorld-v0": Entry("gridworld", reward_threshold=85.0),
    "rollback/GridWorldCoop-v0": Entry("gridworld_coop", reward_threshold=200.0),
    "rollback/Tetris-v0": Entry("tetris", reward_threshold=300_000.0, max_episode_steps=36_000),
    "rollback/TetrisPlacements-v0": Entry("tetris_placements", reward_threshold=500_000.0, max_episode_steps=1_000),
}


def register() -> None:
    """Put the ids into Gymnasium's registry, now or as soon as it is imported; those that are there stay as they are."""
    registry = sys.modules.get(_REGISTRY)
    if registry is not None and hasattr(registry, "register"):
        _enter(registry)
    elif not any(isinstance(finder, _Waiting) for finder in sys.meta_path):
        sys.meta_path.insert(0, _Waiting())


def _enter(registry: ModuleType) -> None:
    for name, entry in REGISTERED.items():
        if name not in registry.registry:
            registry.register(
                id=name,
                entry_point=f"rollback.envs.built_in.solos:{entry.maker}",
                reward_threshold=entry.reward_threshold,
                max_episode_steps=entry.max_episode_steps,
                kwargs=dict(entry.settings),
            )


class _Waiting(importlib.abc.MetaPathFinder):
    """Sees Gymnasium's registry being imported, and goes: importing it here would make every command wait for it."""

    def find_spec(
        self, name: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        if name != _REGISTRY:
            return None
        spec = importlib.machinery.PathFinder.find_spec(name, path, target)
        if spec is not None and spec.loader is not None:
            run: Any = spec.loader.exec_module

            def run_and_enter(module: ModuleType) -> None:
                run(module)
                _enter(module)
                if self in sys.meta_path:
                    sys.meta_path.remove(self)

            spec.loader.exec_module = run_and_enter  # type: ignore[method-assign]
        return spec
