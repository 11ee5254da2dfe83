"""Environments by name: `gym:CartPole-v1?share=race&players=2`, `pettingzoo:mpe2.simple_tag_v3`. Knows no session.

Everything third-party is imported when a name asks for it, so that other names are found without.
"""

from __future__ import annotations

import difflib
import importlib
import importlib.util
import inspect
import pkgutil
import re
import warnings
from collections.abc import Callable, Iterable
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import parse_qsl, quote, unquote

from rollback.envs.importing import from_here
from rollback.errors import GameError, MissingPackage

if TYPE_CHECKING:
    from rollback.envs.environment_game import EnvironmentGame

__all__ = ["FORMS", "PREFIXES", "canonical_environment", "environment_factory", "is_built_in", "maker_of_module"]

PREFIXES: Final = ("gym:", "pettingzoo:")
FORMS: Final = "gym:Id-v0 or pettingzoo:module, with ?key=value&... where it takes settings"

_LONGEST: Final = 1000  # characters: names travel in replays and rooms
_MOST_SETTINGS: Final = 16
_OURS: Final = re.compile(r"gym:rollback/[A-Za-z]{1,40}-v\d{1,3}|pettingzoo:rollback\.envs\.[a-z]{1,40}_v\d{1,3}")
_KEY: Final = re.compile(r"[A-Za-z_]\w{0,63}")
_WORDS: Final = {"None": None, "none": None, "null": None, "True": True, "true": True, "False": False, "false": False}
_UNEXPECTED: Final = re.compile(r"unexpected keyword argument '(\w+)'")
_NUMBER: Final = re.compile(r"[+-]?\d{1,18}")
_OWN_SETTINGS: Final = {  # settings of the game, not of the environment, with the kinds they may have
    "gym:": {"players": int, "share": str, "saver": str, "bits": int, "episodes": int, "idle": object},
    "pettingzoo:": {"saver": str, "bits": int, "episodes": int, "idle": object},
}
_FAMILIES: Final = ("butterfly", "atari", "classic", "sisl")  # of pettingzoo; mpe2 is a package of its own


def canonical_environment(name: str) -> str:
    """Return the name of an environment in one way of writing: its settings in the order of the alphabet."""
    try:
        prefix, place, settings = _parsed(name)
    except GameError:
        return name
    if prefix == "pettingzoo:":
        short = _short_modules()
        place = short.get(place, f"pettingzoo.{place}" if f"pettingzoo.{place}" in short.values() else place)
    query = "&".join(f"{quote(key)}={quote(str(value))}" for key, value in sorted(settings.items()))
    return f"{prefix}{place}?{query}" if query else f"{prefix}{place}"


def is_built_in(name: str) -> bool:
    """Return whether the name is one of an environment that comes with this package, whatever its settings."""
    return len(name) <= _LONGEST and _OURS.fullmatch(name.partition("?")[0]) is not None


def environment_factory(name: str) -> Callable[[], EnvironmentGame]:
    """Return what makes fresh games of an environment's name.

    Without `share` the actions of a Gymnasium environment are split among the players where they can be, and it is raced
    where not; without `players` there are two.

    Raises:
        GameError: The name leads nowhere, or a setting is none; the closest names are told.
        MissingPackage: The environment's package is not installed.
    """
    prefix, place, settings = _parsed(name)
    own = {key: settings.pop(key) for key in _OWN_SETTINGS[prefix] if key in settings}
    for key, value in own.items():
        wanted = _OWN_SETTINGS[prefix][key]
        if wanted is not object and type(value) is not wanted and value is not None:
            raise GameError(f"{key} in {name!r} must be {'a whole number' if wanted is int else 'a word'}, not {value!r}")
    if settings.get("render_mode") == "human":
        raise GameError(f"render_mode=human in {name!r} opens a window for every copy and slows every step: leave it away")
    title = canonical_environment(name)
    if isinstance(own.get("idle"), str):
        own["idle"] = [_value(part) for part in own["idle"].split(",")]
    given: dict[str, Any] = {key: value for key, value in own.items() if value is not None}
    if prefix == "gym:":
        try:
            from rollback.envs.gymnasium_games import from_gymnasium, usual_share
            from rollback.envs.making import maker_of_id
        except ModuleNotFoundError as error:
            raise MissingPackage(f"to play {name}", str(error.name)) from None
        make = maker_of_id(place, settings)

        def game() -> EnvironmentGame:
            if given.get("share") is None:
                given["share"] = usual_share(make, given.get("players", 2))
            return from_gymnasium(make, **given)
    else:
        make = maker_of_module(place, settings)

        def game() -> EnvironmentGame:
            try:
                from rollback.envs.parallel import from_parallel_env
            except ModuleNotFoundError as error:
                raise MissingPackage(f"to play {name}", str(error.name)) from None
            return from_parallel_env(make, **given)

    def named() -> EnvironmentGame:
        try:
            made = game()
        except GameError as error:
            unknown = _UNEXPECTED.search(str(error))
            if unknown is None or unknown[1] not in settings:
                raise
            raise GameError(_no_setting(unknown[1], place, _OWN_SETTINGS[prefix])) from error
        made.game_id = title
        made.made_by(named)
        return made

    return named


def _no_setting(key: str, place: str, known: Iterable[str]) -> str:
    found = difflib.get_close_matches(key, list(known), n=1, cutoff=0.6)
    meant = f", did you mean {found[0]}?" if found else ""
    return f"there is no setting {key!r}{meant}: the game's are {', '.join(known)}, and {place} does not take it either"


def maker_of_module(place: str, settings: dict[str, Any]) -> Callable[[], Any]:
    """Return what makes the PettingZoo environment of a module: its `parallel_env`, or its `env`.

    Args:
        place: `mpe2.simple_tag_v3`, `pettingzoo.butterfly.pistonball_v6`, or the last part of what PettingZoo has.
        settings: Arguments of the environment.

    Raises:
        GameError: There is no such module, or it has neither function; the closest ones are told.
        MissingPackage: A package is missing.
    """
    module = _imported(place)
    make: Any = getattr(module, "parallel_env", None) or getattr(module, "env", None)
    if not callable(make):
        raise GameError(f"{place} has neither parallel_env() nor env(): name a module of a PettingZoo environment")
    settings = {**_roms(module), **settings}
    if "render_mode" not in settings and _takes_render_mode(make):
        tried: list[dict[str, Any]] = []

        def made() -> Any:
            if not tried:
                tried.append(_with_picture(make, settings))
            return make(**tried[0])

        return made
    return lambda: make(**settings)


def _parsed(name: str) -> tuple[str, str, dict[str, Any]]:
    if len(name) > _LONGEST:
        raise GameError(f"a name of {len(name)} characters is no game's: the limit is {_LONGEST}")
    prefix = next((prefix for prefix in PREFIXES if name.startswith(prefix)), "")
    place, mark, query = name[len(prefix) :].partition("?")
    place = unquote(place.strip())
    if not prefix or not place or not re.fullmatch(r"[\w./:\-]+", place):
        raise GameError(f"{name!r} names no environment: write {FORMS}")
    try:
        pairs = parse_qsl(query, keep_blank_values=True, strict_parsing=bool(mark), max_num_fields=_MOST_SETTINGS)
    except ValueError:
        raise GameError(f"the settings of {name!r} are not written as ?key=value&key=value, at most {_MOST_SETTINGS}") from None
    settings: dict[str, Any] = {}
    for key, value in pairs:
        if not _KEY.fullmatch(key) or key in settings:
            raise GameError(f"{key!r} in {name!r} is no name of a setting, or stands there twice")
        settings[key] = _value(value)
    return prefix, place, settings


def _value(text: str) -> int | float | bool | str | None:
    if text in _WORDS:
        return _WORDS[text]
    if _NUMBER.fullmatch(text):
        return int(text)
    try:
        return float(text)
    except ValueError:
        return text


def _imported(place: str) -> ModuleType:
    if not all(part.isidentifier() for part in place.split(".")):
        raise GameError(f"{place!r} is no module: write {FORMS}")
    if place not in _short_modules() and not place.startswith("rollback."):  # ours may be named by others
        from_here()
    full = _short_modules().get(place, place) if "." not in place else place
    here_first = [full, f"pettingzoo.{place}"] if place.split(".")[0] in _FAMILIES else [full]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # PettingZoo warns of its own modules: they are what its users name
        for each in here_first:
            try:
                return importlib.import_module(each)
            except ModuleNotFoundError as error:
                missing = error.name or each
                if each != missing and not each.startswith(f"{missing}."):
                    raise MissingPackage(f"the environment {place}", missing) from None
            except Exception as error:  # a module may raise anything
                text = " ".join(str(error).split())[:300]
                found = re.findall(r"pip install ([^`'\n]+)", text)
                if found:
                    raise MissingPackage(f"the environment {place}", found[-1].strip()) from None
                raise GameError(f"{each} cannot be imported: {type(error).__name__}: {text}") from error
    top = place.split(".")[0]
    if top == "pettingzoo" and importlib.util.find_spec("pettingzoo") is None:
        raise MissingPackage(f"the environment {place}", "pettingzoo", "pettingzoo")
    if top in ("mpe2", "supersuit", "multi_agent_ale_py") and importlib.util.find_spec(top) is None:
        raise MissingPackage(f"the environment {place}", top.replace("_", "-"))
    raise GameError(f"there is no module {place!r}{_closest(place)}")


def _closest(place: str) -> str:
    short = _short_modules()
    known = {**{full: full for full in short.values()}, **short}
    found = difflib.get_close_matches(place, list(known), n=3, cutoff=0.5)
    told = list(dict.fromkeys(known[each] for each in found))
    return f", did you mean {' or '.join(told)}?" if told else f": write {FORMS}"


def _short_modules() -> dict[str, str]:
    """Return the environments' modules that are here, by their last part, without importing any of them."""
    found: dict[str, str] = {}
    for package in ("rollback.envs", "mpe2", *(f"pettingzoo.{family}" for family in _FAMILIES)):
        top = importlib.util.find_spec(package.partition(".")[0])
        if top is None or not top.submodule_search_locations:
            continue
        folders = [f"{each}/{'/'.join(package.split('.')[1:])}" for each in top.submodule_search_locations]
        for module in pkgutil.iter_modules(folders):
            if re.fullmatch(r"[a-z_0-9]+_v\d+", module.name):
                found.setdefault(module.name, f"{package}.{module.name}")
    return found


def _roms(module: ModuleType) -> dict[str, Any]:
    """Return where the ROMs of PettingZoo's Atari environments lie, if only the package ale_py brought them."""
    if not module.__name__.startswith("pettingzoo.atari."):
        return {}
    own, other = (importlib.util.find_spec(package) for package in ("multi_agent_ale_py", "ale_py"))
    if own is None or other is None or own.origin is None or other.origin is None:
        return {}
    if any(Path(own.origin).parent.glob("roms/*.bin")):
        return {}
    return {"auto_rom_install_path": str(Path(other.origin).parent)}


def _takes_render_mode(make: Any) -> bool:
    try:
        parameters = inspect.signature(make).parameters.values()
    except (TypeError, ValueError):
        return False
    return any(each.name == "render_mode" or each.kind is each.VAR_KEYWORD for each in parameters)


def _with_picture(make: Any, settings: dict[str, Any]) -> dict[str, Any]:
    """Return the settings with the mode that draws without a window, where the environment has it."""
    try:
        probed = make(**settings, render_mode="rgb_array")
    except Exception:  # it has none, or something else is wrong, which is told when it is made without
        return settings
    modes = (getattr(probed, "metadata", None) or {}).get("render_modes") or ()
    getattr(probed, "close", lambda: None)()
    return {**settings, "render_mode": "rgb_array"} if "rgb_array" in modes else settings
