"""The package of the built-in games: its names are there, and who plays one game does not wait for all of them."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

import rollback.games

ROOT = Path(__file__).resolve().parents[2]


def test_all_names_are_told_and_lead_to_the_games():
    assert dir(rollback.games) == sorted(rollback.games.__all__)
    for name in ("Duel", "GridWorld", "Pong", "Tetris"):
        assert getattr(rollback.games, name).__name__ == name
    assert callable(rollback.games.bots.bot_for)
    with pytest.raises(AttributeError, match=r"'rollback\.games' has no attribute 'Chess'"):
        rollback.games.Chess  # noqa: B018


def test_one_game_is_imported_without_the_others():
    code = (
        "import sys; from rollback.games import Pong; import rollback.games.random_bot\n"
        "others = ('duel', 'gridworld', 'tetris', 'bots')\n"
        "print(Pong.__name__, [name for name in others if f'rollback.games.{name}' in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, cwd=ROOT)
    assert done.stdout == "Pong []\n", done.stderr
