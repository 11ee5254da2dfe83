"""The versions of what decides an environment's course, in one line for the handshake. Knows packages; imports none."""

from __future__ import annotations

import sys
from importlib import metadata
from types import ModuleType
from typing import Any, Final

__all__ = ["version_of"]

_ENGINES: Final = {  # what computes the course of many environments, by the module they import
    "Box2D": "box2d",
    "ale_py": "ale-py",
    "mujoco": "mujoco",
    "multi_agent_ale_py": "multi-agent-ale-py",
    "pymunk": "pymunk",
}


def version_of(env: Any, saver: str) -> str:
    """Return the versions of the environment's package, its engine, gymnasium and numpy, and the saver's name.

    Args:
        env: The environment.
        saver: Peers that save in different ways cannot read each other's snapshots, so it counts too.
    """
    packages: dict[str, None] = {}
    for layer in _layers(env):
        top = type(layer).__module__.partition(".")[0]
        if top not in ("gymnasium", "numpy", "builtins", "__main__"):
            packages[top] = None
        for kind in type(layer).__mro__:
            for value in vars(sys.modules.get(kind.__module__, ModuleType(""))).values():
                if isinstance(value, ModuleType) and (engine := value.__name__.partition(".")[0]) in _ENGINES:
                    packages[_ENGINES[engine]] = None
    told = [f"{name} {version}" for name in sorted(packages) if (version := _version(name))]
    told += [f"{name} {version}" for name in ("gymnasium", "numpy") if (version := _version(name))]
    return ", ".join([*told, f"saved by {saver}"])


def _layers(env: Any) -> list[Any]:
    """Return the environment and what it wraps, outermost first; each may be of another package."""
    layers = [env]
    while len(layers) < 32:
        held = vars(layers[-1]) if hasattr(layers[-1], "__dict__") else {}
        inner = next((held[name] for name in ("env", "aec_env", "par_env") if held.get(name) is not None), None)
        if inner is None:
            break
        layers.append(inner)
    bare = getattr(env, "unwrapped", None)
    return layers if bare is None or any(layer is bare for layer in layers) else [*layers, bare]


def _version(package: str) -> str:
    if package == "rollback":
        import rollback

        return str(rollback.__version__)
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        found = getattr(sys.modules.get(package), "__version__", "")
        return found if isinstance(found, str) else ""
