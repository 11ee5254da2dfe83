"""Counters travel as plain values, and rates are those of the last seconds."""

from __future__ import annotations

import json

import pytest

from rollback.netplay.telling.stats import Rate, mean_depth, stats_values
from rollback.types import PeerStats, SessionStats


def line(rtt: float = 0.1, quality: str = "good", why: str = "fine") -> PeerStats:
    return PeerStats(rtt, 0.02, 0.05, 8.0, 9.0, 0.5, 2, quality, why)  # type: ignore[arg-type]


def counters(**peers: PeerStats) -> SessionStats:
    return SessionStats(100, 7, 21, 3, {2: 1, 4: 3}, 99, 98, 97, {"truncated": 1}, peers)


def test_times_are_milliseconds_and_names_are_those_of_the_session() -> None:
    values = stats_values(counters(bob=line()))
    assert values["rtt_ms"] == 100.0
    assert values["jitter_ms"] == 20.0
    assert (values["frames"], values["rollbacks"], values["resimulated"], values["stalls"]) == (100, 7, 21, 3)
    assert values["depths"] == {"2": 1, "4": 3}
    assert (values["mean_depth"], values["max_depth"]) == (3.5, 4)
    assert values["dropped"] == {"truncated": 1}
    assert json.loads(json.dumps(values)) == values


def test_several_lines_are_averaged_and_the_worst_one_is_told() -> None:
    values = stats_values(counters(bob=line(0.1), eve=line(0.3, "poor", "far away")))
    assert values["rtt_ms"] == 200.0
    assert values["kbps_out"] == 18.0
    assert (values["quality"], values["why"]) == ("poor", "far away")


def test_a_session_without_peers_has_values_too() -> None:
    values = stats_values(SessionStats(0, 0, 0, 0, {}, -1, -1, -1, {}))
    assert (values["rtt_ms"], values["max_depth"], values["quality"]) == (0.0, 0, "good")


@pytest.mark.parametrize(("depths", "mean"), [({}, 0.0), ({3: 2}, 3.0), ({1: 1, 5: 1}, 3.0)])
def test_the_mean_depth_weighs_each_rollback_once(depths: dict[int, int], mean: float) -> None:
    assert mean_depth(depths) == mean


def test_a_rate_is_that_of_the_last_two_seconds() -> None:
    rate = Rate()
    assert rate.per_second == 0.0
    for tenth in range(51):
        now = tenth / 10
        rate.add(tenth if now <= 2 else 20 + (tenth - 20) * 3, now=now)
    assert rate.per_second == pytest.approx(30.0, rel=0.05)


def test_a_rate_of_one_moment_is_none() -> None:
    rate = Rate()
    rate.add(5, now=1.0)
    rate.add(9, now=1.0)
    assert rate.per_second == 0.0


def test_a_rate_keeps_little() -> None:
    rate = Rate()
    for count in range(10_000):
        rate.add(count, now=count / 20)
    assert len(rate._seen) < 50
