"""State trees: what they are, their checksum, where two of them differ. Knows no game and no frame; imports no numpy.

A state tree is made of dict, list, tuple, str, bytes, int, float, bool, None, numpy arrays and numpy numbers, of
exactly these types: a subclass (a named tuple, an enumeration) would come back from the wire as something else. Keys of
a dict are str, bytes, int, float, bool, None or tuples of these, and never NaN.
"""

from __future__ import annotations

from rollback.state.differences import MISSING, Difference, diff
from rollback.state.sums import checksum
from rollback.state.trees import MAX_DEPTH, MAX_INT_BYTES, is_tree, size_of, why_not_tree

__all__ = [
    "MAX_DEPTH",
    "MAX_INT_BYTES",
    "MISSING",
    "Difference",
    "checksum",
    "diff",
    "is_tree",
    "size_of",
    "why_not_tree",
]
