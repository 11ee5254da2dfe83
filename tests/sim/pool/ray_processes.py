"""What Ray is running on this machine, from the outside: its processes, their addresses, their environment."""

from __future__ import annotations

import ipaddress
import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path

import psutil


def children() -> set[psutil.Process]:
    return set(psutil.Process().children(recursive=True))


def of_ray(since: Iterable[psutil.Process]) -> list[psutil.Process]:
    """Return what was started after `since` was looked at."""
    return sorted(children() - set(since), key=lambda each: each.pid)


def workers(since: Iterable[psutil.Process] = ()) -> list[int]:
    """Return the processes that play, or wait for something to play."""
    found = []
    for each in of_ray(since):
        try:
            name = each.cmdline()[0]
        except (psutil.Error, IndexError):  # it has just ended
            continue
        if name.startswith("ray::") and not name.endswith("Agent"):
            found.append(each.pid)
    return found


def addresses(processes: Iterable[psutil.Process]) -> set[str]:
    """Return the local and remote addresses of all their sockets."""
    found: set[str] = set()
    for each in processes:
        for connection in each.net_connections("inet"):
            for end in (connection.laddr, connection.raddr):
                if end:
                    address = ipaddress.ip_address(end.ip)
                    found.add(str(getattr(address, "ipv4_mapped", None) or address))
    return found


def environment(process: psutil.Process) -> Mapping[str, str]:
    pairs = Path(f"/proc/{process.pid}/environ").read_bytes().decode().split("\0")
    return dict(pair.split("=", 1) for pair in pairs if "=" in pair)


def folders(of: str = "rollback-pool-") -> set[str]:
    """Return what runs have left in the temporary folder: a test that asks has one of its own."""
    return {path.name for path in Path(tempfile.gettempdir()).glob(f"{of}*")}
