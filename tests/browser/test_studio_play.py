"""From the studio's page to a match: a trained agent plays in the page itself, or waits in a room and is played over WebRTC."""

from __future__ import annotations

import json
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from rollback.agents.checkpoints import RunFolder, Runs
from rollback.agents.training import make_algorithm
from rollback.cli.app import run
from rollback.net.lobby_tokens import STATE_VARIABLE
from rollback.replays import Replay
from tests.browser.arena import Arena
from tests.browser.seats import ROUGH, ending, news, until
from tests.browser.stage import Tab
from tests.network.program import PROGRAM, Program, children_of

pytestmark = pytest.mark.timeout(300)  # a busy machine is no failure

STUDIO = 8124  # the lobby beside it has the port that pages of the arena are visited at
PRESS = """() => {{
    const button = document.querySelector("{}");
    button?.click();
    return Boolean(button);
}}"""
AGENTS = "async () => (await (await fetch('/assets/manifest.json')).json()).agents"
RUN = PRESS.format("#runs button.choice")
AGENT = PRESS.format("#checkpoints button[aria-label='Play against it last-1']")
HERE = PRESS.format("#checkpoints button[aria-label='Play it here last-1']")
LINK = """() => document.querySelector("#news a")?.href"""


@pytest.fixture
def trained(tmp_path: Path) -> RunFolder:
    """A run of Tetris that has learned for a second."""
    algorithm = make_algorithm("cross-entropy", "tetris", {}, 1)
    algorithm.advance(20_000)
    facts = {"algorithm": "cross-entropy", "environment": "tetris", "parameters": algorithm.settings, "seed": 1, "episodes": 0}
    folder = Runs(tmp_path / "runs").create(facts, "stacker")
    folder.keep(algorithm.checkpoint())
    return folder


@pytest.fixture
def studio(arena: Arena, trained: RunFolder, tmp_path: Path) -> Iterator[Program]:
    """The studio and its lobby in the arena's network, in place of its server."""
    arena.stop()
    words = ["studio", "--port", str(STUDIO), "--lobby-port", arena.url.rpartition(":")[2], "--runs", str(trained.path.parent)]
    environment = {STATE_VARIABLE: str(tmp_path / "state"), "TMPDIR": str(tmp_path)}
    running = Program(words=arena.network.command(*PROGRAM, *words, "--json"), environment=environment)
    try:
        running.wait_for(r"\{.*\}\n", where="out")
        yield running
    finally:
        running.close()


def room_by_the_page(arena: Arena, studio: Program) -> tuple[str, list[str]]:
    """Press "Play against it" on the studio's page; return the room that its link leads to, and what was asked of whom."""
    told: dict[str, Any] = json.loads(studio.out)
    tab = arena.browser.new_tab()
    try:
        arena.browser.run(tab._page.goto(told["page"]))
        tab.until(RUN)
        tab.until(AGENT)
        link = tab.until(LINK)
        arena.browser.run(tab._page.goto(str(link)))
        address = tab.evaluate("() => location.href")
        assert address.startswith(f"{arena.url}/?room="), address
        assert tab.violations == [] and tab.errors == []
        return address.partition("=")[2], [*tab.requests, *tab.sockets]
    finally:
        arena.browser.run(tab.end())


def check_well_behaved(tab: Tab) -> None:
    seen = {"violations": tab.violations, "strangers": tab.strangers, "errors": tab.errors}
    assert not any(seen.values()), seen


@pytest.mark.parametrize("frames", [240, pytest.param(1800, marks=pytest.mark.nightly)])
def test_a_page_plays_tetris_against_the_agent_that_the_studio_trained(
    arena: Arena, studio: Program, trained: RunFolder, frames: int, capsys: pytest.CaptureFixture[str]
) -> None:
    room, asked = room_by_the_page(arena, studio)
    allowed = tuple(f"{kind}://127.0.0.1:{port}/" for kind in ("http", "ws") for port in (STUDIO, arena.url.rpartition(":")[2]))
    assert all(address.startswith((*allowed, "blob:", "data:")) for address in asked), asked
    page, played = arena.browser.new_tab(shared=True), []
    try:
        page.visit(f"/?room={room}&name=ann&bot=best&latency={ROUGH}&frames={frames}")
        while sum(told["frames"] for told in played) < frames:
            if played:  # somebody was out before: play the rest of the frames in further matches
                page.click("Play again")
                until(page, "!facts.ended")
            played.append(ending(page))
            assert played[-1]["reason"] in ("over", "end_at") and played[-1]["rollbacks"] > 0, played
        assert news(page)["stats"]["path"] == "webrtc"
        check_well_behaved(page)
    finally:
        arena.browser.run(page.end())
    studio.send(signal.SIGINT)  # with which the agent's process ends, and its replays are whole
    assert studio.code() == 130, studio.said
    for number, told in enumerate(played, 1):
        replay = trained.path / f"match-{room}{f'-{number}' * (number > 1)}.rbr"
        recorded = Replay.open(replay)
        assert recorded.complete and recorded.frames == told["frames"]
        assert told["checksum"] == f"{recorded.final_checksum:016x}", "the agent and the page came to different ends"
        assert run(["replay", "verify", str(replay)]) == 0, capsys.readouterr().err


@pytest.mark.nightly
def test_a_page_that_the_studio_led_there_plays_the_agent_itself_and_no_other_page_is_told_of_it(
    arena: Arena, studio: Program, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    told: dict[str, Any] = json.loads(studio.out)
    before = children_of(studio.process.pid)
    tab, stranger = arena.browser.new_tab(shared=True), arena.browser.new_tab()
    try:
        stranger.visit("/healthz")
        arena.browser.run(tab._page.goto(told["page"]))
        tab.until(RUN)
        tab.until(HERE)
        link = str(tab.until(LINK))
        name, _, _ = link.removeprefix(f"http://127.0.0.1:{STUDIO}/here/").partition("?key=")
        address = f"/?solo={name}&game=tetris"
        assert name.startswith("stacker-last-1-"), link
        arena.browser.run(tab._page.goto(link, wait_until="commit"))
        assert tab.evaluate("() => location.href") == f"{arena.url}{address}", "nothing secret stays in the address"
        assert (len(tab.evaluate(AGENTS)), stranger.evaluate(AGENTS)) == (1, [])
        tab.visit(f"{address}&frames=120")
        assert ending(tab)["frames"] == 120
        check_well_behaved(tab)
        (tmp_path / "here.rbr").write_bytes(bytes(tab.evaluate("() => Array.from(client.facts().ended.data)")))
        assert list(Replay.open(tmp_path / "here.rbr").header.names) == ["you", name]
        assert run(["replay", "verify", str(tmp_path / "here.rbr")]) == 0, capsys.readouterr().err
        assert children_of(studio.process.pid) == before, "it played in another process"
    finally:
        for each in (tab, stranger):
            arena.browser.run(each.end())
