"""The form in which all leaves for pages and scripts: JSON that every browser reads. Knows no meaning of it.

One value that is no number would have a browser refuse the whole message, and with it all runs: it is sent as null.
"""

from __future__ import annotations

from typing import Any, Final

import engineio.json
import socketio.packet
from starlette.responses import JSONResponse

from rollback.studio.letters import written

__all__ = ["Answer", "Packet"]

_HEADERS: Final = {"cache-control": "no-store"}


class _Json:
    """What Socket.IO asks of a module for JSON."""

    loads = staticmethod(engineio.json.loads)

    @staticmethod
    def dumps(values: Any, **form: Any) -> str:
        return written(values).decode()


class Packet(socketio.packet.Packet):  # type: ignore[misc,unused-ignore]
    """An event or an answer over Socket.IO."""

    json = _Json


class Answer(JSONResponse):
    """An answer over HTTP, which nobody keeps.

    Args:
        content: Plain values.
        status_code: How it went.
    """

    def __init__(self, content: Any, status_code: int = 200) -> None:
        super().__init__(content, status_code, _HEADERS)

    def render(self, content: Any) -> bytes:
        """Return it as it is sent."""
        return written(content)
