"""The state of a MuJoCo simulation: what its steps go on from, and if need be all it computed. Knows no environment.

The integration state is small and enough for the physics, but an environment may read, before it steps, what the last
step computed (Ant-v5 its body's position). Then all floating-point arrays are kept as well; arrays of indices are not taken
from a snapshot, for the library follows them blindly.
"""

from __future__ import annotations

from typing import Any

from rollback.envs.saving.own_state import Own, OwnState
from rollback.errors import GameError

__all__ = ["MujocoState", "mujoco_state"]


def mujoco_state(*, has_arrays: bool) -> Own:
    """Return a hook that finds simulations.

    Args:
        has_arrays: Whether the computed arrays are kept too.
    """

    def own(thing: Any) -> OwnState | None:
        kind = type(thing)
        if kind.__module__.partition(".")[0] != "mujoco":
            return None
        return MujocoState(thing, has_arrays=has_arrays) if kind.__name__ == "MjData" else _Constant()

    return own


class MujocoState:
    """One `MjData`.

    Args:
        data: The simulation.
        has_arrays: Whether the computed arrays are kept too.
    """

    name = "mujoco"

    def __init__(self, data: Any, *, has_arrays: bool) -> None:
        import mujoco
        import numpy

        self._data, self._model, self._numpy = data, data.model, numpy
        self._get, self._set = mujoco.mj_getState, mujoco.mj_setState
        self._kinematics = None if has_arrays else mujoco.mj_kinematics
        self._what = int(mujoco.mjtState.mjSTATE_INTEGRATION)
        self._size = mujoco.mj_stateSize(self._model, self._what)
        self._arrays = _arrays(data, mujoco.MjData(self._model), numpy) if has_arrays else []
        self._ends = list(numpy.cumsum([self._size, *(array.size for array in self._arrays)]))

    def save(self) -> Any:
        """Return the integration state, and behind it the arrays, as one array."""
        state = self._numpy.empty(self._size)
        self._get(self._model, self._data, state, self._what)
        return self._numpy.concatenate([state, *self._arrays]) if self._arrays else state

    def load(self, tree: Any) -> None:
        """Become that state again.

        Raises:
            GameError: It is no such array.
        """
        numpy, size = self._numpy, int(self._ends[-1])
        if type(tree) is not numpy.ndarray or tree.dtype != numpy.float64 or tree.shape != (size,):
            raise GameError(f"a state of this simulation is an array of {size} float64")
        self._set(self._model, self._data, tree[: self._size], self._what)
        if self._kinematics is not None:
            self._kinematics(self._model, self._data)  # for whoever looks before the next step: a camera, say
        for array, start in zip(self._arrays, self._ends, strict=False):
            array[:] = tree[start : start + array.size]


class _Constant:
    """What belongs to a simulation and does not change by stepping: its model."""

    name = "mujoco, constant"

    def save(self) -> None:
        """Nothing."""

    def load(self, tree: Any) -> None:
        """Nothing."""


def _arrays(data: Any, fresh: Any, numpy: Any) -> list[Any]:
    """Return flat views of the floating-point arrays whose size does not depend on contacts: those a fresh one has."""
    views = []
    for name in sorted(dir(fresh)):
        array: Any = None if name.startswith("_") else getattr(fresh, name)
        if type(array) is not numpy.ndarray or array.dtype != numpy.float64 or not array.size:
            continue
        own = getattr(data, name)
        view = own.reshape(-1)
        if own.size == array.size and numpy.shares_memory(view, own):
            views.append(view)
    return views
