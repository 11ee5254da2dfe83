"""A trained agent is handed to a page, by its server or as a file, and plays there: in the real worker, to the end."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import pytest

from rollback.games import Tetris
from rollback.replays import Replay
from tests.browser.arena import Arena
from tests.browser.seats import ROUGH, create, ending, follow, news
from tests.browser.stage import Stage, Tab
from tests.browser.trained import trained

# What the page says of the end of its match, the replay as numbers.
_ENDED: Final = "() => { const { ended } = client.facts(); return { ...ended, data: Array.from(ended.data) }; }"
_SHOWN: Final = "(selector) => document.querySelector(selector).innerText.trim()"


def ended(tab: Tab, folder: Path, names: list[str]) -> dict[str, Any]:
    """Wait for the end of a match of Tetris, hold that its replay verifies and who played, and return what is told."""
    tab.until("() => client.facts().ended && document.body.dataset.screen === 'end'")
    told: dict[str, Any] = tab.evaluate(_ENDED)
    (folder / "it.rbr").write_bytes(bytes(told["data"]))
    replay = Replay.open(folder / "it.rbr")
    verdict = replay.verify(Tetris())
    assert verdict.ok and verdict.frames == told["frames"] and replay.complete
    assert list(replay.header.names) == names and list(replay.header.controllers) == ["human", "bot"]
    return told


def refused(tab: Tab) -> str:
    """Play against the agent of the file that was picked, and return what the page says instead."""
    tab.evaluate("() => document.querySelector('#alert-close').click()")
    tab.click("Play against the bot")
    tab.until("() => !document.querySelector('#alert').hidden && document.body.dataset.screen === 'start'")
    return str(tab.evaluate(_SHOWN, "#alert-text"))


@pytest.mark.nightly  # test_agents_served.py plays one match in a real worker, test_engine_there.py holds the moves of all four
def test_a_page_plays_an_agent_of_its_server_again_and_then_one_from_a_file(stage: Stage, tmp_path: Path) -> None:
    content = trained("tetris").to_bytes()
    flipped = bytearray(content)
    flipped[len(content) // 3] ^= 4
    stage.stand.offer_agent("tetris-best", "tetris", content)
    tab = stage.open("/?solo=tetris-best&frames=45")
    first = ended(tab, tmp_path, ["you", "tetris-best"])
    assert tab.evaluate(_SHOWN, "#end-scores").split()[2:4] == ["tetris-best", "bot"]
    tab.click("Play again")
    tab.until("() => document.body.dataset.screen === 'match'")
    second = ended(tab, tmp_path, ["you", "tetris-best"])
    assert first["checksum"] != second["checksum"] and first["frames"] == second["frames"] == 45
    tab.evaluate("() => document.querySelector('#end .leave').click()")
    tab.until("() => document.body.dataset.screen === 'start'")
    tab.choose("#opponent", "?file")
    for name, wrong, sentence in (
        ("flipped.npz", bytes(flipped), "flipped.npz is damaged: its bytes are not those that were saved"),
        ("cut.npz", content[:-20], "cut.npz is no checkpoint: its end is cut off"),
        ("paddle.npz", trained("pong").to_bytes(), "paddle.npz does not fit: the checkpoint was trained on pong"),
    ):
        tab.pick("#agent-file", name, wrong)
        assert refused(tab).startswith(sentence)
    tab.pick("#agent-file", "mine.npz", content)
    tab.click("Play against the bot")
    assert ended(tab, tmp_path, ["you", "mine.npz"])["frames"] == 45
    assert tab.evaluate("() => document.querySelector('#alert').hidden")
    assert tab.strangers == tab.violations == tab.errors == []
    stage.stand.agents.clear()
    tab.close()


@pytest.mark.nightly
@pytest.mark.timeout(300)  # a busy machine is no failure
def test_in_a_room_an_agent_plays_a_page_over_a_rough_line_and_both_agree(arena: Arena, tmp_path: Path) -> None:
    trained("tetris").save(tmp_path / "tetris-best.npz")
    arena.serve("--agent", str(tmp_path / "tetris-best.npz"))
    common = f"latency={ROUGH}&frames=1800"
    ann, link = create(arena, f"name=ann&bot=tetris-best&{common}", game="tetris")
    bob = follow(arena, link, f"name=bob&bot=random&{common}")
    first, second = ending(ann), ending(bob)
    assert first["checksum"] == second["checksum"] and first["checksum"]
    assert first["frames"] == second["frames"] and first["rollbacks"] > 0 < second["rollbacks"], "the premise: it was rough"
    players = news(bob)["begun"]["players"]
    assert players == [{"name": "ann", "controller": "bot"}, {"name": "bob", "controller": "bot"}]
    assert [news(tab)["stats"]["path"] for tab in (ann, bob)] == ["webrtc", "webrtc"]
    (tmp_path / "it.rbr").write_bytes(bytes(bob.evaluate(_ENDED)["data"]))
    assert Replay.open(tmp_path / "it.rbr").verify(Tetris()).ok
