"""The shortest way through everything: two pages, a room, a match of Pong, the same end. No interface, no keys."""

from __future__ import annotations

from typing import Any

import pytest

from tests.browser.arena import Arena
from tests.browser.stage import Tab

ROUGH = {"latency_ms": 60, "jitter_ms": 20, "loss": 0.05}
ENTER = """async ([wish, settings]) => {
    window.client ??= new Client();
    const { room } = await client[wish.room ? "join" : "create"](wish);
    client.begin({ bot: "random", frames: 200, ...settings });
    return room;
}"""
END = """() => {
    const { picture, ended, ...facts } = client.facts();
    return ended || facts.failed ? { ...facts, ended: ended && { ...ended, data: ended.data?.length ?? 0 } } : null;
}"""


def play(ann: Tab, ben: Tab, **settings: Any) -> list[dict[str, Any]]:
    """Let two pages play over a rough line in a new room, hold that they agree, and return what each says of it."""
    room = ann.evaluate(ENTER, [{"name": "ann", "game": "pong", "players": 2}, {**ROUGH, **settings}])
    ben.evaluate(ENTER, [{"name": "ben", "room": room}, {**ROUGH, **settings}])
    told = [tab.until(END, 120.0) for tab in (ann, ben)]
    assert [facts["failed"] for facts in told] == [None, None]
    first, second = (facts["ended"] for facts in told)
    assert first["checksum"] and first["checksum"] == second["checksum"]
    assert first["frames"] == second["frames"] > 0
    assert first["rollbacks"] > 0 and second["rollbacks"] > 0, "the premise: the line was rough"
    assert first["data"] > 0, "there is a replay to keep"
    return told


@pytest.mark.nightly
def test_two_pages_play_through_the_lobby_leave_and_play_directly_in_another_room(arena: Arena) -> None:
    arena.serve(lobby=True, fresh=False)  # it has the pages of the tests
    ann, ben = (arena.open("/pages/room.html") for _ in range(2))
    for tab in (ann, ben):
        tab.until("() => 'Client' in window")
    for facts in play(ann, ben, transport="relay"):
        assert facts["stats"]["path"] == "relay" and facts["moved"] + facts["relayed"] == 0
    before = ann.evaluate("() => client.room.room")
    for tab in (ann, ben):
        tab.evaluate("() => client.leave()")
        assert tab.evaluate("() => client.room") is None
    for facts in play(ann, ben, transport="webrtc"):
        assert facts["stats"]["path"] == "webrtc" and facts["room"]["room"] != before
        assert facts["moved"] > 0 and facts["relayed"] == 0
