"""Who meets whom in which seats, match by match, when everybody meets everybody. Knows numbers; knows no game and no result.

An agent is its number in the list. A lineup says which agent sits in which seat. The lineups come in blocks: in a block every
group of agents meets once, and the next block turns the seats, so that after as many blocks as there are seats every group has
met in every rotation, and after all orders of the seats everything has been played equally often. Pairs come in rounds in
which everybody plays once (the circle method of chess tournaments), so that a run that ends early is nearly balanced too.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import combinations, combinations_with_replacement, permutations
from math import comb
from random import Random

from rollback.errors import UsageError

__all__ = ["Lineup", "groups", "lineup_at", "round_robin", "seatings", "whole_cycle"]

Lineup = tuple[int, ...]

MOST_GROUPS = 200_000  # of which a list is held; 64 agents in fours are 635,376 groups, more than anybody plays
MOST_ORDERED = 5  # seats; six have 720 orders


def round_robin(agents: int, players: int) -> Iterator[Lineup]:
    """Yield the lineups of all matches, without an end.

    Args:
        agents: How many there are.
        players: Seats of the game. With fewer agents than seats some sit in several.

    Raises:
        UsageError: There are too few agents, or too many groups of them.
    """
    index = 0
    while True:
        yield lineup_at(index, agents, players)
        index += 1


def lineup_at(index: int, agents: int, players: int) -> Lineup:
    """Return the lineup of one match; see `round_robin`."""
    if players == 1:
        return (index % agents,)
    met, orders = groups(agents, players), seatings(players)
    block, place = divmod(index, len(met))
    group = met[place]
    return tuple([group[seat] for seat in orders[block % len(orders)]])


def whole_cycle(agents: int, players: int) -> int:
    """Return how many matches it takes until every group has met in every rotation of the seats."""
    return agents if players == 1 else len(groups(agents, players)) * players


@lru_cache(maxsize=16)
def groups(agents: int, players: int) -> Sequence[Lineup]:
    """Return everyone who can meet, seated as in the first block.

    In their order all agents play about equally often, and in each seat about equally often, from the first match on.

    Raises:
        UsageError: There are too few agents, or too many groups of them.
    """
    if agents < 2 or players < 2:
        raise UsageError(f"a match of {players} needs at least two agents to compare, not {agents}")
    if agents < players:
        filled = combinations_with_replacement(range(agents), players)
        return _seated([group for group in filled if len(set(group)) == agents])
    if comb(agents, players) > MOST_GROUPS:
        raise UsageError(
            f"{agents} agents make {comb(agents, players)} groups of {players}, more than the {MOST_GROUPS} of a round robin; "
            "name fewer agents, or play a league"
        )
    if players == 2:
        return _seated(_circle(agents))
    found = list(combinations(range(agents), players))
    Random(agents * 16 + players).shuffle(found)  # always the same order; as it comes, the first ones would play first
    return _seated(found)


@lru_cache(maxsize=16)
def seatings(players: int) -> Sequence[Lineup]:
    """Return all orders of the seats, the rotations of one order next to each other; only these, if there are many seats."""
    found: list[Lineup] = []
    for rest in permutations(range(1, players)) if players <= MOST_ORDERED else [range(1, players)]:
        order = (0, *rest)
        found += [order[turn:] + order[:turn] for turn in range(players)]
    return found


def _seated(found: Sequence[Lineup]) -> list[Lineup]:
    """Return groups with their seats turned so that nobody holds one seat more often than others do, as far as that goes."""
    counts: dict[tuple[int, int], int] = {}
    seated = []
    for group in found:
        turned = [group[turn:] + group[:turn] for turn in range(len(group))]
        best = min(turned, key=lambda lineup: sum(counts.get(sitting, 0) for sitting in enumerate(lineup)))
        for sitting in enumerate(best):
            counts[sitting] = counts.get(sitting, 0) + 1
        seated.append(best)
    return seated


def _circle(agents: int) -> list[Lineup]:
    """Return all pairs, in rounds in which everybody plays once, or all but one."""
    ring = [*range(agents), *[-1] * (agents % 2)]
    pairs: list[Lineup] = []
    for _ in range(len(ring) - 1):
        both = zip(ring[: len(ring) // 2], reversed(ring), strict=False)
        pairs += [(left, right) for left, right in both if left >= 0 and right >= 0]
        ring = [ring[0], ring[-1], *ring[1:-1]]
    return pairs
