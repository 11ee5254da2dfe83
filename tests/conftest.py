from __future__ import annotations

import gc
import signal
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

# The same examples every time, however busy the machine is: what fails once fails again.
settings.register_profile("steady", deadline=None, derandomize=True)
settings.load_profile("steady")

# A shell that starts the tests in the background has them and all their programs ignore Ctrl-C, which tests press.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN and threading.current_thread() is threading.main_thread():
    signal.signal(signal.SIGINT, signal.default_int_handler)

TESTS = Path(__file__).parent


def pytest_configure(config: pytest.Config) -> None:
    """Let each worker of a whole run read the tests in another order.

    Most of what reading costs is the rewriting of assertions, whose outcome is kept in a file: who comes to a file later
    finds it done. In the same order all workers would do the same work at the same time.
    """
    worker = getattr(config, "workerinput", None)
    if worker is None or config.args_source != config.ArgsSource.TESTPATHS:
        return
    places = sorted(path for path in TESTS.iterdir() if path.is_dir() or path.name.startswith("test_"))
    folders = [str(path) for path in places if path.name != "__pycache__"]
    first = int(worker["workerid"].removeprefix("gw")) * len(folders) // worker["workercount"]
    config.args = folders[first:] + folders[:first]


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Iterator[None]:
    """Look for garbage neither while the tests are read nor, later, among what was read, all of which stays.

    It took a quarter of the time of the reading. A match in this process looks for garbage everywhere before it begins: half
    a second a match, for hundreds of thousands of objects that are the tests'.
    """
    gc.disable()
    try:
        return (yield)
    finally:
        gc.enable()
        gc.freeze()


def pytest_collection_modifyitems(session: pytest.Session, items: list[pytest.Item]) -> None:
    """Put the tests into one order, which all workers must have: files by name, and in a file as they stand."""
    items.sort(key=lambda item: item.path)
