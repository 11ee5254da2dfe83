"""A desync on purpose, with real processes over WebRTC: found, named on both sides, stopped or mended, looked into."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.network.program import program, within

BAD_NETWORK = ["--latency-ms", "30", "--jitter-ms", "10", "--loss", "0.05"]


def arguments(folder: Path, on_desync: str, *more: str) -> list[str]:
    replay = ["--replay", str(folder / "match.rbr")]
    return ["demo", "--frames", "240", "--sabotage", "70", "--on-desync", on_desync, *replay, *BAD_NETWORK, *more]


def both(result: dict[str, Any]) -> list[dict[str, Any]]:
    (ours,), (theirs,) = result["desyncs"]
    assert ours["frame"] == theirs["frame"] == 120
    assert ours["differences"], "the field is named"
    swapped = [{"path": at["path"], "ours": at["theirs"], "theirs": at["ours"]} for at in theirs["differences"]]
    assert ours["differences"] == swapped
    return [ours, theirs]


@pytest.mark.parametrize("game", [pytest.param("pong", marks=pytest.mark.nightly), "duel"])
def test_both_sides_stop_and_name_the_same_frame_and_fields(game: str, tmp_path: Path) -> None:
    with program(*arguments(tmp_path, "stop", "--json", "--game", game)) as running:
        assert running.code() == 1, running.said
        result = running.result()
        assert running.said.count("the state of frame 120 differs from that of peer-") == 2
    assert result["parity"] is False
    assert "The peers do not agree: the states of frame 120 differ: " in result["verdict"]
    found = both(result)
    for desync in found:
        bundle = desync["bundle"]
        assert Path(bundle).parent == tmp_path and Path(bundle).name.startswith("rollback-desync-")
        showing = within("replay", "show", bundle, "--json")
        assert showing.code == 0
        (shown,) = json.loads(showing.out)["desyncs"]
        assert (shown["frame"], shown["peer"], shown["differences"]) == (120, desync["peer"], desync["differences"])
        assert len(shown["inputs"]) > 10 and shown["has_state"]
    verdicts = []
    for desync in found:
        verified = within("replay", "verify", desync["bundle"], "--json")
        verdicts.append((verified.code, json.loads(verified.out)[0]["first_bad_frame"]))
    assert verdicts == [(0, None), (1, 120)], "the bundle of the peer that went wrong does not come out again"


@pytest.mark.nightly
def test_resynced_they_go_on_and_end_in_one_state(tmp_path: Path) -> None:
    with program(*arguments(tmp_path, "resync")) as running:
        assert running.code() == 0, running.said
        assert "Both peers agree: after 240 frames" in running.out
        assert "and 1 desync that was mended" in running.out
        assert running.said.count("both sides took over one state at frame 120") == 2
        assert running.out.count("What is needed to look into the desync is in ") == 2
    assert len(list(tmp_path.glob("rollback-desync-*.rbr"))) == 2


@pytest.mark.nightly
def test_who_only_reports_ends_apart(tmp_path: Path) -> None:
    with program(*arguments(tmp_path, "report", "--json")) as running:
        assert running.code() == 1, running.said
        result = json.loads(running.out)
    assert result["parity"] is False and result["ended"] == ["end_at", "end_at"]
    assert result["desyncs"][0][0]["frame"] == 120


@pytest.mark.nightly
def test_the_delay_can_follow_the_line(tmp_path: Path) -> None:
    options = ["--input-delay", "auto", "--latency-ms", "150", "--frames", "240"]
    with program("demo", *options, "--replay", str(tmp_path / "r.rbr"), "--json") as running:
        assert running.code() == 0, running.said
        result = running.result()
    assert result["parity"] is True and result["rollbacks"] > 0
    assert all(peer["mean_depth"] < 6 for peer in result["peers"]), "with a delay of 2 they go more than 7 frames back"
