"""One run as the studio sees it: its state, its figures, its curve, its newest picture. Knows no process and no page."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from rollback.agents.checkpoints import RunFolder
from rollback.agents.checkpoints.limits import MAX_COUNT, MAX_TEXT
from rollback.agents.checkpoints.plain import dumped, plain
from rollback.errors import UsageError
from rollback.studio.curve import Curve
from rollback.studio.history import BEGINNING, Place
from rollback.studio.points import Row
from rollback.studio.states import ACTIVE, Cause, State, following
from rollback.studio.trainer import Job

__all__ = ["Facts", "Run"]

MEAN_OF: Final = 100  # episodes whose mean reward is told
_MOST_PARAMETERS: Final = 16 * 1024  # bytes: every page gets those of every run


@dataclass(frozen=True, slots=True)
class Facts:
    """What a run is, from its start to its end.

    Attributes:
        algorithm: Name.
        environment: Name.
        parameters: All values; they are locked.
        seed: Of all dice.
        episodes: After how many it is finished; 0: never.
        started: When it was started first, in seconds since 1970.
    """

    algorithm: str
    environment: str
    parameters: Mapping[str, Any]
    seed: int
    episodes: int
    started: float

    def plain(self) -> dict[str, Any]:
        """Return them as `run.json` has them."""
        return {
            "algorithm": self.algorithm,
            "environment": self.environment,
            "parameters": dict(self.parameters),
            "seed": self.seed,
            "episodes": self.episodes,
            "started": self.started,
        }

    @classmethod
    def from_plain(cls, values: Mapping[str, Any]) -> Facts:
        """Return what `run.json` says; whatever is missing there, of another kind or too large for pages is empty."""
        return cls(
            _name(values.get("algorithm")),
            _name(values.get("environment")),
            _small(values.get("parameters")),
            _whole(values.get("seed")),
            max(0, _whole(values.get("episodes"))),
            _seconds(values.get("started")),
        )

    def is_same_training(self, other: Facts) -> bool:
        """Return whether both would compute the very same."""
        mine = (self.algorithm, self.environment, dict(self.parameters), self.seed)
        return mine == (other.algorithm, other.environment, dict(other.parameters), other.seed)


@dataclass(slots=True)
class Run:
    """A run.

    Attributes:
        folder: Where it is kept.
        facts: What it is.
        curve: Its points.
        state: What it is doing.
        reason: Why it is in this state, in a sentence; often empty.
        last_words: The last lines of its process's standard error, where it crashed.
        speed: Steps a second, or `full` or `headless`.
        episode: Episodes so far.
        step: Steps so far.
        epsilon: Share of random actions.
        steps_per_second: How fast it trains.
        reward: Mean of the newest episodes, None before the first.
        generation: Raised whenever the agent is replaced, and with it the curve.
        picture: The newest, as it is told; None before the first.
        picture_number: Raised with each picture.
        is_read: Whether the curve holds what the log does.
        read_to: How far the log was read, where another process writes it.
    """

    folder: RunFolder
    facts: Facts
    curve: Curve
    state: State = State.STOPPED
    reason: str = ""
    last_words: Sequence[str] = ()
    speed: float | str = "full"
    episode: int = 0
    step: int = 0
    epsilon: float = 0.0
    steps_per_second: float = 0.0
    rewards: list[float] = field(default_factory=list)
    generation: int = 0
    picture: dict[str, Any] | None = None
    picture_number: int = 0
    is_read: bool = False
    read_to: Place = BEGINNING

    @property
    def name(self) -> str:
        """Its id."""
        return self.folder.name

    @property
    def is_active(self) -> bool:
        """Whether it has a process."""
        return self.state in ACTIVE

    def happened(self, cause: Cause) -> bool:
        """Go to the state that follows; False if none does."""
        state = following(self.state, cause)
        if state is None:
            return False
        self.state = state
        return True

    def begin_curve(self, *, is_read: bool) -> None:
        """Begin a new curve: the agent is another one; `is_read` says that the log is empty, else it must be read."""
        self.curve = Curve(self.curve.most, self.curve.kept)
        self.generation += 1
        self.is_read = is_read
        self.rewards = []

    def take(self, rows: Sequence[Row]) -> None:
        """Take episodes that have ended, in their order."""
        if not rows:
            return
        self.episode, self.step = rows[-1][0], rows[-1][1]
        self.note(rows)
        if self.is_read:
            self.curve.add(rows)

    def note(self, rows: Sequence[Row]) -> None:
        """Learn from the newest episodes how it stands besides its counts."""
        self.epsilon = rows[-1][4] if rows[-1][4] is not None else self.epsilon
        self.rewards += [float(row[2]) for row in rows[-MEAN_OF:] if row[2] is not None]
        del self.rewards[:-MEAN_OF]

    def curve_told(self) -> dict[str, Any]:
        """Return the whole curve, thinned, as pages get it."""
        return {"run": self.name, "generation": self.generation, **self.curve.thinned()}

    def job(self, checkpoint: str, pictures: float) -> Job:
        """Return what its process is to do, from a checkpoint on, with so many pictures a second."""
        facts = self.facts
        return Job(
            folder=str(self.folder.path),
            algorithm=facts.algorithm,
            environment=facts.environment,
            parameters=facts.parameters,
            seed=facts.seed,
            episodes=facts.episodes,
            checkpoint=checkpoint,
            speed=self.speed,
            pictures=pictures,
        )

    def told(self) -> dict[str, Any]:
        """Return all of it but its curve and its picture, as pages get it."""
        facts = self.facts
        return {
            "run": self.name,
            "state": self.state.value,
            "reason": self.reason,
            "last_words": list(self.last_words),
            "algo": facts.algorithm,
            "env": facts.environment,
            "parameters": dict(facts.parameters),
            "seed": facts.seed,
            "episodes": facts.episodes,
            "started": facts.started,
            "speed": self.speed,
            "episode": self.episode,
            "step": self.step,
            "epsilon": self.epsilon,
            "steps_per_second": self.steps_per_second,
            "reward": sum(self.rewards) / len(self.rewards) if self.rewards else None,
            "generation": self.generation,
        }


def _name(value: Any) -> str:
    return value if isinstance(value, str) and len(value) <= MAX_TEXT else ""


def _whole(value: Any) -> int:
    return value if type(value) is int and abs(value) <= MAX_COUNT else 0


def _small(value: Any) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        return {}
    try:
        return value if len(dumped(plain(value, "it"))) <= _MOST_PARAMETERS else {}
    except UsageError:  # an infinity, for one
        return {}


def _seconds(value: Any) -> float:
    try:
        seconds = float(value) if type(value) in (int, float) else 0.0
    except OverflowError:  # JSON takes whole numbers that no float holds
        return 0.0
    return seconds if math.isfinite(seconds) else 0.0
