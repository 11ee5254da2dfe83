"""Games and networks may be given by name; what is neither is told what it could have been."""

from __future__ import annotations

from typing import Any

import pytest

from rollback.errors import GameError, UsageError
from rollback.games import Pong
from rollback.sim import Link
from rollback.sim.profiles import PROFILES
from rollback.testing.named import game_of, link_of


def test_a_name_makes_games_and_a_class_is_taken_as_it_is() -> None:
    assert isinstance(game_of("pong")(), Pong)
    assert game_of(Pong) is Pong


def test_a_wrong_name_is_answered_with_the_closest() -> None:
    with pytest.raises(GameError, match="did you mean pong"):
        game_of("pnog")


def test_a_game_that_is_made_cannot_be_given() -> None:
    with pytest.raises(UsageError, match=r"give Pong or lambda: Pong\(\.\.\.\), not a game that is made"):
        game_of(Pong())  # type: ignore[arg-type]


def test_links_by_name_by_value_and_by_direction() -> None:
    link = Link(latency_ms=3)
    assert link_of("wifi") == PROFILES["wifi"].link
    assert link_of(None) == PROFILES["mobile"].link
    assert link_of(link) is link
    assert link_of({(0, 1): link}) == {(0, 1): link}


@pytest.mark.parametrize(
    ("link", "why"),
    [("wfi", "did you mean wifi"), ("all", "are 7 networks: name one of lan, wifi"), (3, "must be a Link, the name")],
)
def test_what_is_no_network_is_refused(link: Any, why: str) -> None:
    with pytest.raises(UsageError, match=why):
        link_of(link)
