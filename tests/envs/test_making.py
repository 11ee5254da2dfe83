"""Gymnasium environments are made by id, by function or once more; whatever fails says so in one sentence."""

from __future__ import annotations

import warnings
from typing import Any

import gymnasium
import pytest

from rollback.envs import from_gymnasium
from rollback.envs.making import made_quietly, maker_of, maker_of_id, one_more, said
from rollback.errors import GameError, MissingPackage
from tests.envs.toy_environments import Walk


def test_an_id_is_made_with_its_picture_and_no_window() -> None:
    env = maker_of_id("CartPole-v1", {})()
    assert env.render_mode == "rgb_array"
    assert maker_of_id("CartPole-v1", {"render_mode": None})().render_mode is None


def test_an_environment_that_draws_only_text_is_made_with_text() -> None:
    gymnasium.register("OnlyText-v0", entry_point=OnlyText)
    try:
        assert maker_of_id("OnlyText-v0", {})().render_mode == "ansi"
    finally:
        gymnasium.registry.pop("OnlyText-v0")


class OnlyText(Walk):
    metadata = {"render_modes": ["human", "ansi"]}  # noqa: RUF012


def test_a_module_before_the_id_is_imported(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(GameError, match=r"no module 'no_such_place' .* 'CartPole-v1'"):
        maker_of_id("no_such_place:CartPole-v1", {})
    assert maker_of_id("json:CartPole-v1", {})().spec.id == "CartPole-v1"


def test_what_makes_an_environment_is_found_for_all_that_may_be_given() -> None:
    assert maker_of(Walk) is Walk
    assert maker_of(Walk()) is None  # it is there once
    env = gymnasium.make("CartPole-v1", max_episode_steps=7)
    again = maker_of(env)
    assert again is not None and again().spec.max_episode_steps == 7
    with pytest.raises(GameError, match="3 is no environment: give an id"):
        maker_of(3)


@pytest.mark.parametrize(
    ("error", "kind", "told"),
    [
        (ValueError("no luck\nat all"), GameError, "ValueError: no luck at all"),
        (ImportError("no reason"), GameError, "ImportError: no reason"),
        (ModuleNotFoundError("No module named 'thing'", name="thing"), MissingPackage, "pip install thing"),
        (ImportError("install it by `pip install other[extra]`"), MissingPackage, "pip install other[extra]"),
        (gymnasium.error.DependencyNotInstalled("run `pip install box`"), MissingPackage, "pip install box"),
        (GameError("as it is"), GameError, "as it is"),
    ],
)
def test_an_environment_that_cannot_be_made_says_why(error: Exception, kind: type, told: str) -> None:
    def make() -> Any:
        raise error

    with pytest.raises(kind) as caught:
        made_quietly(make, "this one")
    assert told in str(caught.value) and "\n" not in str(caught.value)


def test_what_others_warn_of_is_not_heard_when_an_environment_is_made() -> None:
    def make() -> Any:
        warnings.warn("old", DeprecationWarning, stacklevel=1)
        return Walk()

    assert type(made_quietly(make)) is Walk
    with pytest.warns(DeprecationWarning):
        make()


def test_a_copy_that_comes_out_otherwise_is_refused() -> None:
    rolls = iter([Walk(), gymnasium.wrappers.TimeLimit(Walk(), 5), Walk()])
    with pytest.raises(GameError, match="a copy of the environment came out as"):
        from_gymnasium(lambda: next(rolls), share="race", idle=0)
    with pytest.raises(GameError, match="is there once"):
        one_more(Walk(), None)


def test_what_an_exception_says_is_one_line_without_colours() -> None:
    assert said(ValueError("\x1b[33mWARN\x1b[0m: a\n  b")) == "ValueError: WARN: a b"
    assert said(KeyError()) == "KeyError"
    assert len(said(ValueError("x" * 1000))) < 350


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"players": 0}, "1 to 16"),
        ({"players": 2.0}, "1 to 16"),
        ({"players": True}, "1 to 16"),
        ({"share": "all"}, "share must be one of"),
        ({"episodes": 0, "share": "race"}, "episodes must be"),
        ({"episodes": True, "share": "race"}, "episodes must be"),
        ({"bits": 99, "share": "race"}, "bits must be"),
        ({"saver": "no", "share": "race"}, "there is no saver 'no'"),
        ({"idle": 7, "share": "race"}, "idle"),
        ({"keys": 7, "share": "race"}, "keys must be a table"),
    ],
)
def test_settings_that_cannot_be_are_told(given: dict[str, Any], told: str) -> None:
    with pytest.raises(GameError, match=told) as caught:
        from_gymnasium(Walk, **given)
    assert "\n" not in str(caught.value)


def test_a_function_that_makes_something_else_is_told() -> None:
    with pytest.raises(GameError, match="gives int, no Gymnasium environment"):
        from_gymnasium(lambda: 3)


@pytest.mark.parametrize(
    ("rate", "fps"), [(50, 50), (12.6, 13), (0, 30), (None, 30), ("fast", 30), (True, 30), (5000, 30), (float("nan"), 30)]
)
def test_the_rate_is_what_the_metadata_name_where_it_makes_sense(rate: Any, fps: int) -> None:
    class Paced(Walk):
        metadata = {"render_fps": rate}  # noqa: RUF012

    assert from_gymnasium(Paced, share="race", idle=0).fps == fps


def test_an_idle_action_that_is_given_counts_as_doing_nothing() -> None:
    assert not from_gymnasium("CartPole-v1", share="race").has_noop
    assert from_gymnasium("CartPole-v1", share="race", idle=1).has_noop
    game = from_gymnasium("MountainCar-v0", share="race")
    assert game.has_noop and game.idle(1) == 1
