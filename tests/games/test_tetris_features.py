import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rollback.games.tetris import Tetris
from rollback.games.tetris_board import ROWS, Afterstate, after, board_of, dropped, rows_of
from rollback.games.tetris_features import BCTS, FEATURES, features, value
from rollback.games.tetris_pieces import COLUMNS
from tests.games.tetris_drawn import drawn, number


def counted(picture):
    """Return the six features of a drawing that need no placement, by name."""
    found = features(Afterstate(0, board_of(drawn(picture)), 0, 0, 0))
    return dict(zip(FEATURES[2:], found[2:], strict=True))


def slowly(rows):
    """Return the same six, cell by cell, as their definitions say."""
    full = [[bool(row >> column & 1) for column in range(COLUMNS)] for row in rows]
    row_changes = sum(one != other for row in full for one, other in zip([True, *row], [*row, True], strict=True))
    column_changes = holes = wells = depth = 0
    holed = set()
    for column in range(COLUMNS):
        below, run = True, 0
        for row in range(len(rows)):
            cell = full[row][column]
            column_changes += cell != below
            below = cell
            above = sum(full[other][column] for other in range(row + 1, len(rows)))
            if not cell and above:
                holes += 1
                depth += above
                holed.add(row)
            left = column == 0 or full[row][column - 1]
            right = column == COLUMNS - 1 or full[row][column + 1]
            run = run + 1 if not cell and left and right else 0
            wells += run
    return row_changes, column_changes, holes, wells, depth, len(holed)


def test_the_empty_field_has_nothing_but_two_changes_a_row_and_one_at_the_foot_of_each_column():
    assert counted("." * 10) == {
        "row transitions": 2 * ROWS,
        "column transitions": COLUMNS,
        "holes": 0,
        "wells": 0,
        "hole depth": 0,
        "rows with holes": 0,
    }


@pytest.mark.parametrize(
    ("picture", "name", "number"),
    [
        # Every empty row has two; a row that is full but for its ends has four.
        ("#.#.#.#.#.", "row transitions", 2 * (ROWS - 1) + 10),
        (".########.", "row transitions", 2 * (ROWS - 1) + 4),
        ("####..####", "row transitions", 2 * (ROWS - 1) + 2),
        ("##########", "row transitions", 2 * (ROWS - 1)),
        ("#####.....", "row transitions", 2 * ROWS),
        # A column: the floor is full, above the highest cell there is one change.
        ("#.........", "column transitions", 10),
        ("#.........\n..........", "column transitions", 12),
        ("#.........\n#.........", "column transitions", 10),
        ("##........\n..........\n##........", "column transitions", 8 + 2 * 3),
        # Holes: whatever has a full cell anywhere above.
        ("#.........\n..........\n..........", "holes", 2),
        ("#.........\n..........\n#.........\n..........", "holes", 2),
        ("##########\n..........", "holes", 10),
        ("..#.......\n..#.......", "holes", 0),
        # Hole depth: the full cells above each hole, not only those right above.
        ("#.........\n..........\n..........", "hole depth", 2),
        ("#.........\n#.........\n..........\n..........", "hole depth", 4),
        ("#.........\n..........\n#.........\n..........", "hole depth", 1 + 2),
        # Rows with holes.
        ("##########\n..........", "rows with holes", 1),
        ("#........#\n..........\n.#........\n#........#", "rows with holes", 3),
        (".........#\n..........", "rows with holes", 1),
        # Wells: one cell counts 1, two on top of each other 3, three 6.
        ("#.########", "wells", 1),
        ("#.########\n#.########", "wells", 3),
        ("#.########\n#.########\n#.########", "wells", 6),
        (".#########\n.#########", "wells", 3),
        ("#########.\n#########.\n#########.\n#########.", "wells", 10),
        ("#.#.######", "wells", 2),
        ("#..#######", "wells", 0),
        ("#.########\n##########\n#.########", "wells", 2),
        ("##........\n#.########\n#.########", "wells", 3),
    ],
)
def test_a_feature_of_a_drawing_is_what_its_definition_counts(picture, name, number):
    assert counted(picture)[name] == number


ROW_LISTS = st.lists(st.integers(0, 1023), max_size=ROWS).map(lambda rows: (*rows, *[0] * (ROWS - len(rows))))


@given(ROW_LISTS)
def test_counting_whole_rows_at_a_time_agrees_with_counting_cell_by_cell(rows):
    assert features(Afterstate(0, board_of(rows), 0, 0, 0))[2:] == slowly(rows)


@given(ROW_LISTS)
def test_a_mirrored_field_has_the_same_features(rows):
    mirrored = [int(f"{row:010b}"[::-1], 2) for row in rows]
    one, other = (features(Afterstate(0, board_of(some), 0, 5, 2)) for some in (rows, mirrored))
    assert one == other


@pytest.mark.parametrize(
    ("piece", "rotation", "column", "landing", "eroded"),
    [
        ("I", 1, 3, 0 + 3, 1 * 1),  # the shaft: rows 0 to 3, one row with one cell of it goes
        ("I", 0, 4, 1 + 1, 0),
        ("O", 0, 4, 1 + 2, 0),
        ("T", 1, 3, 0 + 2, 1 * 1),
    ],
)
def test_landing_height_and_eroded_cells_belong_to_the_piece(piece, rotation, column, landing, eroded):
    rows = drawn("###.######")
    row = dropped(board_of(rows), 4 * number(piece) + rotation, column)
    state = after(board_of(rows), number(piece), rotation, column, row)
    assert features(state)[:2] == (landing, eroded)


def test_four_rows_at_once_erode_sixteen():
    rows = drawn("###.######\n" * 4)
    state = after(board_of(rows), number("I"), 1, 3, 0)
    assert (state.lines, features(state)[:2], state.board) == (4, (3, 16), 0)


def test_a_value_is_the_weighted_sum_with_the_published_weights():
    published = (-12.63, 6.60, -9.22, -19.77, -13.08, -10.49, -1.61, -24.04)
    assert len(BCTS) == len(FEATURES) == 8
    for weight, ours, name in zip(published, BCTS, FEATURES, strict=True):
        assert ours == round(weight * (100 if name == "landing height" else 200))
    rows = drawn("#.#.......\n###.######")
    state = after(board_of(rows), number("T"), 0, 4, 1)
    assert value(state) == sum(weight * part for weight, part in zip(BCTS, features(state), strict=True))
    assert value(state, (0, 0, 0, 0, 1, 0, 0, 0)) == features(state)[4]
    assert all(type(part) is int for part in features(state))


def test_the_published_weights_keep_a_field_low_for_hundreds_of_pieces():
    game = Tetris(1, "placements", seed=4)
    highest = 0
    for _ in range(400):
        best = max(game.placements(0), key=value)
        game.step((best.action,))
        highest = max(highest, sum(map(bool, game.fields[0].rows)))
    assert not game.over
    assert game.fields[0].lines > 140
    assert highest < 12


def test_weights_of_another_sign_bury_a_field_at_once():
    game = Tetris(1, "placements", seed=4)
    dice = random.Random(1)
    pieces = 0
    while not game.over and pieces < 200:
        worst = min(game.placements(0), key=lambda state: (value(state), dice.random()))
        game.step((worst.action,))
        pieces += 1
    assert game.over
    assert pieces < 40
    assert rows_of(game.fields[0].board) == game.fields[0].rows
