"""How a table is judged: by the starts that were held out, and by nothing that chance decides."""

import pytest

from rollback.agents.training import make_algorithm
from rollback.agents.training.evaluation import evaluated, greedy_walk
from rollback.agents.training.grid_course import Course
from rollback.games.gridworld_sight import ways

UP, DOWN, LEFT, RIGHT = range(4)


def table_of(course, moves=None):
    """Return the table that walks the shortest way to the goal from everywhere, or makes always the same move."""
    table = [[0.0] * 4 for _ in range(course.rows)]
    goal = course.layout.spots[0]
    for cell, rank in enumerate(course.layout.rank):
        if rank < 0:
            continue
        found = ways(course.layout, cell, 7, ()).get(goal)
        move = moves if moves is not None else (found.action - 1 if found and found.action else 0)
        table[course.base[cell]][move] = 1.0
    return table


@pytest.mark.parametrize("layout", ["halls", "rooms", "cliff"])
def test_whoever_knows_the_way_from_everywhere_always_succeeds_by_the_shortest(layout):
    course = Course(f"gridworld?layout={layout}")
    found = evaluated(course, table_of(course), 200)
    goal = course.layout.spots[0]
    lengths = [ways(course.layout, cell, 0, ())[goal].length for cell, _ in course.held_out]
    assert found == {
        "success": 1.0,
        "length": pytest.approx(sum(lengths) / len(lengths)),
        "starts": float(len(course.held_out)),
        "held_out": 1.0,
    }


def test_whoever_always_goes_left_never_arrives():
    course = Course("gridworld?layout=rooms")
    assert evaluated(course, table_of(course, LEFT), 200) == {"success": 0.0, "length": 0.0, "starts": 26.0, "held_out": 1.0}


def test_a_way_from_a_few_starts_is_a_share():
    course = Course("gridworld?layout=cliff")
    table = table_of(course, RIGHT)
    share = evaluated(course, table, 200)["success"]
    assert share == 0.0, "right leads to the wall above the goal"
    width = course.layout.width
    for cell, rank in enumerate(course.layout.rank):
        if rank >= 0 and cell % width == width - 2:
            table[course.base[cell]] = [0.0, 1.0, 0.0, 0.0]
    table[course.base[course.layout.starts[0]]] = [1.0, 0.0, 0.0, 0.0]  # up, and not over the cliff
    assert evaluated(course, table, 200)["success"] == 1.0
    table[course.base[course.held_out[0][0]]] = [1.0, 0.0, 0.0, 0.0]
    assert 0.0 < evaluated(course, table, 200)["success"] < 1.0


def test_only_held_out_starts_are_played_each_once_and_the_training_is_of_no_use_there():
    course = Course("gridworld")
    begun = []
    begin = course.begin
    course.begin = lambda game, start: (begun.append(start), begin(game, start))[1]
    assert evaluated(course, table_of(course), 10_000)["starts"] == 200.0
    assert begun == list(course.held_out)
    assert len(set(begun)) == 200


def test_on_the_way_others_are_looked_at_than_in_the_end():
    course = Course("gridworld")
    begun = []
    begin = course.begin
    course.begin = lambda game, start: (begun.append(start), begin(game, start))[1]
    found = evaluated(course, table_of(course), 10_000, is_final=False)
    assert (found["starts"], found["held_out"]) == (100.0, 1.0)
    assert begun == list(course.looked_at) and not set(begun) & set(course.held_out)


@pytest.mark.parametrize(("asked", "played"), [(1, 1), (10, 10), (200, 200), (201, 200), (0, 1), (-3, 1)])
def test_fewer_are_spread_over_all_that_are_held_out(asked, played):
    course = Course("gridworld")
    begun = []
    begin = course.begin
    course.begin = lambda game, start: (begun.append(start), begin(game, start))[1]
    evaluated(course, table_of(course), asked)
    assert len(set(begun)) == played
    if played == 10:
        assert course.held_out.index(begun[-1]) == 180


def test_who_goes_round_in_a_circle_is_not_waited_for():
    course = Course("gridworld?layout=rooms&limit=1000000")
    table = table_of(course, UP)
    game = course.game()
    assert not greedy_walk(course, game, table, course.held_out[0])
    assert game.clock < 100


def test_who_reaches_the_goal_with_the_last_move_has_reached_it():
    course = Course("gridworld?layout=rooms")
    goal = course.layout.spots[0]
    distance = {start: ways(course.layout, start[0], 0, ())[goal].length for start in course.held_out}
    start = max(distance, key=distance.__getitem__)
    for limit, arrives in ((distance[start], True), (distance[start] - 1, False)):
        short = Course(f"gridworld?layout=rooms&limit={limit}")
        assert greedy_walk(short, short.game(), table_of(short), start) is arrives


def test_a_map_too_small_to_hold_out_anything_says_so(monkeypatch):
    course = Course("gridworld?layout=rooms")
    course.held_out = ()
    found = evaluated(course, table_of(course), 200)
    assert (found["held_out"], found["success"], found["starts"]) == (0.0, 1.0, 17.0)


def test_one_that_has_not_learned_fails_and_one_that_has_succeeds():
    algorithm = make_algorithm("q-learning", "gridworld?layout=rooms", {}, 2)
    before = algorithm.evaluate(200)["success"]
    algorithm.advance(60_000)
    assert before < 0.2 < 0.95 <= algorithm.evaluate(200)["success"]
