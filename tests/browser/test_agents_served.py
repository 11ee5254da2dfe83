"""A partner is trained and put in front of people by two commands: in the browser, alone, and as the opponent of a study."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any, Final

import pytest

from rollback.agents.playing import policy_from
from rollback.agents.races import RACES, rooms
from rollback.cli.app import run
from rollback.game import codecs_of
from rollback.replays import Replay
from tests.browser.arena import Arena
from tests.browser.seats import ending
from tests.browser.stage import Tab

pytestmark = pytest.mark.timeout(300)  # a busy machine is no failure

GAME: Final = RACES["rooms"]
FRAMES: Final = 120
WITHIN: Final = 120.0
REPLAY: Final = "() => Array.from(client.facts().ended.data)"
STUDY: Final = f"""
title = "Racing"
game = "{GAME}"
consent = "May we record?"
opponent = "runs/partner/best.npz"
frames = {FRAMES}
[session]
input_delay = 0
"""


@pytest.fixture
def partner(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Path:
    """An agent that learned for a moment, by the command for it."""
    words = ["gridworld?layout=rooms", "--episodes", "300", "--evaluate", "20", "--name", "partner"]
    assert run(["train", *words, "--runs", str(tmp_path / "runs")]) == 0, capsys.readouterr().err
    return tmp_path / "runs" / "partner" / "best.npz"


def rows(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def check_it_played(partner: Path, seed: int, inputs: list[list[bytes]]) -> None:
    """Hold that player 1 did in every frame what this agent does here."""
    game = rooms()
    game.reset(seed)
    policy, memory = policy_from(partner, game, 1), None
    codecs, done = codecs_of(game), []
    for frame, given in enumerate(inputs):
        action, memory = policy.act(game.observe(1), memory)
        assert codecs[1].encode(action) == given[1], f"in frame {frame} somebody else played"
        done.append(given[1])
        game.step([codec.decode(each) for codec, each in zip(codecs, given, strict=True)])
    assert len(done) == FRAMES and len(set(done)) > 1, "the premise: it did something"


def participant(arena: Arena) -> Tab:
    """Go through the study by its link."""
    tab = arena.open("/?study=1&participant=ann", shared=True)
    tab.until("() => document.body.dataset.study === 'consent'", WITHIN)
    tab.click("I agree to take part")
    tab.until("() => document.body.dataset.study === 'end'", WITHIN)
    return tab


def test_two_commands_train_a_partner_and_put_it_in_front_of_people(
    arena: Arena, partner: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "study.toml").write_text(STUDY, encoding="utf-8")
    arena.serve("--study", str(tmp_path / "study.toml"), "--agent", f"walker={partner}")
    digest = hashlib.sha256(partner.read_bytes()).hexdigest()

    page = participant(arena)
    assert "You have played all matches" in page.evaluate("() => document.querySelector('#study').innerText")
    data = tmp_path / "study-data"
    start, *frames, end = rows(data / "participants" / "0001-ann" / "episode-1.jsonl")
    assert (start["record"], start["agent"], start["game"], end["record"]) == ("start", digest, GAME, "end")
    assert {tuple(row["controller"]) for row in frames} == {("human", "bot")}
    check_it_played(partner, start["seed"], [[bytes.fromhex(each) for each in row["input"]] for row in frames])
    assert json.loads((data / "participants" / "0001-ann" / "manifest.json").read_text())["agent"] == digest
    assert rows(data / "events.jsonl")[0]["agent"] == {"file": "runs/partner/best.npz", "sha256": digest}
    assert hashlib.sha256((data / "opponent.npz").read_bytes()).hexdigest() == digest

    alone = arena.open(f"/?solo=walker&game={GAME}&frames={FRAMES}", shared=True)
    told = ending(alone)
    assert told["frames"] == FRAMES and told["reason"] in ("over", "end_at"), told
    path = tmp_path / "alone.rbr"
    path.write_bytes(bytes(alone.evaluate(REPLAY)))
    assert run(["replay", "verify", str(path), "--game", GAME]) == 0, capsys.readouterr().err
    replay = Replay.open(path)
    assert list(replay.header.names) == ["you", "walker"]
