"""Many cases of one fact: as one test where each is quick, or some now and all at night. Knows no fact.

A test of its own costs five processes (all workers read its name, one runs it, one counts it) ten times what most small
cases take.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import pytest

__all__ = ["every", "more_at_night"]


def every(names: str | Sequence[str], cases: Iterable[Any], *, ids: Any = None) -> Callable[[Callable[..., Any]], Any]:
    """Run a test with each of these cases, and tell all that fail, each by its name; takes what `parametrize` takes.

    Only for tests whose fixtures can be shared by all cases: one that is changed would be seen by the next case.

    Args:
        names: The names of the arguments.
        cases: Their values: one, or a tuple of as many as there are names.
        ids: What a case is called: names in order, or a function of a value.
    """
    words = [name.strip() for name in names.split(",")] if isinstance(names, str) else list(names)
    rows = [case if len(words) > 1 else (case,) for case in cases]
    assert rows, f"there is no case of {names}"
    told = list(ids) if isinstance(ids, Iterable) else [", ".join(str((ids or repr)(value)) for value in row) for row in rows]

    def decorate(test: Callable[..., Any]) -> Callable[..., Any]:
        def note(error: BaseException, name: str) -> BaseException:
            error.add_note(f"in the case of {', '.join(words)} = {name}")
            return error

        def runs(fixtures: Mapping[str, Any]) -> Iterable[tuple[str, Callable[[], Any]]]:
            for name, row in zip(told, rows, strict=True):
                yield name, functools.partial(test, **fixtures, **dict(zip(words, row, strict=True)))

        @functools.wraps(test)
        def run(**fixtures: Any) -> None:
            failed = []
            for name, case in runs(fixtures):
                try:
                    case()
                except FAILURES as error:
                    failed.append(note(error, name))
            tell(failed, len(rows))

        @functools.wraps(test)
        async def run_async(**fixtures: Any) -> None:
            failed = []
            for name, case in runs(fixtures):
                try:
                    await case()
                except FAILURES as error:
                    failed.append(note(error, name))
            tell(failed, len(rows))

        made: Any = run_async if inspect.iscoroutinefunction(test) else run
        signature = inspect.signature(test)
        assert set(words) <= set(signature.parameters), f"{test.__name__} takes no {names}"
        left = [each for name, each in signature.parameters.items() if name not in words]
        made.__signature__ = signature.replace(parameters=left)
        return made  # type: ignore[no-any-return]

    return decorate


def tell(failed: list[BaseException], count: int) -> None:
    """Raise what failed, alone or together."""
    if len(failed) == 1:
        raise failed[0]
    if failed:
        raise BaseExceptionGroup(f"{len(failed)} of {count} cases failed", failed)


def more_at_night(cases: Iterable[Any], ordinary: int) -> list[Any]:
    """Return the values of a parameter, or of several as tuples: the first `ordinary` for each run, the others at night."""
    rows = [case if isinstance(case, tuple) else (case,) for case in cases]
    return [pytest.param(*row, marks=() if place < ordinary else pytest.mark.nightly) for place, row in enumerate(rows)]


FAILURES = (Exception, pytest.fail.Exception)
