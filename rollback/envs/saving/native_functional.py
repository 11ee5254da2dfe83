"""The state of a functional environment: one that holds a state and transforms it by pure functions. Knows no such function.

What is recognised: an environment with a `func_env` (Gymnasium's `FuncEnv`) and a `state`, and its `rng` if it has one. The
state's named tuples and dataclasses become plain ones in a snapshot, and are made again in the form of the present state.
Arrays of other libraries become numpy's and come back by way of the present one's library.
"""

from __future__ import annotations

import dataclasses
import sys
from typing import Any, Final

from rollback.envs.saving.own_state import OwnState
from rollback.errors import GameError
from rollback.state import why_not_tree

__all__ = ["FunctionalState", "functional_state"]

_FIELDS: Final = ("state", "rng")
_PURE: Final = ("initial", "transition", "observation", "reward", "terminal")
_MAX_DEPTH: Final = 32


def functional_state(thing: Any) -> OwnState | None:
    """Return how `thing` is saved when it is an environment around pure functions, else None."""
    attributes = getattr(thing, "__dict__", {})
    functions = attributes.get("func_env")
    if functions is None or not callable(getattr(thing, "step", None)):
        return None
    return FunctionalState(thing) if all(callable(getattr(functions, name, None)) for name in _PURE) else None


class FunctionalState:
    """The state of one environment; all else in it is taken for constant.

    Args:
        env: The environment that holds the state.
    """

    name = "functional"

    def __init__(self, env: Any) -> None:
        self._env = env

    def save(self) -> Any:
        """Return the state, and the random state if there is one."""
        attributes = vars(self._env)
        return {name: _plain(attributes[name], 0) for name in _FIELDS if name in attributes}

    def load(self, tree: Any) -> None:
        """Become that state again.

        Raises:
            GameError: It has another form than the present state.
        """
        attributes = vars(self._env)
        if type(tree) is not dict or set(tree) != {name for name in _FIELDS if name in attributes}:
            raise GameError("a state of this functional environment has its state and its random state")
        made = {name: _formed(value, attributes[name]) for name, value in tree.items()}
        attributes.update(made)


def _plain(value: Any, depth: int) -> Any:
    if depth > _MAX_DEPTH:
        raise GameError("the state of this functional environment is too deep")
    if isinstance(value, dict):
        return {key: _plain(item, depth + 1) for key, item in value.items()}
    if isinstance(value, list | tuple):
        parts = [_plain(item, depth + 1) for item in value]
        return parts if isinstance(value, list) else tuple(parts)
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {field.name: _plain(getattr(value, field.name), depth + 1) for field in dataclasses.fields(value)}
    if hasattr(value, "__array__") and hasattr(value, "dtype"):
        import numpy

        array = numpy.array(value)
        return array if array.ndim or not isinstance(value, numpy.generic) else value
    if (why := why_not_tree(value)) is not None:
        raise GameError(f"the state of this functional environment holds what cannot be saved: {why}")
    return value


def _formed(tree: Any, present: Any) -> Any:
    """Return `tree` in the form of `present`, whose classes are the only ones that are made."""
    kind = type(present)
    if isinstance(present, dict) and type(tree) is dict and set(tree) == set(present):
        return kind((key, _formed(tree[key], present[key])) for key in present)
    if isinstance(present, list | tuple) and isinstance(tree, list | tuple) and len(tree) == len(present):
        parts = [_formed(item, like) for item, like in zip(tree, present, strict=True)]
        return kind(*parts) if hasattr(kind, "_fields") else kind(parts)
    fields = {one.name for one in dataclasses.fields(present)} if dataclasses.is_dataclass(present) else set()
    if fields and type(tree) is dict and set(tree) == fields:
        return dataclasses.replace(present, **{name: _formed(tree[name], getattr(present, name)) for name in tree})
    if hasattr(present, "dtype") and hasattr(present, "shape"):
        if getattr(tree, "dtype", None) != present.dtype or tree.shape != present.shape:
            raise GameError(f"the state of this functional environment needs an array {present.dtype}{list(present.shape)}")
        return tree.copy() if kind.__module__ == "numpy" else _foreign(tree, kind)
    if kind is not type(tree):
        raise GameError(f"the state of this functional environment needs a {kind.__name__}, not a {type(tree).__name__}")
    return tree


def _foreign(tree: Any, kind: type) -> Any:
    """Return an array of the library that `kind` belongs to, which is imported already."""
    library = sys.modules.get("jax.numpy" if kind.__module__.startswith("jax") else kind.__module__.partition(".")[0])
    make = getattr(library, "asarray", None)
    if make is None:
        raise GameError(f"an array of {kind.__module__} cannot be made again")
    return make(tree)
