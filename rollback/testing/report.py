"""What a check found out, as values, and what it means in words. Plays nothing."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from rollback.config import SessionConfig
from rollback.state import Difference
from rollback.testing.costs import Costs
from rollback.testing.environment_facts import EnvironmentFacts

__all__ = ["ELSEWHERE", "KEPT", "MADE", "Check", "CheckReport"]

KEPT: Final = "no reference is kept"
ELSEWHERE: Final = "another process agrees"
MADE: Final = "can be made a game"


@dataclass(frozen=True, slots=True)
class Check:
    """One question and its answer.

    Attributes:
        name: The question in a few words.
        passed: The answer; true of what was not asked.
        sentence: What was found, and where it failed what usually causes it; why it was not asked.
        frame: The frame at which it failed.
        differences: Where the states differed, as far as they are state trees.
        asked: Whether the question could be put to this game.
    """

    name: str
    passed: bool
    sentence: str
    frame: int | None = None
    differences: tuple[Difference, ...] = ()
    asked: bool = True


@dataclass(frozen=True, slots=True)
class CheckReport:
    """What became of a game under test.

    Attributes:
        game: Its class, or the name of the environment.
        frames: Frames of each part; of a slow environment fewer than asked for.
        distance: Frames each rollback went back.
        checks: The questions, in the order they were asked: what fails first is nearest to the cause.
        why_opaque: Why the snapshots are no state trees; empty when they are.
        costs: What it costs on this machine, None where it could not be played; two equal reports may differ in it.
        environment: What is known of it as an environment; None for a plain game, and for one that could not be made.
        causes: Who is likely to make an environment differ, where a check failed.
    """

    game: str
    frames: int
    distance: int
    checks: tuple[Check, ...]
    why_opaque: str = ""
    costs: Costs | None = field(default=None, compare=False)
    environment: EnvironmentFacts | None = field(default=None, compare=False)
    causes: tuple[str, ...] = ()

    @property
    def passed(self) -> bool:
        """Whether every check that was asked passed."""
        return all(check.passed for check in self.checks)

    @property
    def failed(self) -> tuple[Check, ...]:
        """The checks that did not pass."""
        return tuple(check for check in self.checks if not check.passed)

    @property
    def verdict(self) -> str:
        """What it means and what to change, in a few sentences."""
        if self.failed:
            return " ".join([self._refused(self.failed[0]), *self._causes()])
        said = [f"{self.game} can be played with rollback: nothing gave it away in {self.frames} frames."]
        if self.environment is not None and not self.environment.has_noop:
            said = [f"{self.game} can be played, in step: {self._in_step()}"]
        if self.why_opaque and self.environment is not None:
            said.append("Its snapshots cannot travel: nobody can rejoin or come late, and a desync is told without its place.")
        elif self.why_opaque:
            said.append(f"Its snapshots are no state trees ({self.why_opaque}), so differences cannot be named.")
        said += self._mistrusted()
        said += [self._too_slow()] if self._too_slow() else []
        said += [f"One question was {check.sentence}." for check in self.checks if check.name == ELSEWHERE and not check.asked]
        return " ".join(said)

    def _refused(self, first: Check) -> str:
        if first.name == MADE:
            why = f"{self.game} cannot be played over a network: {first.sentence.rstrip('.')}."
            return f"{why} {_mend_of(first.sentence)}".rstrip()
        if first.name == KEPT:
            return f"{self.game} is one change in place away from a desync. {first.sentence}"
        return f"{self.game} would not stay the same on two computers. {first.sentence}"

    def _causes(self) -> list[str]:
        return [f"Likely {'cause' if len(self.causes) == 1 else 'causes'}: {'; '.join(self.causes)}."] if self.causes else []

    def _in_step(self) -> str:
        asked = ""
        if self.costs is not None and self.costs.window and self.costs.reach is None:
            asked = (
                f" Where it is right to take the last action for it, set prediction_window (up to {self.costs.window} fits)."
            )
        return (
            f"nothing gave it away in {self.frames} frames, but no action is known to do nothing, so none can stand for"
            f" one that has not arrived, and every frame waits for all players.{asked}"
        )

    def _mistrusted(self) -> list[str]:
        """Return that the environment's own way of saving itself was refused: its author believes in it."""
        refused = () if self.environment is None else self.environment.refused
        return [f"Mend its own methods, or take them away: {why}." for why in refused if why.startswith(_OWN_METHODS)]

    def _too_slow(self) -> str:
        """Return what to do about a game whose rollbacks take too long, empty for one that is fast enough."""
        window, costs = SessionConfig().prediction_window, self.costs
        if costs is None or (self.environment is not None and not self.environment.has_noop):
            return ""
        if costs.reach is not None:
            return self._stutters(costs, costs.reach)
        if costs.window >= window:
            return ""
        names = {"step": costs.step_us, "save": costs.save_us, "load": costs.load_us}
        dearest = max(names, key=lambda name: names[name])
        return (
            f"But it is slow: within a quarter of a {costs.fps} Hz frame it can go back {costs.window} frames and not {window}."
            f" {dearest} costs most, {names[dearest]:.0f} us: make it faster, play at fewer frames a second, or set"
            f" prediction_window={costs.window} and a larger input_delay."
        )

    def _stutters(self, costs: Costs, reach: int) -> str:
        """Return what to do about an environment that is simulated again from the start of an episode."""
        window = SessionConfig().prediction_window
        if costs.window >= window and self.environment is not None and 0 < self.environment.longest <= reach:
            return ""
        mend = "give it get_state and set_state, or set prediction_window=0, which never goes back, with a larger input_delay"
        if costs.window < window or not reach:
            return (
                f"But going back plays the episode again from its reset, {costs.load_us:.0f} us, and a step of"
                f" {costs.step_us:.0f} us for each that was played, which no {costs.fps} Hz frame has room for: {mend}."
            )
        return (
            f"But going back plays the episode again, so it is smooth until step {reach} of an episode and stutters beyond:"
            f" shorten the episodes (max_episode_steps), {mend}."
        )


_OWN_METHODS: Final = ("get_state/set_state", "save/load")
_MENDS: Final = (  # by what the refusal says, in the order they are looked for
    (
        "is not deterministic",
        "Draw chance from self.np_random only, which reset(seed=...) seeds; count time in steps and read no clock; keep"
        " what changes in the environment and its wrappers, not in classes or modules; and set all of it anew in reset.",
    ),
    (
        "cannot be saved",
        "Give it get_state() and set_state(state): all that step reads, as copies made of dicts, lists, numbers, strings"
        " and arrays.",
    ),
    ("at most 64 can travel", "In the name of an environment that is ?bits=8."),
    ("act one after the other", "Choose an environment with a parallel_env, or write one in which all agents act in a frame."),
)


def _mend_of(sentence: str) -> str:
    """Return what to change about an environment that could not be made a game; the refusal itself often says it."""
    return next((mend for words, mend in _MENDS if words in sentence), "")
