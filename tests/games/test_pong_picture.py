import pytest

from rollback.games import Pong
from rollback.games.pong_picture import BALL, LEFT, RIGHT, picture
from rollback.games.text import paint


def state(**changes):
    return {**Pong(seed=1).save(), **changes}


def shapes(colour, **changes):
    return [shape for shape in picture(state(**changes)) if shape[0] == "rect" and shape[-1] == colour]


def test_there_are_two_paddles_and_a_ball_each_in_its_colour():
    for colour in (LEFT, RIGHT, BALL):
        assert len(shapes(colour)) == 1


@pytest.mark.parametrize("y", [-8_400, -3_000, 0, 3_000, 8_400])
def test_paddles_are_where_the_state_says_and_inside_the_borders(y):
    (left,), (right,) = shapes(LEFT, paddles=(y, -y)), shapes(RIGHT, paddles=(y, -y))
    (middle,) = shapes(LEFT, paddles=(0, 0))
    assert (left[2] > middle[2]) == (y > 0)
    assert left[1] < 0.1 < 0.9 < right[1]
    for paddle in (left, right):
        assert paddle[2] >= 2 / 18 - 1e-9
        assert paddle[2] + paddle[4] <= 17 / 18 + 1e-9


def test_a_mirrored_state_is_a_mirrored_picture():
    def outline(kind, **changes):
        ((_, x, y, width, height, _),) = shapes(kind, **changes)
        return x, y, width, height

    for x in (-14_000, -5_000, 3_000):
        one = outline(BALL, ball=(x, 2_000))
        other = outline(BALL, ball=(-x, 2_000))
        assert one[0] + other[0] + one[2] == pytest.approx(1.0)
        assert one[1:] == other[1:]
    left, right = outline(LEFT, paddles=(500, 0)), outline(RIGHT, paddles=(0, 500))
    assert left[0] + right[0] + left[2] == pytest.approx(1.0)
    assert left[1:] == right[1:]


def test_the_ball_looks_square():
    ((_, _, _, width, height, _),) = shapes(BALL)
    assert width * 1.6 == pytest.approx(height)


@pytest.mark.parametrize("points", [(0, 0), (3, 1), (5, 4)])
def test_the_score_is_read_from_left_to_right(points):
    top = paint(picture(state(points=points))).split("\n")[0]
    assert [int(word) for word in top.split() if word.isdigit()] == list(points)


@pytest.mark.parametrize(
    ("changes", "notice"),
    [
        ({"pause": 20, "velocity": (240, 0)}, "serve ►"),
        ({"pause": 20, "velocity": (-240, 0)}, "◄ serve"),
        ({"pause": 0, "rally": 9}, "rally 9"),
        ({"points": (5, 2)}, "P1 wins"),
        ({"points": (2, 5)}, "P2 wins"),
    ],
)
def test_a_notice_says_what_goes_on(changes, notice):
    assert notice in paint(picture(state(**changes))).split("\n")[0]


def test_a_flying_ball_has_a_trail_behind_it_and_a_served_one_has_none():
    (trail,) = (shape for shape in picture(state(pause=0, rally=3, ball=(0, 0), velocity=(400, 100))) if shape[0] == "line")
    assert trail[1] < trail[3] < 0.5
    assert not [shape for shape in picture(state(pause=30, rally=0)) if shape[0] == "line"]
