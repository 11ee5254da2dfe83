"""What a page is handed of a match: the same on both sides but for timing, in whole lines, in small pieces."""

from __future__ import annotations

import asyncio
import hashlib
import json

import pytest

from rollback.config import SessionConfig
from rollback.envs import record_transitions
from rollback.envs.data.files import json_line
from rollback.envs.data.rows import Transition
from rollback.envs.data.timing import COLUMNS, Timing
from rollback.errors import UsageError
from rollback.games import Pong
from rollback.netplay.in_worker.data_lines import EVERY, LARGEST, DataLines
from tests.netplay.peers import Mix, peers
from tests.netplay.quick_time import run

TIMING = set(COLUMNS)


class Posts:
    """What was posted to a page."""

    def __init__(self):
        self.told, self.data = [], []

    def __call__(self, told, data=None):
        self.told.append(told)
        self.data.append(data)

    @property
    def lines(self):
        return [json.loads(line) for line in b"".join(self.data).splitlines()]

    @property
    def rows(self):
        return [line for line in self.lines if line["record"] == "frame"]


def into(peer, posts, local):
    lines = DataLines(posts, peer.session.game, peer.session.config, name="mix", local=[local])
    return record_transitions(peer.session, Mix(peer.session.game.players), into=lines)


@pytest.mark.parametrize("seed", range(3))
def test_both_pages_are_handed_the_same_but_for_timing(seed):
    posts = [Posts(), Posts()]

    async def main():
        both = peers(frames=400, seed=seed, latency_ms=45, jitter_ms=30, loss=0.1)
        sets = [into(peer, each, me) for me, (peer, each) in enumerate(zip(both, posts, strict=True))]
        async with asyncio.TaskGroup() as group:
            for peer, data in zip(both, sets, strict=True):
                group.create_task(peer.play(transitions=data))
        return both, sets

    both, sets = run(main())
    assert all(peer.session.stats().rollbacks > 0 and peer.transport.lost > 0 for peer in both)
    assert [data.problem for data in sets] == ["", ""] and [data.close() for data in sets] == [None, None]
    rows = [[{key: row[key] for key in row.keys() - TIMING} for row in each.rows] for each in posts]
    assert rows[0] == rows[1] and [row["frame"] for row in rows[0]] == list(range(400))
    assert [row["input"] for row in rows[0]] == [[data.hex() for data in inputs] for inputs in both[0].settled]
    assert posts[0].rows != posts[1].rows  # timing is each one's own
    for me, each in enumerate(posts):
        start, *_, end = each.lines
        assert (start["record"], start["local"], start["game"], start["players"]) == ("start", [me], "mix", 2)
        assert end == {"record": "end", "frames": 400}
        assert all(data.endswith(b"\n") and len(data) <= 4 * LARGEST for data in each.data)
        assert [told["sha256"] for told in each.told] == [hashlib.sha256(data).hexdigest() for data in each.data]
        assert [told["lines"] for told in each.told] == [data.count(b"\n") for data in each.data]
        assert len(each.data) >= 400 // EVERY and {told["tell"] for told in each.told} == {"data"}


def row(frame, **more):
    return Transition(
        frame, 0, False, (None, None), ((0, 0), (1, 0)), (0.0, 0.0), (False,) * 2, (False,) * 2, ("human", None), **more
    )


def lines_of(posts):
    return DataLines(posts, Pong(), SessionConfig(seed=7), name="pong", local=[0])


def test_a_match_that_never_began_leaves_nothing():
    posts = Posts()
    lines_of(posts).close()
    assert posts.data == []


def test_closing_twice_ends_once():
    posts = Posts()
    lines = lines_of(posts)
    lines.add(row(5))
    assert posts.data == []
    lines.close()
    lines.close()
    assert [line["record"] for line in posts.lines] == ["start", "frame", "end"] and posts.lines[-1]["frames"] == 6
    assert posts.lines[0]["seed"] == 7 and posts.rows[0]["rtt_ms"] == [None, None]


def test_long_lines_are_handed_over_sooner():
    posts = Posts()
    lines = lines_of(posts)
    for frame in range(4):
        lines.add(row(frame)._replace(controllers=("x" * 30_000, None)))
    assert len(posts.data) == 1 and len(posts.rows) == 3  # of the first pieces, before two seconds are over


def test_what_a_page_tells_of_a_frame_s_own_time_is_what_a_file_tells(monkeypatch):
    timed = row(3, timing=Timing(1.5, (False, True), 4, (None, 80.25), ((1, 2), None)))

    def told():
        posts = Posts()
        lines = lines_of(posts)
        lines.add(timed)
        lines.close()
        (line,) = posts.rows
        return [{name: each[name] for name in TIMING if name in each} for each in (line, json.loads(json_line(timed)))]

    ours, theirs = told()
    assert ours == theirs == dict(zip(COLUMNS, (1.5, [False, True], 4, [None, 80.25], [1, None], [2, None]), strict=True))
    monkeypatch.setattr(Timing, "columns", lambda self, players: {"seconds": "from one place"})
    assert told() == [{"seconds": "from one place"}] * 2


def test_what_json_does_not_know_is_told_as_text():
    posts = Posts()
    lines = lines_of(posts)
    lines.add(row(0)._replace(rewards=(float("nan"), float("inf"))))
    lines.close()
    assert posts.rows[0]["reward"] == ["nan", "inf"]


def test_what_was_handed_on_is_not_held_to_be_saved():
    both = peers(frames=10)
    data = into(both[0], Posts(), 0)
    with pytest.raises(UsageError, match="needs the rows in memory"):
        data.save("x.npz")
