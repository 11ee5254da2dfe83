"""A match's settings travel between processes and become those of a session."""

from __future__ import annotations

import json

import pytest

from rollback.cli.match_settings import MatchSettings
from rollback.config import TakeOver
from rollback.errors import ConfigError
from rollback.games import Pong
from rollback.netplay import config_for


class Own(Pong):
    fps = 30
    version = "1.2"


class Plain(Pong):
    pass


def test_they_travel_as_json() -> None:
    settings = MatchSettings(game="duel", frames=9, latency_ms=60.0, on_disconnect="idle", on_desync="report", seed=3)
    assert MatchSettings.of(json.loads(json.dumps(settings.as_values()))) == settings


def test_without_a_wish_they_are_what_all_members_of_the_room_come_to() -> None:
    ours = MatchSettings(game="pong", on_disconnect="pause").config(Plain(), "K7QW-3MZP")
    assert ours == config_for(Plain(), "K7QW-3MZP")


def test_wishes_are_kept() -> None:
    settings = MatchSettings(game="pong", fps=50, input_delay=4, prediction_window=0, seed=7, disconnect_after=0.3)
    config = settings.config(Pong(), "K7QW-3MZP")
    assert (config.fps, config.input_delay, config.prediction_window, config.seed) == (50, 4, 0, 7)
    assert (config.disconnect_after, config.interrupt_after, config.on_disconnect) == (0.3, 0.3, "end")


def test_the_delay_may_follow_the_line_and_a_desync_may_be_mended() -> None:
    config = MatchSettings(game="pong", input_delay="auto", on_desync="resync").config(Pong(), "")
    assert (config.input_delay, config.on_desync) == ("auto", "resync")


def test_the_games_own_frame_rate_and_version_count() -> None:
    config = MatchSettings(game="x").config(Own(), "")
    assert (config.fps, config.game_version) == (30, "1.2")


def test_a_wish_out_of_its_limits_is_told() -> None:
    with pytest.raises(ConfigError, match='input_delay must be a whole number from 0 to 60 or "auto", not 99'):
        MatchSettings(game="pong", input_delay=99).config(Pong(), "")


def test_a_bot_may_take_over_for_whoever_is_lost() -> None:
    config = MatchSettings(game="pong", on_disconnect="takeover").config(Pong(), "")
    assert isinstance(config.on_disconnect, TakeOver)
    assert config.on_disconnect.policy(Pong(), 1) is not None


@pytest.mark.parametrize("seed", [None, 7, 2**63 - 1])
def test_a_rematch_has_another_seed_which_all_come_to(seed: int | None) -> None:
    settings = MatchSettings(game="pong", seed=seed)
    seeds = [settings.config(Pong(), "K7QW-3MZP", match).seed for match in range(3)]
    assert len(set(seeds)) == 3 and all(0 <= each < 2**63 for each in seeds)
    assert seeds[0] == (config_for(Pong(), "K7QW-3MZP").seed if seed is None else seed)
    if seed is None:
        assert seeds[2] == config_for(Pong(), "K7QW-3MZP", 2).seed


class NoIdle(Plain):
    has_noop = False


class Watched(Plain):
    watchers = (1,)


@pytest.mark.parametrize(
    ("game", "player", "by_hand", "window", "delay"),
    [
        (Plain, 0, True, 8, 2),
        (NoIdle, 0, False, 0, 2),
        (NoIdle, 0, True, 0, 0),  # whoever decides about every frame sees at once what came of it
        (Watched, 1, True, 0, 2),
        (Watched, 0, True, 8, 2),
    ],
)
def test_what_nobody_named_is_what_the_game_and_its_player_need(
    game: type[Pong], player: int, by_hand: bool, window: int, delay: int
) -> None:
    config = MatchSettings(game="x").config(game(), "", player=player, by_hand=by_hand)
    assert (config.prediction_window, config.input_delay) == (window, delay)


def test_a_window_and_a_delay_that_are_named_win() -> None:
    config = MatchSettings(game="x", prediction_window=6, input_delay=3).config(NoIdle(), "", player=0, by_hand=True)
    assert (config.prediction_window, config.input_delay) == (6, 3)
