import pytest
from hypothesis import given
from hypothesis import strategies as st

from rollback.games.tetris_board import (
    ACTIONS,
    FULL_ROW,
    HIDDEN,
    ROWS,
    VISIBLE,
    Afterstate,
    action_of,
    after,
    afterstates,
    board_of,
    dropped,
    fits,
    nearest,
    rows_of,
)
from rollback.games.tetris_pieces import COLUMNS, ORIENTED, PIECES, TURNS
from tests.cases import every
from tests.games.tetris_drawn import drawn, number, shown

PITTED = """
    #.........
    #.......##
    ##.#...###
    ##.##.####
    """

rows = st.lists(st.integers(0, FULL_ROW - 1), max_size=19).map(lambda rows: (*rows, *[0] * (ROWS - len(rows))))


def test_a_field_is_twenty_rows_of_ten_and_four_hidden_ones():
    assert (COLUMNS, VISIBLE, HIDDEN, ROWS) == (10, 20, 4, 24)
    assert ACTIONS == 80


@given(st.lists(st.integers(0, FULL_ROW), min_size=ROWS, max_size=ROWS).map(tuple))
def test_rows_and_the_number_say_the_same(rows):
    board = board_of(rows)
    assert rows_of(board) == rows
    assert board.bit_count() == sum(row.bit_count() for row in rows)
    for place, row in enumerate(rows):
        for column in range(COLUMNS):
            assert board >> 10 * place + column & 1 == row >> column & 1


@given(rows, st.integers(4, 31), st.integers(-5, 12), st.integers(-5, 26))
def test_a_piece_fits_where_all_its_cells_are_within_the_walls_and_free(rows, shape, x, y):
    oriented = ORIENTED[shape]
    cells = [
        (x - oriented.least_x + column, y - oriented.least_y + row)
        for row, bits in enumerate(oriented.row_masks)
        for column in range(COLUMNS)
        if bits >> column & 1
    ]
    free = all(0 <= column < COLUMNS and row >= 0 and (row >= ROWS or not rows[row] >> column & 1) for column, row in cells)
    assert fits(board_of(rows), shape, x, y) == free


@pytest.mark.parametrize(
    ("piece", "rotation", "column", "row"),
    [
        ("I", 1, 2, 0),
        ("I", 1, 1, 2),
        ("I", 0, 3, 2),
        ("I", 0, 0, 4),
        ("O", 0, 5, 1),
        ("T", 2, 4, 0),
        ("T", 0, 4, 1),
        ("S", 0, 4, 1),
        ("Z", 1, 2, 1),
        ("L", 2, 1, 2),
    ],
)
def test_a_piece_falls_until_something_is_under_it(piece, rotation, column, row):
    board = board_of(drawn(PITTED))
    assert dropped(board, 4 * number(piece) + rotation, column) == row


def test_on_an_empty_field_every_piece_falls_to_the_floor():
    for shape in range(4, 32):
        for column in range(COLUMNS + 1 - ORIENTED[shape].width):
            assert dropped(0, shape, column) == 0


@pytest.mark.parametrize("height", [19, 20, 21, 23])
def test_a_piece_has_no_way_down_where_the_stack_reaches_the_hidden_rows(height):
    board = board_of([1] * height + [0] * (ROWS - height))
    assert dropped(board, 4 * number("I") + 1, 0) == (19 if height == 19 else -1)
    assert dropped(board, 4 * number("I") + 1, 1) == 0
    columns = {found.action % 10 for found in afterstates(board, number("I")) if found.action // 10 == 1}
    assert columns == set(range(0 if height == 19 else 1, 10))


@pytest.mark.parametrize("piece", PIECES)
def test_an_empty_field_has_one_placement_for_every_shape_and_column(piece):
    found = list(afterstates(0, piece))
    assert len(found) == {"I": 17, "J": 34, "L": 34, "O": 9, "S": 17, "T": 34, "Z": 17}[" IJLOSTZ"[piece]]
    assert len({after.board for after in found}) == len(found)
    assert all(after.lines == after.eroded == 0 and after.board.bit_count() == 4 for after in found)


@given(rows, st.sampled_from(PIECES), st.booleans())
def test_every_placement_is_the_drop_it_says_and_the_list_is_complete(rows, piece, hold):
    board = board_of(rows)
    found = {state.action: state for state in afterstates(board, piece, hold=hold)}
    for rotation in range(TURNS[piece]):
        for column in range(COLUMNS):
            action = action_of(rotation, column, hold=hold)
            shape = 4 * piece + rotation
            row = dropped(board, shape, column) if column + ORIENTED[shape].width <= COLUMNS else -1
            assert (action in found) == (row >= 0)
            if row >= 0:
                assert found[action] == after(board, piece, rotation, column, row, hold=hold)
                assert found[action].board.bit_count() == board.bit_count() + 4 - 10 * found[action].lines
    assert len(found) == len([action for action in found if action // 40 == hold])


def test_full_rows_are_taken_out_and_what_lay_above_comes_down():
    board = board_of(
        drawn(
            """
            .#........
            ###.######
            .#........
            ###.######
            ###.######
            """
        )
    )
    state = after(board, number("I"), 1, 3, 0)
    assert shown(state.rows) == [".#........", ".#.#......"]
    assert state == Afterstate(13, state.board, lines=3, landing=3, eroded=9)


@pytest.mark.parametrize(
    ("piece", "rotation", "column", "lines", "landing", "eroded"),
    [("I", 1, 2, 1, 3, 1), ("T", 2, 4, 0, 3, 0), ("O", 0, 5, 0, 3, 0), ("I", 0, 3, 0, 4, 0), ("J", 1, 2, 1, 2, 1)],
)
def test_a_placement_knows_its_lines_its_height_and_what_was_eroded(piece, rotation, column, lines, landing, eroded):
    rows = drawn("##.#...###\n##.#######")
    row = dropped(board_of(rows), 4 * number(piece) + rotation, column)
    state = after(board_of(rows), number(piece), rotation, column, row)
    assert (state.lines, state.eroded) == (lines, eroded)
    assert state.landing == landing == 2 * row + ORIENTED[4 * number(piece) + rotation].height - 1


@every("rotation", range(4))
@every("column", range(COLUMNS))
@every("hold", [False, True])
def test_an_action_is_hold_rotation_and_column_as_one_number(rotation, column, hold):
    action = action_of(rotation, column, hold=hold)
    assert divmod(action, 40) == (hold, 10 * rotation + column)


@every("piece", PIECES)
@every("rotation", range(4))
def test_a_column_too_far_right_means_the_last_one_there_is(piece, rotation):
    last = COLUMNS - ORIENTED[4 * piece + rotation].width
    for column in range(COLUMNS):
        assert nearest(0, piece, rotation, column) == (rotation, min(column, last), 0)


def test_a_blocked_column_means_the_nearest_one_that_is_not():
    board = board_of([0b0000111000] * 21 + [0] * 3)  # columns 3 to 5 are full to above the field
    for column, place in ((2, 2), (3, 2), (4, 2), (5, 6), (6, 6)):
        assert nearest(board, number("I"), 1, column) == (1, place, 0)
    assert nearest(board, number("I"), 0, 0) == (0, 6, 0), "only the right side is wide enough to lie flat"


def test_where_no_column_is_free_the_next_rotation_is_tried():
    board = board_of([0b0110110110] * 21 + [0] * 3)  # free columns are one wide
    assert nearest(board, number("I"), 0, 4) == (1, 3, 0)
    assert nearest(board, number("O"), 0, 4) is None
    assert nearest(board_of([1023] * 21 + [0] * 3), number("I"), 1, 0) is None


@given(rows, st.sampled_from(PIECES), st.integers(0, 3), st.integers(0, 9))
def test_a_legal_wish_is_granted_exactly(rows, piece, rotation, column):
    board = board_of(rows)
    found = nearest(board, piece, rotation, column)
    if column + ORIENTED[4 * piece + rotation].width <= COLUMNS:
        row = dropped(board, 4 * piece + rotation, column)
        if row >= 0:
            assert found == (rotation, column, row)
            return
    assert found is None or found[:2] != (rotation, column)
