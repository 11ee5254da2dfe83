"""A match that is asserted: a sound game passes, a broken one fails with frame and fields, an empty proof is none."""

from __future__ import annotations

from typing import Any

import pytest

from rollback.config import SessionConfig
from rollback.errors import ConfigError, UsageError
from rollback.games import Duel, Pong
from rollback.sim import Link
from rollback.testing import play_match
from tests.testing.broken_games import FloatOrder, GlobalRandom, Sound, UnsavedField


class Three(Sound):
    players = 3

    def reset(self, seed: int) -> None:
        super().reset(seed)
        self.numbers = [seed % 7, 0, 0]


@pytest.mark.parametrize("game", [Sound, Pong, Duel, Three, "duel"])
@pytest.mark.parametrize("link", [None, "wifi", Link(latency_ms=60, jitter_ms=30, loss=0.1)])
def test_a_sound_game_passes_over_any_network(game: Any, link: Any) -> None:
    report = play_match(game, link=link, seed=3, frames=200)
    assert report.parity and sum(report.rollbacks) > 0 and report.lost > 0


def test_the_seed_is_what_the_games_are_reset_with_and_makes_the_match() -> None:
    seeds: list[int] = []

    class Noting(Sound):
        def reset(self, seed: int) -> None:
            super().reset(seed)
            seeds.append(seed)

    one = play_match(Noting, seed=41, frames=150)
    assert seeds.count(41) >= 3
    assert play_match(Noting, seed=41, frames=150).to_dict() == one.to_dict()
    assert play_match(Noting, seed=42, frames=150).to_dict() != one.to_dict()


@pytest.mark.parametrize("game", [UnsavedField, GlobalRandom])
def test_a_broken_game_fails_with_frame_and_fields_and_how_to_see_it_again(game: Any) -> None:
    with pytest.raises(AssertionError) as caught:
        play_match(game, seed=2)
    said = str(caught.value)
    assert said.startswith(f"{game.__name__}: the match came apart (seed=2, frames=300, link=Link(latency_ms=50, jitter_ms=20,")
    assert "states: frame " in said and "peers 0 and 1 differ at frame " in said and "numbers[" in said
    assert "check_game" in said


def test_what_heals_before_the_peers_compare_is_found_all_the_same() -> None:
    """Every confirmed state is held to a plain run, and not only those whose checksums travel."""
    with pytest.raises(AssertionError, match=r"states: frame \d+ at peer"):
        play_match(FloatOrder, seed=2)


def test_divergence_is_reported_and_not_raised_on_demand() -> None:
    report = play_match(UnsavedField, seed=2, parity=False)
    assert not report.parity and report.first_divergence is not None


@pytest.mark.parametrize(
    ("settings", "why"),
    [
        ({"link": Link(), "config": SessionConfig(input_delay=3)}, "nothing was rolled back"),
        ({"link": Link(latency_ms=100, loss=0.000_01)}, "no datagram was lost"),
        ({"act": lambda game, player: 0}, "the inputs never varied"),
        (
            {"link": {(0, 1): Link(latency_ms=100, loss=0.000_01), (1, 0): Link(latency_ms=9)}},
            r"link=\{\(0, 1\): Link\(",
        ),
    ],
)
def test_a_match_that_proves_nothing_fails_and_says_why(settings: dict[str, Any], why: str) -> None:
    with pytest.raises(AssertionError, match="the match proves nothing, for") as caught:
        play_match(Sound, **settings)
    assert caught.match(why)
    assert play_match(Sound, premises=False, **settings).parity


def test_lockstep_need_not_roll_back() -> None:
    config = SessionConfig(input_delay=2, prediction_window=0)
    assert play_match(Sound, config=config, frames=200).rollbacks == [0, 0]


def test_what_the_match_takes_is_handed_on() -> None:
    report = play_match(Three, seats=[[0, 2], [1]], seed=1)
    assert len(report.rollbacks) == 2
    with pytest.raises(UsageError, match="seats must give each"):
        play_match(Three, seats=[[0]])
    with pytest.raises(TypeError):
        play_match(Sound, latency=50)


def test_wrong_frames_and_links_are_refused_in_one_sentence() -> None:
    with pytest.raises(UsageError, match="whole number of frames"):
        play_match(Sound, frames=0)
    with pytest.raises(ConfigError, match="loss must be a share"):
        play_match(Sound, link=Link(loss=5))
