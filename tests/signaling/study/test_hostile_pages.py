"""Somebody with a token, or none, who wants a study to stop: what may be held, grown or broken from outside is bounded."""

import asyncio
import hashlib
import resource
import stat
from contextlib import contextmanager

import pytest

from signaling.study.desk import StudyDesk
from signaling.study.journal import Journal
from signaling.study.store import Store
from signaling.study.study import HELD_UP, LOADING
from tests.signaling.study.people import Person, Server, plan_of

ROWS = b'{"frame":0}\n'


@pytest.fixture
def server(tmp_path):
    server = Server(plan_of(tmp_path, opponent="best", max_participants=2))
    yield server
    server.desk.close()


@pytest.fixture
def disk():
    """Return a context in which no file grows beyond so many bytes, as on a disk that is full."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)

    @contextmanager
    def full_at(size):
        resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
        try:
            yield
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))

    return full_at


@pytest.mark.parametrize(
    "origin", ["http://[", "http://[::1", "//", "http://lab.test@evil.test", "http://lab.test\\@evil.test"]
)
async def test_an_origin_that_is_none_is_refused_and_not_stumbled_over(server, origin):
    status, told = await server.post("arrive", b'{"participant":"ann"}', content_type="application/json", origin=origin)
    assert (status, told["code"]) == (403, "origin")


@pytest.mark.parametrize("trip", ["1" + "0" * 400, "-1" + "0" * 400, "1e999", "NaN", "-Infinity"])
async def test_numbers_beyond_all_numbers_are_no_round_trips(server, trip):
    ann = Person(server, "ann")
    await ann.arrive()
    await ann.say("agree", agreed=True)
    body = f'{{"rtt_ms": [1, 2, {trip}]}}'.encode()
    bearer = f"Bearer {ann.token}"
    status, told = await server.post("ready", body, content_type="application/json", authorization=bearer)
    assert (status, told["code"]) == (400, "malformed")


async def begin_upload(server, person, pieces):
    query = f"episode=1&piece=0&sha256={hashlib.sha256(ROWS).hexdigest()}"
    bearer = f"Bearer {person.token}"
    return await server.post("upload", pieces, query=query, content_type="application/x-ndjson", authorization=bearer)


@pytest.fixture
def stalled(monkeypatch):
    """Let a request's body stand still until the test goes on."""
    from starlette.requests import Request

    gate, usual = asyncio.Event(), Request.stream

    async def stream(request):
        await gate.wait()
        async for piece in usual(request):
            yield piece

    monkeypatch.setattr(Request, "stream", stream)
    return gate


async def test_a_body_that_never_comes_is_not_waited_for(server, stalled, monkeypatch):
    monkeypatch.setattr("signaling.study.body.PATIENCE", 0.001)
    status, told = await server.post("arrive", b"{}", content_type="application/json")
    assert (status, told["code"]) == (408, "slow")


async def test_one_participant_uploads_a_few_pieces_at_once_and_not_a_thousand(server, stalled):
    ann = Person(server, "ann")
    stalled.set()
    await ann.wait()
    stalled.clear()
    held = [asyncio.create_task(begin_upload(server, ann, [ROWS])) for _ in range(20)]
    while sum(task.done() for task in held) < 16:
        await asyncio.sleep(0)
    assert {task.result()[1]["code"] for task in held if task.done()} == {"too_many"}
    stalled.set()
    assert sorted([(await task)[0] for task in held]) == [200] * 4 + [429] * 16
    assert (await begin_upload(server, ann, [ROWS]))[1]["expected"] == 1


async def test_whoever_consents_and_never_comes_back_holds_no_place_for_ever(server):
    gone = [Person(server, f"gone{number}") for number in range(2)]
    for person in gone:
        await person.arrive()
        await person.say("agree", agreed=True)
    ann, bob = Person(server, "ann"), Person(server, "bob")
    assert (await ann.arrive())["kind"] == "full"
    server.clock.now += LOADING + 1
    assert (await ann.wait())["stage"] == "paired"
    assert (await gone[0].say("ready", rtt_ms=[1, 2, 3]))["stage"] == "paired"  # one place is left
    assert (await gone[1].say("ready", rtt_ms=[1, 2, 3]))["kind"] == "full"
    assert (await bob.arrive())["kind"] == "full"


async def look_for(seconds, *people):
    """Let pages ask every two seconds, as they do."""
    for _ in range(int(seconds) // 2):
        people[0].server.clock.now += 2
        for person in people:
            await person.say("look")


@pytest.fixture
def pair_server(tmp_path):
    server = Server(plan_of(tmp_path))
    yield server
    server.desk.close()


async def pair(server):
    ann, eve = Person(server, "ann"), Person(server, "eve")
    await ann.wait()
    await eve.wait()
    await ann.say("look")
    return ann, eve


@pytest.mark.parametrize("lies", [False, True])
async def test_nobody_waits_for_ever_for_a_partner_who_asks_on_and_never_comes(pair_server, lies):
    ann, eve = await pair(pair_server)
    if lies:
        await eve.say("begin", episode=1, player=1)
    await look_for(HELD_UP, eve, ann)
    assert ann.told["stage"] == "paired"
    await look_for(4, eve, ann)
    assert (ann.told["kind"], eve.told["kind"]) == ("failed", "failed") and ann.told["completion_code"]


async def test_nobody_waits_for_ever_for_a_partner_who_never_ends_a_match(pair_server):
    ann, eve = await pair(pair_server)
    await eve.say("begin", episode=1, player=1)
    await ann.say("begin", episode=1, player=0)
    await look_for(10 * HELD_UP, eve, ann)  # a match may last
    await ann.say("played", episode=1, frames=60)
    await look_for(HELD_UP, eve, ann)
    assert ann.told["stage"] == "done"
    await look_for(4, eve, ann)
    assert ann.told["kind"] == "partner_left" and ann.told["completion_code"]


async def test_a_lobby_that_is_full_for_long_is_not_the_partner_s_fault(pair_server):
    from signaling.refusals import Refusal

    def busy():
        raise Refusal("busy", "too many rooms")

    ann, eve = await pair(pair_server)
    pair_server.desk.open_room = busy
    for person, player in ((ann, 0), (eve, 1)):
        await person.say("begin", episode=1, player=player)
        await person.say("played", episode=1, frames=60)
    await look_for(2 * HELD_UP, eve, ann)
    assert ann.told["stage"] == eve.told["stage"] == "done"
    pair_server.desk.open_room = pair_server.open_room
    assert (await ann.say("look"))["stage"] == "paired"


def test_what_did_not_fit_on_the_disk_leaves_nothing_in_a_journal(tmp_path, disk):
    journal = Journal(tmp_path / "j.jsonl")
    journal.add([{"a": 1}])
    with disk(24), pytest.raises(OSError, match="large"):
        journal.add([{"b": 2}, {"long": "x" * 90}])
    assert (tmp_path / "j.jsonl").read_bytes() == b'{"a":1}\n'
    journal.add([{"c": 3}])
    assert Journal(tmp_path / "j.jsonl").events == [{"a": 1}, {"c": 3}]


def test_a_piece_that_did_not_fit_on_the_disk_may_come_again_as_another_one(tmp_path, disk):
    def add(store, data):
        return store.add(1, "x", 1, store.expected(1, 1), hashlib.sha256(data).hexdigest(), data)

    store = Store(plan_of(tmp_path))
    add(store, ROWS)
    for room in (*range(10, 60, 7), 70, 80, 100, 120, 140, 160, 180, 200):
        with disk(room), pytest.raises(OSError, match="large"):
            add(store, b"x" * 100_000 + b"\n")
    assert add(store, b"{}\n") == 2 and store.size == len(ROWS) + 3
    store.close()
    again = Store(plan_of(tmp_path))
    assert again.expected(1, 1) == 2 and again.size == len(ROWS) + 3
    again.close()


def test_nobody_else_reads_the_journal_in_a_folder_that_was_there(tmp_path):
    tmp_path.chmod(0o755)
    StudyDesk(plan_of(tmp_path)).close()
    assert stat.S_IMODE((tmp_path / "events.jsonl").stat().st_mode) == 0o600
    assert stat.S_IMODE((tmp_path / "participants").stat().st_mode) == 0o700
