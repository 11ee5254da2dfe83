"""Keys in an option: every pair is read as it is meant, and whatever is not written so is told in a sentence."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rollback.envs.names import game_factory
from rollback.errors import UsageError
from rollback.games import Pong
from rollback.netplay.hands.chosen_keys import chosen_keys, refuse_keys


@pytest.mark.parametrize(
    ("text", "table"),
    [
        ("left=0,right=1", {"left": 0, "right": 1}),
        (" left = 0 , right = 1 , ", {"left": 0, "right": 1}),
        ("space+left=3", {"space+left": 3}),
        ("a=0.5,b=-2,c=true,d=False,e=True", {"a": 0.5, "b": -2, "c": True, "d": False, "e": True}),
        ("left=[0, 1],right=[1, 0]", {"left": [0, 1], "right": [1, 0]}),
        ('a={"fire": 1, "move": [0.5]},b=1', {"a": {"fire": 1, "move": [0.5]}, "b": 1}),
        ("+=1,,=2,==3", {"+": 1, ",": 2, "=": 3}),
        (" =4", {" ": 4}),
    ],
)
def test_pairs_are_read_as_they_are_meant(text: str, table: dict[str, Any]) -> None:
    read = chosen_keys(text)
    assert read == table
    assert [type(action) for action in read.values()] == [type(action) for action in table.values()]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "'' has no action"),
        ("left", "'left' has no action"),
        ("left=0,right", "'right' has no action"),
        ("left=up", "'up' of the key 'left' is no action"),
        ("left=", "'' of the key 'left' is no action"),
        ("left=NaN", "'NaN' of the key 'left' is no action"),
        ("left=-Infinity", "'-Infinity' of the key 'left'"),
        ("left=[1", "of the key 'left' is no action"),
        ("left=0 right=1", "after the action of 'left' comes 'right=1', where a comma should be"),
        ("left=0,left=1", "names 'left' twice"),
        ("left=" + "[" * 3000, "of the key 'left' is no action"),
        ("left=0," * 1000, "has 7000 characters, at most 4000"),
    ],
)
def test_whatever_is_not_written_so_is_told(text: str, told: str) -> None:
    with pytest.raises(UsageError) as caught:
        chosen_keys(text)
    assert told in str(caught.value)
    assert len(str(caught.value)) < 300


@given(st.text(alphabet="ab=,+[]{}\"0.1-eE \tnulTrue'", max_size=30))
def test_any_text_is_read_or_refused_in_a_sentence(text: str) -> None:
    try:
        assert chosen_keys(text)
    except UsageError as error:
        assert "--keys" in str(error)


@given(
    st.dictionaries(st.sampled_from(["left", "up", "a", "space+left", "1"]), st.integers(-9, 9) | st.floats(-2, 2), min_size=1)
)
def test_what_is_written_is_read_again(table: dict[str, Any]) -> None:
    assert chosen_keys(",".join(f"{key}={action!r}" for key, action in table.items())) == table


def test_only_environments_let_their_players_choose() -> None:
    refuse_keys(game_factory("gym:CartPole-v1")(), "gym:CartPole-v1")
    with pytest.raises(UsageError, match=r"--keys is for environments \(gym:... and pettingzoo:...\), and pong has its own"):
        refuse_keys(Pong(), "pong")
