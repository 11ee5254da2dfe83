"""Where a checkpoint is played against a person: in which game, at which address. Knows names; knows no lobby."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final
from urllib.parse import parse_qsl, urlencode

from rollback.agents.races import RACES, TITLES
from rollback.errors import UsageError
from signaling.offers import BUILT_IN, Offer

__all__ = ["alone_page", "game_for", "race_offers"]

_GRIDWORLDS: Final = ("gridworld", "rollback.games:gridworld", "gym:rollback/gridworld-v0")
_USUAL: Final = {"gym:rollback/gridworld-v0": "rooms"}  # the map of a name that says none
_FIRST: Final = "halls"


def game_for(environment: str) -> str:
    """Return the name of a game for two in which an agent that was trained on `environment` can play.

    Raises:
        UsageError: There is none.
    """
    place, _, query = environment.strip().partition("?")
    family = place.lower()
    if family in _GRIDWORLDS:
        layout = dict(parse_qsl(query)).get("layout", _USUAL.get(family, _FIRST))
        if layout in RACES:
            return RACES[layout]
    name = family.rpartition(":")[2]
    if name in BUILT_IN and name != "gridworld":
        return name
    raise UsageError(
        f"nobody can play against what was trained on {environment[:80]!r} from here: take rollback play --bot FILE.npz"
    )


def race_offers(names: Iterable[str] = tuple(RACES.values())) -> dict[str, Offer]:
    """Return what browsers are offered besides the built-in games: the maps of GridWorld for two.

    Args:
        names: Those of these names that are such maps; all of them unless given.
    """
    return {full: Offer(full, TITLES[full], (2,), comes_with_us=True) for full in names if full in TITLES}


def alone_page(lobby: str, agent: Mapping[str, Any]) -> str:
    """Return the address at which somebody plays an agent in the browser, alone: of the lobby, and of `name` and `game`."""
    return f"{lobby}/?{urlencode({'solo': agent['name'], 'game': agent['game']}, safe=':')}"
