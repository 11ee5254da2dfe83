"""Playing an environment for a trial, without knowing which kind it is, and comparing two plays. Knows no probe."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from rollback.state import checksum, diff, why_not_tree

if TYPE_CHECKING:
    from rollback.envs.saving.savers import Saver

__all__ = ["Episode", "Script", "changes", "play", "samples", "told", "tree_of"]


@dataclass(frozen=True)
class Episode:
    """How to drive one environment without knowing which kind it is.

    Attributes:
        reset: Begins an episode from a seed and returns its first observations.
        step: Takes what `sample` gave and returns observations, rewards, terminated and truncated.
        sample: Draws legal actions for all players from the generator it is given, and from nothing else.
        is_over: Says whether the last step ended the episode.
    """

    reset: Callable[[int], Any]
    step: Callable[[Any], Any]
    sample: Callable[[random.Random], Any]
    is_over: Callable[[], bool]


@dataclass(slots=True)
class Script:
    """A position in a play that resets by itself wherever an episode has ended, as the adapters do.

    Attributes:
        episode: What is driven.
        actions: The actions of each step, drawn beforehand.
        saver: Told of resets and steps, when there is one.
        place: The next step.
        is_over: Whether the episode has ended: then the next step is a reset.
        seed: The seed of the running episode.
    """

    episode: Episode
    actions: Sequence[Any]
    saver: Saver | None = None
    place: int = 0
    is_over: bool = False
    seed: int = 0
    ended: list[int] = field(default_factory=list)

    def begin(self, seed: int, place: int = 0) -> Any:
        """Reset to `seed` and go on at `place`; return the first observations as a tree."""
        shown = tree_of(self.episode.reset(seed))
        if self.saver is not None:
            self.saver.began(seed)
        self.place, self.is_over, self.seed = place, False, seed
        return shown

    def go(self, steps: int) -> list[Any]:
        """Take `steps` steps and return what each showed, as trees."""
        shown = []
        for _ in range(steps):
            actions = self.actions[self.place]
            if self.is_over:
                shown.append(("reset", self.begin(self.seed + 1, self.place)))
            else:
                results = tree_of(self.episode.step(actions))
                if self.saver is not None:
                    self.saver.stepped(actions)
                self.is_over = bool(self.episode.is_over())
                shown.append(("step", results))
                if self.is_over:
                    self.ended.append(self.place)
            self.place += 1
        return shown

    def mark(self) -> tuple[int, bool, int]:
        """Return what `back` needs."""
        return self.place, self.is_over, self.seed

    def back(self, mark: tuple[int, bool, int]) -> None:
        """Go to where `mark` was taken; the environment is loaded by somebody else."""
        self.place, self.is_over, self.seed = mark


def tree_of(value: Any) -> Any:
    """Return a copy of `value` as a state tree: arrays copied, anything that is no tree as its `repr`."""
    kind = type(value)
    if kind in (int, float, bool, str, bytes, type(None)):
        return value
    if isinstance(value, dict):
        return {key if type(key) in (int, str) else repr(key): tree_of(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [tree_of(item) for item in value] if kind is list else tuple(tree_of(item) for item in value)
    if hasattr(value, "copy") and hasattr(value, "dtype") and hasattr(value, "shape"):
        value = value.copy()
    return value if why_not_tree(value) is None else repr(value)


def play(episode: Episode, seed: int, actions: Sequence[Any], saver: Saver | None = None) -> list[Any]:
    """Reset to `seed`, take all `actions` and return what was shown, the first observations first."""
    script = Script(episode, actions, saver)
    return [("reset", script.begin(seed)), *script.go(len(actions))]


def changes(left: Sequence[Any], right: Sequence[Any], first: int = 0) -> str | None:
    """Return the words for the first difference between two plays, None when they agree."""
    for place, (a, b) in enumerate(zip(left, right, strict=True), first):
        if _is_same(a, b) or checksum(a) == checksum(b):
            continue
        if a[0] != b[0]:
            return f"step {place} is a {a[0]} one time and a {b[0]} the other: the episodes do not end at the same step"
        parts = ("observation", "reward", "terminated", "truncated")
        if a[0] == "step" and type(a[1]) is tuple and len(a[1]) == len(b[1]) == len(parts):
            for part, x, y in zip(parts, a[1], b[1], strict=True):
                if found := diff(x, y, 1):
                    return f"{part} of step {place} differs{told(found[0])}"
        name = "the first observation" if a[0] == "reset" else f"step {place}"
        return f"{name} differs{told(diff(a[1], b[1], 1)[0])}"
    return None


def _is_same(a: Any, b: Any) -> bool:
    """Return whether two trees are the same to the bit: a hundred times quicker than checksums of pictures."""
    if type(a) is not type(b):
        return False
    if isinstance(a, dict):
        return a.keys() == b.keys() and all(_is_same(value, b[key]) for key, value in a.items())
    if isinstance(a, list | tuple):
        return len(a) == len(b) and all(map(_is_same, a, b))
    if hasattr(a, "tobytes"):
        return bool(a.dtype == b.dtype and a.shape == b.shape and a.tobytes() == b.tobytes())
    return bool(a == b)


def told(difference: Any) -> str:
    """Return where two trees differ and how, to follow "differs"."""
    where = f" at {difference.path}" if difference.path else ""
    text = str(difference)
    return f"{where}: {text[text.index(': ') + 2 :]}"


def samples(episode: Episode, count: int) -> list[Any]:
    """Return `count` actions, always the same ones for the same environment."""
    generator = random.Random(1)
    return [episode.sample(generator) for _ in range(count)]
