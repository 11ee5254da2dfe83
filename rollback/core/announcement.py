"""What a keyframe tells of its match: facts, players, names, and who is not here. Knows no rows and no follower."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from rollback.core.endpoint import Endpoint
from rollback.core.lineup import Lineup
from rollback.core.source import Packed
from rollback.wire.feed import Keyframe, encode_feed
from rollback.wire.limits import MAX_TEXT

__all__ = ["announcement"]


def announcement(packed: Packed, lineup: Lineup, endpoints: Sequence[Endpoint], names: Mapping[int, str]) -> bytes:
    """Return the message that goes before the bytes of a keyframe."""
    controllers = dict(lineup.controllers)
    slots: dict[int, int] = {}
    for endpoint in endpoints:
        controllers.update(endpoint.controllers)
        if endpoint.queue.cut:
            slots.update(dict.fromkeys(endpoint.queue.players, endpoint.queue.known))
    return encode_feed(
        Keyframe(
            frame=packed.frame,
            size=len(packed.data),
            sum=packed.sum,
            checksum=packed.checksum,
            facts=dict(lineup.facts),
            widths=tuple([codec.size for codec in lineup.codecs]),
            players=_clipped(controllers, len(lineup.codecs)),
            names=_clipped(names, len(lineup.codecs)),
            slots=slots,
        )
    )


def _clipped(texts: Mapping[int, str], players: int) -> dict[int, str]:
    return {player: texts[player][:MAX_TEXT] for player in range(players) if player in texts}
