"""Who plays, by name: `best`, `random`, `idle`, `module:Policy`, `path/file.py:Policy`, a saved agent. Knows no match.

Names, and not objects, so that the same spec means the same in every process and in a file.
"""

from __future__ import annotations

import difflib
import inspect
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from importlib import import_module
from typing import Any, Final
from urllib.parse import parse_qsl

from rollback.errors import CheckpointError, GameError, UsageError
from rollback.game import Game, codecs_of
from rollback.sim.pool.played import Shared
from rollback.types import Policy

__all__ = ["NAMES", "SAVED", "check_side", "checkpoints_of", "looks", "policies_of"]

NAMES: Final = ("best", "random", "idle")
SAVED: Final = (".npz", ".onnx")  # checkpoints, and the models of others
FORMS: Final = (
    "name a player as best, random, idle, module:Policy, path/file.py:Policy, a checkpoint FILE.npz or"
    " an ONNX model FILE.onnx, with ?key=value&... where it takes settings"
)
_LONGEST: Final = 1000  # characters
_MOST_SETTINGS: Final = 16
_OFFERED: Final = ("game", "player", "seed")
_SEATS: Final = 16  # seeds of neighbouring players must not meet those of neighbouring matches
_WORDS: Final = {"none": None, "null": None, "true": True, "false": False}
_NUMBER: Final = re.compile(r"[+-]?\d{1,18}")

Maker = Callable[[Game, int, int], Policy]  # (game, player, seed)


class Idle:
    """A policy that does nothing."""

    def __init__(self, game: Any, player: int) -> None:
        idle, codec = getattr(game, "idle", None), codecs_of(game)[player]
        self._input = bytes(codec.size) if idle is None else codec.encode(idle(player))
        self._decode = codec.decode

    def act(self, observation: Any, memory: Any) -> tuple[Any, Any]:
        """Return that."""
        return self._decode(self._input), None


@dataclass(frozen=True, slots=True)
class _Parsed:
    place: str
    settings: Mapping[str, Any]


def check_side(name: Any) -> None:
    """Look at the form of a player's name; whether it leads anywhere shows where it is played.

    Raises:
        UsageError: It has none of the forms.
    """
    _parsed(name)


def checkpoints_of(players: Sequence[str]) -> tuple[str, ...]:
    """Return the files of those players that are saved agents, each once."""
    places = [_parsed(name).place for name in players if any(ending in name for ending in SAVED)]
    return tuple(dict.fromkeys(place for place in places if place.endswith(SAVED)))


def policies_of(game: Game, players: Sequence[str], seed: int, shared: Shared) -> list[Policy]:
    """Return fresh policies for all players of a game.

    Args:
        game: The game they play.
        players: One name a player, one for all of them, or none: then all draw their actions from the seed.
        seed: Of the match.
        shared: Keeps what was imported.

    Raises:
        UsageError: A name leads nowhere, or there are not as many as players.
        GameError: A file or module cannot be imported.
    """
    count = game.players
    names = tuple(players) or ("random",)
    if len(names) == 1:
        names *= count
    elif len(names) != count:
        raise UsageError(f"{len(names)} players are named, and the game has {count}: name one each, or a single one for all")
    makers: list[Maker] = [shared.kept(("player", name), partial(_maker, name, shared)) for name in names]
    return [make(game, player, seed) for player, make in enumerate(makers)]


def looks(policy: Policy) -> bool:
    """Return whether a policy looks at what it is shown; those that are known not to need not be shown anything."""
    from rollback.games.random_bot import RandomBot

    return not (type(policy) in (RandomBot, Idle) or type(policy).__module__ == "rollback.envs.draws")


def _parsed(name: Any) -> _Parsed:
    if not isinstance(name, str) or not name.strip() or len(name) > _LONGEST:
        raise UsageError(f"{name!r:.80} names no player: {FORMS}")
    place, mark, query = name.strip().partition("?")
    try:
        pairs = parse_qsl(query, keep_blank_values=True, strict_parsing=bool(mark), max_num_fields=_MOST_SETTINGS)
    except ValueError:
        raise UsageError(
            f"the settings of {name!r} are not written as ?key=value&key=value, at most {_MOST_SETTINGS}"
        ) from None
    settings = {key: _value(value) for key, value in pairs}
    if len(settings) != len(pairs) or not all(key.isidentifier() for key in settings):
        raise UsageError(f"a setting of {name!r} has no proper name, or stands there twice: write ?key=value&key=value")
    if place in NAMES:
        if settings:
            raise UsageError(f"{place} takes no settings, as in {name!r}: {FORMS}")
        return _Parsed(place, settings)
    module, _, attribute = place.rpartition(":")
    if not place.endswith(SAVED) and not (module and attribute.isidentifier()):
        found = difflib.get_close_matches(place.lower(), NAMES, n=1)
        raise UsageError(f"there is no player called {place!r}{f', did you mean {found[0]}?' if found else ''}: {FORMS}")
    return _Parsed(place, settings)


def _value(text: str) -> Any:
    if text.lower() in _WORDS:
        return _WORDS[text.lower()]
    if _NUMBER.fullmatch(text):
        return int(text)
    try:
        return float(text)
    except ValueError:
        return text


def _maker(name: str, shared: Shared) -> Maker:
    parsed = _parsed(name)
    place = parsed.place
    if place == "best":
        return _scripted
    if place == "random":
        return _drawing
    if place == "idle":
        return lambda game, player, seed: Idle(game, player)
    if place.endswith(SAVED):
        return _from_saved(place, parsed.settings, shared)
    return _imported(name.strip(), place, parsed.settings)


def _scripted(game: Any, player: int, seed: int) -> Policy:
    """Return the game's own bot; what is played at random for want of one must not be told as the best there is."""
    from rollback.games.bots import RandomBot, bot_for

    bot = bot_for(game, player, seed)
    if isinstance(bot, RandomBot):
        raise UsageError(
            "this game has no scripted bot, so nobody can play it as best: name another player, random, idle, module:Policy,"
            " path/file.py:Policy, a checkpoint FILE.npz or an ONNX model FILE.onnx,"
            " or give the game a method bot(player, seed)"
        )
    return bot


def _drawing(game: Any, player: int, seed: int) -> Policy:
    """Return what draws legal actions: of an environment's space all alike, else what the codec makes of random bytes."""
    spaces = getattr(game, "spaces", None)
    if spaces is not None and type(game).__module__.startswith("rollback.envs."):
        from rollback.envs.draws import ChanceBot

        return ChanceBot(spaces(player)[1], player, seed)
    from rollback.games.random_bot import RandomBot

    return RandomBot(game, player, seed)


def _imported(name: str, place: str, settings: Mapping[str, Any]) -> Maker:
    """Return what makes the policies of an imported class or function, or hands out an imported policy."""
    from rollback.envs.importing import closest, imported, run_file

    module_name, _, attribute = place.rpartition(":")
    module = run_file(module_name, FORMS) if module_name.endswith(".py") else imported(module_name, name, FORMS)
    found: Any = getattr(module, attribute, None)
    if found is None:
        known = [each for each, value in vars(module).items() if not each.startswith("_") and callable(value)]
        raise GameError(f"{module_name} has no {attribute!r}{closest(attribute, known)}: {FORMS}")
    if not inspect.isclass(found) and callable(getattr(found, "act", None)):
        if settings:
            raise UsageError(f"{place} is a policy that was made already and takes no settings, as in {name!r}")
        return lambda game, player, seed: found
    if not callable(found):
        raise UsageError(f"{place} is no player but {found!r:.80}: name a class or function that makes a policy, or a policy")
    asked = _asked(found, name, settings)

    def make(game: Game, player: int, seed: int) -> Policy:
        # A class that is not told who plays could not tell its players apart: each then has a seed of its own.
        own = seed if "player" in asked else (seed * _SEATS + player) % 2**63
        offered = {"game": game, "player": player, "seed": own}
        policy: Policy = found(**{**{each: offered[each] for each in asked}, **settings})
        if not callable(getattr(policy, "act", None)):
            raise UsageError(f"{place} makes {policy!r:.80}, which is no policy: act(observation, memory) is needed")
        return policy

    return make


def _asked(found: Any, name: str, settings: Mapping[str, Any]) -> tuple[str, ...]:
    """Return which of game, player and seed a class or function takes by name, after a look at the rest."""
    try:
        parameters = inspect.signature(found).parameters.values()
    except (TypeError, ValueError):  # some of C show none
        return ()
    by_name = {each.name: each for each in parameters if each.kind in (each.POSITIONAL_OR_KEYWORD, each.KEYWORD_ONLY)}
    takes_any = any(each.kind is each.VAR_KEYWORD for each in parameters)
    for key in settings:
        if key not in by_name and not takes_any:
            near = difflib.get_close_matches(key, list(by_name), n=1)
            meant = f", did you mean {near[0]}?" if near else ""
            raise UsageError(f"{name!r} has a setting {key!r}{meant}: it takes {', '.join(by_name) or 'none'}")
    for each in parameters:
        wanted = each.default is each.empty and each.kind not in (each.VAR_POSITIONAL, each.VAR_KEYWORD)
        if wanted and not (each.name in by_name and (each.name in _OFFERED or each.name in settings)):
            raise UsageError(
                f"{name!r} needs {each.name!r}, and is given game, player and seed where it names them:"
                f" add ?{each.name}=..., or name a function that makes the policy"
            )
    return tuple(each for each in _OFFERED if each in by_name and each not in settings)


def _from_saved(place: str, settings: Mapping[str, Any], shared: Shared) -> Maker:
    """Return what makes policies of the bytes that travelled; an agent is read once a worker."""
    content = shared.parcel(place)
    if settings:
        what = "a checkpoint" if place.endswith(SAVED[0]) else "an ONNX model"
        raise UsageError(f"{place} is {what}, and takes no settings such as ?{next(iter(settings))}=...: leave them out")
    # By its name, like any module:Policy: what plays from files stands above this folder.
    playing: Any = import_module("rollback.agents.playing")
    agent = playing.saved_agent(content, place)
    policy_from: Callable[..., Policy] = playing.policy_from

    def make(game: Game, player: int, seed: int) -> Policy:
        try:
            return policy_from(agent, game, player, seed)
        except CheckpointError as error:
            raise CheckpointError(f"{place} does not fit: {error}") from None

    return make
