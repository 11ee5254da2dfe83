"""Malformed commands over Socket.IO and HTTP: none ends the studio, none starts a run, and it still answers afterwards."""

import asyncio
import json
import random

import aiohttp
import pytest

from rollback.studio.commands import COMMANDS
from rollback.studio.limits import Limits, Rate
from rollback.studio.server import StudioApp
from rollback.studio.serving import running

SOON = 30.0
SOCKET_IO = "/socket.io/?EIO=4&transport=websocket"
PLENTY = Rate(1e6, 1e6)  # else most would be refused for coming too often, and not for what they are
LOOSE = Limits(commands=PLENTY, messages=PLENTY, patience=PLENTY, starts=PLENTY)
# No value here is allowed for any field, so a command with one of them is never carried out.
ODD = [
    -1, 1.5e308, True, [], {}, "../../etc/passwd", "A" * 100, "\x00", "ä" * 30, [[[[]]]], {"$ref": "#"}, "1; rm -rf",
    -(10**400),    {"__class__": "os.system"}, "<script>", "NaN", [1] * 200, {"a": {"b": {"c": {}}}},
]  # fmt: skip
FIELDS = ["run", "name", "algo", "env", "seed", "episodes", "speed", "learning_rate", "discount", "epsilon"]
STRANGE = ["__proto__", "", "Ä", "self"]


def odd_fields(dice):
    kind = dice.randrange(4)
    if kind == 0:
        return dice.choice([[], "x", 7, True, 1e300, [{}]])
    known = {dice.choice(FIELDS): dice.choice(ODD) for _ in range(dice.randint(1, 4))}
    return known | ({dice.choice(STRANGE): dice.choice(ODD)} if kind == 1 else {"seed": dice.choice(ODD)})


def odd_message(dice):
    """Return what a hostile page might send: mostly proper envelopes around improper commands."""
    kind = dice.randrange(12)
    if kind < 9:
        event = dice.choice([*COMMANDS, "start", "start", "Start", "constructor", "update", "snapshot", ""])
        return f"42{dice.choice(['', dice.randrange(10**9)])}{json.dumps([event, odd_fields(dice)])}"
    if kind == 9:
        return f"43{dice.randrange(10**9)}{json.dumps([dice.choice(ODD)])}"  # the answer to what was never asked
    if kind == 10:
        return "".join(chr(dice.randrange(32, 0x2FF)) for _ in range(dice.randrange(60)))
    whole = f'421["start",{json.dumps(odd_fields(dice))}]'
    least = len('421["start",')  # a shorter piece could be a proper command
    return whole[: dice.randrange(least, len(whole))] + dice.choice(["", "]", "}", "\x00", "[" * 50])


async def send_over_socket(http, url, dice, count):
    """Send so many; where the studio cuts us off, come again."""
    sent = 0
    while sent < count:
        async with asyncio.timeout(SOON), http.ws_connect(url + SOCKET_IO) as ws:
            await ws.receive_str()
            await ws.send_str("40")
            while sent < count and not ws.closed:
                sent += 1
                try:
                    await ws.send_str(odd_message(dice))
                except ConnectionError:
                    break
                while not ws.closed:
                    try:
                        await asyncio.wait_for(ws.receive(), 0.0001 if sent % 20 else 0.005)
                    except TimeoutError:
                        break


async def send_over_http(http, url, dice, count):
    """Send so many, and return the statuses."""
    statuses = set()
    for _ in range(count):
        body = json.dumps(odd_fields(dice)).encode()
        kind = dice.randrange(4)
        if kind == 0:
            body = dice.randbytes(dice.randrange(1, 60))
        elif kind == 1:
            body = body[: dice.randrange(len(body))] + b"["
        headers = {"content-type": dice.choice(["application/json"] * 5 + ["text/plain", "application/json; charset=ä"])}
        path = dice.choice(["/api/training/start"] * 4 + ["/api/training/stop", "/api/runs/x/checkpoints/y", "/api/status/x"])
        async with http.request(dice.choice(["POST"] * 9 + ["PUT"]), url + path, data=body, headers=headers) as answer:
            statuses.add(answer.status)
            await answer.read()
    return statuses


async def besiege(tmp_path, seed, count):
    dice = random.Random(seed)
    async with running(StudioApp(tmp_path, limits=LOOSE)) as server, aiohttp.ClientSession() as http:
        statuses = await send_over_http(http, server.url, dice, count // 2)
        await send_over_socket(http, server.url, dice, count // 2)
        assert statuses <= {400, 404, 405, 413, 415}, statuses
        shelf = server.app.supervisor.shelf
        assert shelf.newest_first() == [] and list(tmp_path.iterdir()) == []
        async with http.post(server.url + "/api/training/start", json={"env": "gridworld?layout=rooms"}) as answer:
            assert answer.status == 200  # and it still does what it is for
        async with asyncio.timeout(SOON):
            while shelf.find().episode == 0:
                await asyncio.sleep(0.01)


async def test_malformed_commands_end_nothing_and_start_nothing(tmp_path):
    await besiege(tmp_path, 1, 400)


@pytest.mark.nightly
@pytest.mark.timeout(600)
@pytest.mark.parametrize("seed", range(2, 4))
async def test_ten_thousand_malformed_commands_end_nothing_and_start_nothing(tmp_path, seed):
    await besiege(tmp_path, seed, 10_000)
