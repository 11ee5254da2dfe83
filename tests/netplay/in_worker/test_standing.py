"""For how long a match stood for others' sake: counted by frames that do not come, however that is brought about."""

from __future__ import annotations

import pytest

from rollback.netplay.in_worker.standing import GRACE, LATE, Standing, Stood

FPS = 60.0


class Match:
    """A match that is looked at in each tick."""

    def __init__(self) -> None:
        self.standing = Standing(FPS)
        self.now = 100.0
        self.frame = 7
        self.over: list[Stood] = []
        self.tick(peer=None)

    def tick(self, peer: str | None = "ann", frames: int = 0, seconds: float = 1 / FPS) -> None:
        self.now += seconds
        self.frame += frames
        if stood := self.standing.look(self.frame, self.now, peer):
            self.over.append(stood)

    def stand(self, seconds: float, peer: str | None = "ann") -> None:
        for _ in range(round(seconds * FPS)):
            self.tick(peer)

    def go(self, frames: int) -> None:
        for _ in range(frames):
            self.tick(None, 1)


def test_a_match_that_stood_is_told_of_once_it_goes_on() -> None:
    match = Match()
    match.go(120)
    match.stand(28)
    assert abs(match.standing.held - 28) < 0.05 and not match.over
    match.go(60)
    (stood,) = match.over
    assert (stood.frame, stood.peer) == (127, "ann")
    assert abs(stood.since - 102.03) < 0.05 and abs(stood.lasted - 28) < 0.05
    match.stand(10, "bob")
    assert abs(match.standing.held - 38) < 0.1
    last = match.standing.end()
    assert last is not None and last.peer == "bob" and abs(last.lasted - 10) < 0.05
    assert match.standing.end() is None and abs(match.standing.held - 38) < 0.1


@pytest.mark.parametrize(
    ("every", "frames"), [(0.9, 0), (0.2, 5), (0.05, 1)], ids=["once", "in bursts", "a quarter of the speed"]
)
def test_short_stops_and_a_slow_line_count_nothing(every: float, frames: int) -> None:
    match = Match()
    for _ in range(200 if frames else 1):
        match.stand(every)
        match.go(max(frames, 1))
    assert match.standing.held == 0.0 and not match.over


def test_a_few_frames_now_and_then_excuse_nothing() -> None:
    match = Match()
    for _ in range(5):
        match.stand(40)
        match.go(5)
    assert 198 < match.standing.held < 200 and not match.over, "one time of standing, that lasts"


def test_pauses_too_short_to_be_seen_count_too() -> None:
    match = Match()
    for _ in range(400):
        match.stand(0.2)
        match.go(1)
    assert 0.7 * 80 < match.standing.held < 80


def test_what_we_ourselves_are_the_cause_of_counts_nothing() -> None:
    match = Match()
    match.stand(30, None)  # nobody is waited for: our own pause
    for _ in range(30):
        match.tick(seconds=LATE + 0.1)  # a page that is not called
        match.tick(None, 1, seconds=5.0)  # a machine that is slow
    assert match.standing.held == 0.0
    match.tick(seconds=GRACE)
    match.tick(seconds=0.01)
    assert match.standing.held == pytest.approx(GRACE + 0.01, abs=0.06)
