import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rollback.errors import GameError, UsageError
from rollback.game import Game, codecs_of, idle_inputs
from rollback.games.tetris import Tetris
from rollback.games.tetris_board import ACTIONS, board_of
from rollback.games.tetris_features import value
from rollback.games.tetris_pieces import ORIENTED
from rollback.games.tetris_rules import CALM_MINUTES, GARBAGE_DELAY, MINUTE, TOP_LEVEL
from tests.games.tetris_drawn import NOTHING, begun, cells, number, press, steps

WELL = "#########.\n"
FOUR = {"piece": "I", "rotation": 1, "x": 7, "y": 2, "lowest": 2}  # over a well of four, with a cell above


def attacked(players, outs=(), attacker=0, **parts):
    """Return the match after player 0 attacked with four rows; `outs` are out before."""
    game = begun("#.........\n" + WELL * 4, players=players, **FOUR, **parts)
    fields = list(game.fields)
    fields[0], fields[attacker] = fields[attacker], fields[0]
    game.fields = tuple(fields)
    for player in outs:
        game.fields[player].out = 1
    game.step([press("hard") if player == attacker else NOTHING for player in range(players)])
    return game


# --- what it is ---


@pytest.mark.parametrize("players", [1, 2, 3, 4])
@pytest.mark.parametrize("actions", ["buttons", "placements"])
def test_it_is_a_game_for_one_to_four(players, actions):
    game = Tetris(players, actions)
    assert isinstance(game, Game)
    assert game.players == len(game.fields) == len(game.scores()) == players
    assert game.fps == 60
    assert game.over is False
    assert [codec.size for codec in codecs_of(game)] == [1] * players
    assert idle_inputs(game, codecs_of(game)) == (b"\x00" if actions == "buttons" else b"\x03",) * players


def test_buttons_have_names_and_keys_and_placements_have_neither():
    game = Tetris()
    assert len(game.buttons) == game.codecs[0].n == 8
    assert set(game.keys(0).values()) == set(range(8))
    assert game.keys(0) == game.keys(1)
    assert (Tetris(actions="placements").buttons, Tetris(actions="placements").keys(0)) == ((), {})


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ({"players": 0}, "players must be a whole number from 1 to 4, not 0"),
        ({"players": 5}, "players must be a whole number from 1 to 4, not 5"),
        ({"players": True}, "players must be a whole number from 1 to 4, not True"),
        ({"players": "2"}, "players must be a whole number from 1 to 4, not '2'"),
        ({"actions": "keys"}, 'actions must be "buttons" or "placements", not \'keys\''),
        ({"level": 0}, "level must be a whole number from 1 to 20, not 0"),
        ({"level": 21}, "level must be a whole number from 1 to 20, not 21"),
        ({"limit": 0}, "limit must be a whole number from 1 to 2147483648, not 0"),
        ({"limit": 1.5}, "limit must be a whole number from 1 to 2147483648, not 1.5"),
    ],
)
def test_an_argument_outside_its_limits_is_refused_in_one_sentence(arguments, sentence):
    with pytest.raises(GameError) as error:
        Tetris(**arguments)
    assert str(error.value) == sentence


@pytest.mark.parametrize("seed", [-1, "x", None, 1.5])
def test_a_seed_that_is_no_whole_number_is_refused(seed):
    with pytest.raises(UsageError, match="seed"):
        Tetris(seed=seed)


def test_reset_starts_anew_with_other_pieces():
    game = Tetris(seed=1)
    fresh = game.save()
    steps(game, "hard")
    game.reset(1)
    assert game.save() == fresh
    game.reset(2)
    assert game.fields[0].queue != fresh["fields"][0]["queue"]


def test_buttons_may_be_any_sequence_of_ones_and_zeros():
    games = [Tetris(1, seed=4) for _ in range(3)]
    dice = random.Random(1)
    for _ in range(300):
        action = tuple(dice.random() < 0.2 for _ in range(8))
        for game, given_action in zip(
            games, (action, [int(button) for button in action], tuple(map(int, action))), strict=True
        ):
            game.step([given_action])
    assert games[0].save() == games[1].save() == games[2].save()
    assert games[0].fields[0].pieces > 3


# --- who attacks whom ---


@pytest.mark.parametrize(
    ("players", "outs", "attacker", "target"),
    [
        (2, (), 0, 1),
        (2, (), 1, 0),
        (3, (), 0, 1),
        (3, (), 2, 0),
        (3, (1,), 0, 2),
        (4, (), 1, 2),
        (4, (), 3, 0),
        (4, (1, 2), 0, 3),
        (4, (0, 3), 2, 1),
    ],
)
def test_an_attack_goes_to_the_next_player_to_the_right_who_is_still_in(players, outs, attacker, target):
    game = attacked(players, outs, attacker)
    assert [field.incoming for field in game.fields] == [4 if player == target else 0 for player in range(players)]
    assert game.target(attacker) == target


def test_alone_there_is_nobody_to_attack():
    game = attacked(1)
    assert game.target(0) is None
    assert game.fields[0].lines == 4
    assert game.fields[0].incoming == 0


def test_garbage_may_come_up_a_second_after_the_attack():
    game = attacked(2, frame=100)
    assert game.fields[1].pending == ((100 + GARBAGE_DELAY, 4),)
    game.load({**game.save(), "frame": 100 + GARBAGE_DELAY - 1})
    game.step([NOTHING, press("hard")])
    assert game.fields[1].incoming == 4
    game.step([NOTHING, NOTHING])
    game.step([NOTHING, press("hard")])
    assert game.fields[1].incoming == 0
    assert cells(game, 1) == 4 * 2 + 9 * 4


@pytest.mark.parametrize("minute", range(8))
def test_attacks_grow_by_a_row_a_minute_after_the_third(minute):
    game = attacked(2, frame=minute * MINUTE)
    assert game.fields[1].incoming == 4 + max(0, minute - CALM_MINUTES + 1)


def test_attacks_of_one_frame_cross_and_do_not_cancel_each_other():
    game = begun("#.........\n" + WELL * 4, players=2, **FOUR)
    mine = game.save()["fields"][0]
    game.load({"frame": 0, "fields": (mine, {**mine, "pending": ((0, 1),)})})
    game.step([press("hard"), press("hard")])
    assert [field.incoming for field in game.fields] == [3, 4]


def test_players_who_are_out_stand_still_and_are_not_attacked():
    game = begun("...####...\n" * 21, "O", x=-1, y=5, lowest=5, queue=(4,) * 6, players=3)
    steps(game, "hard")
    assert game.fields[0].out
    assert not game.over
    before = game.save()["fields"][0]
    for _ in range(200):
        game.step([press("left", "hard"), press("hard"), NOTHING])
        game.step([NOTHING] * 3)
    assert game.save()["fields"][0] == before
    assert [game.target(player) for player in (1, 2)] == [2, 1] or game.over


# --- the end ---


@pytest.mark.parametrize("players", [1, 2, 3, 4])
def test_a_match_is_over_when_at_most_one_is_left(players):
    game = Tetris(players)
    for player in range(players):
        expected = player >= max(1, players - 1)
        assert game.over == expected
        game.fields[player].out = 1
    assert game.over


@pytest.mark.parametrize("actions", ["buttons", "placements"])
def test_a_match_is_over_at_its_limit(actions):
    game = Tetris(2, actions, limit=12)
    for _ in range(12):
        assert not game.over
        game.step([game.idle(0)] * 2)
    assert game.over
    before = game.save()
    game.step([game.idle(0)] * 2)
    assert game.save() == before


def test_levels_rise_by_ten_lines_alone_and_by_time_too_against_others():
    for players, frame, level in ((1, 7_200, 3), (2, 0, 3), (2, 7_200, 7), (2, 100_000, TOP_LEVEL)):
        game = begun("#.........\n" + WELL, players=players, lines=20, frame=frame, **FOUR)
        steps(game, "hard")
        assert game.fields[0].level == level, (players, frame)
    game = Tetris(1, level=5)
    assert game.fields[0].level == 5


# --- what is seen ---


@pytest.mark.parametrize("players", [1, 2, 3, 4])
def test_what_is_seen_has_the_length_and_the_limits_that_are_stated(players):
    for actions in ("buttons", "placements"):
        game = Tetris(players, actions, seed=5)
        dice = random.Random(players)
        for _ in range(400):
            for player in range(players):
                seen = game.observe(player)
                assert len(seen) == len(game.observed) == 41 + 26 * (players - 1)
                for part, (name, least, greatest) in zip(seen, game.observed, strict=True):
                    assert type(part) is int, name
                    assert least <= part <= greatest, (name, part)
            game.step([codec.decode(dice.randbytes(1)) for codec in game.codecs])


def test_a_player_sees_the_own_field_first_and_then_the_others_to_the_right():
    game = Tetris(3, seed=2)
    for player, field in enumerate(game.fields):
        field.rows = tuple(player * 100 + row for row in range(24))
        field.attacked(player + 1, 9)
    names = [name for name, _, _ in game.observed]
    for player in range(3):
        seen = dict(zip(names, game.observe(player), strict=True))
        assert seen["own row 3"] == player * 100 + 3
        assert seen["incoming"] == player + 1
        for way in (1, 2):
            other = (player + way) % 3
            assert seen[f"opponent {way} row 5"] == other * 100 + 5
            assert seen[f"opponent {way} incoming"] == other + 1
            assert seen[f"opponent {way} out"] == 0


def test_the_piece_the_hold_and_the_queue_are_seen():
    game = begun(piece="S", hold=3, held=1, queue=(7, 6, 5, 4, 3, 2, 1), combo=99, level=4)
    seen = dict(zip([name for name, _, _ in game.observed], game.observe(0), strict=True))
    assert (seen["piece"], seen["x"], seen["y"], seen["rotation"]) == (number("S"), 3, 18, 0)
    assert (seen["hold"], seen["held"], seen["level"], seen["combo"]) == (3, 1, 4, 20)
    assert [seen[f"next {place}"] for place in range(1, 6)] == [7, 6, 5, 4, 3]


# --- placements ---


@pytest.mark.parametrize("seed", range(6))
def test_an_afterstate_is_what_the_step_leads_to(seed):
    dice = random.Random(seed)
    game = Tetris(1, "placements", seed=seed)
    steps_taken = 0
    while not game.over and steps_taken < 60:
        action = dice.randrange(128)
        foreseen = game.afterstate(0, action)
        lines = game.fields[0].lines
        game.step((action,))
        if foreseen is None:
            assert game.over
        else:
            assert game.fields[0].rows == foreseen.rows
            assert game.fields[0].lines - lines == foreseen.lines
        steps_taken += 1
    assert steps_taken > 10


@pytest.mark.parametrize("seed", range(6))
def test_every_listed_placement_is_legal_and_leads_where_it_says(seed):
    dice = random.Random(seed)
    game = Tetris(1, "placements", seed=seed)
    while not game.over and game.frame < 25:
        listed = game.placements(0)
        assert len({state.action for state in listed}) == len(listed)
        for state in listed:
            assert 0 <= state.action < ACTIONS
            assert game.afterstate(0, state.action) == state
        game.step((dice.choice(listed).action,))
    assert game.frame > 10


def test_placements_are_listed_for_the_piece_and_for_the_one_that_hold_brings():
    game = begun(piece="T", queue=(4, 1, 2, 3, 5, 6))
    listed = game.placements(0)
    assert len(listed) == 34 + 9
    assert {state.action // 40 for state in listed} == {0, 1}
    game = begun(piece="T", hold=1, held=0)
    assert len(game.placements(0)) == 34 + 17
    game = begun(piece="T", hold=1, held=1)
    assert len(game.placements(0)) == 34


def test_numbers_from_eighty_on_are_legal_placements_too():
    for action in range(80, 128):
        one, other = (Tetris(1, "placements", seed=3) for _ in range(2))
        one.step((action,))
        other.step((action - 80,))
        assert one.save() == other.save()


def test_in_placements_garbage_comes_after_two_pieces():
    game = begun("#.........\n" + WELL * 4, piece="I", players=2, actions="placements")
    game.step((10 + 9, 0))
    assert game.fields[1].pending == ((2, 4),)
    game.step((0, 3))
    assert game.fields[1].incoming == 4
    game.step((0, 6))
    assert game.fields[1].incoming == 0


# --- whatever is pressed ---


def balance(game, player):
    """Return the cells of a field less those that pieces and clears account for: what came as garbage."""
    field = game.fields[player]
    return cells(game, player) - 4 * field.pieces + 10 * field.lines


@settings(max_examples=60)
@given(
    players=st.integers(1, 4),
    actions=st.sampled_from(["buttons", "placements"]),
    seed=st.integers(0, 2**63),
    inputs=st.binary(min_size=1, max_size=300),
    hold=st.integers(1, 6),
)
def test_no_bytes_whatever_lose_a_cell_overlap_a_piece_or_fail(players, actions, seed, inputs, hold):
    game = Tetris(players, actions, seed=seed, level=1 + seed % 20)
    shadow = Tetris(players, actions, seed=seed + 1, level=game.level)
    garbage = [0] * players
    for start in range(0, len(inputs) - players + 1, players):
        row = [codec.decode(bytes([byte])) for codec, byte in zip(game.codecs, inputs[start : start + players], strict=True)]
        for _ in range(hold if actions == "buttons" else 1):
            before = game.save()
            shadow.load(before)
            game.step(row)
            shadow.step(row)
            assert shadow.save() == game.save()
        for player, field in enumerate(game.fields):
            came = balance(game, player)
            if not field.out:  # cells that garbage pushed out of the field are gone
                assert came == 0 or players > 1
                assert came >= garbage[player]
                assert came % 9 == 0
                assert not field.board & field_cells(field), "a piece never lies in cells"
            garbage[player] = came
            assert field.board == board_of(field.rows)
            for bits, tints in zip(field.rows, field.tints, strict=True):
                assert all((tints >> 4 * column & 15 != 0) == bool(bits >> column & 1) for column in range(10))
            assert 1023 not in field.rows, "no full row is left"


def field_cells(field):
    """Return the cells of the piece that falls as a field."""
    oriented = ORIENTED[4 * field.piece + field.rotation]
    return oriented.mask << 10 * (field.y - oriented.least_y) + field.x - oriented.least_x


@pytest.mark.parametrize("seed", range(5))
def test_as_much_garbage_comes_up_as_was_due_and_none_with_a_clear(seed):
    game = Tetris(2, "placements", seed=seed)
    risen = 0
    while not game.over and game.frame < 150:
        listed = [game.placements(player) for player in range(2)]
        rows = [max(found, key=lambda state: (state.lines, value(state))).action if found else 0 for found in listed]
        before = [(balance(game, player), field.lines, field.pending) for player, field in enumerate(game.fields)]
        frame = game.frame
        game.step(rows)
        for player, (garbage, lines, pending) in enumerate(before):
            due = min(8, sum(count for start, count in pending if start <= frame))
            expected = due if game.fields[player].lines == lines else 0
            if not game.fields[player].out:
                assert balance(game, player) - garbage == 9 * expected
                risen += expected
    assert risen > 3, "or it proves nothing"
