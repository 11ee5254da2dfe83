"""The generated plan as a saver, with the objects that save themselves in their places. Knows no probe and no choice."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from rollback.envs.plans.plan import Plan
from rollback.envs.saving.own_state import Own, OwnState

__all__ = ["PlanSaver"]

NATIVES: Final = ("clone_state", "mujoco", "functional")  # own states after which a saver is named


class PlanSaver:
    """The generated plan, with the objects that save themselves in their places.

    Args:
        env: The environment.
        own: Finds the objects that save themselves.
        name: The kind; None to name it after the objects found, or "generated" when there are none.

    Attributes:
        unsaved: What cannot be saved; where there is any, this saver is of no use.
    """

    is_opaque = False

    def __init__(self, env: Any, own: Own, name: str | None = None) -> None:
        found: list[OwnState] = []

        def asked(thing: Any) -> OwnState | None:
            state = own(thing)
            if state is not None:
                found.append(state)
            return state

        self.plan = Plan(env, own=asked)
        self.unsaved: tuple[str, ...] = tuple(self.plan.unsaved)
        self.name = name or next((state.name for state in found if state.name in NATIVES), "generated")
        self.notes: tuple[str, ...] = ()
        self.save: Callable[[], Any] = self.plan.save  # the plan's own methods: a frame has no time for one call more
        self.load: Callable[[Any], None] = self.plan.load
        self.digest: Callable[[], Any] = self.plan.save

    @property
    def wrappers(self) -> tuple[str, ...]:
        """The wrapper classes with state."""
        return tuple(self.plan.wrappers)

    @property
    def left_alone(self) -> tuple[str, ...]:
        """Paths of what is not saved on purpose."""
        return tuple(self.plan.left_alone)

    def began(self, seed: int) -> None:
        """Nothing to do."""

    def stepped(self, actions: Any) -> None:
        """Nothing to do."""
