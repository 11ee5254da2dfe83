"""The page's place in a room, against the real server: entering, being refused, being cut off, coming back."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.browser.real_server import RealServer
from tests.browser.stage import Tab

ENTER = "async (wish) => { window.lobby = new Lobby(); return outcome(lobby[wish.room ? 'join' : 'create'](wish)); }"
HERE = "(count) => lobby.view?.members.filter((member) => member.connected).length === count"


@pytest.fixture
def open_tab(lobby_server: RealServer) -> Iterator[Callable[[], Tab]]:
    """Opens pages that must neither leave their origin nor break the policy."""
    opened: list[Tab] = []

    def open_one() -> Tab:
        tab = lobby_server.open()
        tab.until("() => 'Lobby' in window")
        opened.append(tab)
        return tab

    yield open_one
    for tab in opened:
        assert tab.evaluate("() => window.breaches") == []
        assert tab.violations == [] and tab.strangers == [] and tab.errors == []


@pytest.fixture
def ann(open_tab: Callable[[], Tab]) -> Tab:
    """A page that opened a room for two."""
    tab = open_tab()
    assert "value" in tab.evaluate(ENTER, {"name": "ann", "players": 2, "game": "pong"})
    return tab


def room_of(tab: Tab) -> str:
    return tab.evaluate("() => lobby.view.room")


def join(tab: Tab, room: str, name: str = "ben", **wish: Any) -> dict[str, Any]:
    return tab.evaluate(ENTER, {"room": room, "name": name, **wish})


def names(tab: Tab) -> list[str]:
    return tab.evaluate("() => lobby.view.members.map((member) => member.name)")


def wait_for(tab: Tab, count: int) -> None:
    tab.until(f"() => ({HERE})({count})")


def test_who_joins_sees_the_room_and_is_seen(ann: Tab, open_tab: Callable[[], Tab]) -> None:
    ben = open_tab()
    told = join(ben, room_of(ann))["value"]
    assert (told["players"], told["game"], told["seat"], told["locked"], told["match"]) == (2, "pong", 1, False, 0)
    assert told["connected"] and told["link"].endswith(f"/?room={told['room']}")
    wait_for(ann, 2)
    assert names(ann) == names(ben) == ["ann", "ben"]
    assert [member["loading"] for member in told["members"]] == [True, True]
