import pytest

from rollback.games.tetris import Tetris
from rollback.games.tetris_pieces import COLUMNS, NAMES, ORIENTED, PIECES, SPAWN_X
from rollback.games.tetris_rules import (
    CHARGE,
    GRAVITY,
    LOCK_DELAY,
    LOCK_RESETS,
    REPEAT,
    ROW,
    SOFT_DROP,
    TOP_LEVEL,
)
from tests.games.tetris_drawn import begun, number, shown, steps, taps


def columns(game):
    """Return the leftmost column of the piece."""
    field = game.fields[0]
    return field.x - ORIENTED[4 * field.piece + field.rotation].least_x


# --- falling ---


def test_a_new_piece_shows_in_the_highest_row_at_once():
    for seed in range(20):
        field = Tetris(1, seed=seed).fields[0]
        assert field.y - ORIENTED[4 * field.piece].least_y == 19


@pytest.mark.parametrize("level", [1, 3, 8, 13, 16])
def test_a_piece_falls_at_the_speed_of_its_level(level):
    game = begun(level=level)
    start, frames = game.fields[0].y, 0
    while game.fields[0].y > start - 8:
        steps(game)
        frames += 1
    assert frames in (8 * ROW // GRAVITY[level], 8 * ROW // GRAVITY[level] + 1)


def test_every_level_is_faster_than_the_one_before_and_the_first_takes_a_second_a_row():
    assert list(GRAVITY) == sorted(GRAVITY)
    assert len(GRAVITY) == TOP_LEVEL + 1
    assert 59 < ROW / GRAVITY[1] < 61
    for level in range(2, 19):
        seconds = (0.8 - 0.007 * (level - 1)) ** (level - 1)
        assert GRAVITY[level] == pytest.approx(ROW / 60 / seconds, rel=0.001)


def test_at_the_top_level_a_piece_is_on_the_ground_after_one_frame():
    game = begun(level=TOP_LEVEL)
    steps(game)
    field = game.fields[0]
    assert (field.landed, field.y) == (1, ORIENTED[4 * field.piece].least_y)


def test_soft_drop_is_a_row_every_other_frame_and_a_point_a_row():
    game = begun()
    start = game.fields[0].y
    steps(game, "soft", count=20)
    assert start - game.fields[0].y == 20 * SOFT_DROP // ROW == 10
    assert game.scores() == (10,)
    steps(game, count=10)
    assert start - game.fields[0].y == 10, "let go, it falls as slowly as before"


def test_soft_drop_never_slows_a_piece_down_and_does_not_lock_it():
    game = begun(level=17)
    steps(game, "soft", count=2)
    assert game.fields[0].y <= 18 - 2 * GRAVITY[17] // ROW
    steps(game, "soft", count=LOCK_DELAY - 2)
    assert game.fields[0].pieces == 0


def test_hard_drop_puts_the_piece_down_at_once_for_two_points_a_row():
    game = begun(piece="T")
    steps(game, "hard")
    assert shown(game.fields[0].rows) == ["....#.....", "...###...."]
    assert game.scores() == (2 * 19,)
    assert game.fields[0].pieces == 1


def test_a_held_hard_drop_drops_one_piece():
    game = begun()
    steps(game, "hard", count=20)
    assert game.fields[0].pieces == 1
    steps(game)
    steps(game, "hard")
    assert game.fields[0].pieces == 2


# --- sideways ---


def test_a_tap_moves_a_piece_by_one_column():
    game = begun(piece="O")
    assert columns(game) == 4
    taps(game, "left", "left")
    assert columns(game) == 2
    taps(game, "right")
    assert columns(game) == 3


def test_a_held_key_moves_at_once_then_after_the_charge_then_every_few_frames():
    game = begun(piece="O")
    moved = []
    last = columns(game)
    for frame in range(CHARGE + 3 * REPEAT + 1):
        steps(game, "left")
        if columns(game) != last:
            moved.append(frame)
            last = columns(game)
    assert moved == [0, CHARGE, CHARGE + REPEAT, CHARGE + 2 * REPEAT]
    assert last == 0, "at the wall it stays"


def test_the_charge_is_kept_while_a_new_piece_comes():
    game = begun(piece="O", queue=(number("O"),) * 6)
    steps(game, "left", count=CHARGE + 8)
    assert columns(game) == 0
    steps(game, "left", "hard")
    assert columns(game) == 4
    steps(game, "left", count=REPEAT)
    assert columns(game) == 3, "no second charge"


def test_of_two_keys_the_later_one_counts_and_when_it_comes_up_the_earlier_one_begins_anew():
    game = begun(piece="O")
    steps(game, "left")
    assert columns(game) == 3
    steps(game, "left", "right")
    assert columns(game) == 4
    steps(game, "left", "right", count=CHARGE)
    assert columns(game) == 5
    steps(game, "left")
    assert columns(game) == 4
    steps(game, "left", count=CHARGE - 1)
    assert columns(game) == 4
    steps(game, "left")
    assert columns(game) == 3


def test_two_keys_in_the_same_frame_move_nothing():
    game = begun(piece="O")
    steps(game, "left", "right", count=30)
    assert columns(game) == 4


def test_a_piece_does_not_move_into_cells():
    game = begun("...#..#...\n...#..#...", "O", x=3, y=-1, lowest=-1, landed=1)
    taps(game, "left", "right")
    assert columns(game) == 4


@pytest.mark.parametrize(("button", "rotation"), [("turn_right", 1), ("turn_left", 3), ("half", 2)])
def test_a_held_turn_turns_once(button, rotation):
    game = begun()
    steps(game, button, count=15)
    assert game.fields[0].rotation == rotation


def test_turning_four_times_comes_back():
    for name in NAMES[1:]:
        game = begun(piece=name)
        before = (game.fields[0].x, game.fields[0].rotation)
        taps(game, *["turn_right"] * 4)
        assert (game.fields[0].x, game.fields[0].rotation) == before
        taps(game, *["turn_left"] * 4, "half", "half")
        assert (game.fields[0].x, game.fields[0].rotation) == before


# --- lock delay ---


def lying(name="T", **parts):
    """Return a match in which a piece lies on the floor since now."""
    least_y = ORIENTED[4 * number(name)].least_y
    return begun(piece=name, y=least_y, lowest=least_y, landed=1, **parts)


def test_a_piece_locks_when_it_has_lain_for_the_delay():
    game = lying()
    steps(game, count=LOCK_DELAY - 1)
    assert game.fields[0].pieces == 0
    steps(game)
    assert game.fields[0].pieces == 1
    assert shown(game.fields[0].rows) == ["....#.....", "...###...."]


@pytest.mark.parametrize("button", ["left", "right", "turn_right", "turn_left"])
def test_a_move_or_turn_starts_the_delay_anew(button):
    game = lying()
    steps(game, count=LOCK_DELAY - 1)
    steps(game, button)
    assert game.fields[0].pieces == 0
    steps(game, count=LOCK_DELAY - 3)
    assert game.fields[0].pieces == 0
    assert game.fields[0].resets == 1


def test_a_move_that_does_not_succeed_does_not():
    game = lying("O", x=-1)
    steps(game, count=LOCK_DELAY - 1)
    steps(game, "left")
    assert game.fields[0].pieces == 1


def test_the_delay_is_started_anew_only_so_often():
    game = lying("O")
    frames = 0
    while not game.fields[0].pieces:
        steps(game, "left" if frames % 4 == 0 else "right" if frames % 4 == 2 else "soft")
        frames += 1
        assert game.fields[0].resets <= LOCK_RESETS
    assert 2 * LOCK_RESETS + LOCK_DELAY - 2 <= frames <= 2 * LOCK_RESETS + LOCK_DELAY + 4


def test_turning_on_the_spot_for_ever_does_not_keep_a_piece_up_for_ever():
    for name in NAMES[1:]:
        game = lying(name, level=1)
        frames = 0
        while not game.fields[0].pieces:
            steps(game, *(["turn_right"] if frames % 2 == 0 else []))
            frames += 1
            assert frames < LOCK_RESETS * 150, name


def test_a_piece_that_comes_lower_than_ever_has_all_its_resets_again():
    game = begun("#####.....\n#####.....", "O", x=2, y=1, lowest=1, landed=1, resets=LOCK_RESETS, lock=20, level=10)
    taps(game, "right", "right")
    assert game.fields[0].landed == 0
    while not game.fields[0].landed:
        steps(game)
    assert (game.fields[0].resets, game.fields[0].y) == (0, -1)
    assert game.fields[0].pieces == 0


def test_falling_back_to_where_it_has_been_gives_no_resets_back():
    game = begun(piece="I", x=3, y=-2, lowest=-2, landed=1, resets=7, lock=5, level=12)
    taps(game, "turn_right")
    assert game.fields[0].resets == 8
    while not game.fields[0].landed:
        steps(game)
    taps(game, "turn_left")
    while not game.fields[0].landed:
        steps(game)
    assert game.fields[0].resets >= 8


def test_a_slide_over_an_edge_lets_the_piece_fall_on():
    game = begun("####......\n####......", "O", x=1, y=1, lowest=1, landed=1)
    taps(game, "right")
    assert game.fields[0].landed == 1
    taps(game, "right")
    assert game.fields[0].landed == 0


def test_a_piece_can_be_tucked_under_an_overhang():
    game = begun("######....\n..........\n####......", "O", x=5, y=-1, lowest=-1, landed=1)
    taps(game, "left", "left", "hard")
    assert shown(game.fields[0].rows) == ["######....", "....##....", "######...."]


# --- hold ---


def test_hold_puts_the_piece_aside_and_brings_the_next_one():
    game = begun(piece="T", queue=(1, 2, 3, 4, 5, 6))
    steps(game, "hold")
    field = game.fields[0]
    assert (field.hold, field.piece, field.held, field.queue) == (number("T"), 1, 1, (2, 3, 4, 5, 6))
    assert (field.x, field.rotation) == (SPAWN_X, 0)


def test_hold_works_once_a_piece():
    game = begun(piece="T", queue=(1, 2, 3, 4, 5, 6))
    taps(game, "hold", "hold", "hold")
    assert (game.fields[0].hold, game.fields[0].piece) == (number("T"), 1)
    taps(game, "hard", "hold")
    assert (game.fields[0].hold, game.fields[0].piece) == (2, number("T"))
    taps(game, "hold")
    assert game.fields[0].piece == number("T")
    taps(game, "hard", "hold")
    assert (game.fields[0].hold, game.fields[0].piece) == (3, 2)


def test_a_held_piece_comes_back_as_it_first_appeared():
    game = begun(piece="L", hold=number("J"), y=5, rotation=3, x=1, landed=0, resets=9, lock=0)
    taps(game, "hold")
    field = game.fields[0]
    assert (field.piece, field.rotation, field.x, field.resets, field.landed) == (number("J"), 0, SPAWN_X, 0, 0)
    assert field.y - ORIENTED[4 * field.piece].least_y == 19


def test_hold_and_turn_in_one_frame_turn_the_new_piece():
    game = begun(piece="L", hold=number("J"))
    steps(game, "hold", "turn_right", "left", "hard")
    assert game.fields[0].pieces == 1
    assert shown(game.fields[0].rows) == ["...##.....", "...#......", "...#......"]


# --- the end ---


@pytest.mark.parametrize("piece", PIECES)
def test_a_piece_that_cannot_appear_is_the_end(piece):
    tower = "...####...\n" * 21
    game = begun(tower, "O", x=-1, y=5, lowest=5, queue=(piece,) * 6)
    assert not game.over
    steps(game, "hard")
    assert (game.fields[0].out, game.over) == (1, True)
    assert game.fields[0].pieces == 1


def test_a_piece_that_appears_over_the_highest_visible_row_plays_on():
    game = begun("...####...\n" * 20, "O", x=-1, y=5, lowest=5, queue=(4,) * 6)
    steps(game, "hard")
    assert not game.over
    assert game.fields[0].landed == 1
    taps(game, *["left"] * 4)
    assert not game.over


def test_a_piece_that_locks_wholly_above_the_field_is_the_end():
    game = begun("...####...\n" * 20, "O", x=3, y=19, lowest=19, landed=1)
    steps(game, "hard")
    assert game.over
    assert game.fields[0].pieces == 0, "it did not become part of the field"


def test_a_piece_that_locks_partly_above_the_field_is_none():
    game = begun("###.......\n" * 19, "I", rotation=1, x=-2, y=19, lowest=19, queue=(6,) * 6, landed=1)
    steps(game, "hard")
    assert not game.over
    assert game.fields[0].rows[19:] == (1, 1, 1, 1, 0), "three of its cells are in hidden rows"


def test_hold_can_be_the_end_too():
    game = begun("...####...\n" * 21, "O", x=-1, y=5, lowest=5, queue=(4,) * 6)
    steps(game, "hold", "hard")
    assert game.over
    assert game.fields[0].pieces == 0


# --- placements ---


@pytest.mark.parametrize("rotation", range(4))
def test_a_placement_drops_the_piece_there_at_once(rotation):
    for column in range(COLUMNS):
        game = begun(piece="T", actions="placements")
        game.step((10 * rotation + column,))
        rows = game.fields[0].rows
        width = ORIENTED[4 * number("T") + rotation].width
        assert game.fields[0].pieces == 1
        assert min((row & -row).bit_length() - 1 for row in rows if row) == min(column, COLUMNS - width)
        assert game.frame == 1


def test_a_placement_with_hold_places_the_other_piece():
    game = begun(piece="T", actions="placements", queue=(4, 1, 2, 3, 5, 6))
    game.step((40 + 8,))
    field = game.fields[0]
    assert shown(field.rows) == ["........##", "........##"]
    assert (field.hold, field.piece, field.held) == (number("T"), 1, 0)
    game.step((40 + 0,))
    assert (field.hold, field.piece) == (1, 2)
    assert shown(field.rows)[-1] == "###.....##"


def test_a_placement_earns_the_points_of_a_hard_drop():
    game = begun(piece="T", actions="placements")
    game.step((3,))
    assert game.scores() == (2 * 19,)


def test_where_nothing_can_be_placed_is_the_end():
    game = begun("##########\n".replace("##", ".#", 1) * 21, "O", actions="placements")
    assert game.placements(0) == []
    game.step((0,))
    assert game.over
    assert game.fields[0].pieces == 0
