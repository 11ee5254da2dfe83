"""The lines of a match: what is dead, in which direction, and what is lost with a connection."""

from __future__ import annotations

import pytest

from rollback.sim.link import Link
from rollback.sim.seating import links_of
from rollback.sim.wires import Wires


def wires(peers: int = 3, latency_ms: float = 0.0) -> Wires:
    return Wires(links_of(Link(latency_ms=latency_ms), peers), 1)


def passes(lines: Wires, one: int, two: int, now: float = 0.0) -> bool:
    channel, _ = lines.line(one, two)
    channel.send(now, b"?")
    return channel.due(now + 1) == [b"?"]


def living(lines: Wires) -> set[tuple[int, int]]:
    pairs = [(one, two) for one in range(lines.peers) for two in range(lines.peers) if one != two]
    return {pair for pair in pairs if passes(lines, *pair)}


ALL = {(0, 1), (1, 0), (0, 2), (2, 0), (1, 2), (2, 1)}


@pytest.mark.parametrize(
    ("breaks", "dead"),
    [
        (lambda lines: lines.partition([(0,), (1, 2)]), {(0, 1), (1, 0), (0, 2), (2, 0)}),
        (lambda lines: lines.partition([(0,), (1, 2)], one_way=True), {(0, 1), (0, 2)}),
        (lambda lines: lines.partition([(0, 1), (2,)], one_way=True), {(0, 2), (1, 2)}),
        (lambda lines: lines.partition([(0,), (1,), (2,)]), ALL),
        (lambda lines: lines.sever(2, 1), {(2, 1), (1, 2)}),
        (lambda lines: lines.sever(2, 1, one_way=True), {(2, 1)}),
    ],
)
def test_what_is_cut_is_dead_and_nothing_else_and_healing_ends_it(breaks, dead):
    lines = wires()
    breaks(lines)
    assert living(lines) == ALL - dead
    for two in range(3):
        assert [one for one in range(3) if lines.hears[two] >> one & 1] == [o for o in range(3) if (o, two) not in dead]
    lines.heal()
    assert living(lines) == ALL and lines.hears == [7, 7, 7]


def test_a_dead_line_adds_to_what_is_dead_and_a_partition_takes_its_place():
    lines = wires()
    lines.sever(0, 1)
    lines.sever(0, 2, one_way=True)
    assert living(lines) == ALL - {(0, 1), (1, 0), (0, 2)}
    lines.partition([(0, 1), (2,)])
    assert living(lines) == {(0, 1), (1, 0)}


@pytest.mark.parametrize("resets", [False, True])
def test_blobs_wait_in_a_partition_and_are_lost_where_the_connection_was_given_up(resets):
    lines = wires()
    lines.sever(0, 1)
    for one, two in ((0, 1), (1, 0), (0, 2)):
        lines.line(one, two)[1].send(0.0, b"blob")
    assert lines.line(0, 1)[1].due(5.0) == []
    lines.heal(resets=resets)
    assert lines.line(0, 1)[1].due(5.0) == lines.line(1, 0)[1].due(5.0) == ([] if resets else [b"blob"])
    assert lines.line(0, 2)[1].due(5.0) == [b"blob"], "this line was never dead"


def test_a_new_process_gets_nothing_of_what_was_on_its_way_and_dead_lines_stay_dead():
    lines = wires(latency_ms=50)
    lines.sever(1, 2)
    for one, two in ((0, 1), (1, 0), (0, 2)):
        lines.line(one, two)[0].send(0.0, b"old")
        lines.line(one, two)[1].send(0.0, b"old")
    lines.renew(1)
    assert lines.line(0, 1)[0].due(1.0) == lines.line(1, 0)[0].due(1.0) == lines.line(1, 0)[1].due(1.0) == []
    assert lines.line(0, 2)[0].due(1.0) == lines.line(0, 2)[1].due(1.0) == [b"old"]
    assert living(lines) == ALL - {(1, 2), (2, 1)}
