import pytest

from rollback.games.gridworld import GridWorld
from rollback.games.gridworld_notices import LATE, PLAYERS, TIMER, notices


def lines(game):
    rows = game.render().split("\n")
    return rows[0], rows[-1]


@pytest.mark.parametrize("players", [1, 2, 3, 4])
def test_the_players_stand_in_order_from_left_to_right_each_in_its_colour(players):
    game = GridWorld(players, "race")
    panels = [shape for shape in notices(game) if shape[0] == "text" and shape[5] in PLAYERS]
    assert [shape[5] for shape in panels] == list(PLAYERS[:players])
    top = lines(game)[0]
    places = [top.index(f"P{player + 1}") for player in range(players)]
    assert places == sorted(places)
    if players > 1:
        assert top.rstrip().endswith(f"P{players}")


def test_own_points_stand_by_the_name_and_common_ones_in_the_middle():
    race = GridWorld(2, "race")
    race.load({**race.save(), "points": (3, 1)})
    assert lines(race)[0].split() == ["P1", "3", "1:00", "1", "P2"]
    kitchen = GridWorld(3, "handover")
    kitchen.load({**kitchen.save(), "points": (40, 40, 40), "clock": 65})
    assert lines(kitchen)[0].split() == ["P1", "P2", "40", "0:59", "P3"]


def test_keys_in_hand_are_shown_by_the_name():
    game = GridWorld(3, "keys")
    game.load({**game.save(), "held": (5, 0, 2), "loose": 0})
    assert lines(game)[0].split() == ["P1", "ac", "P2", "0", "1:00", "b", "P3"]


@pytest.mark.parametrize(
    ("layout", "players", "changes", "top", "bottom"),
    [
        ("race", 2, {"won": (2, 5)}, "P2 wins", ""),
        ("race", 2, {"won": (1, 1), "pause": 9}, "1:00", "round 3"),
        ("race", 2, {}, "1:00", "first to 5"),
        ("keys", 2, {}, "1:00", "key a opens door A"),
        ("rooms", 1, {}, "0:40", "find the goal"),
        ("cliff", 1, {}, "0:40", "mind the cliff"),
        ("rooms", 1, {"won": (1,)}, "done", ""),
        ("rooms", 1, {"clock": 2_400}, "time", "find the goal"),
    ],
)
def test_a_notice_says_what_goes_on(layout, players, changes, top, bottom):
    game = GridWorld(players, layout)
    game.load({**game.save(), **changes})
    first, last = lines(game)
    assert top in first
    assert last.strip() == bottom


def test_the_orders_are_written_out_and_the_time_left_is_a_bar():
    game = GridWorld(2, "handover")
    widths = []
    for timer, colour in ((480, TIMER), (240, TIMER), (100, LATE)):
        kitchen = {**game.save()["kitchen"], "wanted": 4, "following": 3, "timer": timer}
        game.load({**game.save(), "kitchen": kitchen})
        (bar,) = (shape for shape in notices(game) if shape[0] == "rect" and shape[-1] == colour)
        widths.append(bar[3])
    assert widths == pytest.approx([0.25, 0.125, 0.25 * 100 / 480])
    last = lines(game)[1]
    assert last.strip().startswith("order (t) tomato")
    assert last.strip().endswith("then (o) onion")
