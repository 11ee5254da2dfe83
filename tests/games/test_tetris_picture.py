import pytest

from rollback.games.drawing import rgb
from rollback.games.tetris import Tetris
from rollback.games.tetris_picture import GONE, PIECE_COLOURS, PLAYER_COLOURS, THREAT, picture
from rollback.games.tetris_pieces import NAMES
from rollback.games.text import paint
from tests.games.tetris_drawn import begun, number, steps

PLAYERS = [1, 2, 3, 4]


def boxes(shapes, colour):
    return [shape for shape in shapes if shape[0] == "rect" and shape[-1] == colour]


def own_boxes(game, colour):
    """Return those in the panel of player 0."""
    return [box for box in boxes(game.draw(), colour) if box[1] < 1 / game.players]


def words(shapes):
    return [shape[4] for shape in shapes if shape[0] == "text"]


def played(players, pieces=12):
    game = Tetris(players, "placements", seed=2)
    for piece in range(pieces):
        game.step([(piece * 7 + player) % 40 for player in range(players)])
    return game


@pytest.mark.parametrize("players", PLAYERS)
def test_all_of_it_lies_within_the_surface(players):
    shapes = played(players).draw()
    for shape in shapes:
        if shape[0] == "rect":
            _, x, y, width, height, colour = shape
            assert -1e-9 <= x <= x + width <= 1 + 1e-9
            assert -1e-9 <= y <= y + height <= 1 + 1e-9, shape
        else:
            _, x, y, size, _, colour, align = shape
            assert 0 <= x <= 1
            assert 0 <= y <= 1
            assert align in ("left", "center", "right")
            assert size > 0.02
        rgb(colour)


@pytest.mark.parametrize("players", PLAYERS)
def test_every_player_has_walls_and_a_name_in_an_own_colour(players):
    shapes = Tetris(players).draw()
    for player in range(4):
        walls = boxes(shapes, PLAYER_COLOURS[player])
        assert len(walls) == (3 if player < players else 0)
        assert (f"P{player + 1}" in words(shapes)) == (player < players)
    lefts = [boxes(shapes, PLAYER_COLOURS[player])[0][1] for player in range(players)]
    assert lefts == sorted(lefts)


@pytest.mark.parametrize("players", PLAYERS)
@pytest.mark.parametrize("name", NAMES[1:])
def test_cells_have_the_colour_of_their_piece_and_stand_on_the_floor(players, name):
    game = begun(piece=name, players=players, queue=(number("O" if name != "O" else "I"),) * 6)
    before = own_boxes(game, PIECE_COLOURS[number(name)])
    assert len(before) == 8, "four cells of the piece and four of where it would lie"
    steps(game, "hard")
    lying = own_boxes(game, PIECE_COLOURS[number(name)])
    assert len(lying) == 4
    floor = boxes(game.draw(), PLAYER_COLOURS[0])[2]
    lowest = max(y + height for _, _, y, _, height, _ in lying)
    assert floor[2] - 0.004 < lowest < floor[2]


@pytest.mark.parametrize("players", PLAYERS)
def test_cells_are_nearly_square_on_a_surface_of_the_usual_shape(players):
    for shape in boxes(played(players).draw(), PIECE_COLOURS[4]):
        assert shape[3] * 1.6 == pytest.approx(shape[4], rel=0.05)


def test_where_the_piece_would_lie_is_shown_and_moves_with_it():
    game = begun("##........\n##........", piece="O")

    def ghost():
        small = sorted(boxes(game.draw(), PIECE_COLOURS[number("O")]), key=lambda shape: shape[3])[:4]
        return min(shape[1] for shape in small), max(shape[2] for shape in small)

    x, y = ghost()
    for _ in range(4):
        steps(game, "left")
        steps(game)
    left, above = ghost()
    assert left < x
    assert above < y, "it would lie on the two rows now"


@pytest.mark.parametrize("players", PLAYERS)
def test_the_piece_put_aside_and_the_next_ones_are_shown(players):
    bare = begun(piece="T", players=players, queue=(4,) * 6)
    fields = list(bare.fields)
    before = len(boxes(bare.draw(), PIECE_COLOURS[1]))
    fields[0].hold = 1
    assert len(boxes(bare.draw(), PIECE_COLOURS[1])) == before + 4
    fields[0].held = 1
    assert len(boxes(bare.draw(), PIECE_COLOURS[1])) == before, "it is faint while it cannot be had"
    following = 3 if players == 3 else 5
    fields[0].queue = (7,) * 6
    others = begun(piece="T", players=players, queue=(4,) * 6).draw()
    assert len(boxes(bare.draw(), PIECE_COLOURS[7])) - len(boxes(others, PIECE_COLOURS[7])) == 4 * following


def test_garbage_on_its_way_is_a_bar_as_high_as_its_rows():
    game = begun(players=2, frame=100, pending=((50, 2), (160, 3)))
    cell = 3 / 72
    (due,) = boxes(game.draw(), THREAT)
    assert due[4] == pytest.approx(2 * cell)
    assert not boxes(Tetris(2).draw(), THREAT)
    game = begun(players=2, frame=200, pending=((50, 2), (160, 30)))
    bars = boxes(game.draw(), THREAT)
    assert sum(bar[4] for bar in bars) == pytest.approx(20 * cell), "no higher than the field"


def test_points_lines_and_level_are_told():
    game = begun(players=2, points=12_345, lines=67, level=8, combo=9)
    told = words(game.draw())
    for word in ("12345", "67", "8", "9", "LINES", "LEVEL", "COMBO", "HOLD", "NEXT"):
        assert word in told


@pytest.mark.parametrize(
    ("players", "outs", "limit", "notices"),
    [
        (1, (), None, []),
        (1, (0,), None, ["OUT"]),
        (2, (0,), None, ["OUT", "WINS"]),
        (2, (0, 1), None, ["DRAW", "DRAW"]),
        (3, (1,), None, ["OUT"]),
        (4, (0, 1, 3), None, ["OUT", "OUT", "WINS", "OUT"]),
        (1, (), 1, ["TIME"]),
        (3, (1,), 1, ["TIME", "OUT", "TIME"]),
    ],
)
def test_a_notice_says_who_is_out_and_who_has_won(players, outs, limit, notices):
    game = Tetris(players, limit=limit)
    for player in outs:
        game.fields[player].out = 1
    game.frame = 1
    assert [word for word in words(game.draw()) if word in ("OUT", "WINS", "DRAW", "TIME")] == notices


def test_a_field_that_is_out_is_grey_and_has_no_piece():
    game = played(2)
    assert not boxes(game.draw(), GONE)
    cells = sum(row.bit_count() for row in game.fields[0].rows)
    game.fields[0].out = 1
    assert len(boxes(game.draw(), GONE)) == cells > 20


@pytest.mark.parametrize("players", PLAYERS)
@pytest.mark.parametrize(("columns", "rows"), [(56, 18), (100, 30), (80, 24)])
def test_as_text_every_field_has_its_walls_and_the_names_stand_above(players, columns, rows):
    text = played(players).render(columns, rows)
    lines = text.split("\n")
    assert [len(line) for line in lines] == [columns] * rows
    for player in range(players):
        assert f"P{player + 1}" in lines[0]
    coloured = played(players).render(columns, rows, colour=True)
    for player in range(players):
        code = "38;2;{};{};{}m".format(*rgb(PLAYER_COLOURS[player]))
        assert sum(code in line for line in coloured.split("\n")[3:]) >= 8


def test_in_a_terminal_of_the_usual_size_every_cell_of_a_column_can_be_told():
    seen = set()
    for height in range(20):
        game = begun("#.........\n" * height if height else "." * 10, piece="O", x=7, y=10)
        seen.add(game.render())
    assert len(seen) == 20


def test_a_picture_changes_nothing():
    game = played(3)
    before = game.save()
    assert picture(before, over=False) == picture(before, over=False) == game.draw()
    assert game.save() == before
    assert paint(game.draw()) == game.render()
