"""What a player is told before a game: only what will be felt."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import gymnasium
import pytest

from rollback.cli.app import run
from rollback.cli.foreword import foreword, frames_worth, made_to_play, require_company
from rollback.envs.names import game_factory
from rollback.errors import GameError, UsageError
from rollback.games import Pong
from rollback.testing import check_game


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


OWN = """
import random

import gymnasium


class Rough(gymnasium.Env):
    action_space = observation_space = gymnasium.spaces.Discrete(3)

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        self.place = 0
        return 0, {}


class Odd(Rough):
    def step(self, action):
        return random.randrange(3), 0.0, False, False, {}


class Bad(Rough):
    def step(self, action):
        raise ValueError("no more")


class Duo(Rough):
    action_space = gymnasium.spaces.MultiDiscrete([3, 3])

    def step(self, action):
        self.place = int(self.place + sum(action)) % 3
        return self.place, (1.0, 2.0), False, False, {}


for kind in (Odd, Bad, Duo):
    gymnasium.register(f"{kind.__name__}Rough-v0", kind)
"""


@pytest.fixture
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    (tmp_path / "rough.py").write_text(OWN)
    monkeypatch.chdir(tmp_path)
    before = dict(gymnasium.registry)
    yield "gym:rough.py:{}Rough-v0?share=race"
    gymnasium.registry.clear()
    gymnasium.registry.update(before)


@pytest.mark.parametrize("kind", ["Odd", "Bad"])
def test_an_environment_that_cannot_be_played_points_to_what_tells_more(own: str, kind: str) -> None:
    with pytest.raises(GameError, match=rf"{kind} .*; rollback check 'gym:rough.py:{kind}Rough-v0\?share=race' says more$"):
        made_to_play(own.format(kind))
    with pytest.raises(GameError) as caught:
        made_to_play("gym:Nowhere-v0")
    assert "rollback check" not in str(caught.value)


def test_what_raises_in_step_is_told_with_its_place(own: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["check", own.format("Bad")]) == 1
    assert "no more (rough.py, line 23)" in capsys.readouterr().out


def test_a_reward_for_each_player_brings_no_warnings(own: str, capsys: pytest.CaptureFixture[str]) -> None:
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        assert run(["check", own.format("Duo").replace("race", "split"), "--frames", "20", "--no-other-process"]) == 0
        assert check_game(game_factory(own.format("Duo").replace("race", "split")), 20, other_process=False).passed
    assert [str(each.message) for each in told] == [] and "WARN" not in capsys.readouterr().err
