"""What a transport is: datagrams and blobs between this process and named peers. Knows no way to carry them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Final, Literal, Protocol

from rollback.errors import UsageError

__all__ = [
    "MAX_BLOB",
    "MAX_DATAGRAM",
    "MAX_MESSAGE",
    "Path",
    "PathChanged",
    "Transport",
    "check_blob",
    "check_datagram",
    "check_new",
    "check_peer",
    "check_peers",
    "check_timeout",
]

MAX_MESSAGE: Final = 16 * 1024  # bytes; nothing larger is accepted from anybody, by WebRTC or by the relay
MAX_DATAGRAM: Final = MAX_MESSAGE - 1  # a relay has one byte in front; datagrams of inputs stay under 1,100
MAX_BLOB: Final = 16 * 1024 * 1024  # bytes; the largest snapshot that travels

Path = Literal["webrtc", "relay", "memory", "none"]


@dataclass(frozen=True, slots=True)
class PathChanged:
    """From now on the datagrams to a peer take another path.

    Attributes:
        peer: The peer.
        path: The new path; `none`: the peer cannot be reached now.
        reason: One sentence that says why.
    """

    peer: str
    path: Path
    reason: str


class Transport(Protocol):
    """Carries datagrams and blobs between this process and named peers.

    The three callbacks are assigned before `start` and called on the event loop. A datagram may be lost, doubled or
    overtaken. A blob arrives whole and in order, or not at all when its path is lost on the way.

    Attributes:
        on_datagram: Called with (peer, datagram) as datagrams arrive.
        on_blob: Called with (peer, blob) as blobs arrive.
        on_change: Called when the path to a peer changes.
        peers: The peers; `add` and `remove` change them.
    """

    on_datagram: Callable[[str, bytes], None]
    on_blob: Callable[[str, bytes], None]
    on_change: Callable[[PathChanged], None]

    @property
    def peers(self) -> tuple[str, ...]:
        """The peers."""

    async def start(self) -> None:
        """Return when every peer can be reached.

        Raises:
            NetworkError: A peer cannot be reached; the transport is closed again.
        """

    def add(self, peer: str) -> None:
        """Take another peer, also in the middle of a match; it is connected in the background, `on_change` tells.

        Raises:
            UsageError: It is a peer already, or cannot be one.
        """

    def remove(self, peer: str, reason: str = "") -> None:
        """Let a peer go, also in the middle of a match: it is told why, and its connections are closed.

        Nothing of it arrives any more, and no `on_change` tells of it. The same name may be added again.

        Raises:
            UsageError: It is none of `peers`.
        """

    def send(self, peer: str, datagram: bytes) -> bool:
        """Send without blocking; False: not sent, so fold what it said into the next datagram.

        Raises:
            UsageError: `peer` is none of `peers`, or `datagram` is no byte string of at most `MAX_DATAGRAM`.
        """

    def send_blob(self, peer: str, blob: bytes) -> None:
        """Send up to 16 MiB reliably and in order, without blocking.

        Bulk (see `rollback.net.flow`) may be overtaken by other blobs, and never disturbs the datagrams.

        Raises:
            UsageError: `peer` is none of `peers`, or `blob` is no byte string of at most 16 MiB.
        """

    async def close(self, reason: str = "") -> None:
        """Deliver what was sent, tell the peers why, and close. Bounded in time; further calls do nothing."""


def check_peers(peers: Iterable[str]) -> tuple[str, ...]:
    """Return the peers as a tuple, or raise `UsageError` where a name is empty, doubled or no string."""
    if isinstance(peers, str):
        raise UsageError(f"peers must be a sequence of names, not the string {peers!r}: write [{peers!r}]")
    names = tuple(peers)
    for name in names:
        if not isinstance(name, str) or not name:
            raise UsageError(f"a peer's name must be a string that is not empty, not {name!r}")
    if len(set(names)) != len(names):
        raise UsageError(f"every peer must be named once, not {', '.join(names)}")
    return names


def check_peer(peer: str, peers: Iterable[str]) -> None:
    """Raise `UsageError` where `peer` is none of `peers`."""
    if peer not in peers:
        raise UsageError(f"{peer!r} is no peer of this transport: it knows {', '.join(map(repr, peers)) or 'nobody'}")


def check_new(peer: Any, peers: Iterable[str]) -> None:
    """Raise `UsageError` where `peer` cannot be added to `peers`."""
    if not isinstance(peer, str) or not peer:
        raise UsageError(f"a peer's name must be a string that is not empty, not {peer!r}")
    if peer in peers:
        raise UsageError(f"{peer!r} is a peer of this transport already: remove it first where a new process takes its place")


def check_datagram(datagram: Any) -> None:
    """Raise `UsageError` where `datagram` cannot be sent."""
    if not isinstance(datagram, bytes):
        raise UsageError(f"a datagram must be bytes, not {type(datagram).__name__}")
    if len(datagram) > MAX_DATAGRAM:
        raise UsageError(f"a datagram holds at most {MAX_DATAGRAM} bytes, not {len(datagram)}: send it by send_blob")


def check_blob(blob: Any) -> None:
    """Raise `UsageError` where `blob` cannot be sent."""
    if not isinstance(blob, bytes):
        raise UsageError(f"a blob must be bytes, not {type(blob).__name__}")
    if len(blob) > MAX_BLOB:
        raise UsageError(f"a blob holds at most {MAX_BLOB} bytes, not {len(blob)}: send it in parts")


def check_timeout(name: str, seconds: Any) -> float:
    """Return `seconds`, or raise `UsageError` where they are no number above 0 and up to 3600."""
    if not isinstance(seconds, int | float) or isinstance(seconds, bool) or not 0 < seconds <= 3600:
        raise UsageError(f"{name} must be a number of seconds above 0 and up to 3600, not {seconds!r}")
    return float(seconds)


def tell(callback: Callable[..., None], *arguments: object) -> None:
    """Call a user's callback; its exception goes to the loop's handler, for it must not end the task that receives."""
    try:
        callback(*arguments)
    except Exception as error:
        asyncio.get_running_loop().call_exception_handler({"message": "a callback of a transport failed", "exception": error})


def ignore(*_: object) -> None:
    """Stand for a callback that nobody assigned."""
