"""A game that is told to goes wrong at one frame, always the same way, and in nothing else."""

from __future__ import annotations

from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any

import pytest

from rollback.cli.demo_sabotage import Spoiler, check_sabotage, spoilt
from rollback.errors import UsageError
from rollback.games import Duel, Pong
from rollback.state import diff


class Slotted:
    __slots__ = ("value",)
    players = 2

    def __init__(self) -> None:
        self.value = 0

    def step(self, actions: Sequence[int]) -> None:
        self.value += sum(actions)

    def save(self) -> Any:
        return [self.value]

    def load(self, state: Any) -> None:
        (self.value,) = state


class Wordy(Slotted):
    def save(self) -> Any:
        return {"word": "x", "flag": True, "share": 0.5}


def idle(game: Any) -> list[Any]:
    return [game.idle(player) if hasattr(game, "idle") else 0 for player in range(game.players)]


@pytest.mark.parametrize("make", [Pong, Duel, Slotted])
def test_only_the_state_of_that_frame_goes_wrong(make: Any) -> None:
    game, other = make(), make()
    spoiler = Spoiler(game, 5)
    spoiler.session = session = SimpleNamespace(frame=0)
    for frame in range(5):
        session.frame = frame
        assert diff(game.save(), other.save()) == []
        game.step(idle(game))
        other.step(idle(other))
    wrong = diff(game.save(), other.save())
    assert 1 <= len(wrong) <= 2
    assert all(place.left == place.right + 1 for place in wrong)


def test_stepped_again_it_goes_wrong_again_and_never_twice() -> None:
    game = Slotted()
    spoiler = Spoiler(game, 1)
    spoiler.session = SimpleNamespace(frame=0)
    for _ in range(3):
        game.load([10])
        game.step((1, 2))
        assert game.save() == [14]
    spoiler.session.frame = 1  # type: ignore[misc]
    game.step((1, 2))
    assert game.save() == [17]


def test_before_there_is_a_session_all_goes_well() -> None:
    game = Slotted()
    Spoiler(game, 1)
    game.step((1, 2))
    assert game.save() == [3]


@pytest.mark.parametrize("make", [Pong, Duel, Slotted])
def test_the_peers_take_it_for_the_same_game(make: Any) -> None:
    game = make()
    Spoiler(game, 5)
    kind = type(game)
    assert kind is not make and isinstance(game, make)
    names = (kind.__name__, kind.__qualname__, kind.__module__)
    assert names == (make.__name__, make.__qualname__, make.__module__)


@pytest.mark.parametrize(
    ("state", "changed"),
    [
        (7, 8),
        ([1, 2, 3], [2, 2, 4]),
        ({"a": (True, 1.5, "x"), "b": {"c": 4}}, {"a": (True, 1.5, "x"), "b": {"c": 5}}),
        ({"a": None}, {"a": None}),
        ((1, [2, {"x": -1}]), (2, [2, {"x": 0}])),
    ],
)
def test_the_first_and_the_last_whole_number_are_one_more(state: Any, changed: Any) -> None:
    before = repr(state)
    assert spoilt(state) == changed
    assert repr(state) == before, "a snapshot belongs to the engine"


def test_what_cannot_be_spoilt_is_told() -> None:
    check_sabotage(Pong(), 300, 300)
    with pytest.raises(UsageError, match="--sabotage 301 comes after the end of the match, frame 300"):
        check_sabotage(Pong(), 301, 300)
    with pytest.raises(UsageError, match="that of Wordy has none in a dict, list or tuple: name another game"):
        check_sabotage(Wordy(), 1, 300)
    foreign: Any = SimpleNamespace(save=lambda: 1)  # its class is not made in Python
    with pytest.raises(UsageError, match=r"--sabotage cannot take the place of SimpleNamespace\.step: "):
        check_sabotage(foreign, 1, 300)
