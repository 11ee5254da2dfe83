"""The shortest way through everything: two pages, a room, a match of Pong, the same end. No interface, no keys."""

from __future__ import annotations

from typing import Any

import pytest

from tests.browser.arena import Arena
from tests.browser.stage import Tab

FRAMES = 300
ENTER = """async ([wish, options, settings]) => {
    window.client = new Client(options);
    client.load();
    const room = await client[wish.room ? "join" : "create"](wish);
    client.begin(settings);
    return room;
}"""


@pytest.fixture(scope="module")
def served(only_arena: Arena) -> None:
    """A server that has the pages of the tests, once for all tests of this file."""
    only_arena.serve(lobby=True)


def enter(arena: Arena, wish: dict[str, Any], options: dict[str, Any], **settings: Any) -> Tab:
    """Open a page, enter a room, and begin as soon as Python is there."""
    tab = arena.open("/pages/room.html")
    tab.until("() => 'Client' in window")
    tab.evaluate(ENTER, [wish, options, {"bot": "random", "frames": FRAMES, "seed": 7, **settings}])
    return tab


def ending(tab: Tab) -> dict[str, Any]:
    """Return what the page says at the end, or what it says of its failure."""
    tab.until("() => client.facts().ended || client.facts().failed", 120.0)
    facts: dict[str, Any] = tab.evaluate(
        """() => {
            const { picture, ended, ...facts } = client.facts();
            return { ...facts, ended: ended && { ...ended, data: ended.data.length } };
        }"""
    )
    assert facts["failed"] is None, facts["failed"]
    return facts


def play(arena: Arena, options: dict[str, Any], **settings: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    """Let two pages play over a rough line, and return what each says at the end."""
    rough = {"latency_ms": 60, "jitter_ms": 20, "loss": 0.05}
    ann = enter(arena, {"name": "ann", "game": "pong", "players": 2}, options, **rough, **settings)
    room = ann.evaluate("() => client.room.room")
    ben = enter(arena, {"name": "ben", "room": room}, options, **rough, **settings)
    first, second = ending(ann), ending(ben)
    assert first["ended"]["checksum"] and first["ended"]["checksum"] == second["ended"]["checksum"]
    assert first["ended"]["frames"] == second["ended"]["frames"] > 0
    assert first["ended"]["rollbacks"] > 0 and second["ended"]["rollbacks"] > 0, "the premise: the line was rough"
    return first, second


@pytest.mark.parametrize("transfer", [True, False], ids=["moved into the worker", "relayed by the page"])
def test_two_pages_play_directly_and_end_in_the_same_state(served: None, arena: Arena, transfer: bool) -> None:
    for facts in play(arena, {"transfer": transfer}, transport="webrtc"):
        assert facts["stats"]["path"] == "webrtc"
        assert (facts["moved"] > 0, facts["relayed"] > 0) == (transfer, not transfer)


def test_two_pages_play_through_the_lobby_and_end_in_the_same_state(served: None, arena: Arena) -> None:
    for facts in play(arena, {}, transport="relay"):
        assert facts["stats"]["path"] == "relay" and facts["moved"] + facts["relayed"] == 0
