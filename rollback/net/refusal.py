"""Says no to direct connections, so that peers need not wait for their timeout. Knows no relay."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection
from typing import Any, Final

from rollback.errors import RollbackError
from rollback.net.allowance import Allowance
from rollback.net.signaling import Signaling
from rollback.net.signals import MAX_TEXT

__all__ = ["refuse_direct"]

REASON: Final = "it plays by the relay only"
PACE: Final = 0.5  # seconds between answers to one peer; an honest one asks no oftener than once a second
BURST: Final = 4


def refuse_direct(signaling: Signaling, peers: Callable[[], Collection[str]]) -> None:
    """Take over `on_signal`, and refuse whatever asks for a direct connection.

    Whoever is none of `peers`, or asks too often, gets no answer: a lobby that is asked to carry too many ends our own
    connection, not that of who made us send them.
    """
    allowances: dict[str, Allowance] = {}
    answers: set[asyncio.Task[None]] = set()

    def take(member: str, signal: dict[str, Any]) -> None:
        match signal:
            case {"webrtc": "offer", "attempt": str(attempt)} if len(attempt) <= MAX_TEXT:
                pass
            case {"webrtc": "want"}:
                attempt = ""  # the other side has none yet
            case _:
                return
        if member not in peers():
            return
        allowance = allowances.setdefault(member, Allowance(pace=PACE, burst=BURST))
        if allowance.take(asyncio.get_running_loop().time()):
            answers.add(task := asyncio.create_task(_say_no(signaling, member, attempt)))
            task.add_done_callback(answers.discard)

    signaling.on_signal = take


async def _say_no(signaling: Signaling, member: str, attempt: str) -> None:
    try:
        await signaling.signal(member, {"webrtc": "refused", "attempt": attempt, "reason": REASON})
    except RollbackError:
        pass  # the other side learns it from its timeout
