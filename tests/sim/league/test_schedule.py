"""Everybody meets everybody: in every seat equally often, and about equally often at any moment."""

from __future__ import annotations

from collections import Counter
from itertools import combinations, islice

import pytest
from hypothesis import given
from hypothesis import strategies as some

from rollback.errors import UsageError
from rollback.sim.league.schedule import groups, lineup_at, round_robin, seatings, whole_cycle

SIZES = [(2, 2), (3, 2), (4, 2), (7, 2), (3, 3), (5, 3), (4, 4), (6, 4)]


@pytest.mark.parametrize(("agents", "players"), SIZES)
def test_after_a_whole_cycle_every_group_has_met_in_every_rotation(agents, players):
    played = list(islice(round_robin(agents, players), whole_cycle(agents, players)))
    met = Counter(tuple(sorted(lineup)) for lineup in played)
    assert met == dict.fromkeys(combinations(range(agents), players), players)
    seats = Counter((agent, seat) for lineup in played for seat, agent in enumerate(lineup))
    assert len(seats) == agents * players and len(set(seats.values())) == 1
    assert all(count == 1 for count in Counter(played).values())


@pytest.mark.parametrize(("agents", "players"), [(3, 3), (4, 3), (4, 4)])
def test_after_all_orders_of_the_seats_every_lineup_was_played_equally_often(agents, players):
    cycle = len(groups(agents, players)) * len(seatings(players))
    played = Counter(islice(round_robin(agents, players), cycle))
    assert len(played) == cycle and set(played.values()) == {1}


def test_three_agents_of_a_game_for_two_meet_like_this():
    assert list(islice(round_robin(3, 2), 6)) == [(1, 2), (2, 0), (0, 1), (2, 1), (0, 2), (1, 0)]


@pytest.mark.parametrize("agents", [2, 5, 8, 21])
def test_a_game_of_two_is_nearly_balanced_wherever_it_ends(agents):
    seen: Counter[int] = Counter({agent: 0 for agent in range(agents)})
    for lineup in islice(round_robin(agents, 2), whole_cycle(agents, 2)):
        seen.update(lineup)
        assert max(seen.values()) - min(seen.values()) <= 2


def test_a_large_field_is_no_stranger_to_its_last_ones_after_a_few_matches():
    """In the order in which groups are counted, the first agents would play everything for a long while."""
    seen = Counter(agent for lineup in islice(round_robin(20, 4), 100) for agent in lineup)
    assert len(seen) == 20 and max(seen.values()) < 4 * min(seen.values())


def test_nobody_holds_the_first_seat_through_the_first_block():
    for agents, players in ((12, 2), (9, 2), (9, 3)):
        block = groups(agents, players)
        seats = Counter(lineup[0] for lineup in islice(round_robin(agents, players), len(block)))
        assert len(seats) == agents and max(seats.values()) < 1.6 * len(block) / agents


def test_with_fewer_agents_than_seats_everybody_still_plays_every_match():
    played = list(islice(round_robin(2, 3), len(groups(2, 3)) * 6))
    assert all(set(lineup) == {0, 1} for lineup in played)
    seats = Counter((agent, seat) for lineup in played for seat, agent in enumerate(lineup))
    assert len(set(seats.values())) == 1


def test_in_a_game_for_one_all_play_in_turn():
    assert list(islice(round_robin(3, 1), 5)) == [(0,), (1,), (2,), (0,), (1,)]
    assert whole_cycle(3, 1) == 3


@given(some.integers(0, 10**9), some.integers(2, 9), some.integers(1, 4))
def test_any_match_of_a_schedule_has_its_lineup_without_those_before_it(index, agents, players):
    lineup = lineup_at(index, agents, players)
    assert len(lineup) == players and set(lineup) <= set(range(agents))
    assert len(set(lineup)) == min(agents, players) or players == 1


@pytest.mark.parametrize(
    ("agents", "players", "said"),
    [(1, 2, "at least two agents to compare, not 1"), (64, 4, "64 agents make 635376 groups of 4, more than the 200000")],
)
def test_what_cannot_be_a_round_robin_is_said_in_one_sentence(agents, players, said):
    with pytest.raises(UsageError, match=said):
        next(round_robin(agents, players))
