"""The demo's verdict: true only if both came to the end with the same state, and a sentence for everything else."""

from __future__ import annotations

import json
from typing import Any

import pytest

from rollback.cli.demo_match import PeerState
from rollback.cli.demo_result import DemoResult
from rollback.cli.match_settings import MatchSettings

DESYNC: dict[str, Any] = {
    "frame": 60,
    "peer": "peer-1",
    "differences": [
        {"path": "ball[0]", "ours": "1", "theirs": "2"},
        {"path": "", "ours": "3", "theirs": "missing"},
    ],
    "bundle": "/tmp/it.rbr",
}
SETTINGS = MatchSettings(game="pong", frames=300)


def peer(number: int, failure: str = "", **changes: Any) -> PeerState:
    stats = {"rollbacks": 20 + number, "resimulated": 50, "stalls": number, "rtt_ms": 100.0 + 10 * number}
    result = {
        "frames": 300,
        "checksum": "00ff00ff00ff00ff",
        "stats": stats,
        "replay": "/tmp/r.rbr" if number == 1 else None,
        "ended": "end_at",
        "desync": False,
        "desyncs": [],
        "resyncs": 0,
    }
    state = PeerState(f"peer-{number}", path="webrtc", frame=300, failure=failure)
    state.result = None if failure else result | changes
    return state


def test_two_equal_ends_are_parity() -> None:
    result = DemoResult.of([peer(1), peer(2)], SETTINGS)
    assert result.parity
    assert result.code == 0
    assert result.sentence == (
        "Both peers agree: after 300 frames and 43 rollbacks their states are the same (checksum 00ff00ff00ff00ff)."
    )


def test_a_game_that_is_over_early_is_parity_too() -> None:
    ends = {"ended": "over", "frames": 120}
    result = DemoResult.of([peer(1, **ends), peer(2, **ends)], SETTINGS)
    assert result.parity
    assert "after 120 frames" in result.sentence


@pytest.mark.parametrize(
    ("changes", "code", "told"),
    [
        ({"checksum": "1111111111111111"}, 1, "do not agree: their last states have the checksums 00ff00ff00ff00ff"),
        ({"frames": 299}, 1, "at frame 299"),
        (
            {"desync": True, "desyncs": [DESYNC], "ended": "desync with peer-1: the states of frame 60 differ"},
            1,
            "do not agree: the states of frame 60 differ: ball[0]: 1 != 2; state: 3 != missing (peer-2's first).",
        ),
        (
            {"desync": True, "desyncs": [DESYNC, DESYNC | {"frame": 120, "differences": []}]},
            1,
            "do not agree: the states of frame 120 differ.",
        ),
        (
            {"ended": "peer-1 was lost: nothing was heard for 5 s"},
            3,
            "ended early for peer-2 at frame 300: peer-1 was lost",
        ),
        (
            {"ended": "step raised at frame 9:\nTraceback\n  x\nValueError: no"},
            1,
            "step raised at frame 9: ValueError: no.",
        ),
        ({"ended": "left"}, 3, "ended early"),
    ],
)
def test_all_else_is_none(changes: dict[str, Any], code: int, told: str) -> None:
    result = DemoResult.of([peer(1), peer(2, **changes)], SETTINGS)
    assert not result.parity
    assert result.code == code
    assert told in result.sentence
    assert "\n" not in result.sentence


def test_a_desync_that_was_mended_is_parity_and_is_told() -> None:
    mended = {"desyncs": [DESYNC, DESYNC | {"bundle": None}], "resyncs": 1}
    result = DemoResult.of([peer(1), peer(2, **mended)], SETTINGS)
    assert (result.parity, result.code) == (True, 0)
    assert "43 rollbacks, and 1 desync that was mended, their states are the same" in result.sentence
    assert result.bundles == ["/tmp/it.rbr"]
    assert (result.as_values()["resyncs"], result.as_values()["desyncs"]) == (1, [[], mended["desyncs"]])
    twice = DemoResult.of([peer(1, resyncs=2), peer(2)], SETTINGS)
    assert "and 2 desyncs that were mended," in twice.sentence


def test_a_dead_process_is_told_with_what_became_of_the_other_peer() -> None:
    other = peer(1, ended="peer-2 was lost: nothing was heard for 1 s", frames=47)
    other.frame = 47
    result = DemoResult.of([other, peer(2, "the process of peer-2 ended: SIGKILL")], SETTINGS)
    assert result.code == 3
    assert result.sentence.startswith("The process of peer-2 ended: SIGKILL. peer-1 ended at frame 47: peer-2 was lost")
    values = result.as_values()
    assert values["frames"] == 47
    assert values["replay"] == "/tmp/r.rbr"
    assert values["peers"][1] == {"name": "peer-2"}


def test_two_dead_processes_are_told_too() -> None:
    result = DemoResult.of([peer(1, "one"), peer(2, "two")], SETTINGS)
    assert (result.code, result.sentence) == (3, "One. Two.")
    assert result.as_values()["rtt_ms"] is None


def test_the_values_are_what_a_program_asks_for() -> None:
    values = DemoResult.of([peer(1), peer(2)], SETTINGS).as_values()
    assert values["parity"] is True
    assert values["frames"] == 300
    assert values["rollbacks"] == 43
    assert values["resimulated"] == 100
    assert values["stalls"] == 3
    assert values["checksums"] == ["00ff00ff00ff00ff"] * 2
    assert values["rtt_ms"] == 115.0
    assert values["replay"] == "/tmp/r.rbr"
    assert [each["rollbacks"] for each in values["peers"]] == [21, 22]
    assert json.loads(json.dumps(values)) == values


def test_all_of_several_peers_agree() -> None:
    result = DemoResult.of([peer(number) for number in (1, 2, 3, 4)], SETTINGS)
    assert (result.parity, result.code) == (True, 0)
    assert result.sentence.startswith("All 4 peers agree: after 300 frames and 90 rollbacks")
    values = result.as_values()
    assert values["checksums"] == ["00ff00ff00ff00ff"] * 4
    assert (values["rollbacks"], values["stalls"], len(values["peers"])) == (90, 10, 4)


@pytest.mark.parametrize("odd", [1, 2, 3])
def test_one_of_several_that_differs_is_enough(odd: int) -> None:
    made = [peer(1), peer(2), peer(3)]
    assert made[odd - 1].result is not None
    made[odd - 1].result["checksum"] = "1111111111111111"  # type: ignore[index]
    result = DemoResult.of(made, SETTINGS)
    assert (result.parity, result.code) == (False, 1)
    assert "at frame 300, " in result.sentence and "1111111111111111 at frame 300" in result.sentence


def test_the_most_mended_desyncs_of_any_peer_are_told() -> None:
    result = DemoResult.of([peer(1), peer(2), peer(3, resyncs=2)], SETTINGS)
    assert "and 2 desyncs that were mended" in result.sentence
