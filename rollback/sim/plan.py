"""A virtual match as plain values: what runs it again elsewhere, as a file, or in another process. Knows JSON and names."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Self

from rollback.config import SessionConfig, TakeOver
from rollback.errors import UsageError
from rollback.game import MAX_PLAYERS, Game, codecs_of
from rollback.sim.factories import factory_for
from rollback.sim.link import Link
from rollback.sim.match import VirtualMatch
from rollback.sim.pool.commands import line_of
from rollback.sim.pool.played import Played, Shared
from rollback.sim.report import MatchReport

__all__ = ["MatchPlan", "Steady", "factory_for"]

FORMAT: Final = 1
KIND: Final = "plan"  # among the specs of `rollback.sim.simulate`
LONGEST: Final = 100_000_000  # frames


class Steady:
    """A policy that always does the same, so that what it plays for a lost player can be told from what anybody else did."""

    action: Final = 1

    def act(self, observation: Any, memory: Any) -> tuple[Any, Any]:
        """Return that."""
        return self.action, None


@dataclass(frozen=True, slots=True, kw_only=True)
class MatchPlan:
    """A match, in values that JSON can hold; the drawn actions, losses and clocks follow from the seed.

    It is a spec too, for `rollback.sim.simulate`: then `stats` of the result are the report, see `MatchReport.from_dict`.

    Attributes:
        game: The game's name, as commands take it.
        players: How many it is made for; None takes what the name makes.
        seed: Of the match, and of the game.
        frames: Where it ends at the latest.
        link: The link of all directions.
        fps: Frames a second.
        window: The prediction window.
        delays: The input delay of each peer; one for all, if there is one.
        interval: Frames between checksums.
        seats: The players of each peer; empty gives each peer one.
        skew_ppm: By how many millionths each peer's clock is too fast.
        phases: Where in a frame each peer's first tick lies.
        incidents: What happens in it; see `rollback.sim.schedule`.
        on_disconnect: What becomes of a lost player's slot: `pause`, `idle`, `end`, or `takeover` by one who always does the
            same.
        disconnect_after: Seconds of silence after which a peer counts as lost.
        rejoin_grace: Seconds for which `pause` waits for it after that.
        votes: Whether a lobby votes where exactly half are left.
        absent: Peers that are not there in the beginning.
        profile: What the network is called, for people.
        failing: The oracle that did not hold when the plan was written down, for people.
    """

    game: str
    players: int | None = None
    seed: int = 0
    frames: int = 600
    link: Link = dataclasses.field(default_factory=Link)
    fps: int = 60
    window: int = 8
    delays: tuple[int, ...] = (0,)
    interval: int = 60
    seats: tuple[tuple[int, ...], ...] = ()
    skew_ppm: tuple[float, ...] = ()
    phases: tuple[float, ...] = ()
    incidents: tuple[Mapping[str, Any], ...] = ()
    on_disconnect: str = "pause"
    disconnect_after: float = 5.0
    rejoin_grace: float = 30.0
    votes: bool = False
    absent: tuple[int, ...] = ()
    profile: str = ""
    failing: str = ""

    def run(self, make: Callable[[], Game] | None = None, *, twice: bool = False) -> MatchReport:
        """Play it.

        Args:
            make: Makes the games; None looks the name up.
            twice: Hold that a second run makes the same report.

        Raises:
            UsageError: The plan does not fit the game.
            GameError: The game cannot be made.
        """
        return self.match(make).run(self.frames, twice=twice)

    def match(self, make: Callable[[], Game] | None = None) -> VirtualMatch:
        """Return the match, with all its incidents planned.

        Args:
            make: Makes the games; None looks the name up.

        Raises:
            UsageError: The plan does not fit the game.
            GameError: The game cannot be made.
        """
        make = make or factory_for(self.game, self.players)
        stands_in = self.on_disconnect == "takeover"
        config = SessionConfig(
            fps=self.fps,
            prediction_window=self.window,
            desync_interval=self.interval,
            seed=self.seed,
            input_delay=0,
            on_disconnect=TakeOver(Steady()) if stands_in else self.on_disconnect,  # type: ignore[arg-type]
            disconnect_after=self.disconnect_after,
            interrupt_after=min(0.5, self.disconnect_after),
            rejoin_grace=self.rejoin_grace,
        )
        peers = len(self.seats) or len(codecs_of(make()))
        match = VirtualMatch(
            make,
            config=config,
            link=self.link,
            seed=self.seed,
            seats=self.seats or None,
            input_delays=self.delays * peers if len(self.delays) == 1 else self.delays,
            skew_ppm=self.skew_ppm,
            phases=self.phases,
            votes=self.votes,
            absent=self.absent,
        )
        match.plan(self.incidents)
        return match

    @property
    def name(self) -> str:
        """The game, for messages."""
        return self.game

    @property
    def tags(self) -> Mapping[str, Any]:
        """What the network is called."""
        return {"profile": self.profile}

    def parcels(self) -> Mapping[str, Path | bytes]:
        """Return nothing: a plan is all that has to travel."""
        return {}

    def play(self, seed: int, shared: Shared) -> Played:
        """Play it, with the seed that it has itself; the whole report comes back as numbers and texts.

        Args:
            seed: Nothing is drawn from it.
            shared: Where the game is kept.
        """
        report = self.run(shared.factory(self.game, self.players))
        told = report.to_dict()
        digest = hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()
        return Played(digest, stats=told, error=str(report.failures[0]) if report.failures else "")

    def command(self, seed: int) -> str:
        """Return the command that plays it again; empty where a plan has so many incidents that nobody would copy it.

        Args:
            seed: It is played with its own.
        """
        told = json.dumps(self.to_dict(), separators=(",", ":"))
        return line_of("rollback", "stress", "--game", self.game, "--replay", told)

    def to_dict(self) -> dict[str, Any]:
        """Return what differs from the defaults, as values that JSON can hold."""
        told: dict[str, Any] = {"kind": KIND, "format": FORMAT, "game": self.game, "seed": self.seed, "frames": self.frames}
        if self.link != Link():
            told["link"] = self.link.to_dict()
        for field in dataclasses.fields(self):
            value = getattr(self, field.name)
            if field.name in told or field.name == "link" or value == field.default:
                continue
            told[field.name] = [dict(each) for each in value] if field.name == "incidents" else _listed(value)
        return told

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Self:
        """Return the plan that a JSON object describes.

        Raises:
            UsageError: It describes none.
        """
        names = [field.name for field in dataclasses.fields(cls)]
        if not isinstance(values, Mapping) or values.get("format") != FORMAT:
            raise UsageError(f"this is no match to replay: an object with format {FORMAT} is needed, not {values!r:.80}")
        if values.get("kind", KIND) != KIND:
            raise UsageError(f"this is no match to replay: its kind is {values['kind']!r:.80}, and it must be {KIND!r}")
        for name in values:
            if name not in (*names, "format", "kind"):
                raise UsageError(f"a match to replay has {', '.join(names)}, not {name!r}")
        told = {name: _tupled(value) for name, value in values.items() if name not in ("kind", "format", "link", "incidents")}
        plan = cls(
            link=Link.from_dict(values.get("link", {})),
            incidents=tuple(values.get("incidents", ())),
            **{"game": "", **told},
        )
        plan._check()
        return plan

    def _check(self) -> None:
        """Look at what nothing else looks at before the match is made."""
        for name, value, high in (("seed", self.seed, 2**63 - 1), ("frames", self.frames, LONGEST)):
            if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= high:
                raise UsageError(f"{name} of a match to replay must be a whole number from 0 to {high}, not {value!r:.80}")
        if self.players is not None and (not isinstance(self.players, int) or not 2 <= self.players <= MAX_PLAYERS):
            raise UsageError(f"players of a match to replay must be from 2 to {MAX_PLAYERS}, not {self.players!r:.80}")
        if self.on_disconnect not in ("pause", "idle", "end", "takeover"):
            raise UsageError(
                f"on_disconnect of a match to replay must be pause, idle, end or takeover, not {self.on_disconnect!r:.80}"
            )
        if not isinstance(self.votes, bool):
            raise UsageError(f"votes of a match to replay must be true or false, not {self.votes!r:.80}")
        for name in ("game", "profile", "failing"):
            if not isinstance(getattr(self, name), str):
                raise UsageError(f"{name} of a match to replay must be a string, not {getattr(self, name)!r:.80}")
        for name in ("delays", "seats", "skew_ppm", "phases", "incidents", "absent"):
            if not isinstance(getattr(self, name), tuple):
                raise UsageError(f"{name} of a match to replay must be a list, not {getattr(self, name)!r:.80}")

    def save(self, path: Path) -> None:
        """Write it to a file that `rollback stress --replay` runs."""
        values = {name: value for name, value in self.to_dict().items() if name != "kind"}  # as it always was
        path.write_text(json.dumps(values, indent=2) + "\n", encoding="utf-8")

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read what `save` wrote.

        Raises:
            UsageError: The file cannot be read, or holds no plan.
        """
        try:
            values = json.loads(path.read_text(encoding="utf-8"))
        except (OSError, UnicodeDecodeError) as error:
            raise UsageError(f"{path} cannot be read: {error}") from None
        except ValueError as error:
            raise UsageError(f"{path} is no JSON: {error}") from None
        return cls.from_dict(values)


def _listed(value: Any) -> Any:
    return [_listed(item) for item in value] if isinstance(value, tuple) else value


def _tupled(value: Any) -> Any:
    return tuple(_tupled(item) for item in value) if isinstance(value, list) else value
