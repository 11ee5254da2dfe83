"""Deep copies of what the environment and its wrappers hold; opaque, and right only where the probe says so.

The environment itself is never copied but what lies in it: some environments copy to a *fresh* one. References back to the
environment and its wrappers stay references to these. Knows nothing of what it copies.
"""

from __future__ import annotations

import copy
from typing import Any

from rollback.envs.plans.leaves import kept_names
from rollback.envs.saving.own_state import chain_of
from rollback.errors import GameError
from rollback.state import is_tree

__all__ = ["DeepCopies"]


class DeepCopies:
    """Saves one environment by deep copies of the attributes of it and of all it wraps.

    Args:
        env: The environment, wrappers and all.
        notes: What to tell.
    """

    name = "deepcopy"
    is_opaque = True
    wrappers: tuple[str, ...] = ()
    left_alone: tuple[str, ...] = ()

    def __init__(self, env: Any, notes: tuple[str, ...] = ()) -> None:
        self.notes = notes
        self._links = [link for link in chain_of(env) if hasattr(link, "__dict__")]

    def began(self, seed: int) -> None:
        """Nothing to do."""

    def stepped(self, actions: Any) -> None:
        """Nothing to do."""

    def save(self) -> Any:
        """Return copies of all attributes: good for this environment object only, and no state tree."""
        return _Copies(self._links, self._copied([vars(link) for link in self._links]))

    def load(self, state: Any) -> None:
        """Put copies of the copies in their place.

        Raises:
            GameError: `state` is of another environment object.
        """
        if not isinstance(state, _Copies) or state.links is not self._links:
            raise GameError("deep copies can be loaded only into the environment object they were taken from")
        for link, attributes in zip(self._links, self._copied(state.attributes), strict=True):
            vars(link).clear()
            vars(link).update(attributes)

    def digest(self) -> Any:
        """Return those attributes that are state trees: what can be compared between peers, not all there is."""
        return [
            {
                name: copy.deepcopy(value)
                for name, value in sorted(vars(link).items())
                if is_tree(value) and name not in kept_names(type(link))  # not what the clock said
            }
            for link in self._links
        ]

    def _copied(self, attributes: list[dict[str, Any]]) -> list[dict[str, Any]]:
        return copy.deepcopy(attributes, {id(link): link for link in self._links})


class _Copies:
    def __init__(self, links: list[Any], attributes: list[dict[str, Any]]) -> None:
        self.links = links
        self.attributes = attributes
