"""A room as pages without an interface see it: entering it, and who is in it. Knows `pages/room.html`; knows no server."""

from __future__ import annotations

from typing import Any, Final

from tests.browser.stage import Tab

ENTER: Final = "async (wish) => { window.lobby = new Lobby(); return outcome(lobby[wish.room ? 'join' : 'create'](wish)); }"
HERE: Final = "(count) => lobby.view?.members.filter((member) => member.connected).length === count"


def room_of(tab: Tab) -> str:
    """Return the code of the room that a page is in."""
    return tab.evaluate("() => lobby.view.room")


def join(tab: Tab, room: str, name: str = "ben", **wish: Any) -> dict[str, Any]:
    """Let a page join a room, and return its `value`, or the `code` and `message` of the refusal."""
    return tab.evaluate(ENTER, {"room": room, "name": name, **wish})


def names(tab: Tab) -> list[str]:
    """Return who is in the room as the page knows it."""
    return tab.evaluate("() => lobby.view.members.map((member) => member.name)")


def wait_for(tab: Tab, count: int) -> None:
    """Wait until so many members are connected."""
    tab.until(f"() => ({HERE})({count})")
