"""Says no to direct connections, so that peers need not wait for their timeout. Knows no relay."""

from __future__ import annotations

import asyncio
from typing import Any, Final

from rollback.errors import RollbackError
from rollback.net.signaling import Signaling
from rollback.net.signals import MAX_TEXT

__all__ = ["refuse_direct"]

REASON: Final = "it plays by the relay only"
AT_ONCE: Final = 32  # answers on their way; whoever asks faster than the lobby takes signals is left without


def refuse_direct(signaling: Signaling) -> None:
    """Take over `on_signal`, and refuse whatever asks for a direct connection."""
    answers: set[asyncio.Task[None]] = set()

    def take(member: str, signal: dict[str, Any]) -> None:
        match signal:
            case {"webrtc": "offer", "attempt": str(attempt)} if len(attempt) <= MAX_TEXT:
                pass
            case {"webrtc": "want"}:
                attempt = ""  # the other side has none yet
            case _:
                return
        if len(answers) < AT_ONCE:
            answers.add(task := asyncio.create_task(_say_no(signaling, member, attempt)))
            task.add_done_callback(answers.discard)

    signaling.on_signal = take


async def _say_no(signaling: Signaling, member: str, attempt: str) -> None:
    try:
        await signaling.signal(member, {"webrtc": "refused", "attempt": attempt, "reason": REASON})
    except RollbackError:
        pass  # the other side learns it from its timeout
