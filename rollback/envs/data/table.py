"""Transitions in memory, a column for each thing that is told of a frame. Knows rows; knows no session and no file."""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Mapping, Sequence
from math import isnan
from typing import Any, Final

from rollback.envs.data.columns import Column
from rollback.envs.data.rows import Transition
from rollback.envs.data.timing import COLUMNS, Timing
from rollback.game import codecs_of

__all__ = ["FORMAT", "LIMIT", "TIMING", "TransitionTable", "facts_of"]

FORMAT: Final = 1
TIMING: Final = COLUMNS  # what a data set has of a peer alone
LIMIT: Final = 1 << 30  # bytes of columns in memory: hours of most games; a .jsonl file has no limit but the disk
_NAN: Final = float("nan")


def facts_of(game: Any, game_id: str, game_version: str, fps: int, seed: int) -> dict[str, Any]:
    """Return what is true of a whole data set, the same on every peer."""
    agents = getattr(game, "agents", None)
    return {
        "format": FORMAT,
        "game": game_id or type(game).__name__,
        "game_version": game_version,
        "players": len(codecs_of(game)),
        "agents": None if agents is None else [str(agent) for agent in agents],
        "fps": fps,
        "seed": seed,
    }


class TransitionTable:
    """Columns of transitions.

    Args:
        players: How many play.
        facts: What is true of all of it: values of JSON by name.

    Attributes:
        frames, episodes, resets: One entry a frame.
        rewards, terminated, truncated, controllers, predicted, rtt_ms, captured, delays: One entry a frame and player, frame
            by frame; controllers by their place in `names`. Where nothing is known: -1, or NaN.
        seconds, depths: One entry a frame.
        observations, actions: One column a player.
        last: What each player was shown after the last frame; empty before that is known.
    """

    def __init__(self, players: int, facts: Mapping[str, Any]) -> None:
        self.players = players
        self.facts = dict(facts)
        self.names: list[str | None] = []
        self._places: dict[str | None, int] = {}
        self.frames, self.episodes, self.resets = array("q"), array("q"), array("b")
        self.rewards, self.terminated, self.truncated = array("d"), array("b"), array("b")
        self.controllers, self.predicted, self.depths = array("i"), array("b"), array("i")
        self.seconds, self.rtt_ms, self.captured, self.delays = array("d"), array("d"), array("q"), array("b")
        self.observations = [Column() for _ in range(players)]
        self.actions = [Column() for _ in range(players)]
        self.last: tuple[Any, ...] = ()

    def __len__(self) -> int:
        return len(self.frames)

    @property
    def size(self) -> int:
        """About how many bytes it takes."""
        columns = sum(column.size for column in (*self.observations, *self.actions))
        return columns + len(self) * (29 + 36 * self.players)

    def add(self, row: Transition) -> None:
        """Add a frame."""
        self.frames.append(row.frame)
        self.episodes.append(row.episode)
        self.resets.append(row.is_reset)
        self.rewards.extend(row.rewards)
        self.terminated.extend(row.terminated)
        self.truncated.extend(row.truncated)
        for name in row.controllers:
            place = self._places.get(name)
            if place is None:
                place = self._places[name] = len(self.names)
                self.names.append(name)
            self.controllers.append(place)
        for player in range(self.players):
            self.observations[player].add(row.observations[player])
            self.actions[player].add(row.actions[player])
        timing, players = row.timing, range(self.players)
        self.seconds.append(_NAN if timing.seconds is None else timing.seconds)
        self.depths.append(-1 if timing.depth is None else timing.depth)
        self.predicted.extend([-1 if guess is None else guess for guess in timing.predicted or (None,) * self.players])
        self.rtt_ms.extend([_NAN if trip is None else trip for trip in timing.rtt_ms or (None,) * self.players])
        seen = timing.seen or (None,) * self.players
        self.captured.extend([-1 if seen[player] is None else seen[player][0] for player in players])  # type: ignore[index]
        self.delays.extend([-1 if seen[player] is None else seen[player][1] for player in players])  # type: ignore[index]

    def rows(self) -> Iterator[Transition]:
        """Yield the frames as they were added."""
        count = self.players
        observations = zip(*[column.values() for column in self.observations], strict=True)
        actions = zip(*[column.values() for column in self.actions], strict=True)
        for place, (observed, acted) in enumerate(zip(observations, actions, strict=True)):
            part = slice(place * count, (place + 1) * count)
            yield Transition(
                self.frames[place],
                self.episodes[place],
                bool(self.resets[place]),
                observed,
                acted,
                tuple(self.rewards[part]),
                tuple(map(bool, self.terminated[part])),
                tuple(map(bool, self.truncated[part])),
                tuple([self.names[name] for name in self.controllers[part]]),
                self._timing(place, part),
            )

    def _timing(self, place: int, part: slice) -> Timing:
        seen = zip(self.captured[part], self.delays[part], strict=True)
        return Timing(
            None if isnan(self.seconds[place]) else self.seconds[place],
            tuple([None if guess < 0 else bool(guess) for guess in self.predicted[part]]),
            None if self.depths[place] < 0 else self.depths[place],
            tuple([None if isnan(trip) else trip for trip in self.rtt_ms[part]]),
            tuple([None if frame < 0 else (frame, delay) for frame, delay in seen]),
        )

    def of_player(self, column: Sequence[Any], player: int) -> Sequence[Any]:
        """Return a player's part of a column that has an entry for each player."""
        return column[player :: self.players]
