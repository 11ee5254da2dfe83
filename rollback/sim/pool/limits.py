"""How much memory a worker may take, from what it has on. Knows the operating system; knows no match."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from rollback.errors import UsageError

__all__ = ["MIB", "check_memory_limit", "limited", "size_now"]

MIB: Final = 1 << 20


def check_memory_limit(memory_mb: int | None) -> None:
    """Hold that a limit can be kept here.

    Raises:
        UsageError: There is a limit, and this is not Linux.
    """
    if memory_mb is not None and sys.platform != "linux":
        raise UsageError(f"memory_mb={memory_mb} cannot be held on {sys.platform}: it needs Linux; leave memory_mb out")


def size_now() -> int:
    """Return the address space of this process, in bytes; 0 where nobody tells."""
    try:
        import resource

        return int(Path("/proc/self/statm").read_bytes().split()[0]) * resource.getpagesize()
    except (ImportError, OSError):
        return 0


@contextmanager
def limited(memory_mb: int | None, start: int) -> Iterator[None]:
    """Let this process have no more than so many MiB above `start` bytes; what asks for more gets a `MemoryError`."""
    if memory_mb is None or not start:
        yield
        return
    import resource

    before, most = resource.getrlimit(resource.RLIMIT_AS)
    limit = start + memory_mb * MIB
    resource.setrlimit(resource.RLIMIT_AS, (limit if most == resource.RLIM_INFINITY else min(limit, most), most))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_AS, (before, most))
