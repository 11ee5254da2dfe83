"""What a relay's transport knows of one peer: what is on its way to it, and how often it is answered. Knows no lobby."""

from __future__ import annotations

import asyncio
from typing import Final

from rollback.net.allowance import Allowance
from rollback.net.bulk import Bulk
from rollback.net.relay_blobs import PACE, WINDOW, Inbox, Outbox

__all__ = ["GREET_EVERY", "RelayEnd"]

GREET_EVERY: Final = 0.25  # seconds between greetings to a peer that has not answered


class RelayEnd:
    """One peer, until `let_go`."""

    def __init__(self, bulk: Bulk) -> None:
        self.bulk = bulk
        self.outbox = Outbox()
        self.inbox = Inbox()
        self.heard = asyncio.Event()
        self.has_left = False
        # An honest peer greets and sends fragments at half these paces; a lost answer is made up for by the next one.
        self.greetings = Allowance(pace=GREET_EVERY / 2, burst=4)
        self.answers = Allowance(pace=PACE / 2, burst=2 * WINDOW)
        self.timer: asyncio.TimerHandle | None = None
        self.greeting: asyncio.Task[None] | None = None

    async def hear(self) -> None:
        """Return when the peer was heard, or it is time for another greeting: the first ones are lost where it starts late."""
        try:
            async with asyncio.timeout(GREET_EVERY):
                await self.heard.wait()
        except TimeoutError:
            pass

    def let_go(self) -> None:
        """End what would come back for this peer."""
        self.bulk.close()
        if self.timer is not None:
            self.timer.cancel()
        if self.greeting is not None:
            self.greeting.cancel()
