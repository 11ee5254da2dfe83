"""A trained agent is handed to a page, by its server or as a file, and plays there what it plays here."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

from rollback.agents.checkpoints import Checkpoint
from rollback.agents.training import make_algorithm
from rollback.games import Tetris
from rollback.replays import Replay
from tests.browser.stage import Stage

# What the page says of the end of its match, the replay as numbers.
_ENDED: Final = "() => { const { ended } = client.facts(); return { ...ended, data: Array.from(ended.data) }; }"


def tetris() -> Checkpoint:
    return make_algorithm("cross-entropy", "tetris", {}, 1).checkpoint()


def test_a_page_plays_against_an_agent_of_its_server_to_the_end_and_the_replay_verifies(stage: Stage, tmp_path: Path) -> None:
    stage.stand.offer_agent("tetris-best", "tetris", tetris().to_bytes())
    tab = stage.open("/?solo=tetris-best&frames=200")
    tab.until("() => client.facts().ended")
    ended: dict[str, Any] = tab.evaluate(_ENDED)
    (tmp_path / "it.rbr").write_bytes(bytes(ended["data"]))
    replay = Replay.open(tmp_path / "it.rbr")
    verdict = replay.verify(Tetris())
    assert verdict.ok and verdict.frames == 200 and list(replay.header.names) == ["you", "tetris-best"]
    assert tab.strangers == tab.violations == tab.errors == []
    stage.stand.agents.clear()
