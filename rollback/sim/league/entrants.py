"""Who takes part, by name, and what each is called in a table. Knows names of players; knows no match."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rollback.errors import RollbackError, UsageError
from rollback.sim.pool.played import Shared
from rollback.sim.pool.sides import check_side, checkpoints_of, policies_of

__all__ = ["ALIASES", "check_entrants", "labels_of", "names_of"]

ALIASES = {"scripted": "best"}
MOST = 256


def names_of(agents: Sequence[str]) -> tuple[str, ...]:
    """Return the names that matches know, with `scripted` for what they call `best`.

    Raises:
        UsageError: One is no name of a player, or there are none or too many.
    """
    if isinstance(agents, str) or not isinstance(agents, Sequence) or not 1 <= len(agents) <= MOST:
        raise UsageError(f"agents must be a list of 1 to {MOST} names such as ['best', 'random'], not {agents!r:.80}")
    for agent in agents:
        if agent not in ALIASES:
            check_side(agent)
    return tuple([ALIASES.get(agent, agent) for agent in agents])


def labels_of(agents: Sequence[str]) -> list[str]:
    """Return what each is called: as little of its name as tells it from the others; equal names get a number.

    Args:
        agents: The names, as the user gave them.
    """
    owners: dict[str, set[str]] = {}
    for agent in agents:
        for form in _forms(agent):
            owners.setdefault(form, set()).add(agent)
    chosen = [next(form for form in _forms(agent) if owners[form] == {agent} or form == agent) for agent in agents]
    count, seen, labels = Counter(chosen), Counter[str](), []
    for label in chosen:
        seen[label] += 1
        labels.append(f"{label} #{seen[label]}" if count[label] > 1 else label)
    return labels


def check_entrants(game: Any, agents: Sequence[str]) -> None:
    """Make each of them once, so that a wrong name is told at once and not by every match.

    Args:
        game: A game, which is not played.
        agents: Names that `names_of` returned.

    Raises:
        UsageError: One leads nowhere, cannot be read, or raises when it is made.
    """
    shared = Shared({name: _read(name) for name in checkpoints_of(agents)})
    for agent in dict.fromkeys(agents):
        try:
            policies_of(game, (agent,), 0, shared)
        except RollbackError:
            raise
        except Exception as error:  # it is the user's own code
            raise UsageError(f"{agent} cannot be made: {type(error).__name__}: {error}") from error


def _forms(agent: str) -> tuple[str, str, str]:
    """Return a name's forms from the shortest to the whole: the class, the file with it, and all of the path."""
    place, mark, settings = agent.partition("?")
    file = place.replace("\\", "/").rpartition("/")[2]
    return f"{file.rpartition(':')[2]}{mark}{settings}", f"{file}{mark}{settings}", agent


def _read(name: str) -> bytes:
    try:
        return Path(name).read_bytes()
    except OSError as error:
        raise UsageError(f"{name} cannot be read: {error.strerror}") from None
