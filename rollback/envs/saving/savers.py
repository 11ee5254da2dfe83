"""Which saver an environment gets: the kinds in their order, none trusted before the probe agreed. Saves nothing itself.

The choice is the same in every process, for snapshots travel: it follows from the environment and the probe's fixed seeds
and numbers of steps, never from a clock. It is remembered for environments that are made alike.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final, Protocol

from rollback.envs.plans.space_chance import settle_spaces
from rollback.envs.saving.deep_copies import DeepCopies
from rollback.envs.saving.likeness import likeness
from rollback.envs.saving.native_ale import ale_state
from rollback.envs.saving.native_functional import functional_state
from rollback.envs.saving.native_mujoco import mujoco_state
from rollback.envs.saving.own_state import Own, first_of, methods_hook, own_methods
from rollback.envs.saving.plan_saver import PlanSaver
from rollback.envs.saving.probe import END_WITHIN, JUMPS, Episode, refusal, unlike_itself
from rollback.envs.saving.resimulation import Resimulation
from rollback.envs.saving.trial import samples
from rollback.envs.saving.witnesses import changed, outside, witnesses
from rollback.errors import GameError

__all__ = ["KINDS", "Another", "Saver", "saver_for"]

KINDS: Final = ("get_state", "save", "clone_state", "mujoco", "functional", "generated", "deepcopy", "simulated again")
_USUAL_FPS: Final = 60  # frames a second of an environment that names none, for the notes of the last resort
_MOST: Final = 256  # likenesses that are remembered; more than anybody makes in a process
_MEASURED: Final = 40  # steps, of which the middle one counts
_SHOWN: Final = 2  # names in a sentence

WAYS: Final = ("own methods", "native", "native with arrays", "generated", "deepcopy", "simulated again")
_WORDS: Final = {
    "own methods": "the environment's own methods",
    "native": "the simulator's own state",
    "native with arrays": "MuJoCo's integration state with all its arrays",
    "generated": "the generated saver",
    "deepcopy": "deep copies",
    "simulated again": "simulating again",
}
_NATIVES: Final = {
    "clone_state": "clone_state/restore_state of the ALE",
    "mujoco": "MuJoCo's integration state",
    "functional": "the state of the functional environment",
}
_KINDS_OF: Final = {
    "own methods": ("get_state", "save"),
    "native": tuple(_NATIVES),
    "native with arrays": ("mujoco",),
    "generated": ("generated",),
    "deepcopy": ("deepcopy",),
    "simulated again": ("simulated again",),
}

Another = Callable[[], tuple[Any, Episode]]


class Saver(Protocol):
    """Saves and loads one environment with all its wrappers.

    Attributes:
        name: The kind, one of `KINDS`.
        notes: Sentences: what was left alone, what it costs, which kinds were refused and why.
        is_opaque: Whether its snapshots are no state trees; then `digest` is what checksums look at.
        wrappers: The wrapper classes with state, where the saver knows.
        left_alone: Paths of what is not saved on purpose: windows, surfaces, clocks.
    """

    notes: tuple[str, ...]

    @property
    def name(self) -> str:
        """The kind."""

    @property
    def is_opaque(self) -> bool:
        """Whether its snapshots are no state trees."""

    @property
    def wrappers(self) -> tuple[str, ...]:
        """The wrapper classes with state."""

    @property
    def left_alone(self) -> tuple[str, ...]:
        """What is not saved on purpose."""

    def save(self) -> Any:
        """Return a snapshot that belongs to the caller and that nobody mutates."""

    def load(self, state: Any) -> None:
        """Become that state again, keeping and mutating nothing of it.

        Raises:
            GameError: The snapshot cannot be taken.
        """

    def digest(self) -> Any:
        """Return a state tree of what peers can compare; for savers that are not opaque, the snapshot."""

    def began(self, seed: int) -> None:
        """Be told after each reset of the environment."""

    def stepped(self, actions: Any) -> None:
        """Be told after each step, with what the episode's `step` was given."""


def saver_for(env: Any, episode: Episode, *, saver: str | None = None, another: Another | None = None) -> Saver:
    """Return the first saver, in the order of `KINDS`, on which saving, stepping, loading and stepping again agreed.

    The environment is reset, stepped by the probe, and left somewhere in an episode; environments made alike are probed once
    in a process, and afterwards only reset. The notes of the saver tell which kinds before it were refused, and why.

    Args:
        env: The environment with all its wrappers.
        episode: How it is driven.
        saver: The only kind to try; None for all.
        another: Makes one more environment of the same kind with its driver. With it the probe also loads into a second,
            fresh instance: without, state that lives in a class or a module goes unseen.

    Raises:
        GameError: The environment is not deterministic, and who is the likely cause; or every kind was refused, and why.
    """
    if saver is not None and saver not in KINDS:
        raise GameError(f"there is no saver {saver!r}: choose one of {', '.join(KINDS)}, or None to try them in this order")
    settle_spaces(env)
    key = (likeness(env), saver, another is None)
    known = _remembered.get(key)
    if known is not None:
        made = _build(known[0], env, episode)
        made.notes = known[1]
        return made
    made, way = _proved(env, episode, saver, None if another is None else _settled(another))
    if len(_remembered) >= _MOST:
        _remembered.clear()
    _remembered[key] = (way, made.notes)
    return made


_remembered: dict[tuple[Any, ...], tuple[str, tuple[str, ...]]] = {}


def _proved(env: Any, episode: Episode, only: str | None, another: Another | None) -> tuple[Saver, str]:
    before = outside(env)
    _check_determinism(env, episode, another, before)
    episode.reset(0)
    between = outside(env)  # a count may stand by chance where it stood before
    refused: list[str] = []
    for way in WAYS:
        try:
            made = _build(way, env, episode)
        except _NotThisWay:
            continue
        except GameError as error:
            if only in (None, *_KINDS_OF[way]):
                refused.append(f"{_WORDS[way]}: {error}")
            continue
        if only is not None and made.name != only:
            continue
        is_slow = way == "simulated again"  # it plays from the reset at every load, and has been compared with itself already
        ends, jumps = (0, 0) if is_slow else (END_WITHIN, JUMPS)
        why = refusal(made, episode, _pair(way, another), end_within=ends, jumps=jumps)
        after = outside(env)
        hidden = list(dict.fromkeys([*changed(before, after), *changed(between, after)]))
        if why is None:
            made.notes = (*refused, *_told(made, env, episode, hidden, is_moved=another is not None))
            return made, way
        culprits = f"; {_listed(hidden)} changed meanwhile, and no saver looks there" if hidden else ""
        refused.append(f"{_words(way, made, env)}: {why}{culprits}")
    name = type(getattr(env, "unwrapped", env)).__name__
    if only is not None and not refused:
        raise GameError(f"{name} cannot be saved by {only!r}: it has nothing of the kind")
    raise GameError(f"{name} cannot be saved. " + ". ".join(refused))


class _NotThisWay(Exception):
    """The environment has nothing that is saved this way."""


def _build(way: str, env: Any, episode: Episode) -> Saver:
    """Return the saver of a way.

    Raises:
        GameError: Something cannot be saved that way.
        _NotThisWay: There is nothing of the kind.
    """
    episode.reset(0)  # until then many lack what their own methods, or a walk, are to save
    if way == "deepcopy":
        return DeepCopies(env)
    if way == "simulated again":
        return Resimulation(episode)
    methods = own_methods(env) if way == "own methods" else []
    if way == "own methods" and not methods:
        raise _NotThisWay
    if way == "generated":
        made = PlanSaver(env, lambda thing: None, "generated")
    elif methods:
        made = PlanSaver(env, first_of(methods_hook(methods), *_native(has_arrays=True)), methods[0].name)
    else:
        made = PlanSaver(env, first_of(*_native()) if way == "native" else mujoco_state(has_arrays=True))
        if made.name == "generated":
            raise _NotThisWay
    if made.unsaved:
        raise GameError(_listed(made.unsaved))
    return made


def _native(*, has_arrays: bool = False) -> tuple[Own, ...]:
    return ale_state, mujoco_state(has_arrays=has_arrays), functional_state


def _pair(way: str, another: Another | None) -> Callable[[], tuple[Saver, Episode]] | None:
    if another is None:
        return None

    def made() -> tuple[Saver, Episode]:
        env, episode = another()
        return _build(way, env, episode), episode

    return made


def _settled(another: Another) -> Another:
    def made() -> tuple[Any, Episode]:
        env, episode = another()
        settle_spaces(env)
        return env, episode

    return made


def _check_determinism(env: Any, episode: Episode, another: Another | None, before: dict[str, Any]) -> None:
    name = type(getattr(env, "unwrapped", env)).__name__
    try:
        why = unlike_itself(episode, another)
    except Exception as error:
        raise GameError(f"{name} raised {type(error).__name__} when it was played for a trial: {error}") from error
    if why is None:
        return
    seen = witnesses(episode)
    hidden = changed(before, outside(env))
    if hidden:
        seen.append(f"{_listed(hidden)} changed meanwhile, and a reset does not restore that")
    causes = "; ".join(seen) or "nobody was seen asking a clock or a global generator"
    raise GameError(f"{name} is not deterministic, so it cannot be played by rollback: {why}. {causes}")


def _words(way: str, made: Saver, env: Any) -> str:
    if way == "own methods":
        return " and ".join(method.words for method in own_methods(env))
    return _NATIVES.get(made.name, _WORDS[way]) if way == "native" else _WORDS[way]


def _told(made: Saver, env: Any, episode: Episode, hidden: Sequence[str], *, is_moved: bool) -> Iterator[str]:
    if made.left_alone:
        yield f"left alone, for it only shows: {_listed(made.left_alone)}"
    if hidden and not is_moved and made.name != "simulated again":
        yield f"{_listed(hidden)} changes by stepping and is saved by nobody: if what is seen depends on it, peers come apart"
    if made.is_opaque:
        yield "its snapshots cannot travel: nobody can rejoin or come late, and a desync is told without its place"
    if made.name == "simulated again":
        cost, metadata = _cost_of_a_step(episode), getattr(env, "metadata", None) or {}
        frame = 1 / (metadata.get("render_fps") or _USUAL_FPS)
        yield (
            f"going back plays the episode again from its start, {cost * 1e6:.0f} us a step: in a frame of"
            f" {frame * 1000:.1f} ms that reaches {int(frame / cost)} steps into an episode,"
            " and longer episodes stutter at every rollback"
        )


def _cost_of_a_step(episode: Episode) -> float:
    actions = samples(episode, _MEASURED)
    costs = []
    episode.reset(0)
    for action in actions:
        start = time.perf_counter()
        episode.step(action)
        costs.append(time.perf_counter() - start)
        if episode.is_over():
            episode.reset(0)
    return max(sorted(costs)[len(costs) // 2], 1e-9)


def _listed(names: Sequence[str]) -> str:
    return ", ".join(names[:_SHOWN]) + (f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else "")
