from __future__ import annotations

import asyncio

import pytest

from rollback.errors import NetworkError, UsageError
from rollback.net.lobby_refusal import LobbyRefusal
from rollback.net.page_lobby import ANSWER_WITHIN, PageLobby
from tests.net.pages import Page, Room, Web
from tests.net.virtual_time import now, run


async def turns(count=5):
    for _ in range(count):
        await asyncio.sleep(0)


def scene(play, **options):
    """Run `play(room, ann's lobby, her page)` in a room of ann and bob, which she has entered."""

    async def main():
        room = Room(Web(), "ann", "bob", **options)
        lobby = room.enter("ann")
        await lobby.entered(1.0)
        await play(room, lobby, room.pages["ann"])
        await lobby.close()
        assert asyncio.all_tasks() == {asyncio.current_task()}

    run(main())


def asked(page):
    return [(message["event"], message["payload"]) for message in page.told if message["tell"] == "ask"]


def test_it_is_in_the_room_that_the_page_entered():
    async def play(room, lobby, page):
        assert lobby.connected and lobby.room == "K7QW-3MZP" and lobby.me.name == "ann" and not lobby.lost
        assert [member.name for member in lobby.members] == ["ann", "bob"] and lobby.present == 0

    scene(play)


def test_the_welcome_may_be_given_at_once():
    async def main():
        room = Room(Web(), "ann", "bob")
        lobby = PageLobby(room.pages["ann"].port, room.welcome("ann"))
        assert lobby.connected and lobby.room and lobby.invite == "i" and lobby.resume == "r"

    run(main())


def test_what_happened_while_the_game_was_loaded_is_not_lost():
    async def main():
        room = Room(Web(), "ann", "bob")
        page = room.pages["ann"]
        page.lobby("welcome", room.welcome("ann"))
        page.lobby("signal", {"from": "m-bob", "data": {"webrtc": "want", "have": ""}})
        page.lobby("relay", {"from": "m-bob"}, b"hello")
        page.lobby("feed", {}, b"frames")
        page.lobby("members", {**room.news, "match": 1})
        page.lobby("resume", {"resume": "a newer one"})
        await turns()
        lobby, heard = PageLobby(page.port), []
        lobby.on_signal = lambda id, data: heard.append((id, data))
        lobby.on_relay = lambda id, data: heard.append((id, data))
        lobby.on_feed = heard.append
        lobby.on_match = heard.append
        lobby.on_token = heard.append
        want = {"webrtc": "want", "have": ""}
        assert heard == [("m-bob", want), ("m-bob", b"hello"), b"frames", 1, "a newer one"]

    run(main())


def test_a_page_that_enters_no_room_is_not_waited_for():
    async def main():
        page = Page(Web(), "ann")
        with pytest.raises(NetworkError, match=r"the page entered no room within 3 s"):
            await PageLobby(page.port).entered(3.0)
        lobby = PageLobby(page.port)
        page.lobby("over", {"code": "unknown", "error": "there is no room K7QW-3MZP"})
        with pytest.raises(NetworkError, match="there is no room K7QW-3MZP"):
            await lobby.entered()

    run(main())


def test_the_last_words_of_a_room_before_are_not_taken_for_those_of_this_one():
    async def main():
        old, room = Room(Web(), "eve", "ann"), Room(Web(), "ann", "bob")
        page, returned = room.pages["ann"], []
        page.lobby("members", old.news)
        page.lobby("signal", {"from": "m-eve", "data": {"webrtc": "want", "have": ""}})
        page.lobby("lost")
        await turns()
        lobby = PageLobby(page.port)
        lobby.on_signal = lambda *what: returned.append(what)
        lobby.on_member_returned = lambda *what: returned.append(what)
        assert lobby.members == () and not lobby.connected
        page.lobby("welcome", room.welcome("ann"))
        await lobby.entered()
        assert [member.name for member in lobby.members] == ["ann", "bob"] and returned == []

    run(main())


def test_it_says_when_it_has_loaded():
    async def play(room, lobby, page):
        assert lobby.me.loading
        await lobby.loaded()
        await turns()
        assert asked(page) == [("loaded", {})] and not lobby.me.loading and lobby.present == 1

    scene(play)


def test_requests_go_to_the_lobby_by_way_of_the_page():
    async def play(room, lobby, page):
        await lobby.lock()
        await lobby.signal("m-bob", {"webrtc": "want", "have": ""})
        await lobby.watch()
        assert await lobby.renew_invite() == "another" == lobby.invite
        await turns()
        assert lobby.locked and lobby.watching == 1
        assert [event for event, _ in asked(page)] == ["lock", "signal", "watch", "invite"]

    scene(play)


def test_a_rematch_begins_when_both_want_it():
    async def play(room, lobby, page):
        bob = room.enter("bob")
        await bob.entered()
        assert await asyncio.gather(lobby.rematch(5.0), bob.rematch(5.0)) == [1, 1]
        await bob.close()

    scene(play)


def test_the_verdict_of_a_vote_comes_as_an_event():
    async def play(room, lobby, page):
        voting = asyncio.create_task(lobby.vote(1, 0b1))
        await turns(20)
        page.lobby("verdict", {"match": 0, "epoch": 1, "roster": 0b10})
        assert await voting == 0b10 and asked(page)[-1] == ("vote", {"epoch": 1, "roster": 1, "match": 0})

    scene(play)


def test_a_refusal_is_that_of_the_lobby_and_a_lost_connection_is_none():
    async def play(room, lobby, page):
        page.is_silent = True
        for code, kind in (("not-a-player", LobbyRefusal), ("lost", NetworkError)):
            asking = asyncio.create_task(lobby.lock())
            await turns()
            page.say("answer", ask=page.told[-1]["ask"], error={"code": code, "sentence": "no"})
            with pytest.raises(NetworkError, match="no") as caught:
                await asking
            assert type(caught.value) is kind

    scene(play)


def test_while_the_page_has_no_connection_requests_wait_and_datagrams_are_not_taken():
    async def play(room, lobby, page):
        changed = []
        lobby.on_members = lambda: changed.append(lobby.connected)
        page.lobby("lost")
        await turns()
        assert not lobby.connected and not lobby.lost and changed == [True, False]
        assert not lobby.relay("m-bob", b"x") and not lobby.feed(b"x")
        locking = asyncio.create_task(lobby.lock())
        await asyncio.sleep(1)
        assert asked(page) == []
        page.lobby("welcome", room.welcome("ann"), again=True)
        await locking
        assert lobby.connected and lobby.relay("m-bob", b"x") and asked(page) == [("lock", {})]

    scene(play)


def test_a_lobby_that_stays_away_is_not_waited_for_without_end():
    async def play(room, lobby, page):
        page.lobby("lost")
        await turns()
        begin = now()
        with pytest.raises(NetworkError, match="did not answer within 10 s"):
            await lobby.lock()
        assert now() - begin == pytest.approx(ANSWER_WITHIN)
        page.lobby("welcome", room.welcome("ann"), again=True)
        page.is_silent = True
        await turns()
        begin = now()
        with pytest.raises(NetworkError, match="the page did not answer within 10 s"):
            await lobby.lock()
        assert now() - begin == pytest.approx(ANSWER_WITHIN)

    scene(play)


def test_who_watches_watches_on_when_the_page_is_back():
    async def play(room, lobby, page):
        page.lobby("welcome", room.welcome("ann"), again=True)
        await turns()
        assert asked(page) == [], "nobody watches"
        await lobby.watch()
        page.lobby("lost")
        page.lobby("welcome", room.welcome("ann"), again=True)
        await turns(20)
        assert asked(page) == [("watch", {"on": True})] * 2

    scene(play)


def test_who_came_back_meanwhile_is_told():
    async def play(room, lobby, page):
        returned = []
        lobby.on_member_returned = lambda member, fresh: returned.append((member.name, fresh))
        bob = room.member("bob")
        bob["connected"] = False
        room.tell()
        bob |= {"connected": True, "life": 2}
        await turns()
        page.lobby("lost")
        page.lobby("welcome", room.welcome("ann"), again=True)
        await turns()
        assert returned == [("bob", True)]

    scene(play)


def test_datagrams_go_to_members_that_are_there_and_the_feed_to_all():
    async def play(room, lobby, page):
        assert lobby.relay("m-bob", b"x") and not lobby.relay("m-nobody", b"x") and lobby.feed(b"frames")
        assert page.told == [{"tell": "relay", "to": "m-bob"}, {"tell": "feed"}] and room.relayed == 1
        for wrong in ("x", b"x" * (16 * 1024 + 1)):
            with pytest.raises(UsageError, match="at most 16384"):
                lobby.relay("m-bob", wrong)
            with pytest.raises(UsageError, match="at most 16384"):
                lobby.feed(wrong)

    scene(play)


def test_the_page_may_say_that_it_is_over():
    async def play(room, lobby, page):
        waiting = asyncio.create_task(lobby.wait_for_players())
        await turns()
        page.lobby("over", {"error": "the room is closed\x1b"})
        with pytest.raises(NetworkError, match="the room is closed"):
            await waiting
        assert lobby.lost == "the room is closed" and not lobby.connected
        with pytest.raises(NetworkError, match="the room is closed"):
            await lobby.lock()
        await lobby.close()
        assert page.told == [], "the page has left already"

    scene(play)


def test_closing_leaves_the_room_once_and_hears_nothing_more():
    async def play(room, lobby, page):
        async with lobby:
            pass
        await lobby.close()
        assert page.told == [{"tell": "leaveLobby"}]
        room.tell()
        await turns()
        assert lobby.lost == "this lobby was closed" and len(lobby.members) == 2

    scene(play)


@pytest.mark.parametrize(
    ("event", "payload"),
    [("welcome", {"me": 5}), ("welcome", [1]), ("members", {"members": [5]}), ("dance", {}), (5, {}), ("signal", None)],
)
def test_what_no_lobby_says_changes_nothing(event, payload):
    async def play(room, lobby, page):
        before = lobby.members
        page.say("lobby", event=event, payload=payload)
        await turns()
        assert lobby.members == before and lobby.connected

    scene(play)
