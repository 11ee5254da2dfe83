"""Whoever names another game, or may not play the room's, costs the player who waits there nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cases import more_at_night
from tests.network.test_play_command import Served, replay_of, served

__all__ = ["served"]  # a fixture

OWN = "from rollback.games.pong import Pong\n\n\nclass Mine(Pong):\n    pass\n"


@pytest.mark.parametrize(
    ("waiting", "wrong", "sentence"),
    more_at_night(
        [
            ("duel", ["--game", "pong"], "plays 'duel', and you named 'pong': leave out --game"),
            ("mine.py:Mine", [], "which is not built in: name your copy of it with --game"),
        ],
        1,
    ),
)
def test_who_waits_goes_on_waiting_and_plays_with_the_next_one(
    served: Served, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, waiting: str, wrong: list[str], sentence: str
) -> None:
    (tmp_path / "mine.py").write_text(OWN)
    monkeypatch.chdir(tmp_path)
    common = ["--frames", "30", "--transport", "relay"]
    with served.player("--name", "ann", "--game", waiting, *common, *replay_of(tmp_path, "a"), room="") as ann:
        room = ann.wait_for(r"rollback play (\S+)")[1]
        with served.player("--name", "bob", *wrong, *common, *replay_of(tmp_path, "b"), room=room) as bob:
            assert bob.code() == 2 and sentence in bob.said, bob.said
        assert ann.process.poll() is None and "bob" not in ann.said  # it was never in the room as a player
        with served.player("--name", "bob", "--game", waiting, *common, *replay_of(tmp_path, "c"), room=room) as again:
            assert (ann.code(), again.code()) == (0, 0), ann.said + again.said
    assert not (tmp_path / "b.rbr").exists() and (tmp_path / "c.rbr").exists()
