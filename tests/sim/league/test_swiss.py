"""Rounds of a league: neighbours meet, rather new ones, nobody is left out, and nobody sits in one seat only."""

from __future__ import annotations

from collections import Counter
from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as some

from rollback.errors import UsageError
from rollback.sim.league.swiss import next_round, rounds_for, seated


@given(some.integers(2, 64), some.integers(2, 4), some.integers(1, 5000))
def test_the_rounds_hold_all_matches_and_are_of_one_size(agents, players, matches):
    if agents < 2 * players:
        return
    rounds = rounds_for(agents, players, matches)
    assert sum(rounds) == matches and max(rounds) - min(rounds) <= 1


def test_a_field_of_thirty_two_has_eight_rounds_and_fewer_where_there_are_few_matches():
    assert len(rounds_for(32, 2, 1000)) == 8
    assert rounds_for(32, 2, 50) == [16, 17, 17]
    assert rounds_for(32, 2, 5) == [5]


def test_neighbours_in_the_standings_meet():
    assert next_round([3, 1, 0, 2], 2, {}, [0] * 4) == [(3, 1), (0, 2)]


def test_those_who_met_already_meet_others_first():
    assert next_round([3, 1, 0, 2], 2, {(1, 3): 1}, [1] * 4) == [(3, 0), (1, 2)]
    assert next_round([3, 1, 0, 2], 2, dict.fromkeys(combinations(range(4), 2), 1), [3] * 4) == [(3, 1), (0, 2)]


def test_who_played_most_sits_out_where_the_seats_do_not_come_out_even():
    assert next_round([0, 1, 2], 2, {}, [1, 2, 1]) == [(0, 2)]
    assert next_round([0, 1, 2], 2, {}, [1, 1, 1]) == [(0, 1)], "of equals the last one"


@given(some.permutations(range(9)), some.integers(2, 4), some.integers(0, 10**6))
def test_nobody_plays_twice_in_a_round(order, players, seed):
    met = {pair: (seed >> place % 20) & 1 for place, pair in enumerate(combinations(range(9), 2))}
    groups = next_round(order, players, met, [0] * 9)
    seen = [agent for group in groups for agent in group]
    assert len(seen) == len(set(seen)) == 9 - 9 % players
    assert all(len(group) == players for group in groups)


def test_the_seats_of_a_group_turn_from_match_to_match_and_from_round_to_round():
    assert list(seated([(4, 7), (1, 2)], 4)) == [(4, 7), (2, 1), (7, 4), (1, 2)]
    assert list(seated([(4, 7)], 1, start=1)) == [(7, 4)]
    seats = Counter(lineup.index(5) for lineup in seated([(5, 6, 7)], 30))
    assert seats == {0: 10, 1: 10, 2: 10}


@pytest.mark.parametrize(
    ("agents", "players", "said"),
    [(9, 1, "a game for one player has no league"), (3, 2, "needs at least 4 agents, not 3; play a round robin")],
)
def test_what_is_no_league_is_said_in_one_sentence(agents, players, said):
    with pytest.raises(UsageError, match=said):
        rounds_for(agents, players, 100)


@pytest.mark.parametrize(("agents", "rounds"), [(8, 4), (9, 4), (16, 6)])
def test_over_the_rounds_of_a_league_nobody_meets_the_same_one_twice(agents, rounds):
    """Each round the lower number wins: the strongest meet each other, and still find somebody new."""
    met: Counter[tuple[int, int]] = Counter()
    won, played = [0] * agents, [0] * agents
    for _ in range(rounds):
        order = sorted(range(agents), key=lambda agent: (-won[agent], agent))
        for group in next_round(order, 2, met, played):
            met[min(group), max(group)] += 1
            won[min(group)] += 1
            for agent in group:
                played[agent] += 1
    assert max(met.values()) == 1
    assert max(played) - min(played) <= 1, "who sat out once plays before it sits out again"
    assert won.index(max(won)) == 0 and max(won) == rounds


def test_groups_that_all_met_meet_again_rather_than_not_at_all():
    met = dict.fromkeys(combinations(range(6), 2), 2)
    met[0, 5] = 1
    assert next_round(list(range(6)), 3, met, [4] * 6) == [(0, 5, 1), (2, 3, 4)]
