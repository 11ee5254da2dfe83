import asyncio
import socket
import time

import pytest

from rollback.errors import NetworkError, UsageError
from rollback.net.lobby import Lobby, Member
from rollback.net.lobby_link import LobbyRefusal, mend_url
from signaling.limits import Limits
from signaling.serve import running

SOON = 10.0  # seconds; everything here takes milliseconds on an idle machine


async def until(fact):
    async with asyncio.timeout(SOON):
        while not fact():
            await asyncio.sleep(0.002)


@pytest.fixture
async def server():
    async with running() as server:
        yield server


@pytest.fixture
async def pair(server):
    """Ann, who made a room for two, and Bob."""
    async with (
        await Lobby.enter(server.url, name="ann", players=2, game="Pong 1") as ann,
        await Lobby.enter(server.url, ann.room, "bob") as bob,
    ):
        await ann.wait_for_players(SOON)
        yield ann, bob


async def test_two_who_found_each_other_know_the_room(pair, server):
    ann, bob = pair
    assert ann.me == Member("m1", "ann", 0, True) and bob.me == Member("m2", "bob", 1, True)
    assert ann.members == bob.members == (ann.me, bob.me)
    assert (bob.room, bob.players, bob.game, bob.locked) == (ann.room, 2, "Pong 1", False)
    assert ann.connected and bob.connected
    assert (len(server.rooms), server.rooms.members) == (1, 2)


async def test_a_code_may_be_typed_carelessly(server):
    async with await Lobby.enter(server.url, players=2) as ann:
        typed = ann.room.replace("-", "").lower().replace("0", "o").replace("1", "l")
        async with await Lobby.enter(server.url, typed) as bob:
            assert bob.room == ann.room


async def test_an_address_without_a_scheme_is_mended(server):
    async with await Lobby.enter(f"127.0.0.1:{server.port}/some/page?x=1", players=1) as ann:
        assert ann.url == server.url
        await ann.wait_for_players(SOON)


async def test_signals_arrive_in_order_and_name_their_sender(pair):
    ann, bob = pair
    heard = []
    bob.on_signal = lambda sender, data: heard.append((sender, data))
    await asyncio.gather(*(ann.signal("m2", {"number": number, "text": "é" * 20}) for number in range(100)))
    await until(lambda: len(heard) == 100)
    assert heard == [("m1", {"number": number, "text": "é" * 20}) for number in range(100)]


async def test_datagrams_arrive_whole_in_both_directions(pair):
    ann, bob = pair
    heard = []
    ann.on_relay = lambda sender, data: heard.append((sender, data))
    bob.on_relay = lambda sender, data: bob.relay(sender, data[::-1])
    datagrams = [bytes([number]) * size for number, size in enumerate((1, 0, 30, 1100, 16 * 1024))]
    for number, datagram in enumerate(datagrams, 1):
        assert ann.relay("m2", datagram)
        await until(lambda number=number: len(heard) == number)
    assert heard == [("m2", datagram) for datagram in datagrams]


async def test_a_datagram_does_not_wait_for_an_acknowledgement_of_the_one_before(server):
    quickest = []
    for _ in range(3):  # fresh connections: the forty milliseconds strike the first datagrams only
        async with await Lobby.enter(server.url, players=2) as ann, await Lobby.enter(server.url, ann.room) as bob:
            heard = asyncio.Event()
            bob.on_relay = lambda sender, data, heard=heard: heard.set()
            await ann.wait_for_players(SOON)
            began = time.perf_counter()
            ann.relay("m2", b"inputs")
            await asyncio.wait_for(heard.wait(), SOON)
            quickest.append(time.perf_counter() - began)
    assert min(quickest) < 0.03


async def test_what_arrives_before_a_handler_is_kept_for_it(pair):
    ann, bob = pair
    await ann.signal("m2", {"n": 1})
    await ann.signal("m2", {"n": 2})
    ann.relay("m2", b"early")
    await ann.signal("m2", {"n": 3})
    await until(lambda: len(bob._signals._kept) == 3 and len(bob._relays._kept) == 1)
    signals, datagrams = [], []
    bob.on_signal = lambda sender, data: signals.append(data["n"])
    bob.on_relay = lambda sender, data: datagrams.append(data)
    assert (signals, datagrams) == ([1, 2, 3], [b"early"])


async def test_relaying_never_blocks_and_says_when_the_queue_is_full(pair):
    ann, bob = pair
    heard = []
    bob.on_relay = lambda sender, data: heard.append(data)
    taken = [ann.relay("m2", bytes([number])) for number in range(100)]  # without giving the loop a turn
    assert 0 < sum(taken) < 100 and taken == sorted(taken, reverse=True)
    await until(lambda: len(heard) == sum(taken))
    assert ann.relay("m2", b"there is room again")


async def test_what_the_lobby_dropped_for_us_is_counted(pair, server):
    ann, bob = pair
    for connection in server.app._links:
        for _ in range(3):
            server.app._losses.note(connection)
    await until(lambda: (ann.dropped, bob.dropped) == (3, 3))
    for wrong in (0, -5, 10**9, "7", None):
        ann._happened("dropped", {"count": wrong})
    assert ann.dropped == 3


@pytest.mark.parametrize("to", ["m1", "m3", "", "ann", "bob", "K7QW-3MZP"])
async def test_nobody_is_reached_but_members_of_the_room(pair, to):
    ann, _ = pair
    assert not ann.relay(to, b"x")
    with pytest.raises(NetworkError, match="no other member with this id in your room"):
        await ann.signal(to, {})


@pytest.mark.parametrize("data", ["text", bytearray(4), None, bytes(16 * 1024 + 1)])
async def test_a_datagram_that_cannot_be_relayed_is_a_mistake_of_the_caller(pair, data):
    with pytest.raises(UsageError, match="must be bytes, at most 16384 of them, not "):
        pair[0].relay("m2", data)


@pytest.mark.parametrize("data", [["list"], {"a": b"bytes"}, {"a": float("nan")}, {"a": "x" * 40_000}])
async def test_a_signal_that_cannot_travel_is_a_mistake_of_the_caller(pair, data):
    with pytest.raises(UsageError, match="signal"):
        await pair[0].signal("m2", data)
    assert pair[0].connected


async def test_a_full_room_a_wrong_code_and_a_locked_room_say_what_to_do(pair, server):
    ann, bob = pair
    for room, code, words in (
        (ann.room, "full", "all 2 seats are taken; you can watch as a spectator"),
        ("0000-0000", "unknown_room", "there is no room 0000-0000 in this lobby: check the code"),
        ("RIVER", "unknown_room", "'RIVER' is no room code"),
    ):
        with pytest.raises(LobbyRefusal, match=words) as caught:
            await Lobby.enter(server.url, room, "cay")
        assert caught.value.code == code
    await ann.lock()
    await until(lambda: bob.locked)
    with pytest.raises(
        NetworkError, match="is locked, because its match has begun: you can watch it, or ask who plays there for an invitation"
    ):
        await Lobby.enter(server.url, ann.room, "cay")
    async with await Lobby.enter(server.url, ann.room, "eve", spectate=True) as eve:
        assert eve.me.seat is None  # who watches may come at any time
    async with await Lobby.enter(server.url, ann.room, "cay", spectate=True, token=bob.invite) as cay:
        assert cay.me == Member("m4", "cay", None, True)
        with pytest.raises(NetworkError, match="only a player can lock"):
            await cay.lock()
        fresh = await cay.renew_invite()
        assert fresh == cay.invite
    assert len(server.rooms) == 1


async def test_leaving_frees_the_seat_and_the_others_know_at_once(pair, server):
    ann, bob = pair
    changes = []
    ann.on_members = lambda: changes.append(ann.members)
    changes.clear()
    await bob.close()
    await until(lambda: changes)
    assert [member.name for member in ann.members] == ["ann"]
    assert not bob.connected and not bob.relay("m1", b"")
    await bob.close()
    async with await Lobby.enter(server.url, ann.room, "bob") as again:
        assert again.me == Member("m3", "bob", 1, True)


async def test_waiting_for_players_ends_when_all_seats_are_taken(server):
    async with await Lobby.enter(server.url, name="ann", players=3) as ann:
        waiting = asyncio.create_task(ann.wait_for_players(SOON))
        async with (
            await Lobby.enter(server.url, ann.room, spectate=True),
            await Lobby.enter(server.url, ann.room),
        ):
            await until(lambda: len(ann.members) == 3)
            assert not waiting.done()
            async with await Lobby.enter(server.url, ann.room):
                await waiting
                assert [member.seat for member in ann.members] == [0, 1, 2, None]


async def test_waiting_for_players_in_vain_says_who_is_missing(server):
    async with await Lobby.enter(server.url, players=2) as ann:
        with pytest.raises(NetworkError, match=f"1 of 2 players are in room {ann.room} after 0.05 s"):
            await ann.wait_for_players(0.05)


async def test_a_room_the_server_opened_waits_for_its_first_players(server):
    code = server.open_room()
    async with await Lobby.enter(server.url, code, "ann", 2, "Pong 1") as ann:
        assert (ann.room, ann.players, ann.game, ann.me.seat) == (code, 2, "Pong 1", 0)


@pytest.mark.parametrize("given", ["", "http://", "ftp://127.0.0.1", "127.0.0.1:99999", "http://[", "a b", None, 5])
async def test_what_is_no_address_is_refused_at_once(given):
    with pytest.raises(NetworkError, match=r"is no address of a lobby: give one such as http://127\.0\.0\.1:8000"):
        await Lobby.enter(given)


@pytest.mark.parametrize(
    ("given", "mended"),
    [
        ("127.0.0.1:8000", "http://127.0.0.1:8000"),
        (" http://127.0.0.1:8000/ ", "http://127.0.0.1:8000"),
        ("ws://127.0.0.1", "http://127.0.0.1"),
        ("wss://127.0.0.1:1/room?x#y", "https://127.0.0.1:1"),
        ("[::1]:8000", "http://[::1]:8000"),
    ],
)
def test_addresses_are_mended(given, mended):
    assert mend_url(given) == mended


@pytest.mark.parametrize("timeout", [0, -1, "5", True, None, float("nan")])
async def test_a_timeout_is_a_positive_number(timeout):
    with pytest.raises(UsageError, match="timeout must be a number of seconds above 0"):
        await Lobby.enter("127.0.0.1:1", timeout=timeout)


@pytest.mark.parametrize("what", [{"spectate": True}, {"token": "x"}, {"resume": "x"}])
async def test_a_new_room_cannot_be_watched_or_returned_to(what):
    with pytest.raises(UsageError, match="give its code as room"):
        await Lobby.enter("127.0.0.1:1", **what)


async def test_a_server_that_is_not_there_is_named(unused_port):
    with pytest.raises(NetworkError, match=f"no lobby answers at http://127.0.0.1:{unused_port}: check the address"):
        await Lobby.enter(f"127.0.0.1:{unused_port}")


@pytest.fixture
def unused_port():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return taken.getsockname()[1]


async def test_a_server_that_says_nothing_is_given_up_in_time():
    held = []
    silent = await asyncio.start_server(lambda reader, writer: held.append(writer), "127.0.0.1", 0)
    async with silent:
        port = silent.sockets[0].getsockname()[1]
        with pytest.raises(NetworkError, match=r"did not answer within 0\.2 s"):
            await Lobby.enter(f"127.0.0.1:{port}", timeout=0.2)
        for writer in held:
            writer.close()


async def serve_once(answer, *, attempts):
    async def serve(reader, writer):
        attempts.append(await reader.readuntil(b"\r\n\r\n"))
        writer.write(answer)
        await writer.drain()
        writer.close()
        await writer.wait_closed()

    return await asyncio.start_server(serve, "127.0.0.1", 0)


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nhi",
        b"HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n",
        b'HTTP/1.1 200 OK\r\ncontent-length: 15\r\n\r\n{"status":"ok"}',
        b"SSH-2.0-OpenSSH_9.6\r\n",
    ],
)
async def test_a_server_that_is_no_lobby_is_called_so(answer):
    attempts = []
    async with await serve_once(answer, attempts=attempts) as other:
        port = other.sockets[0].getsockname()[1]
        with pytest.raises(NetworkError, match="answers, but it is no lobby: give the address that `rollback serve` prints"):
            await Lobby.enter(f"127.0.0.1:{port}", timeout=SOON)
    assert attempts


async def test_a_lobby_with_too_many_connections_is_not_called_unreachable():
    async with (
        running(limits=Limits(connections_per_address=1)) as server,
        await Lobby.enter(server.url, players=2) as ann,
    ):
        with pytest.raises(NetworkError, match="turned this connection away: it has too many"):
            await Lobby.enter(server.url, ann.room)


async def test_giving_up_in_the_middle_of_entering_leaves_nothing_behind(server):
    before = asyncio.all_tasks()
    entering = asyncio.create_task(Lobby.enter(server.url, players=2))
    for _ in range(3):
        await asyncio.sleep(0)
    entering.cancel()
    with pytest.raises(asyncio.CancelledError):
        await entering
    await until(lambda: server.rooms.members == 0 and not server.app._links)
    assert {task for task in asyncio.all_tasks() if "client" in repr(task)} <= before


async def test_a_handler_that_fails_is_reported_and_the_connection_goes_on(pair):
    ann, bob = pair
    reported, heard = [], []
    asyncio.get_running_loop().set_exception_handler(lambda loop, context: reported.append(context["exception"]))

    def fail_once(sender, data):
        heard.append(data)
        if len(heard) == 1:
            raise ValueError("a mistake in a handler")

    bob.on_signal = fail_once
    await ann.signal("m2", {"n": 1})
    await ann.signal("m2", {"n": 2})
    await until(lambda: len(heard) == 2)
    assert [str(error) for error in reported] == ["a mistake in a handler"]
    assert bob.connected
