"""Who in an environment makes it differ from itself, by name: asked once a check has failed. Words no verdict.

Clocks, generators and state outside of objects are found by `rollback.envs.saving.witnesses`; here an environment's game is
played for it, and calls of hash() and id() are looked for, which differ only from process to process.
"""

from __future__ import annotations

import os
import sys
import types
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

from rollback.game import Game
from rollback.testing.environment_facts import environment_of
from rollback.testing.trial import Trial

if TYPE_CHECKING:
    from rollback.envs.environment_game import EnvironmentGame

__all__ = ["environments_in", "outside_of", "suspects"]

_FRAMES: Final = 60
_MOST: Final = 6  # sentences
_HASHES: Final = frozenset({hash, id})
_TRUSTED: Final = frozenset({"rollback", "numpy", "gymnasium", "pettingzoo"})


def suspects(trial: Trial, before: dict[str, Any]) -> list[str]:
    """Return who is likely to make an environment differ, a sentence each; nothing for a plain game.

    Args:
        trial: The environment's game.
        before: What `outside_of` said of a game before any was played.
    """
    if not trial.is_environment:
        return []
    from rollback.envs.saving.probe import Episode
    from rollback.envs.saving.witnesses import changed, witnesses

    game: Any = trial.make()

    def step(actions: Any) -> Any:
        return game.step(actions)

    def sample(dice: Any) -> list[Any]:
        return [game.sample(player, dice) for player in range(game.players)]

    found = witnesses(Episode(game.reset, step, sample, lambda: bool(game.over)), _FRAMES)
    found += _hashers(trial)
    found += [f"{name} changed while it played, and is in no snapshot" for name in changed(before, outside_of(game))]
    return list(dict.fromkeys(found))[:_MOST]


def outside_of(game: Game) -> dict[str, Any]:
    """Return a fingerprint of what the environments of a game hold in classes and modules; of a plain game, nothing."""
    own = environment_of(game)
    if own is None:
        return {}
    from rollback.envs.saving.witnesses import outside

    return {name: value for env in environments_in(own) for name, value in outside(env).items()}


def environments_in(game: EnvironmentGame) -> list[Any]:
    """Return the environments that a game plays in, with all their wrappers."""
    held: Any = game
    return list(getattr(held, "copies", None) or [held.env])


def _hashers(trial: Trial) -> list[str]:
    from rollback.envs.saving.witnesses import undisturbed

    found: dict[str, None] = {}
    try:
        with undisturbed(), _watched(found):
            game = trial.make()
            for frame, actions in enumerate(trial.actions(game, trial.seed, _FRAMES)):
                game.step(actions)
                if frame == _FRAMES // 2 and hasattr(game, "reset"):
                    game.reset(trial.seed)
    except Exception:  # it is watched up to there
        pass
    return list(found)


@contextmanager
def _watched(found: dict[str, None]) -> Iterator[None]:
    before = sys.getprofile()

    def watch(frame: types.FrameType, event: str, asked: Any) -> None:
        if event == "c_call" and type(asked) is types.BuiltinFunctionType and asked in _HASHES:
            code = frame.f_code
            package = str(frame.f_globals.get("__name__", "")).partition(".")[0]
            if package in _TRUSTED or package in sys.stdlib_module_names:
                return
            who = code.co_qualname.rpartition("<locals>.")[2]
            found[f"{who} ({os.path.basename(code.co_filename)}, line {frame.f_lineno}) calls {asked.__name__}()"] = None

    watching: Callable[..., Any] = watch
    try:
        sys.setprofile(watching)
        yield
    finally:
        sys.setprofile(before)
