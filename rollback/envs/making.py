"""Gymnasium environments made by id, by function, or once more. Knows the registry; knows no players."""

from __future__ import annotations

import difflib
import importlib
import re
import warnings
from collections.abc import Callable
from types import ModuleType
from typing import Any, Final

import gymnasium
from gymnasium import error as gymnasium_error
from gymnasium.envs.registration import load_env_creator

from rollback.envs.importing import from_here, last_line, run_file
from rollback.errors import GameError, MissingPackage, RollbackError

__all__ = ["made_quietly", "maker_of", "maker_of_id", "one_more", "said"]

_NAMESPACES: Final = {"ALE": ("ale_py", "ale-py"), "rollback": ("rollback.envs.registration", "rollback")}
_PIP: Final = re.compile(r"pip install ([^`'\n]+)")
_PICTURES: Final = ("rgb_array", "ansi")  # modes that open no window, the better one first


def maker_of(env: Any) -> Callable[[], Any] | None:
    """Return what makes environments like `env`: an id, a function, or an environment; None for one that is there once.

    Raises:
        GameError: There is no environment of that id, or it is none of these.
        MissingPackage: The environment's package is not installed.
    """
    if isinstance(env, str):
        return maker_of_id(env, {})
    if isinstance(env, gymnasium.Env):
        spec = env.spec
        return None if spec is None else lambda: gymnasium.make(spec)
    if not callable(env):
        raise GameError(f"{env!r:.80} is no environment: give an id such as 'CartPole-v1', a function that makes one, or one")
    make: Callable[[], Any] = env
    return make


def maker_of_id(id: str, settings: dict[str, Any]) -> Callable[[], Any]:
    """Return what makes the environment of an id, with a picture where it has one.

    Args:
        id: `Id-v0`, or `module:Id-v0` or `path/file.py:Id-v0` to import a module first, also one in the current folder.
        settings: Arguments of the environment.

    Raises:
        GameError: There is none of that id (the closest ones are told), or what holds it cannot be imported.
        MissingPackage: Its package is not installed.
    """
    module, _, bare = id.rpartition(":")
    held = None
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of gymnasium: of newer versions, and of what is registered twice
        try:
            if module:
                held = _import(module)
            _register(bare)
            spec = gymnasium.spec(bare)
            creator: Any = spec.entry_point if callable(spec.entry_point) else load_env_creator(str(spec.entry_point))
        except ModuleNotFoundError as error:
            if module and error.name and (module == error.name or module.startswith(f"{error.name}.")):
                raise GameError(f"there is no module {error.name!r} that could hold the environment {bare!r}") from None
            raise MissingPackage(f"the environment {bare}", _package(str(error)) or error.name or "") from None
        except gymnasium_error.DependencyNotInstalled as error:
            raise MissingPackage(f"the environment {bare}", _package(str(error)) or "gymnasium[all]") from None
        except gymnasium_error.Error as error:
            if type(error) is gymnasium_error.DeprecatedEnv:
                raise GameError(said(error)) from None
            if callable(getattr(held, bare, None)):
                raise GameError(
                    f"{bare!r} is registered nowhere, but {module} has it: write {module}:{bare}, without gym:"
                ) from None
            raise GameError(f"there is no Gymnasium environment {bare!r}{_closest(bare)}") from None
        except RollbackError:
            raise
        except (Exception, SystemExit) as error:  # a module may raise anything, and an entry point may lead nowhere
            raise GameError(f"the environment {bare!r} cannot be imported: {last_line(error)}") from error
    modes = [mode for mode in _PICTURES if mode in ((getattr(creator, "metadata", None) or {}).get("render_modes") or ())]
    if modes and "render_mode" not in settings and "render_mode" not in spec.kwargs:
        settings = {"render_mode": modes[0], **settings}
    return lambda: gymnasium.make(bare, **settings)


def made_quietly(make: Callable[[], Any], what: str = "the environment") -> Any:
    """Return what `make` makes, without the warnings of third parties, and with one sentence where it fails.

    Raises:
        GameError: It raised.
        MissingPackage: A package is missing.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return make()
        except RollbackError:
            raise
        except ImportError as error:
            package = _package(str(error)) or error.name
            if package is None:
                raise GameError(f"{what} could not be made: {said(error)}") from error
            raise MissingPackage(what, package) from error
        except gymnasium_error.DependencyNotInstalled as error:
            raise MissingPackage(what, _package(str(error)) or "gymnasium[all]") from error
        except Exception as error:  # an environment's constructor may raise anything
            raise GameError(f"{what} could not be made: {said(error)}") from error


def one_more(env: Any, make: Callable[[], Any] | None) -> Any:
    """Return another environment like `env`.

    Raises:
        GameError: It cannot be made again, or comes out otherwise.
    """
    if make is None:
        raise GameError(
            f"a race needs a copy of {type(env.unwrapped).__name__} for every player, and this one is there once:"
            " give its id, or a function that makes it"
        )
    other = made_quietly(make, "a copy of the environment")
    if other is env:
        raise GameError("the function returned the same environment twice: let it make a new one at every call")
    if _layers(other) != _layers(env):
        raise GameError(f"a copy of the environment came out as {other}, and not as {env}: give a function that makes it")
    return other


def said(error: BaseException) -> str:
    """Return what an exception says, on one line, with its kind."""
    text = " ".join(re.sub(r"\x1b\[[0-9;]*m", "", str(error)).split())[:300]
    return f"{type(error).__name__}: {text}" if text else type(error).__name__


def _layers(env: Any) -> list[type]:
    layers = [type(env)]
    while isinstance(env, gymnasium.Wrapper):
        env = env.env
        layers.append(type(env))
    return layers


def _import(place: str) -> ModuleType:
    if place.endswith(".py"):
        return run_file(place, "write gym:path/file.py:Id-v0")
    if not all(part.isidentifier() for part in place.split(".")):
        raise GameError(f"{place!r} is no module: write gym:module:Id-v0 or gym:path/file.py:Id-v0")
    from_here()
    return importlib.import_module(place)


def _register(id: str) -> None:
    """Import the package that registers a namespace that is known, unless somebody did."""
    namespace = id.partition("/")[0]
    if "/" in id and id not in gymnasium.registry and namespace in _NAMESPACES:
        module, package = _NAMESPACES[namespace]
        try:
            found = importlib.import_module(module)
        except ModuleNotFoundError:
            raise MissingPackage(f"the environment {id}", package) from None
        register: Any = getattr(found, "register", None) or getattr(found, "register_v5_envs", None)
        if id not in gymnasium.registry and callable(register):
            register()


def _package(text: str) -> str | None:
    found = _PIP.findall(text)
    return found[-1].strip().rstrip(".") if found else None


def _closest(id: str) -> str:
    by_lower = {each.lower(): each for each in gymnasium.registry}
    # A version and a hyphen alone make strangers half alike: 0.5 led from NoSuch-v0 to MountainCar-v0.
    found = [by_lower[each] for each in difflib.get_close_matches(id.lower(), list(by_lower), n=3, cutoff=0.7)]
    return f", did you mean {' or '.join(found)}?" if found else "; gymnasium.pprint_registry() lists those there are"
