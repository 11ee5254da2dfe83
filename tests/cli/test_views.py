"""The live pictures fit every terminal and say what is known."""

from __future__ import annotations

from typing import Any

import pytest

from rollback.cli import demo_view, play_view
from rollback.cli.demo_match import PeerState
from rollback.cli.field import picture_of
from rollback.cli.layout import width_of
from rollback.cli.match_settings import MatchSettings
from rollback.cli.numbers import NUMBER_LINES, number_lines
from rollback.cli.palette import Palette
from rollback.games import Duel, Pong
from rollback.netplay.telling.stats import stats_values
from rollback.types import PeerStats, SessionStats
from tests.cases import every

PLAIN, COLOURED = Palette("none"), Palette("truecolor")
SIZES = [(119, 31), (79, 23), (49, 39), (39, 15), (199, 59), (20, 5), (62, 10), (100, 24)]


def stats(**changes: Any) -> dict[str, Any]:
    line = PeerStats(0.124, 0.01, 0.048, 10.0, 12.4, 0.43, 3, "fair", "124 ms round trip")
    told = stats_values(SessionStats(1034, 412, 1200, 12, {1: 200, 3: 212}, 1, 1, 1, {}, {"bob": line}))
    return told | changes


def peers(**changes: Any) -> tuple[PeerState, PeerState]:
    values: dict[str, Any] = {"frame": 900, "stats": stats(), "picture": picture_of(Pong()), "path": "webrtc"} | changes
    return PeerState("peer-1", **values), PeerState("peer-2", **values)


def demo(size: tuple[int, int], palette: Palette = PLAIN, note: str = "", **changes: Any) -> list[str]:
    settings = MatchSettings(game="pong", frames=1800, latency_ms=60, jitter_ms=20, loss=0.05)
    return demo_view.compose(settings, peers(**changes), note, 17.5, size, palette)


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("palette", [PLAIN, COLOURED])
@pytest.mark.parametrize("game", [Pong(), Duel()])
def test_the_demo_fits_every_terminal(game: Any, palette: Palette, size: tuple[int, int]) -> None:
    lines = demo(size, palette, "a note " * 30, picture=picture_of(game))
    assert len(lines) <= size[1]
    assert max(width_of(line) for line in lines) <= size[0]


@pytest.mark.parametrize("size", SIZES)
def test_the_demo_fits_before_anything_is_known(size: tuple[int, int]) -> None:
    lines = demo(size, picture=None, stats={}, path="", frame=0)
    assert len(lines) <= size[1]
    assert max(width_of(line) for line in lines) <= size[0]


@pytest.mark.parametrize("size", [(119, 31), (79, 23)])
def test_the_demo_shows_both_fields_side_by_side_and_the_numbers_under_each(size: tuple[int, int]) -> None:
    text = "\n".join(demo(size, note=" what happened"))
    assert any("peer-1" in line and "peer-2" in line for line in text.split("\n"))
    for said in ("124 ms", "4.8 %", "+0.4", "2.0 max 3", "webrtc", "900 of 1800 frames", "0:17", "what happened"):
        assert said in text, said
    assert text.count("124 ms") == 2
    assert "60 to 80 ms late, 5 % lost on purpose" in text


def test_a_narrow_but_high_terminal_shows_one_above_the_other() -> None:
    lines = demo((49, 60))
    titles = [place for place, line in enumerate(lines) if "peer-" in line]
    assert len(titles) == 2
    assert titles[1] - titles[0] > 10


def test_a_narrow_and_low_terminal_shows_one_field_whole() -> None:
    text = "\n".join(demo((49, 24)))
    assert "peer-1" in text
    assert "peer-2" not in text
    assert "900 of 1800" in text


def test_a_peer_that_is_gone_is_marked() -> None:
    assert "gone" in "\n".join(demo((119, 31), failure="it was ended by SIGKILL"))


def test_a_person_is_told_which_side_it_plays() -> None:
    assert "you, player 1" in "\n".join(demo((119, 31), by_hand=True))


def test_without_artificial_trouble_the_demo_says_so() -> None:
    lines = demo_view.compose(MatchSettings(game="pong", frames=10), peers(), "", 0, (119, 31), PLAIN)
    assert "no artificial delay" in lines[0]


@pytest.mark.parametrize("columns", [28, 38, 55, 56, 58, 86])
@pytest.mark.parametrize("known", [True, False])
def test_numbers_fill_their_columns(columns: int, known: bool) -> None:
    lines = number_lines(stats() if known else {}, 11.2, "relay", columns, COLOURED)
    assert len(lines) <= NUMBER_LINES
    assert {width_of(line) for line in lines} == {columns}


@pytest.mark.parametrize("columns", [38, 56, 58])
def test_no_number_is_cut_where_the_picture_has_its_usual_size(columns: int) -> None:
    worst = stats(rtt_ms=999.0, loss=0.999, frames_ahead=-12.5, mean_depth=7.9, max_depth=12, stalls=99999, rollbacks=99999)
    text = "\n".join(number_lines(worst, 59.9, "webrtc", columns, PLAIN))
    assert "…" not in text
    for said in ("999 ms", "59.9 /s", "7.9 max 12", "webrtc", "99.9 %"):
        assert said in text


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("known", [True, False])
def test_a_players_own_picture_fits_every_terminal(size: tuple[int, int], known: bool) -> None:
    lines = play_view.compose(
        "pong  room K7QW-3MZP  you are player 1",
        picture_of(Pong()),
        stats() if known else {},
        3.0,
        "webrtc",
        ("↑/w up  ↓/s down", "bob is ready " * 20),
        size,
        COLOURED,
    )
    assert len(lines) <= size[1]
    assert max(width_of(line) for line in lines) <= size[0]


def test_a_players_own_picture_says_the_keys_and_the_news() -> None:
    notes = ("↑/w up  ↓/s down", "bob is silent")
    lines = play_view.compose("pong", picture_of(Pong()), stats(), 3.0, "relay", notes, (79, 23), PLAIN)
    assert lines[-2:] == [" ↑/w up  ↓/s down", " bob is silent"]
    assert "3.0 /s" in "\n".join(lines)


def crowd(count: int, size: tuple[int, int], palette: Palette = PLAIN) -> list[str]:
    settings = MatchSettings(game="pong", frames=1800)
    values: dict[str, Any] = {"frame": 900, "stats": stats(), "picture": picture_of(Pong()), "path": "webrtc"}
    everybody = [PeerState(f"peer-{number + 1}", **values) for number in range(count)]
    return demo_view.compose(settings, everybody, " a note", 17.5, size, palette)


@every("size", [*SIZES, (130, 50), (240, 40), (60, 90)])
@every("count", range(2, 9))
def test_any_number_of_peers_fits_every_terminal(count: int, size: tuple[int, int]) -> None:
    lines = crowd(count, size, COLOURED)
    assert len(lines) <= size[1]
    assert max(width_of(line) for line in lines) <= size[0]
    if size[1] >= 14:
        assert "of 1800 frames" in "\n".join(lines)


@pytest.mark.parametrize(
    ("count", "size", "rows"),
    [
        (3, (130, 50), [2, 1]),
        (4, (130, 50), [2, 2]),
        (3, (200, 30), [3]),
        (4, (240, 30), [4]),
        (3, (60, 90), [1, 1, 1]),
        (8, (240, 60), [4, 4]),
    ],
)
def test_where_there_is_room_all_peers_are_seen_in_rows(count: int, size: tuple[int, int], rows: list[int]) -> None:
    lines = crowd(count, size)
    assert [line.count("peer-") for line in lines if "peer-" in line] == rows
    assert "peers are shown" not in "\n".join(lines)


@pytest.mark.parametrize("count", [3, 4, 8])
def test_where_there_is_none_the_first_two_are_seen_and_that_is_said(count: int) -> None:
    text = "\n".join(crowd(count, (79, 23)))
    assert f"2 of {count} peers are shown: a larger terminal shows all" in text
    assert "peer-1" in text and "peer-2" in text and "peer-3" not in text
    assert "900 of 1800 frames" in text


def test_a_peer_that_watches_is_told_from_one_that_plays() -> None:
    assert "watches as player 1" in "\n".join(demo((119, 31), watches=True))
