"""The picture of a watched match fits every terminal, and says who plays and how far behind it is."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from rollback.cli.field import picture_of
from rollback.cli.layout import width_of
from rollback.cli.palette import Palette
from rollback.cli.watch_room import Seen
from rollback.cli.watch_view import Scene, compose, names_of
from rollback.games import Duel, Pong
from rollback.netplay import WatchResult
from rollback.types import Ended
from tests.cases import every

SIZES = [(119, 31), (79, 23), (49, 39), (39, 15), (199, 59), (20, 5), (62, 10), (100, 24)]
SCENE = Scene(frame=1234, behind=3.04, speed=1.02, progress=1.0, news="bob is lost: nothing was heard for 5 s")


def picture(size: tuple[int, int] = (100, 30), scene: Scene = SCENE, game: Any = None, colours: Any = "none") -> list[str]:
    return compose("pong  room K7QW-3MZP  ann - bob", picture_of(game or Pong()), scene, size, Palette(colours))


@every("size", SIZES)
@every("colours", ["none", "truecolor"])
@every("game", [Pong(), Duel(), object()], ids=["pong", "duel", "no picture"])
def test_it_fits(size: tuple[int, int], colours: Any, game: Any) -> None:
    lines = picture(size, game=game, colours=colours)
    assert 0 < len(lines) <= size[1] and max(map(width_of, lines)) <= size[0]


def test_it_says_who_plays_where_it_stands_and_what_happened() -> None:
    text = "\n".join(picture())
    for word in ("K7QW-3MZP", "ann - bob", "frame 1234", "3.0 s behind", "speed 1.0", "Ctrl-C leaves", "bob is lost"):
        assert word in text


def test_what_is_still_coming_is_told_by_its_share() -> None:
    assert "the present state is coming: 43 %" in "\n".join(picture(scene=Scene(0, 0.0, 0.0, 0.43, "")))


@pytest.mark.parametrize(
    ("names", "controllers", "told"),
    [
        ({0: "ann", 1: "bob"}, {0: "human", 1: "human"}, "ann - bob"),
        ({0: "ann", 1: "bob"}, {0: "human", 1: "bot"}, "ann - bob (bot)"),
        ({1: "bob"}, {}, "player 1 - bob"),
        ({}, {}, "player 1 - player 2"),
    ],
)
def test_players_are_called_by_their_names(names: dict[int, str], controllers: dict[int, str], told: str) -> None:
    assert names_of(names, controllers, 2) == told


def seen(reason: str = "over", desyncs: tuple[int, ...] = ()) -> Seen:
    result = WatchResult(1800, 300, 1, 0xABC, Path("/tmp/eve.rbr"), Ended(reason, 1800))
    return Seen(result, "K7QW-3MZP", 2, ("ann", "bob"), desyncs)


@pytest.mark.parametrize(
    ("reason", "desyncs", "code"),
    [
        ("over", (), 0),
        ("end_at", (), 0),
        ("left", (), 0),
        ("everybody has left the room", (), 3),
        ("the lobby cannot be watched: the game is another one", (), 3),
        ("over", (60,), 1),
    ],
)
def test_the_code_tells_how_it_ended(reason: str, desyncs: tuple[int, ...], code: int) -> None:
    assert seen(reason, desyncs).code == code


def test_the_end_is_one_sentence_and_no_words_of_others_steer_the_terminal() -> None:
    assert seen().sentence == "The game is over. 1500 frames seen, from frame 300 on."
    assert seen("ann cannot be watched: \x1b[2J").sentence.startswith("The match ended at frame 1800: ann cannot be watched")
    assert "\x1b" not in seen("\x1b[2J").sentence


def test_a_program_reads_the_same() -> None:
    told = seen("end_at").as_values()
    assert told["checksum"] == f"{0xABC:016x}" and told["replay"] == "/tmp/eve.rbr"
    assert (told["room"], told["match"], told["players"]) == ("K7QW-3MZP", 2, ["ann", "bob"])
    assert (told["ended"], told["frames"], told["first"], told["jumps"], told["desyncs"]) == ("end_at", 1800, 300, 1, [])
