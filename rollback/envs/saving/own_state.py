"""The state an object of an environment keeps by its own means, and the user's own get_state/set_state or save/load.

Knows nothing of what lies around that object: the wrappers go by the generated plan.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final, Protocol

from rollback.errors import GameError

__all__ = ["OwnMethods", "OwnState", "chain_of", "first_of", "methods_hook", "own_methods"]

PAIRS: Final = (("get_state", "set_state"), ("save", "load"))
_INNER: Final = ("env", "aec_env", "par_env")  # what wrappers of Gymnasium and PettingZoo call the one inside
_MAX_CHAIN: Final = 64


class OwnState(Protocol):
    """How one object is saved by its own means.

    Attributes:
        name: What the means are called.
    """

    name: str

    def save(self) -> Any:
        """Return a state tree that nobody mutates afterwards."""

    def load(self, tree: Any) -> None:
        """Become that state again, or raise `GameError` for a tree that cannot be taken."""


Own = Callable[[Any], OwnState | None]


class OwnMethods:
    """An object's own pair of methods, as it is: whether the pair can be trusted is the probe's question.

    Args:
        owner: The object.
        pair: The names of the two methods.
    """

    def __init__(self, owner: Any, pair: tuple[str, str]) -> None:
        self.owner = owner
        self.name = pair[0]
        self.words = f"{pair[0]}/{pair[1]} of {type(owner).__name__}"
        self.save: Callable[[], Any] = getattr(owner, pair[0])
        self._load: Callable[[Any], None] = getattr(owner, pair[1])

    def load(self, tree: Any) -> None:
        """Hand the tree to the object.

        Raises:
            GameError: The object raised something.
        """
        try:
            self._load(tree)
        except Exception as error:
            raise GameError(f"{self.words}: a state was refused by {type(error).__name__}: {error}") from error


def chain_of(env: Any) -> Iterator[Any]:
    """Yield an environment, what it wraps, and so on; of a list or tuple of environments, one after the other.

    Attributes are looked up in the objects themselves, for PettingZoo's wrappers answer for what they wrap.
    """
    if isinstance(env, list | tuple):
        for one in env:
            yield from chain_of(one)
        return
    for _ in range(_MAX_CHAIN):
        yield env
        inside = [inner for name in _INNER if (inner := getattr(env, "__dict__", {}).get(name)) is not None]
        if not inside:
            return
        env = inside[0]


def own_methods(env: Any) -> list[OwnMethods]:
    """Return get_state/set_state or save/load of the environment and of those it wraps, outermost first."""
    found = []
    for link in chain_of(env):
        pair = next((pair for pair in PAIRS if _takes(link, pair[0], 0) and _takes(link, pair[1], 1)), None)
        if pair is not None:
            found.append(OwnMethods(link, pair))
    return found


def methods_hook(methods: Sequence[OwnMethods]) -> Own:
    """Return a hook that finds these owners."""
    return lambda asked: next((found for found in methods if found.owner is asked), None)


def _takes(link: Any, name: str, count: int) -> bool:
    """Return whether the object itself, not one it answers for, has such a method for `count` arguments."""
    if not callable(getattr(type(link), name, None)):
        return False
    try:
        inspect.signature(getattr(link, name)).bind(*[None] * count)
    except (TypeError, ValueError):
        return False
    return True


def first_of(*owns: Own) -> Own:
    """Return a hook that asks several in turn."""

    def own(thing: Any) -> OwnState | None:
        for one in owns:
            if (found := one(thing)) is not None:
                return found
        return None

    return own
