"""A demo's peer answers when it is asked, tells what happens until the end, and plays as it was told."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from rollback.cli.demo_peer import _Peer
from rollback.cli.match_settings import MatchSettings
from rollback.envs.names import game_factory
from rollback.games import Pong
from rollback.net.transport import PathChanged
from rollback.netplay import WAIT, PlayResult
from rollback.types import DesyncFound, Ended, PeerInterrupted, Resynced, SessionStats, Synchronized

STATS = SessionStats(60, 3, 9, 0, {3: 3}, 59, 59, 59, {})


class Told:
    """Stands for the parent; what is told must be able to travel."""

    def __init__(self) -> None:
        self.lines: list[Any] = []

    def tell(self, message: Any) -> None:
        self.lines.append(json.loads(json.dumps(message)))


def peer(*, by_hand: bool = False, sabotage: int | None = None) -> tuple[_Peer, Told]:
    told = Told()
    settings = MatchSettings(game="pong", frames=60, seed=4).as_values()
    first = {
        "settings": settings,
        "server": "",
        "room": "",
        "name": "peer-1",
        "by_hand": by_hand,
        "keys": None,
        "replay": None,
        "bundles": "",
        "sabotage": sabotage,
    }
    return _Peer(told, first), told  # type: ignore[arg-type]


def frame(made: _Peer) -> None:
    session: Any = SimpleNamespace(stats=lambda: STATS)
    made._frame(session, SimpleNamespace(frame=60, reason="running"))  # type: ignore[arg-type]


def test_nothing_is_told_of_a_frame_unless_it_was_asked_for() -> None:
    made, told = peer()
    frame(made)
    assert told.lines == []


@pytest.mark.parametrize("wants_picture", [True, False])
def test_a_question_is_answered_once(wants_picture: bool) -> None:
    made, told = peer()
    made._question = {"picture": wants_picture}
    frame(made)
    frame(made)
    (line,) = told.lines
    assert line["answer"]["frame"] == 60
    assert line["answer"]["stats"]["rollbacks"] == 3
    assert ("picture" in line["answer"]) is wants_picture


def test_what_happens_is_told_until_the_end() -> None:
    made, told = peer()
    for event in (
        PathChanged("peer-2", "webrtc", "open"),
        Synchronized("peer-2"),
        PeerInterrupted("peer-2"),
        Ended("over", 60),
        PathChanged("peer-2", "none", "it left"),
    ):
        made._event(event)
    assert [(line["event"], line["path"]) for line in told.lines] == [
        ("peer-2 is reached directly: open", "webrtc"),
        ("peer-2 is ready", None),
        ("nothing is heard of peer-2", None),
        ("", None),
    ]


@pytest.mark.parametrize(
    ("events", "has_desync"),
    [([], False), ([DesyncFound(60, "peer-2")], True), ([DesyncFound(60, "peer-2"), Resynced(60)], False)],
)
def test_the_result_can_be_compared(events: list[Any], has_desync: bool) -> None:
    made, _ = peer()
    for event in events:
        made._event(event)
    values = made._values(PlayResult(60, 0xFF, STATS, Path("/tmp/r.rbr"), Ended("end_at", 60)))
    assert json.loads(json.dumps(values))["stats"] == values["stats"]
    assert values["checksum"] == "00000000000000ff"
    assert (values["frames"], values["ended"], values["replay"]) == (60, "end_at", "/tmp/r.rbr")
    assert values["desync"] is has_desync
    assert len(values["desyncs"]) == sum(isinstance(event, DesyncFound) for event in events)
    assert values["resyncs"] == sum(isinstance(event, Resynced) for event in events)


@pytest.mark.parametrize(("sabotage", "spoilt"), [(None, False), (60, True), (61, False)])
def test_a_peer_that_is_told_to_goes_wrong_at_a_frame(sabotage: int | None, spoilt: bool) -> None:
    made, _ = peer(sabotage=sabotage)
    other = Pong()
    for game in (made._game, other):
        game.reset(4)  # type: ignore[attr-defined]
    made._frame(SimpleNamespace(frame=59), SimpleNamespace(frame=59, reason="running"))  # type: ignore[arg-type]
    for game in (made._game, other):
        game.step(((False, False), (False, False)))
    assert (made._game.save() != other.save()) is spoilt


def test_a_game_that_cannot_be_compared_has_no_checksum() -> None:
    made, _ = peer()
    values = made._values(PlayResult(60, None, STATS, None, Ended("end_at", 60)))
    assert (values["checksum"], values["replay"]) == (None, None)


def test_by_hand_the_held_keys_are_the_action() -> None:
    made, _ = peer(by_hand=True)
    act = made._player(0)
    assert act(Pong(), 0) == (False, False)
    made._held = frozenset({"up"})
    assert act(Pong(), 0) == (True, False)


def test_otherwise_a_bot_plays_the_same_for_the_same_seed() -> None:
    game = Pong()
    acts = [peer()[0]._player(1) for _ in range(2)]
    assert [acts[0](game, 1) for _ in range(50)] == [acts[1](game, 1) for _ in range(50)]


def test_where_every_action_counts_the_peer_waits_for_its_person() -> None:
    made, _ = peer(by_hand=True)
    made._game = game = game_factory("gym:CartPole-v1")()
    made._first["keys"] = {"x": 1}
    act = made._player(0)
    assert act(game, 0) is WAIT
    made._held = frozenset({"x"})
    assert act(game, 0) == 1
    assert act(game, 0) is WAIT
    made._held = frozenset()
    assert act(game, 0) is WAIT
