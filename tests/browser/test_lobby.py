"""The page's place in a room, against the real server: entering, being refused, being cut off, coming back."""

from __future__ import annotations

import base64
from collections.abc import Callable

import pytest

from rollback.wire.feed import Keyframe, Part, encode_feed
from signaling.limits import Limits
from signaling.serve import LobbyServer
from tests.browser.real_server import RealServer
from tests.browser.room import ENTER, join, names, room_of, wait_for
from tests.browser.stage import Stage, Tab

FEED = (
    """(messages) => messages.map((message) => lobby.feed(Uint8Array.from(atob(message), (letter) => letter.charCodeAt(0))))"""
)


def test_who_joins_sees_the_room_and_is_seen(ann: Tab, open_tab: Callable[[], Tab]) -> None:
    ben = open_tab()
    told = join(ben, room_of(ann))["value"]
    assert (told["players"], told["game"], told["seat"], told["locked"], told["match"]) == (2, "pong", 1, False, 0)
    assert told["connected"] and told["link"].endswith(f"/?room={told['room']}")
    wait_for(ann, 2)
    assert names(ann) == names(ben) == ["ann", "ben"]
    assert [member["loading"] for member in told["members"]] == [True, True]


def test_signals_and_datagrams_reach_the_other_with_what_came_before_anybody_listened(
    ann: Tab, open_tab: Callable[[], Tab]
) -> None:
    ben = open_tab()
    join(ben, room_of(ann))
    wait_for(ann, 2)
    ann.evaluate("() => lobby.ask('signal', { to: 'm2', data: { n: 1 } })")
    assert ann.evaluate("() => lobby.relay('m2', new Uint8Array([1, 2, 255]))")
    ann.evaluate("() => lobby.ask('signal', { to: 'm2', data: { n: 2 } })")  # answered: the others are there before it
    ben.evaluate("() => { window.came = gather(lobby); }")
    ben.until("() => came.length >= 4")
    ann.evaluate("() => lobby.ask('signal', { to: 'm2', data: { n: 3 } })")
    ben.until("() => came.length >= 5")
    came = ben.evaluate("() => came")
    assert [each["event"] for each in came] == ["welcome", "signal", "relay", "signal", "signal"]
    assert [each["payload"]["data"]["n"] for each in came if each["event"] == "signal"] == [1, 2, 3]
    assert (came[2]["payload"], came[2]["data"]) == ({"from": "m1"}, [1, 2, 255])
    assert came[0]["payload"]["again"] is False and came[0]["payload"]["me"]["id"] == "m2"


def test_datagrams_that_a_slow_line_drops_are_counted_on_both_ways(ann: Tab, lobby_server: RealServer) -> None:
    burst = "() => Array.from({ length: 60 }, () => lobby.relay('m9', new Uint8Array(2000))).filter((taken) => !taken).length"
    refused = ann.evaluate(burst)  # in one task, in which nothing leaves
    assert 0 < refused < 60 and ann.evaluate("() => lobby.dropped") == refused

    def drop(server: LobbyServer) -> None:
        for connection in server.app._links:
            server.app._losses.note(connection)

    lobby_server.seen(drop)
    ann.until(f"() => lobby.dropped === {refused + 1}")


def test_a_long_feed_arrives_whole_and_in_order(ann: Tab, open_tab: Callable[[], Tab]) -> None:
    ben = open_tab()
    join(ben, room_of(ann), spectate=True)
    ann.evaluate("() => lobby.ask('loaded')")
    ben.evaluate("() => { window.came = gather(lobby); return lobby.ask('watch', { on: true }); }")
    ann.until("() => lobby.view.watching === 1")
    size = 100 * 12_000
    parts = [Part(0, at, bytes([at // 12_000]) * 12_000) for at in range(0, size, 12_000)]
    messages = [encode_feed(Keyframe(0, size, 0, 0, {}, (1,), {}, {}, {})), *map(encode_feed, parts)]
    shown = [base64.b64encode(message).decode() for message in [*messages, bytes(16 * 1024 + 1)]]
    assert ann.evaluate(FEED, shown) == [True] * 101 + [False], "what is too large is not taken"
    ben.until("() => came.filter(({ event }) => event === 'feed').length === 101")
    data = ben.evaluate("() => came.filter(({ event }) => event === 'feed').map(({ data }) => data.at(-1))")
    assert data[1:] == list(range(100))


def test_the_words_loaded_and_watch_are_kept_when_the_page_comes_back(
    ann: Tab, open_tab: Callable[[], Tab], lobby_server: RealServer
) -> None:
    ben = open_tab()
    join(ben, room_of(ann), spectate=True)
    ann.evaluate("() => lobby.ask('loaded')")
    ben.evaluate("() => lobby.ask('watch', { on: true })")
    ann.until("() => lobby.view.watching === 1")
    lobby_server.stop()
    for tab in (ann, ben):
        tab.until("() => !lobby.connected")
    lobby_server.start_again()
    for tab in (ann, ben):
        tab.until("() => lobby.connected")
    ann.until("() => lobby.view.watching === 1")
    assert not ann.evaluate("() => lobby.view.me").get("loading")


def test_a_request_waits_for_the_connection_and_is_answered_after_it_came_back(ann: Tab, lobby_server: RealServer) -> None:
    before = ann.evaluate("() => { window.came = gather(lobby); return lobby.view; }")
    lobby_server.stop()
    ann.until("() => !lobby.connected")
    assert not ann.evaluate("() => lobby.relay('m2', new Uint8Array(3))"), "datagrams do not wait"
    ann.evaluate("() => { window.asked = outcome(lobby.ask('lock', {})); }")
    lobby_server.start_again()
    assert ann.evaluate("() => asked")["value"]["ok"]
    after = ann.until("() => lobby.view.locked && lobby.view")
    assert (after["room"], after["me"]["id"], after["me"]["life"]) == (before["room"], before["me"]["id"], 1)
    events = ann.evaluate("() => came.map(({ event, payload }) => [event, payload.again])")
    assert events[:2] == [["welcome", False], ["lost", None]] and ["welcome", True] in events


def test_a_room_that_is_gone_ends_the_way_back_with_a_sentence(ann: Tab, lobby_server: RealServer) -> None:
    ann.evaluate("() => { window.came = gather(lobby); }")
    room = room_of(ann)
    lobby_server.stop()
    lobby_server.start_again(secret=b"another secret, so nothing is known")
    ann.until("() => lobby.over")
    told = ann.evaluate("() => ({ code: lobby.over.code, message: lobby.over.message })")
    assert told["code"] == "unknown_room" and told["message"].startswith(f"There is no way back into room {room}: ")
    assert ann.evaluate("() => came.at(-1)")["event"] == "over"
    assert ann.evaluate("() => outcome(lobby.ask('lock', {}))")["code"] == "unknown_room", "nobody waits for what never comes"


REFUSALS = [
    ({"room": "K7QW-3MZP"}, "unknown_room", "there is no room K7QW-3MZP in this lobby"),
    ({"room": "\u202e<img src=x onerror=alert(1)>"}, "unknown_room", "is no room code: it has 8 letters and digits"),
    ({"room": "9" * 10_000}, "unknown_room", "is no room code: it has 8 letters and digits"),
    ({"token": "invite.1.old"}, "token", "this is no invitation to this room"),
    ({"token": "expired"}, "token", "this invitation has expired: ask a member of the room for a new one"),
]


@pytest.mark.parametrize(("wish", "code", "sentence"), REFUSALS, ids=["unknown", "markup", "huge", "forged", "expired"])
def test_what_leads_nowhere_is_refused_with_a_sentence(
    wish: dict[str, str], code: str, sentence: str, ann: Tab, lobby_server: RealServer
) -> None:
    if wish.get("token") == "expired":
        wish = {"token": lobby_server.seen(old_invitation)}
    told = ann.evaluate(
        "(wish) => { window.other = new Lobby(); return outcome(other.join(wish)); }", {"room": room_of(ann), **wish}
    )
    assert told["code"] == code and sentence in told["message"]
    assert "\u202e" not in told["message"]
    assert ann.evaluate("() => other.view") is None and names(ann) == ["ann"]


def old_invitation(server: LobbyServer) -> str:
    (room,) = server.rooms
    return server.rooms.keys.invite_to(room, now=-1000.0)


def test_a_full_room_and_a_locked_one_are_refused_and_can_be_watched(ann: Tab, open_tab: Callable[[], Tab]) -> None:
    ben, room = open_tab(), room_of(ann)
    join(ben, room)
    full = ben.evaluate("(wish) => outcome(new Lobby().join(wish))", {"room": room})
    assert full["code"] == "full" and "you can watch as a spectator" in full["message"]
    ann.evaluate("() => lobby.ask('lock', {})")
    locked = ben.evaluate("(wish) => outcome(new Lobby().join(wish))", {"room": room})
    assert locked["code"] == "locked" and "you can watch it, or ask who plays there for an invitation" in locked["message"]
    link = ann.evaluate("() => lobby.invitation()")
    assert link.startswith(ann.evaluate("() => lobby.view.link") + "&token=")
    token = ben.evaluate("(link) => new URL(link).searchParams.get('token')", link)
    invited = ben.evaluate("(wish) => outcome(new Lobby().join(wish))", {"room": room, "token": token})
    assert invited["code"] == "full", "the invitation opens the lock, and the seats are taken all the same"
    watching = ben.evaluate("(wish) => outcome(new Lobby().join(wish))", {"room": room, "spectate": True})
    assert watching["value"]["seat"] is None


def test_names_come_back_short_and_plain(ann: Tab, open_tab: Callable[[], Tab]) -> None:
    ben = open_tab()
    join(ben, room_of(ann), "\u202e<img onerror=alert(1)>" + "x" * 10_000)
    wait_for(ann, 2)
    name = names(ann)[1]
    assert name.startswith("<img onerror=alert(1)>") and len(name) <= 32 and "\u202e" not in name


def test_who_leaves_is_gone_at_once_and_forgets_the_way_back(ann: Tab, open_tab: Callable[[], Tab]) -> None:
    ben, room = open_tab(), room_of(ann)
    join(ben, room)
    wait_for(ann, 2)
    ben.evaluate("() => lobby.leave()")
    ann.until("() => lobby.view.members.length === 1")
    assert ben.evaluate("() => [lobby.view, sessionStorage.length]") == [None, 0]
    assert join(ben, room)["value"]["me"]["id"] == "m3"


def test_entering_twice_is_refused_and_a_connection_that_is_left_meanwhile_does_not_come_back(ann: Tab) -> None:
    assert ann.evaluate("() => outcome(lobby.create({}))")["code"] == "in_room"
    told = ann.evaluate(
        """async () => {
            const other = new Lobby();
            const first = outcome(other.create({ name: "first" }));
            await other.leave();
            const second = await outcome(other.create({ name: "second" }));
            return [await first, second.value.members.length, other.view.me.name];
        }"""
    )
    assert told[0]["code"] == "lost" and told[1:] == [1, "second"]


def test_without_a_server_one_sentence_says_so(ann: Tab, lobby_server: RealServer) -> None:
    lobby_server.stop()
    told = ann.evaluate("() => outcome(new Lobby().create({}))")
    lobby_server.start_again()
    assert told["code"] == "unreachable" and told["message"].startswith("No lobby answers at 127.0.0.1:")


def test_without_its_assets_the_server_s_command_is_named(open_tab: Callable[[], Tab]) -> None:
    tab = open_tab()
    told = tab.evaluate(
        """async () => {
            const fetched = window.fetch;
            const manifests = [{ command: "rollback fetch-assets" }, { "socket.io-client": "/assets/nothing/" }];
            const told = [];
            for (const manifest of manifests) {
                window.fetch = async () => Response.json(manifest);
                told.push(await outcome(new Lobby().create({})));
            }
            window.fetch = fetched;
            return [...told, await outcome(new Lobby().create({}))];
        }"""
    )
    assert [each.get("code") for each in told] == ["unreachable", "unreachable", None]
    assert "run `rollback fetch-assets` where it runs" in told[0]["message"]
    assert "load it again" in told[1]["message"], "and a later try finds what is there then"


def test_a_lobby_that_turns_connections_away_is_told_from_one_that_is_not_there(stage: Stage) -> None:
    server = RealServer(stage, limits=Limits(connections_per_address=1))
    try:
        tab = server.open()
        tab.until("() => 'Lobby' in window")
        assert "value" in tab.evaluate(ENTER, {"name": "ann"})
        told = tab.evaluate("() => outcome(new Lobby().create({}))")
    finally:
        server.close()
    assert told["code"] == "busy" and "it has too many connections" in told["message"]
