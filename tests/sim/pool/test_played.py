"""What the matches of a worker share."""

from __future__ import annotations

import pytest

from rollback.errors import GameError, UsageError
from rollback.sim.pool.played import KEPT, Shared


def test_what_is_kept_is_made_once() -> None:
    shared, made = Shared(), []

    def make() -> object:
        made.append(object())
        return made[-1]

    assert shared.kept("a", make) is shared.kept("a", make) and shared.kept("b", make) is not made[0]
    assert len(made) == 2


def test_the_oldest_is_forgotten_where_there_is_too_much() -> None:
    shared, made = Shared(), []
    for number in (*range(KEPT + 1), 1, 0):
        shared.kept(number, lambda number=number: made.append(number) or str(number))
    assert made == [*range(KEPT + 1), 0]


def test_what_cannot_be_made_is_not_kept() -> None:
    shared = Shared()
    for _ in range(2):
        with pytest.raises(GameError, match="there is no game called 'pogn'"):
            shared.factory("pogn", None)
    with pytest.raises(UsageError, match="pong is a game for 2 players, not for 5"):
        shared.games("pong", 5)


def test_a_factory_is_looked_up_once_for_each_number_of_players() -> None:
    shared = Shared()
    assert shared.factory("gridworld", 3) is shared.factory("gridworld", 3) is not shared.factory("gridworld", 4)
    assert [shared.factory("gridworld", players)().players for players in (2, 3, 4)] == [2, 3, 4]


def test_parcels_have_the_names_of_their_specs() -> None:
    shared = Shared({"one.npz": b"weights"})
    assert shared.parcel("one.npz") == b"weights"
    with pytest.raises(UsageError, match=r"the parcel 'two.npz' is not here: parcels\(\) of the spec must name it"):
        shared.parcel("two.npz")
