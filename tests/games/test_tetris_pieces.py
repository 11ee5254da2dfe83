import pytest

from rollback.games.tetris_pieces import COLUMNS, HALF_TURN, KICKS, NAMES, ORIENTED, PIECES, SPAWN_X, SPAWN_Y, TURNS
from tests.games.tetris_drawn import begun, number, shown, taps

# Each piece in its four rotations, boxes side by side: as it appears, right, half, left.
BOXES = {
    "I": ("....  ..#.  ....  .#..", "####  ..#.  ....  .#..", "....  ..#.  ####  .#..", "....  ..#.  ....  .#.."),
    "J": ("#..  .##  ...  .#.", "###  .#.  ###  .#.", "...  .#.  ..#  ##."),
    "L": ("..#  .#.  ...  ##.", "###  .#.  ###  .#.", "...  .##  #..  .#."),
    "O": (".##  .##  .##  .##", ".##  .##  .##  .##", "...  ...  ...  ..."),
    "S": (".##  .#.  ...  #..", "##.  .##  .##  ##.", "...  ..#  ##.  .#."),
    "T": (".#.  .#.  ...  .#.", "###  .##  ###  ##.", "...  .#.  .#.  .#."),
    "Z": ("##.  ..#  ...  .#.", ".##  .##  ##.  ##.", "...  .#.  .##  #.."),
}


def box_of(shape, side):
    """Return the cells of a shape as lines of its box, the top one first."""
    oriented = ORIENTED[shape]
    lines = [["."] * side for _ in range(side)]
    for row, bits in enumerate(oriented.row_masks, -oriented.least_y):
        for column in range(oriented.width):
            if bits >> column & 1:
                lines[side - 1 - row][column - oriented.least_x] = "#"
    return tuple("".join(line) for line in lines)


@pytest.mark.parametrize("name", NAMES[1:])
def test_every_piece_turns_as_the_standard_draws_it(name):
    side = len(BOXES[name])
    drawings = [tuple(line.split("  ")[rotation] for line in BOXES[name]) for rotation in range(4)]
    assert [box_of(4 * number(name) + rotation, side) for rotation in range(4)] == drawings


@pytest.mark.parametrize("shape", range(4, 32))
def test_the_parts_of_a_shape_agree_with_each_other(shape):
    oriented = ORIENTED[shape]
    assert oriented.mask.bit_count() == sum(bits.bit_count() for bits in oriented.row_masks) == 4
    assert oriented.height == len(oriented.row_masks)
    assert oriented.mask == sum(bits << COLUMNS * row for row, bits in enumerate(oriented.row_masks))
    assert max(bits.bit_length() for bits in oriented.row_masks) == oriented.width
    assert any(bits & 1 for bits in oriented.row_masks), "the leftmost column is not empty"
    assert oriented.greatest_x - oriented.least_x == COLUMNS - oriented.width
    assert oriented.offset == -oriented.least_y * COLUMNS - oriented.least_x


@pytest.mark.parametrize("piece", PIECES)
def test_a_piece_has_as_many_different_shapes_as_it_is_said_to(piece):
    assert len({ORIENTED[4 * piece + rotation].mask for rotation in range(4)}) == TURNS[piece]
    assert ORIENTED[4 * piece].mask not in {ORIENTED[4 * piece + rotation].mask for rotation in range(1, TURNS[piece])}


@pytest.mark.parametrize("piece", PIECES)
def test_a_piece_appears_in_the_middle_with_its_lowest_cells_just_above_the_field(piece):
    oriented = ORIENTED[4 * piece]
    assert SPAWN_Y[piece] - oriented.least_y == 20
    left = SPAWN_X - oriented.least_x
    assert left == (4 if NAMES[piece] == "O" else 3)
    assert left + oriented.width <= 7


# The published table, one line a turn: from, to, then the five tests.
PUBLISHED = {
    "JLSTZ": """
        0 1  0 0  -1 0  -1 1  0 -2  -1 -2
        1 0  0 0  1 0  1 -1  0 2  1 2
        1 2  0 0  1 0  1 -1  0 2  1 2
        2 1  0 0  -1 0  -1 1  0 -2  -1 -2
        2 3  0 0  1 0  1 1  0 -2  1 -2
        3 2  0 0  -1 0  -1 -1  0 2  -1 2
        3 0  0 0  -1 0  -1 -1  0 2  -1 2
        0 3  0 0  1 0  1 1  0 -2  1 -2""",
    "I": """
        0 1  0 0  -2 0  1 0  -2 -1  1 2
        1 0  0 0  2 0  -1 0  2 1  -1 -2
        1 2  0 0  -1 0  2 0  -1 2  2 -1
        2 1  0 0  1 0  -2 0  1 -2  -2 1
        2 3  0 0  2 0  -1 0  2 1  -1 -2
        3 2  0 0  -2 0  1 0  -2 -1  1 2
        3 0  0 0  1 0  -2 0  1 -2  -2 1
        0 3  0 0  -1 0  2 0  -1 2  2 -1""",
}


@pytest.mark.parametrize("names", PUBLISHED)
def test_kicks_are_those_of_the_published_table(names):
    for line in PUBLISHED[names].strip().splitlines():
        before, after, *numbers = map(int, line.split())
        tests = tuple(zip(numbers[::2], numbers[1::2], strict=True))
        assert len(tests) == 5
        for name in names:
            assert KICKS[number(name)][before, after] == tests


@pytest.mark.parametrize("piece", PIECES)
def test_every_turn_has_kicks_and_the_way_back_is_the_way_there_backwards(piece):
    table = KICKS[piece]
    assert set(table) == {(before, after) for before in range(4) for after in range(4) if before != after}
    for (before, after), tests in table.items():
        if (after - before) % 4 == 2:
            assert tests == HALF_TURN
        else:
            assert table[after, before] == tuple((-x, -y) for x, y in tests)


EMPTY = "." * 10

# A field, a piece with its rotation and place, the button, and what it looks like when it lies there afterwards.
TURNED = [
    # In place, in the open.
    (EMPTY, "T", 0, 3, 5, "turn_right", 1, 3, 5),
    (EMPTY, "T", 0, 3, 5, "turn_left", 3, 3, 5),
    (EMPTY, "T", 1, 3, 5, "turn_right", 2, 3, 5),
    (EMPTY, "S", 3, 3, 5, "turn_right", 0, 3, 5),
    (EMPTY, "J", 0, 3, 5, "half", 2, 3, 5),
    # Off the left wall, off the right wall.
    (EMPTY, "T", 1, -1, 5, "turn_right", 2, 0, 5),
    (EMPTY, "T", 1, -1, 5, "turn_left", 0, 0, 5),
    (EMPTY, "L", 3, 8, 5, "turn_left", 2, 7, 5),
    (EMPTY, "L", 3, 8, 5, "turn_right", 0, 7, 5),
    (EMPTY, "I", 1, -2, 5, "turn_right", 2, 0, 5),
    (EMPTY, "I", 1, -2, 5, "turn_left", 0, 0, 5),
    (EMPTY, "I", 3, 8, 5, "turn_right", 0, 6, 5),
    (EMPTY, "I", 1, 7, 5, "turn_right", 2, 6, 5),
    # Off the floor: the piece lies flat and comes up.
    (EMPTY, "T", 0, 3, -1, "turn_right", 1, 2, 0),
    (EMPTY, "I", 0, 3, -2, "turn_right", 1, 4, 0),
    (EMPTY, "I", 0, 3, -2, "turn_left", 3, 2, 0),
    (EMPTY, "J", 0, 3, -1, "half", 2, 3, 0),
    # Nowhere: a shaft just as wide as the piece has no room at all.
    ("####.#####\n" * 6, "I", 1, 2, 0, "turn_right", 1, 2, 0),
    ("####.#####\n" * 6, "I", 1, 2, 0, "half", 3, 3, 0),
    # The square never moves.
    (EMPTY, "O", 0, 3, 5, "turn_right", 1, 3, 5),
    (EMPTY, "O", 0, 7, -1, "half", 2, 7, -1),
]


@pytest.mark.parametrize(("picture", "piece", "rotation", "x", "y", "button", "turned", "to_x", "to_y"), TURNED)
def test_a_turn_ends_where_the_first_kick_that_fits_puts_it(picture, piece, rotation, x, y, button, turned, to_x, to_y):
    if button == "half" and "#" in picture:
        turned, to_x = rotation, x  # the other side of the box: the shaft would have to be one column further
    game = begun(picture, piece, rotation=rotation, x=x, y=y, lowest=y)
    taps(game, button)
    field = game.fields[0]
    assert (field.rotation, field.x, field.y) == (turned, to_x, to_y)


def test_a_t_twists_into_a_shaft_under_an_overhang_by_the_last_kick_and_takes_out_three_rows():
    game = begun(
        """
        ....#.....
        ..........
        ####.#####
        ###..#####
        ####.#####
        """,
        "T", x=2, y=2, lowest=2, landed=1,
    )  # fmt: skip
    taps(game, "turn_left")
    field = game.fields[0]
    assert (field.rotation, field.x, field.y) == (3, 3, 0)
    taps(game, "hard")
    assert game.fields[0].lines == 3
    assert shown(game.fields[0].rows) == ["....#.....", ".........."]
