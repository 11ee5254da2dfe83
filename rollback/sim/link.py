"""What one direction of a line does to datagrams, as checked numbers. Knows limits and JSON; knows no clock and no bytes."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Self

from rollback.errors import ConfigError

__all__ = ["Link"]

MAX_DELAY_MS: Final = 10_000
MAX_BURST: Final = 10_000  # datagrams
MAX_SECONDS: Final = 86_400.0


@dataclass(frozen=True, slots=True)
class Link:
    """One direction of a line; every value is checked here, and the message names the value and the limit.

    Attributes:
        latency_ms: Every datagram arrives this much later.
        jitter_ms: And up to this much later still, drawn evenly for each, so that datagrams overtake each other.
        loss: Share of datagrams that is lost.
        duplicate: Share that arrives twice.
        reorder: Share that is held back by up to 50 ms more, so that later ones overtake it.
        burst: (rate, length): with the chance `rate` a datagram and those after it, `length` in all, are lost.
        bandwidth_kbps: Kilobits of payload a second; what is more waits in a queue of a quarter of a second, and is lost
            when that is full. None: without limit.
        gilbert_elliott: (to_bad, to_good, loss_in_bad): chances a datagram of entering and of leaving a bad state, and
            the share lost in it; in the good state it is `loss`.
        blackouts: (start, seconds) since the match was begun to be joined: all datagrams sent meanwhile are lost.
    """

    latency_ms: float = 0.0
    jitter_ms: float = 0.0
    loss: float = 0.0
    duplicate: float = 0.0
    reorder: float = 0.0
    burst: tuple[float, int] | None = None
    bandwidth_kbps: float | None = None
    gilbert_elliott: tuple[float, float, float] | None = None
    blackouts: tuple[tuple[float, float], ...] = ()

    def __post_init__(self) -> None:
        for name in ("latency_ms", "jitter_ms"):
            if not _is_number(getattr(self, name), 0, MAX_DELAY_MS):
                raise ConfigError(
                    f"{name} must be a number of milliseconds from 0 to {MAX_DELAY_MS}, not {getattr(self, name)!r}"
                )
        for name in ("loss", "duplicate", "reorder"):
            if not _is_number(getattr(self, name), 0, 1):
                raise ConfigError(f"{name} must be a share from 0 to 1, not {getattr(self, name)!r}: 5 % are 0.05")
        if self.burst is not None:
            self._become("burst", _row(self.burst, 2))
            if not (self.burst and _is_number(self.burst[0], 0, 1) and _is_whole(self.burst[1], 1, MAX_BURST)):
                raise ConfigError(f"burst must be (chance from 0 to 1, datagrams from 1 to {MAX_BURST}), not {self.burst!r}")
        if self.bandwidth_kbps is not None and not _is_number(self.bandwidth_kbps, 1, 1e9):
            raise ConfigError(
                f"bandwidth_kbps must be a number of kilobits a second from 1 on, or None for no limit,"
                f" not {self.bandwidth_kbps!r}"
            )
        if self.gilbert_elliott is not None:
            self._become("gilbert_elliott", _row(self.gilbert_elliott, 3))
            if not (self.gilbert_elliott and all(_is_number(share, 0, 1) for share in self.gilbert_elliott)):
                raise ConfigError(
                    f"gilbert_elliott must be (to_bad, to_good, loss_in_bad), each from 0 to 1, not {self.gilbert_elliott!r}"
                )
        if not isinstance(self.blackouts, Sequence) or isinstance(self.blackouts, str):
            raise ConfigError(f"blackouts must be a list of (start, seconds), not {self.blackouts!r}")
        rows = tuple(_row(blackout, 2) for blackout in self.blackouts)
        if not all(row is not None and all(_is_number(value, 0, MAX_SECONDS) for value in row) for row in rows):
            raise ConfigError(
                f"blackouts must be a list of (start, seconds), each from 0 to {MAX_SECONDS:g}, not {self.blackouts!r}"
            )
        self._become("blackouts", rows)

    @property
    def loses(self) -> bool:
        """Whether any datagram can be lost on it."""
        bad = self.gilbert_elliott is not None and self.gilbert_elliott[0] * self.gilbert_elliott[2] > 0
        burst = self.burst is not None and self.burst[0] > 0
        return bool(self.loss or burst or bad or self.blackouts or self.bandwidth_kbps)

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Self:
        """Return the link that a JSON object describes; names that are left out keep their defaults.

        Raises:
            ConfigError: A name is unknown, or a value out of its limits.
        """
        names = [field.name for field in dataclasses.fields(cls)]
        if not isinstance(values, Mapping):
            raise ConfigError(f"a link is an object with some of {', '.join(names)}, not {values!r:.80}")
        for name in values:
            if name not in names:
                raise ConfigError(f"a link has no {name!r}: it has {', '.join(names)}")
        return cls(**values)

    def to_dict(self) -> dict[str, Any]:
        """Return what differs from a perfect link, as values that JSON can hold."""
        values = {field.name: getattr(self, field.name) for field in dataclasses.fields(self)}
        plain = {field.name: field.default for field in dataclasses.fields(self)}
        return {name: _listed(value) for name, value in values.items() if value != plain[name]}

    def _become(self, name: str, value: Any) -> None:
        object.__setattr__(self, name, value)  # lists, as JSON has them, become tuples


def _row(value: Any, length: int) -> tuple[Any, ...] | None:
    is_row = isinstance(value, Sequence) and not isinstance(value, str) and len(value) == length
    return tuple(value) if is_row else None


def _listed(value: Any) -> Any:
    return [_listed(item) for item in value] if isinstance(value, tuple) else value


def _is_number(value: Any, low: float, high: float) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and low <= value <= high


def _is_whole(value: Any, low: int, high: int) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and low <= value <= high
