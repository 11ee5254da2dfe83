"""What came of one match of a run, as data. Knows JSON; knows no match."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Literal, Self, get_args

from rollback.errors import UsageError

__all__ = ["STATUSES", "MatchResult", "Status"]

Status = Literal["ok", "error", "crashed", "timeout", "truncated"]
STATUSES: Final[tuple[str, ...]] = get_args(Status)


@dataclass(frozen=True, slots=True)
class MatchResult:
    """One match. All numbers are Python's own, so that JSON can hold them.

    Attributes:
        index: Its place among the specs.
        status: `ok`: it came to its end; `truncated`: the frames ran out before the game was over; `error`: it raised, or an
            oracle did not hold; `crashed`: it killed its worker, at every try; `timeout`: it took too long and was ended.
        attempts: How often it was tried; being lost through another match counts as none.
        seed: What it was played with: the same seed plays it again.
        digest: SHA-256 in hexadecimal over the confirmed inputs, the final checksum and the scores; empty where there is none.
        scores: One a player; empty where the game counts none.
        stats: What was measured: `frames`; with a link also `rollbacks`, `resimulated`, `stalls`, `depth` and more.
        error: What went wrong, with the traceback; empty where nothing did.
        tags: Those of its spec.
        command: The command that plays a failed match again; not compared.
    """

    index: int
    status: Status
    attempts: int
    seed: int
    digest: str = ""
    scores: tuple[float, ...] = ()
    stats: Mapping[str, Any] = field(default_factory=dict)
    error: str = ""
    tags: Mapping[str, Any] = field(default_factory=dict)
    command: str = field(default="", compare=False)

    def to_dict(self) -> dict[str, Any]:
        """Return it as values that JSON can hold."""
        told = {name: getattr(self, name) for name in _NAMES}
        return {**told, "scores": list(self.scores), "stats": dict(self.stats), "tags": dict(self.tags)}

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Self:
        """Return the result that a JSON object describes.

        Raises:
            UsageError: It describes none.
        """
        if not isinstance(values, Mapping) or any(name not in values for name in _NAMES[:4]):
            raise UsageError(
                f"this is no result of a match: an object with {', '.join(_NAMES[:4])} is needed, not {values!r:.80}"
            )
        for name in values:
            if name not in _NAMES:
                raise UsageError(f"a result of a match has {', '.join(_NAMES)}, not {name!r:.80}")
        for name, value in values.items():
            kinds, words = _KINDS[name]
            if not isinstance(value, kinds) or isinstance(value, bool):
                raise UsageError(f"{name} of a match's result must be {words}, not {value!r:.80}")
        if values["status"] not in STATUSES:
            raise UsageError(f"status of a match's result must be one of {', '.join(STATUSES)}, not {values['status']!r:.80}")
        scores = tuple(values.get("scores", ()))
        if not all(isinstance(score, int | float) for score in scores):
            raise UsageError(f"scores of a match's result must be numbers, not {values['scores']!r:.80}")
        return cls(**{**values, "scores": scores})

    def __reduce__(self) -> tuple[Any, ...]:
        # A slotted dataclass is pickled field by field through Python: this takes a fifth of it, for every match.
        return MatchResult, (
            self.index, self.status, self.attempts, self.seed, self.digest, self.scores, self.stats, self.error, self.tags,
            self.command,
        )  # fmt: skip


_NAMES: Final = tuple(each.name for each in dataclasses.fields(MatchResult))
_WHOLE: Final = (int, "a whole number")
_TEXT: Final = (str, "a string")
_OBJECT: Final = (Mapping, "an object")
_KINDS: Final[Mapping[str, tuple[Any, str]]] = {
    "index": _WHOLE, "status": _TEXT, "attempts": _WHOLE, "seed": _WHOLE, "digest": _TEXT,
    "scores": ((list, tuple), "a list"), "stats": _OBJECT, "error": _TEXT, "tags": _OBJECT, "command": _TEXT,
}  # fmt: skip
