"""What has to be changed in the ICE agent below an aiortc connection, on that one object. Knows no channel.

aiortc gives no way to its agent (an `aioice.Connection`), so this reaches through private attributes of aiortc. Only
methods of the one agent are replaced: a patch of the module would change every other connection of the process.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

__all__ = ["IceAgent"]


class IceAgent:
    """The agent of a connection that has a data channel.

    Args:
        connection: An `aiortc.RTCPeerConnection`.
    """

    def __init__(self, connection: Any) -> None:
        self._agent = connection.sctp.transport.transport.iceGatherer._connection
        self._idle = asyncio.Event()
        self._idle.set()
        connect = self._agent.connect

        async def watched_connect() -> None:
            self._idle.clear()
            try:
                await connect()
            finally:
                self._idle.set()

        self._agent.connect = watched_connect

    def restrict(self, addresses: Sequence[str]) -> None:
        """Gather on these addresses only, in place of those that `aioice.ice.get_host_addresses` finds."""
        gather = self._agent.get_component_candidates

        async def gather_on_given(component: int, addresses: list[str], timeout: int = 5) -> Any:
            return await gather(component=component, addresses=given, timeout=timeout)

        given = list(addresses)
        self._agent.get_component_candidates = gather_on_given

    async def close(self) -> None:
        """End what the agent starts after its own close.

        A `connect` whose checks succeeded just before the close starts its watch over the other side's consent all the
        same (aioice 0.13), and that task would run for ever.
        """
        await self._idle.wait()
        await self._agent.close()
