"""Weights as whole numbers, so that what is played is the same on every machine. Knows no algorithm and no game."""

from __future__ import annotations

from collections.abc import Sequence
from math import fsum, sqrt
from typing import Final

__all__ = ["LENGTH", "whole"]

LENGTH: Final = 8_000  # that of the published weights of Tetris in `tetris_features`, so that a bot's clumsiness means the same


def whole(vector: Sequence[float], length: int = LENGTH) -> tuple[int, ...]:
    """Return the vector of this length in the same direction, rounded; zeros where it has none.

    What plays by weighing does the same with weights of any length.
    """
    norm = sqrt(fsum([entry * entry for entry in vector]))
    return tuple([round(entry * length / norm) for entry in vector]) if norm else (0,) * len(vector)
