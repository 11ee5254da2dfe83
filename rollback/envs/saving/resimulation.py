"""The last, exact resort: a snapshot is the episode's seed and its actions; loading plays them again from the reset.

Nothing of the environment is looked at, so nothing can be forgotten; but two peers whose environments came to different
states with the same actions hold *equal* snapshots. The adapter guards against it: the observations of the last step lie
beside this snapshot in its own, and those are compared. A snapshot that is loaded shows the observations of the peer that
made it, and the first step after it shows the environment's own again.
"""

from __future__ import annotations

from typing import Any, Final

from rollback.envs.saving.probe import Episode
from rollback.errors import GameError, WireError
from rollback.wire import pack_tree, unpack_tree

__all__ = ["MAX_STEPS", "Resimulation"]

MAX_STEPS: Final = 100_000  # of an episode that arrives from elsewhere: half an hour at 60 frames
MAX_ACTIONS: Final = 16_384  # bytes of one step's packed actions
_HEAD: Final = 2  # bytes of the length before each step's actions


class Resimulation:
    """Saves one environment by what was done to it.

    Args:
        episode: The driver of the environment; the saver steps and resets by it.
    """

    name = "simulated again"
    is_opaque = False
    wrappers: tuple[str, ...] = ()
    left_alone: tuple[str, ...] = ()

    def __init__(self, episode: Episode, notes: tuple[str, ...] = ()) -> None:
        self.notes = notes
        self._episode = episode
        self._seed: int | None = None
        self._steps = 0
        self._done = bytearray()  # each step's packed actions after their length
        self.is_broken = False

    def began(self, seed: int) -> None:
        """Forget the episode before."""
        self._seed, self._steps, self._done = seed, 0, bytearray()
        self.is_broken = False

    def stepped(self, actions: Any) -> None:
        """Remember what was done; the actions are copied by packing them."""
        packed = pack_tree(actions)
        if len(packed) > MAX_ACTIONS:
            raise GameError(f"the actions of a step take {len(packed)} bytes, at most {MAX_ACTIONS} can be kept")
        self._done += len(packed).to_bytes(_HEAD, "little") + packed
        self._steps += 1

    def save(self) -> Any:
        """Return the seed, the number of steps and their actions."""
        return {"seed": self._seed, "steps": self._steps, "actions": bytes(self._done)}

    def digest(self) -> Any:
        """Return the same: see above for what it does not show."""
        return self.save()

    def load(self, state: Any) -> None:
        """Play to where `state` was: only the missing steps when the present is on the way there.

        Raises:
            GameError: `state` is none of these snapshots, or the environment raises on the way.
        """
        seed, wanted = _checked(state)
        is_on_the_way = not self.is_broken and seed == self._seed and wanted.startswith(self._done)
        place = len(self._done) if is_on_the_way else 0
        todo = _split(wanted, place)
        if seed is None:
            if todo:
                raise GameError("this state has steps but no episode they belong to")
            self._seed, self._steps, self._done = None, 0, bytearray()
            return
        self.is_broken = True  # until all of it is done
        try:
            if not is_on_the_way:
                self._episode.reset(seed)
            for actions in todo:
                self._episode.step(actions)
        except Exception as error:
            why = f"{type(error).__name__}: {error}"
            raise GameError(f"the environment cannot be brought to this state again: {why}") from error
        self._seed, self._steps, self._done = seed, state["steps"], bytearray(wanted)
        self.is_broken = False


def _checked(state: Any) -> tuple[int | None, bytes]:
    if type(state) is not dict or set(state) != {"seed", "steps", "actions"}:
        raise GameError("this is no state of an environment that is simulated again: seed, steps and actions are needed")
    seed, steps, actions = state["seed"], state["steps"], state["actions"]
    if not (seed is None or type(seed) is int) or type(actions) is not bytes or type(steps) is not int:
        raise GameError("the seed must be a whole number, the steps another, and the actions bytes")
    if not 0 <= steps <= MAX_STEPS:
        raise GameError(f"a state may be {MAX_STEPS} steps into its episode, not {steps}")
    if _count(actions) != steps:
        raise GameError(f"a state of {steps} steps must hold the actions of as many")
    return seed, actions


def _count(data: bytes) -> int:
    place = count = 0
    while place < len(data) and count <= MAX_STEPS:
        place += _HEAD + int.from_bytes(data[place : place + _HEAD], "little")
        count += 1
    return count if place == len(data) else -1


def _split(data: bytes, place: int) -> list[Any]:
    """Return the actions from `place` on, all of them before one is taken."""
    steps = []
    while place < len(data):
        end = place + _HEAD + int.from_bytes(data[place : place + _HEAD], "little")
        try:
            steps.append(unpack_tree(data[place + _HEAD : end], max_bytes=MAX_ACTIONS))
        except WireError as error:
            raise GameError(f"the actions of step {len(steps)} cannot be read: {error}") from None
        place = end
    return steps
