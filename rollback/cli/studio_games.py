"""Which game a checkpoint is played in against a person, by what it was trained on. Knows names; knows no lobby."""

from __future__ import annotations

from typing import Final
from urllib.parse import parse_qsl

from rollback.agents.races import RACES
from rollback.errors import UsageError
from signaling.offers import BUILT_IN, Offer

__all__ = ["game_for", "race_offers"]

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


def race_offers() -> dict[str, Offer]:
    """Return what browsers are offered besides the built-in games: the maps of GridWorld for two."""
    return {full: Offer(full, f"GridWorld: {name}", (2,)) for name, full in RACES.items()}
