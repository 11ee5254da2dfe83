"""Training: algorithms that learn to play, all driven the same way. Knows no file, no page and no clock."""

from __future__ import annotations

from rollback.agents.training.algorithm import (
    ALGORITHMS,
    Algorithm,
    EpisodePoint,
    algorithm_from,
    algorithm_named,
    make_algorithm,
    schema,
)
from rollback.agents.training.parameters import Parameter, filled

__all__ = [
    "ALGORITHMS",
    "Algorithm",
    "EpisodePoint",
    "Parameter",
    "algorithm_from",
    "algorithm_named",
    "filled",
    "make_algorithm",
    "schema",
]
