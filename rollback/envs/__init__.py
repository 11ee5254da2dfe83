"""Environments as games, games by name, and games as environments. Its names are resolved on first use; no logic.

Importing it needs neither numpy nor Gymnasium; the ids of the built-in games are there as soon as Gymnasium is.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from rollback.envs.registration import register as _register
from rollback.errors import MissingPackage as _MissingPackage

if TYPE_CHECKING:
    from rollback.envs.codecs.spaces import codec_for
    from rollback.envs.data.minari import to_minari
    from rollback.envs.data.replay import export_transitions, transitions_of
    from rollback.envs.data.transitions import TransitionRecorder, record_transitions
    from rollback.envs.environment_game import EnvironmentGame
    from rollback.envs.gymnasium_games import from_gymnasium
    from rollback.envs.names import canonical_name, game_factory
    from rollback.envs.parallel import from_parallel_env

__all__ = [
    "EnvironmentGame",
    "TransitionRecorder",
    "canonical_name",
    "codec_for",
    "export_transitions",
    "from_gymnasium",
    "from_parallel_env",
    "game_factory",
    "record_transitions",
    "to_minari",
    "transitions_of",
]

_PLACES = {
    "EnvironmentGame": "environment_game",
    "TransitionRecorder": "data.transitions",
    "canonical_name": "names",
    "codec_for": "codecs.spaces",
    "export_transitions": "data.replay",
    "from_gymnasium": "gymnasium_games",
    "from_parallel_env": "parallel",
    "game_factory": "names",
    "record_transitions": "data.transitions",
    "to_minari": "data.minari",
    "transitions_of": "data.replay",
}

_register()


def __getattr__(name: str) -> Any:
    place = _PLACES.get(name)
    if place is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    try:
        value = getattr(import_module(f"{__name__}.{place}"), name)
    except ModuleNotFoundError as error:
        raise _MissingPackage(f"rollback.envs.{name}", str(error.name)) from None
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
