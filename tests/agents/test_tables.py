"""A table plays GridWorld: alone, against others, in another world than it knows, and where nothing is installed."""

import subprocess
import sys

import pytest

from rollback.agents.checkpoints import Array, Checkpoint
from rollback.agents.playing import policy_from
from rollback.agents.races import halls
from rollback.agents.tables import MOVES, TableBot, rows_of, table_bot
from rollback.agents.training import make_algorithm
from rollback.errors import CheckpointError
from rollback.games import GridWorld, Pong
from rollback.games.gridworld import DOWN, LEFT, RIGHT, STAY, UP
from rollback.games.gridworld_layouts import LAYOUTS, Layout
from tests.agents.tables import shortest_ways


def trained(layout, steps=100_000, seed=1):
    algorithm = make_algorithm("q-learning", f"gridworld?layout={layout}", {}, seed)
    algorithm.advance(steps)
    return algorithm.checkpoint()


def played(game, bots):
    """Play a match to its end."""
    while not game.over:
        game.step([bot.act(game.observe(player), None)[0] for player, bot in enumerate(bots)])
    return game


@pytest.mark.parametrize("layout", ["rooms", "cliff", "halls", "race"])
@pytest.mark.parametrize("pace", [1, 8])
def test_alone_it_walks_the_shortest_way_at_any_pace(layout, pace):
    saved = shortest_ways(layout)
    from rollback.games.gridworld_sight import ways

    for seed in range(5):
        game = GridWorld(1, layout, pace=pace, seed=seed)
        moves = ways(game.layout, game.cells[0], 0, ())[game.layout.spots[0]].length
        played(game, [table_bot(saved, game, 0, 0)])
        assert game.is_won
        assert game.clock == (moves - 1) * pace + 1


def test_the_number_of_a_state_is_as_good_as_what_is_seen():
    saved = shortest_ways("race")
    game = GridWorld(1, "race", pace=1, seed=3)
    bot = table_bot(saved, game, 0, 0)
    while not game.over:
        assert bot.act(game.state_index(), None) == bot.act(game.observe(0), None)
        game.step([bot.act(game.state_index(), None)[0]])
    assert game.is_won


@pytest.mark.parametrize("seed", range(4))
def test_in_a_race_it_follows_the_goal_wherever_that_goes(seed):
    saved = shortest_ways("race")
    game = GridWorld(2, "race", seed=seed)
    idle = type("Idle", (), {"act": lambda self, seen, memory: (STAY, None)})()
    played(game, [table_bot(saved, game, 0, 0), idle])
    assert game.won == [5, 0]


def test_what_was_trained_alone_plays_a_match_of_two_to_its_end():
    saved = Checkpoint.load(trained("race").to_bytes())
    for seed in range(4):
        game = GridWorld(2, "race", seed=seed)
        played(game, [policy_from(saved, game, player) for player in range(2)])
        assert max(game.won) == 5


@pytest.mark.parametrize("players", [2, 4])
def test_together_they_find_keys_and_doors_that_training_never_saw_others_open(players):
    saved = trained("keys", 150_000)
    game = GridWorld(players, "keys", seed=1)
    played(game, [policy_from(saved, game, player) for player in range(players)])
    assert sum(game.won) == 3


def corridor(**rows):
    return Layout("corridor", ("#######", "#1..2G#", "#..#..#", "#######"), **rows)


def table_for(layout, **moves):
    """Return a table that is 0 but where a cell's values are given by `cell_NUMBER`."""
    values = [[0.0] * MOVES for _ in range(rows_of(layout))]
    for name, row in moves.items():
        values[layout.rank[int(name.removeprefix("cell_"))]] = row
    return Array.of(values)


def test_where_somebody_stands_in_the_way_it_goes_around_or_waits():
    layout = corridor()
    bot = TableBot(table_for(layout, cell_10=[0.0, 2.0, 1.0, 9.0]), layout, 2)
    made = set()
    for limit in range(1000, 1060):
        game = GridWorld(2, layout, pace=1, limit=limit)
        game.load({**game.save(), "cells": (10, 11)})
        made.add(bot.act(game.observe(0), None)[0])
    assert made == {STAY, LEFT}, "below is a wall"
    game.load({**game.save(), "cells": (10, 12)})
    assert bot.act(game.observe(0), None)[0] == RIGHT, "there is nobody in the way"


def test_whoever_stands_still_anywhere_on_the_way_is_walked_around():
    """Found in a race: it stepped aside and came back for ever."""
    game = GridWorld(2, "race", pace=1)
    bot = table_bot(shortest_ways("race"), game, 0, 0)
    begun = game.save()
    for spot, goal in enumerate(game.layout.spots):
        for cell in game.layout.homes:
            if cell == game.layout.starts[0]:
                continue
            game.load({**begun, "cells": (game.layout.starts[0], cell), "spot": spot})
            for _ in range(40):
                game.step([bot.act(game.observe(0), None)[0], STAY])
            assert game.won[0] >= 1, (goal, cell)


def test_what_is_remembered_of_ways_around_has_a_limit_and_changes_nothing(monkeypatch):
    from rollback.agents import tables

    saved = shortest_ways("race")
    game = GridWorld(3, "race", pace=1, seed=2)
    fresh = table_bot(saved, game, 0, 0)
    monkeypatch.setattr(tables, "_MOST_DETOURS", 3)
    for _ in range(300):
        seen = game.observe(0)
        action = fresh.act(seen, None)
        assert action == table_bot(saved, game, 0, 0).act(seen, None)
        assert len(fresh._detours) <= 3
        game.step([action[0], 1 + game.clock % 4, 1 + game.clock // 3 % 4])


def test_who_is_shut_in_waits():
    layout = Layout("cell", ("#####", "#12G#", "#####"))
    bot = TableBot(table_for(layout, cell_6=[0.0, 0.0, 0.0, 9.0]), layout, 2)
    assert bot.act(GridWorld(2, layout, pace=1).observe(0), None) == (STAY, None)


def test_where_training_never_was_it_wanders_and_tries_every_way():
    layout = LAYOUTS["rooms"]
    bot = TableBot(Array.of([[0.0] * MOVES] * rows_of(layout)), layout, 1)
    made = {}
    game = GridWorld(1, layout, pace=1)
    for limit in range(100, 300):
        game = GridWorld(1, layout, pace=1, limit=limit)
        game.load({**game.save(), "cells": (2 * 13 + 3,)})
        action = bot.act(game.observe(0), None)[0]
        made[action] = made.get(action, 0) + 1
    assert set(made) == {UP, DOWN, LEFT, RIGHT}
    assert min(made.values()) > 25


def test_it_does_nothing_while_a_round_waits_to_begin():
    saved = shortest_ways("race")
    game = GridWorld(2, "race")
    bot = table_bot(saved, game, 0, 0)
    game.load({**game.save(), "pause": 10})
    assert bot.act(game.observe(0), None) == (STAY, None)


def test_what_it_does_is_decided_by_what_it_sees_alone():
    saved = trained("race", 30_000)
    game = GridWorld(2, "race", seed=5)
    one, other = table_bot(saved, game, 0, 1), table_bot(Checkpoint.load(saved.to_bytes()), game, 1, 99)
    for frame in range(400):
        seen = game.observe(0)
        assert one.act(seen, None) == other.act(seen, "anything") == one.act(list(seen), None)
        game.step([one.act(seen, None)[0], frame % 5])


def test_actions_and_memory_are_plain():
    game = GridWorld(2, "race")
    action, memory = table_bot(shortest_ways("race"), game, 0, 0).act(game.observe(0), None)
    assert type(action) is int and memory is None


@pytest.mark.parametrize(
    ("change", "game", "told"),
    [
        (
            {},
            GridWorld(1, "cliff"),
            "trained on gridworld\\?layout=rooms, and cannot play on the map cliff: train one there, or take --game",
        ),
        ({}, Pong(), "cannot play Pong"),
        ({"arrays": {}}, GridWorld(1, "rooms"), "holds no table 'q' of 4 moves"),
        ({"arrays": {"q": Array.of([[0.0] * 6] * 54)}}, GridWorld(1, "rooms"), "holds no table 'q' of 4 moves"),
        ({"arrays": {"q": Array.of([[0] * 4] * 54, "i")}}, GridWorld(1, "rooms"), "holds no table"),
        ({"arrays": {"q": Array.of([0.0] * 216)}}, GridWorld(1, "rooms"), "holds no table"),
        ({"arrays": {"q": Array.of([[0.0] * 4] * 53)}}, GridWorld(1, "rooms"), "has 53 rows, and this map needs 54"),
        ({"arrays": {"q": Array.of([[float("nan")] * 4] * 54)}}, GridWorld(1, "rooms"), "no finite numbers"),
        ({"arrays": {"q": Array.of([[float("-inf")] * 4] * 54)}}, GridWorld(1, "rooms"), "no finite numbers"),
    ],
)
def test_a_table_that_does_not_fit_is_refused_in_one_sentence(change, game, told):
    with pytest.raises(CheckpointError, match=told) as caught:
        table_bot(shortest_ways("rooms", **change), game, 0, 0)
    assert "\n" not in str(caught.value)


def test_a_table_that_knows_one_spot_of_the_goal_cannot_play_where_it_moves():
    from rollback.agents.fitting import map_hash

    layout = LAYOUTS["race"]
    saved = shortest_ways("race", arrays={"q": Array.of([[0.0] * 4] * rows_of(layout))})
    assert saved.config_hash == map_hash(layout)
    assert table_bot(saved, GridWorld(1, "race"), 0, 0).rows == rows_of(layout)
    with pytest.raises(CheckpointError, match="here it moves among 5 spots"):
        table_bot(saved, GridWorld(2, "race"), 0, 0)


WITHOUT_PACKAGES = """
import sys
for name in ("numpy", "msgpack", "gymnasium", "aiortc", "socketio", "multiprocessing", "subprocess", "rich", "starlette"):
    sys.modules[name] = None
from rollback.agents.playing import policy_from
from rollback.agents.races import halls
from rollback.games import GridWorld
game = GridWorld(1, "rooms", pace=1, seed=4)
with open(sys.argv[1], "rb") as file:
    bot = policy_from(file.read(), game, 0)
while not game.over:
    game.step([bot.act(game.observe(0), None)[0]])
print(game.is_won)
"""


def test_it_plays_with_the_standard_library_alone_as_in_a_browser(tmp_path):
    path = tmp_path / "rooms.npz"
    shortest_ways("rooms").save(path)
    done = subprocess.run([sys.executable, "-c", WITHOUT_PACKAGES, str(path)], capture_output=True, text=True, timeout=60)
    assert done.stdout == "True\n", done.stderr


def idle_beside(game, bot, seat):
    """Play a match of somebody who never moves against a bot in a seat."""
    while not game.over:
        action = bot.act(game.observe(seat), None)[0]
        game.step([action if player == seat else STAY for player in range(game.players)])
    return game.won


@pytest.mark.parametrize("seed", [1, 2])
def test_an_agent_whose_best_moves_lead_in_a_circle_gets_out_and_wins_from_both_seats(seed):
    """Found in play: it reached nearly every goal it was tried on, and trembled at its start for a whole race."""
    saved = trained("halls", 150_000, seed)
    assert [idle_beside(race, policy_from(saved, race, seat), seat)[seat] for seat in (0, 1) for race in [halls()]] == [3, 3]


def test_it_gets_out_of_a_circle_in_an_environment_that_shows_it_numbers_too():
    saved = shortest_ways("rooms")
    game = GridWorld(1, "rooms", pace=1)
    start = game.cells[0]
    rank, table = game.layout.rank, list(saved.arrays["q"].data)
    neighbour = start + game.layout.offsets[policy_from(saved, game).act(game.state_index(), None)[0]]
    back = game.layout.offsets.index(start - neighbour)
    table[rank[neighbour] * MOVES : (rank[neighbour] + 1) * MOVES] = [float(move == back) for move in range(1, 5)]
    bot = TableBot(Array((len(table) // MOVES, MOVES), "d", table), game.layout, 1)
    while not game.over:
        assert bot.act(game.state_index(), None) == bot.act(game.observe(0), None)
        game.step([bot.act(game.state_index(), None)[0]])
    assert game.is_won


@pytest.mark.parametrize("cell", [8, 9, 10])
def test_where_all_it_knows_is_a_circle_it_wanders(cell):
    layout = Layout("yard", ("#######", "#1...G#", "#.....#", "#2....#", "#######"))
    table = {f"cell_{each}": [0.0, 0.0, 0.0, 9.0] if each != 10 else [0.0, 0.0, 9.0, 0.0] for each in (8, 9, 10)}
    bot = TableBot(table_for(layout, **table), layout, 2)
    made = set()
    for limit in range(1000, 1060):
        game = GridWorld(2, layout, pace=1, limit=limit)
        game.load({**game.save(), "cells": (cell, 22)})
        made.add(bot.act(game.observe(0), None)[0])
    assert made == {DOWN, *([LEFT] if cell > 8 else []), RIGHT}


def test_whoever_stands_on_the_way_out_of_a_circle_is_walked_around():
    layout = Layout("yard", ("#######", "#1...G#", "#.....#", "#2....#", "#######"))
    table = {"cell_8": [0, 0, 0, 9.0], "cell_9": [0, 0, 9.0, 0], "cell_10": [0, 0, 0, 9.0], "cell_11": [0, 0, 0, 9.0]}
    table |= {f"cell_{cell}": [0, 0, 0, 9.0] for cell in (15, 16, 17, 18)} | {"cell_19": [9.0, 0, 0, 0]}
    bot = TableBot(table_for(layout, **table), layout, 2)
    for other in (9, 10, 11, 22):
        game = GridWorld(2, layout, pace=1, limit=200)
        game.load({**game.save(), "cells": (8, other)})
        moves = 0
        while not game.won[0] and moves < 20:
            game.step([bot.act(game.observe(0), None)[0], STAY])
            moves += 1
        assert game.won[0], other
