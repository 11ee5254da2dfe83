"""What a model answers becomes an action of the space it is for, or one sentence says why it cannot."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from gymnasium import spaces
from hypothesis import given
from hypothesis import strategies as st

from rollback.agents.onnx_actions import reader_for
from rollback.agents.onnx_file import Tensor
from rollback.envs import codec_for
from rollback.errors import ActionError, CheckpointError
from rollback.game import Raw, UInt
from rollback.games import Duel, GridWorld, Pong, Tetris


class Acting(Pong):
    """A game with one action space."""

    def __init__(self, space: Any) -> None:
        super().__init__()
        self.codecs = (codec_for(space),) * 2  # type: ignore[assignment]
        self.space = space

    def spaces(self, player: int) -> Any:
        return None, self.space


class Own(Pong):
    """Somebody's own game, with a codec and no more."""

    def __init__(self, codec: Any) -> None:
        super().__init__()
        self.codecs = (codec,) * 2
        self.buttons = ()  # type: ignore[assignment]


def read(game: Any, answer: Any, name: str = "action", shape: tuple[int | None, ...] | None = None) -> Any:
    array = np.asarray(answer)
    return reader_for(game, 0, Tensor(name, array.dtype.name, shape or array.shape), "m.onnx")(array)


LEVELS = spaces.Box(np.float32([-1, 0]), np.float32([1, 10]))
SEVERAL = spaces.MultiDiscrete([3, 4], start=[0, 10])


@pytest.mark.parametrize(
    ("game", "answer", "action"),
    [
        (Pong(), [[0.5, 0.51]], (False, True)),
        (Duel(), [[1.0, 0, 0, 1, 0]], (True, False, False, True, False)),
        (Pong(), [[True, False]], (True, False)),
        (GridWorld(1, "rooms"), [5], 5),
        (GridWorld(1, "rooms"), [[3.0]], 3),
        (GridWorld(1, "rooms"), [[0, 1, 7, 7, 2, 0.5]], 2),
        (Tetris(1, "placements"), [[79]], 79),
        (Tetris(1, "placements"), np.arange(80)[None], 79),
        (Own(UInt(8)), [[0.1, 0.3, 0.2]], 1),
        (Own(UInt(8)), [255], 255),
        (Acting(spaces.Discrete(3, start=5)), [[0, 0, 1]], 7),
        (Acting(spaces.Discrete(3, start=5)), [5], 5),
    ],
)
def test_numbers_scores_and_buttons(game: Any, answer: Any, action: Any) -> None:
    found = read(game, answer)
    assert found == action and type(found) is type(action)
    game.codecs[0].encode(found)


@pytest.mark.parametrize(
    ("space", "answer", "action"),
    [
        (spaces.MultiBinary(3), [[0.0, 1, 1]], np.int8([0, 1, 1])),
        (spaces.MultiBinary((2, 2)), [[1.0, 0, 0, 1]], np.int8([[1, 0], [0, 1]])),
        (SEVERAL, [[2, 13]], np.int64([2, 13])),
        (LEVELS, [[-3.0, 4.5]], np.float32([-1, 4.5])),
        (spaces.Box(-1, 1, (2, 1)), [[0.5, 7.0]], np.float32([[0.5], [1]])),
    ],
)
def test_arrays_of_environments(space: Any, answer: Any, action: Any) -> None:
    found = read(Acting(space), answer)
    assert found.dtype == action.dtype and found.tolist() == action.tolist() and space.contains(found)


def test_logits_are_weighed_against_zero() -> None:
    assert read(Pong(), [[0.1, -0.1]], "logits") == (True, False)
    assert read(Pong(), [[0.1, -0.1]], "action") == (False, False)


@pytest.mark.parametrize(
    ("game", "answer", "told"),
    [
        (Pong(), [[1.0]], "m.onnx answers with 1 numbers, and Pong needs 2: train one for this game"),
        (GridWorld(1, "rooms"), [[1.0, 0]], "answers with 2 numbers, and GridWorld needs 1 or "),
        (Own(UInt(8)), [0.0] * 257, "answers with 257 numbers, and Own needs 1 to 256"),
        (Own(Raw(2)), [[1.0]], "answers with an array, and Own takes Raw: no policy for it is ONNX"),
        (Acting(spaces.Tuple([spaces.Discrete(2)])), [[1.0]], "and Acting takes Tuple: no policy for it is ONNX"),
    ],
)
def test_an_output_of_another_size_is_refused(game: Any, answer: Any, told: str) -> None:
    with pytest.raises(CheckpointError) as caught:
        read(game, answer)
    assert told in str(caught.value) and "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("game", "answer", "told"),
    [
        (Pong(), [[1.0, np.nan]], "answered with what is no finite number"),
        (Pong(), [[1.0, np.inf]], "answered with what is no finite number"),
        (GridWorld(1, "rooms"), [6], "answered 6, which is none of the actions 0 to 5"),
        (GridWorld(1, "rooms"), [-1], "answered -1, which is none of the actions 0 to 5"),
        (GridWorld(1, "rooms"), [1.5], "answered 1.5, which is none of the actions 0 to 5"),
        (Acting(SEVERAL), [[0, 9]], "answered 9, which is none of the actions 10 to 13"),
    ],
)
def test_an_answer_that_is_no_action_is_told(game: Any, answer: Any, told: str) -> None:
    with pytest.raises(ActionError, match=told):
        read(game, answer)


def test_an_open_size_is_looked_at_when_the_answer_comes() -> None:
    with pytest.raises(ActionError, match=r"m\.onnx answered with 3 numbers where it has 2: export it anew"):
        read(Pong(), [[1.0, 1, 1]], shape=(None, None))


@given(st.lists(st.floats(width=32), min_size=6, max_size=6))
def test_any_scores_make_an_action_or_one_sentence(scores: list[float]) -> None:
    game = GridWorld(1, "rooms")
    try:
        action = read(game, np.float32([scores]))
    except ActionError as error:
        assert not all(map(np.isfinite, scores)) and "\n" not in str(error)
    else:
        assert scores[action] == max(scores) and action == scores.index(max(scores))
