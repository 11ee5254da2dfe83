"""What a page may ask for: every value has its limits, and one that is out of them is named in a sentence."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rollback.errors import UsageError
from rollback.games import Pong
from rollback.netplay.in_worker.settings import config_of
from rollback.netplay.in_worker.wishes import Wishes


def test_what_is_left_out_or_null_is_as_if_nothing_was_said() -> None:
    usual = Wishes(mode="play", game="")
    assert Wishes.of({"do": "begin"}) == usual
    assert Wishes.of({name: None for name in Wishes.__slots__}) == usual


def test_what_is_said_is_taken() -> None:
    told = {
        "mode": "solo", "game": " duel ", "bot": "random", "keys": {"left": 0}, "latency_ms": 80, "jitter_ms": 20.5,
        "loss": 0.05, "frames": 1800, "transport": "relay", "ice_servers": [{"urls": ["stun:stun.example:3478"]}],
        "input_delay": 3, "prediction_window": 0, "on_disconnect": "takeover", "disconnect_after": 2, "direct": True, "seed": 9,
        "study": True,
    }  # fmt: skip
    wishes = Wishes.of({"do": "begin", **told})
    for name, value in told.items():
        expected = "duel" if name == "game" else tuple(value) if name == "ice_servers" else value
        assert getattr(wishes, name) == expected, name


WRONG = [
    ({"mode": "dance"}, "mode must be one of play, watch, solo, not 'dance'"),
    ({"game": 7}, "game must be the name of a game, not 7"),
    ({"game": "x" * 201}, "game has 201 characters, at most 200 make a name"),
    ({"bot": "worst"}, "there is no bot called 'worst'"),
    ({"bot": True}, "bot must be the name of a bot, not True"),
    ({"keys": ["left"]}, "keys must be a table of keys and actions, not ['left']"),
    ({"latency_ms": -1}, "latency_ms must be a number from 0 to 10000, not -1"),
    ({"latency_ms": float("nan")}, "latency_ms must be a number from 0 to 10000, not nan"),
    ({"jitter_ms": "20"}, "jitter_ms must be a number from 0 to 10000, not '20'"),
    ({"loss": 1.5}, "loss must be a number from 0 to 1, not 1.5"),
    ({"loss": True}, "loss must be a number from 0 to 1, not True"),
    ({"frames": 0}, "frames must be a whole number from 1 to 10000000, not 0"),
    ({"frames": 1.5}, "frames must be a whole number from 1 to 10000000, not 1.5"),
    ({"transport": "pigeon"}, "transport must be one of auto, webrtc, relay, not 'pigeon'"),
    ({"ice_servers": "stun:x"}, "ice_servers must be a list of servers, not 'stun:x'"),
    ({"ice_servers": ["stun:x"] * 17}, "ice_servers names 17 servers, at most 16 are asked"),
    ({"input_delay": 61}, "input_delay must be a whole number from 0 to 60, not 61"),
    ({"on_disconnect": "cry"}, "on_disconnect must be one of pause, idle, end, takeover, not 'cry'"),
    ({"max_wait_s": -1}, "max_wait_s must be a number from 0 to 36000, not -1"),
    ({"disconnect_after": 0}, "disconnect_after must be a number from 0.2 to 600, not 0"),
    ({"direct": 1}, "direct must be true or false, not 1"),
    ({"seed": -1}, "seed must be a whole number from 0 to 9223372036854775807, not -1"),
]


@pytest.mark.parametrize(("told", "says"), WRONG, ids=str)
def test_what_cannot_be_meant_is_named(told: dict[str, Any], says: str) -> None:
    with pytest.raises(UsageError) as caught:
        Wishes.of(told)
    assert str(caught.value).startswith(says)


_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)


@given(st.dictionaries(st.sampled_from(Wishes.__slots__), _VALUES, max_size=5))
def test_whatever_a_page_says_is_taken_or_refused_in_one_line(told: dict[str, Any]) -> None:
    try:
        wishes = Wishes.of(told)
    except UsageError as error:
        assert len(str(error).splitlines()) == 1
    else:
        assert 0 <= wishes.loss <= 1 and wishes.mode in ("play", "watch", "solo")


def test_the_settings_are_those_of_the_command_line_for_the_same_wishes() -> None:
    from rollback.cli.match_settings import MatchSettings

    game = Pong()
    wishes = Wishes.of({"input_delay": 4, "on_disconnect": "idle", "disconnect_after": 0.3})
    ours = config_of(wishes, game, "K7QW-3MZP", 2, 1, by_turns=False)
    theirs = MatchSettings(game="pong", input_delay=4, on_disconnect="idle", disconnect_after=0.3)
    assert ours == theirs.config(game, "K7QW-3MZP", 2, player=1, by_hand=True)
    assert config_of(Wishes.of({}), game, "K7QW-3MZP", 0, 0, by_turns=False) == MatchSettings(
        game="pong", on_disconnect="pause"
    ).config(game, "K7QW-3MZP", 0, player=0)


def test_where_every_frame_waits_for_a_key_it_is_seen_at_once() -> None:
    assert config_of(Wishes.of({}), Pong(), "R", 0, 0, by_turns=True).input_delay == 0
    assert config_of(Wishes.of({"input_delay": 5}), Pong(), "R", 0, 0, by_turns=True).input_delay == 5


def test_who_is_lost_may_be_played_on_by_the_games_own_bot() -> None:
    config = config_of(Wishes.of({"on_disconnect": "takeover"}), Pong(), "R", 0, 0, by_turns=False)
    assert type(config.on_disconnect).__name__ == "TakeOver"


def test_only_a_study_has_limits_of_waiting_by_itself() -> None:
    told = [Wishes.of(each) for each in ({}, {"study": True}, {"study": True, "max_pause_s": 5, "max_wait_s": 30})]
    assert [(each.max_pause_s, each.max_wait_s) for each in told] == [(None, None), (60.0, 120.0), (5.0, 30.0)]
