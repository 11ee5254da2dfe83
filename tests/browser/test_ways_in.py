"""What the first screens say of games and of terminals: names that tell games apart, and commands that really lead here."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from typing import Any, Final

import pytest

from rollback.agents.races import RACES, TITLES
from rollback.cli.agent_games import race_offers
from rollback.cli.options import DEFAULT_SERVER
from rollback.cli.play_room import play_command
from rollback.cli.served_games import offers_of
from rollback.games import Pong
from signaling.offers import BUILT_IN
from tests.browser.acting_page import ActingPage, acting_page
from tests.browser.stage import Stage

COMMANDS: Final = "(id) => document.getElementById(id).textContent"
HIDDEN: Final = """(selector) => {
    const { scrollWidth, clientWidth } = document.querySelector(selector);
    return scrollWidth - clientWidth;
}"""
COMMAND: Final = """async ([wanted, origin]) =>
    (await import("/web/terminal-line.js")).terminalCommand(wanted, origin)"""
LISTED: Final = """async (games) => (await import("/web/catalogue.js")).catalogueOf({ games }).games"""


@pytest.fixture
def page(stage: Stage) -> Iterator[ActingPage]:
    """The page, with all four games."""
    with acting_page(stage) as page:
        yield page


def command(page: ActingPage, wanted: dict[str, Any], origin: str) -> str:
    return str(page.tab.evaluate(COMMAND, [wanted, origin]))


def test_the_first_screen_tells_the_command_for_the_server_it_came_from(stage: Stage, page: ActingPage) -> None:
    """A lobby on another port is found by nobody who is told `rollback play CODE` alone."""
    assert page.tab.evaluate(COMMANDS, "terminal") == f"rollback play CODE --server {stage.url}"
    page.tab.evaluate("() => document.querySelector('#code').focus()")
    page.key("type", "k7qw-3mzp")
    assert page.tab.evaluate(COMMANDS, "terminal") == f"rollback play K7QW-3MZP --server {stage.url}"
    page.visit("?room=A-B")
    assert page.tab.evaluate(COMMANDS, "terminal") == f"rollback play A-B --server {stage.url}"
    page.tab.click("Copy the command")
    page.tab.until("() => document.querySelector('#terminal-told').textContent")
    assert page.text("#terminal-told") in ("Copied.", "It is selected: copy it with your keyboard or by a long press.")


def test_a_room_tells_the_command_that_leads_into_it_and_a_locked_one_how_it_is_watched(stage: Stage, page: ActingPage) -> None:
    page.tab.click("Create a room")
    page.until_screen("room")
    assert page.tab.evaluate(COMMANDS, "room-terminal") == f"rollback play RIVER-OTTER-42 --server {stage.url}"
    for width in (320, 1280):
        page.size(width, 800)
        cut = page.tab.evaluate(HIDDEN, "#room-terminal")
        assert cut <= 0 and page.look("overflow")[0] <= 0, "it is there to its end"
    page.tab.evaluate("() => client.tellRoom({ locked: true })")
    assert page.tab.evaluate(COMMANDS, "room-terminal") == f"rollback watch RIVER-OTTER-42 --server {stage.url}"


def test_the_command_is_the_one_that_terminals_tell_each_other(page: ActingPage) -> None:
    offers: dict[str, Any] = {**BUILT_IN, **race_offers()}
    for name in ("my games/a.py:G", "it's.py:$(G)", "rollback.games:Other", "gym:rollback/Pong-v0"):
        offers |= offers_of(name, Pong(), 2)
    own = {game["name"]: game for game in page.tab.evaluate(LISTED, {name: each.describe() for name, each in offers.items()})}
    assert list(own) == list(offers)
    for origin in (DEFAULT_SERVER, "http://127.0.0.1:8124", "https://games.example.org", "http://[::1]:8000"):
        for name, game in own.items():
            for invite in ("", "abc.def"):
                told = command(page, {"room": "K7QW-3MZP", "game": game, "invite": invite}, origin)
                assert shlex.split(told) == shlex.split(play_command("K7QW-3MZP", origin, name, invite))
    assert command(page, {}, DEFAULT_SERVER) == "rollback play CODE"


def test_where_only_a_terminal_helps_the_whole_command_is_told(stage: Stage, page: ActingPage) -> None:
    page.tab.evaluate("() => { client.game = 'chess.py:Chess'; document.querySelector('#code').value = 'A-B'; }")
    page.tab.click("Join")
    page.tab.until("() => !document.querySelector('#alert').hidden")
    assert page.trouble.endswith(f"join it from a terminal with rollback play A-B --server {stage.url}")


def test_one_player_is_one_player(page: ActingPage) -> None:
    page.tab.evaluate("() => document.querySelector('[value=gridworld]').click()")
    offered = page.tab.evaluate("() => [...document.querySelectorAll('#players option')].map(({ text }) => text)")
    assert offered == ["1 player", "2 players", "3 players", "4 players"]


# The tiles with these words on them: what does not fit into a line, or is cut off.
CUT: Final = """(titles) => {
    const tiles = [...document.querySelectorAll(".game")];
    return titles.filter((title, place) => {
        const shown = tiles[place % tiles.length].querySelector(".title");
        shown.textContent = title;
        const words = document.createRange();
        words.selectNodeContents(shown);
        const lines = new Set([...words.getClientRects()].map(({ top }) => Math.round(top)));
        return shown.scrollHeight > shown.clientHeight + 1 || shown.scrollWidth > shown.clientWidth || lines.size > 2;
    });
}"""


def test_the_races_have_titles_that_differ_from_the_first_word_on() -> None:
    assert set(TITLES) == set(RACES.values())
    first = [re.split(r"\W+", title)[0].lower() for title in (*TITLES.values(), *(offer.title for offer in BUILT_IN.values()))]
    assert len(set(first)) == len(first)


@pytest.mark.parametrize("address", ["", "?room=K7QW-3MZP"])
def test_every_title_can_be_read_on_its_tile(stage: Stage, address: str) -> None:
    with acting_page(stage, address) as page:
        for width in (320, 390, 1280):
            page.size(width, 800)
            assert page.tab.evaluate(CUT, list(TITLES.values())) == []
            assert page.look("overflow")[0] <= 0
        assert page.tab.evaluate(CUT, ["a title that is far too long for the tile of a game"]), "or it proves nothing"


def test_the_lobbys_refusal_reads_as_a_sentence(page: ActingPage) -> None:
    page.tab.evaluate("() => { client.refusal = { code: 'unknown_room', message: 'there is no room A-B: check the code' }; }")
    page.tab.evaluate("() => { document.querySelector('#code').value = 'A-B'; }")
    page.tab.click("Join")
    page.tab.until("() => !document.querySelector('#alert').hidden")
    assert page.trouble == "There is no room A-B: check the code"


def test_on_a_phone_nothing_that_gets_the_focus_is_under_the_bar_of_loading(page: ActingPage) -> None:
    page.size(390, 844)
    page.tell("progress", {"message": "Loading Python", "loaded": 1, "total": 9})
    page.tab.evaluate("() => document.querySelector('[value=tetris]').click()")
    page.tab.evaluate("() => document.querySelector('#name').focus()")
    seen = []
    for _ in range(12):
        page.key("press", "Tab")
        where, bottom = page.tab.evaluate(
            "() => [document.activeElement.id, document.activeElement.getBoundingClientRect().bottom]"
        )
        seen.append(where)
        if where:
            assert bottom <= page.look("edges", "#loading")[1], where
    assert {"players", "create", "opponent", "solo", "join", "terminal-copy"} <= set(seen)


def test_who_plays_in_a_narrow_window_is_told_the_keys_too(page: ActingPage) -> None:
    page.tab.click("Create a room")
    page.until_screen("room")
    page.begin()
    for width, height in ((390, 844), (320, 640), (1280, 800)):
        page.size(width, height)
        left, top, right, bottom = page.look("edges", "#keys")
        assert page.text("#keys") == "↑/w up · p pauses" and left >= 0 and right <= width and top < bottom <= height
        assert page.look("edges", "#picture")[3] <= top
        assert page.look("overflow") == [0, 0]


def test_what_is_wrong_with_a_file_is_said_where_it_is_picked_and_taken_back(page: ActingPage) -> None:
    """On a phone the sentence at the top of the page and the field that has the focus are not to be seen together."""
    page.size(390, 700)
    page.tab.choose("#opponent", "?file")
    page.tab.pick("#agent-file", "cat.png", b"meow")
    page.tab.evaluate("() => document.querySelector('#solo').focus()")
    page.key("press", "Enter")
    page.tab.until("() => !document.querySelector('#opponent-told').hidden")
    sentence = "cat.png is no agent: choose a file FILE.npz that training saved."
    assert page.trouble == sentence == page.text("#opponent-told") and page.look("faint") == []
    for part in ("#agent-file", "#opponent-told"):
        assert 0 <= page.look("edges", part)[1] and page.look("edges", part)[3] <= 700, "both are there to be seen"
    told = "() => document.querySelector('#opponent-told').hidden"
    page.tab.pick("#agent-file", "it.npz", b"PK\x03\x04")
    assert page.tab.evaluate(told)
    page.tab.pick("#agent-file", "cat.png", b"meow")
    page.key("press", "Tab")
    page.key("press", "Enter")
    page.tab.until("() => !document.querySelector('#opponent-told').hidden")
    page.tab.choose("#opponent", "best")
    assert page.tab.evaluate(told)
