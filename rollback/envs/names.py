"""Naming a game: `pong`, `module:Game`, `path/file.py:Game`, or an environment. Knows how to import; knows no session."""

from __future__ import annotations

import difflib
import importlib
import importlib.util
import inspect
import os
import pkgutil
import sys
import traceback
import zlib
from collections.abc import Callable, Iterable
from pathlib import Path
from types import ModuleType
from typing import Any, Final

from rollback.envs.environment_names import PREFIXES, canonical_environment, environment_factory, is_built_in
from rollback.errors import GameError, MissingPackage
from rollback.game import Game

__all__ = ["SHORT_NAMES", "canonical_name", "game_factory"]

SHORT_NAMES: Final = {
    "pong": "rollback.games:Pong",
    "duel": "rollback.games:Duel",
    "gridworld": "rollback.games:GridWorld",
    "tetris": "rollback.games:Tetris",
}
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


def game_factory(name: str, *, is_trusted: bool = True) -> Callable[[], Game]:
    """Return what makes fresh games of that name; the module is imported now, a game is made at each call.

    The current folder counts as a place of modules, and so does the folder of a file that is named.

    Args:
        name: A short name such as `pong`, `module:Game`, `path/file.py:Game`, `gym:[module:]Id-v0[?key=value&...]` or
            `pettingzoo:module[?key=value&...]`.
        is_trusted: False for a name that came from a file or from another peer: then only the built-in games are found,
            also as environments, for importing a module runs it, and one may lie beside the file that names it.

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
        if not is_trusted and not is_built_in(full):
            raise GameError(f"the environment {name!r} is not made because somebody else names it: give it yourself as --game")
        return _Factory(name, environment_factory(full))
    place, _, attribute = full.rpartition(":")
    is_file = (place or full).endswith(".py")
    if is_file and not is_trusted:
        raise GameError(f"the file {name!r} is not run because somebody else names it: give it yourself as --game")
    if not is_trusted and place and full not in SHORT_NAMES.values():
        raise GameError(f"the module of {name!r} is not imported because somebody else names it: give it yourself as --game")
    if not place and not is_file:
        raise GameError(f"there is no game called {name!r}{_closest(name, SHORT_NAMES)}: {FORMS}")
    module = _run_file(place or full) if is_file else _import(place, name)
    if not place:
        raise GameError(f"{name!r} names a file but no game in it: {_choices(full, module)}")
    found = getattr(module, attribute, None)
    if found is None:
        raise GameError(f"{place} has no {attribute!r}{_closest(attribute, _public(module))}: {_choices(place, module)}")
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
            raise GameError(f"{self.name} could not be made: {_last_line(error)}") from error
        for method in _METHODS:
            if not callable(getattr(game, method, None)):
                raise GameError(f"{self.name} makes {_kind(game)} without a method {method}(): a game needs step, save, load")
        return game  # type: ignore[no-any-return]

    def __reduce__(self) -> tuple[Callable[..., Any], tuple[str]]:
        return game_factory, (self.name,)


def _import(module: str, name: str) -> ModuleType:
    here = os.getcwd()
    if here not in sys.path and "" not in sys.path:
        sys.path.insert(0, here)  # a console script starts without it, and people stand beside their game
    if not all(part.isidentifier() for part in module.split(".")):
        raise GameError(f"{name!r} names no game: {FORMS}")
    try:
        return importlib.import_module(module)
    except ModuleNotFoundError as error:
        missing = error.name or module
        if module == missing or module.startswith(f"{missing}."):
            raise GameError(f"there is no module {missing!r}{_closest(module, _modules(missing))}: {FORMS}") from None
        raise GameError(f"{module} cannot be imported: {_last_line(error)}") from error
    except Exception as error:  # a module may raise anything
        raise GameError(f"{module} cannot be imported: {_last_line(error)}") from error


def _run_file(path: str) -> ModuleType:
    file = Path(path).expanduser()
    if not file.is_file():
        beside = sorted(each.name for each in file.parent.glob("*.py")) if file.parent.is_dir() else []
        raise GameError(f"there is no file {path!r}{_closest(file.name, beside)}: {FORMS}")
    file = file.resolve()
    known = sys.modules.get(file.stem)
    if known is not None and getattr(known, "__file__", None) == str(file):
        return known  # two games of one file share their classes
    module_name = file.stem if known is None else f"{file.stem}_{zlib.crc32(str(file).encode()):08x}"
    if module_name in sys.modules:
        return sys.modules[module_name]
    if str(file.parent) not in sys.path:
        sys.path.insert(0, str(file.parent))  # as when the file is run: what lies beside it can be imported
    found = importlib.util.spec_from_file_location(module_name, file)
    assert found is not None and found.loader is not None
    module = importlib.util.module_from_spec(found)
    sys.modules[module_name] = module
    try:
        found.loader.exec_module(module)
    except (Exception, SystemExit) as error:  # a file may raise anything, or leave
        del sys.modules[module_name]
        raise GameError(f"{path} cannot be run: {_last_line(error)}") from error
    return module


def _last_line(error: BaseException) -> str:
    """Return the last line of the traceback, and where in the user's own code it happened."""
    said = "".join(traceback.format_exception_only(error)).strip().splitlines()[-1]
    if isinstance(error, SyntaxError):
        return f"{said} (line {error.lineno})"
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if not frame.filename.startswith("<frozen")]
    own = [frame for frame in frames if frame.filename != __file__ and "importlib" not in frame.filename]
    return f"{said} ({os.path.basename(own[-1].filename)}, line {own[-1].lineno})" if own else said


def _closest(name: str, known: Iterable[str]) -> str:
    found = difflib.get_close_matches(name, list(known), n=3, cutoff=0.5)
    return f", did you mean {' or '.join(found)}?" if found else ""


def _modules(missing: str) -> list[str]:
    """Return the modules that stand where `missing` does not."""
    parent, _, _ = missing.rpartition(".")
    if not parent:
        return [each.name for each in pkgutil.iter_modules()]
    paths = getattr(sys.modules.get(parent), "__path__", [])
    return [f"{parent}.{each.name}" for each in pkgutil.iter_modules(paths)]


def _public(module: ModuleType) -> list[str]:
    return [name for name, value in vars(module).items() if not name.startswith("_") and callable(value)]


def _choices(place: str, module: ModuleType) -> str:
    games = [name for name, value in vars(module).items() if not name.startswith("_") and _is_game_class(value)]
    return f"write {' or '.join(f'{place}:{game}' for game in games[:5])}" if games else "it holds no game"


def _is_game_class(value: Any) -> bool:
    return inspect.isclass(value) and all(callable(getattr(value, method, None)) for method in _METHODS)


def _kind(value: Any) -> str:
    return f"a {type(value).__name__}"
