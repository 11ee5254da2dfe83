from __future__ import annotations

import asyncio
import itertools
from collections import Counter, deque

import pytest

from rollback.net.bulk import Bulk
from rollback.net.flow import HEADER, WINDOW
from tests.net.virtual_time import now, run

PART = 12 * 1024


class Road:
    """A path in one direction that can be open, opening or shut, full, or lose everything."""

    def __init__(self, *, share=4000, pace=0.01, patience=0.0, latency=0.05):
        self.longest, self.share, self.pace, self.patience, self.latency = 1000, share, pace, patience, latency
        self.now_is = "open"
        self.full = self.lossy = False
        self.wanted = 0
        self.log = []
        self._late = deque()
        self.to = None

    def state(self):
        return self.now_is

    def want(self):
        self.wanted += 1

    def send(self, message):
        if self.full:
            return False
        self.log.append((now(), len(message)))
        if not self.lossy:
            self._late.append(message)
            asyncio.get_running_loop().call_later(self.latency, self._arrive)
        return True

    def _arrive(self):
        # Timers that are due together run in any order: each delivers whatever is first in line.
        message = self._late.popleft()
        if self.now_is == "open":
            self.to.take(message)


def two(*options):
    """Return two ends with as many paths each as there are options, and what each received."""
    got, ends = ([], []), []
    for log in got:
        ends.append(Bulk([Road(**option) for option in options], log.append, Counter()))
    ann, bob = ends
    for one, other in ((ann, bob), (bob, ann)):
        for road in one._paths:
            road.to = other
    return ann, bob, *got


def parts(count):
    return [bytes((0, 25, number)) + bytes(PART) for number in range(count)]


def test_blobs_travel_both_ways_at_once():
    async def main():
        ann, bob, got_ann, got_bob = two({})
        for part in parts(10):
            assert ann.send(part) and bob.send(part)
        await asyncio.sleep(5)
        assert got_ann == got_bob == parts(10)
        assert not ann and not bob

    run(main())


def test_no_more_leaves_at_once_than_the_share_of_the_path():
    async def main():
        ann, _, _, got = two({"share": 4000, "pace": 0.01})
        for part in parts(20):
            ann.send(part)
        await asyncio.sleep(5)
        assert got == parts(20)
        sent, road = Counter(), ann._paths[0]
        for moment, size in road.log:
            sent[round(moment, 3)] += size
        assert max(sent.values()) <= road.share + road.longest
        moments = sorted(sent)
        assert min(later - earlier for earlier, later in itertools.pairwise(moments)) > 0.009

    run(main())


def test_a_slow_receiver_is_never_more_than_a_window_behind():
    async def main():
        ann, bob, _, _ = two({"share": 10**6})
        bob._paths[0].lossy = True  # not even its answers arrive
        for part in parts(50):
            ann.send(part)
        await asyncio.sleep(5)
        assert sum(size - HEADER.size for _, size in ann._paths[0].log) == WINDOW

    run(main())


def test_a_path_that_is_full_is_asked_again():
    async def main():
        ann, _, _, got = two({})
        ann._paths[0].full = True
        ann.send(b"\0\x19x")
        await asyncio.sleep(0.5)
        assert got == []
        ann._paths[0].full = False
        await asyncio.sleep(0.5)
        assert got == [b"\0\x19x"]

    run(main())


def test_the_best_path_is_waited_for_while_it_opens_and_passed_over_when_it_is_shut():
    async def main():
        ann, _, _, got = two({}, {})
        best, other = ann._paths
        best.now_is = "opening"
        ann.send(b"\0\x19one")
        await asyncio.sleep(1)
        assert got == [] and best.wanted and not other.wanted
        best.now_is = "shut"
        ann.pump()
        await asyncio.sleep(1)
        assert got == [b"\0\x19one"] and other.log and not best.log
        best.now_is = "open"
        ann.send(b"\0\x19two")
        await asyncio.sleep(1)
        assert got == [b"\0\x19one", b"\0\x19two"] and best.log

    run(main())


@pytest.mark.parametrize("moment", [0.02, 0.06, 0.11, 0.2, 0.3])
def test_when_a_path_dies_on_the_way_all_goes_on_by_the_next_once_and_in_order(moment):
    async def main():
        ann, bob, _, got = two({"share": 8000}, {"share": 8000, "pace": 0.05})
        for part in parts(20):
            ann.send(part)
        await asyncio.sleep(moment)
        assert len(got) < 20, "the premise"
        ann._paths[0].now_is = bob._paths[0].now_is = "shut"
        ann.pump(), bob.pump()
        await asyncio.sleep(10)
        assert got == parts(20) and not ann
        assert ann._paths[1].log

    run(main())


def test_a_path_that_was_shut_and_opens_again_begins_with_what_was_lost():
    async def main():
        ann, bob, _, got = two({})
        for part in parts(20):
            ann.send(part)
        await asyncio.sleep(0.1)
        for state in ("shut", "open"):
            ann._paths[0].now_is = bob._paths[0].now_is = state
            await asyncio.sleep(0.1)
            ann.pump(), bob.pump()
        await asyncio.sleep(5)
        assert got == parts(20) and not ann

    run(main())


def test_where_a_path_may_lose_something_it_is_sent_again_after_its_patience():
    async def main():
        ann, _, _, got = two({"patience": 1.0})
        ann._paths[0].lossy = True
        ann.send(b"\0\x19x")
        await asyncio.sleep(3.5)
        assert [round(moment) for moment, _ in ann._paths[0].log] == [0, 1, 2, 3]
        ann._paths[0].lossy = False
        await asyncio.sleep(2)
        assert got == [b"\0\x19x"] and not ann
        count = len(ann._paths[0].log)
        await asyncio.sleep(60)
        assert len(ann._paths[0].log) == count, "all is acknowledged: silence"

    run(main())


def test_answers_are_few():
    async def main():
        ann, bob, _, got = two({"share": 20_000})
        for part in parts(40):
            ann.send(part)
        await asyncio.sleep(5)
        assert got == parts(40)
        assert len(bob._paths[0].log) < len(ann._paths[0].log) / 5

    run(main())


def test_what_breaks_the_rules_is_dropped_and_counted():
    async def main():
        ann, *_ = two({})
        for message in (b"", b"\0", b"\4", b"\5", b"\5" + bytes(99)):
            ann.take(message)
        assert ann._dropped == {"malformed": 5}

    run(main())


def test_what_is_forgotten_leaves_no_more_and_a_closed_end_takes_nothing():
    async def main():
        ann, bob, _, got = two({})
        for part in parts(20):
            ann.send(part)
        ann.forget()
        assert not ann
        await asyncio.sleep(2)
        assert len(got) < 20
        ann.close()
        assert not ann.send(b"\0\x19x")
        bob.send(b"\0\x19x")
        await asyncio.sleep(2)
        assert bob, "nobody answers"

    run(main())


def test_more_than_sixteen_megabytes_do_not_wait():
    async def main():
        ann, *_ = two({})
        ann._paths[0].now_is = "shut"
        taken = sum(ann.send(bytes(2**20)) for _ in range(20))
        assert taken == 16

    run(main())
