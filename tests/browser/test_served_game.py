"""A game of one's own, as a page of the manual has it: from one file to a match of a browser and a terminal."""

from __future__ import annotations

import json
from pathlib import Path
from urllib.parse import quote

import pytest

from tests.browser.arena import Arena
from tests.browser.seats import ending, follow, news, until
from tests.docs.pages import ROOT, blocks

pytestmark = pytest.mark.timeout(300)  # a busy machine is no failure


@pytest.fixture(scope="module")
def game(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The name of the game that the manual writes, in a file."""
    page = ROOT / "docs" / "writing-a-game.md"
    (source,) = [block.text for block in blocks(page) if "class Apples" in block.text and "def keys" in block.text]
    file = tmp_path_factory.mktemp("games") / "apples.py"
    file.write_text(source)
    return f"{file}:Apples"


@pytest.mark.nightly
def test_a_served_game_is_played_by_a_page_and_a_terminal_and_they_agree(arena: Arena, game: str, tmp_path: Path) -> None:
    room = arena.serve("--game", game)
    ann = follow(arena, f"{arena.url}/?room={room}", "name=ann&bot=random&frames=120")
    options = ["--game", game, "--bot", "random", "--frames", "120", "--json", "--replay", str(tmp_path / "bob.rbr")]
    with arena.peer("play", room, *options) as bob:
        told = ending(ann)
        assert bob.code() == 0, bob.said
    result = json.loads(bob.out.splitlines()[-1])
    assert told["checksum"] == result["checksum"] and told["frames"] == result["frames"] > 0


@pytest.mark.nightly
def test_a_served_game_is_among_those_that_a_page_offers_and_can_be_played_alone(arena: Arena, game: str) -> None:
    arena.serve("--game", game)
    tab = arena.open("/", shared=True)
    assert "Apples" in tab.until("() => document.querySelector('#games').textContent")
    tab.visit(f"/?game={quote(game, safe='')}&solo=random&name=ann&frames=60")
    assert until(tab, "facts.picture?.primitives?.length > 0 || facts.ended")
    assert ending(tab)["frames"] == 60
    assert [button["keys"] for button in news(tab)["begun"]["buttons"]] == [["left", "a"], ["right", "d"]]
