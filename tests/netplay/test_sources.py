"""Who watches directly asks the lowest player, stays with it while it answers, and finds another one when it does not."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from rollback.errors import NetworkError, UsageError
from rollback.net.relay import RelayTransport
from rollback.netplay.sources import ASK_EVERY, PATIENCE, THE_LOBBY, Direct, ThroughLobby
from rollback.netplay.switchboard import WATCH
from tests.netplay.hall import Hall, member
from tests.netplay.quick_time import now, run

ANN, BOB, EVE = member(0, "ann"), member(1, "bob"), member(None, "eve")
BLOB = b"\0\x1a some rows"


class Player:
    """As much of a player as a source talks to: it hears requests, and sends what it is told to."""

    def __init__(self, name: str, eve: Hall) -> None:
        self.lobby: Any = Hall(name, ANN, BOB, EVE)
        self.asked: list[Any] = []
        self.lobby.on_signal = lambda id, data: self.asked.append(data[WATCH])
        self.lobby.others["m-eve"] = eve
        eve.others[f"m-{name}"] = self.lobby
        self.transport = RelayTransport(self.lobby, ["m-eve"])
        self.got: list[bytes] = []
        self.transport.on_blob = lambda peer, blob: self.got.append(blob)


class Eve:
    """Who watches, and two who play."""

    def __init__(self) -> None:
        self.lobby: Any = Hall("eve", ANN, BOB, EVE)
        self.players = {name: Player(name, self.lobby) for name in ("ann", "bob")}
        self.source = Direct(self.lobby, transport="relay")
        self.got: list[tuple[str, bytes]] = []
        self.source.on_blob = lambda host, blob: self.got.append((host, blob))

    async def until(self, fact: Callable[[], bool], seconds: float = 60.0) -> None:
        end = now() + seconds
        while not fact():
            assert now() < end
            self.source.look(now())
            await asyncio.sleep(0.02)

    async def watch(self, seconds: float) -> None:
        end = now() + seconds
        await self.until(lambda: now() >= end, seconds + 1.0)

    async def shown_by(self, name: str) -> None:
        player = self.players[name]
        player.transport.begin()
        await self.until(lambda: self.source.host == name)
        before = len(self.got)
        player.transport.send_blob("m-eve", BLOB)
        await self.until(lambda: len(self.got) > before)
        assert self.got[-1] == (name, BLOB)

    async def close(self) -> None:
        await self.source.close()
        for player in self.players.values():
            await player.transport.close()


def test_the_lowest_player_is_asked_until_it_sends_and_then_no_more():
    async def main():
        eve = Eve()
        await eve.source.start()
        await eve.watch(3 * ASK_EVERY)
        ann = eve.players["ann"]
        assert len(ann.asked) >= 3 and all(said == {"match": 0} for said in ann.asked) and not eve.players["bob"].asked
        await eve.shown_by("ann")
        asked = len(ann.asked)
        await eve.watch(2 * PATIENCE)
        assert len(ann.asked) == asked and eve.source.host == "ann"
        eve.source.send("ann", b"\0\x1b want")
        eve.source.send("bob", b"\0\x1b nobody hears it")
        await eve.until(lambda: ann.got == [b"\0\x1b want"])
        await eve.close()

    run(main())


def test_who_does_not_answer_is_passed_over_and_asked_again_after_all_others():
    async def main():
        eve = Eve()
        await eve.source.start()
        await eve.until(lambda: eve.source.host == "ann")
        await eve.until(lambda: eve.source.host == "bob", 2 * PATIENCE)
        await eve.until(lambda: eve.source.host == "ann", 2 * PATIENCE)
        await eve.close()

    run(main())


def test_who_is_still_loading_is_not_asked():
    async def main():
        eve = Eve()
        eve.lobby.tell(member(0, "ann", loading=True), BOB, EVE)
        await eve.source.start()
        await eve.until(lambda: eve.source.host == "bob", ASK_EVERY)
        await eve.watch(2 * ASK_EVERY)
        assert eve.players["bob"].asked and not eve.players["ann"].asked
        await eve.close()

    run(main())


@pytest.mark.parametrize("goes", ["leaves the match", "is killed", "lets us go"])
def test_another_player_takes_over_where_the_host_goes(goes):
    async def main():
        eve = Eve()
        await eve.source.start()
        await eve.shown_by("ann")
        if goes == "leaves the match":
            eve.source.host_left()
        elif goes == "is killed":
            eve.lobby.tell(member(0, "ann", connected=False), BOB, EVE)
        else:
            eve.players["ann"].transport.remove("m-eve", "too many")
        await eve.shown_by("bob")
        await eve.close()

    run(main())


def test_a_lobby_that_is_away_changes_nothing_as_long_as_the_host_sends():
    async def main():
        eve = Eve()
        await eve.source.start()
        await eve.shown_by("ann")
        eve.lobby.tell(EVE, connected=False)
        await eve.watch(2 * PATIENCE)
        eve.lobby.lost = "the lobby was away for too long"
        await eve.watch(PATIENCE)
        assert eve.source.host == "ann"
        await eve.close()

    run(main())


def test_a_refusal_and_a_lobby_that_is_gone_are_sentences():
    async def main():
        eve = Eve()
        await eve.source.start()
        await eve.watch(ASK_EVERY)
        for said in ({"refused": 7}, "refused", {"refused": "from somebody else"}):
            eve.lobby.on_signal("m-ann" if said != {"refused": "from somebody else"} else "m-bob", {WATCH: said})
        await eve.watch(ASK_EVERY)
        eve.lobby.on_signal("m-ann", {WATCH: {"refused": "32 spectators\x1b[2J watch already"}})
        with pytest.raises(NetworkError, match=r"ann does not show us the match directly: 32 .* already") as found:
            eve.source.look(now())
        assert "\x1b" not in str(found.value)
        await eve.close()
        other = Eve()
        await other.source.start()
        other.lobby.lost = "there is no way back"
        with pytest.raises(NetworkError, match="there is no way back"):
            other.source.look(now())
        await other.close()

    run(main())


def test_an_empty_room_is_waited_in():
    async def main():
        eve = Eve()
        eve.lobby.tell(EVE)
        await eve.source.start()
        await eve.watch(2 * PATIENCE)
        assert eve.source.host == ""
        eve.lobby.tell(ANN, BOB, EVE)
        await eve.shown_by("ann")
        await eve.close()

    run(main())


def test_wrong_settings_are_said_before_anything_is_opened():
    lobby: Any = Hall("eve", ANN, EVE)
    with pytest.raises(UsageError, match="transport must be"):
        Direct(lobby, transport="pigeon")


def test_the_lobbys_feed_is_asked_for_and_let_go():
    async def main():
        lobby: Any = Hall("eve", ANN, EVE)
        source, got = ThroughLobby(lobby), []
        source.on_blob = lambda host, blob: got.append((host, blob))
        await source.start()
        assert lobby.watched == [True]
        lobby.on_feed(BLOB)
        source.send(THE_LOBBY, b"it takes no questions")
        source.host_left()
        source.look(0.0)
        assert got == [(THE_LOBBY, BLOB)] and lobby.fed == []
        lobby.lost = "the lobby was closed"
        with pytest.raises(NetworkError, match="the lobby was closed"):
            source.look(0.0)
        await source.close()
        assert lobby.watched == [True, False] and lobby.on_feed is None

    run(main())
