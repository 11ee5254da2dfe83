"""Who makes an environment differ from itself: calls of clocks and global generators, and state outside of its objects.

It watches while an episode is played; the watch slows Python down several times, so it is for a second play only. What C
code asks of the machine by itself is not seen.
"""

from __future__ import annotations

import gc
import linecache
import os
import random
import re
import sys
import types
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

from rollback.envs.saving.own_state import chain_of
from rollback.state import checksum, is_tree

if TYPE_CHECKING:
    from rollback.envs.saving.probe import Episode

__all__ = ["MAX_WITNESSES", "changed", "outside", "undisturbed", "witnesses"]

MAX_WITNESSES: Final = 20  # sentences; who needs more has the first twenty to mend
FRAMES: Final = 60

_CLOCKS: Final = frozenset({"time", "monotonic", "perf_counter", "process_time", "thread_time", "localtime", "gmtime", "ctime"})
_DATES: Final = frozenset({"now", "utcnow", "today"})
_SEEDED: Final = re.compile(r"RandomState\(\s*[^\s)]")
_OUR_OWN: Final = "rollback"
_LONGEST: Final = 10_000  # entries of a module or a class that are looked at


def witnesses(episode: Episode, frames: int = FRAMES, *, seed: int = 0) -> list[str]:
    """Return who asks a clock, a global generator or the machine's randomness during a reset and `frames` steps.

    Each is a sentence such as `NoisyReward.step (wrappers.py, line 12) asks random.random()`, in the order of first sight.
    Not all of them matter: a statistics wrapper that reads a clock changes no observation. An episode that ends is begun
    again; one that raises is watched up to there.
    """
    found: dict[str, None] = {}
    dice = random.Random(1)
    with undisturbed(), _watched(found):
        try:
            episode.reset(seed)
            for _ in range(frames):
                episode.step(episode.sample(dice))
                if episode.is_over():
                    seed += 1
                    episode.reset(seed)
        except Exception as error:
            found[f"{type(error).__name__} was raised: {error}"] = None
    return list(found)[:MAX_WITNESSES]


@contextmanager
def undisturbed() -> Iterator[None]:
    """Keep the garbage collector still: finalizers of whatever else lives in the process would be taken for the environment."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


@contextmanager
def _watched(found: dict[str, None]) -> Iterator[None]:
    before = sys.getprofile()
    numpy_random = sys.modules.get("numpy.random")
    originals = dict(_global_draws(numpy_random)) if numpy_random is not None else {}

    def watch(frame: types.FrameType, event: str, asked: Any) -> None:
        if event == "c_call" and (name := _name_of(asked, frame)) is not None:
            _note(found, frame, name)

    try:
        for name, draw in originals.items():
            setattr(numpy_random, name, _noted(found, f"numpy.random.{name}", draw))
        sys.setprofile(watch)
        yield
    finally:
        sys.setprofile(before)
        for name, draw in originals.items():
            setattr(numpy_random, name, draw)


def _global_draws(numpy_random: Any) -> Iterator[tuple[str, Any]]:
    """Yield numpy's module-level functions that draw from, or set, the one global generator."""
    one = getattr(getattr(numpy_random, "rand", None), "__self__", None)
    for name, value in sorted(vars(numpy_random).items()):
        is_global = name == "seed" or (one is not None and getattr(value, "__self__", None) is one)
        if is_global and not name.startswith(("_", "get_")):
            yield name, value


def _noted(found: dict[str, None], name: str, draw: Callable[..., Any]) -> Callable[..., Any]:
    def call(*args: Any, **settings: Any) -> Any:
        _note(found, sys._getframe(1), name)
        return draw(*args, **settings)

    return call


def _name_of(asked: Any, frame: types.FrameType) -> str | None:
    """Return the name of a function in C that gives something else every time, None for all others."""
    name = getattr(asked, "__name__", "")
    owner = getattr(asked, "__self__", None)
    if owner is getattr(random, "_inst", None) and owner is not None:
        return f"random.{name}"
    if name == "seed" and isinstance(owner, random.Random) and "a" in frame.f_locals and frame.f_locals["a"] is None:
        return "random.Random"
    if isinstance(owner, types.ModuleType):
        if owner.__name__ == "time" and name.removesuffix("_ns") in _CLOCKS:
            return f"time.{name}"
        return "os.urandom" if asked is os.urandom else None
    if name in _DATES and isinstance(owner, type) and owner.__module__ == "datetime":
        return f"{owner.__name__}.{name}"
    return None


def _note(found: dict[str, None], frame: types.FrameType, name: str) -> None:
    """Note the innermost caller that is not of the standard library, by the outermost name of that which it called."""
    here: types.FrameType | None = frame
    while here is not None:
        module = str(here.f_globals.get("__name__", ""))
        package = module.partition(".")[0]
        if package not in sys.stdlib_module_names and package != "numpy":
            break
        code = here.f_code
        if not code.co_qualname.startswith("SystemRandom."):  # it asks os.urandom, also for numpy
            own = code.co_qualname.removesuffix(".__init__") if code.co_name == "__init__" else code.co_name
            name = f"{module}.{own}"
        here = here.f_back
    if here is None or package == _OUR_OWN:
        return
    code = here.f_code
    if name == "os.urandom" and _SEEDED.search(linecache.getline(code.co_filename, here.f_lineno)):
        return  # numpy draws a seed before it takes the one that is given
    who = code.co_qualname.rpartition("<locals>.")[2]
    where = f"{os.path.basename(code.co_filename)}, line {here.f_lineno}"
    found[f"{who} ({where}) asks {name}()"] = None


def outside(env: Any) -> dict[str, Any]:
    """Return a fingerprint of what an environment could hide outside of its objects, by name.

    Looked at are class attributes, globals of the modules of its classes and variables that its functions enclose.
    """
    prints: dict[str, Any] = {}
    for link in chain_of(env):
        for cls in type(link).__mro__:
            if cls.__module__.partition(".")[0] in sys.stdlib_module_names:
                continue
            _add(prints, f"{cls.__name__}.{{}} (of the class)", vars(cls))
            _add(prints, f"{cls.__module__}.{{}} (of the module)", vars(sys.modules.get(cls.__module__, types)))
        for name, value in getattr(link, "__dict__", {}).items():
            if isinstance(value, types.FunctionType) and value.__closure__:
                cells = dict(zip(value.__code__.co_freevars, value.__closure__, strict=True))
                filled = {key: cell.cell_contents for key, cell in cells.items() if cell != types.CellType()}
                _add(prints, f"{{}} (enclosed by {type(link).__name__}.{name})", filled)
    return prints


def changed(before: dict[str, Any], after: dict[str, Any]) -> list[str]:
    """Return the names of what changed outside between two fingerprints."""
    return [name for name in before if before[name] != after.get(name, before[name])]


def _add(prints: dict[str, Any], name: str, values: Any) -> None:
    for key, value in list(values.items())[:_LONGEST]:
        if not (key.startswith("__") and key.endswith("__")) and (found := _print_of(value)) is not None:
            prints[name.format(key)] = found


def _print_of(value: Any) -> Any:
    if isinstance(value, int | float | str | bytes | type(None)):
        return repr(value) if type(value) is float else value
    if isinstance(value, type | types.FunctionType | types.ModuleType):
        return None
    if isinstance(value, random.Random):
        return value.getstate()
    if (generator := getattr(value, "bit_generator", None)) is not None:
        return repr(generator.state)
    if type(value).__module__ == "itertools" and type(value).__name__ in ("count", "cycle"):
        return repr(value)
    if is_tree(value):
        return checksum(value)
    return len(value) if isinstance(value, list | dict | set) else None
