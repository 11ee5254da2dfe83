import asyncio
import signal
import sys
from dataclasses import replace

import pytest

from rollback.errors import NetworkError
from rollback.net import lobby as lobby_module
from rollback.net.lobby import Lobby
from signaling.refusals import Refusal
from signaling.serve import running

SOON = 10.0


async def until(fact):
    async with asyncio.timeout(SOON):
        while not fact():
            await asyncio.sleep(0.002)


def cut(lobby):
    """Break the connection as a dying router does it: without a word."""
    lobby._link._client.eio.ws._response.connection.transport.abort()


@pytest.fixture
async def server():
    async with running() as server:
        yield server


@pytest.fixture
async def pair(server):
    async with (
        await Lobby.enter(server.url, name="ann", players=2) as ann,
        await Lobby.enter(server.url, ann.room, "bob") as bob,
    ):
        await ann.wait_for_players(SOON)
        yield ann, bob


async def test_a_lost_member_comes_back_by_itself_as_the_same(pair):
    ann, bob = pair
    before, seen = bob.me, []
    ann.on_members = lambda: seen.append([member.connected for member in ann.members])
    for _ in range(3):
        cut(bob)
        await until(lambda: not bob.connected)
        assert not bob.relay("m1", b"")
        await until(lambda: bob.connected)
    assert bob.me == before
    await until(lambda: seen[-1] == [True, True])
    assert [True, False] in seen
    heard = []
    bob.on_signal = lambda sender, data: heard.append(data)
    await ann.signal("m2", {"after": "all"})
    await until(lambda: heard)


async def test_coming_back_needs_no_open_door(pair):
    ann, bob = pair
    await ann.lock()
    cut(bob)
    await until(lambda: not bob.connected)
    await until(lambda: bob.connected and all(member.connected for member in ann.members))


async def test_a_signal_waits_for_the_connection_to_come_back(pair):
    ann, bob = pair
    heard = []
    ann.on_signal = lambda sender, data: heard.append(data)
    cut(bob)
    await until(lambda: not bob.connected)
    await bob.signal("m1", {"n": 1})
    await until(lambda: heard == [{"n": 1}])


async def test_waiting_for_players_survives_a_lost_connection(server):
    async with await Lobby.enter(server.url, players=2) as ann:
        waiting = asyncio.create_task(ann.wait_for_players(SOON))
        await asyncio.sleep(0)
        cut(ann)
        await until(lambda: not ann.connected)
        async with await Lobby.enter(server.url, ann.room):
            await waiting
            assert ann.connected


async def test_another_process_goes_on_with_the_resume_token_and_the_old_one_gives_way(pair, server):
    ann, bob = pair
    async with await Lobby.enter(server.url, ann.room, resume=bob.resume) as heir:
        assert heir.me == replace(bob.me, life=2)
        await until(lambda: not bob.connected)
        await asyncio.sleep(0.2)  # long enough for attempts to come back
        assert not bob.connected and heir.connected
        with pytest.raises(NetworkError, match="you came back from another connection"):
            await bob.signal("m1", {})
        heard = []
        heir.on_relay = lambda sender, data: heard.append(data)
        assert ann.relay("m2", b"for the heir")
        await until(lambda: heard == [b"for the heir"])


async def test_a_wrong_resume_token_is_refused(pair, server):
    with pytest.raises(NetworkError, match="does not belong to this room"):
        await Lobby.enter(server.url, pair[0].room, resume=pair[1].resume[:-1] + "!")


async def test_when_the_server_is_gone_the_lobby_stays_quiet_and_everything_still_returns(monkeypatch):
    monkeypatch.setattr(lobby_module, "ANSWER_WITHIN", 0.3)
    async with running() as server:
        ann = await Lobby.enter(server.url, players=2)
    await until(lambda: not ann.connected)
    assert not ann.relay("m2", b"")
    assert ann.me.name == "player"  # what was known is still known
    with pytest.raises(NetworkError, match=r"did not answer within 0\.3 s"):
        await ann.signal("m2", {})
    await ann.close()
    with pytest.raises(NetworkError, match="was closed"):
        await ann.wait_for_players()


async def test_a_lobby_whose_room_is_gone_after_a_restart_stays_away():
    async with running() as server:
        ann = await Lobby.enter(server.url, players=2)
        port = server.port
    await until(lambda: not ann.connected)
    async with running(port=port) as server:
        await until(lambda: ann._over)
        assert not ann.connected and len(server.rooms) == 0
        with pytest.raises(NetworkError, match=f"there is no way back into room {ann.room}: there is no room"):
            await ann.wait_for_players()
    await ann.close()


async def test_attempts_to_come_back_end_after_a_while(monkeypatch):
    monkeypatch.setattr(lobby_module, "COME_BACK_FOR", 0.2)
    async with running() as server:
        ann = await Lobby.enter(server.url, players=2)
    await until(lambda: ann._over)
    assert "was away for too long" in ann._over
    assert ann._returning.done() or not ann.connected
    await ann.close()


async def test_a_lobby_that_is_too_busy_is_asked_again(pair, server, monkeypatch):
    attempts = []

    def busy_twice(visitor, *, now):
        attempts.append(now)
        if len(attempts) <= 2:
            raise Refusal("busy", "too many joins")

    monkeypatch.setattr(server.app.desk.visitors, "spend_join", busy_twice)
    _, bob = pair
    cut(bob)
    await until(lambda: len(attempts) == 3 and bob.connected)
    assert bob.me.seat == 1


LEAVES_ON_INTERRUPT = """
import asyncio, sys
from rollback.net.lobby import Lobby

async def main():
    asyncio.get_running_loop().slow_callback_duration = 60  # a busy machine is nothing to be complained about
    async with await Lobby.enter(sys.argv[1], sys.argv[2], "bob") as lobby:
        print("here", flush=True)
        await lobby.wait_for_players()

try:
    asyncio.run(main())
except KeyboardInterrupt:
    print("left")
"""


async def test_an_interrupt_leaves_cleanly_and_the_others_know_at_once(server):
    async with await Lobby.enter(server.url, name="ann", players=3) as ann:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-X", "dev", "-W", "error", "-c", LEAVES_ON_INTERRUPT, server.url, ann.room),
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        try:
            async with asyncio.timeout(3 * SOON):
                assert await process.stdout.readline() == b"here\n"
                while len(ann.members) < 2:  # it may know of itself before the others are told
                    await asyncio.sleep(0.01)
                assert [member.name for member in ann.members] == ["ann", "bob"]
                process.send_signal(signal.SIGINT)
                said, complaints = await process.communicate()
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()
        assert (said, complaints, process.returncode) == (b"left\n", b"", 0)
        await until(lambda: [member.name for member in ann.members] == ["ann"])


async def test_closing_in_the_middle_of_coming_back_is_quick_and_final(pair):
    _, bob = pair
    cut(bob)
    await until(lambda: not bob.connected)
    await asyncio.wait_for(bob.close(), 2.0)
    await asyncio.sleep(0.15)
    assert not bob.connected and bob._returning.done()
