"""A peer connection by aiortc, which is imported here only, and when the first one is made. Knows no channel's meaning."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from rollback.errors import MissingPackage, NetworkError
from rollback.net.ice import IceOptions
from rollback.net.ice_agent import IceAgent
from rollback.net.peer_connection import Kind, why_lost
from rollback.net.sctp_guard import guard_sctp
from rollback.net.sctp_timers import quicken
from rollback.net.transport import ignore

if TYPE_CHECKING:
    import aiortc

__all__ = ["AiortcConnection", "load_aiortc"]


class AiortcConnection:
    """See `rollback.net.peer_connection.PeerConnection`.

    It tells all its addresses in its description, so `on_candidate` is never called.

    Attributes:
        connection: The `aiortc.RTCPeerConnection`.
    """

    def __init__(self, options: IceOptions) -> None:
        self.on_candidate: Callable[[str, str], None] = ignore
        self.on_lost: Callable[[str], None] = ignore
        self._options = options
        self._aiortc = load_aiortc()
        self.connection = self._connect()
        self.connection.on("connectionstatechange", self._state_changed)
        self._agent: IceAgent | None = None
        self._gathering: asyncio.Future[None] | None = None
        self._candidates: set[asyncio.Task[None]] = set()

    def channel(self, label: str, number: int, *, ordered: bool, max_retransmits: int | None = None) -> Any:
        """Open a negotiated channel."""
        channel = self.connection.createDataChannel(
            label, negotiated=True, id=number, ordered=ordered, maxRetransmits=max_retransmits
        )
        if self._agent is None:  # below the first channel there is a transport to look after
            self._agent = IceAgent(self.connection)
            if self._options.addresses is not None:
                self._agent.restrict(self._options.addresses)
            guard_sctp(self.connection, lambda: self.on_lost("the other side sends messages without an end"))
        return channel

    def quicken(self) -> None:
        """Shorten aiortc's waits after a loss."""
        quicken(self.connection)

    async def describe(self, kind: Kind) -> str:
        """Return this side's description, with all its addresses.

        Raises:
            NetworkError: This machine has no address to offer.
        """
        try:
            # aioice forgets the sockets of a gathering that is cancelled, so it runs to its end, and we close after it.
            self._gathering = asyncio.ensure_future(self.connection.setLocalDescription())
            await asyncio.shield(self._gathering)
            description: str = self.connection.localDescription.sdp
        except Exception as error:  # aiortc raises whatever its parts raise
            raise NetworkError(f"WebRTC could not describe this side: {error!r}") from error
        if "a=candidate:" not in description:
            raise NetworkError(
                "this machine has no network address to offer for a direct connection: connect it to a network, or give"
                " ice_addresses=['127.0.0.1'] where all peers are on this machine"
            )
        return description

    async def take(self, description: str, kind: Kind) -> None:
        """Take the other side's description.

        Raises:
            NetworkError: It cannot be understood.
        """
        try:
            await self.connection.setRemoteDescription(self._aiortc.RTCSessionDescription(description, kind))
        except Exception as error:  # a peer may send any text, and the parser raises many kinds of errors
            raise NetworkError(f"the other side's WebRTC {kind} cannot be understood: {error!r}") from error

    def add_candidate(self, candidate: str, mid: str) -> None:
        """Take an address of the other side; a name of mDNS is looked up for a second."""
        self._candidates.add(task := asyncio.ensure_future(self._add(candidate, mid)))
        task.add_done_callback(self._candidates.discard)

    async def close(self) -> None:
        """Close, after what cannot be interrupted."""
        for task in self._candidates:
            task.cancel()
        await asyncio.gather(*self._candidates, return_exceptions=True)
        if self._gathering is not None:
            await asyncio.wait({self._gathering})
        await self.connection.close()
        if self._agent is not None:
            await self._agent.close()

    def _connect(self) -> aiortc.RTCPeerConnection:
        servers = [self._aiortc.RTCIceServer(**server) for server in self._options.servers]
        # Without a list, even an empty one, aiortc asks a public STUN server: ten seconds where it cannot be reached.
        configuration = self._aiortc.RTCConfiguration(iceServers=servers)
        connection: aiortc.RTCPeerConnection = self._aiortc.RTCPeerConnection(configuration)
        return connection

    async def _add(self, candidate: str, mid: str) -> None:
        try:
            from aiortc.sdp import candidate_from_sdp

            taken = candidate_from_sdp(candidate.removeprefix("candidate:"))
            taken.sdpMid = mid
            await self.connection.addIceCandidate(taken)
        except Exception:  # a peer may send any text, and a name may be nobody's: other addresses may do
            return

    def _state_changed(self) -> None:
        if reason := why_lost(self.connection.connectionState):
            self.on_lost(reason)


def load_aiortc() -> Any:
    """Import aiortc, and keep its parts from logging every candidate unless somebody asked for that.

    Raises:
        MissingPackage: aiortc is not installed.
    """
    try:
        import aiortc
    except ImportError as error:
        raise MissingPackage("a direct connection by WebRTC", "aiortc") from error
    for name in ("aiortc", "aioice"):
        if (logger := logging.getLogger(name)).level == logging.NOTSET:
            logger.setLevel(logging.WARNING)
    return aiortc
