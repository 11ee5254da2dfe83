"""A saved agent that a page hands over: bytes of its own server, or of a file that somebody picked. Knows no match.

Bytes are read as a checkpoint and as nothing else. What they are called is shown to people, who know the file by it.
"""

from __future__ import annotations

from typing import Any, Final

from rollback.errors import UsageError
from rollback.net.words import plain_words
from rollback.netplay.hands.bots import HandedAgent

__all__ = ["AGENT", "agent_of"]

AGENT: Final = "agent"  # what a page calls the bot whose bytes come beside its message
LONGEST: Final = 100  # characters of a name
_ONNX: Final = ".onnx"
_ONNX_MARK: Final = b"\x08"  # writers of ONNX put this field first, in which no checkpoint begins


def agent_of(told: Any, data: Any) -> HandedAgent:
    """Return the agent of a message that asks for one.

    Args:
        told: What the message says of it: `name`.
        data: Its bytes.

    Raises:
        UsageError: The message does not name it, brings no bytes, or an ONNX model, which needs more than a browser has.
        CheckpointError: The bytes are no checkpoint; the sentence names it.
    """
    given = told.get("name") if isinstance(told, dict) else None
    name = plain_words(given, LONGEST) if isinstance(given, str) else ""
    if not name:
        raise UsageError(f"agent must be a table with the name of the agent, not {told!r:.80}")
    if not isinstance(data, bytes) or not data:
        raise UsageError(f"{name} is empty: an agent is the file FILE.npz that training saved")
    if name.endswith(_ONNX) or data.startswith(_ONNX_MARK):
        raise UsageError(
            f"{name} is an ONNX model, which no browser can play here: play it from a terminal with rollback play ROOM --bot"
        )
    return HandedAgent.read(data, name)
