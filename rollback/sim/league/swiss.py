"""Who meets whom in the next round when there are too many agents for everybody to meet everybody. Knows no game and no rating.

As in a Swiss tournament: neighbours in the standings meet, rather those that have met least, and where the seats do not come
out even, whoever played most so far sits out.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations
from math import ceil, log2

from rollback.errors import UsageError
from rollback.sim.league.schedule import Lineup, seatings

__all__ = ["next_round", "rounds_for", "seated"]

EXTRA_ROUNDS = 3  # after log2(agents) rounds the first place is found; some more sort the middle


def rounds_for(agents: int, players: int, matches: int) -> list[int]:
    """Return how many matches each round has.

    Args:
        agents: How many there are.
        players: Seats of the game.
        matches: How many are played in all.

    Raises:
        UsageError: There are too few agents for a league.
    """
    if players < 2:
        raise UsageError("a game for one player has no league: everybody plays the same seeds alone, as in a round robin")
    if agents < 2 * players:
        raise UsageError(
            f"a league of {players}-player matches needs at least {2 * players} agents, not {agents}; play a round robin"
        )
    tables = agents // players
    rounds = max(1, min(ceil(log2(agents)) + EXTRA_ROUNDS, matches // tables))
    return [matches * (number + 1) // rounds - matches * number // rounds for number in range(rounds)]


def next_round(order: Sequence[int], players: int, met: Mapping[tuple[int, int], int], played: Sequence[int]) -> list[Lineup]:
    """Return the groups that meet, the strongest first.

    Args:
        order: All agents, the strongest first.
        players: Seats of the game.
        met: How often two agents have met, the lower number first.
        played: How often each agent has played.
    """
    left = list(order)
    resting = sorted(left, key=lambda agent: (-played[agent], -left.index(agent)))[: len(left) % players]
    left = [agent for agent in left if agent not in resting]
    groups: list[list[int]] = []
    while left:
        group = [left.pop(0)]
        while len(group) < players:
            # Two who met before meet again only where the others who are left have met as often.
            nearest = min(left, key=lambda agent: (sum(_count(met, agent, other) for other in group), left.index(agent)))
            left.remove(nearest)
            group.append(nearest)
        groups.append(group)
    _part(groups, met)
    return [tuple(group) for group in groups]


def seated(groups: Sequence[Lineup], matches: int, start: int = 0) -> Iterator[Lineup]:
    """Yield the lineups of a round: every group in turn, with the seats turned from match to match.

    Args:
        groups: Those that meet.
        matches: How many there are in this round.
        start: The number of the round, which turns the first seating: a group that plays once does not always sit alike.
    """
    orders = seatings(len(groups[0]))
    for match in range(matches):
        turn, place = divmod(match, len(groups))
        group = groups[place]
        yield tuple([group[seat] for seat in orders[(start + place + turn) % len(orders)]])


def _part(groups: list[list[int]], met: Mapping[tuple[int, int], int]) -> None:
    """Exchange members as long as fewer meet again by it: whoever is paired last has no choice left.

    The last groups, which have had the least choice, begin, and exchange with their neighbours first.
    """
    is_better = True
    while is_better:
        is_better = False
        for place in reversed(range(len(groups))):
            if _again(groups[place], met):
                is_better |= _exchange(groups, place, met)


def _exchange(groups: list[list[int]], place: int, met: Mapping[tuple[int, int], int]) -> bool:
    mine = groups[place]
    for other in sorted(range(len(groups)), key=lambda number: (abs(number - place), number)):
        theirs = groups[other]
        before = _again(mine, met) + _again(theirs, met)
        for left in range(len(mine) if other != place else 0):
            for right in range(len(theirs)):
                mine[left], theirs[right] = theirs[right], mine[left]
                if _again(mine, met) + _again(theirs, met) < before:
                    return True
                mine[left], theirs[right] = theirs[right], mine[left]
    return False


def _again(group: Sequence[int], met: Mapping[tuple[int, int], int]) -> int:
    """Return how often those in a group have met; often is worse than several times once."""
    return sum(_count(met, left, right) ** 2 for left, right in combinations(group, 2))


def _count(met: Mapping[tuple[int, int], int], left: int, right: int) -> int:
    return met.get((min(left, right), max(left, right)), 0)
