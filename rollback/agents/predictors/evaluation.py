"""What a predictor is worth: recorded matches played again with late inputs, beside repeating the last one. Knows replays."""

from __future__ import annotations

import os
import random
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from rollback.agents.predictors.lateness import arrivals
from rollback.agents.predictors.ngram import NGram
from rollback.agents.predictors.rehearsal import Lived, rehearse
from rollback.config import MAX_DELAY, MAX_WINDOW, Predictor, RepeatLast
from rollback.errors import UsageError
from rollback.game import Game
from rollback.replays import Replay
from rollback.replays.course import Course
from rollback.replays.naming import named_game

__all__ = ["Evaluation", "Figures", "Interval", "TraceFigures", "evaluate_predictor"]

RESAMPLED: Final = 2000  # times for the bootstrap
SHARE: Final = 0.95  # of the bootstrap's interval

Source = Replay | str | os.PathLike[str]


@dataclass(frozen=True, slots=True)
class Interval:
    """An estimate, and where it lies with a confidence of 95 %."""

    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Figures:
    """What guessing cost.

    Attributes:
        miss_rate: Share of wrong guesses by horizon: how many frames past the newest known input, 1 first. None where none
            was made.
        rollbacks_a_second: Rollbacks by second of the match, of one peer.
        mean_depth: Frames a rollback went back, 0 without any.
        p95_depth: Frames that 95 % of them did not exceed, 0 without any.
        resimulated_a_second: Frames replayed by second of the match.
    """

    miss_rate: tuple[float | None, ...]
    rollbacks_a_second: float
    mean_depth: float
    p95_depth: int
    resimulated_a_second: float


@dataclass(frozen=True, slots=True)
class TraceFigures:
    """One recording as one player's peer lived it.

    Attributes:
        name: Of the recording.
        viewer: The player whose peer it was; all others were guessed.
        frames: Frames played.
        seconds: As long as that lasts.
        rollbacks: Rollbacks with the predictor.
        repeated: Rollbacks where the last input was repeated.
        resimulated: Frames replayed with the predictor.
        stalls: Ticks that waited; the same for both.
    """

    name: str
    viewer: int
    frames: int
    seconds: float
    rollbacks: int
    repeated: int
    resimulated: int
    stalls: int

    @property
    def ratio(self) -> float:
        """Rollbacks as a share of those of repeating; 1 where there were none of either."""
        return self.rollbacks / self.repeated if self.repeated else 1.0 if not self.rollbacks else float("inf")


@dataclass(frozen=True, slots=True)
class Evaluation:
    """A predictor beside repeating the last input, on the same recordings with the same lateness.

    Attributes:
        predictor: Which.
        delay: Frames an input came late at least.
        jitter: Frames more at most.
        figures: With the predictor.
        repeat_last: Where the last input was repeated.
        saved: Rollbacks a second that the predictor saved: a paired bootstrap over the traces.
        ratio: Rollbacks as a share of those of repeating, likewise.
        worst: The largest such share of any trace.
        traces: Each recording and viewer.
    """

    predictor: str
    delay: int
    jitter: int
    figures: Figures
    repeat_last: Figures
    saved: Interval
    ratio: Interval
    worst: float
    traces: tuple[TraceFigures, ...]

    @property
    def miss_rate(self) -> tuple[float | None, ...]:
        """See `Figures`."""
        return self.figures.miss_rate

    @property
    def rollbacks_a_second(self) -> float:
        """See `Figures`."""
        return self.figures.rollbacks_a_second

    @property
    def mean_depth(self) -> float:
        """See `Figures`."""
        return self.figures.mean_depth

    @property
    def p95_depth(self) -> int:
        """See `Figures`."""
        return self.figures.p95_depth

    @property
    def resimulated_a_second(self) -> float:
        """See `Figures`."""
        return self.figures.resimulated_a_second


def evaluate_predictor(
    replays: Iterable[Source] | Source,
    delay: int = 3,
    jitter: int = 0,
    predictor: Predictor | None = None,
    *,
    game: Callable[[], Game] | None = None,
    window: int = 8,
    loss: float = 0.0,
    seed: int = 0,
) -> Evaluation:
    """Play recordings again with the others' inputs coming late, once guessed by a predictor and once by repeating the last.

    Each recording is lived through by the peer of every player. Nothing is learned from one to the next.

    Args:
        replays: Recordings or their files; give such as nothing was tuned on.
        delay: Frames an input is late at least, beyond the input delay: 0 to 60.
        jitter: Frames more at most, drawn evenly for each datagram: 0 to 60.
        predictor: What is looked at; None for `NGram()`.
        game: Makes a fresh game of the kind that was recorded; may be left out for the built-in ones.
        window: The prediction window.
        loss: Share of datagrams that are lost.
        seed: Of lateness and bootstrap.

    Raises:
        UsageError: There is no recording, a number is out of its limits, or the game has to be given.
        ReplayError: A file is no replay.
        GameError: A recording is of another game.
    """
    for name, value, most in (("delay", delay, MAX_DELAY), ("jitter", jitter, MAX_DELAY), ("window", window, MAX_WINDOW)):
        if type(value) is not int or not 0 <= value <= most:
            raise UsageError(f"{name} must be a whole number of frames from 0 to {most}, not {value!r:.80}")
    if isinstance(loss, bool) or not isinstance(loss, int | float) or not 0 <= loss < 1:
        raise UsageError(f"loss must be a share from 0 to below 1, not {loss!r:.80}")
    chosen: Predictor = NGram() if predictor is None else predictor
    traces: list[TraceFigures] = []
    ours: list[Lived] = []
    theirs: list[Lived] = []
    for number, source in enumerate([replays] if isinstance(replays, Replay | str | os.PathLike) else replays):
        replay = source if isinstance(source, Replay) else Replay.open(source)
        name = f"{number}" if isinstance(source, Replay) else Path(source).name
        for viewer in range(replay.header.players):
            for kept, each in ((ours, chosen), (theirs, RepeatLast())):
                kept.append(_lived(replay, game, viewer, each, delay, jitter, window, loss, f"{seed}: {number}"))
            traces.append(_trace(name, viewer, ours[-1], theirs[-1], replay.header.fps))
    if not traces:
        raise UsageError("there is nothing to evaluate on: give at least one replay of two players or more")
    worst = max([each.ratio for each in traces])
    seconds = sum([each.seconds for each in traces])
    saved, ratio = _bootstrap(traces, seed)
    return Evaluation(
        repr(chosen), delay, jitter, _figures(ours, seconds), _figures(theirs, seconds), saved, ratio, worst, tuple(traces)
    )


def _lived(
    replay: Replay,
    make: Callable[[], Game] | None,
    viewer: int,
    predictor: Predictor,
    delay: int,
    jitter: int,
    window: int,
    loss: float,
    seed: str,
) -> Lived:
    game: Any = named_game(replay.header) if make is None else make()
    rows = list(replay)
    course = Course(replay, game)
    course.begin()
    start = game.save()
    ticks = [arrivals(len(rows), delay, jitter, loss, f"{seed}: {player}") for player in range(replay.header.players)]
    return rehearse(game, rows, viewer, ticks, predictor, seed=replay.header.seed, window=window, start=start)


def _trace(name: str, viewer: int, ours: Lived, theirs: Lived, fps: int) -> TraceFigures:
    return TraceFigures(
        name, viewer, ours.frames, ours.frames / fps, ours.rollbacks, theirs.rollbacks, ours.resimulated, ours.stalls
    )


def _figures(lives: Sequence[Lived], seconds: float) -> Figures:
    depths: dict[int, int] = {}
    for lived in lives:
        for depth, times in lived.depths.items():
            depths[depth] = depths.get(depth, 0) + times
    rollbacks = sum(depths.values())
    left, p95 = SHARE * rollbacks, 0
    for depth in sorted(depths):
        left -= depths[depth]
        p95 = depth
        if left <= 0:
            break
    furthest = max([horizon for lived in lives for horizon in lived.guesses], default=0)
    rates: list[float | None] = []
    for horizon in range(1, furthest + 1):
        made = sum([lived.guesses.get(horizon, 0) for lived in lives])
        rates.append(sum([lived.misses.get(horizon, 0) for lived in lives]) / made if made else None)
    mean = sum([depth * times for depth, times in depths.items()]) / rollbacks if rollbacks else 0.0
    resimulated = sum([lived.resimulated for lived in lives])
    return Figures(tuple(rates), rollbacks / max(seconds, 1e-9), mean, p95, resimulated / max(seconds, 1e-9))


def _bootstrap(traces: Sequence[TraceFigures], seed: int) -> tuple[Interval, Interval]:
    """Return the rollbacks a second saved, and the share that is left, over traces drawn again and again."""

    def measured(drawn: Sequence[TraceFigures]) -> tuple[float, float]:
        ours, theirs = sum([each.rollbacks for each in drawn]), sum([each.repeated for each in drawn])
        seconds = max(sum([each.seconds for each in drawn]), 1e-9)
        return (theirs - ours) / seconds, ours / theirs if theirs else 1.0

    dice = random.Random(f"{seed}: bootstrap")
    drawn = [measured(dice.choices(traces, k=len(traces))) for _ in range(RESAMPLED)]
    low, high = int(RESAMPLED * (1 - SHARE) / 2), int(RESAMPLED * (1 + SHARE) / 2) - 1
    saved, ratio = sorted([each[0] for each in drawn]), sorted([each[1] for each in drawn])
    value = measured(traces)
    return Interval(value[0], saved[low], saved[high]), Interval(value[1], ratio[low], ratio[high])
