"""What a player is told before a game: only what will be felt."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from rollback.cli.foreword import foreword, frames_worth, require_company
from rollback.envs.names import game_factory
from rollback.errors import UsageError
from rollback.games import Pong


def saved_by(name: str, *notes: str) -> Any:
    return SimpleNamespace(saver=SimpleNamespace(name=name, notes=notes), has_noop=True)


def test_nothing_is_told_of_a_game_without_peculiarities() -> None:
    assert foreword(Pong(), None) == []
    assert foreword(saved_by("generated", "left alone: a window"), None) == []


def test_what_goes_back_slowly_is_told_with_its_cost() -> None:
    assert foreword(saved_by("simulated again", "generated: no", "it costs"), None) == ["it costs"]
    assert foreword(saved_by("simulated again"), 8) == []


@pytest.mark.parametrize(("window", "told"), [(None, 1), (0, 0), (8, 0)])
def test_a_game_that_is_played_in_step_says_so_unless_a_window_was_asked_for(window: int | None, told: int) -> None:
    said = foreword(game_factory("gym:CartPole-v1")(), window)
    assert len(said) == told
    assert all("prediction window 0" in sentence for sentence in said)


@pytest.mark.parametrize(
    ("fps", "frames"), [(50, 1500), (10, 300), (4.0, 120), (60, 1800), (None, 1800), ("x", 1800), (0, 1800)]
)
def test_a_match_without_an_end_is_half_a_minute_long(fps: Any, frames: int) -> None:
    assert frames_worth(SimpleNamespace(fps=fps)) == frames  # type: ignore[arg-type]


def test_without_a_frame_rate_it_is_the_usual_one() -> None:
    assert frames_worth(Pong()) == 1800


@pytest.mark.parametrize(
    ("name", "mend"),
    [("gym:CartPole-v1?players=1", "--game 'gym:CartPole-v1?share=race'"), ("mine.py:Solo", "name another game")],
)
def test_a_game_for_one_is_refused_with_what_to_do(name: str, mend: str) -> None:
    with pytest.raises(UsageError, match="a match needs at least two players") as caught:
        require_company(SimpleNamespace(players=1), name)  # type: ignore[arg-type]
    assert mend in str(caught.value)
    require_company(Pong(), name)
