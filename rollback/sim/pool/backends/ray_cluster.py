"""A Ray to play on: the caller's own, that of `RAY_ADDRESS`, or a local one that ends with the run. Knows no match.

A Ray that is started without more listens on all addresses of the machine, asks the metadata servers of three clouds where
it is (also with its usage statistics off), and prints to stdout. The local one here stays on loopback and keeps quiet.
"""

from __future__ import annotations

import logging
import os
import shutil
import signal
import socket
import sys
import tempfile
import threading
from collections.abc import Generator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from rollback.errors import MissingPackage, NetworkError
from rollback.sim.pool.spawning import uninterrupted

__all__ = ["ADDRESS", "Connected", "Surroundings", "cluster"]

ADDRESS: Final = "RAY_ADDRESS"
BREAKPOINTS: Final = "PYTHONBREAKPOINT"
PATIENCE: Final = 5.0  # seconds for the first answer of a cluster; without asking first, Ray itself waits for minutes
STORE: Final = 256 << 20  # bytes of shared memory for what travels; Ray would take a third of the machine's
LONGEST: Final = 30  # characters of a temporary folder in which Ray's sockets keep below the 104 that a path may have
NOWHERE: Final = "http://127.0.0.1:9"  # as a proxy: what asks the outside is refused at once

# Both are read when Ray is imported, or by the processes it starts.
QUIET: Final = {"RAY_USAGE_STATS_ENABLED": "0", "RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER": "0"}
PROXIES: Final = {name: NOWHERE for name in ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY")}
NEAR: Final = {name: "127.0.0.1,localhost,::1" for name in ("no_proxy", "NO_PROXY")}


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a worker shares with the caller beyond what Ray sees to.

    Attributes:
        variables: Of the environment; None takes one away.
        folder: The current one, if the worker's machine has it; empty leaves the worker's own.
        places: Where to import from, in front of the worker's own.
    """

    variables: tuple[tuple[str, str | None], ...] = ()
    folder: str = ""
    places: tuple[str, ...] = ()

    def take_over(self) -> None:
        """Make this process, a worker, alike."""
        for name, value in self.variables:
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
        if self.folder and os.path.isdir(self.folder):
            os.chdir(self.folder)
        sys.path[:0] = [place for place in self.places if place not in sys.path and os.path.isdir(place)]


@dataclass(frozen=True, slots=True)
class Connected:
    """A Ray that answers.

    Attributes:
        ray: The module.
        width: How many batches its workers play at a time.
        surroundings: What a worker has to set right before it plays.
        folder: Of a local one, for what its workers leave; None where others have no such folder.
    """

    ray: Any
    width: int
    surroundings: Surroundings
    folder: Path | None = None


@contextmanager
def cluster(workers: int | None) -> Generator[Connected, None, None]:
    """Give a Ray that answers; what was started or connected here is ended with the block.

    Args:
        workers: How many batches are played at a time; None takes what a cluster has, or one less than this machine has.

    Raises:
        MissingPackage: Ray is not installed.
        NetworkError: Nobody answers at `RAY_ADDRESS`.
    """
    ray = _package()
    address = os.environ.get(ADDRESS, "")
    here = Surroundings(folder=os.getcwd(), places=tuple(os.path.abspath(place) for place in sys.path if place))
    if ray.is_initialized():  # how its workers are surrounded was told to it by whoever began it
        yield Connected(ray, workers or _processors(ray), Surroundings())
    elif address not in ("", "local"):
        with _connected(ray, address):
            yield Connected(ray, workers or _processors(ray), here)
    else:
        width = workers or max(1, (os.cpu_count() or 1) - 1)
        usual = tuple((name, os.environ.get(name)) for name in (*PROXIES, *NEAR))
        with _local(ray, width) as folder:
            yield Connected(ray, width, replace(here, variables=usual), folder)


def _processors(ray: Any) -> int:
    return max(1, int(ray.cluster_resources().get("CPU", 1)))


def _package() -> Any:
    try:
        with _environment(QUIET if "ray" not in sys.modules else {}):
            import ray
    except ModuleNotFoundError as error:
        if error.name != "ray":
            raise
        raise MissingPackage("playing on Ray", "ray", "ray") from None
    return ray


@contextmanager
def _connected(ray: Any, address: str) -> Generator[None, None, None]:
    host, _, port = address.rpartition("://")[2].rpartition(":")
    try:
        if port.isdecimal():  # `auto` and the like are Ray's to look up
            socket.create_connection((host.strip("[]"), int(port)), timeout=PATIENCE).close()
        with _as_before():
            ray.init(address=address, log_to_driver=False, configure_logging=False, logging_level=logging.ERROR)
    except (OSError, RuntimeError, ValueError, ray.exceptions.RayError) as error:
        raise NetworkError(
            f"no Ray cluster answers at {ADDRESS}={address}: {error}; unset it to play on this machine"
        ) from error
    with _silent():
        try:
            yield
        finally:
            ray.shutdown()


@contextmanager
def _local(ray: Any, workers: int) -> Generator[Path, None, None]:
    """Start a Ray of this machine and on loopback only, and end it with all its processes and files."""
    with ExitStack() as stack:
        folder = Path(tempfile.mkdtemp(prefix="rollback-ray-", dir=_short_folder()))
        stack.callback(shutil.rmtree, folder, ignore_errors=True)
        stack.enter_context(_silent())
        stack.callback(_end, ray, folder)
        with _environment(QUIET | PROXIES | NEAR | {"OMP_NUM_THREADS": "1"}), _as_before(), _on_loopback(ray):
            ray.init(
                address="local",
                num_cpus=workers,
                num_gpus=0,
                object_store_memory=STORE,
                include_dashboard=False,
                log_to_driver=False,
                configure_logging=False,
                logging_level=logging.ERROR,
                _temp_dir=str(folder),
                _node_ip_address="127.0.0.1",
            )
        yield folder


@contextmanager
def _environment(values: Mapping[str, str]) -> Generator[None, None, None]:
    before = {name: os.environ.get(name) for name in values}
    os.environ.update(values)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


@contextmanager
def _as_before() -> Generator[None, None, None]:
    """Take back what `ray.init` does to its caller: a handler for SIGTERM, its own debugger, a word about tokens in the log."""
    logger = logging.getLogger("ray")
    level = logger.level
    is_main = threading.current_thread() is threading.main_thread()
    handler = signal.getsignal(signal.SIGTERM) if is_main else None
    breakpoints = os.environ.get(BREAKPOINTS)
    logger.setLevel(logging.ERROR)
    try:
        yield
    finally:
        logger.setLevel(level)
        if handler is not None:
            signal.signal(signal.SIGTERM, handler)
        if breakpoints is None:
            os.environ.pop(BREAKPOINTS, None)
        else:
            os.environ[BREAKPOINTS] = breakpoints


@contextmanager
def _on_loopback(ray: Any) -> Generator[None, None, None]:
    """Keep the node to 127.0.0.1 also where Ray was imported before its environment could say so."""
    with _replaced(ray._private.ray_constants, "ENABLE_RAY_CLUSTER", False):
        yield


@contextmanager
def _silent() -> Generator[None, None, None]:
    """Keep Ray from printing to stdout that a worker died: the results say so."""
    from ray._private import worker

    with _replaced(worker, "print_to_stdstream", lambda *words, **more: None):
        yield


@contextmanager
def _replaced(owner: Any, name: str, value: Any) -> Generator[None, None, None]:
    before = getattr(owner, name, None)
    if before is None:  # another version of Ray: it is louder, and plays as well
        yield
        return
    setattr(owner, name, value)
    try:
        yield
    finally:
        setattr(owner, name, before)


def _short_folder() -> str | None:
    return None if len(tempfile.gettempdir()) <= LONGEST or not Path("/tmp").is_dir() else "/tmp"


def _processes(folder: Path) -> list[Any]:
    """Return the processes of the Ray whose files are in this folder, and all they started."""
    import psutil  # comes with Ray

    found: list[Any] = []
    for each in psutil.Process().children():
        with suppress(psutil.Error):
            if any(str(folder) in word for word in each.cmdline()):
                found += [each, *each.children(recursive=True)]
    return found


def _end(ray: Any, folder: Path) -> None:
    """Shut Ray down, and kill what of its processes is still there: a worker in C code hears nobody."""
    import psutil

    with uninterrupted():
        ours = _processes(folder)
        try:
            ray.shutdown()
        finally:
            _, alive = psutil.wait_procs(ours, timeout=1.0)
            for each in alive:
                with suppress(psutil.NoSuchProcess):
                    each.kill()
            psutil.wait_procs(alive, timeout=5.0)
