"""A match by names and numbers: which game, who plays, over which link, how long. Knows JSON; knows no backend."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Self

from rollback.config import SessionConfig
from rollback.errors import UsageError
from rollback.game import MAX_PLAYERS
from rollback.sim.link import Link
from rollback.sim.pool.played import Played, Shared
from rollback.sim.pool.seeds import MAX_SEED
from rollback.sim.pool.sides import check_side, checkpoints_of, policies_of
from rollback.sim.pool.unlinked import play_unlinked

__all__ = ["MatchSpec"]

KIND: Final = "match"
LONGEST: Final = 100_000_000  # frames
MOST_TAGS: Final = 64
USUAL_FPS: Final = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class MatchSpec:
    """One match, checked on construction; the message names the value and the limit. Names are looked up where it is played.

    Attributes:
        game: The game's name, as commands take it: `pong`, `module:Game`, `path/file.py:Game`, `gym:...`, `pettingzoo:...`.
        players: One name a player, a single one for all, or none: then every player draws legal actions from the seed. A
            name is `best`, `random`, `idle`, `module:Policy` or `path/file.py:Policy` (with `?key=value&...`), or a
            checkpoint `FILE.npz`. With two names or more the game is made for as many.
        link: The link of all directions of a virtual network, with a peer for each player; None plays in a plain loop.
        frames: Where the match ends at the latest.
        tags: What tells it from others: plain values by name, handed on to the result.
        input_delay: Frames between an action and its effect, of a match with a link.
        window: The prediction window of a match with a link.
        fps: Frames a second of a match with a link; None takes the game's own, or 60.
        seed: What it is played with; None derives it from the seed of the run and the index.
    """

    game: str
    players: tuple[str, ...] = ()
    link: Link | None = None
    frames: int = 600
    tags: Mapping[str, Any] = field(default_factory=dict)
    input_delay: int = 0
    window: int = 8
    fps: int | None = None
    seed: int | None = None

    def __post_init__(self) -> None:
        if not isinstance(self.game, str) or not self.game.strip():
            raise UsageError(f"game of a match must be a name such as 'pong' or 'module:Game', not {self.game!r:.80}")
        if not isinstance(self.players, list | tuple) or len(self.players) > MAX_PLAYERS:
            raise UsageError(
                f"players of a match must be a list of names, one a player or one for all, {MAX_PLAYERS} at most,"
                f" not {self.players!r:.80}"
            )
        object.__setattr__(self, "players", tuple(self.players))  # lists, as JSON has them
        for name in self.players:
            check_side(name)
        if self.link is not None and not isinstance(self.link, Link):
            raise UsageError(f"link of a match must be a Link, or None for a match without a network, not {self.link!r:.80}")
        for name, low, high in (("frames", 1, LONGEST), ("seed", 0, MAX_SEED)):
            value = getattr(self, name)
            if value is None and name == "seed":
                continue
            if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
                raise UsageError(f"{name} of a match must be a whole number from {low} to {high}, not {value!r:.80}")
        object.__setattr__(self, "tags", _tags(self.tags))
        if (self.input_delay, self.window, self.fps) != (0, 8, None):
            self._config(0, USUAL_FPS)

    @property
    def name(self) -> str:
        """The game, for messages."""
        return self.game

    def play(self, seed: int, shared: Shared) -> Played:
        """Play it, with games that know nothing of the matches before it.

        Args:
            seed: Of the game, its players and the network.
            shared: What the worker holds.

        Raises:
            UsageError: It does not fit the game.
            GameError: A name leads nowhere.
            MissingPackage: The environment's package is not installed.
        """
        with shared.games(self.game, len(self.players) if len(self.players) > 1 else None) as make:
            game: Any = make()
            policies = policies_of(game, self.players, seed, shared)
            if self.link is not None:
                play_linked: Callable[..., Played] = shared.kept("linked", _linked)
                return play_linked(make, policies, self.link, self._config(seed, _fps(game)), self.frames)
            if hasattr(game, "reset"):
                game.reset(seed)
            return play_unlinked(game, policies, self.frames)

    def parcels(self) -> Mapping[str, Path | bytes]:
        """Return the checkpoints of its players, by the names they have here."""
        return {name: Path(name) for name in checkpoints_of(self.players)}

    def to_dict(self) -> dict[str, Any]:
        """Return what differs from the defaults, as values that JSON can hold."""
        told: dict[str, Any] = {"kind": KIND, "game": self.game, "frames": self.frames}
        if self.players:
            told["players"] = list(self.players)
        if self.link is not None:
            told["link"] = self.link.to_dict()
        if self.tags:
            told["tags"] = dict(self.tags)
        for name in ("input_delay", "window", "fps", "seed"):
            value = getattr(self, name)
            if value != _DEFAULTS[name]:
                told[name] = value
        return told

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Self:
        """Return the match that a JSON object describes.

        Raises:
            UsageError: It describes none.
        """
        if not isinstance(values, Mapping) or values.get("kind", KIND) != KIND or "game" not in values:
            raise UsageError(f"this is no match: an object with a game and the kind {KIND!r} is needed, not {values!r:.80}")
        told = {name: value for name, value in values.items() if name != "kind"}
        for name in told:
            if name not in _DEFAULTS:
                raise UsageError(f"a match has {', '.join(_DEFAULTS)}, not {name!r:.80}")
        if told.get("link") is not None:
            told["link"] = Link.from_dict(told["link"])
        return cls(**told)

    def __reduce__(self) -> tuple[Any, ...]:
        # With tags of its own every match is a spec of its own: this takes a fifth of the time of its fields by JSON, and
        # what was checked when it was made is not checked again.
        return _again, (type(self), *(getattr(self, name) for name in _DEFAULTS))

    def _config(self, seed: int, fps: int) -> SessionConfig:
        return SessionConfig(
            fps=fps if self.fps is None else self.fps,
            input_delay=self.input_delay,
            prediction_window=self.window,
            seed=seed,
        )


_DEFAULTS: Final = {each.name: each.default for each in dataclasses.fields(MatchSpec)}


def _again(kind: type[MatchSpec], *values: Any) -> MatchSpec:
    made = object.__new__(kind)
    for name, value in zip(_DEFAULTS, values, strict=True):
        object.__setattr__(made, name, value)
    return made


def _linked() -> Callable[..., Played]:
    from rollback.sim.pool.linked import play_linked  # the engine is behind it

    return play_linked


def _fps(game: Any) -> int:
    """Return a game's own frames a second, where a session can run at so many."""
    fps = getattr(game, "fps", USUAL_FPS)
    return fps if isinstance(fps, int) and 1 <= fps <= 1000 else USUAL_FPS


def _tags(tags: Any) -> dict[str, Any]:
    """Return a copy of plain values by name."""
    plain = str | int | float | None  # bool is an int
    if not isinstance(tags, Mapping) or len(tags) > MOST_TAGS or not all(isinstance(key, str) for key in tags):
        raise UsageError(f"tags of a match must be up to {MOST_TAGS} plain values by name, not {tags!r:.80}")
    for key, value in tags.items():
        if not isinstance(value, plain) or (isinstance(value, float) and not math.isfinite(value)):
            raise UsageError(f"tag {key!r:.40} of a match must be a string, a number, true, false or null, not {value!r:.80}")
    return dict(tags)
