"""What a page sees of a match: no picture twice, none that costs the frames their time, and the news until the end."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from rollback.core.session import P2PSession
from rollback.games import Pong
from rollback.net.transport import PathChanged
from rollback.netplay.in_worker.page_hands import PageHands
from rollback.netplay.in_worker.screen import REST, Screen
from rollback.netplay.in_worker.wishes import Wishes
from rollback.netplay.seats import config_for
from rollback.types import Ended, Local, PeerLeft, PeerLost, PeerResumed, Tick


class Watch:
    """A clock that stands still unless it is moved."""

    def __init__(self) -> None:
        self.now = 50.0

    def __call__(self) -> float:
        return self.now


class Canvas(Pong):
    """Takes its time to draw."""

    def __init__(self, clock: Watch, takes: Callable[[int], float]) -> None:
        super().__init__()
        self._clock, self._takes, self.drawn = clock, takes, 0

    def draw(self) -> Any:
        self.drawn += 1
        self._clock.now += self._takes(self.drawn)
        return super().draw()


class Shown:
    """A session that is ticked sixty times a second, and what the page was told."""

    def __init__(self, takes: Callable[[int], float] = lambda drawn: 0.0) -> None:
        self.clock = Watch()
        self.game = Canvas(self.clock, takes)
        self.told: list[dict[str, Any]] = []
        hands = PageHands(self.game, 0, Wishes(mode="solo", game="pong"), clock=self.clock)
        self.screen = Screen(lambda message, data=None: self.told.append(message), "pong", 0, hands, clock=self.clock)
        self.session = P2PSession(self.game, [Local(), Local("bot")], config_for(self.game, "R", input_delay=0))

    def tick(self, times: int = 1) -> Tick:
        for _ in range(times):
            due = self.clock.now + 1 / 60
            actions = {player: self.screen.act(self.game, player) for player in (0, 1)}
            tick = self.session.tick(actions, now=self.clock.now)
            self.screen.frame(self.session, tick)
            self.clock.now = max(due, self.clock.now)
        return tick

    def all(self, tell: str) -> list[dict[str, Any]]:
        return [each for each in self.told if each["tell"] == tell]


def test_nothing_is_told_before_the_match_begins() -> None:
    shown = Shown()
    assert shown.tick().reason == "synchronizing" and shown.told == []
    shown.tick(30)
    assert shown.told[0]["tell"] == "begun"


def test_a_frame_that_stands_is_not_painted_twice_but_a_pause_is_told_once() -> None:
    shown = Shown()
    shown.tick(30)
    before = len(shown.all("picture"))
    shown.session.pause("a moment", now=shown.clock.now)
    shown.tick(20)
    paused = shown.all("picture")[before:]
    assert [picture["reason"] for picture in paused].count("paused") == 1 and paused[-1]["note"] == "paused"


def test_a_game_that_is_slow_to_draw_takes_a_quarter_of_the_time_at_most() -> None:
    quick, slow = Shown(), Shown(lambda drawn: 0.010)
    for shown in (quick, slow):
        shown.tick(30)
        shown.game.drawn, began = 0, shown.clock.now
        shown.tick(240)
        took = shown.clock.now - began
    assert quick.game.drawn == 240
    assert 0.010 * slow.game.drawn < took / REST < 0.010 * 2 * slow.game.drawn


def test_one_picture_that_was_slow_once_keeps_no_other_away() -> None:
    shown = Shown(lambda drawn: 0.2 if drawn == 20 else 0.0)
    shown.tick(60)
    assert shown.game.drawn > 40 and shown.game.drawn == len(shown.all("picture")) == shown.session.frame


def test_the_last_picture_comes_however_slow_it_is() -> None:
    shown = Shown(lambda drawn: 0.5)
    shown.session.end_at(40)
    shown.tick(80)
    assert shown.session.reason == "ended"
    assert shown.all("picture")[-1]["reason"] == "ended" and shown.all("picture")[-1]["frame"] == 40
    assert shown.all("stats")[-1]["frame"] == 40


def test_news_come_until_the_match_has_ended_and_the_path_is_told_with_the_numbers() -> None:
    shown = Shown()
    shown.screen.event(PathChanged("bob", "relay", "why not"))
    shown.tick(40)
    shown.screen.event(PathChanged("bob", "none", "gone"))
    shown.screen.event(Ended("over", 40))
    shown.screen.event(PeerLeft("bob", (1,), "left"))
    shown.screen.event(PeerResumed("bob"))
    assert [news["kind"] for news in shown.all("news")] == ["info", "warning"]
    assert {stats["path"] for stats in shown.all("stats")} == {"relay"}


def test_while_who_is_lost_is_waited_for_the_line_is_poor_and_the_picture_says_whom() -> None:
    shown = Shown()
    shown.tick(40)
    shown.session.pause("as if the engine waited", now=shown.clock.now)
    shown.screen.event(PeerLost("bob", (1,), "nothing was heard for 5 s"))
    shown.tick(30)
    sentence = "waiting for bob to come back: nothing was heard for 5 s"
    numbers, picture = shown.all("stats")[-1], shown.all("picture")[-1]
    assert (numbers["quality"], numbers["why"]) == ("poor", sentence)
    assert picture["reason"] == "paused" and picture["wait"] == {"sentence": sentence, "own": False, "lost": True}
    shown.screen.event(PeerResumed("bob"))
    shown.session.resume(now=shown.clock.now)
    shown.tick(30)
    assert shown.all("stats")[-1]["quality"] == "good" and "wait" not in shown.all("picture")[-1]


def test_a_lost_one_that_nobody_waits_for_spoils_no_line() -> None:
    shown = Shown()
    shown.tick(40)
    shown.screen.event(PeerLost("bob", (1,), "nothing was heard for 5 s"))
    shown.tick(30)
    assert shown.all("stats")[-1]["quality"] == "good", "the match goes on without it"


def test_how_long_frames_take_is_part_of_the_numbers() -> None:
    shown = Shown()
    shown.tick(120)
    numbers = shown.all("stats")[-1]
    assert abs(numbers["interval_p50_ms"] - 16.67) < 0.05 and abs(numbers["interval_p99_ms"] - 16.67) < 0.05
    assert numbers["tick_ms"] == 0.0 and numbers["depth"] == {"last": 0, "max": 0}
