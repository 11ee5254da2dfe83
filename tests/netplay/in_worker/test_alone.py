"""A match against bots in a worker: begun, shown, played by keys, ended, and played again, without a room or a network."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from rollback.games import Pong
from rollback.replays import Replay
from tests.netplay.in_worker.own_page import OwnPage
from tests.netplay.peers import until
from tests.netplay.quick_time import run

HERE = "tests.netplay.in_worker.games_of_ours"
OFFERS = {name.lower(): {"full": f"{HERE}:{name}", "players": [2]} for name in ("Faulty", "Slow", "Deaf")}


def played(*said: tuple[str, dict[str, Any]], offers: dict[str, Any] | None = None, **begin: Any) -> OwnPage:
    """Begin, say all of that, and return the page when the match has ended or failed."""

    async def play() -> OwnPage:
        page = OwnPage(offers)
        for do, fields in said:
            page.say(do, **fields)
        page.say("begin", **{"mode": "solo", "game": "pong", "seed": 7, **begin})
        await until(lambda: bool(page.all("ended") or page.all("failed")))
        await page.leave()
        return page

    return run(play())


def test_a_match_is_begun_shown_and_ended_in_that_order() -> None:
    page = played(frames=90)
    kinds = [message["tell"] for message in page.told]
    assert kinds[0] == "begun" and kinds[-2:] == ["ended", "leaveLobby"]
    begun, ended = page.last("begun"), page.last("ended")
    assert begun["players"] == [{"name": "you", "controller": "human"}, {"name": "bot (best)", "controller": "bot"}]
    assert begun["player"] == 0 and begun["fps"] == 60 and begun["keys"] == "↑/w up  ↓/s down"
    assert begun["buttons"] == [{"label": "up", "keys": ["up", "w"]}, {"label": "down", "keys": ["down", "s"]}]
    assert (ended["reason"], ended["frames"], ended["again"], ended["rollbacks"]) == ("end_at", 90, True, 0)
    assert ended["sentence"] == "The match came to its end at frame 90. The score is 0 to 0, yours first."


def test_there_is_at_most_one_picture_a_frame_and_the_last_one_is_of_the_end() -> None:
    page = played(frames=120)
    frames = [picture["frame"] for picture in page.all("picture") if picture["reason"] == "running"]
    assert frames == list(range(1, 121))
    assert page.last("picture")["reason"] == "ended" and page.last("picture")["frame"] == 120
    picture = page.all("picture")[40]
    assert picture["primitives"][0][0] == "rect" and picture["aspect"] == 1.6
    assert picture["text"] == "You 0, bot (best) 0" and picture["scores"] == [0, 0]


def test_numbers_come_four_times_a_second_and_frames_as_evenly_as_they_are_due() -> None:
    page = played(frames=300)
    stats = page.all("stats")
    assert 19 <= len(stats) <= 23, len(stats)
    assert stats[-1]["frame"] == 300 and stats[-1]["confirmed"] == 299
    assert 16.0 < stats[-1]["interval_p50_ms"] < 17.5
    assert stats[-1]["depth"] == {"last": 0, "max": 0} and stats[-1]["quality"] == "good"


def test_the_replay_is_handed_over_and_holds_the_match(tmp_path: Path) -> None:
    page = played(frames=100)
    ended = page.last("ended")
    (tmp_path / "it.rbr").write_bytes(ended["data"])
    replay = Replay.open(tmp_path / "it.rbr")
    verdict = replay.verify(Pong())
    assert verdict.ok and verdict.frames == 100 and replay.complete
    assert replay.header.game == "rollback.games:Pong" and list(replay.header.names) == ["you", "bot (best)"]


def test_held_keys_move_our_paddle_and_the_newest_word_counts() -> None:
    idle = played(frames=60).last("ended")["checksum"]
    up = played(("keys", {"held": ["up"]}), frames=60).last("ended")["checksum"]
    w = played(("keys", {"held": ["down"]}), ("keys", {"held": ["w"]}), frames=60).last("ended")["checksum"]
    nothing = played(("keys", {"held": ["up"]}), ("keys", {"held": []}), frames=60).last("ended")["checksum"]
    assert up == w != idle == nothing


@pytest.mark.parametrize("held", [None, "up", 7, [7, None], {"up": 1}, ["up"] * 1000], ids=str)
def test_held_keys_that_are_none_harm_nothing(held: Any) -> None:
    assert played(("keys", {"held": held}), frames=40).last("ended")["frames"] == 40


def test_a_page_that_is_not_seen_gets_no_pictures_and_the_match_goes_on() -> None:
    page = played(("visible", {"visible": False}), frames=60)
    assert page.all("picture") == [] and page.last("ended")["frames"] == 60
    assert len(page.all("stats")) >= 4


def test_pictures_come_again_once_the_page_is_seen() -> None:
    async def play() -> OwnPage:
        page = OwnPage()
        page.say("visible", visible=False)
        page.say("begin", mode="solo", game="pong", seed=7, frames=200)
        await until(lambda: bool(page.all("stats")) and page.last("stats")["frame"] >= 60)
        assert page.all("picture") == []
        page.say("visible", visible=True)
        await page.has("ended")
        await page.leave()
        return page

    page = run(play())
    first = page.all("picture")[0]["frame"]
    assert 60 <= first < 90 and page.last("picture")["frame"] == 200


def test_pause_stops_the_frames_and_pause_again_goes_on() -> None:
    async def play() -> list[int]:
        page = OwnPage()
        page.say("begin", mode="solo", game="pong", seed=7, frames=100)
        await until(lambda: bool(page.all("picture")) and page.last("picture")["frame"] == 20)
        page.say("pause")
        await until(lambda: page.last("picture")["reason"] == "paused")
        held = page.last("stats")["frame"]
        await until(lambda: len(page.all("stats")) >= 12)
        frames = [page.last("picture")["frame"], held, page.last("stats")["frame"]]
        assert page.last("picture")["note"] == "paused"
        page.say("pause")
        await page.has("ended")
        await page.leave()
        assert [news["sentence"] for news in page.all("news")][:2] == [
            "this side asked everybody to wait: the pause button was pressed",
            "this side goes on",
        ]
        return frames

    shown, held, later = run(play())
    assert 20 <= shown <= 22 and held <= later == shown


def test_another_match_begins_when_the_page_wants_it_and_is_another_one() -> None:
    async def play() -> OwnPage:
        page = OwnPage()
        page.say("begin", mode="solo", game="pong", seed=7, frames=200)
        await page.has("ended")
        page.say("again")
        await page.has("ended", 2)
        await page.leave()
        return page

    page = run(play())
    first, second = page.all("ended")
    assert len(page.all("begun")) == 2 and first["checksum"] != second["checksum"]


def test_leaving_ends_the_match_at_once() -> None:
    async def play() -> OwnPage:
        page = OwnPage()
        page.say("begin", mode="solo", game="pong")
        await until(lambda: len(page.all("picture")) >= 5)
        await page.leave()
        return page

    page = run(play())
    assert page.last("ended")["reason"] == "left" and page.last("ended")["again"] is False
    assert page.last("ended")["sentence"] == "You left."


def test_leaving_where_nothing_runs_is_answered_too() -> None:
    async def play() -> OwnPage:
        page = OwnPage()
        await page.leave()
        return page

    assert [message["tell"] for message in run(play()).told] == ["leaveLobby"]


def test_a_second_begin_ends_what_runs() -> None:
    async def play() -> OwnPage:
        page = OwnPage()
        page.say("begin", mode="solo", game="pong")
        await until(lambda: len(page.all("picture")) >= 5)
        page.say("begin", mode="solo", game="duel", frames=30)
        await page.has("ended", 2)
        await page.leave()
        return page

    page = run(play())
    assert [begun["game"] for begun in page.all("begun")] == ["pong", "duel"]
    assert [ended["reason"] for ended in page.all("ended")] == ["left", "end_at"]


@pytest.mark.parametrize("bot", ["best", "random"])
@pytest.mark.parametrize("game", ["pong", "duel", "gridworld", "tetris"])
def test_every_built_in_game_is_played_alone(game: str, bot: str) -> None:
    page = played(game=game, bot=bot, frames=20)
    assert page.last("ended")["frames"] == 20 and page.all("failed") == []
    assert all(before["frame"] <= after["frame"] for before, after in pairwise(page.all("picture")))


def test_a_game_that_raises_is_told_with_its_traceback() -> None:
    page = played(offers=OFFERS, game="faulty")
    failed = page.last("failed")
    assert failed["name"] == "ZeroDivisionError" and failed["message"].endswith(": the ball is nowhere")
    assert "games_of_ours.py" in failed["traceback"] and "raise ZeroDivisionError" in failed["traceback"]
    ended = page.last("ended")
    assert ended["reason"].startswith("step raised at frame ") and "\n" not in ended["reason"] and ended["again"] is True


def test_a_game_without_a_way_to_do_nothing_waits_for_every_move() -> None:
    async def play() -> OwnPage:
        page = OwnPage(OFFERS)
        page.say("begin", mode="solo", game="slow", frames=3)
        await until(lambda: bool(page.all("picture")) and "your move" in page.last("picture")["note"])
        frames = [page.last("picture")["frame"]]
        page.say("pause")
        for key in ("up", "down", "up"):
            page.say("keys", held=[key])
            await until(lambda before=frames[-1]: page.last("picture")["frame"] > before)
            frames.append(page.last("picture")["frame"])
            page.say("keys", held=[])
        await page.has("ended")
        await page.leave()
        assert frames == [0, 1, 2, 3]
        return page

    page = run(play())
    assert any("nothing to pause" in news["sentence"] for news in page.all("news"))


FAILURES = [
    ({"mode": "dance"}, "mode must be one of play, watch, solo, not 'dance'"),
    ({"game": "chess"}, "this lobby does not offer the game 'chess' (it offers deaf, faulty, slow)"),
    ({"game": "os:system"}, "this lobby does not offer the game 'os:system'"),
    ({"game": "/etc/game.py:Game"}, "this lobby does not offer the game '/etc/game.py:Game'"),
    ({"game": "gym:CartPole-v1"}, "this lobby does not offer the game 'gym:CartPole-v1'"),
    ({"game": "deaf"}, "Deaf cannot be played by hand"),
    ({"bot": "worst"}, "there is no bot called 'worst'"),
    ({"frames": 0}, "frames must be a whole number from 1 to 10000000, not 0"),
    ({"keys": {"left": 0}}, "--keys is for environments"),
]


@pytest.mark.parametrize(("begin", "says"), FAILURES, ids=str)
def test_what_cannot_be_played_is_one_sentence_without_a_traceback(begin: dict[str, Any], says: str) -> None:
    page = played(offers=OFFERS, **begin)
    failed = page.last("failed")
    assert failed["message"].startswith(says) and failed["traceback"] == ""
    assert page.all("begun") == page.all("ended") == []


def test_after_a_failure_the_next_match_is_played() -> None:
    async def play() -> OwnPage:
        page = OwnPage()
        page.say("begin", mode="solo", game="chess")
        await page.has("failed")
        page.say("begin", mode="solo", game="pong", frames=20)
        await page.has("ended")
        await page.leave()
        return page

    assert run(play()).last("ended")["frames"] == 20
