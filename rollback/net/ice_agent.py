"""What has to be changed in the ICE agent below an aiortc connection, on that one object. Knows no channel.

aiortc gives no way to its agent (an `aioice.Connection`), so this reaches through private attributes of aiortc. Only
methods of the one agent are replaced: a patch of the module would change every other connection of the process.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any, Final

__all__ = ["MOST", "IceAgent"]

MOST: Final = 64  # addresses of the other side: to each of them, whoever has it, go a few packets
_PORTS: Final = range(1, 65536)  # asyncio gives a socket up that is to send to any other
_PRIORITIES: Final = range(1, 2**32)


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
        self._guard()

    def restrict(self, addresses: Sequence[str]) -> None:
        """Gather on these addresses only, in place of those that `aioice.ice.get_host_addresses` finds."""
        gather = self._agent.get_component_candidates

        async def gather_on_given(component: int, addresses: list[str], timeout: int = 5) -> Any:
            return await gather(component=component, addresses=given, timeout=timeout)

        given = list(addresses)
        self._agent.get_component_candidates = gather_on_given

    def _guard(self) -> None:
        """Take no address of the other side that none can be, and not any number of them; in its description or after it."""
        add, taken = self._agent.add_remote_candidate, 0

        async def add_possible(candidate: Any) -> None:
            nonlocal taken
            if candidate is not None:
                taken += 1
                if taken > MOST or candidate.port not in _PORTS or candidate.priority not in _PRIORITIES:
                    return
            await add(candidate)

        self._agent.add_remote_candidate = add_possible

    async def close(self) -> None:
        """End what the agent starts after its own close.

        A `connect` whose checks succeeded just before the close starts its watch over the other side's consent all the
        same (aioice 0.13), and that task would run for ever.
        """
        await self._idle.wait()
        await self._agent.close()
