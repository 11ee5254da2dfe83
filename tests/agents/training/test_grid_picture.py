"""What a page is given to draw of a table that is learning."""

import json

import pytest

from rollback.agents.training import make_algorithm
from rollback.agents.training.grid_picture import TRAIL
from rollback.games.gridworld_layouts import LAYOUTS, LETTERS


def training(layout="rooms", steps=0, seed=1, **parameters):
    algorithm = make_algorithm("q-learning", f"gridworld?layout={layout}", parameters, seed)
    algorithm.advance(steps)
    return algorithm


@pytest.mark.parametrize("layout", ["halls", "rooms", "cliff", "keys", "race"])
def test_a_picture_names_everything_that_is_drawn_in_plain_values_of_bounded_size(layout):
    algorithm = training(layout, 3000)
    seen = algorithm.picture()
    found = LAYOUTS[layout]
    assert (seen["kind"], seen["layout"], seen["width"], seen["height"]) == ("gridworld", layout, found.width, found.height)
    assert seen["cells"] == list(found.rows)
    assert set("".join(seen["cells"])) <= {*LETTERS, *"234bcBC"}
    assert len(seen["values"]) == len(seen["arrows"]) == found.width * found.height
    assert len(seen["trail"]) <= TRAIL
    assert len(json.dumps(seen)) < 20_000
    assert json.loads(json.dumps(seen, allow_nan=False)) == seen


def test_before_the_first_step_the_world_is_there_and_nothing_is_known():
    seen = training().picture()
    assert (seen["episode"], seen["step"], seen["epsilon"], seen["reward"], seen["length"]) == (0, 0, 1.0, 0.0, 0)
    assert set(seen["values"]) == {None}
    assert set(seen["arrows"]) == {0}
    assert seen["trail"] == [seen["agent"]]


def test_the_trail_is_the_way_of_this_episode_and_ends_at_the_agent():
    algorithm = training(steps=1)
    for _ in range(400):
        seen = algorithm.picture()
        assert seen["trail"][-1] == seen["agent"]
        assert len(seen["trail"]) == min(TRAIL, seen["length"] + 1)
        for (x, y), (right, below) in zip(seen["trail"], seen["trail"][1:], strict=False):
            assert abs(x - right) + abs(y - below) <= 1
        algorithm.step_once()
    assert algorithm.episodes > 0, "the premise: more than one episode was seen"


def test_the_last_picture_of_an_episode_stays_until_the_next_begins():
    algorithm = training()
    while not algorithm.episodes:
        algorithm.step_once()
    seen = algorithm.picture()
    assert seen["episode"] == 1
    assert seen["agent"] == seen["goal"] or seen["length"] == 300
    algorithm.step_once()
    assert (algorithm.picture()["episode"], algorithm.picture()["length"]) == (2, 1)


def test_the_trail_of_a_very_long_episode_is_cut_at_its_beginning():
    algorithm = training("halls&limit=5000", 2000, epsilon=0.0)
    seen = algorithm.picture()
    assert seen["length"] == 2000, "the premise: it is still under way"
    assert len(seen["trail"]) == TRAIL
    assert seen["trail"][-1] == seen["agent"]


def test_values_and_arrows_are_the_best_of_the_table():
    algorithm = training(steps=60_000)
    seen, course = algorithm.picture(), algorithm.course
    known = 0
    for cell, rank in enumerate(course.layout.rank):
        value, arrow = seen["values"][cell], seen["arrows"][cell]
        if rank < 0 or cell == course.layout.spots[0]:
            assert (value, arrow) == (None, 0)
        elif value is not None:
            row = algorithm.table[course.base[cell]]
            assert value == round(max(row), 3)
            assert row[arrow - 1] == max(row)
            known += 1
    assert known == len(course.layout.homes)


def test_followed_from_any_cell_the_arrows_lead_to_the_goal():
    seen = training(steps=100_000).picture()
    width = seen["width"]
    steps = {1: -width, 2: width, 3: -1, 4: 1}
    goal = seen["goal"][1] * width + seen["goal"][0]
    for cell, arrow in enumerate(seen["arrows"]):
        walked = 0
        while arrow and cell != goal and walked < 100:
            cell += steps[seen["arrows"][cell]]
            walked += 1
        assert not arrow or cell == goal


def test_with_a_key_in_hand_other_values_are_shown():
    algorithm = training("keys", 150_000, epsilon_decay=0.99)
    shown = {}
    for _ in range(3000):
        algorithm.step_once()
        seen = algorithm.picture()
        shown.setdefault((seen["held"], seen["open"]), seen["arrows"])
    assert {("", ""), ("a", ""), ("a", "A"), ("abc", "AB")} <= set(shown)
    assert shown["", ""] != shown["a", "A"]


def test_where_the_goal_has_several_spots_the_one_of_the_episode_is_shown():
    algorithm = training("race", 20_000)
    goals = set()
    for _ in range(3000):
        algorithm.step_once()
        goals.add(tuple(algorithm.picture()["goal"]))
    assert len(goals) == 5


def test_what_was_believed_in_the_beginning_is_not_shown_as_known():
    algorithm = training("rooms", 200, first_value=50.0)
    seen = algorithm.picture()
    known = [value for value in seen["values"] if value is not None]
    assert 0 < len(known) < len(algorithm.course.layout.homes)
    assert None in seen["values"]
