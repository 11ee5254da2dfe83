"""A page and native peers in one match: the same engine on two runtimes, and the same end."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.browser.arena import Arena
from tests.browser.seats import ROUGH, create, ending, follow, news, play, until

pytestmark = pytest.mark.timeout(300)  # a busy machine is no failure

NATIVE = ["--latency-ms", "80", "--jitter-ms", "20", "--loss", "0.05"]


def code_of(link: str) -> str:
    return link.rpartition("=")[2]


@pytest.mark.parametrize("frames", [240, pytest.param(1800, marks=pytest.mark.nightly)])
def test_a_page_plays_a_native_bot_and_they_agree(arena: Arena, frames: int, tmp_path: Path) -> None:
    ann, link = create(arena, f"name=ann&latency={ROUGH}&frames={frames}")
    replay = tmp_path / "bot.rbr"
    options = ["--bot", "best", "--name", "bob", "--frames", str(frames), "--json", "--replay", str(replay), *NATIVE]
    with arena.peer("play", code_of(link), *options) as bot:
        (told,) = play(ann)
        assert bot.code() == 0, bot.said
    result = bot.result()
    assert told["checksum"] == result["checksum"] and told["frames"] == result["frames"]
    assert told["rollbacks"] > 0 and result["rollbacks"] > 0
    assert news(ann)["stats"]["path"] == result["path"] == "webrtc"


@pytest.mark.nightly
def test_a_terminal_watches_pages_and_a_page_watches_too(arena: Arena) -> None:
    common = "bot=best&frames=500&latency=20,5,0"
    ann, link = create(arena, f"name=ann&{common}")
    bob = follow(arena, link, f"name=bob&{common}")
    until(ann, "facts.picture?.frame > 30")
    page = follow(arena, link, "name=dee&watch=1")
    with arena.peer("watch", code_of(link), "--json", "--no-view") as terminal:
        endings = [ending(tab) for tab in (ann, bob, page)]
        seen = json.loads(terminal.wait_for(r"\{.*\}\n", where="out")[0])
    assert {told["checksum"] for told in endings} == {seen["checksum"]}
    assert {told["frames"] for told in endings} == {seen["frames"]} == {500}
