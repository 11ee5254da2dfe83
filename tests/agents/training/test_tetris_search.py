"""The fast search finds what the plain one finds, for every field, piece and weights."""

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rollback.agents.training.tetris_search import best_place
from rollback.games.tetris_board import FULL_ROW, afterstates, board_of
from rollback.games.tetris_features import BCTS, value
from rollback.games.tetris_pieces import PIECES

WEIGHTS = st.lists(st.integers(-8000, 8000), min_size=8, max_size=8)


def plain(board, piece, weights):
    """Return what the documented functions say is best: the greatest value, then the smallest action."""
    found = sorted((-value(after, weights), after.action, after.board, after.lines) for after in afterstates(board, piece))
    return (-found[0][0], *found[0][1:]) if found else None


@settings(max_examples=150, deadline=None)
@given(st.lists(st.integers(0, FULL_ROW - 1), max_size=22), st.sampled_from(PIECES), WEIGHTS)
def test_on_any_field_it_is_the_place_the_plain_search_finds(rows, piece, weights):
    found = best_place(board_of(rows), piece, weights)
    assert (None if found is None else tuple(found)) == plain(board_of(rows), piece, weights)


@pytest.mark.parametrize("dense", [0.5, 0.9])
def test_on_fields_as_games_have_them_too_and_lines_are_really_among_them(dense):
    dice, lines, ends = random.Random(1), 0, 0
    for _ in range(250):
        rows = [sum((dice.random() < dense) << column for column in range(10)) % FULL_ROW for _ in range(dice.randint(0, 22))]
        piece = dice.choice(PIECES)
        found = best_place(board_of(rows), piece, BCTS)
        assert (None if found is None else tuple(found)) == plain(board_of(rows), piece, BCTS)
        lines += found.lines if found else 0
        ends += found is None
    assert ends > 0
    assert lines > 0


def test_what_lies_wholly_above_a_lower_field_is_no_place():
    tower = board_of([0b1111111110] * 6)
    assert best_place(tower, 4, BCTS, rows=6) is None, "a square finds no room in the open column"
    hole = best_place(tower, 1, BCTS, rows=6)
    assert hole is not None and hole.lines == 4
    assert best_place(tower, 4, BCTS, rows=7) is not None


def test_of_equally_good_places_it_takes_that_of_the_smallest_action():
    assert best_place(0, 3, (0,) * 8).action == 0
