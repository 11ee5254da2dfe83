"""What the demo makes of what its two processes tell, one line after the other, without any process."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from rollback.cli import demo_match
from rollback.cli.demo_match import DemoMatch
from rollback.cli.match_settings import MatchSettings
from rollback.errors import NetworkError, UsageError


class FakeChild:
    """Tells the lines it was given, then ends."""

    def __init__(self, *lines: Mapping[str, Any], stays: bool = False) -> None:
        self.lines = list(lines)
        self.told: list[Any] = []
        self.ended = False
        self.stays = stays

    async def hear(self) -> Any:
        if self.lines:
            return self.lines.pop(0)
        if self.stays:
            await asyncio.Event().wait()
        return None

    def tell(self, message: Any) -> None:
        self.told.append(message)

    async def end(self) -> int:
        self.ended = True
        return -9

    def kill(self) -> None:
        self.ended = True

    def how_it_ended(self) -> str:
        return "it was ended by SIGKILL"


RESULT = {"frames": 60, "stats": {"rollbacks": 4}, "picture": {"text": "end"}, "ended": "end_at"}


def demo(*children: FakeChild, frames: int = 60, wants_pictures: bool = True) -> DemoMatch:
    settings = MatchSettings(game="pong", frames=frames)
    made = DemoMatch(settings, Path("/tmp/match.rbr"), by_hand=True, wants_pictures=wants_pictures)
    made._children = list(children)  # type: ignore[arg-type]
    return made


async def test_answers_and_results_become_what_is_known_of_a_peer() -> None:
    made = demo(
        FakeChild(
            {"ready": True},
            {"joined": 0},
            {"answer": {"frame": 10, "reason": "running", "stats": {"rollbacks": 2}, "picture": {"text": "now"}}},
            {"event": "peer-2 is reached directly", "path": "webrtc"},
            {"event": "", "path": None},
            {"result": RESULT},
        )
    )
    made._asked[0] = True
    await made._hear(0)
    peer = made.peers[0]
    assert made._ready[0].is_set()
    assert made._joined[0].is_set()
    assert made._asked[0] is False
    assert (peer.frame, peer.stats, peer.picture) == (60, {"rollbacks": 4}, {"text": "end"})
    assert (peer.path, peer.failure) == ("webrtc", "")
    assert made.news == ["peer-1: peer-2 is reached directly"]


async def test_an_answer_without_a_picture_leaves_the_last_one() -> None:
    made = demo(
        FakeChild(
            {"answer": {"frame": 1, "reason": "running", "stats": {"rollbacks": 0}, "picture": {"text": "one"}}},
            {"answer": {"frame": 2, "reason": "running", "stats": {"rollbacks": 0}}},
        )
    )
    await made._hear(0)
    assert made.peers[0].picture == {"text": "one"}
    assert made.peers[0].frame == 2


async def test_a_process_that_ends_without_a_result_is_a_failure() -> None:
    made = demo(FakeChild({"ready": True}))
    await made._hear(0)
    assert made.peers[0].failure == "the process of peer-1 ended before the match did: it was ended by SIGKILL"
    assert made.news == [made.peers[0].failure]
    made._raise_refusal()  # of the network, so the verdict tells it


async def test_a_refusal_of_what_was_asked_is_wrong_use() -> None:
    made = demo(FakeChild({"error": "pong cannot be played", "is_network": False}))
    await made._hear(0)
    with pytest.raises(UsageError, match="pong cannot be played"):
        made._raise_refusal()


async def test_a_trouble_of_the_network_is_told_by_the_verdict() -> None:
    made = demo(FakeChild({"error": "nobody came", "is_network": True}))
    await made._hear(0)
    made._raise_refusal()
    assert made.peers[0].failure == "nobody came"


@pytest.mark.parametrize("wants_pictures", [True, False])
async def test_each_peer_is_asked_once_until_it_answers(wants_pictures: bool) -> None:
    children = [FakeChild(stays=True), FakeChild(stays=True)]
    made = demo(*children, wants_pictures=wants_pictures)
    hearing = [asyncio.create_task(asyncio.Event().wait()) for _ in children]
    looks = 0

    def look() -> None:
        nonlocal looks
        looks += 1
        if looks == 4:
            made._asked[0] = False
        if looks == 6:
            for task in hearing:
                task.cancel()

    await made._until_over(hearing, look)  # type: ignore[arg-type]
    assert children[0].told == [{"ask": {"picture": wants_pictures}}] * 2
    assert children[1].told == [{"ask": {"picture": wants_pictures}}]


async def test_a_match_that_stands_still_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(demo_match, "STANDS_STILL", -1.0)
    made = demo(FakeChild(stays=True))
    hearing = asyncio.create_task(asyncio.Event().wait())
    with pytest.raises(NetworkError, match="the match stands still at frame 0"):
        await made._until_over([hearing], lambda: None)  # type: ignore[list-item]
    hearing.cancel()


async def test_waiting_for_a_peer_ends_with_its_process() -> None:
    made = demo(FakeChild())
    hearing = asyncio.create_task(made._hear(0))
    async with asyncio.timeout(10):
        await made._either(hearing, made._joined[0])
    assert not made._joined[0].is_set()


async def test_in_the_end_every_process_is_told_and_ended() -> None:
    children = [FakeChild(), FakeChild()]
    made = demo(*children)
    hearing = [asyncio.create_task(made._hear(seat)) for seat in range(2)]
    await made._end(hearing)
    assert all(child.told == [{"stop": True}] for child in children)
    assert all(child.ended for child in children)


def test_the_first_line_names_all_a_peer_needs() -> None:
    made = demo()
    first, second = (made._first(seat, peer, "http://127.0.0.1:1", "ROOM") for seat, peer in enumerate(made.peers))
    assert MatchSettings.of(first["settings"]) == made.settings
    assert (first["by_hand"], second["by_hand"]) == (True, False)
    assert (first["replay"], second["replay"]) == ("/tmp/match.rbr", None)
    assert (first["name"], second["name"]) == ("peer-1", "peer-2")


@pytest.mark.parametrize("players", [2, 3, 4])
def test_there_is_a_peer_for_each_player_and_the_first_may_be_a_person(players: int) -> None:
    settings = MatchSettings(game="pong", frames=60)
    keys = {"left": 0}
    made = DemoMatch(
        settings, Path("/tmp/m.rbr"), players=players, watchers=(1,), by_hand=True, keys=keys, sabotage=9, wants_pictures=False
    )
    assert [peer.name for peer in made.peers] == [f"peer-{number + 1}" for number in range(players)]
    assert [peer.by_hand for peer in made.peers] == [True] + [False] * (players - 1)
    assert [peer.watches for peer in made.peers] == [False, True] + [False] * (players - 2)
    firsts = [made._first(seat, peer, "http://127.0.0.1:1", "ROOM") for seat, peer in enumerate(made.peers)]
    assert [first["keys"] for first in firsts] == [keys] + [None] * (players - 1)
    assert [first["sabotage"] for first in firsts] == [None, 9] + [None] * (players - 2)
    assert len(made._ready) == len(made._joined) == len(made._asked) == players


@pytest.mark.parametrize(("reason", "is_progress"), [("paused", True), ("stalled", False)])
async def test_a_match_that_waits_for_somebody_who_thinks_does_not_stand_still(reason: str, is_progress: bool) -> None:
    made = demo(FakeChild())
    made._take(0, {"frame": 0, "reason": reason, "stats": {"rollbacks": 0}})
    assert (made._progress_at > 0.0) is is_progress
