import asyncio
import contextlib

import pytest
import socketio
import uvicorn

from rollback.errors import NetworkError
from rollback.net.lobby import Lobby
from rollback.net.lobby_link import LobbyLink, LobbyRefusal
from signaling.serve import running

SOON = 10.0
WELCOME = {
    "ok": True,
    "room": "K7QW-3MZP",
    "me": {"id": "m1", "name": "ann", "seat": 0, "connected": True},
    "members": [{"id": "m1", "name": "ann", "seat": 0, "connected": True}],
    "invite": "i",
    "resume": "r",
    "players": 1,
    "game": "",
    "locked": False,
}


async def until(fact):
    async with asyncio.timeout(SOON):
        while not fact():
            await asyncio.sleep(0.002)


class _Quiet(uvicorn.Server):
    @contextlib.contextmanager
    def capture_signals(self):
        yield


@contextlib.asynccontextmanager
async def pretender(answer, *, then=None):
    """Run a Socket.IO server that is no lobby: to everything it does `then(server, sid)` and says `answer`."""
    sio = socketio.AsyncServer(async_mode="asgi", transports=["websocket"], async_handlers=False, ping_interval=60)

    async def happened(event, sid, *arguments):
        if then is not None:
            await then(sio, sid)
        return answer

    sio.on("*", happened)
    config = uvicorn.Config(socketio.ASGIApp(sio), port=0, ws="wsproto", lifespan="off", log_config=None, log_level="critical")
    server = _Quiet(config)
    serving = asyncio.create_task(server.serve())
    try:
        await until(lambda: server.started)
        yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    finally:
        server.should_exit = True
        await serving
        await sio.shutdown()


async def opened(url, events=None, losses=None):
    return await LobbyLink.open(
        url,
        on_event=lambda *what: events.append(what) if events is not None else None,
        on_lost=lambda: losses.append("lost") if losses is not None else None,
        timeout=SOON,
    )


@pytest.mark.parametrize(
    "answer",
    [
        None,
        "hello",
        [],
        {},
        {"ok": False},
        {"ok": "yes"},
        {"ok": False, "error": 7},
        {"ok": True},
        {**WELCOME, "me": None},
        {**WELCOME, "members": 5},
        {**WELCOME, "members": [{}]},
    ],
)
async def test_answers_that_are_none_of_a_lobby_are_said_to_be_so(answer):
    async with pretender(answer) as url:
        with pytest.raises(NetworkError, match="answers, but not as a lobby does: is it another kind of server"):
            await Lobby.enter(url, players=2)


async def test_news_that_are_none_of_a_lobby_are_passed_over():
    async def confuse(sio, sid):
        for news in (
            None,
            5,
            [],
            {},
            {"members": 5},
            {"members": [1]},
            {"members": [{"id": 1}]},
            {**WELCOME, "members": {}},
        ):
            await sio.emit("members", news, to=sid)
        for news in (None, "x", {}, {"from": 1, "data": {}}, {"from": "m2"}, {"from": "m2", "data": 7}):
            await sio.emit("signal", news, to=sid)
            await sio.emit("relay", news, to=sid)
            await sio.emit("closed", news, to=sid)
        for event in ("resume", "verdict", "feed", "refused"):
            for news in (None, 5, [], {}, {event: 7}, {"data": "text"}, {"match": "0", "epoch": [], "roster": {}}):
                await sio.emit(event, news, to=sid)
        await sio.emit("verdict", {"match": 0, "epoch": 1, "roster": 1}, to=sid)  # nobody asked
        await sio.emit("something else", {"from": "m2"}, to=sid)
        await sio.emit("signal", {"from": "m2", "data": {"proper": True}}, to=sid)

    async with pretender(WELCOME, then=confuse) as url, await Lobby.enter(url, players=1) as ann:
        heard = []
        ann.on_signal = lambda *what: heard.append(what)
        ann.on_relay = lambda *what: heard.append(what)
        await until(lambda: heard)
        assert heard == [("m2", {"proper": True})] and ann.resume == "r" and not ann._verdicts
        assert ann.connected and ann.me.name == "ann"


async def test_a_connection_lost_in_the_middle_of_a_question_answers_it():
    async def hang_up(sio, sid):
        await sio.disconnect(sid)

    async with pretender(WELCOME, then=hang_up) as url:
        with pytest.raises(NetworkError, match=f"the connection to the lobby at {url} is lost"):
            await asyncio.wait_for(Lobby.enter(url, players=1), SOON)


async def test_a_link_says_once_that_it_was_lost_and_takes_nothing_more():
    losses = []
    async with running() as server:
        link = await opened(server.url, losses=losses)
        assert link.is_open and (await link.ask("create", {"players": 2}))["players"] == 2
    await until(lambda: losses)
    assert not link.is_open and not link.relay("m2", b"")
    with pytest.raises(NetworkError, match="is lost"):
        await link.ask("lock")
    await link.close()
    await link.close()
    assert losses == ["lost"]


async def test_a_link_that_is_closed_on_purpose_does_not_call_it_a_loss():
    losses = []
    async with running() as server:
        link = await opened(server.url, losses=losses)
        await link.close()
        await until(lambda: not server.app._links)
    assert losses == []


@pytest.mark.parametrize(
    ("event", "fields", "code", "words"),
    [
        ("lock", {}, "no_room", "you are in no room"),
        ("join", {"room": "0000-0000"}, "unknown_room", "there is no room 0000-0000"),
        ("join", {"name": 5}, "malformed", "name must be a string"),
        ("create", {"players": 17}, "malformed", "players must be a whole number from 1 to 16, not 17"),
    ],
)
async def test_refusals_carry_their_word(event, fields, code, words):
    async with running() as server:
        link = await opened(server.url)
        try:
            with pytest.raises(LobbyRefusal, match=words) as caught:
                await link.ask(event, fields)
            assert caught.value.code == code
        finally:
            await link.close()


async def test_four_peers_relay_sixty_frames_a_second_to_each_other_and_nothing_is_lost_or_overtaken():
    async with contextlib.AsyncExitStack() as stack:
        server = await stack.enter_async_context(running())
        first = await stack.enter_async_context(await Lobby.enter(server.url, players=4))
        peers = [first] + [await stack.enter_async_context(await Lobby.enter(server.url, first.room)) for _ in range(3)]
        await asyncio.gather(*(peer.wait_for_players(SOON) for peer in peers))
        heard = {(a.me.id, b.me.id): [] for a in peers for b in peers if a is not b}
        for peer in peers:
            peer.on_relay = lambda sender, data, me=peer.me.id: heard[sender, me].append(int.from_bytes(data))
        sent = dict.fromkeys(heard, 0)
        for _frame in range(60):
            for peer in peers:
                for other in peer.reachable:
                    sent[peer.me.id, other] += peer.relay(other, sent[peer.me.id, other].to_bytes(2))
            await asyncio.sleep(1 / 60)
        await until(lambda: all(len(heard[pair]) == sent[pair] for pair in heard))
        assert all(heard[pair] == list(range(sent[pair])) for pair in heard)
        assert min(sent.values()) > 20  # on a machine that is busy some frames find their queue full
        assert server.app.desk.dropped == {}
