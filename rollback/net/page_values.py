"""What crosses between this Python and the JavaScript around it, when it runs in a browser. Knows no message.

Under CPython, where tests play the page, everything crosses as it is.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

__all__ = ["bytes_from_page", "bytes_to_page", "callback_for_page"]


def bytes_to_page(data: bytes) -> Any:
    """Return bytes as JavaScript takes them: a Uint8Array of its own."""
    if sys.platform != "emscripten":
        return data
    from pyodide.ffi import to_js  # type: ignore[import-not-found]

    return to_js(data)


def bytes_from_page(data: Any) -> Any:
    """Return the bytes of a Uint8Array or an ArrayBuffer; a text, and nothing, stay what they are."""
    if data is None or isinstance(data, bytes | str):
        return data
    if isinstance(data, bytearray | memoryview):
        return bytes(data)
    to_bytes = getattr(data, "to_bytes", None)  # a number has one too, and is no message
    return to_bytes() if to_bytes is not None and not isinstance(data, int) else None


def callback_for_page(callback: Callable[..., None]) -> tuple[Any, Callable[[], None]]:
    """Return the callback as JavaScript may keep it, and what to call once it is called no more."""
    if sys.platform != "emscripten":
        return callback, _nothing
    from pyodide.ffi import create_proxy

    proxy = create_proxy(callback)
    return proxy, proxy.destroy


def _nothing() -> None:
    """Let go of nothing."""
