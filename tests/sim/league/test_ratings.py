"""Ratings: what is known in closed form, what nobody may break, and whether the intervals hold what they promise."""

from __future__ import annotations

from math import log10
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as some

from rollback.sim.league.ratings import expected, rate


def points_of(*results: tuple[int, int, float], agents: int) -> list[list[float]]:
    points = [[0.0] * agents for _ in range(agents)]
    for winner, loser, count in results:
        points[winner][loser] += count
    return points


def test_of_two_agents_with_many_matches_the_difference_is_that_of_their_shares():
    first, second = rate(points_of((0, 1, 75_000), (1, 0, 25_000), agents=2))
    assert first.elo - second.elo == pytest.approx(400 * log10(3), abs=0.1)
    assert first.elo == pytest.approx(-second.elo)


def test_the_interval_of_two_equals_is_that_of_a_coin_tossed_so_often():
    """Each is 173.7 x 1.96 x half of 1/sqrt(n p q) away from the middle, and a hair less for the drawn match all are given."""
    first, second = rate(points_of((0, 1, 200), (1, 0, 200), agents=2))
    assert first.elo == pytest.approx(0, abs=1e-9) and first.error == second.error
    assert first.error == pytest.approx(173.718 * 1.959964 / 2 / (400 * 0.25) ** 0.5, rel=0.005)


def test_more_matches_make_narrower_intervals():
    few, many = (rate(points_of((0, 1, 6 * n), (1, 0, 4 * n), agents=2))[0] for n in (1, 100))
    assert many.error < few.error / 5


def test_who_never_lost_is_far_ahead_and_the_interval_says_how_little_that_means():
    first, second = rate(points_of((0, 1, 30), agents=2))
    assert 400 < first.elo - second.elo < 1200 and first.error > 150


def test_who_won_all_of_more_matches_is_further_ahead():
    gaps = [rate(points_of((0, 1, count), agents=2))[0].elo for count in (1, 3, 10, 100, 10_000)]
    assert gaps == sorted(gaps) and gaps[-1] < 1000


def test_agents_that_never_met_are_compared_through_others():
    ratings = rate(points_of((0, 1, 750), (1, 0, 250), (1, 2, 750), (2, 1, 250), agents=3))
    assert ratings[0].elo - ratings[2].elo == pytest.approx(2 * 400 * log10(3), rel=0.01)


def test_groups_that_never_met_get_ratings_and_wide_intervals():
    ratings = rate(points_of((0, 1, 60), (1, 0, 40), (2, 3, 60), (3, 2, 40), agents=4))
    assert ratings[0].elo == pytest.approx(ratings[2].elo) and ratings[0].error > 150


def test_without_any_match_all_are_equal_and_nobody_knows_anything():
    assert [rating.elo for rating in rate(points_of(agents=3))] == [0, 0, 0]
    assert all(rating.error > 400 for rating in rate(points_of(agents=3)))
    assert rate([]) == []


def test_what_an_agent_took_from_itself_does_not_count():
    points = points_of((0, 1, 6), (1, 0, 4), agents=2)
    plain = rate(points)
    points[0][0] = 50.0
    assert rate(points) == plain


@given(some.lists(some.lists(some.integers(0, 40), min_size=4, max_size=4), min_size=4, max_size=4))
def test_any_results_have_finite_ratings_around_zero_and_more_wins_never_hurt(points):
    before = rate(points)
    assert sum(rating.elo for rating in before) == pytest.approx(0, abs=1e-6)
    assert all(abs(rating.elo) < 5000 and 0 < rating.error < 5000 for rating in before)
    points[2][1] += 1
    after = rate(points)
    assert after[2].elo - after[1].elo > before[2].elo - before[1].elo


def test_the_intervals_hold_the_true_rating_in_about_95_of_100_tournaments():
    generator, true = Random(11), [150.0, 40.0, -40.0, -150.0]
    held = tried = 0
    for _ in range(150):
        points = points_of(agents=4)
        for left in range(4):
            for right in range(left):
                won = sum(generator.random() < expected(true[left], true[right]) for _ in range(40))
                points[left][right] += won
                points[right][left] += 40 - won
        for rating, strength in zip(rate(points), true, strict=True):
            tried += 1
            held += abs(rating.elo - strength) <= rating.error
    assert 0.92 < held / tried < 0.98


def test_the_ratings_are_the_top_of_the_likelihood():
    """Held against the formula itself: every step away from what was found makes the results less likely."""
    from math import log

    points = points_of((0, 1, 12), (1, 0, 5), (1, 2, 7.5), (2, 1, 2.5), (0, 2, 3), (2, 0, 4), agents=3)

    def likelihood(ratings: list[float]) -> float:
        won = sum(points[a][b] * log(expected(ratings[a], ratings[b])) for a in range(3) for b in range(3) if a != b)
        return won + sum(0.5 * log(expected(rating, 0)) + 0.5 * log(expected(0, rating)) for rating in ratings)

    found = [rating.elo for rating in rate(points)]
    # What is told is centred; the drawn match that all are given pulls towards 0, so the top may be shifted as a whole.
    top = max(([rating + shift / 10 for rating in found] for shift in range(-300, 301)), key=likelihood)
    for agent in range(3):
        for step in (-2.0, 2.0):
            moved = list(top)
            moved[agent] += step
            assert likelihood(moved) < likelihood(top)
