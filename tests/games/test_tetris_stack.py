import pytest

from rollback.games.tetris import Tetris
from rollback.games.tetris_pieces import NAMES, PIECES
from rollback.games.tetris_rules import COMBO_ATTACKS, MOST_GARBAGE, MOST_PENDING, NEXT, POINTS
from rollback.games.tetris_stack import GARBAGE, LONGEST_QUEUE
from tests.games.tetris_drawn import begun, number, shown, steps, tints_of

WELL = "#########.\n"
I_IN_THE_WELL = {"piece": "I", "rotation": 1, "x": 7, "y": 2, "lowest": 2}


def bags(seed, count):
    """Return the first pieces of a match, seven at a time."""
    field = Tetris(1, seed=seed).fields[0]
    drawn = [field.piece, *[field.draw_piece() for _ in range(7 * count - 1)]]
    return [drawn[start : start + 7] for start in range(0, len(drawn), 7)]


# --- the bag ---


@pytest.mark.parametrize("seed", range(10))
def test_every_seven_pieces_are_the_seven(seed):
    for bag in bags(seed, 30):
        assert sorted(bag) == list(PIECES)


def test_every_piece_is_as_often_in_every_place_of_a_bag():
    counts = {}
    for seed in range(60):
        for bag in bags(seed, 14):
            for place, piece in enumerate(bag):
                counts[place, piece] = counts.get((place, piece), 0) + 1
    assert len(counts) == 49
    assert 85 < min(counts.values()) <= max(counts.values()) < 160, "120 each on average"


def test_every_first_piece_is_possible_and_bags_differ():
    firsts = {bags(seed, 1)[0][0] for seed in range(60)}
    assert firsts == set(PIECES)
    assert len({tuple(bag) for seed in range(20) for bag in bags(seed, 10)}) > 180


def test_at_least_five_pieces_are_known_and_they_come_in_that_order():
    field = Tetris(1, seed=3).fields[0]
    for _ in range(200):
        assert NEXT <= len(field.queue) <= LONGEST_QUEUE
        coming = field.queue[0]
        assert field.draw_piece() == coming


def test_all_players_get_the_same_pieces_in_the_same_order():
    game = Tetris(3, "placements", seed=9)
    orders = [[], [], []]
    for step in range(12):
        for player, field in enumerate(game.fields):
            orders[player].append(field.piece)
        game.step((0 + step % 3, 4 + step % 4, 9))
    assert orders[0] == orders[1] == orders[2]


# --- clears, points, attacks ---


@pytest.mark.parametrize("lines", [1, 2, 3, 4])
@pytest.mark.parametrize("level", [1, 2, 7])
def test_points_are_the_usual_ones_times_the_level(lines, level):
    game = begun("#.........\n" + WELL * lines, level=level, **I_IN_THE_WELL)
    before = game.fields[0].ghost()
    steps(game, "hard")
    field = game.fields[0]
    assert field.lines == lines
    assert field.points == POINTS[lines] * level + 2 * (2 - before)
    assert POINTS[1:] == (100, 300, 500, 800)


def test_rows_above_a_clear_come_down_with_their_colours():
    game = begun("#.........\n..#.......\n" + WELL, **I_IN_THE_WELL)
    steps(game, "hard")
    assert shown(game.fields[0].rows) == [".........#", "#........#", "..#......#"]
    field = game.fields[0]
    assert field.tints[0] == 1 << 8 | number("I") << 36
    assert field.tints[3:] == (0,) * 21


def test_a_clear_of_four_after_a_clear_of_four_is_worth_half_as_much_again():
    game = begun("#.........\n" + WELL * 4, chain=1, **I_IN_THE_WELL)
    steps(game, "hard")
    assert game.fields[0].points == 1200 + 2 * 2
    assert game.fields[0].chain == 1


def test_a_smaller_clear_ends_the_chain_and_no_clear_keeps_it():
    game = begun("#.........\n" + WELL, chain=1, **I_IN_THE_WELL)
    steps(game, "hard")
    assert game.fields[0].chain == 0
    game = begun("#.........", chain=1, **I_IN_THE_WELL)
    steps(game, "hard")
    assert game.fields[0].chain == 1


def test_a_combo_counts_clears_in_a_row_and_a_piece_without_one_ends_it():
    game = begun("#.........\n" + WELL, combo=3, **I_IN_THE_WELL)
    steps(game, "hard")
    assert game.fields[0].combo == 4
    assert game.fields[0].points == 100 + 3 * 50 + 4
    steps(game)
    steps(game, "hard")
    assert game.fields[0].combo == 0


def attack_of(picture, **parts):
    """Return the garbage that the other player is sent by one hard drop."""
    game = begun(picture, players=2, **parts)
    steps(game, "hard")
    return game.fields[1].incoming


@pytest.mark.parametrize(("lines", "attack"), [(0, 0), (1, 0), (2, 1), (3, 2), (4, 4)])
def test_clears_attack_by_their_size(lines, attack):
    assert attack_of("#.........\n" + WELL * lines, **I_IN_THE_WELL) == attack


def test_a_clear_of_four_after_another_attacks_with_one_row_more():
    assert attack_of("#.........\n" + WELL * 4, chain=1, **I_IN_THE_WELL) == 5
    assert attack_of("#.........\n" + WELL * 3, chain=1, **I_IN_THE_WELL) == 2


@pytest.mark.parametrize("combo", range(16))
def test_a_combo_attacks_the_more_the_longer_it_is(combo):
    expected = COMBO_ATTACKS[min(combo, len(COMBO_ATTACKS) - 1)]
    assert attack_of("#.........\n" + WELL, combo=combo, **I_IN_THE_WELL) == expected
    assert list(COMBO_ATTACKS) == sorted(COMBO_ATTACKS)


def test_clearing_the_whole_field_attacks_with_ten_rows_more():
    assert attack_of(WELL * 4, **I_IN_THE_WELL) == 14
    assert attack_of("######....", piece="I", x=6, y=-2, lowest=-2, landed=1) == 10


# --- garbage ---


def test_garbage_comes_up_when_it_is_due_and_a_piece_clears_nothing():
    game = begun(players=2, pending=((0, 3),))
    steps(game, "hard")
    field = game.fields[0]
    lines = shown(field.rows)
    assert len(lines) == 5
    assert lines[-1] == lines[-2] == lines[-3]
    assert lines[-1].count(".") == 1, "one hole, the same in all rows of an attack"
    assert field.pending == ()
    hole = lines[-1].index(".")
    assert field.tints[0] == sum(GARBAGE << 4 * column for column in range(10) if column != hole)


def test_garbage_that_is_not_due_waits():
    game = begun(players=2, pending=((50, 3),), frame=49)
    steps(game, "hard")
    assert game.fields[0].pending == ((50, 3),)
    steps(game)
    assert game.frame == 51
    steps(game, "hard")
    assert game.fields[0].pending == ()


def test_a_clear_keeps_garbage_from_coming_up():
    game = begun("#.........\n" + WELL, players=2, pending=((0, 3),), **I_IN_THE_WELL)
    steps(game, "hard")
    assert game.fields[0].pending == ((0, 3),)
    assert game.fields[0].lines == 1


def test_an_attack_cancels_ones_own_garbage_first_the_oldest_of_it():
    game = begun("#.........\n" + WELL * 4, players=2, pending=((0, 3), (9, 3)), **I_IN_THE_WELL)
    steps(game, "hard")
    assert game.fields[0].pending == ((9, 2),)
    assert game.fields[1].pending == ()


def test_what_is_left_of_an_attack_after_cancelling_is_sent():
    game = begun("#.........\n" + WELL * 4, players=2, pending=((0, 1), (9, 2)), **I_IN_THE_WELL)
    steps(game, "hard")
    assert game.fields[0].pending == ()
    assert game.fields[1].incoming == 1


def test_no_more_than_eight_rows_come_up_with_one_piece():
    game = begun(players=2, pending=((0, 5), (0, 5)))
    steps(game, "hard")
    assert game.fields[0].pending == ((0, 2),)
    assert sum(row.bit_count() == 9 for row in game.fields[0].rows) == MOST_GARBAGE == 8
    steps(game)
    steps(game, "hard")
    assert game.fields[0].pending == ()


def test_no_more_than_forty_rows_can_wait():
    field = Tetris(2).fields[0]
    for due in range(30):
        field.attacked(3, due)
    assert field.incoming == MOST_PENDING == 40
    assert len(field.pending) <= MOST_PENDING


def test_holes_are_everywhere_as_often_and_follow_from_the_seed():
    counts = [0] * 10
    for seed in range(200):
        games = [Tetris(2, seed=seed) for _ in range(2)]
        for game in games:
            field = game.fields[0]
            for _ in range(4):
                field.attacked(1, 0)
            steps(game, "hard")
        rows = games[0].fields[0].rows[:3]
        assert rows == games[1].fields[0].rows[:3]
        for row in rows:
            if row.bit_count() == 9:
                counts[(~row & 1023).bit_length() - 1] += 1
    # The piece itself lies on top of four rows of garbage.
    assert sum(counts) == 600
    assert 35 < min(counts) <= max(counts) < 90


def test_garbage_that_pushes_cells_out_of_the_field_is_the_end():
    game = begun("#.........\n" * 22, players=2, piece="O", x=6, y=-1, lowest=-1, landed=1, pending=((0, 2),))
    steps(game, "hard")
    assert not game.fields[0].out
    game = begun("#.........\n" * 22, players=2, piece="O", x=6, y=-1, lowest=-1, landed=1, pending=((0, 3),))
    steps(game, "hard")
    assert game.fields[0].out
    assert game.over


def test_tints_are_where_the_cells_are():
    for name in NAMES[1:]:
        game = begun(piece=name)
        steps(game, "hard")
        field = game.fields[0]
        assert field.tints == tuple(number(name) * tint for tint in tints_of(field.rows))
