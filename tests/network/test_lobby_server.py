import asyncio
import contextlib
import json
import logging
import socket

import aiohttp
import pytest
import socketio
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from rollback.errors import NetworkError
from rollback.net.lobby import Lobby
from signaling.limits import Limits, Rate
from signaling.serve import _listen, running

SOON = 10.0
SOCKET_IO = "/socket.io/?EIO=4&transport=websocket"


async def until(fact):
    async with asyncio.timeout(SOON):
        while not fact():
            await asyncio.sleep(0.002)


@pytest.fixture
async def server():
    async with running() as server:
        yield server


@pytest.fixture
async def http():
    async with aiohttp.ClientSession() as session:
        yield session


async def raw(http, server, **options):
    """Return a bare WebSocket that said hello as Socket.IO wants it."""
    ws = await http.ws_connect(server.url + SOCKET_IO, **options)
    assert (await ws.receive_str()).startswith("0{")
    await ws.send_str("40")
    assert (await ws.receive_str()).startswith("40{")
    return ws


async def ended(ws):
    async with asyncio.timeout(SOON):
        while (await ws.receive()).type not in (
            aiohttp.WSMsgType.CLOSE,
            aiohttp.WSMsgType.CLOSED,
            aiohttp.WSMsgType.ERROR,
        ):
            pass
    await ws.close()
    return True


async def test_the_health_check_counts(server, http):
    async with await Lobby.enter(server.url, players=2) as ann, await Lobby.enter(server.url, ann.room):
        async with http.get(f"{server.url}/healthz") as answer:
            assert answer.status == 200
            assert await answer.json() == {"status": "ok", "rooms": 1, "members": 2}
            assert answer.headers["cache-control"] == "no-store"


async def test_the_page_says_what_this_is_and_is_safe(server, http):
    async with http.get(server.url) as answer:
        assert "rollback lobby" in await answer.text()
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["x-frame-options"] == "DENY"
        assert "default-src 'self'" in answer.headers["content-security-policy"]
        assert answer.headers["referrer-policy"] == "no-referrer"
        assert "server" not in answer.headers


async def test_a_web_client_takes_the_place_of_the_page(http):
    pages = [Route("/", lambda request: PlainTextResponse("client", headers={"referrer-policy": "origin"}))]
    async with running(pages=pages) as server, http.get(server.url) as answer:
        assert await answer.text() == "client"
        assert answer.headers["referrer-policy"] == "origin"  # a page that knows better may


@pytest.mark.parametrize("method", ["get", "post", "options"])
async def test_polling_is_not_spoken(server, http, method):
    async with getattr(http, method)(f"{server.url}/socket.io/?EIO=4&transport=polling") as answer:
        assert answer.status == 400
        assert "WebSocket only" in await answer.text()


async def test_pages_of_other_sites_cannot_connect_and_the_own_one_can(server, http):
    with pytest.raises(aiohttp.WSServerHandshakeError) as caught:
        await http.ws_connect(server.url + SOCKET_IO, headers={"origin": "http://evil.example"})
    assert caught.value.status == 403
    async with await raw(http, server, headers={"origin": server.url}):
        pass
    async with running(origins=["http://friend.example"]) as friendly:
        for origin in ("http://friend.example", friendly.url):
            async with await raw(http, friendly, headers={"origin": origin}):
                pass
        with pytest.raises(aiohttp.WSServerHandshakeError):
            await http.ws_connect(friendly.url + SOCKET_IO, headers={"origin": "http://evil.example"})


async def test_a_page_behind_a_proxy_that_speaks_tls_can_connect_and_counts_as_who_opened_it(http):
    forwarded = {"host": "lobby.example.org", "x-forwarded-proto": "https", "x-forwarded-for": "192.0.2.7"}
    for proxies, address in (([], "127.0.0.1"), (["127.0.0.1/32"], "192.0.2.7")):
        async with running(proxies=proxies) as server:
            async with await raw(http, server, headers=forwarded | {"origin": "https://lobby.example.org"}):
                assert [link.address for link in server.app._links.values()] == [address]
            with pytest.raises(aiohttp.WSServerHandshakeError):
                await http.ws_connect(server.url + SOCKET_IO, headers=forwarded | {"origin": "https://evil.example"})


async def test_messages_are_not_compressed(server, http):
    ws = await raw(http, server, compress=15)
    assert not ws.compress
    await ws.close()


async def test_a_connection_that_enters_no_room_is_ended(http):
    async with running(limits=Limits(join_within=1.0), sweep_every=0.02) as server:
        ws = await raw(http, server)
        silent = await http.ws_connect(server.url + SOCKET_IO)
        assert await ended(ws) and await ended(silent)
        await until(lambda: len(server.app.desk.visitors) == 0)
        async with await Lobby.enter(server.url, players=1) as ann:
            await asyncio.sleep(1.2)
            assert ann.connected


async def test_a_half_open_client_is_ended_by_its_silence(http):
    async with running(ping_interval=0.1, ping_timeout=0.2) as server:
        ws = await raw(http, server)
        await ws.send_str('421["create",{"players":2,"name":"ann"}]')
        async with asyncio.timeout(SOON):
            while not (await ws.receive_str()).startswith('431[{"ok":true'):
                pass
        await until(lambda: server.rooms.members == 0)  # it answers no ping
        assert [member.connection for room in server.rooms for member in room.members.values()] == [None]
        await ws.close()


async def test_empty_rooms_go_after_their_grace():
    async with running(limits=Limits(empty_grace=0.1), sweep_every=0.02) as server:
        async with await Lobby.enter(server.url, players=1):
            await asyncio.sleep(0.2)
            assert len(server.rooms) == 1
        await until(lambda: len(server.rooms) == 0)


async def test_a_connection_that_asks_for_nothing_is_ended():
    async with running(limits=Limits(join_within=0.2)) as server:
        silent, quiet = await asyncio.open_connection("127.0.0.1", server.port)
        slow, writer = await asyncio.open_connection("127.0.0.1", server.port)
        writer.write(b"GET / HTTP/1.1\r\nhost: x\r\n")
        async with asyncio.timeout(SOON):
            for reader in (silent, slow):
                with contextlib.suppress(ConnectionResetError):
                    assert await reader.read() == b""
        writer.close()
        quiet.close()


async def test_a_connection_that_asks_once_and_then_never_ends_its_second_request_is_ended():
    async with running(limits=Limits(join_within=0.2)) as server:
        reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
        writer.write(b"GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n")
        assert (await reader.readuntil(b"}")).startswith(b"HTTP/1.1 200")
        writer.write(b"GET /healthz HTTP/1.1\r\nhost: ")
        async with asyncio.timeout(SOON):
            with contextlib.suppress(ConnectionResetError):
                assert await reader.read() == b""
        writer.close()


async def test_no_datagram_waits_for_the_acknowledgement_of_the_one_before():
    listening, options = await _listen("127.0.0.1", 0), []

    def accepted(reader, writer):
        options.append(writer.get_extra_info("socket").getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY))
        writer.close()

    async with await asyncio.start_server(accepted, sock=listening):
        reader, writer = await asyncio.open_connection(*listening.getsockname())
        assert await reader.read() == b""
        writer.close()
    assert options[0]


@pytest.mark.parametrize(
    "frame",
    [
        "",
        "hello",
        "2probe",
        "40/admin,",
        '42["disconnect","x"]',
        '42["connect",{"asgi.scope":{}}]',
        '451-["relay",{"data":{"_placeholder":true,"num":9}}]',
        '42["join",' + "[" * 20_000 + "]" * 20_000 + "]",
        '42["join",{"name":"' + "x" * 70_000 + '"}]',
        b"out of the blue",
    ],
)
async def test_a_client_that_breaks_the_protocol_is_ended_and_leaves_nothing(server, http, caplog, frame):
    async with await Lobby.enter(server.url, players=2) as ann:
        ws = await raw(http, server)
        await (ws.send_bytes if isinstance(frame, bytes) else ws.send_str)(frame)
        assert await ended(ws)
        await until(lambda: len(server.app._links) == 1)
        assert ann.connected and server.rooms.members == 1
    assert not [record for record in caplog.records if record.levelno >= logging.ERROR]


async def test_a_session_id_of_somebody_else_is_worth_nothing(server, http):
    ws = await http.ws_connect(server.url + SOCKET_IO)
    sid = json.loads((await ws.receive_str())[1:])["sid"]
    with pytest.raises(aiohttp.WSServerHandshakeError):
        await http.ws_connect(f"{server.url}{SOCKET_IO}&sid={sid}")
    url = f"{server.url}/socket.io/?EIO=4&transport=websocket&sid={sid}"
    async with aiohttp.ClientSession() as fresh, fresh.post(url, data=b"41") as answer:
        assert answer.status == 400
    assert not ws.closed and len(server.app._links) == 1
    await ws.close()


async def test_a_receiver_that_reads_nothing_neither_slows_the_others_nor_fills_the_memory(server, http, caplog):
    limits = Limits(relays_per_peer=Rate(1e6, 1e6), frames=Rate(1e6, 1e6), outbox=32)
    async with running(limits=limits) as server, await Lobby.enter(server.url, name="ann", players=3) as ann:
        deaf = await raw(http, server)
        await deaf.send_str(f'421["join",{{"room":"{ann.room}"}}]')
        async with await Lobby.enter(server.url, ann.room) as bob:
            await ann.wait_for_players(SOON)
            deaf._response.connection.transport.pause_reading()
            heard = []
            bob.on_relay = lambda sender, data: heard.append(data)
            sent = 0
            async with asyncio.timeout(SOON * 3):
                while server.app.desk.dropped["slow_receiver"] == 0:
                    sent += ann.relay("m2", bytes(16 * 1024))
                    await asyncio.sleep(0)
            assert sent > 32
            assert ann.relay("m3", b"still quick")
            await until(lambda: heard == [b"still quick"])
            await until(lambda: any(record.name == "signaling.relay" for record in caplog.records))
            dropped = server.app.desk.dropped["slow_receiver"]
            deaf._response.connection.transport.resume_reading()
            told = await dropped_of(deaf)
            assert sum(told) == dropped and len(told) <= 3, "once a second, and all of them"
        (record,) = [record for record in caplog.records if record.name == "signaling.relay"]
        assert record.levelname == "WARNING" and "for 1 member whose line takes too little" in record.getMessage()
        deaf._response.connection.transport.abort()
        await deaf.close()


async def dropped_of(ws):
    """Return the counts that a connection was told, once there is one."""
    counts = []
    async with asyncio.timeout(SOON * 3):
        while not counts:
            text = await ws.receive()
            if text.type is aiohttp.WSMsgType.TEXT and text.data.startswith('42["dropped"'):
                counts.append(json.loads(text.data[2:])[1]["count"])
    return counts


JUNK = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**60), 2**60) | st.text(max_size=20) | st.binary(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
FIELDS = st.dictionaries(
    st.sampled_from(["room", "name", "players", "game", "token", "resume", "spectate", "to", "data"]),
    JUNK | st.sampled_from(["x" * 10_000, "m1", "m2", "/", [[[[]]]], 17]),
    max_size=5,
)


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    calls=st.lists(
        st.tuples(st.sampled_from(["create", "join", "signal", "relay", "lock", "leave", "nonsense"]), FIELDS),
        max_size=8,
    )
)
async def test_whatever_a_real_client_sends_the_server_goes_on(http, calls):
    patient = Limits(joins=Rate(1e6, 1e6), requests=Rate(1e6, 1e6))
    async with running(limits=patient) as server, await Lobby.enter(server.url, name="ann", players=2) as ann:
        intruder = socketio.AsyncClient(reconnection=False, handle_sigint=False)
        await intruder.connect(server.url, transports=["websocket"])
        for event, fields in calls:
            if intruder.connected:
                await intruder.emit(event, fields)
        await asyncio.sleep(0.005)
        async with await Lobby.enter(server.url, ann.room):
            assert ann.connected
        await intruder.disconnect()


async def test_nothing_a_client_sends_is_logged_as_an_error(server, http, caplog):
    ws = await raw(http, server)
    for event in ("create", "join", "signal", "relay", "lock", "leave", "invite"):
        for arguments in (
            "",
            ",null",
            ",1,2,3",
            ',"x"',
            ",[]",
            ',{"to":{},"data":[],"room":{},"name":[],"players":{}}',
        ):
            number = 8 if event == "relay" else 7  # datagrams get no answer, at most an empty one
            await ws.send_str(f'42{number}["{event}"{arguments}]')
            if number == 7:
                async with asyncio.timeout(SOON):
                    while not (told := await ws.receive_str()).startswith("437"):
                        pass
                assert '"ok":' in told
    await ws.close()
    assert not [record for record in caplog.records if record.levelno >= logging.ERROR]


async def test_stopping_leaves_no_task_and_no_connection_behind():
    before = asyncio.all_tasks()
    async with running() as server:
        lobbies = [await Lobby.enter(server.url, players=1) for _ in range(3)]
        assert len(asyncio.all_tasks()) > len(before)
    assert not server.app._tasks and not server.app._links
    for lobby in lobbies:
        await lobby.close()
    await until(lambda: asyncio.all_tasks() == before)
    with pytest.raises(ConnectionRefusedError):
        await asyncio.open_connection("127.0.0.1", server.port)


async def test_stopping_does_not_wait_for_who_reads_nothing(http):
    async with running() as server:
        ws = await raw(http, server)
        ws._response.connection.transport.pause_reading()
        began = asyncio.get_running_loop().time()
    assert asyncio.get_running_loop().time() - began < SOON
    ws._response.connection.transport.abort()
    await ws.close()


async def test_an_error_in_the_block_stops_the_server_and_goes_on():
    with pytest.raises(ZeroDivisionError):
        async with running() as server:
            raise ZeroDivisionError
    with pytest.raises(ConnectionRefusedError):
        await asyncio.open_connection("127.0.0.1", server.port)


async def test_the_same_port_can_be_used_again_at_once():
    async with running() as server, await Lobby.enter(server.url, players=1):
        port = server.port
    async with running(port=port) as again:
        assert again.port == port


async def test_a_port_in_use_is_named():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(NetworkError, match=f"port {port} on 127.0.0.1 is in use already: choose another one, or 0"):
            async with running(port=port):
                pass


@pytest.mark.parametrize(
    ("where", "words"),
    [
        ({"port": -1}, "port must be a whole number from 0"),
        ({"port": 70_000}, "not 70000"),
        ({"port": "80"}, "not '80'"),
        ({"host": "192.0.2.1"}, "this machine has no such address; 127.0.0.1 is always there"),
        ({"host": "a" * 100}, "no such address; 127.0.0.1 is this machine only"),
    ],
)
async def test_where_one_cannot_listen_a_sentence_says_so(where, words):
    with pytest.raises(NetworkError, match=words):
        async with running(**where):
            pass


async def test_signals_to_the_process_stay_the_callers():
    import signal

    before = signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)
    async with running() as server, await Lobby.enter(server.url, players=1):
        assert (signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)) == before
