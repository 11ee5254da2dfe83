"""A cloud and the generation under way in a checkpoint, and back. Knows what may stand there; learns nothing."""

from __future__ import annotations

import random
from array import array
from collections.abc import Mapping, Sequence
from typing import Any, Final

from rollback.agents.checkpoints import Array, Checkpoint, generator_from
from rollback.agents.training.noisy import Cloud, Vector
from rollback.errors import CheckpointError

__all__ = ["arrays_of", "cloud_from", "generation_from"]

_MEAN: Final = "mean"
_DEVIATIONS: Final = "deviations"
_VECTORS: Final = "vectors"
_RESULTS: Final = "results"
_MOST: Final = 1 << 31
_FARTHEST: Final = 1e100  # of a number from zero: its square is one too, and no training comes near


def arrays_of(cloud: Cloud, vectors: Sequence[Vector], results: Sequence[tuple[int, int]]) -> dict[str, Array]:
    """Return the arrays: mean and deviations; where a generation is under way its vectors, and its results so far."""
    arrays = {_MEAN: Array.of(cloud.mean), _DEVIATIONS: Array.of(cloud.deviations)}
    if vectors:
        arrays[_VECTORS] = Array.of(vectors)
        flat = array("q", [number for result in results for number in result])
        arrays[_RESULTS] = Array((len(results), 2), "q", flat)
    return arrays


def cloud_from(checkpoint: Checkpoint, cloud: Cloud) -> tuple[random.Random, Mapping[str, Any] | None]:
    """Move a fresh cloud to where the saved one was; return the dice, and the episode under way, if there is one.

    Raises:
        CheckpointError: What is there is none of an algorithm that moves a cloud.
    """
    state = checkpoint.random_state
    if not isinstance(state, Mapping) or set(state) != {"dice", "generation", "trial"}:
        raise CheckpointError("the checkpoint does not say where its generation stood: it cannot be gone on with")
    generation, trial = state["generation"], state["trial"]
    if type(generation) is not int or not 0 <= generation < _MOST or not isinstance(trial, Mapping | None):
        raise CheckpointError("the checkpoint does not say where its generation stood: it cannot be gone on with")
    size = len(cloud.mean)
    mean, deviations = (_numbers(checkpoint, name, (size,)) for name in (_MEAN, _DEVIATIONS))
    if min(deviations) < 0:
        raise CheckpointError("the deviations in the checkpoint must not be negative: train anew")
    cloud.mean, cloud.deviations, cloud.generation = tuple(mean), tuple(deviations), generation
    return generator_from(state["dice"]), trial


def generation_from(
    checkpoint: Checkpoint, population: int, trials: int, size: int
) -> tuple[Sequence[Vector], list[tuple[int, int]]]:
    """Return the vectors of the generation under way and its results so far; nothing where none was.

    Args:
        checkpoint: Where they are.
        population: Vectors of a generation.
        trials: Games of a generation, of all its vectors together.
        size: Entries of a vector.

    Raises:
        CheckpointError: They are of another population, or no such thing.
    """
    if _VECTORS not in checkpoint.arrays:
        return (), []
    flat = _numbers(checkpoint, _VECTORS, (population, size))
    results = checkpoint.arrays.get(_RESULTS)
    if results is None or results.typecode != "q" or len(results.shape) != 2 or results.shape[1] != 2:
        raise CheckpointError("the checkpoint holds no results of its generation: train anew")
    if results.shape[0] >= trials or any(abs(number) >= _MOST for number in results.data):
        raise CheckpointError("the results in the checkpoint are none of its generation: train anew")
    vectors = [tuple(flat[start : start + size]) for start in range(0, len(flat), size)]
    return vectors, [(lines, pieces) for lines, pieces in results.nested()]


def _numbers(checkpoint: Checkpoint, name: str, shape: tuple[int, ...]) -> list[float]:
    values = checkpoint.arrays.get(name)
    if values is None or values.typecode != "d" or values.shape != shape or not all(map(_is_fit, values.data)):
        wanted = " x ".join(map(str, shape))
        raise CheckpointError(
            f"the checkpoint holds no {name} of {wanted} finite numbers, none of them huge: take its parameters, or train anew"
        )
    return list(values.data)


def _is_fit(number: float) -> bool:
    return abs(number) <= _FARTHEST  # not a number is not
