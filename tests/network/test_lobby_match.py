"""What a room is for its match: votes, members that come back, the next match."""

import asyncio
import contextlib

import pytest

from rollback.errors import NetworkError, UsageError
from rollback.net.lobby import Lobby
from rollback.net.lobby_link import LobbyRefusal
from signaling.limits import Limits
from signaling.serve import running

SOON = 20.0


async def until(fact):
    async with asyncio.timeout(SOON):
        while not fact():
            await asyncio.sleep(0.005)


@pytest.fixture
async def server():
    async with running(limits=Limits(vote_wait=0.05)) as server:
        yield server


@contextlib.asynccontextmanager
async def room_of(server, *names):
    async with contextlib.AsyncExitStack() as stack:
        lobbies = [await stack.enter_async_context(await Lobby.enter(server.url, name=names[0], players=len(names)))]
        for name in names[1:]:
            lobbies.append(await stack.enter_async_context(await Lobby.enter(server.url, lobbies[0].room, name)))
        await lobbies[0].wait_for_players(SOON)
        await lobbies[0].lock()
        yield lobbies


def cut(lobby):
    lobby._link._client.eio.ws._response.connection.transport.abort()


async def test_both_halves_of_a_match_hear_the_same_verdict(server):
    async with room_of(server, *"abcd") as lobbies:
        told = await asyncio.gather(*(each.vote(1, 0b0011 if seat < 2 else 0b1100) for seat, each in enumerate(lobbies)))
        assert told == [0b0011] * 4
        assert await lobbies[3].vote(1, 0b1100) == 0b0011
        assert await lobbies[3].vote(2, 0b1100) == 0b1100


async def test_a_vote_survives_a_lost_connection(server):
    async with room_of(server, *"ab") as (ann, bob):
        asking = asyncio.create_task(bob.vote(1, 0b10))
        await asyncio.sleep(0)
        cut(bob)
        assert await asking == 0b10 == await ann.vote(1, 0b01)


@pytest.mark.parametrize(("epoch", "roster"), [(0, 1), (True, 1), ("1", 1), (1, 0), (1, 1 << 16), (1, {0, 1}), (1, None)])
async def test_a_vote_that_cannot_be_meant_is_a_mistake_of_the_caller(server, epoch, roster):
    async with room_of(server, "ann") as (ann,):
        with pytest.raises(UsageError, match=r"(epoch|roster) must be"):
            await ann.vote(epoch, roster)


async def test_a_half_without_the_asker_is_refused(server):
    async with room_of(server, *"ab") as (ann, _):
        with pytest.raises(LobbyRefusal, match="the roster you ask for leaves it out"):
            await ann.vote(1, 0b10)


async def test_a_lost_connection_is_told_from_a_new_process(server):
    async with room_of(server, *"ab") as (ann, bob):
        returned = []
        ann.on_member_returned = lambda member, fresh: returned.append((member.name, fresh, member.life))
        cut(bob)
        await until(lambda: returned)
        async with await Lobby.enter(server.url, ann.room, resume=bob.resume):
            await until(lambda: len(returned) == 2)
        assert returned == [("b", False, 1), ("b", True, 2)]


async def test_the_same_room_plays_again_with_everybody_still_there_and_still_locked(server):
    async with room_of(server, *"abc") as lobbies:
        begun = []
        for lobby in lobbies:
            lobby.on_match = begun.append
        for match in (1, 2):
            assert await asyncio.gather(*(lobby.rematch(SOON) for lobby in lobbies)) == [match] * 3
            await until(lambda match=match: begun.count(match) == 3)
        assert all(lobby.locked and lobby.match == 2 for lobby in lobbies)
        await lobbies[0].unlock()
        await until(lambda: not lobbies[1].locked)


async def test_a_member_that_declines_or_leaves_ends_the_wait_of_the_others(server):
    async with room_of(server, "ann", "bob", "cay") as (ann, bob, cay):
        waiting = asyncio.create_task(ann.rematch(SOON))
        await until(lambda: cay.members[0].again)
        await bob.decline()
        with pytest.raises(NetworkError, match="bob does not want another match"):
            await waiting
        await bob.ready(1)
        waiting = asyncio.create_task(ann.rematch(SOON))
        await until(lambda: ann.members[1].again)
        await asyncio.sleep(0.05)
        await cay.close()
        with contextlib.suppress(NetworkError):  # or the two who are left begin at once
            assert await waiting == 1
        await until(lambda: ann.match == bob.match == 1)


async def test_who_does_not_answer_is_named(server):
    async with room_of(server, "ann", "bob") as (ann, _):
        with pytest.raises(NetworkError, match=r"bob did not ask for another match within 0\.1 s"):
            await ann.rematch(0.1)


async def test_a_guest_comes_late_into_an_open_seat_of_a_locked_room(server):
    async with await Lobby.enter(server.url, name="ann", players=3) as ann:
        await ann.lock()
        async with await Lobby.enter(server.url, ann.room, "bob", token=ann.invite) as bob:
            assert bob.me.seat == 1
        async with await Lobby.enter(server.url, ann.room, "eve", spectate=True) as eve:
            assert eve.me.seat is None


async def test_a_lobby_without_spectators_says_so():
    async with running(limits=Limits(spectators=0)) as server, await Lobby.enter(server.url, players=2) as ann:
        with pytest.raises(LobbyRefusal, match="takes no spectators"):
            await Lobby.enter(server.url, ann.room, spectate=True)
