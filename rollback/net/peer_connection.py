"""What a direct connection needs of WebRTC, whoever has it: aiortc, or the page around a browser's worker. Knows neither."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, Literal, Protocol

from rollback.net.ice import IceOptions

__all__ = ["Channel", "Kind", "MakePeerConnection", "PeerConnection", "why_lost"]

Kind = Literal["offer", "answer"]
_LOST: Final = {
    "failed": "the two sides cannot reach each other directly (ICE failed)",
    "closed": "the connection was closed",
}


def why_lost(state: str) -> str:
    """Return why a connection in this state (`connectionState` of WebRTC) is lost; empty where it is not."""
    return _LOST.get(state, "")


class Channel(Protocol):
    """A negotiated data channel, with the names that browsers and aiortc give its properties."""

    @property
    def readyState(self) -> str:
        """`connecting`, `open`, `closing` or `closed`."""

    @property
    def bufferedAmount(self) -> int:
        """Bytes that wait to leave."""

    bufferedAmountLowThreshold: int

    def send(self, data: bytes, /) -> None:
        """Send a message; lost where the channel is not open."""

    def on(self, event: str, handler: Callable[..., None], /) -> object:
        """Call `handler` at `open`, `close` and `bufferedamountlow`, and with each `message`: bytes, or a text."""


class PeerConnection(Protocol):
    """One RTCPeerConnection, used once. Its channels are opened before it is described.

    Attributes:
        on_candidate: Called with (candidate, media id) for each own address that is found after the description was made.
        on_lost: Called with the reason when the connection fails or is closed; more than once, perhaps.
    """

    on_candidate: Callable[[str, str], None]
    on_lost: Callable[[str], None]

    def channel(self, label: str, number: int, *, ordered: bool, max_retransmits: int | None = None) -> Channel:
        """Open a negotiated channel."""

    def quicken(self) -> None:
        """Recover sooner from losses, where that can be had; after the channels, for a connection that carries bulk."""

    async def describe(self, kind: Kind, /) -> str:
        """Return this side's description; raise `NetworkError` where there is none."""

    async def take(self, description: str, kind: Kind, /) -> None:
        """Take the other side's description; raise `NetworkError` where it cannot be understood."""

    def add_candidate(self, candidate: str, mid: str, /) -> None:
        """Take an address of the other side, after its description; one that cannot be used is no trouble."""

    async def close(self) -> None:
        """Close at once."""


MakePeerConnection = Callable[[IceOptions], PeerConnection]
