from __future__ import annotations

import pytest

from rollback import SessionConfig
from rollback.errors import ConfigError, UsageError
from rollback.sim.link import Link
from rollback.sim.seating import configs_of, links_of, numbers_of, seats_of, starting_delay


@pytest.mark.parametrize(
    ("players", "seats", "rows"),
    [
        (None, None, ((0,), (1,), (2,))),
        (3, None, ((0,), (1,), (2,))),
        (None, [(2, 0), [1]], ((0, 2), (1,))),
    ],
)
def test_every_player_has_one_seat(players, seats, rows):
    assert seats_of(3, players, seats) == rows


@pytest.mark.parametrize(
    ("players", "seats", "says"),
    [
        (2, None, r"2 players are wanted, the game has 3"),
        (None, [(0,), (1,)], r"seats must give each of the players 0..2 one seat"),
        (None, [(0,), (1,), (1, 2)], r"one seat"),
        (None, [(0, 1, 2), ()], r"each peer a player"),
        (None, [(0, 1, 2)], r"two peers at least"),
    ],
)
def test_seats_that_do_not_fit_are_refused(players, seats, says):
    with pytest.raises(UsageError, match=says):
        seats_of(3, players, seats)


def test_one_config_serves_all_and_input_delays_are_each_peers_own():
    one = SessionConfig(input_delay=3)
    assert configs_of(None, None, 2) == [SessionConfig()] * 2
    assert configs_of(one, None, 3) == [one] * 3
    assert [config.input_delay for config in configs_of(one, (0, 5), 2)] == [0, 5]
    assert configs_of([one, SessionConfig()], None, 2) == [one, SessionConfig()]
    with pytest.raises(UsageError, match=r"1 configs were given for 2 peers"):
        configs_of([one], None, 2)
    with pytest.raises(UsageError, match=r"3 input delays were given for 2 peers"):
        configs_of(one, (0, 1, 2), 2)
    with pytest.raises(ConfigError, match=r"input_delay"):
        configs_of(one, (0, 99), 2)


def test_a_delay_that_is_measured_begins_at_none():
    assert starting_delay(SessionConfig(input_delay=4)) == 4


def test_a_link_serves_all_directions_or_each_has_its_own():
    slow = Link(latency_ms=50)
    assert links_of(slow, 2) == {(0, 1): slow, (1, 0): slow}
    assert links_of(None, 2) == {(0, 1): Link(), (1, 0): Link()}
    assert links_of({(1, 0): slow}, 2) == {(0, 1): Link(), (1, 0): slow}
    assert len(links_of(slow, 4)) == 12
    with pytest.raises(UsageError, match=r"link must be a Link, or a dict of Links by \(from, to\), not 5"):
        links_of(5, 2)  # type: ignore[arg-type]
    with pytest.raises(UsageError, match=r"link\[\(0, 2\)\] must be a Link under \(from, to\) with two of the peers 0..1"):
        links_of({(0, 2): slow}, 2)
    with pytest.raises(UsageError, match=r"link\[\(0, 1\)\]"):
        links_of({(0, 1): 50}, 2)  # type: ignore[dict-item]


def test_numbers_are_filled_up_and_checked():
    assert numbers_of("skew_ppm", (500,), 3, -1000, 1000) == [500.0, 0.0, 0.0]
    assert numbers_of("skew_ppm", None, 2, 0, 1) == [0.0, 0.0]
    for wrong in ((1, 2, 3), (2000,), ("a",), (True,)):
        with pytest.raises(UsageError, match=r"skew_ppm must be up to 2 numbers from -1000 to 1000, one a peer"):
            numbers_of("skew_ppm", wrong, 2, -1000, 1000)
