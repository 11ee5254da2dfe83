"""Naming a game: `pong`, `module:Game`, `path/file.py:Game`, or an environment. Knows how to import; knows no session."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable
from types import ModuleType
from typing import Any, Final

from rollback.envs.environment_names import PREFIXES, canonical_environment, environment_factory, is_built_in
from rollback.envs.importing import closest, imported, last_line, run_file
from rollback.errors import GameError, MissingPackage
from rollback.game import Game

__all__ = ["RACES", "SHORT_NAMES", "canonical_name", "comes_with_us", "game_factory"]

SHORT_NAMES: Final = {
    "pong": "rollback.games:Pong",
    "duel": "rollback.games:Duel",
    "gridworld": "rollback.games:GridWorld",
    "tetris": "rollback.games:Tetris",
}
# What `rollback.agents.races` has, which lies above this folder; a test holds that they are the same. It is a list and not a
# rule about modules, for somebody else's name may lead to what is here and to nothing else.
RACES: Final = tuple(f"rollback.agents.races:{name}" for name in ("halls", "rooms", "cliff", "keys", "race"))
FORMS: Final = (
    "name a game as module:Game, path/file.py:Game, gym:Id-v0 or pettingzoo:module, or one of"
    f" {', '.join(list(SHORT_NAMES)[:-1])} and {list(SHORT_NAMES)[-1]}"
)
_METHODS: Final = ("step", "save", "load")


def canonical_name(name: str) -> str:
    """Return the full name of a built-in game or an environment, whichever way it was written, and others as they are."""
    if name.strip().startswith(PREFIXES):
        return canonical_environment(name.strip())
    module, _, attribute = name.rpartition(":")
    short = name.strip().lower()
    if module in ("rollback.games", f"rollback.games.{attribute.lower()}"):
        short = attribute.lower()
    return SHORT_NAMES.get(short, name)


def comes_with_us(name: str) -> bool:
    """Return whether the game comes with this package, so that everybody has it, and a file or another peer may name it."""
    full = canonical_name(name)
    return full in SHORT_NAMES.values() or full in RACES or is_built_in(full)


def game_factory(name: str, *, is_trusted: bool = True) -> Callable[[], Game]:
    """Return what makes fresh games of that name; the module is imported now, a game is made at each call.

    The current folder counts as a place of modules, and so does the folder of a file that is named. What makes an
    environment of Gymnasium or PettingZoo is taken too, with the settings that a name without any has.

    Args:
        name: A short name such as `pong`, `module:Game`, `path/file.py:Game`, `gym:[module:]Id-v0[?key=value&...]` or
            `pettingzoo:module[?key=value&...]`.
        is_trusted: False for a name that came from a file or from another peer: then only what `comes_with_us` is found, for
            importing a module runs it, and one may lie beside the file that names it.

    Raises:
        GameError: The name leads nowhere (the closest ones are told), or to no game, or its module cannot be imported.
            Calling the result raises it too, when the game cannot be made.
        MissingPackage: An environment's package is not installed.
    """
    if not isinstance(name, str) or not name.strip():
        raise GameError(f"{name!r} names no game: {FORMS}")
    name = name.strip()
    full = canonical_name(name)
    if full.startswith(PREFIXES):
        if not is_trusted and not comes_with_us(full):
            raise GameError(f"the environment {name!r} is not made because somebody else names it: give it yourself as --game")
        return _Factory(name, environment_factory(full))
    place, _, attribute = full.rpartition(":")
    is_file = (place or full).endswith(".py")
    if is_file and not is_trusted:
        raise GameError(f"the file {name!r} is not run because somebody else names it: give it yourself as --game")
    if not is_trusted and place and not comes_with_us(full):
        raise GameError(f"the module of {name!r} is not imported because somebody else names it: give it yourself as --game")
    if not place and not is_file:
        raise GameError(f"there is no game called {name!r}{closest(name, SHORT_NAMES)}: {FORMS}")
    module = run_file(place or full, FORMS) if is_file else imported(place, name, FORMS)
    if not place:
        raise GameError(f"{name!r} names a file but no game in it: {_choices(full, module)}")
    found = getattr(module, attribute, None)
    if found is None:
        raise GameError(f"{place} has no {attribute!r}{closest(attribute, _public(module))}: {_choices(place, module)}")
    if not callable(found):
        raise GameError(f"{name!r} is no game but {_kind(found)}: name a class with step, save and load, or what makes one")
    return _Factory(name, found)


class _Factory:
    """Makes games; a class of its own so that it can be pickled to where the name means the same."""

    def __init__(self, name: str, make: Callable[[], Any]) -> None:
        self.name = name
        self._make = make

    def __call__(self) -> Game:
        try:
            game = self._make()
        except (GameError, MissingPackage):
            raise
        except Exception as error:  # a game's constructor may raise anything
            raise GameError(f"{self.name} could not be made: {last_line(error)}") from error
        wrap = _wrapper_of(game)
        if wrap is not None:
            return wrap(self._make)
        for method in _METHODS:
            if not callable(getattr(game, method, None)):
                raise GameError(f"{self.name} makes {_kind(game)} without a method {method}(): a game needs step, save, load")
        return game  # type: ignore[no-any-return]

    def __reduce__(self) -> tuple[Callable[..., Any], tuple[str]]:
        return game_factory, (self.name,)


def _wrapper_of(made: Any) -> Callable[[Callable[[], Any]], Game] | None:
    """Return what makes games of something that makes environments like `made`, None where it is no environment."""
    if _is_of(made, "gymnasium", "Env"):
        from rollback.envs.gymnasium_games import from_gymnasium, usual_share

        return lambda make: from_gymnasium(make, share=usual_share(make, 2))
    is_like_one = not callable(getattr(made, "save", None)) and hasattr(made, "possible_agents") and hasattr(made, "reset")
    if is_like_one or _is_of(made, "pettingzoo", "ParallelEnv") or _is_of(made, "pettingzoo", "AECEnv"):
        from rollback.envs.parallel import from_parallel_env

        return from_parallel_env
    return None


def _is_of(value: Any, package: str, kind: str) -> bool:
    found = getattr(sys.modules.get(package), kind, None)  # what was never imported made nothing
    return found is not None and (issubclass(value, found) if inspect.isclass(value) else isinstance(value, found))


def _public(module: ModuleType) -> list[str]:
    return [name for name, value in vars(module).items() if not name.startswith("_") and callable(value)]


def _choices(place: str, module: ModuleType) -> str:
    games = [name for name, value in vars(module).items() if not name.startswith("_") and _is_game(value, module)]
    return f"write {' or '.join(f'{place}:{game}' for game in games[:5])}" if games else "it holds no game"


def _is_game(value: Any, module: ModuleType) -> bool:
    """Return whether it is a class of games, or one of environments that is the module's own."""
    if not inspect.isclass(value):
        return False
    kinds = (("gymnasium", "Env"), ("pettingzoo", "ParallelEnv"), ("pettingzoo", "AECEnv"))
    is_own = value.__module__ == module.__name__
    return all(callable(getattr(value, method, None)) for method in _METHODS) or (
        is_own and any(_is_of(value, *kind) for kind in kinds)
    )


def _kind(value: Any) -> str:
    return f"a {type(value).__name__}"
