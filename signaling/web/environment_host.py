"""Holds the one environment that a page gave as code, and does what the page asks of it. Knows no message and no browser.

Two kinds are known by what they have: a game (`players`, `step`, `save`, `load`, see `rollback.game`), and anything with
`reset` and `step` as Gymnasium has them.
"""

from __future__ import annotations

import linecache
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from rollback.errors import UsageError
from rollback.wire import pack_tree, unpack_tree

__all__ = ["BatchStopped", "EnvironmentHost"]

FILE: Final = "<environment>"  # what tracebacks call the code of the page
_STEP: Final = ("observation", "reward", "terminated", "truncated", "info")
_SAVERS: Final = (("save", "load"), ("get_state", "set_state"))
_PICTURE: Final = (2, 3)  # dimensions: rows of grey, rows of colours
_BYTES: Final = 64 << 20  # of a state: it comes from this page's own environment


class BatchStopped(Exception):
    """A command of a batch raised.

    Attributes:
        index: Which command, from 0.
        results: What the commands before it returned.
        cause: What it raised.
    """

    def __init__(self, index: int, results: list[Any], cause: BaseException) -> None:
        super().__init__(f"command {index} of the batch failed: {cause}")
        self.index = index
        self.results = results
        self.cause = cause


class EnvironmentHost:
    """No environment at first; `open` makes one, and replaces the one before."""

    def __init__(self) -> None:
        self._environment: Any = None
        self._make: Callable[[], Any] | None = None
        self._commands: Final[Mapping[str, Callable[[Any], Any]]] = {
            "reset": self.reset,
            "step": self.step,
            "setState": self.set_state,
            "getState": lambda _: self.get_state(),
            "render": lambda _: self.render(),
        }

    def open(self, code: str) -> dict[str, Any]:
        """Run `code` in a module of its own, take its `env` or what its `make()` returns, and say what that is.

        An environment opened before is closed first. When the code raises, none is open.

        Raises:
            UsageError: The code defines neither, or what it defines is no environment.
        """
        if not isinstance(code, str):
            raise UsageError(f"initEnv() takes Python code as text, not {type(code).__name__}")
        self.close()
        linecache.cache[FILE] = (len(code), None, code.splitlines(keepends=True), FILE)  # for the lines of tracebacks
        module: dict[str, Any] = {"__name__": "environment", "__builtins__": __builtins__}
        exec(compile(code, FILE, "exec", dont_inherit=True), module)
        make = module.get("make")
        environment = module.get("env")
        if environment is None and callable(make):
            environment = make()
        if environment is None:
            raise UsageError("the code defines no environment: assign it to `env`, or define `make()` that returns it")
        if not callable(getattr(environment, "step", None)):
            raise UsageError(f"{type(environment).__name__} has no step(): give a game, or an environment with reset and step")
        if not _is_game(environment) and not callable(getattr(environment, "reset", None)):
            raise UsageError(
                f"{type(environment).__name__} has no reset(): an environment needs reset and step, a game players, step,"
                " save and load"
            )
        self._environment = environment
        self._make = make if callable(make) else None
        return self._describe()

    def close(self) -> None:
        """Close the environment, if there is one that can be closed."""
        environment, self._environment, self._make = self._environment, None, None
        close = getattr(environment, "close", None)
        if callable(close):
            close()

    def reset(self, seed: int | None = None) -> Any:
        """Start an episode and return what is seen: `{observation, info}`, of a game `{observations, scores, over}`."""
        environment = self._open()
        if seed is not None and (not isinstance(seed, int) or isinstance(seed, bool)):
            raise UsageError(f"reset() takes a whole number as seed, or nothing, not {seed!r}")
        if _is_game(environment):
            if callable(getattr(environment, "reset", None)):
                environment.reset(0 if seed is None else seed)
            elif self._make is not None:
                environment = self._environment = self._make()
            else:
                raise UsageError(f"{type(environment).__name__} has no reset(seed), and the code no make() to start it again")
            return _seen(environment)
        returned = environment.reset() if seed is None else environment.reset(seed=seed)
        if isinstance(returned, tuple) and len(returned) == 2 and isinstance(returned[1], dict):
            return {"observation": returned[0], "info": returned[1]}
        return {"observation": returned, "info": {}}

    def step(self, actions: Any) -> Any:
        """Step once and return what came of it: Gymnasium's five by name, of a game `{observations, scores, over}`."""
        environment = self._open()
        if _is_game(environment):
            environment.step(_by_player(actions, environment.players))
            return _seen(environment)
        returned = environment.step(actions)
        if isinstance(returned, tuple) and len(returned) == 5:
            return dict(zip(_STEP, returned, strict=True))
        if isinstance(returned, tuple) and len(returned) == 4:  # as Gym had it before Gymnasium
            observation, reward, done, info = returned
            return dict(zip(_STEP, (observation, reward, done, False, info), strict=True))
        raise UsageError(f"step() of the environment must return {', '.join(_STEP)}; it returned {type(returned).__name__}")

    def get_state(self) -> bytes:
        """Return the state as bytes that keep the type of everything in it.

        Raises:
            UsageError: The environment cannot be saved, or its state is no state tree.
        """
        save, _ = self._saver()
        return pack_tree(save(), canonical=False)  # a dict keeps its order: the environment may go by it

    def set_state(self, state: Any) -> None:
        """Set a state: bytes of `get_state`, or a plain value that the page made."""
        _, load = self._saver()
        load(unpack_tree(state, max_bytes=_BYTES) if isinstance(state, bytes) else state)

    def render(self) -> dict[str, Any]:
        """Return what there is to see: `primitives` of `draw()`, or what `render()` returned as `pixels` or `text`.

        Of several pictures, as Gymnasium's lists of them, it is the newest. An environment that returns none, as one that
        was made without a `render_mode`, has None everywhere.

        Raises:
            UsageError: It has neither `draw()` nor `render()`, or what it returned is no picture.
        """
        environment = self._open()
        draw, render = getattr(environment, "draw", None), getattr(environment, "render", None)
        seen: dict[str, Any] = {"primitives": None, "pixels": None, "text": None}
        if callable(draw):
            return seen | {"primitives": list(draw())}
        if not callable(render):
            raise UsageError(f"{type(environment).__name__} shows nothing: it needs draw() or render()")
        shown = render()
        if isinstance(shown, list):
            shown = shown[-1] if shown else None
        if shown is None or isinstance(shown, str):
            return seen | {"text": shown}
        if len(getattr(shown, "shape", None) or ()) not in _PICTURE:
            raise UsageError(f"render() must return an array of rows of pixels, or text, not {type(shown).__name__}")
        return seen | {"pixels": shown}

    def batch(self, commands: Any) -> list[Any]:
        """Do `{"type", "payload"}` one after the other and return a result each.

        Raises:
            BatchStopped: One of them raised; those after it were not done.
        """
        if not isinstance(commands, list):
            raise UsageError(f"batch() takes a list of commands, not {type(commands).__name__}")
        results: list[Any] = []
        for index, command in enumerate(commands):
            try:
                results.append(self._do(command))
            except BaseException as error:  # whatever the environment does: the page must hear of it
                raise BatchStopped(index, results, error) from error
        return results

    def _do(self, command: Any) -> Any:
        kind = command.get("type") if isinstance(command, dict) else None
        do = self._commands.get(kind) if isinstance(kind, str) else None
        if do is None:
            raise UsageError(f"{command!r} is no command: {{type, payload}} with a type of {', '.join(self._commands)} is one")
        return do(command.get("payload"))

    def _open(self) -> Any:
        if self._environment is None:
            raise UsageError("there is no environment yet: initEnv(code) makes one")
        return self._environment

    def _saver(self) -> tuple[Callable[[], Any], Callable[[Any], None]]:
        """Find the pair each time: some environments grow it with their first reset only."""
        environment = self._open()
        for saver, loader in _SAVERS:
            save, load = getattr(environment, saver, None), getattr(environment, loader, None)
            if callable(save) and callable(load):
                return save, load
        raise UsageError(
            f"{type(environment).__name__} cannot be saved: it needs save() and load(state), or get_state() and"
            " set_state(state)"
        )

    def _describe(self) -> dict[str, Any]:
        environment = self._environment
        kind = "game" if _is_game(environment) else "environment"
        return {"kind": kind, "name": type(environment).__name__, "players": environment.players if kind == "game" else 1}


def _is_game(environment: Any) -> bool:
    has = all(callable(getattr(environment, name, None)) for name in ("step", "save", "load"))
    return has and isinstance(getattr(environment, "players", None), int)


def _by_player(actions: Any, players: int) -> Sequence[Any]:
    if isinstance(actions, Mapping):
        if sorted(actions, key=repr) != sorted(range(players), key=repr):
            raise UsageError(f"a game of {players} needs the actions of players 0 to {players - 1}, not of {list(actions)}")
        return [actions[player] for player in range(players)]
    if not isinstance(actions, Sequence) or len(actions) != players:
        raise UsageError(f"a game of {players} needs a list of {players} actions, or one action by player, not {actions!r}")
    return actions


def _seen(game: Any) -> dict[str, Any]:
    observe, scores = getattr(game, "observe", None), getattr(game, "scores", None)
    return {
        "observations": [observe(player) for player in range(game.players)] if callable(observe) else None,
        "scores": list(scores()) if callable(scores) else None,
        "over": bool(getattr(game, "over", False)),
    }
