"""What can be trained: algorithms with their parameters, and environments. Knows no run."""

from __future__ import annotations

import difflib
import time
from collections.abc import Mapping, Sequence
from typing import Any

from rollback.agents.training import ALGORITHMS, algorithm_named, filled, make_algorithm
from rollback.errors import RollbackError, UsageError
from rollback.studio.refusals import Refused
from rollback.studio.run import Facts

__all__ = ["Catalogue"]


class Catalogue:
    """What pages may ask to be trained.

    A name like `my_file.py:Game` is code that is run, so a page cannot make up such names: whoever starts the studio gives
    them.

    Args:
        environments: Names besides those the algorithms offer.
    """

    def __init__(self, environments: Sequence[str] = ()) -> None:
        self._further = tuple(environments)
        self._problems: dict[str, str] = {}
        for name in ALGORITHMS:
            try:
                algorithm_named(name)
            except (RollbackError, ImportError) as error:  # what it needs is not installed
                self._problems[name] = str(error)

    def told(self) -> list[dict[str, Any]]:
        """Return it as pages get it."""
        return [self._entry(name) for name in ALGORITHMS]

    def facts(self, algo: str, env: str, parameters: Mapping[str, Any], seed: int, episodes: int) -> Facts:
        """Return what a new run is; what is left out is what the catalogue begins with.

        Raises:
            Refused: There is no such thing, or a parameter is out of its limits.
        """
        algo, env = self._named(algo, env)
        try:
            values = filled(algorithm_named(algo).parameters, parameters)
        except UsageError as error:
            raise Refused("malformed", str(error)) from None
        return Facts(algo, env, values, seed, episodes, time.time())

    def preview(self, algo: str, env: str) -> dict[str, Any]:
        """Return the picture of an environment before any training.

        Raises:
            Refused: There is no such thing.
        """
        algo, env = self._named(algo, env)
        try:
            return make_algorithm(algo, env, {}, 1).picture()
        except UsageError as error:
            raise Refused("malformed", str(error)) from None
        except RollbackError as error:
            raise Refused("failed", str(error)) from None

    def _named(self, algo: str, env: str) -> tuple[str, str]:
        algo = algo or self._algorithm_for(env)
        if algo not in ALGORITHMS:
            raise Refused(
                "malformed", f"there is no algorithm {algo!r:.60}{_meant(algo, ALGORITHMS)}: take {', '.join(ALGORITHMS)}"
            )
        if algo in self._problems:
            raise Refused("failed", f"{algo} cannot be used here: {self._problems[algo]}")
        offered = self._environments(algo)
        env = env or offered[0]
        families = self._families(algo)
        if env not in self._further and env.partition("?")[0] not in families:
            raise Refused(
                "malformed",
                f"{algo} is not offered for {env!r:.80}{_meant(env, [*offered, *sorted(families)])}: take {', '.join(offered)}",
            )
        return algo, env

    def _algorithm_for(self, env: str) -> str:
        """Return the first algorithm that is offered for an environment; the first of all where none is."""
        usable = [name for name in ALGORITHMS if name not in self._problems]
        return next((name for name in usable if env.partition("?")[0] in self._families(name)), usable[0])

    def _families(self, algo: str) -> set[str]:
        return {name.partition("?")[0] for name in algorithm_named(algo).environments}

    def _environments(self, algo: str) -> list[str]:
        return [*algorithm_named(algo).environments, *self._further]

    def _entry(self, name: str) -> dict[str, Any]:
        if name in self._problems:
            return {"name": name, "environments": [], "parameters": [], "problem": self._problems[name]}
        parameters = [parameter.described() for parameter in algorithm_named(name).parameters]
        return {"name": name, "environments": self._environments(name), "parameters": parameters, "problem": ""}


def _meant(name: str, known: Sequence[str] | Mapping[str, Any]) -> str:
    close = difflib.get_close_matches(name, list(known), n=1)
    return f", did you mean {close[0]}?" if close else ""
