"""Who sits where: a built-in game is found inside environments, and only where it is shown as it shows itself."""

from __future__ import annotations

from typing import Any

import gymnasium
import numpy as np
import pytest

from rollback.agents.seats import Unwrapping, seated
from rollback.envs import from_gymnasium
from rollback.envs.names import game_factory
from rollback.errors import CheckpointError
from rollback.games import GridWorld, Pong, Tetris


@pytest.mark.parametrize("player", [0, 1])
@pytest.mark.parametrize(
    ("name", "kind", "is_alone"),
    [
        ("pong", Pong, None),
        ("pettingzoo:rollback.envs.pong_v0", Pong, False),
        ("pettingzoo:rollback.envs.gridworld_v0?layout=race", GridWorld, False),
        ("pettingzoo:rollback.envs.tetris_v0", Tetris, False),
        ("gym:rollback/GridWorld-v0?layout=rooms&players=2", GridWorld, True),
        ("gym:rollback/GridWorld-v0?layout=rooms&tabular=true&players=2", GridWorld, True),
    ],
)
def test_a_player_of_a_built_in_game_sits_at_it(name: str, kind: Any, is_alone: bool | None, player: int) -> None:
    seat = seated(game_factory(name)(), player)
    assert isinstance(seat.game, kind) and seat.is_inside == (is_alone is not None)
    assert seat.player == (0 if is_alone else player)


def test_an_environment_of_others_is_no_built_in_game() -> None:
    game = game_factory("gym:CartPole-v1?players=2")()
    seat = seated(game, 1)
    assert seat.game is game and seat.player == 1 and not seat.is_inside


class Scaled(gymnasium.ObservationWrapper[Any, Any, Any]):
    """Shows the game otherwise than it shows itself."""

    def __init__(self, env: Any) -> None:
        super().__init__(env)
        self.observation_space = gymnasium.spaces.Box(-1, 1, (3,), np.float32)

    def observation(self, observation: Any) -> Any:
        return np.zeros(3, np.float32)


def test_a_game_that_is_shown_otherwise_than_it_shows_itself_is_not_looked_through() -> None:
    game = from_gymnasium(lambda: Scaled(gymnasium.make("rollback/GridWorld-v0", layout="rooms")), share="race", players=2)
    assert seated(game, 0).game is game


@pytest.mark.parametrize("player", [-1, 2, True, "0", None])
def test_a_player_that_is_none_is_told(player: Any) -> None:
    with pytest.raises(CheckpointError, match="Pong has the players 0 to 1, and no player"):
        seated(Pong(), player)


def test_what_is_shown_in_arrays_is_told_in_plain_numbers() -> None:
    seen = []

    class Listening:
        def act(self, observation: Any, memory: Any) -> tuple[Any, Any]:
            seen.append((observation, memory))
            return 3, "memory"

    policy = Unwrapping(Listening())
    for observation in (np.array([1, 2], np.int32), np.int64(7), 5, (1, 2)):
        assert policy.act(observation, None) == (3, "memory")
    assert seen == [((1, 2), None), (7, None), (5, None), ((1, 2), None)]
    assert [type(observation) for observation, _ in seen] == [tuple, int, int, tuple]
