"""What a kind of object is: how it is written and made again. Knows no kind in particular.

A kind says how an object is written: `split` takes it apart into entries, each of which is an atom or becomes a link to
another object; `shell` makes an empty object and `fill` puts the entries in. Immutable objects are made whole by `shell`,
once their entries are there. `check` refuses what a peer may have made up, before anything is touched.
"""

from __future__ import annotations

from typing import Any

from rollback.envs.plans.names import Names

__all__ = ["Kind", "OwnKind"]


class Kind:
    """How objects of one kind are written and made."""

    name = ""
    form = "value"  # or "names": entries in a dict; "places": entries in a list
    is_immutable = False  # made whole by `shell`
    is_lasting = False  # an object that is there is filled again, even if it has not always been there

    def about(self, thing: Any, names: Names, path: str) -> Any:
        """Return what is known of a thing besides its entries and value; it changes seldom."""
        return ""

    def split(self, thing: Any) -> Any:
        """Return the entries (a dict for the form "names", else a list), or the value of a kind that has none."""
        raise NotImplementedError

    def check(self, about: Any, value: Any, names: Names) -> None:
        """Refuse what no thing of this kind is written as; `value` is None, or of the form's type."""

    def fits(self, thing: Any, about: Any, value: Any, names: Names) -> bool:
        """Return whether `thing`, of this kind, can be filled with this."""
        return True

    def shell(self, about: Any, value: Any, names: Names) -> Any:
        """Return a new thing; `value` holds the entries where the kind is immutable."""
        raise NotImplementedError

    def fill(self, thing: Any, about: Any, value: Any) -> None:
        """Put the entries, or the value, in."""


class OwnKind(Kind):
    """An object that is saved by its own means, whatever it is made of.

    Args:
        state: What saves it: `name`, `save()`, `load(tree)`.
    """

    name = "own"

    def __init__(self, state: Any) -> None:
        self.state = state

    def about(self, thing: Any, names: Names, path: str) -> Any:
        """Return what the means are called."""
        return self.state.name

    def split(self, thing: Any) -> Any:
        """Return what it saves."""
        return self.state.save()

    def fill(self, thing: Any, about: Any, value: Any) -> None:
        """Let it load."""
        self.state.load(value)
