"""A transport to nobody: for a match whose players are all here. Carries nothing."""

from __future__ import annotations

from collections.abc import Callable

from rollback.errors import UsageError
from rollback.net.transport import PathChanged, check_peer, ignore

__all__ = ["NoPeers"]


class NoPeers:
    """See `rollback.net.transport.Transport`; it has no peers and takes none."""

    def __init__(self) -> None:
        self.on_datagram: Callable[[str, bytes], None] = ignore
        self.on_blob: Callable[[str, bytes], None] = ignore
        self.on_change: Callable[[PathChanged], None] = ignore
        self.peers: tuple[str, ...] = ()

    async def start(self) -> None:
        """Return: everybody is here."""

    def add(self, peer: str) -> None:
        """Refuse.

        Raises:
            UsageError: Always.
        """
        raise UsageError(f"{peer!r} cannot be reached in a match that is played alone: play in a room")

    def remove(self, peer: str, reason: str = "") -> None:
        """Refuse: nobody is here to be let go.

        Raises:
            UsageError: Always.
        """
        check_peer(peer, self.peers)

    def send(self, peer: str, datagram: bytes) -> bool:
        """Refuse, as `remove` does.

        Raises:
            UsageError: Always.
        """
        check_peer(peer, self.peers)
        return False

    def send_blob(self, peer: str, blob: bytes) -> None:
        """Refuse, as `remove` does.

        Raises:
            UsageError: Always.
        """
        check_peer(peer, self.peers)

    async def close(self, reason: str = "") -> None:
        """Do nothing."""
