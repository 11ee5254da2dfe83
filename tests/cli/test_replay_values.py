"""What a replay says becomes plain values, whatever a hostile file says instead."""

from __future__ import annotations

import json
from io import BytesIO
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rollback.cli.replay_show import replay_lines
from rollback.cli.replay_values import replay_values
from rollback.replays import Replay, ReplayHeader, ReplayWriter
from rollback.types import Confirmed

DESYNC: dict[str, Any] = {
    "peer": "bob",
    "frame": 4,
    "differences": [["ball.velocity[1]", "3", "4"], ["", "1", "missing"]],
    "left_out": 7,
    "inputs": [[3, [["01", "1"], ["00", "0"]]], [4, [["01", "1"], ["02", "2"]]]],
    "packages": {"rollback": "0.1.0"},
    "platform": "Linux",
    "has_state": True,
}


def replay(*events: tuple[int, str, Any], frames: int = 5, **header: Any) -> Replay:
    file = BytesIO()
    given_header = {"codecs": ("uint8",) * 2, "sizes": (1, 1), "names": ("ann", "bob"), "fps": 50, "game": "m:Game"}
    with ReplayWriter(file, ReplayHeader(**(given_header | header))) as writer:
        for frame in range(frames):
            writer.add(Confirmed(frame, (), (b"\1", b"\2")))
        writer.checksum(3, 7)
        for event in events:
            writer.event(*event)
        writer.close(255, "end_at")
    return Replay.open(BytesIO(file.getvalue()))


def test_all_that_the_file_says_is_told() -> None:
    values = replay_values(replay((2, "peer left", {"peer": "bob", "players": (1,)}), recorded_at=0.0, extra={"a": 1}))
    assert json.loads(json.dumps(values)) == values
    assert values["players"][1] == {"player": 2, "name": "bob", "controller": "", "codec": "uint8"}
    assert (values["game"], values["frames"], values["seconds"], values["reason"]) == ("m:Game", 5, 0.1, "end_at")
    assert (values["checksums"], values["final_checksum"], values["keyframes"]) == (1, "00000000000000ff", [])
    assert (values["recorded_at"], values["extra"]) == ("1970-01-01T00:00:00+00:00", {"a": 1})
    assert values["events"] == [{"frame": 2, "kind": "peer left", "data": {"peer": "bob", "players": [1]}}]
    assert (values["complete"], values["damage"], values["desyncs"]) == (True, "", [])


def test_a_desync_is_told_at_length_once() -> None:
    values = replay_values(replay((4, "desync", DESYNC)))
    (desync,) = values["desyncs"]
    assert desync["differences"][0] == {"path": "ball.velocity[1]", "ours": "3", "theirs": "4"}
    assert desync["inputs"][1] == {
        "frame": 4,
        "players": [{"input": "01", "action": "1"}, {"input": "02", "action": "2"}],
    }
    assert (desync["frame"], desync["peer"], desync["left_out"], desync["has_state"]) == (4, "bob", 7, True)
    assert (desync["packages"], desync["platform"]) == ({"rollback": "0.1.0"}, "Linux")
    assert "inputs" not in values["events"][0]["data"]


def test_a_desync_of_an_ordinary_replay_is_an_event_like_others() -> None:
    data = {"frame": 4, "peer": "bob", "differences": ["a: 1 != 2"], "bundle": "x.rbr"}
    values = replay_values(replay((4, "desync", data)))
    assert values["desyncs"] == [] and values["events"][0]["data"] == data


@pytest.mark.parametrize("seconds", [9e11, -9e11, 300_000_000_000])
def test_a_time_that_no_calendar_has_is_none(seconds: float) -> None:
    assert replay_values(replay(recorded_at=seconds))["recorded_at"] is None


@pytest.mark.parametrize(
    ("given_value", "told"),
    [
        (10**30, "1" + "0" * 30),
        (10**6000, "<int too large to show>"),
        (float("nan"), "nan"),
        (float("-inf"), "-inf"),
        (b"\0\xff", "b'\\x00\\xff'"),
        ({(1, 2): {None: "x"}}, {"(1, 2)": {"": "x"}}),
        ([[[[[[[[[[1]]]]]]]]]], [[[[[[[["[[1]]"]]]]]]]]),
    ],
    ids=["wide", "huge", "nan", "infinite", "bytes", "keys", "deep"],
)
def test_what_json_does_not_know_is_told_as_text(given_value: Any, told: Any) -> None:
    (event,) = replay_values(replay((1, "odd", given_value)))["events"]
    assert event["data"] == told


trees = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5) | st.binary(max_size=5),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=3), inner, max_size=4),
    max_leaves=12,
)
hostile = st.fixed_dictionaries({}, optional={name: trees for name in DESYNC}) | trees


@given(data=hostile | st.fixed_dictionaries({name: st.just(value) | trees for name, value in DESYNC.items()}))
def test_no_event_of_any_form_does_more_than_be_told(data: Any) -> None:
    values = replay_values(replay((1, "desync", data), (2, "\x1b]0;owned\7", data)))
    json.loads(json.dumps(values, allow_nan=False))
    lines = replay_lines("f.rbr", values)
    assert all(line.isprintable() for line in lines)
    assert len(lines) < 200
