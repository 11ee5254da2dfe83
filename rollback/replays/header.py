"""The header of a replay: which game, with which settings, who played. Knows no frames and no clock."""

from __future__ import annotations

import platform
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from importlib import metadata
from typing import Any, Final

from rollback.config import SessionConfig
from rollback.errors import ReplayError, UsageError, WireError
from rollback.game import MAX_INPUT_SIZE, MAX_PLAYERS, Game, codecs_of
from rollback.replays.limits import FORMAT, MAX_ENTRIES, MAX_FRAMES, MAX_HEADER, MAX_TEXT
from rollback.state.trees import shown
from rollback.wire.tree import pack_tree, unpack_tree

__all__ = ["ReplayHeader", "pack_header", "package_versions", "unpack_header"]

_ADDED: Final = {1: {"first_frame"}}  # what came after a format, and has a default
Plain = str | int | float | bool | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplayHeader:
    """What is known before the first frame; `ReplayHeader.of(game, config)` fills it in.

    Attributes:
        codecs: What `describe()` said of each player's codec.
        sizes: Bytes of each player's input.
        game: How to name the game in a command, such as `rollback.games:Pong`; empty where unknown.
        game_id: As in the session's settings.
        game_version: As in the session's settings.
        fps: Frames a second.
        input_delay: Frames between an action and its effect.
        seed: What `reset` was given.
        desync_interval: Frames between checksums.
        names: The players' names; empty or one each.
        controllers: Who steered: `human`, `bot` or a name of your own; empty or one each.
        packages: Versions, by package.
        recorded_at: Seconds since 1970 when the match began, or None.
        extra: As in the session's settings.
        first_frame: The frame the recording begins with: later than 0 for who came in the middle, and then a keyframe of
            that frame comes first.
    """

    codecs: tuple[str, ...]
    sizes: tuple[int, ...]
    game: str = ""
    game_id: str = ""
    game_version: str = ""
    fps: int = 60
    input_delay: int = 2
    seed: int = 0
    desync_interval: int = 60
    names: tuple[str, ...] = ()
    controllers: tuple[str, ...] = ()
    packages: Mapping[str, str] = field(default_factory=dict)
    recorded_at: float | None = None
    extra: Mapping[str, Plain] = field(default_factory=dict)
    first_frame: int = 0

    def __post_init__(self) -> None:
        if type(self.sizes) is not tuple or not 1 <= len(self.sizes) <= MAX_PLAYERS:
            raise UsageError(f"sizes must be a tuple of one size per player, 1 to {MAX_PLAYERS} players: {shown(self.sizes)}")
        for size in self.sizes:
            _whole("a size", size, 1, MAX_INPUT_SIZE)
        for name in ("codecs", "names", "controllers"):
            given = getattr(self, name)
            _texts(name, given)
            if len(given) != self.players and (given or name == "codecs"):
                raise UsageError(f"{name} has {len(given)} entries for {self.players} players: give one each")
        _texts("game, game_id and game_version", (self.game, self.game_id, self.game_version))
        _whole("fps", self.fps, 1, 1000)
        _whole("input_delay", self.input_delay, 0, 60)
        _whole("seed", self.seed, 0, 2**63 - 1)
        _whole("desync_interval", self.desync_interval, 0, 1_000_000)
        _whole("first_frame", self.first_frame, 0, MAX_FRAMES)
        if self.recorded_at is not None and not (type(self.recorded_at) in (int, float) and abs(self.recorded_at) < 1e12):
            raise UsageError(f"recorded_at must be seconds since 1970 or None, not {shown(self.recorded_at)}")
        _plain("packages", self.packages, (str,))
        _plain("extra", self.extra, (str, int, float, bool, type(None)))

    @property
    def players(self) -> int:
        """How many play."""
        return len(self.sizes)

    @classmethod
    def of(
        cls,
        game: Game,
        config: SessionConfig,
        *,
        name: str | None = None,
        names: Sequence[str] = (),
        controllers: Sequence[str] = (),
        packages: Mapping[str, str] | None = None,
        recorded_at: float | None = None,
        first_frame: int = 0,
    ) -> ReplayHeader:
        """Return the header of a match of `game` under `config`.

        Args:
            game: The game, for its codecs and its class.
            config: The session's settings.
            name: How commands name the game; by default module and class, where another process can import them.
            names: The players' names.
            controllers: Who steers each player.
            packages: Versions by package; by default those of this package, Python and numpy.
            recorded_at: Seconds since 1970; the caller reads the clock.
            first_frame: The frame the recording begins with.
        """
        codecs = codecs_of(game)
        return cls(
            codecs=tuple(codec.describe() for codec in codecs),
            sizes=tuple(codec.size for codec in codecs),
            game=_name_of(game) if name is None else name,
            game_id=config.game_id or type(game).__name__,
            game_version=config.game_version,
            fps=config.fps,
            input_delay=0 if config.input_delay == "auto" else config.input_delay,  # it changes; the inputs tell
            seed=config.seed,
            desync_interval=config.desync_interval,
            names=tuple(names),
            controllers=tuple(controllers),
            packages=package_versions() if packages is None else dict(packages),
            recorded_at=recorded_at,
            extra=dict(config.extra),
            first_frame=first_frame,
        )


def pack_header(header: ReplayHeader) -> bytes:
    """Return the header as bytes.

    Raises:
        UsageError: It is larger than a header may be.
    """
    tree = {entry.name: getattr(header, entry.name) for entry in fields(header)}
    tree["packages"], tree["extra"] = dict(header.packages), dict(header.extra)
    data = pack_tree({"format": FORMAT, **tree})
    if len(data) > MAX_HEADER:
        raise UsageError(f"the header takes {len(data)} bytes, at most {MAX_HEADER} are allowed: shorten extra or names")
    return data


def unpack_header(data: bytes) -> ReplayHeader:
    """Return the header that `data` holds.

    Raises:
        ReplayError: It holds none, or that of a newer format.
    """
    try:
        tree = unpack_tree(data, max_bytes=MAX_HEADER, max_depth=4, max_items=10_000)
    except WireError as error:
        raise ReplayError(f"the header of the replay cannot be read: {error}") from None
    number = tree.pop("format", None) if type(tree) is dict else None
    if type(number) is not int or number < 1:
        raise ReplayError("the header of the replay does not say which format it has")
    if number > FORMAT:
        raise ReplayError(f"the replay has format {number}, this version reads up to {FORMAT}: pip install -U rollback")
    if set(tree) != {entry.name for entry in fields(ReplayHeader)} - _ADDED.get(number, set()):
        raise ReplayError("the header of the replay lacks a field, or holds one that is not known")
    try:
        return ReplayHeader(**tree)
    except UsageError as error:
        raise ReplayError(f"the header of the replay breaks a rule: {error}") from None


def _name_of(game: Game) -> str:
    kind = type(game)
    importable = kind.__module__ != "__main__" and "<" not in kind.__qualname__
    return f"{kind.__module__}:{kind.__qualname__}" if importable else ""


def package_versions() -> dict[str, str]:
    """Return the versions of Python, this package and numpy; takes some milliseconds."""
    versions = {"python": platform.python_version()}
    for package in ("rollback", "numpy"):
        try:
            versions[package] = metadata.version(package)
        except metadata.PackageNotFoundError:
            continue
    return versions


def _whole(name: str, value: Any, low: int, high: int) -> None:
    if type(value) is not int or not low <= value <= high:
        raise UsageError(f"{name} must be a whole number from {low} to {high}, not {shown(value)}")


def _texts(name: str, values: Any) -> None:
    if type(values) is not tuple or not all(type(value) is str and len(value) <= MAX_TEXT for value in values):
        raise UsageError(f"{name} must be strings of at most {MAX_TEXT} characters, not {shown(values)}")


def _plain(name: str, values: Any, kinds: tuple[type, ...]) -> None:
    if not isinstance(values, Mapping) or len(values) > MAX_ENTRIES:
        raise UsageError(f"{name} must be a mapping of at most {MAX_ENTRIES} entries, not {shown(values)}")
    for key, value in values.items():
        if type(key) is not str or type(value) not in kinds:
            raise UsageError(f"{name}[{shown(key)}] must be a plain value under a string, not {shown(value)}")
