"""Participants in real browsers, through whole studies: consent, waiting, matches, data, codes."""

from __future__ import annotations

import hashlib
import json
import time
from pathlib import Path
from typing import Any

import pytest

from tests.browser.arena import Arena
from tests.browser.stage import Tab

pytestmark = pytest.mark.timeout(300)  # a busy machine is no failure

WITHIN = 120.0
LONG = "duel"  # a match that is not over by itself within a minute and a half
TIMING = {"seconds", "predicted", "rollback_depth", "rtt_ms", "captured_frame", "input_delay"}


def serve(arena: Arena, folder: Path, text: str, game: str = "pong") -> Path:
    """Serve a study that the text says more of, and return the folder of its data."""
    path = folder / "study.toml"
    path.write_text(
        f'title = "In pairs"\ngame = "{game}"\nconsent = "May we record?\\nYou can leave."\n{text}', encoding="utf-8"
    )
    arena.serve("--study", str(path))
    return folder / "study-data"


def shows(tab: Tab, key: str, within: float = WITHIN) -> None:
    """Wait until the page shows this."""
    tab.until(f"() => document.body.dataset.study === '{key}'", within)


def text(tab: Tab) -> str:
    return str(tab.evaluate("() => document.querySelector('#study').innerText"))


def agree(tab: Tab) -> None:
    shows(tab, "consent")
    tab.click("I agree to take part")


def code(tab: Tab) -> str:
    shows(tab, "end")
    return str(tab.evaluate("() => document.querySelector('#completion-code')?.value ?? ''"))


def lines(folder: Path, name: str, episode: int) -> list[dict[str, Any]]:
    path = folder / "participants" / name / f"episode-{episode}.jsonl"
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def frames(folder: Path, name: str, episode: int) -> list[dict[str, Any]]:
    """Return what both of a pair must agree on."""
    rows = [row for row in lines(folder, name, episode) if row["record"] == "frame"]
    return [{key: row[key] for key in row.keys() - TIMING} for row in rows]


def events(folder: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (folder / "events.jsonl").read_text(encoding="utf-8").splitlines()]


def press_until(tab_of_end: Tab, *tabs: Tab) -> None:
    """Press keys in all pages until one shows the end, so that there is something to guess wrongly."""
    until, held = time.monotonic() + WITHIN, False
    while tab_of_end.evaluate("() => document.body.dataset.study") != "end":
        assert time.monotonic() < until, [text(tab) for tab in tabs]
        held = not held
        for tab in tabs:
            tab.press("ArrowUp", down=held)


@pytest.mark.nightly
def test_two_participants_come_through_a_whole_study(arena: Arena, tmp_path: Path) -> None:
    data = serve(
        arena,
        tmp_path,
        'episodes = 2\nframes = 240\nmax_rtt_ms = 5000\ndebrief = "Thank you <b>all</b>"\n'
        '[codes]\nurl = "https://survey.example/complete?cc={code}"\n',
    )
    rough = "&latency=40,10,0.03"
    ann = arena.open(f"/?study=1&participant=ann-1{rough}")
    agree(ann)
    shows(ann, "waiting")
    assert "At most" in text(ann)
    bob = arena.open(f"/?study=1&PROLIFIC_PID=bob&STUDY_ID=s1&SESSION_ID=v1{rough}")
    agree(bob)
    press_until(ann, ann, bob)
    codes = [code(tab) for tab in (ann, bob)]
    assert len(set(codes)) == 2 and all(len(each) == 10 for each in codes)
    ann.screenshot(tmp_path / "end.png")
    assert "Thank you <b>all</b>" in text(ann) and "Thank you!" in text(ann)
    link = ann.evaluate("() => document.querySelector('#study a').href")
    assert link == f"https://survey.example/complete?cc={codes[0]}"
    for episode in (1, 2):
        one, other = (frames(data, name, episode) for name in ("0001-ann-1", "0002-bob"))
        assert one == other and [row["frame"] for row in one] == list(range(240))
        assert len({tuple(row["input"]) for row in one}) > 1, "the premise: keys were pressed"
        starts = [lines(data, name, episode)[0] for name in ("0001-ann-1", "0002-bob")]
        assert sorted(start["local"] for start in starts) == [[0], [1]] and starts[0]["seed"] == starts[1]["seed"]
    depths = [row.get("rollback_depth") or 0 for name in ("0001-ann-1", "0002-bob") for row in lines(data, name, 1)]
    assert max(depths) > 0, "the premise: the line was rough"
    for name in ("0001-ann-1", "0002-bob"):
        folder = data / "participants" / name
        told = json.loads((folder / "manifest.json").read_text())
        assert told["kind"] == "complete" and list(told["episodes"]) == ["1", "2"]
        for part in told["episodes"].values():
            assert hashlib.sha256((folder / part["file"]).read_bytes()).hexdigest() == part["sha256"]
    played = [event for event in events(data) if event["event"] == "played"]
    assert len(played) == 4 and len({(event["episode"], event["checksum"]) for event in played}) == 2


@pytest.mark.nightly
def test_against_a_bot_a_reload_goes_on_and_a_second_browser_is_refused(arena: Arena, tmp_path: Path) -> None:
    data = serve(arena, tmp_path, 'opponent = "random"\nepisodes = 2\nframes = 300\n[codes]\ncomplete = "DONE-7"\n')
    for wrong, said in (("../x", "letters, digits and hyphens"), ("", "letters, digits and hyphens")):
        other = arena.open(f"/?study=1&participant={wrong}")
        shows(other, "stopped")
        assert said in text(other)
        arena.leave(other)
    ann = arena.open("/?study=1&participant=ann")
    shows(ann, "consent")
    other = arena.open("/?study=1&participant=ann")
    shows(other, "stopped")
    assert "already" in text(other)
    arena.leave(other)
    agree(ann)
    until = time.monotonic() + WITHIN
    while not (data / "participants" / "0001-ann" / "episode-1.jsonl").exists():
        assert time.monotonic() < until, text(ann)
        ann.evaluate("() => 0")
    ann.visit("/?study=1&participant=ann")
    assert code(ann) == "DONE-7"
    assert [path.name for path in (data / "participants").iterdir()] == ["0001-ann"]
    first, second = (lines(data, "0001-ann", episode) for episode in (1, 2))
    assert [row["record"] for row in first].count("start") == 2  # both beginnings of it are there, and told apart
    assert [row["record"] for row in second].count("start") == 1 and second[0]["local"] == [0, 1]
    assert [row["frame"] for row in second if row["record"] == "frame"] == list(range(300))
    assert second[1]["controller"] == ["human", "bot"]


@pytest.mark.nightly
def test_who_is_left_alone_is_told_fairly_and_the_data_are_kept(arena: Arena, tmp_path: Path) -> None:
    data = serve(arena, tmp_path, "frames = 6000\n", LONG)
    ann, bob = (arena.open(f"/?study=1&participant={name}") for name in ("ann", "bob"))
    agree(ann)
    agree(bob)
    for tab in (ann, bob):
        tab.until("() => client.facts().picture?.frame > 200", WITHIN)
    bob.click("Leave the study")
    bob.click("Really leave?")
    assert code(bob) == "" and "You have left the study" in text(bob)
    assert len(code(ann)) == 10 and "not your fault" in text(ann)
    names = {event["participant"]: event["who"][0] for event in events(data) if event["event"] == "arrived"}
    kinds = {event["who"][0]: event["kind"] for event in events(data) if event["event"] == "ended"}
    assert {name: kinds[number] for name, number in names.items()} == {"ann": "partner_left", "bob": "withdrew"}
    one, other = (frames(data, f"{names[name]:04d}-{name}", 1) for name in ("ann", "bob"))
    both = min(len(one), len(other))
    assert both > 150 and one[:both] == other[:both]


@pytest.mark.nightly
def test_a_reload_and_a_new_server_in_the_middle_go_on_with_the_same_match(arena: Arena, tmp_path: Path) -> None:
    study = "frames = 1200\n"
    data = serve(arena, tmp_path, study, LONG)
    ann, bob = (arena.open(f"/?study=1&participant={name}") for name in ("ann", "bob"))
    agree(ann)
    agree(bob)
    for tab in (ann, bob):
        tab.until("() => client.facts().picture?.frame > 250", WITHIN)
    bob.visit("/?study=1&participant=bob")
    for tab in (ann, bob):
        tab.until("() => client.facts().picture?.frame > 400 && client.facts().stats?.path === 'webrtc'", WITHIN)
    arena.stop()
    ann.until("() => document.querySelector('#line').textContent.includes('Trying again')", WITHIN)
    serve(arena, tmp_path, study, LONG)
    press_until(ann, ann, bob)
    assert all(len(code(tab)) == 10 for tab in (ann, bob))
    assert [event["kind"] for event in events(data) if event["event"] in ("finished", "ended")] == ["complete"] * 2
    names = {event["participant"]: event["who"][0] for event in events(data) if event["event"] == "arrived"}
    one, other = ({row["frame"]: row for row in frames(data, f"{names[name]:04d}-{name}", 1)} for name in ("ann", "bob"))
    (total,) = {event["frames"] for event in events(data) if event["event"] == "played"}
    assert sorted(one) == list(range(total)) and total > 600 and len(other) > total / 2 and total - 1 in other
    for frame, row in other.items():  # who came back does not know of all frames who played the others
        told = [theirs or ours for theirs, ours in zip(row["controller"], one[frame]["controller"], strict=True)]
        assert one[frame] == {**row, "controller": told}
    records = [row["record"] for row in lines(data, f"{names['bob']:04d}-bob", 1)]
    assert records.count("start") == 2
    checksums = {event["checksum"] for event in events(data) if event["event"] == "played"}
    assert len(checksums) == 1


@pytest.mark.nightly
def test_a_line_that_is_too_slow_is_told_to_both_during_play(arena: Arena, tmp_path: Path) -> None:
    data = serve(
        arena, tmp_path, "frames = 6000\nmax_rtt_ms = 600\n[session]\ninput_delay = 20\nprediction_window = 60\n", LONG
    )
    ann, bob = (arena.open(f"/?study=1&participant={name}&latency=700") for name in ("ann", "bob"))
    agree(ann)
    agree(bob)
    assert all(len(code(tab)) == 10 and "too slow" in text(tab) for tab in (ann, bob))
    (ended,) = [event for event in events(data) if event["event"] == "ended"]
    assert ended["kind"] == "slow_connection" and len(ended["who"]) == 2
    assert "between the two" in ended["detail"]
