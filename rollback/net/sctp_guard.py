"""Bounds what an aiortc connection holds of messages that have not ended. Knows chunks; knows no message's meaning.

aiortc (1.16) tells the other side how much it may send, and takes whatever comes: one message without an end fills the
memory, and is searched anew with each chunk. So this reaches into the one association, as `ice_agent` does.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

__all__ = ["MOST_BEYOND", "guard_sctp"]

MOST_BEYOND: Final = 4 * 1024 * 1024  # bytes beyond the announced MiB: what an honest aiortc has on its way at most


def guard_sctp(connection: Any, on_flood: Callable[[], None]) -> None:
    """Let a connection that has a data channel take no more when it holds too much, and call `on_flood` then.

    Args:
        connection: An `aiortc.RTCPeerConnection`.
        on_flood: Called with each chunk that is refused.
    """
    association = connection.sctp
    receive = association._receive_data_chunk

    async def guarded(chunk: Any) -> None:
        if association._advertised_rwnd < -MOST_BEYOND:
            on_flood()
        else:
            await receive(chunk)

    association._receive_data_chunk = guarded
