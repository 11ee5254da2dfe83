"""Answers the worker's calls in tokens, errors included, so that nothing is ever raised into JavaScript. Knows no message."""

from __future__ import annotations

import traceback
from collections.abc import Callable
from typing import Any, Final

from signaling.web.environment_host import BatchStopped, EnvironmentHost
from signaling.web.environment_values import flatten, rebuild

__all__ = ["Answers"]

RESULT: Final = "result"
ERROR: Final = "error"


class Answers:
    """What worker-environment.js calls; it holds one environment."""

    def __init__(self) -> None:
        host = EnvironmentHost()
        self._calls: Final[dict[str, Callable[[Any], Any]]] = {
            "initEnv": host.open,
            "step": host.step,
            "reset": host.reset,
            "batch": host.batch,
            "render": lambda _: host.render(),
        }

    def answer(self, name: str, kinds: str, values: Any) -> tuple[str, str, list[Any]]:
        """Call `name` with the value in the tokens and return what came of it: `result` or `error`, and its tokens.

        An error is a dict of name, message, stack, and of a batch that stopped also index and results.
        """
        try:
            held = values.to_py() if hasattr(values, "to_py") else values
            return (RESULT, *flatten(self._calls[name](rebuild(kinds, held))))
        except BaseException as error:  # SystemExit of an environment too
            return (ERROR, *_described(error))


def _described(error: BaseException) -> tuple[str, list[Any]]:
    extras: dict[str, Any] = {}
    cause = error
    if isinstance(error, BatchStopped):
        cause = error.cause
        extras = {"index": error.index, "results": error.results}
    told = {"name": type(cause).__name__, "message": _text(cause), "stack": _stack(cause)}
    try:
        return flatten({**told, **extras})
    except Exception as second:  # a result before the error cannot cross
        return flatten({**told, "index": extras["index"], "results": [], "stack": f"{told['stack']}\n{_text(second)}"})


def _text(error: BaseException) -> str:
    """Return what the error says; an error may fail at that too."""
    try:
        return str(error) or type(error).__name__
    except Exception:
        return type(error).__name__


def _stack(error: BaseException) -> str:
    """Return Python's traceback, without the frames of this folder above the environment's own ones."""
    try:
        trace = error.__traceback__
        while trace is not None and trace.tb_next is not None and "signaling/web/" in trace.tb_frame.f_code.co_filename:
            trace = trace.tb_next
        return "".join(traceback.format_exception(type(error), error, trace, chain=error.__cause__ is not None))
    except Exception:
        return type(error).__name__
