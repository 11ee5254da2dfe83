"""The studio over real sockets: pages, scripts, and whoever should get nothing."""

import asyncio
import contextlib
import os
import socket

import aiohttp
import pytest
import socketio

from rollback.agents.checkpoints import Checkpoint
from rollback.errors import NetworkError, UsageError
from rollback.studio.limits import Limits, Rate
from rollback.studio.server import StudioApp
from rollback.studio.serving import check_host, running
from tests.studio import programs

SOON = 30.0
TOKEN = "a-token-that-nobody-guesses"
ROOMS = {"env": "gridworld?layout=rooms"}
SOCKET_IO = "/socket.io/?EIO=4&transport=websocket"


async def until(fact, within=SOON):
    async with asyncio.timeout(within):
        while not fact():
            await asyncio.sleep(0.005)


@pytest.fixture
async def studio(tmp_path):
    async with running(StudioApp(tmp_path, limits=Limits(starts=Rate(100, 100)))) as server:
        yield server


@pytest.fixture
async def http():
    async with aiohttp.ClientSession() as session:
        yield session


class Page:
    """What a page hears; it acknowledges as Socket.IO's clients do."""

    def __init__(self):
        self.client, self.heard = socketio.AsyncClient(reconnection=False), []
        self.client.on("*", lambda event, payload: self.heard.append((event, payload)))

    def of(self, event):
        return [payload for each, payload in self.heard if each == event]

    async def ask(self, command, **fields):
        return await self.client.call(command, fields, timeout=SOON)


@contextlib.asynccontextmanager
async def page_of(server, **options):
    page = Page()
    await page.client.connect(server.url, transports=["websocket"], **options)
    try:
        yield page
    finally:
        await page.client.disconnect()


@contextlib.asynccontextmanager
async def raw(http, server, **options):
    """Yield a bare WebSocket that said hello as Socket.IO wants it."""
    async with http.ws_connect(server.url + SOCKET_IO, **options) as ws:
        assert (await ws.receive_str()).startswith("0{")
        await ws.send_str("40")
        assert (await ws.receive_str()).startswith("40{")
        yield ws


async def test_a_page_starts_watches_and_stops_a_training(studio):
    async with page_of(studio) as page:
        await until(lambda: page.of("snapshot"))
        snapshot = page.of("snapshot")[0]
        assert snapshot["runs"] == [] and snapshot["curves"] == {} and snapshot["watching"] is None
        learners = {each["name"]: each for each in snapshot["algorithms"]}
        assert {"learning_rate", "discount", "epsilon"} <= {each["name"] for each in learners["q-learning"]["parameters"]}
        assert await page.ask("start", **ROOMS) == {"ok": True, "run": "gridworld-rooms-1", "state": "starting"}
        await until(lambda: len(page.of("update")) >= 10 and len(page.of("points")) >= 3)
        update = page.of("update")[-1]
        assert set(update) == {"run", "number", "episode", "step", "agent_pos", "epsilon", "picture"}
        assert update["picture"]["kind"] == "gridworld"
        numbers = [row[0] for payload in page.of("points") for row in payload["rows"]]
        assert numbers == list(range(1, len(numbers) + 1))
        assert (await page.ask("ping", at=7))["at"] == 7
        await until(lambda: page.of("pong"))
        assert (await page.ask("stop"))["state"] == "stopping"
        await until(lambda: page.of("status")[-1]["state"] == "stopped")
        refused = await page.ask("pause")
        assert refused["ok"] is False and refused["status"] == 409 and refused["reason"] == "running"
        await until(lambda: page.of("error"))
        assert page.of("error")[-1]["command"] == "pause"


async def test_a_page_that_comes_back_gets_one_snapshot_of_everything_and_goes_on(studio):
    async with page_of(studio) as page:
        await page.ask("start", **ROOMS)
        await until(lambda: page.of("points"))
    async with page_of(studio) as page:
        await until(lambda: len(page.of("points")) >= 3 and page.of("update"))
        assert len(page.of("snapshot")) == 1
        known = page.of("snapshot")[0]["curves"]["gridworld-rooms-1"]
        numbers = [row[0] for payload in page.of("points") for row in payload["rows"]]
        assert numbers == list(range(known["last"] + 1, known["last"] + 1 + len(numbers)))
        assert known["rows"][-1][0] == known["last"]


async def test_a_studio_that_is_started_again_lists_its_runs_as_stopped_and_they_go_on(tmp_path):
    async with running(StudioApp(tmp_path)) as server, page_of(server) as page:
        await page.ask("start", **ROOMS)
        await until(lambda: page.of("points"))
        stopping = server
    assert stopping.app.supervisor.shelf.current().state.value == "stopped"
    async with running(StudioApp(tmp_path)) as server, page_of(server) as page:
        await until(lambda: page.of("snapshot"))
        (run,) = page.of("snapshot")[0]["runs"]
        assert run["state"] == "stopped" and run["episode"] > 0
        assert (await page.ask("watch", run=run["run"]))["checkpoints"]
        await until(lambda: page.of("curve"))
        assert page.of("curve")[-1]["last"] == run["episode"]
        assert (await page.ask("start", run=run["run"]))["ok"]
        await until(lambda: page.of("points"))
        assert page.of("points")[0]["rows"][0][0] == run["episode"] + 1


async def test_the_same_over_http(studio, http):
    async with http.get(studio.url + "/api/status") as answer:
        assert await answer.json() == {"state": "idle", "run": None, "runs": []}
        assert answer.headers["cache-control"] == "no-store"
    async with http.post(studio.url + "/api/training/start", json=ROOMS | {"seed": 4}) as answer:
        assert answer.status == 200 and await answer.json() == {"ok": True, "run": "gridworld-rooms-1", "state": "starting"}
    async with http.post(studio.url + "/api/training/start", json=ROOMS | {"seed": 4}) as answer:
        assert answer.status == 409
    async with http.post(studio.url + "/api/training/start", json={"run": "gridworld-rooms-1"}) as answer:
        assert answer.status == 409 and "gridworld-rooms-1" in (await answer.json())["error"]
    run = studio.app.supervisor.shelf.find()
    await until(lambda: run.episode > 5)
    async with http.post(studio.url + "/api/training/stop") as answer:
        assert answer.status == 200 and (await answer.json())["state"] == "stopping"
    await until(lambda: run.state.value == "stopped")
    async with http.get(studio.url + "/api/status") as answer:
        told = await answer.json()
        assert told["state"] == "stopped" and told["runs"][0]["parameters"]["learning_rate"] == 0.5
    newest = run.folder.newest().name  # on a busy machine it has saved by itself before
    async with http.get(studio.url + f"/api/runs/{run.name}/checkpoints/{newest}.npz") as answer:
        assert answer.headers["content-disposition"] == f'attachment; filename="gridworld-rooms-1-{newest}.npz"'
        assert Checkpoint.load(await answer.read()).episode == run.episode
    async with http.post(studio.url + "/api/training/start", data=b"") as answer:  # all of it is optional
        assert answer.status == 200


WRONG = [
    ("post", "/api/training/start", {"data": b"{}", "headers": {"content-type": "text/plain"}}, 415),
    ("post", "/api/training/start", {"data": {"seed": "1"}}, 415),
    ("post", "/api/training/start", {"data": b"", "headers": {"content-type": "text/plain"}}, 415),
    ("post", "/api/training/start", {"data": b"{", "headers": {"content-type": "application/json"}}, 400),
    ("post", "/api/training/start", {"data": b"[1]", "headers": {"content-type": "application/json"}}, 400),
    ("post", "/api/training/start", {"data": b'{"seed":NaN}', "headers": {"content-type": "application/json"}}, 400),
    ("post", "/api/training/start", {"data": b"[" * 10_000, "headers": {"content-type": "application/json"}}, 400),
    ("post", "/api/training/start", {"data": b" " * 20_000, "headers": {"content-type": "application/json"}}, 413),
    ("post", "/api/training/start", {"json": {"learning_rate": 70}}, 400),
    ("post", "/api/training/start", {"json": {}, "headers": {"origin": "http://evil.example"}}, 403),
    ("post", "/api/training/start", {"json": {}, "headers": {"origin": "null"}}, 403),
    ("post", "/api/training/start", {"json": {}, "headers": {"host": "evil.example"}}, 403),
    ("post", "/api/training/start", {"json": {}, "headers": {"sec-fetch-site": "cross-site"}}, 403),
    ("get", "/api/status", {"headers": {"origin": "http://evil.example"}}, 403),
    ("get", "/api/status", {"headers": {"sec-fetch-site": "same-site"}}, 403),
    ("get", "/api/training/start", {}, 405),
    ("post", "/api/training/stop", {"json": {}}, 404),
    ("get", "/api/runs/none/checkpoints/best.npz", {}, 404),
    ("get", "/api/runs/..%2f..%2fetc/checkpoints/passwd", {}, 404),
    ("get", "/studio/..%2fserver.py", {}, 404),
    ("get", "/studio/server.py", {}, 404),
    ("get", "/socket.io/?EIO=4&transport=polling", {}, 400),
]


async def test_wrong_requests_are_refused_and_start_nothing(studio, http):
    for method, path, options, status in WRONG:
        async with http.request(method, studio.url + path, **options) as answer:
            assert answer.status == status, (path, options, await answer.text())
            assert answer.headers["x-content-type-options"] == "nosniff"
            assert "access-control-allow-origin" not in answer.headers
            if status != 405:
                assert "Traceback" not in await answer.text()
    assert studio.app.supervisor.shelf.newest_first() == []


async def test_a_page_of_another_origin_gets_no_connection(studio, http):
    for headers in (
        {"origin": "http://evil.example"},
        {"origin": "null"},
        {"host": "evil.example", "origin": "http://evil.example"},
    ):
        with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
            await http.ws_connect(studio.url + SOCKET_IO, headers=headers)
        assert refused.value.status == 403
    async with raw(http, studio, headers={"origin": studio.url}):
        pass


async def test_with_a_token_nothing_is_told_without_it(tmp_path, http):
    async with running(StudioApp(tmp_path, token=TOKEN)) as server:
        for headers in ({}, {"authorization": "Bearer wrong"}, {"authorization": TOKEN}):
            async with http.get(server.url + "/api/status", headers=headers) as answer:
                assert answer.status == 401 and "token" in (await answer.json())["error"]
            async with http.post(server.url + "/api/training/start", json={}, headers=headers) as answer:
                assert answer.status == 401
        async with http.get(server.url + "/api/status", headers={"authorization": f"Bearer {TOKEN}"}) as answer:
            assert answer.status == 200
        for auth in (None, {}, {"token": "wrong"}, {"token": [TOKEN]}):
            with pytest.raises(socketio.exceptions.ConnectionError):
                async with page_of(server, auth=auth):
                    pass
        async with http.ws_connect(server.url + SOCKET_IO) as ws:
            await ws.receive_str()
            await ws.send_str("40")
            assert (await ws.receive_str()).startswith('44{"message":"the studio needs its token')
        async with page_of(server, auth={"token": TOKEN}) as page:
            await until(lambda: page.of("snapshot"))


async def test_a_studio_without_a_token_is_served_to_this_machine_only(tmp_path):
    for host in ("0.0.0.0", "::", "192.0.2.1", "lab.example"):
        with pytest.raises(UsageError, match="give the studio a token, or serve it on"):
            async with running(StudioApp(tmp_path), host):
                pass
    for host in ("127.0.0.1", "127.8.8.8", "::1", "localhost"):
        check_host(host, has_token=False)
    check_host("0.0.0.0", has_token=True)


async def test_a_port_that_is_taken_is_told_in_a_sentence(studio, tmp_path):
    with pytest.raises(NetworkError, match="is in use already"):
        async with running(StudioApp(tmp_path), port=studio.port):
            pass


async def test_a_killed_training_is_told_as_crashed_with_its_last_lines(tmp_path):
    async with running(StudioApp(tmp_path, program=programs.crashing)) as server, page_of(server) as page:
        await page.ask("start", **ROOMS)
        await until(lambda: any(run["state"] == "crashed" for run in page.of("status")))
        (told,) = [run for run in page.of("status") if run["state"] == "crashed"]
        assert told["reason"] == "it ended with exit code 1: ZeroDivisionError: the agent divided by nothing"
        assert any("in crashing" in line for line in told["last_words"])
        assert any("crashed" in error["message"] for error in page.of("error"))


async def test_who_sends_too_much_too_often_or_no_message_is_cut_off_and_the_others_are_not(tmp_path, http):
    limits = Limits(commands=Rate(1, 5), patience=Rate(0.1, 10), messages=Rate(1, 40))
    async with running(StudioApp(tmp_path, limits=limits)) as server, page_of(server) as page:
        for message in ("42[", '42["disconnect"]', "x", '42["stop",' + "9" * 20_000 + "]", "2probe"):
            async with raw(http, server) as ws:
                await ws.send_str(message)
                await closed(ws)
        async with raw(http, server) as ws:
            with contextlib.suppress(ConnectionError):
                for number in range(60):
                    await ws.send_str(f'42{number}["stop"]')
            told = await closed(ws)
            assert any('"reason":"too_often"' in text for text in told)
        assert (await page.ask("ping"))["ok"]
        assert server.app.supervisor.shelf.newest_first() == []


async def closed(ws):
    told = []
    async with asyncio.timeout(SOON):
        while (message := await ws.receive()).type is aiohttp.WSMsgType.TEXT:
            told.append(message.data)
    return told


async def test_only_so_many_pages_are_connected_at_a_time(tmp_path, http):
    async with running(StudioApp(tmp_path, limits=Limits(clients=2))) as server:
        async with raw(http, server), raw(http, server):
            with pytest.raises(aiohttp.WSServerHandshakeError):
                await http.ws_connect(server.url + SOCKET_IO)
        await until(lambda: not server.app._clients)
        async with raw(http, server):
            pass


async def test_who_never_ends_a_request_does_not_keep_others_out(tmp_path, http):
    limits = Limits(clients=1, ask_within=0.5)
    async with running(StudioApp(tmp_path, limits=limits)) as server:
        slow = [await asyncio.open_connection(server.host, server.port) for _ in range(80)]
        for _, writer in slow:
            writer.write(b"GET /api/status HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Slow: ")

        async def drip(reader, writer):
            with contextlib.suppress(ConnectionError):
                while not reader.at_eof():
                    writer.write(b"a")
                    with contextlib.suppress(TimeoutError):
                        await asyncio.wait_for(reader.read(1), 0.05)

        async with asyncio.timeout(SOON):
            await asyncio.gather(*(drip(*each) for each in slow))  # all are hung up on
            async with http.get(server.url + "/api/status") as answer:
                assert answer.status == 200
        for _, writer in slow:
            writer.close()


async def test_a_page_that_only_listens_is_not_hung_up_on(tmp_path, http):
    async with running(StudioApp(tmp_path, limits=Limits(ask_within=0.2))) as server, raw(http, server) as ws:
        await asyncio.sleep(0.8)
        await ws.send_str('421["ping",{"at":7}]')
        async with asyncio.timeout(SOON):
            while not (await ws.receive_str()).startswith("431["):
                pass


async def test_the_page_and_its_files_come_with_headers_that_keep_them_harmless(studio, http):
    async with http.get(studio.url) as answer:
        assert answer.status == 200 and answer.headers["content-type"].startswith("text/html")
        assert "default-src 'self'" in answer.headers["content-security-policy"]
        assert answer.headers["x-frame-options"] == "DENY" and answer.headers["cross-origin-resource-policy"] == "same-origin"
        assert "server" not in answer.headers


async def test_playing_opens_a_room_by_whoever_started_the_studio(tmp_path):
    asked = []

    async def play(path, environment):
        asked.append((path.name, environment))
        return {"url": "http://127.0.0.1/play", "room": "RIVER-OTTER-42"}

    async with running(StudioApp(tmp_path, play=play)) as server, page_of(server) as page:
        assert (await page.ask("play"))["status"] == 404
        await page.ask("start", **ROOMS, episodes=10)
        await until(lambda: page.of("complete"))
        answer = await page.ask("play")
        assert answer["room"] == "RIVER-OTTER-42" and answer["name"] == "best"
        assert asked == [("best.npz", "gridworld?layout=rooms")]


class PlayedHere:
    """Offers whatever it is asked for."""

    def __init__(self):
        self.asked = []

    def problem(self, environment):
        return ""

    async def offer(self, checkpoint, environment):
        self.asked.append((checkpoint.name, environment))
        return {"url": "/here/agent?key=k", "agent": "agent"}


async def test_a_checkpoint_is_offered_to_the_browser_and_pages_hear_beforehand_where_it_cannot_be(tmp_path):
    here = PlayedHere()
    async with running(StudioApp(tmp_path, here=here)) as server, page_of(server) as page:
        assert (await page.ask("play_here"))["status"] == 404
        started = await page.ask("start", **ROOMS, episodes=10)
        await until(lambda: page.of("complete"))
        answer = await page.ask("play_here", name="last-1")
        assert answer["url"] == "/here/agent?key=k" and here.asked == [("last-1.npz", ROOMS["env"])]
        assert "there is no checkpoint" in (await page.ask("play_here", name="none"))["error"] and len(here.asked) == 1
        for command in ("watch", "checkpoints"):
            assert (await page.ask(command, run=started["run"]))["not_here"] == ""
        here.problem = lambda environment: "no browser can"
        assert (await page.ask("watch", run=started["run"]))["not_here"] == "no browser can"
        refused = await page.ask("play", name="last-1")
        assert "has no lobby beside it" in refused["error"], "the other way is not there in this one"


def resident(pid="self"):
    with open(f"/proc/{pid}/statm") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")


@contextlib.asynccontextmanager
async def hanging(server):
    """Yield when a page is connected that takes nothing any more, as one whose process is stopped."""
    loop = asyncio.get_running_loop()
    with socket.socket() as plain:
        plain.setblocking(False)
        plain.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        await loop.sock_connect(plain, ("127.0.0.1", server.port))
        upgrade = "upgrade: websocket\r\nconnection: upgrade\r\nsec-websocket-version: 13"
        key = "sec-websocket-key: AAAAAAAAAAAAAAAAAAAAAA=="
        await loop.sock_sendall(plain, f"GET {SOCKET_IO} HTTP/1.1\r\nhost: 127.0.0.1\r\n{upgrade}\r\n{key}\r\n\r\n".encode())
        assert b"101" in await loop.sock_recv(plain, 1000)
        await loop.sock_sendall(plain, b"\x81\x82\0\0\0\x0040")  # a masked frame that says hello
        yield


async def stall(tmp_path, seconds):
    """Have a page hang for some seconds while pictures are offered; return how many were, and what memory it cost."""
    async with running(StudioApp(tmp_path, program=programs.offering)) as server:
        run = await server.app.supervisor.start(**ROOMS)
        async with hanging(server):
            await until(lambda: run.picture_number > 200)
            assert len(server.app._clients) == 1
            begun, before, loop = run.picture_number, resident(), asyncio.get_running_loop()
            end = loop.time() + seconds
            await until(lambda: loop.time() > end, seconds + SOON)
            offered, grown = run.picture_number - begun, resident() - before
            waiting = [each.queue.qsize() for each in server.app._server.eio.sockets.values()]
        assert max(waiting, default=0) <= 2 * server.app.limits.unsent
        return offered, grown


async def test_nothing_grows_with_a_page_that_hangs(tmp_path):
    offered, grown = await stall(tmp_path, 2.0)
    assert offered > 20
    assert grown < 5 * 2**20


@pytest.mark.nightly
@pytest.mark.timeout(300)
async def test_nothing_grows_with_a_page_that_hangs_for_a_minute(tmp_path):
    offered, grown = await stall(tmp_path, 60.0)
    print(offered, grown)
    assert offered > 3000
    assert grown < 5 * 2**20


async def test_several_runs_train_at_a_time_and_the_page_is_told_of_all(studio):
    async with page_of(studio) as page:
        names = [(await page.ask("start", **ROOMS, seed=seed))["run"] for seed in (1, 2)]
        await until(lambda: {payload["run"] for payload in page.of("points")} == set(names))
        assert (await page.ask("watch", run=names[0]))["run"] == names[0]
        page.heard.clear()
        await until(lambda: len(page.of("update")) > 3)
        assert {update["run"] for update in page.of("update")[2:]} == {names[0]}
        assert (await page.ask("stop", run=names[0]))["ok"]
        await until(lambda: any(run["run"] == names[0] and run["state"] == "stopped" for run in page.of("status")))
        assert studio.app.supervisor.shelf.find(names[1]).state.value == "running"
        for name in names:
            rows = [row[0] for payload in page.of("points") if payload["run"] == name for row in payload["rows"]]
            assert rows == list(range(rows[0], rows[0] + len(rows)))
