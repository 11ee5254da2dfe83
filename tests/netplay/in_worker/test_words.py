"""What a page is told of events, ends and failures; which games are made for it; and the transport to nobody."""

from __future__ import annotations

import asyncio
import traceback
from pathlib import Path
from typing import Any

import pytest

from rollback.errors import GameError, MissingPackage, UsageError
from rollback.net.transport import PathChanged
from rollback.netplay.in_worker.news import news_of
from rollback.netplay.in_worker.no_peers import NoPeers
from rollback.netplay.in_worker.offered_games import OfferedGames
from rollback.netplay.in_worker.results import ended_message, failed_message, failure_of, taken_away
from rollback.types import Ended, PeerInterrupted, PeerLeft, PeerLost, PeerResumed, Synchronized

NEWS: list[tuple[Any, tuple[str, str] | None]] = [
    (Synchronized("bob"), ("bob is ready", "good")),
    (PeerInterrupted("bob"), ("nothing is heard of bob", "warning")),
    (PeerResumed("bob"), ("bob is heard again", "good")),
    (PeerLost("bob", (1,), "silence"), ("bob is lost: silence", "error")),
    (PeerLeft("bob", (1,), "ended"), None),
    (PathChanged("bob", "relay", ""), ("bob is reached through the lobby", "info")),
    (PathChanged("bob", "none", "it is gone"), ("bob cannot be reached now: it is gone", "warning")),
    (Ended("over", 9), None),
]


@pytest.mark.parametrize(("event", "says"), NEWS, ids=lambda each: str(each)[:40])
def test_an_event_is_told_with_what_it_means(event: Any, says: tuple[str, str] | None) -> None:
    assert news_of(event) == says


def test_who_watches_is_told_who_shows_the_match() -> None:
    assert news_of(Synchronized("ann"), watched=True) == ("the match is shown by ann", "good")


def test_our_own_errors_are_sentences_and_all_others_say_where() -> None:
    assert failed_message(GameError("no such game"))["traceback"] == ""
    try:
        raise ZeroDivisionError("oh")
    except ZeroDivisionError as error:
        told = failed_message(error)
    assert (told["name"], told["message"]) == ("ZeroDivisionError", "oh") and "test_words.py" in told["traceback"]


def raised(error: Exception) -> str:
    try:
        raise error
    except Exception:
        return f"step raised at frame 31:\n{traceback.format_exc()}"


def test_a_failure_is_read_out_of_the_reason_of_an_end() -> None:
    told = failure_of(raised(KeyError("ball")))
    assert told is not None
    assert (told["name"], told["message"]) == ("KeyError", "step raised at frame 31: 'ball'")
    dotted = failure_of(raised(UsageError("not so: like this")))
    assert dotted is not None
    assert (dotted["name"], dotted["message"]) == ("UsageError", "step raised at frame 31: not so: like this")


@pytest.mark.parametrize("reason", ["over", "left", "", "step raised at frame 3:", "bob left\nwith words"])
def test_other_ends_are_no_failures(reason: str) -> None:
    assert failure_of(reason) is None


def test_a_checksum_travels_as_sixteen_digits_and_a_reason_as_one_line() -> None:
    told = ended_message(raised(KeyError("x")), 31, 255, None, 0)
    assert told["checksum"] == "00000000000000ff" and told["reason"] == "step raised at frame 31"
    assert ended_message("left", 0, None, None, None)["checksum"] is None


def test_a_replay_is_taken_once(tmp_path: Path) -> None:
    file = tmp_path / "match.rbr"
    file.write_bytes(b"replay")
    assert taken_away(file) == b"replay" and taken_away(file) is None and taken_away(None) is None


OFFERS = {
    "pong": {"full": "rollback.games:Pong", "players": [2]},
    "own": {"full": "tests.netplay.in_worker.games_of_ours:Slow"},
    "gone": {"full": "tests.netplay.in_worker.games_of_ours:Nothing"},
    "odd": 7,
}


@pytest.mark.parametrize(
    ("asked", "players", "label", "name"),
    [
        ("pong", None, "pong", "rollback.games:Pong"),
        ("", 2, "pong", "rollback.games:Pong"),
        ("rollback.games:Duel", 2, "rollback.games:Duel", "rollback.games:Duel"),
        ("tetris", 3, "tetris", "rollback.games:Tetris"),
        ("own", 2, "own", "own"),
    ],
)
def test_offered_and_built_in_games_are_made(asked: str, players: int | None, label: str, name: str) -> None:
    found = OfferedGames(OFFERS).find(asked, players)
    assert (found.label, found.name) == (label, name)
    assert found.make().players == (players or 2)


@pytest.mark.parametrize("name", ["os:system", "tests.netplay.in_worker.games_of_ours:Slow", "x.py:Game", "odd", "gym:a:B-v0"])
def test_nothing_else_is_imported_for_a_name_of_somebody_else(name: str) -> None:
    with pytest.raises((GameError, MissingPackage), match="this lobby does not offer"):
        OfferedGames(OFFERS).find(name)


def test_an_offer_that_leads_nowhere_and_a_number_that_does_not_fit_are_sentences() -> None:
    with pytest.raises(GameError, match="has no 'Nothing'"):
        OfferedGames(OFFERS).find("gone")
    with pytest.raises(UsageError, match=r"^own is a game for 2 players, not for 5, and takes no players=$"):
        OfferedGames(OFFERS).find("own", 5)


def test_nobody_can_be_reached_alone() -> None:
    nobody = NoPeers()
    asyncio.run(nobody.start())
    for call in (nobody.add, nobody.remove, lambda peer: nobody.send(peer, b""), lambda peer: nobody.send_blob(peer, b"")):
        with pytest.raises(UsageError, match="'bob'"):
            call("bob")  # type: ignore[operator]
    asyncio.run(nobody.close("done"))
    assert nobody.peers == ()
