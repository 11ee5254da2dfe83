"""Pictures are made of the state that is played, by another environment; texts stand where there are none."""

from __future__ import annotations

from io import StringIO
from typing import Any

import numpy as np
import pytest

from rollback.envs import from_gymnasium
from rollback.envs.painters import Painter
from rollback.envs.pictures import beside, shown_by
from rollback.state import diff
from tests.envs.toy_environments import Walk


class Shows:
    render_mode: Any = "rgb_array"

    def __init__(self, shown: Any, mode: Any = "rgb_array") -> None:
        self.shown, self.render_mode = shown, mode

    def render(self) -> Any:
        return self.shown


PICTURE = np.zeros((2, 3, 3), np.uint8)


@pytest.mark.parametrize(
    ("shown", "mode", "kind"),
    [
        (PICTURE, "rgb_array", np.ndarray),
        ([PICTURE, PICTURE + 1], "rgb_array_list", np.ndarray),
        ([], "rgb_array_list", type(None)),
        ("text", "ansi", str),
        (StringIO("text"), "ansi", str),
        (None, "rgb_array", type(None)),
        (PICTURE, "human", type(None)),
        (PICTURE, None, type(None)),
        (PICTURE[0], "rgb_array", type(None)),
        (PICTURE.astype(float), "rgb_array", type(None)),
        (7, "rgb_array", type(None)),
    ],
)
def test_only_pictures_and_texts_are_shown(shown: Any, mode: Any, kind: type) -> None:
    assert type(shown_by(Shows(shown, mode))) is kind


def test_of_a_list_the_newest_picture_is_shown() -> None:
    assert shown_by(Shows([PICTURE, PICTURE + 1])).max() == 1


def test_pictures_stand_side_by_side_also_of_unequal_height() -> None:
    both = beside([PICTURE + 1, np.full((4, 2, 3), 2, np.uint8)])
    assert both.shape == (4, 5, 3) and both[3, 0].max() == 0 and both[0, 0].min() == 1 and both[3, 4].min() == 2
    assert beside([PICTURE, None]) is None and beside(["a", "b"]) == "a\n\nb" and beside([PICTURE]) is PICTURE


def test_the_picture_is_of_the_state_that_is_played() -> None:
    game = from_gymnasium(lambda: Walk(render_mode="rgb_array", chance=0.0), 2, "race", idle=0)
    game.reset(0)
    for step in range(5):
        picture = game.render()
        assert picture[0, 0, 0] == step and picture[0, -1, 0] == 0
        game.step([np.int64(1), np.int64(0)])
    state = game.save()
    game.reset(1)
    assert game.render()[0, 0, 0] == 0
    game.load(state)
    assert game.render()[0, 0, 0] == 5


def test_where_there_is_only_one_it_is_drawn_and_put_back() -> None:
    env = Walk(render_mode="rgb_array")
    game = from_gymnasium(env, 1, idle=0)
    game.reset(0)
    state = game.save()
    assert game.render().shape == (4, 6, 3)
    assert diff(game.save(), state) == [] and env.drawn == 0  # its counter is state, and was put back


def test_a_drawing_that_raises_leaves_the_state() -> None:
    class Torn(Walk):
        def render(self) -> Any:
            self.place[0] = 55
            raise RuntimeError("no paint")

    env = Torn(render_mode="rgb_array")
    game = from_gymnasium(env, 1, idle=0)
    game.reset(0)
    assert "episode 0" in game.render()  # in words instead
    assert env.place[0] == 0


def test_a_painter_without_an_environment_draws_the_one_that_is_played() -> None:
    game = from_gymnasium(lambda: Walk(render_mode="ansi"), 2, "turns", idle=0)
    game.reset(0)
    game.step([np.int64(1)] * 2)
    assert Painter().shown(game.env, game.saver) == "at 1" == game.render()


class Blind(Walk):
    """Cannot draw on this machine."""

    def __init__(self) -> None:
        super().__init__()
        self.asked = 0
        self.render_mode = "rgb_array"

    def render(self) -> Any:
        self.asked += 1
        raise RuntimeError("no OpenGL here")


def test_an_environment_that_cannot_draw_is_asked_once_and_told_in_words() -> None:
    made: list[Blind] = []

    def make() -> Blind:
        made.append(Blind())
        return made[-1]

    game = from_gymnasium(make, players=2, share="race")
    assert "player_0" in game.render() and "player_0" in game.render()
    assert sum(env.asked for env in made) == 1
