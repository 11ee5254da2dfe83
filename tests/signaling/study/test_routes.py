"""A study over HTTP, in process: whole parts of participants, and everything that a page, or somebody else, does wrong."""

import dataclasses
import hashlib
import json

import pytest

from rollback.errors import UsageError
from signaling.agent_shelf import Agent
from signaling.study.desk import StudyDesk
from signaling.study.store import Store
from tests.signaling.study.people import Clock, Person, Server, plan_of

ROWS = b'{"frame":0}\n{"frame":1}\n'


@pytest.fixture
def serve(tmp_path):
    """Start servers of studies in one folder; all of them end with the test."""
    made = []

    def begin(**changes):
        made.append(Server(plan_of(tmp_path, **changes)))
        return made[-1]

    yield begin
    for server in made:
        server.desk.close()


@pytest.fixture
def server(serve):
    return serve()


async def pair(server):
    ann, bob = Person(server, "ann"), Person(server, "bob")
    await ann.wait()
    await bob.wait()
    await ann.say("look")
    return ann, bob


async def play(person, episode, data=ROWS):
    await person.say("begin", episode=episode, player=0)
    await person.upload(episode, 0, data)
    return await person.say("played", episode=episode, frames=60, reason="frames", checksum="ab12")


def journal(server):
    return [json.loads(line) for line in (server.plan.folder / "events.jsonl").read_text().splitlines()]


async def test_two_participants_come_through_a_whole_study(server):
    ann, bob = await pair(server)
    assert ann.told["stage"] == bob.told["stage"] == "paired" and ann.told["room"] == bob.told["room"] == "ROOM-0001"
    assert (ann.told["episode"], ann.told["frames"]) == (1, 60)
    assert ann.told["settings"] == {"input_delay": 2, "prediction_window": 8, "on_disconnect": "pause"}
    assert (await play(ann, 1))["stage"] == "done"
    assert (await play(bob, 1))["stage"] == "paired"
    assert (await ann.say("look"))["room"] == "ROOM-0002" and ann.told["episode"] == 2 and ann.told["expected"] == 0
    await play(bob, 2)
    await play(ann, 2)
    assert ann.told["stage"] == bob.told["stage"] == "finished" and ann.told["kind"] == "complete"
    codes = {ann.told["completion_code"], bob.told["completion_code"]}
    assert len(codes) == 2 and all(len(code) == 10 for code in codes)
    whole = hashlib.sha256(ROWS).hexdigest()
    for name in ("0001-ann", "0002-bob"):
        folder = server.plan.folder / "participants" / name
        told = json.loads((folder / "manifest.json").read_text())
        assert (folder / "episode-1.jsonl").read_bytes() == (folder / "episode-2.jsonl").read_bytes() == ROWS
        assert told["episodes"]["2"] == {"file": "episode-2.jsonl", "pieces": 1, "bytes": len(ROWS), "sha256": whole}
        assert (told["participant"], told["kind"], told["stage"]) == (name[5:], "complete", "finished")


async def test_no_address_is_recorded(server):
    await pair(server)
    for path in server.plan.folder.rglob("*"):
        assert not path.is_file() or b"10.0.0.1" not in path.read_bytes()


async def test_a_bot_needs_no_partner_and_no_room(serve):
    server = serve(opponent="best")
    ann = Person(server, "ann")
    assert (await ann.wait())["stage"] == "paired" and ann.told["room"] == "" and ann.told["opponent"] == "best"
    await play(ann, 1)
    assert (ann.told["stage"], ann.told["episode"]) == ("paired", 2)
    assert (await play(ann, 2))["kind"] == "complete" and server.rooms == 0


def partner(content=b"what it learned"):
    return Agent("opponent", "pong", "T", content)


async def test_against_an_agent_the_page_and_the_data_say_which_one_it_was(serve):
    agent = partner()
    server = serve(opponent="agents/secret-hypothesis.npz", agent=agent)
    ann = Person(server, "ann")
    await ann.wait()
    assert (ann.told["stage"], ann.told["room"], ann.told["opponent"]) == ("paired", "", "agent")
    assert ann.told["agent"] == {"name": "bot", "sha256": agent.sha256, "size": len(agent.content)}
    assert "secret-hypothesis" not in json.dumps(ann.told), "participants are not told what the researcher calls it"
    await play(ann, 1)
    told = json.loads((server.plan.folder / "participants" / "0001-ann" / "manifest.json").read_text())
    assert told["agent"] == agent.sha256
    opened = journal(server)[0]
    assert opened["agent"] == {"file": "agents/secret-hypothesis.npz", "sha256": agent.sha256}
    assert (server.plan.folder / "opponent.npz").read_bytes() == agent.content
    server.restart()
    assert (await ann.say("look"))["agent"]["sha256"] == agent.sha256
    bob = Person(serve_again(server), "bob")
    assert (await bob.arrive())["stage"] == "arrived"


def serve_again(server):
    """Start a server of the same study whose agent lies elsewhere now."""
    server.desk.close()
    server.plan = dataclasses.replace(server.plan, opponent="moved.npz")
    server.start()
    return server


def test_an_agent_that_was_trained_further_is_no_opponent_of_the_same_study(tmp_path):
    plan = plan_of(tmp_path, opponent="partner.npz", agent=partner())
    StudyDesk(plan).close()
    for other in (
        dataclasses.replace(plan, agent=partner(b"more")),
        dataclasses.replace(plan, opponent="best", agent=None),
    ):
        with pytest.raises(UsageError, match=r"opponent \(the agent it was played against is opponent.npz there\)"):
            StudyDesk(other)
    assert (tmp_path / "opponent.npz").read_bytes() == b"what it learned"


def test_an_agent_that_nobody_read_is_no_opponent(tmp_path):
    with pytest.raises(UsageError, match=r"the agent partner.npz was not read"):
        StudyDesk(plan_of(tmp_path / "data", opponent="partner.npz"))
    assert not (tmp_path / "data").exists()


def test_a_copy_that_a_crash_left_before_the_study_began_is_not_kept_for_another_agent(tmp_path):
    (tmp_path / "opponent.npz").write_bytes(b"of an earlier attempt")
    StudyDesk(plan_of(tmp_path, opponent="partner.npz", agent=partner())).close()
    assert (tmp_path / "opponent.npz").read_bytes() == b"what it learned"


@pytest.mark.parametrize(("method", "what"), [("keep_agent", "the copy of the agent, opponent.npz,"), ("note", "the journal")])
def test_what_has_no_room_is_told_by_its_name_and_what_to_do(method, what, tmp_path, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Store, method, full)
    with pytest.raises(UsageError) as caught:
        StudyDesk(plan_of(tmp_path, opponent="partner.npz", agent=partner()))
    assert str(caught.value) == (
        f"{what} in {tmp_path} cannot be written: No space left on device; make room there, or name another folder"
    )


async def test_who_waits_in_vain_is_told_so_with_a_code(server):
    ann = Person(server, "ann")
    assert (await ann.wait())["stage"] == "waiting" and ann.told["waiting_left"] == 60
    for _ in range(29):
        server.clock.now += 2
        assert (await ann.say("look"))["stage"] == "waiting"
    server.clock.now += 2
    told = await ann.say("look")
    assert (
        (told["stage"], told["kind"]) == ("ended", "no_partner")
        and told["completion_code"]
        and "not your fault" in told["sentence"]
    )
    bob = Person(server, "bob")
    assert (await bob.wait())["stage"] == "waiting"  # and is not given somebody whose part is over


async def test_somebody_whose_page_is_gone_is_given_no_partner(server):
    ann, bob = Person(server, "ann"), Person(server, "bob")
    await ann.wait()
    server.clock.now += 11
    assert (await bob.wait())["stage"] == "waiting"
    assert (await ann.say("look"))["stage"] == "paired"  # back again
    assert (await bob.say("look"))["room"] == ann.told["room"]


async def test_a_partner_who_is_gone_or_leaves_ends_it_fairly(server):
    ann, bob = await pair(server)
    await ann.say("begin", episode=1, player=0)
    for _ in range(10):
        server.clock.now += 10
        await ann.say("look")
    assert (ann.told["kind"], bool(ann.told["completion_code"])) == ("partner_left", True)
    assert (await bob.say("look"))["kind"] == "withdrew" and bob.told["completion_code"] == ""
    cay, dan = Person(server, "cay"), Person(server, "dan")
    await cay.wait()
    await dan.wait()
    assert (await cay.say("leave", kind="withdrew"))["kind"] == "withdrew"
    assert (await dan.say("look"))["kind"] == "partner_left"


async def test_a_match_that_ended_for_one_ended_for_both(server):
    ann, bob = await pair(server)
    await ann.say("begin", episode=1, player=0)
    assert (await ann.say("leave", kind="partner_left", detail="lost \u202e<b>"))["kind"] == "partner_left"
    assert (await bob.say("look"))["kind"] == "partner_left"
    assert journal(server)[-2]["detail"] == "lost <b>"
    assert (await ann.upload(1, 0, ROWS))["expected"] == 1  # what was played before is still taken
    told = json.loads((server.plan.folder / "participants/0001-ann/manifest.json").read_text())
    assert told["episodes"]["1"]["bytes"] == len(ROWS) and told["kind"] == "partner_left"


async def test_a_slow_connection_is_told_before_and_during_play(serve):
    server = serve(max_rtt_ms=100)
    slow = Person(server, "slow")
    await slow.arrive()
    await slow.say("agree", agreed=True)
    assert (await slow.say("ready", rtt_ms=[90, 101, 300]))["kind"] == "slow_connection" and slow.told["completion_code"]
    ann, bob = await pair(server)
    await ann.say("begin", episode=1, player=0)
    stages = [(await ann.say("look", rtt_ms=trip))["stage"] for trip in (500, 10, 500, 20, 500)]
    assert stages == ["playing"] * 4 + ["ended"]  # one slow moment is no slow connection
    assert ann.told["kind"] == "slow_connection" and (await bob.say("look"))["kind"] == "slow_connection"


async def test_consent_comes_first_and_no_is_no(server):
    ann = Person(server, "ann")
    assert (await ann.arrive())["consent"] == "Do you?"
    assert "you are arrived" in (await ann.say("ready", 409, rtt_ms=[1, 1, 1]))["error"]
    await ann.say("agree", 400, agreed="yes")
    told = await ann.say("agree", agreed=False)
    assert (told["kind"], told["completion_code"]) == ("declined", "")
    await ann.say("agree", 409, agreed=True)


async def test_a_full_study_says_so_and_records_nobody(serve, tmp_path):
    server = serve(max_participants=1, codes={"full": "NOPLACE"}, url="https://x.test/?cc={code}")
    ann, bob, late = Person(server, "ann"), Person(server, "bob"), Person(server, "late")
    await late.arrive()
    await ann.wait()
    told = await bob.arrive()
    assert (told["kind"], told["completion_code"], told["completion_url"]) == ("full", "NOPLACE", "https://x.test/?cc=NOPLACE")
    assert "token" not in told and "bob" not in (tmp_path / "events.jsonl").read_text()
    assert (await late.say("agree", agreed=True))["kind"] == "full"
    await ann.say("leave", kind="failed", detail="no engine")
    assert (await bob.arrive())["stage"] == "arrived"  # her place is free


async def test_one_id_is_one_window(server):
    ann, other = Person(server, "ann"), Person(server, "ann")
    await ann.arrive()
    await ann.say("agree", agreed=True)
    assert "already" in (await other.arrive(409))["error"]
    old = ann.token
    assert (await ann.arrive())["stage"] == "consented" and ann.token != old  # a reload goes on
    other.token = old
    assert "another window" in (await other.say("look", 403))["error"]
    assert (await other.arrive())["stage"] == "consented"  # a second tab of the same browser takes over
    assert "another window" in (await ann.say("look", 403))["error"]
    bob = Person(server, "bob")
    await bob.arrive()
    ann.token = bob.token
    await ann.arrive(409)


@pytest.mark.parametrize(
    "token", ["", "x", "resume.1_1.AAAA", "resume.1_1", "ä".encode().decode("latin-1"), "resume." + "1" * 9000]
)
async def test_a_wrong_token_opens_nothing(server, token):
    ann = Person(server, "ann")
    await ann.wait()
    ann.token = token
    for deed, fields in (
        ("look", {}),
        ("agree", {"agreed": True}),
        ("leave", {"kind": "withdrew"}),
        ("begin", {"episode": 1, "player": 0}),
    ):
        assert (await ann.say(deed, 403, **fields))["code"] == "token"
    assert (await ann.upload(1, 0, ROWS, 403))["code"] == "token"


async def test_pieces_are_added_once_in_their_order(server):
    ann, _ = await pair(server)
    await ann.say("begin", episode=1, player=0)
    assert (await ann.upload(1, 0, ROWS))["expected"] == 1
    assert (await ann.upload(1, 0, ROWS))["expected"] == 1  # replayed
    assert (await ann.upload(1, 0, b"{}\n", 409))["expected"] == 1
    assert (await ann.upload(1, 2, b"{}\n", 409))["expected"] == 1
    assert (await ann.upload(1, 1, b"{}\n"))["expected"] == 2
    await ann.upload(1, 2, b"{}\n", 400, sha256="0" * 64)
    await ann.upload(1, 2, b"half a line", 400)
    await ann.upload(1, 2, b"", 400)
    await ann.upload(2, 0, ROWS, 409)  # not yet
    await ann.upload(3, 0, ROWS, 400)
    assert (server.plan.folder / "participants/0001-ann/episode-1.jsonl").read_bytes() == ROWS + b"{}\n"
    await ann.say("played", episode=1, frames=60)
    assert (await ann.upload(1, 1, b"{}\n"))["expected"] == 2
    assert "complete" in (await ann.upload(1, 2, b"{}\n", 409))["error"]


async def test_what_is_too_large_or_too_much_is_refused(serve):
    server = serve(participant_mib=0.3, total_mib=0.4)
    ann, bob = await pair(server)
    big = b"x" * (256 * 1024 - 1) + b"\n"
    assert (await ann.upload(1, 0, big + b"\n", 413))["code"] == "too_large"
    assert (await ann.upload(1, 0, big))["expected"] == 1
    assert (await ann.upload(1, 0, big))["expected"] == 1
    assert "a participant may upload" in (await ann.upload(1, 1, big, 507))["error"]
    assert "tell the researchers" in (await bob.upload(1, 0, big, 507))["error"]
    assert (await bob.upload(1, 0, ROWS))["expected"] == 1
    server.restart()
    assert (await ann.upload(1, 1, big, 507))["code"] == "quota"


@pytest.mark.parametrize("stop", ["waiting", "paired", "playing", "done", "finished"])
async def test_a_server_that_is_started_again_goes_on_where_it_was(serve, stop):
    server = serve(episodes=1)
    ann = Person(server, "ann")
    await ann.wait()
    bob = Person(server, "bob")
    if stop != "waiting":
        await bob.wait()
    if stop in ("playing", "done", "finished"):
        await ann.say("begin", episode=1, player=0)
        await ann.upload(1, 0, ROWS)
    if stop in ("done", "finished"):
        await ann.say("played", episode=1, frames=60)
    before = await ann.say("look")
    server.clock.now += 5
    server.restart()
    after = await ann.say("look")
    before.pop("waiting_left", None), after.pop("waiting_left", None)
    assert before == after
    assert server.desk._codes._made == {member.code for member in server.desk._study.roll}  # none of them is made again
    assert (await ann.arrive())["stage"] == before["stage"]
    if stop == "waiting":
        await bob.wait()
    await bob.say("begin", episode=1, player=0)
    assert (await bob.say("played", episode=1, frames=60))["kind"] == "complete"
    assert bob.told["completion_code"] != before.get("completion_code")


async def test_a_journal_cut_in_the_middle_of_a_line_loses_only_that_line(serve, tmp_path):
    server = serve()
    ann, bob = await pair(server)
    await ann.upload(1, 0, ROWS)
    server.desk.close()
    with open(tmp_path / "events.jsonl", "ab") as file:
        file.write(b'{"at":1000,"event":"ended","who":[1')
    with open(tmp_path / "participants/0001-ann/episode-1.jsonl", "ab") as file:
        file.write(b"written, and not noted")
    with open(tmp_path / "participants/0001-ann/pieces.jsonl", "ab") as file:
        file.write(b'{"episode":1,')
    server.start()
    assert (await ann.say("look"))["stage"] == "paired" and ann.told["expected"] == 1
    await ann.upload(1, 1, b"{}\n")
    assert (tmp_path / "participants/0001-ann/episode-1.jsonl").read_bytes() == ROWS + b"{}\n"
    assert (await bob.say("look"))["stage"] == "paired"


@pytest.mark.parametrize(
    ("status", "headers"),
    [
        (403, {"origin": "https://evil.test"}), (403, {"origin": "null"}), (403, {"origin": "http://lab.test.evil.test"}),
        (200, {"origin": "http://lab.test"}), (200, {}), (415, {"content_type": "text/plain"}), (415, {"content_type": ""}),
        (413, {"content_length": "999999999999999999999"}), (200, {"content_type": "application/json; charset=utf-8"}),
    ],
)  # fmt: skip
async def test_only_pages_of_this_server_may_ask_and_only_in_json(server, status, headers):
    headers = {"content_type": "application/json", **headers}
    assert (await server.post("arrive", b'{"participant":"ann"}', **headers))[0] == status


@pytest.mark.parametrize("content", [b"", b"[]", b"{", b"nan", b"\xff", b"[" * 5000, b'{"participant":"../x"}', b"{}"])
async def test_a_body_that_is_none_is_refused_in_a_sentence(server, content):
    status, told = await server.post("arrive", content, content_type="application/json")
    assert status == 400 and told["code"] == "malformed" and "\n" not in told["error"]
    assert not list((server.plan.folder / "participants").iterdir())


async def test_a_body_without_an_end_is_not_read_to_its_end(server):
    status, _ = await server.post("arrive", b" " * 20_000, content_type="application/json")
    assert status == 413


@pytest.mark.parametrize("trips", [None, [], [1, 2], [1] * 33, [1, 2, "3"], [1, 2, -1], [1, 2, 1e9], [True] * 3, "fast", {}])
async def test_round_trips_must_be_numbers(server, trips):
    ann = Person(server, "ann")
    await ann.arrive()
    await ann.say("agree", agreed=True)
    assert (await ann.say("ready", 400, rtt_ms=trips))["code"] == "malformed"


async def test_too_many_arrivals_of_one_address_wait(server):
    people = [Person(server, f"p{number}") for number in range(121)]
    for person in people[:120]:
        await person.arrive()
    assert (await people[120].arrive(429))["code"] == "too_many"
    await people[0].say("look")  # who is in goes on
    server.clock.now += 1
    await people[120].arrive()


async def test_a_stranger_s_upload_is_not_read(server):
    taken = []

    def never():
        taken.append(1)
        return b"x"

    class Body(list):
        def pop(self, at):
            return never()

    status, told = await server.post(
        "upload", Body(), query=f"episode=1&piece=0&sha256={'0' * 64}", content_type="application/x-ndjson"
    )
    assert status == 403 and told["code"] == "token" and not taken


async def test_an_ending_without_a_code_has_no_button(serve):
    server = serve(url="https://x.test/?cc={code}")
    ann = Person(server, "ann")
    await ann.arrive()
    assert "completion_url" not in await ann.say("agree", agreed=False)


async def test_too_many_requests_of_one_address_wait(server):
    statuses = [(await server.post("ping", b"{}", content_type="application/json"))[0] for _ in range(1001)]
    assert statuses[:1000] == [200] * 1000 and statuses[-1] == 429
    server.clock.now += 1
    assert (await server.post("ping", b"{}", content_type="application/json"))[0] == 200


async def test_a_disk_that_takes_nothing_is_told_and_nothing_is_made_up(server, monkeypatch):
    ann = Person(server, "ann")
    await ann.arrive()

    def full(events):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(server.desk._store, "note", full)
    assert "No space left" in (await ann.say("agree", 503, agreed=True))["error"]
    monkeypatch.undo()
    await ann.say("look", 503)  # until somebody starts it again, with what is written
    server.restart()
    assert (await ann.say("look"))["stage"] == "arrived"


async def test_a_lobby_without_a_room_keeps_both_waiting(server, monkeypatch):
    from signaling.refusals import Refusal

    def busy():
        raise Refusal("busy", "too many rooms")

    server.desk.open_room = busy
    ann, bob = Person(server, "ann"), Person(server, "bob")
    await ann.wait()
    assert (await bob.wait())["stage"] == "waiting"
    server.desk.open_room = server.open_room
    assert (await ann.say("look"))["stage"] == "paired"


def test_a_folder_is_of_one_study_and_one_server(tmp_path):
    server = Server(plan_of(tmp_path))
    with pytest.raises(UsageError, match="another server runs a study"):
        Server(plan_of(tmp_path))
    server.desk.close()
    with pytest.raises(UsageError, match="another game, number of episodes"):
        Server(plan_of(tmp_path, frames=99), Clock())
    Server(plan_of(tmp_path, title="new words")).desk.close()
    (tmp_path / "events.jsonl").write_text('{"at":1,"event":"agreed","who":[9]}\n')
    with pytest.raises(UsageError, match="not of a study"):
        Server(plan_of(tmp_path))
    (tmp_path / "events.jsonl").write_text("no\n{}\n")
    with pytest.raises(UsageError, match="line 1: this is no event"):
        Server(plan_of(tmp_path))
