"""Where two state trees differ, as paths with both values. Knows no frames and no peers."""

from __future__ import annotations

import enum
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any, Final

from rollback.errors import UsageError
from rollback.state.arrays import canonical, is_array, plain
from rollback.state.sums import sorted_keys
from rollback.state.trees import joined, shown, why_not_tree

__all__ = ["MISSING", "Difference", "diff"]

_WHOLE: Final = 16  # longer byte strings of equal length are compared byte by byte


class _Missing(enum.Enum):
    MISSING = "missing"

    def __repr__(self) -> str:
        return self.value


MISSING: Final = _Missing.MISSING  # the side of a `Difference` that has no such key


@dataclass(frozen=True, slots=True)
class Difference:
    """One place where two trees differ.

    Attributes:
        path: Where, such as `ball.velocity[1]`; empty for the root, `len(trail)` for a length, `map.shape` for a shape.
        left: The value on the first side, or `MISSING`.
        right: The value on the second side, or `MISSING`.
    """

    path: str
    left: Any
    right: Any

    def __str__(self) -> str:
        return f"{self.path or 'state'}: {shown(self.left)} != {shown(self.right)}"


def diff(a: Any, b: Any, limit: int = 100, *, at: str = "") -> list[Difference]:
    """Return up to `limit` places where the trees differ, in canonical order; empty exactly when checksums are equal.

    Args:
        a: The left tree.
        b: The right tree.
        limit: How many places to name.
        at: Path of both trees in larger ones, for the paths in the answer.

    Raises:
        UsageError: `limit` is below 1, or one side is no state tree.
    """
    if limit < 1:
        raise UsageError(f"limit must be at least 1, not {limit!r}")
    for tree in (a, b):
        if (why := why_not_tree(tree)) is not None:
            raise UsageError(why)
    return list(islice(_differences(a, b, at), limit))


def _differences(a: Any, b: Any, path: str) -> Iterator[Difference]:
    a, b = plain(a), plain(b)
    if type(a) is not type(b):
        yield Difference(path, a, b)
    elif type(a) is dict:
        yield from _dict_differences(a, b, path)
    elif type(a) in (list, tuple) or (type(a) is bytes and len(a) == len(b) > _WHOLE):
        if len(a) != len(b):
            yield Difference(f"len({path or 'state'})", len(a), len(b))
        for place, (left, right) in enumerate(zip(a, b, strict=False)):
            yield from _differences(left, right, f"{path}[{place}]")
    elif is_array(a):
        yield from _array_differences(a, b, path)
    elif a != b and not (a != a and b != b):
        yield Difference(path, a, b)


def _dict_differences(a: dict[Any, Any], b: dict[Any, Any], path: str) -> Iterator[Difference]:
    left, right = dict(sorted_keys(a, 0)), dict(sorted_keys(b, 0))
    for data in sorted({**left, **right}):
        if data not in right:
            yield Difference(joined(path, left[data]), a[left[data]], MISSING)
        elif data not in left:
            yield Difference(joined(path, right[data]), MISSING, b[right[data]])
        else:
            yield from _differences(a[left[data]], b[right[data]], joined(path, left[data]))


def _array_differences(a: Any, b: Any, path: str) -> Iterator[Difference]:
    (left_form, left), (right_form, right) = canonical(a), canonical(b)
    if a.shape != b.shape:
        yield Difference(f"{path or 'state'}.shape", a.shape, b.shape)
        return
    if left_form == right_form:
        unlike = left != right
    elif {left_form, right_form} == {b"i", b"u"}:  # in 64 bits a huge number may look like a negative one
        unlike = (left.view("<u8") != right.view("<u8")) | (a < 0).reshape(-1) | (b < 0).reshape(-1)
    else:
        yield Difference(f"{path or 'state'}.dtype", str(a.dtype), str(b.dtype))
        return
    parts = 2 if left_form == b"c" else 1
    for place in dict.fromkeys(int(part) // parts for part in unlike.nonzero()[0]):
        where = _index(place, a.shape)
        yield Difference(path + "".join(f"[{part}]" for part in where), a[where].item(), b[where].item())


def _index(place: int, shape: tuple[int, ...]) -> tuple[int, ...]:
    index = []
    for side in reversed(shape):
        place, part = divmod(place, side)
        index.append(part)
    return tuple(reversed(index))
