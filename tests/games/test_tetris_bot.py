import json

import pytest

from rollback.errors import UsageError
from rollback.games.bots import act_with
from rollback.games.tetris import Tetris
from rollback.games.tetris_board import after, board_of, nearest
from rollback.games.tetris_bot import TetrisBot, arrives
from rollback.games.tetris_features import BCTS
from rollback.games.tetris_pieces import ORIENTED, PIECES, SPAWN_X
from rollback.games.tetris_rules import GRAVITY, TOP_LEVEL
from rollback.state import is_tree
from tests.games.tetris_drawn import begun, drawn, number, shown


def play(game, skills, seed, frames):
    """Play a match between bots of these skills; return its frames."""
    acts = [act_with(TetrisBot(skill, seed * 16 + player, actions=game.actions)) for player, skill in enumerate(skills)]
    for frame in range(frames):
        if game.over:
            return frame
        game.step([act(game, player) for player, act in enumerate(acts)])
    return frames


@pytest.mark.parametrize("seed", range(3))
def test_alone_it_clears_hundreds_of_lines_up_to_the_top_speed(seed):
    game = Tetris(1, seed=seed)
    play(game, [1], seed, 12_500)
    assert not game.over
    assert game.fields[0].lines > 200
    assert game.fields[0].level == TOP_LEVEL


def test_in_placements_it_clears_hundreds_of_lines_too():
    game = Tetris(1, "placements", seed=2)
    assert play(game, [0.7], 2, 700) == 700
    assert game.fields[0].lines > 270


@pytest.mark.parametrize("seed", range(8))
def test_matches_between_two_come_to_an_end_and_last_a_while(seed):
    game = Tetris(2, seed=seed)
    frames = play(game, [0.7, 0.7], seed, 30_000)
    assert game.over
    assert frames > 1_800
    assert sum(field.out for field in game.fields) >= 1
    assert min(field.lines for field in game.fields) > 10


@pytest.mark.parametrize("players", [3, 4])
def test_matches_between_more_come_to_an_end(players):
    game = Tetris(players, seed=players)
    play(game, [0.6] * players, players, 40_000)
    assert game.over
    assert sum(field.out for field in game.fields) >= players - 1


def test_matches_between_the_best_come_to_an_end_too():
    game = Tetris(2, "placements", seed=1)
    assert play(game, [1, 1], 1, 2_000) < 2_000
    assert game.over


def test_neither_side_is_favoured_and_the_better_one_wins():
    winners = [0, 0]
    for seed in range(14):
        game = Tetris(2, "placements", seed=seed)
        play(game, [0.3, 0.3], seed, 1_500)
        winners[game.fields[0].out] += 1
    assert min(winners) > 2
    wins = 0
    for seed in range(6):
        game = Tetris(2, seed=seed)
        play(game, [0.9, 0.4] if seed % 2 else [0.4, 0.9], seed, 30_000)
        wins += game.fields[0].out == (0 if seed % 2 else 1)
    assert wins >= 5


def test_it_changes_its_input_often_enough_to_be_mispredicted_and_no_faster_than_people():
    for seed in range(4):
        game = Tetris(2, seed=seed)
        acts = [act_with(TetrisBot(seed=seed * 16 + player)) for player in range(2)]
        changes, last, frames = [0, 0], [None, None], 0
        while not game.over and frames < 1_800:
            actions = [act(game, player) for player, act in enumerate(acts)]
            for player in range(2):
                changes[player] += actions[player] != last[player]
            last = actions
            game.step(actions)
            frames += 1
        for count in changes:
            assert 5 < count / (frames / 60) < 16


def test_every_key_comes_up_before_the_next_goes_down():
    game = Tetris(1, seed=5)
    act = act_with(TetrisBot(0.8, 5))
    last = (False,) * 8
    pressed = set()
    for _ in range(3_000):
        action = act(game, 0)
        assert sum(action) <= 1
        assert action == last or not any(action) or not any(last)
        pressed.update(place for place, button in enumerate(action) if button)
        last = action
        game.step((action,))
    assert pressed == {0, 1, 3, 4, 5, 6}, "it moves, turns both ways, drops and holds"


@pytest.mark.parametrize("actions", ["buttons", "placements"])
def test_it_is_a_pure_function_of_what_it_sees_and_remembers(actions):
    bot = TetrisBot(seed=3, actions=actions)
    game = Tetris(2, actions, seed=3)
    memory = None
    for _ in range(500):
        seen = game.observe(0)
        first, second = bot.act(seen, memory), bot.act(seen, memory)
        assert first == second
        assert bot.act(seen, json.loads(json.dumps(memory))) == first
        action, memory = first
        assert is_tree(memory)
        game.codecs[0].encode(action)
        game.step([action, game.idle(1)])
        if game.over:
            game.reset(4)


def test_it_thinks_once_a_piece(monkeypatch):
    decided = []
    plan = TetrisBot._plan
    monkeypatch.setattr(TetrisBot, "_plan", lambda *arguments: decided.append(1) or plan(*arguments))
    game = Tetris(1, seed=1)
    play(game, [0.7], 1, 2_000)
    swaps = 2  # a piece that was put aside is thought about again
    assert game.fields[0].pieces <= len(decided) <= (1 + swaps) * game.fields[0].pieces
    assert len(decided) < 2_000 / 20


def test_other_seeds_play_otherwise():
    ends = set()
    for seed in range(4):
        game = Tetris(1, seed=7)
        play(game, [0.7], seed, 900)
        ends.add(game.fields[0].rows)
    assert len(ends) == 4


def test_more_skill_is_quicker():
    pieces = []
    for skill in (0, 0.5, 1):
        game = Tetris(1, seed=2)
        play(game, [skill], 2, 1_500)
        pieces.append(game.fields[0].pieces)
    assert pieces == sorted(pieces)
    assert pieces[2] > 3 * pieces[0]


def test_the_same_bot_sees_the_four_rows_it_can_take():
    game = begun("#########.\n" * 4, "I", actions="placements", hold=number("S"))
    game.step((act_with(TetrisBot(1, actions="placements"))(game, 0),))
    assert game.fields[0].lines == 4


def test_a_drop_that_is_not_seen_at_once_is_not_pressed_again_and_again():
    bot = TetrisBot(1)
    seen = Tetris(1, seed=1).observe(0)
    memory, drops, last = None, 0, None
    for _ in range(200):
        action, memory = bot.act(seen, memory)  # the picture never changes
        drops += action[3] and action != last
        last = action
    assert 0 <= drops < 12


def test_where_everything_is_lost_it_still_acts():
    for actions in ("buttons", "placements"):
        game = begun("##########\n".replace("##", ".#", 1) * 21, "O", actions=actions)
        memory = None
        for _ in range(60):
            action, memory = TetrisBot(1, actions=actions).act(game.observe(0), memory)
            game.codecs[0].encode(action)


# --- whether keys get a piece somewhere ---


@pytest.mark.parametrize("piece", PIECES)
@pytest.mark.parametrize("rotation", range(4))
def test_on_an_empty_field_every_place_can_be_reached_at_any_speed(piece, rotation):
    oriented = ORIENTED[4 * piece + rotation]
    for x in range(oriented.least_x, oriented.greatest_x + 1):
        for level in (1, 10, TOP_LEVEL):
            assert arrives(0, piece, rotation, x, 4 * GRAVITY[level], 6 * GRAVITY[level])


def test_a_wall_is_passed_while_the_piece_is_high_and_not_when_it_has_fallen():
    board = board_of(drawn("..#.......\n" * 12))
    x = ORIENTED[4 * number("O")].least_x
    assert arrives(board, number("O"), 0, x, 0, GRAVITY[1])
    assert not arrives(board, number("O"), 0, x, 0, GRAVITY[TOP_LEVEL])
    assert arrives(board, number("O"), 0, SPAWN_X + 3, 0, GRAVITY[TOP_LEVEL])


def test_a_turn_that_has_no_room_does_not_arrive():
    board = board_of(drawn("###....###\n" * 18 + "####.#####"))
    assert not arrives(board_of(drawn("####.#####\n" * 22)), number("I"), 1, 3, 0, 0)
    assert arrives(board, number("T"), 1, 3, 0, 0)


def test_a_plan_that_arrives_is_where_the_keys_really_bring_the_piece():
    hits = tries = 0
    for seed in range(6):
        game = Tetris(1, seed=seed, level=12)
        act = act_with(TetrisBot(1, seed))
        bot = TetrisBot(1, seed)
        for _ in range(900):
            field = game.fields[0]
            pieces, hold = field.pieces, field.hold
            if not any(field.rows) or game.over:
                game.step((act(game, 0),))
                continue
            board, piece = field.board, field.piece
            wished = {
                after(board, piece, *nearest(board, piece, *divmod(action % 40, 10))).board
                for _, action in bot._judged(game.observe(0), 1)[:4]
                if action < 40
            }
            game.step((act(game, 0),))
            if field.pieces == pieces + 1 and field.hold == hold and wished:
                tries += 1
                hits += field.board in wished
    assert tries > 100
    assert hits > tries * 0.9


@pytest.mark.parametrize("skill", [-0.1, 1.1, "good", None, True, float("nan")])
def test_a_skill_outside_zero_to_one_is_refused_in_one_sentence(skill):
    with pytest.raises(UsageError, match=r"skill must be a number from 0 \(hopeless\) to 1 \(best\), not"):
        TetrisBot(skill)


def test_an_unknown_kind_of_action_is_refused_in_one_sentence():
    with pytest.raises(UsageError, match=r"^actions must be .buttons. or .placements., not 'keys'$"):
        TetrisBot(actions="keys")


def test_other_weights_play_otherwise_and_as_they_say():
    def first(weights):
        return act_with(TetrisBot(1, 1, "placements", weights))(Tetris(1, "placements", seed=1), 0)

    assert first(BCTS) == act_with(TetrisBot(1, 1, "placements"))(Tetris(1, "placements", seed=1), 0)
    high, low = (Tetris(1, "placements", seed=1).afterstate(0, first((sign, *[0] * 7))) for sign in (1, -1))
    assert high.landing > low.landing, "who weighs nothing but the height goes where that is greatest, or least"


@pytest.mark.parametrize("weights", [(), BCTS[:7], (*BCTS[:7], 0.5), (*BCTS[:7], True)])
def test_weights_that_are_none_are_refused_in_one_sentence(weights):
    with pytest.raises(UsageError, match=r"^weights must be 8 whole numbers, not "):
        TetrisBot(weights=weights)


def test_a_clumsy_one_leaves_more_holes():
    def holes(skill):
        game = Tetris(1, seed=6)
        play(game, [skill], 6, 6_000)
        lines = shown(game.fields[0].rows)
        return sum(line.count(".") for line in lines) / (game.fields[0].pieces or 1)

    assert holes(1) < holes(0.1)
