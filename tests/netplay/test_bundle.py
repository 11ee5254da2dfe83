from __future__ import annotations

import random

import pytest

from rollback.errors import ReplayError
from rollback.game import Raw, UInt
from rollback.netplay import bundle as module
from rollback.netplay.bundle import NO_STATE, ROOM, write_bundle
from rollback.netplay.tape import Tape
from rollback.replays import Replay, ReplayHeader
from rollback.replays.limits import MAX_EVENT
from rollback.state import MISSING, Difference
from rollback.types import DesyncFound
from rollback.wire.tree import pack_tree

PLACES = (Difference("ball.velocity[1]", 3, 4), Difference("more", MISSING, [1, 2]))


def tape(frames=100, players=2, size=1):
    header = ReplayHeader(
        codecs=(f"raw{size}",) * players,
        sizes=(size,) * players,
        packages={"rollback": "9.9"},
        names=("ann",) * players,
    )
    made = Tape(header)
    for frame in range(frames):
        made.add([tuple(bytes([frame % 256]) * size for _ in range(players))])
    return made


def written(folder, found=None, *, room="K7QW-3MZP", state=NO_STATE, **options):
    codecs = (UInt(8), UInt(8))
    return write_bundle(folder, room, found or DesyncFound(60, "bob", PLACES), tape(**options), codecs, state)


def test_a_bundle_is_a_whole_replay_with_all_there_is_to_know(tmp_path):
    replay = Replay.open(written(tmp_path, state={"ball": 3}))
    assert replay.complete and replay.frames == 100
    assert replay.reason == "desync with bob: the states of frame 60 differ"
    assert dict(replay.keyframes) == {60: {"ball": 3}}
    (event,) = replay.events
    assert (event.frame, event.kind) == (60, "desync")
    data = event.data
    assert (data["peer"], data["frame"], data["left_out"], data["has_state"]) == ("bob", 60, 0, True)
    assert data["differences"] == [["ball.velocity[1]", "3", "4"], ["more", "missing", "[1, 2]"]]
    assert data["packages"] == {"rollback": "9.9"} and data["platform"]
    assert [frame for frame, _ in data["inputs"]] == list(range(44, 64))
    assert data["inputs"][0] == [44, [["2c", "44"], ["2c", "44"]]]


def test_it_is_named_after_room_frame_and_time(tmp_path):
    name = written(tmp_path).name
    assert name.startswith("rollback-desync-K7QW-3MZP-60-20") and name.endswith(".rbr")
    assert written(tmp_path, room="").name.startswith("rollback-desync-60-20")


@pytest.mark.parametrize("room", ["../../etc/passwd", "a/b", "\0", "ü" * 300, "x" * 5000, "..", "-" * 90])
def test_a_code_that_a_server_made_up_names_no_other_folder(tmp_path, room):
    (tmp_path / "here").mkdir()
    path = written(tmp_path / "here", room=room)
    assert path.parent == tmp_path / "here" and path.exists()
    assert [each.name for each in tmp_path.iterdir()] == ["here"]


def test_none_is_overwritten(tmp_path, monkeypatch):
    monkeypatch.setattr(module.time, "strftime", lambda form: "20250101-120000")
    paths = [written(tmp_path, frames=frames) for frames in (70, 80, 90)]
    assert len(set(paths)) == 3
    assert [Replay.open(path).frames for path in paths] == [70, 80, 90]
    assert paths[1].stem == paths[0].stem + "-2"
    monkeypatch.setattr(module, "SAME_NAME", 3)
    with pytest.raises(ReplayError, match="3 of that name are in"):
        written(tmp_path)


def test_what_cannot_be_written_is_told_and_leaves_nothing(tmp_path, monkeypatch):
    with pytest.raises(ReplayError, match=r"nowhere.*cannot be written: No such file"):
        written(tmp_path / "nowhere")

    def full(writer, frame, state):
        raise ReplayError("no space left on device")

    monkeypatch.setattr(module.ReplayWriter, "keyframe", full)
    with pytest.raises(ReplayError, match="no space left"):
        written(tmp_path, state=1)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("state", [NO_STATE, object(), {"wide": bytes(17 * 2**20)}], ids=["none", "opaque", "too large"])
def test_a_state_that_no_file_can_hold_is_left_out(tmp_path, state):
    path = written(tmp_path, state=state)
    replay = Replay.open(path)
    assert replay.complete and not replay.keyframes and replay.events[0].data["has_state"] is False
    assert path.stat().st_size < 10_000


@pytest.mark.parametrize("seed", range(5))
def test_however_much_differs_the_event_is_bounded_and_says_what_it_leaves_out(tmp_path, seed):
    dice = random.Random(seed)
    places = tuple(
        Difference("ü" * dice.randrange(3000), "\U0001f3d3" * dice.randrange(200), dice.randbytes(5000)) for _ in range(100)
    )
    made = tape(players=16, size=64)
    (event,) = Replay.open(write_bundle(tmp_path, "A", DesyncFound(60, "bob", places), made, (Raw(64),) * 16)).events
    told = event.data
    assert 0 < len(told["differences"]) < 100 and len(told["differences"]) + told["left_out"] == 100
    assert ROOM < len(pack_tree(told)) < 2 * ROOM + 2000 < MAX_EVENT
    frames = [frame for frame, _ in told["inputs"]]
    assert frames == sorted(frames) and {59, 60} <= set(frames) < set(range(44, 64))


@pytest.mark.parametrize(("frame", "told"), [(0, [0, 1]), (2, [0, 1]), (500, [])])
def test_inputs_that_are_not_there_are_not_told(tmp_path, frame, told):
    (event,) = Replay.open(written(tmp_path, DesyncFound(frame, "bob"), frames=2)).events
    assert [at for at, _ in event.data["inputs"]] == told
    assert event.data["differences"] == []
