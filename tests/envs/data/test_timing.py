"""What a peer notes of its own way through a frame, held against what can be seen from outside."""

from __future__ import annotations

import json
import random
from itertools import pairwise
from typing import Any

import pytest

from rollback.config import SessionConfig
from rollback.envs.data.controllers import IDLE, TAKE_OVER, Controllers
from rollback.sim import Link
from tests.envs.transition_matches import Mix, OneProcess, RecordedMatch, rows_of

LATE = SessionConfig(input_delay=4)  # some inputs come in time, some do not


class Watcher:
    """Writes down, from what ticks say alone, what the notes have to tell."""

    def __init__(self, process: OneProcess) -> None:
        self.process = process
        self.session = process.session
        self.predicted: dict[int, bool] = {}
        self.depth: dict[int, int] = {}
        self.frame = 0
        tick = process.tick

        def ticked(actions: Any, *, now: float) -> Any:
            told = tick(actions, now=now)
            first = told.frame - told.advanced - told.resimulated
            for at in range(first, first + told.resimulated):
                self.depth[at] = max(self.depth.get(at, 0), self.frame - first)
            self.frame = told.frame
            if told.advanced:
                self.predicted.setdefault(told.frame - 1, told.known < told.frame - 1)
            return told

        self.session.tick = ticked


@pytest.mark.parametrize("seed", range(4))
def test_guesses_and_rollbacks_are_those_that_happened(seed, tmp_path):
    match = RecordedMatch(lambda: Mix(2), seed=seed, link=Link(latency_ms=40, jitter_ms=40, loss=0.15), config=LATE)
    watchers = [Watcher(process) for process in match.processes]
    report = match.run(250)
    assert min(report.rollbacks) > 5
    for me, watcher in enumerate(watchers):
        rows = rows_of(watcher.process, tmp_path)
        assert [row["predicted"][1 - me] for row in rows] == [watcher.predicted[row["frame"]] for row in rows]
        assert not any(row["predicted"][me] for row in rows)
        assert [row["rollback_depth"] for row in rows] == [watcher.depth.get(row["frame"], 0) for row in rows]
        deepest = max(depth for depth, count in watcher.session.stats().depths.items() if count)
        assert max(row["rollback_depth"] for row in rows) == deepest
        assert 0 < sum(row["predicted"][1 - me] for row in rows) < len(rows)


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("window", [8, 0])
def test_an_action_is_what_the_player_did_at_the_frame_that_is_told_also_when_the_delay_changes(seed, window, tmp_path):
    did: dict[tuple[int, int], int] = {}
    dice = random.Random(seed)

    def act(game: Mix, player: int) -> int:
        return did.setdefault((player, game.steps), dice.randrange(1, 256))

    config = SessionConfig(input_delay=2, prediction_window=window)
    match = RecordedMatch(lambda: Mix(2), act=act, config=config, seed=seed)
    for frame, delay in ((40, 6), (70, 0), (90, 3), (91, 1), (120, 9)):
        match.at(frame).set_delay(seed % 2, delay)
    match.run(200)
    for me, process in enumerate(match.processes):
        rows = rows_of(process, tmp_path)
        seen = [row["captured_frame"][me] for row in rows]
        assert seen[:2] == [None, None] and None not in seen[2:]
        for row, at in zip(rows[2:], seen[2:], strict=True):
            assert row["action"][me] == did[me, at]
            assert row["frame"] - at >= row["input_delay"][me]
        assert seen[2:] == sorted(seen[2:])
        if me == seed % 2:
            assert {row["input_delay"][me] for row in rows[2:]} >= {2, 6, 9}
            assert len(set(seen)) < len(seen)  # where the delay rose an action was repeated


def test_of_the_others_the_delay_that_they_told_is_taken(tmp_path):
    match = RecordedMatch(Mix, config=[SessionConfig(input_delay=delay) for delay in (1, 4, "auto")])
    match.run(80)
    rows = rows_of(match.processes[0], tmp_path)
    assert [row["captured_frame"][1] for row in rows] == [None] * 4 + list(range(76))
    assert {row["captured_frame"][2] for row in rows} == {None}  # it changes, and nobody tells
    own = rows_of(match.processes[2], tmp_path)
    assert own[60]["captured_frame"][2] is not None
    assert {row["input_delay"][1] for row in own[10:]} == {4}


def test_round_trips_are_told_of_the_others_only(tmp_path):
    match = RecordedMatch(Mix, link=Link(latency_ms=50))
    match.run(120)
    rows = rows_of(match.processes[1], tmp_path)
    assert {row["rtt_ms"][1] for row in rows} == {None}
    assert all(100 <= row["rtt_ms"][player] < 160 for row in rows[20:] for player in (0, 2))


def test_frames_are_timed_by_the_clock_of_the_peer(tmp_path):
    match = RecordedMatch(lambda: Mix(2), link=Link(latency_ms=20))
    match.run(90)
    rows = rows_of(match.processes[0], tmp_path)
    gaps = [after["seconds"] - before["seconds"] for before, after in pairwise(rows)]
    assert all(0 < gap < 0.1 for gap in gaps) and abs(sum(gaps) / len(gaps) - 1 / 60) < 0.002


def test_players_at_one_peer_are_all_told(tmp_path):
    match = RecordedMatch(Mix, seats=((0, 2), (1,)))
    report = match.run(120)
    assert sum(report.rollbacks) > 0
    one, other = (rows_of(process, tmp_path) for process in match.processes)
    assert all(row["predicted"][0] is row["predicted"][2] is False for row in one)
    assert all(row["predicted"][0] == row["predicted"][2] for row in other)
    assert json.dumps(one[50]["captured_frame"]) == "[49, 49, 49]"


def test_a_line_of_time_tells_who_played_when():
    line = Controllers(["human", "bot", None])
    line.cut([1], 50)
    line.taken_over(1)
    line.joined([1], 80, {1: "ann"})
    line.cut([0], 80)
    line.vacant(2, 10, is_played=True)
    assert [line.at(frame) for frame in (0, 9, 10, 49, 50, 79, 80, 500)] == [
        ("human", "bot", None),
        ("human", "bot", None),
        ("human", "bot", TAKE_OVER),
        ("human", "bot", TAKE_OVER),
        ("human", TAKE_OVER, TAKE_OVER),
        ("human", TAKE_OVER, TAKE_OVER),
        (IDLE, "ann", TAKE_OVER),
        (IDLE, "ann", TAKE_OVER),
    ]


def test_a_line_of_time_takes_what_a_file_says_as_it_is():
    line = Controllers(["human", "human"])
    line.cut([7, -1], 5)
    line.taken_over(9)
    line.taken_over(0)  # nobody cut it: it plays itself
    line.joined([1], 0, {})
    line.cut([1], 30)
    line.cut([1], 20)
    assert line.at(0) == ("human", None) and line.at(25) == ("human", IDLE) and line.at(19) == ("human", None)
