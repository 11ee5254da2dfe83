"""A lobby that is killed in the middle of a match and started again on the same port."""

import asyncio
import contextlib

import pytest

from rollback.errors import NetworkError, UsageError
from rollback.net.lobby import Lobby
from rollback.net.lobby_link import LobbyRefusal
from rollback.net.lobby_tokens import find_token
from rollback.netplay.joining import join
from signaling.limits import Limits
from signaling.serve import running

SOON = 20.0
SECRET = b"s" * 32


async def until(fact):
    async with asyncio.timeout(SOON):
        while not fact():
            await asyncio.sleep(0.005)


@contextlib.asynccontextmanager
async def room_of(*names, port=0, **options):
    """Run a lobby with a room full of people, and leave all of them with a server that is gone."""
    async with contextlib.AsyncExitStack() as members:
        async with running(port=port, secret=SECRET, **options) as server:
            first = await members.enter_async_context(
                await Lobby.enter(server.url, name=names[0], players=len(names), game="Duel")
            )
            lobbies = [first]
            for name in names[1:]:
                lobbies.append(await members.enter_async_context(await Lobby.enter(server.url, first.room, name)))
            await first.wait_for_players(SOON)
            await first.lock()
            await until(lambda: all(lobby.locked for lobby in lobbies))
            port = server.port
        await until(lambda: not any(lobby.connected for lobby in lobbies))
        yield port, lobbies


async def test_after_a_restart_the_room_is_back_with_its_members_seats_names_and_lock():
    async with room_of("ann", "bob", "cay") as (port, lobbies):
        before = [lobby.me for lobby in lobbies]
        async with running(port=port, secret=SECRET) as server:
            await until(lambda: all(lobby.connected and lobby.present == 3 for lobby in lobbies))
            assert [lobby.me for lobby in lobbies] == before
            assert all((lobby.locked, lobby.players, lobby.game) == (True, 3, "Duel") for lobby in lobbies)
            assert len(server.rooms) == 1
            heard = []
            lobbies[2].on_signal = lambda sender, data: heard.append((sender, data))
            await lobbies[0].signal("m3", {"still": "here"})
            await until(lambda: heard == [("m1", {"still": "here"})])


async def test_the_same_processes_are_not_taken_for_new_ones_and_a_new_one_is():
    async with room_of("ann", "bob") as (port, (ann, bob)):
        returned = []
        ann.on_member_returned = lambda member, fresh: returned.append((member.name, fresh))
        async with running(port=port, secret=SECRET) as server:
            await until(lambda: ann.present == 2 and bob.connected)
            assert all(not fresh for _, fresh in returned)
            async with await Lobby.enter(server.url, ann.room, resume=bob.resume) as heir:
                assert (heir.me.id, heir.me.life) == ("m2", 2)
                await until(lambda: returned and returned[-1] == ("bob", True))


async def test_strangers_wait_outside_until_the_members_had_time_to_come_back():
    limits = Limits(coming_back=0.5)
    async with room_of("ann", "bob") as (port, (ann, bob)):
        await bob.close()
        async with running(port=port, secret=SECRET, limits=limits, sweep_every=0.02) as server:
            await until(lambda: ann.connected)
            with pytest.raises(LobbyRefusal, match="waits for its members, because the lobby was restarted") as caught:
                await Lobby.enter(server.url, ann.room, "eve", spectate=True)
            assert caught.value.code == "busy"
            await asyncio.sleep(0.6)
            async with await Lobby.enter(server.url, ann.room, "eve", spectate=True) as eve:
                assert eve.me.id not in ("m1", "m2", "m3")  # nobody gets the id of somebody who may still come


async def test_a_lobby_without_the_secret_takes_no_token_and_the_client_says_why():
    async with room_of("ann", "bob") as (port, (ann, _)), running(port=port) as server:
        await until(lambda: ann._over)
        with pytest.raises(NetworkError, match="was restarted without keeping its secret, and its rooms are lost"):
            await ann.wait_for_players()
        assert len(server.rooms) == 0


async def test_no_vote_is_given_in_a_match_whose_votes_were_forgotten_and_again_in_the_next():
    async with room_of("ann", "bob") as (port, (ann, bob)), running(port=port, secret=SECRET):
        await until(lambda: ann.present == 2 and bob.connected)
        with pytest.raises(LobbyRefusal, match="votes in no match whose votes it forgot"):
            await ann.vote(1, 1)
        assert await asyncio.gather(ann.rematch(SOON), bob.rematch(SOON)) == [1, 1]
        assert await ann.vote(1, 1) == 1


async def test_the_number_of_the_match_survives():
    async with room_of("ann", "bob") as (port, (ann, bob)):
        async with running(port=port, secret=SECRET) as server:
            await until(lambda: ann.present == 2 and bob.connected)
            await asyncio.gather(ann.rematch(SOON), bob.rematch(SOON))
            assert server.rooms.members == 2
        async with running(port=port, secret=SECRET):
            await until(lambda: ann.connected and bob.connected)
            assert (ann.match, bob.match) == (1, 1)


@pytest.fixture
def state(tmp_path, monkeypatch):
    monkeypatch.setenv("ROLLBACK_STATE_DIR", str(tmp_path))
    return tmp_path


async def test_a_token_is_kept_as_long_as_the_member_may_come_back_and_always_the_newest(state):
    async with running() as server, await Lobby.enter(server.url, name="ann", players=2) as ann:
        async with join(server.url, room=ann.room, name="bob", keep_token=True) as bob:
            assert find_token(ann.room).token == bob.resume
            before = bob.resume
            await ann.lock()
            await until(lambda: bob.resume != before)
            assert find_token(ann.room).token == bob.resume
            returned = []
            ann.on_member_returned = lambda member, fresh: returned.append((member.name, member.seat, fresh))
            async with join(server.url, room=ann.room, resume=True) as heir:
                assert heir.me.name == "bob"
                await until(lambda: returned == [("bob", 1, True)])
        assert find_token(ann.room) is None


async def test_where_no_token_is_kept_a_sentence_says_so_before_anything_is_sent(state):
    with pytest.raises(UsageError, match="no way back into room AAAA-AAAA as bob is kept on this machine"):
        async with join("http://127.0.0.1:9", room="AAAA-AAAA", name="bob", resume=True):
            pass
