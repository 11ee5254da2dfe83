"""`--on-disconnect takeover` with `--bot FILE.npz`: what was trained plays for who is lost as well."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from rollback.agents.races import race_of
from rollback.cli import play_match
from rollback.cli.app import run
from rollback.cli.match_settings import MatchSettings
from rollback.config import TakeOver
from rollback.games.gridworld import GridWorld
from tests.agents.tables import shortest_ways

ROOMS = "rollback.agents.races:rooms"


def played_by(settings: MatchSettings, player: int) -> GridWorld:
    """Return a race that only what takes over for a player has played."""
    game = race_of("rooms")
    config = settings.config(game, "K7QW-3MZP")
    assert isinstance(config.on_disconnect, TakeOver)
    act: Any = config.on_disconnect.policy
    game.reset(1)
    for _ in range(1200):
        actions = [0, 0]
        actions[player] = act(game, player)
        game.step(actions)
    return game


@pytest.mark.parametrize("player", [0, 1])
def test_who_takes_over_plays_what_was_learned_for_either_player(player: int, tmp_path: Path) -> None:
    trained = tmp_path / "best.npz"
    shortest_ways("rooms").save(trained)
    game = played_by(MatchSettings(game=ROOMS, on_disconnect="takeover", stand_in=str(trained)), player)
    assert game.won[player] == 3 and game.won[1 - player] == 0


def test_the_command_lets_its_checkpoint_take_over_and_without_one_the_best_bot(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    trained = tmp_path / "best.npz"
    shortest_ways("rooms").save(trained)
    seen: list[MatchSettings] = []

    async def entered(seat: Any, settings: MatchSettings, *_: Any) -> int:
        seen.append(settings)
        return 0

    monkeypatch.setattr(play_match, "play_in_room", entered)
    for bot in (str(trained), "best"):
        assert run(["play", "--game", ROOMS, "--bot", bot, "--on-disconnect", "takeover"]) == 0
    assert [settings.stand_in for settings in seen] == [str(trained), "best"]
    assert all(settings.on_disconnect == "takeover" for settings in seen)
