"""What decides whether an agent fits, as a hash: the same everywhere, and another one where a thing that matters differs."""

from __future__ import annotations

import pytest

from rollback.agents.fitting import game_hash, hash_of, map_hash
from rollback.errors import UsageError
from rollback.games import Duel, GridWorld, Pong, Tetris
from rollback.games.gridworld_layouts import LAYOUTS, Layout


def test_the_hash_is_the_same_in_every_process_and_whatever_the_order() -> None:
    assert hash_of({"b": [1, 2.5], "a": None}) == hash_of({"a": None, "b": (1, 2.5)})
    assert hash_of(["gridworld", 1]) == "f805ef410a6b29be955363e85b72b0fccad191691253f919d4068da664c51160"
    with pytest.raises(UsageError, match="the facts holds a"):
        hash_of({1, 2})


def test_games_that_show_or_take_something_else_have_other_hashes() -> None:
    games = [
        Pong(), Duel(), Tetris(), Tetris(3), Tetris(actions="placements"), GridWorld(2, "race"), GridWorld(3, "race"),
        GridWorld(2, "keys"), GridWorld(1, "rooms"),
    ]  # fmt: skip
    assert len({game_hash(game) for game in games}) == len(games)


def test_how_a_match_stands_is_not_in_the_hash() -> None:
    game = Pong()
    before = game_hash(game)
    game.reset(7)
    for _ in range(50):
        game.step([(True, False), (False, True)])
    assert game_hash(game) == before == game_hash(Pong())


def test_a_map_is_its_rows_and_neither_its_name_nor_its_prices() -> None:
    rooms = LAYOUTS["rooms"]
    assert map_hash(Layout("mine", rooms.rows, price=5, reward=1)) == map_hash(rooms)
    assert len({map_hash(layout) for layout in LAYOUTS.values()}) == len(LAYOUTS)
