"""Who sits where, with which settings, over which links: what a match is made of, checked. Knows no session and no clock."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

from rollback.config import SessionConfig
from rollback.errors import UsageError
from rollback.sim.link import Link

__all__ = ["configs_of", "links_of", "numbers_of", "seats_of", "starting_delay"]


def seats_of(game_players: int, players: int | None, seats: Sequence[Sequence[int]] | None) -> tuple[tuple[int, ...], ...]:
    """Return the players of each peer.

    Args:
        game_players: How many the game has.
        players: How many the caller wants, None for those of the game.
        seats: The players of each peer, None for one each.

    Raises:
        UsageError: The numbers do not fit, a player has no seat or two, or there are fewer than two peers.
    """
    if players is not None and players != game_players:
        raise UsageError(f"{players} players are wanted, the game has {game_players}: make it for as many, or leave it out")
    given = [(player,) for player in range(game_players)] if seats is None else seats
    rows = tuple(tuple(sorted(row)) for row in given)
    if sorted(player for row in rows for player in row) != list(range(game_players)) or not all(rows):
        raise UsageError(
            f"seats must give each of the players 0..{game_players - 1} one seat, and each peer a player, not {seats!r}"
        )
    if len(rows) < 2:
        raise UsageError("a match needs two peers at least: a game for two players, or other seats")
    return rows


def configs_of(
    config: SessionConfig | Sequence[SessionConfig] | None, input_delays: Sequence[int] | None, peers: int
) -> list[SessionConfig]:
    """Return the settings of each peer.

    Raises:
        UsageError: There are not as many as peers.
        ConfigError: An input delay is out of its limits.
    """
    configs = list(config) if isinstance(config, Sequence) else [config or SessionConfig()] * peers
    if len(configs) != peers:
        raise UsageError(f"{len(configs)} configs were given for {peers} peers: give one, or one each")
    if input_delays is not None:
        if len(input_delays) != peers:
            raise UsageError(f"{len(input_delays)} input delays were given for {peers} peers: one each is needed")
        configs = [dataclasses.replace(each, input_delay=delay) for each, delay in zip(configs, input_delays, strict=True)]
    return configs


def links_of(link: Link | Mapping[tuple[int, int], Link] | None, peers: int) -> dict[tuple[int, int], Link]:
    """Return the link of every direction.

    Raises:
        UsageError: A direction does not exist, or stands for no link.
    """
    directions = [(one, two) for one in range(peers) for two in range(peers) if one != two]
    if link is None or isinstance(link, Link):
        return dict.fromkeys(directions, link or Link())
    if not isinstance(link, Mapping):
        raise UsageError(f"link must be a Link, or a dict of Links by (from, to), not {link!r:.80}")
    for direction, each in link.items():
        if direction not in directions or not isinstance(each, Link):
            raise UsageError(
                f"link[{direction!r}] must be a Link under (from, to) with two of the peers 0..{peers - 1}, not {each!r:.80}"
            )
    return {direction: link.get(direction, Link()) for direction in directions}


def starting_delay(config: SessionConfig) -> int:
    """Return the input delay before anything was measured."""
    return config.input_delay if isinstance(config.input_delay, int) else 0


def numbers_of(name: str, values: Sequence[float] | None, peers: int, low: float, high: float) -> list[float]:
    """Return one number a peer, 0 where none is given.

    Raises:
        UsageError: There are more than peers, or one is out of its limits.
    """
    given: list[Any] = list(values or ())
    fine = all(isinstance(value, int | float) and not isinstance(value, bool) and low <= value <= high for value in given)
    if len(given) > peers or not fine:
        raise UsageError(f"{name} must be up to {peers} numbers from {low:g} to {high:g}, one a peer, not {values!r}")
    return [float(value) for value in given] + [0.0] * (peers - len(given))
