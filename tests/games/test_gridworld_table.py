"""One player, one table: every start is solvable, and value iteration over `state_index` finds the shortest way."""

import pytest

from rollback.errors import UsageError
from rollback.games.gridworld import ACT, GridWorld
from rollback.games.gridworld_layouts import LAYOUTS, Layout

TABULAR = ["rooms", "cliff", "keys", "race", "halls"]


def alone(name, seed=0):
    return GridWorld(1, name, pace=1, seed=seed)


def explored(name):
    """Return the table of a layout: by state, what each action earns and leads to (None at the end); and a snapshot each."""
    game = alone(name)
    snapshots, table = {}, {}
    edge = []
    for home in game.layout.homes:
        game.load({**alone(name).save(), "cells": (home,)})
        snapshots[game.state_index()] = game.save()
        edge.append(game.state_index())
    while edge:
        state = edge.pop()
        table[state] = []
        for action in range(6):
            game.load(snapshots[state])
            before = game.points[0]
            game.step([action])
            reached = None if game.over else game.state_index()
            table[state].append((game.points[0] - before, reached))
            if reached is not None and reached not in snapshots:
                snapshots[reached] = {**game.save(), "clock": 0, "points": (0,)}
                edge.append(reached)
    return table, snapshots


def values(table):
    """Return the best return from each state, by value iteration without discount."""
    best = dict.fromkeys(table, -10_000)
    changed = True
    while changed:
        changed = False
        for state, rows in table.items():
            value = max(reward + (0 if reached is None else best[reached]) for reward, reached in rows)
            if value != best[state]:
                best[state], changed = value, True
    return best


def shortest(layout):
    """Return the number of moves to the goal from each home, keys and doors included, by a search of its own."""
    goal = layout.spots[0]
    lengths = {}
    for home in layout.homes:
        seen, edge, length = {(home, 0)}, [(home, 0)], 0
        while edge:
            length += 1
            following = []
            for cell, held in edge:
                for step in layout.offsets[1:]:
                    target = cell + step
                    if not layout.floor[target] or target in layout.cliffs:
                        continue
                    door = layout.doors.get(target)
                    if door is not None and not held >> door & 1:
                        continue
                    key = layout.keys.get(target)
                    state = (target, held if key is None else held | 1 << key)
                    if state not in seen:
                        seen.add(state)
                        following.append(state)
            edge = following
            if any(cell == goal for cell, _ in edge):
                lengths[home] = length
                break
    return lengths


@pytest.mark.parametrize("name", TABULAR)
def test_every_state_has_a_number_of_its_own_below_states(name):
    table, snapshots = explored(name)
    game = alone(name)
    assert all(0 <= state < game.states for state in table)
    facts = {(state["cells"], state["held"], state["doors"]) for state in snapshots.values()}
    assert len(facts) == len(snapshots)
    assert game.states <= 4_000, "a table of it is small"


@pytest.mark.parametrize("name", TABULAR)
def test_the_number_of_a_state_is_all_that_decides_what_comes_next(name):
    """Also where the same state was reached in another way, later and turned elsewhere."""
    table, snapshots = explored(name)
    game = alone(name)
    for state, rows in table.items():
        for facing, clock in ((1, 7), (4, 50)):
            for action in range(6):
                game.load({**snapshots[state], "facing": (facing,), "clock": clock, "word": 99})
                before = game.points[0]
                game.step([action])
                assert (game.points[0] - before, None if game.over else game.state_index()) == rows[action]


@pytest.mark.parametrize("name", TABULAR)
def test_value_iteration_finds_the_shortest_way_from_every_start(name):
    table, _ = explored(name)
    best = values(table)
    layout = LAYOUTS[name]
    lengths = shortest(layout)
    assert set(lengths) == set(layout.homes), "every start can be solved"
    game = alone(name)
    for home, length in lengths.items():
        game.load({**alone(name).save(), "cells": (home,)})
        assert best[game.state_index()] == layout.reward - layout.price * length
        assert length * 3 < game.limit, "and there is time for it"


@pytest.mark.parametrize(("name", "longest"), [("rooms", 14), ("cliff", 14), ("keys", 28), ("race", 9), ("halls", 48)])
def test_the_longest_of_the_shortest_ways_is_known(name, longest):
    assert max(shortest(LAYOUTS[name]).values()) == longest


@pytest.mark.parametrize("name", TABULAR)
def test_the_seed_decides_the_start_and_nothing_else(name):
    starts = set()
    plain = alone(name).save()
    homes = set(LAYOUTS[name].homes)
    for seed in range(6 * len(homes)):
        game = alone(name, seed)
        starts.add(game.cells[0])
        assert {**game.save(), "cells": plain["cells"], "word": plain["word"]} == plain
    assert starts <= homes
    assert len(starts) > 0.9 * len(homes), "nearly every start comes up"


@pytest.mark.parametrize("name", TABULAR)
def test_the_same_seed_is_the_same_episode(name):
    game = alone(name, 7)
    start = game.save()
    for action in (1, 2, 3, 4, 5, 0) * 5:
        game.step([action])
    game.reset(7)
    assert game.save() == start


def test_a_learner_of_tables_finds_the_way_through_the_rooms():
    """Q-learning with a table of `states` x 6, as a learner would write it."""
    import random

    dice = random.Random(0)
    game = alone("rooms")
    table = [[0.0] * 6 for _ in range(game.states)]
    lengths = []
    for episode in range(300):
        game.reset(episode)
        while not game.over:
            state, before = game.state_index(), game.points[0]
            row = table[state]
            action = dice.randrange(6) if dice.random() < 0.1 else row.index(max(row))
            game.step([action])
            reward = game.points[0] - before
            following = 0.0 if game.is_won else max(table[game.state_index()])
            row[action] += 0.5 * (reward + following - row[action])
        lengths.append(game.clock)
    assert sum(lengths[-50:]) / 50 < 15 < sum(lengths[:10]) / 10


def test_several_players_have_numbers_too_each_its_own():
    game = GridWorld(2, "keys", pace=1)
    game.load({**game.save(), "held": (1, 2), "loose": 4, "doors": 1})
    assert game.state_index(0) != game.state_index(1)
    assert 0 <= game.state_index(1) < game.states
    race = GridWorld(2, "race", pace=1)
    numbers = set()
    for spot in range(5):
        race.load({**race.save(), "spot": spot})
        numbers.add(race.state_index(0))
    assert len(numbers) == 5, "where the goal moves, it is part of the state"
    assert race.states == 5 * alone("race").states


def test_a_kitchen_fits_no_table():
    game = GridWorld(2, "handover")
    assert game.states == 0
    with pytest.raises(UsageError, match="'handover' has too many states for a table: learn from observe"):
        game.state_index(0)


def test_act_changes_nothing_where_there_is_nothing_to_use():
    for name in TABULAR:
        game = alone(name)
        before = game.save()
        game.step([ACT])
        assert {**game.save(), "clock": 0, "points": (0,)} == before


def test_a_player_alone_never_sees_the_goal_move():
    layout = Layout("own", ("#####", "#G1G#", "#####"), price=0, reward=1)
    game = GridWorld(1, layout, pace=1, goals=3)
    for _ in range(3):
        assert game.spot == 0
        game.step([3])
    assert (game.over, game.points) == (True, [3])
