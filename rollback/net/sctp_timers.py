"""Lets an aiortc connection for bulk recover from a loss sooner. Knows timers and windows; knows no message.

aiortc (1.16) waits 3 s before it repeats the first packet of a handshake, and at least 1 s before it repeats the end of
what it sent, or a repeat that was lost as well; it begins with three packets. TCP of today waits 1 s (RFC 6298), 0.2 s (as
Linux does) and begins with ten packets (RFC 6928). Only bulk is given these: a timer that is too early would take inputs
that are merely late for lost ones. It reaches into the one association, as `sctp_guard` does.
"""

from __future__ import annotations

from typing import Any, Final

__all__ = ["BEGIN", "FIRST", "SHORTEST", "quicken"]

FIRST: Final = 1.0  # seconds until the handshake's first packet is repeated
SHORTEST: Final = 0.25  # seconds beyond the round trip: browsers may keep an acknowledgement for 0.2
BEGIN: Final = 10 * 1160  # bytes that may be on their way at first


def quicken(connection: Any) -> None:
    """Shorten the waits of a connection that has a data channel and was not opened yet.

    Args:
        connection: An `aiortc.RTCPeerConnection`.
    """
    association = connection.sctp
    update = association._update_rto

    def quick_update(round_trip: float) -> None:
        update(round_trip)
        association._rto = min(association._rto, association._srtt + max(SHORTEST, 4 * association._rttvar))

    association._update_rto = quick_update
    association._rto = FIRST
    association._cwnd = BEGIN
