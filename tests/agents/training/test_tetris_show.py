"""The game beside the training: a real game of the weights it began with, one piece a moment."""

import json

from rollback.agents.training.tetris_show import SHOWN, Show, placements
from rollback.games.tetris_board import afterstates, board_of, rows_of
from rollback.games.tetris_features import BCTS, FEATURES, value
from rollback.games.tetris_pieces import PIECES


def test_before_the_first_move_there_is_an_empty_field():
    seen = Show(1).picture()
    json.dumps(seen)
    assert seen["rows"] == [0] * 24 and seen["pieces"] == seen["lines"] == 0
    assert seen["piece"] in PIECES and len(seen["next"]) == 5


def test_each_move_places_a_piece_and_takes_the_first_of_the_placements():
    show = Show(3)
    show.move(BCTS, 4)
    for _ in range(60):
        before = show.picture()
        best = before["placements"][0]
        show.move(BCTS, 4)
        after = show.picture()
        (found,) = [each for each in afterstates(board_of(before["rows"]), before["piece"]) if each.action == best["action"]]
        assert after["rows"] == list(rows_of(found.board))
        assert after["lines"] == before["lines"] + found.lines
        assert [after["piece"], *after["next"][:4]] == before["next"]
        assert after["pieces"] == before["pieces"] + 1


def test_a_game_is_played_to_its_end_by_the_weights_it_began_with():
    show = Show(1)
    show.move((1, *[0] * 7), 1)  # the higher the better: it ends soon
    seen = []
    while show.picture()["generation"] == 1:
        seen.append(show.picture()["pieces"])
        show.move(BCTS, 2)
    assert seen == list(range(1, len(seen) + 1)) and 5 < len(seen) < 30
    assert show.picture()["weights"] == dict(zip(FEATURES, BCTS, strict=True))
    assert show.picture()["pieces"] == 1


def test_where_the_game_is_over_there_are_no_placements():
    show = Show(1)
    show.move((1, *[0] * 7), 1)
    while show.picture()["placements"]:
        show.move((1, *[0] * 7), 1)
    assert show.picture()["pieces"] > 5
    json.dumps(show.picture())


def test_the_placements_are_the_best_ones_with_their_cells():
    board = board_of([0b1111111110, 0b1111111110, 0b0000000111])
    for piece in PIECES:
        found = placements(board, piece, BCTS)
        values = sorted((value(after, BCTS) for after in afterstates(board, piece)), reverse=True)
        assert [place["value"] for place in found] == values[:SHOWN]
        for place in found:
            (after,) = [each for each in afterstates(board, piece) if each.action == place["action"]]
            lying = sum(1 << 10 * row + column for column, row in place["cells"])
            assert lying.bit_count() == 4 and not lying & board
            if not after.lines:
                assert board | lying == after.board
