"""Whose requests are served: which hosts, origins and tokens. Knows headers; knows no command.

A page of another origin must get nothing, also one that has its own name lead to 127.0.0.1: its requests come with its own
name as the host. So without a token only names of this machine are answered to.
"""

from __future__ import annotations

import hmac
import re
from collections.abc import Mapping, Sequence
from typing import Any, Final
from urllib.parse import urlsplit

from rollback.errors import UsageError
from rollback.studio.refusals import Refused

__all__ = ["LOOPBACK", "Origins"]

LOOPBACK: Final = ("127.0.0.1", "localhost", "[::1]")
SHORTEST: Final = 16  # characters of a token: it must not be guessed
_ORIGIN: Final = re.compile(r"https?://[A-Za-z0-9.\[\]:-]{1,255}")


class Origins:
    """Who may come.

    Args:
        token: What commands must bring along; empty: nothing, and only names of this machine are answered to.
        origins: Web origins besides the own one.

    Raises:
        UsageError: The token is too short, or an origin is none.
    """

    def __init__(self, token: str = "", origins: Sequence[str] = ()) -> None:
        if token and (len(token) < SHORTEST or not token.isascii() or not token.isprintable() or " " in token):
            raise UsageError(f"a token has at least {SHORTEST} letters, digits and signs, not {len(token)}: make a longer one")
        for origin in origins:
            if not _ORIGIN.fullmatch(origin):
                raise UsageError(f"an origin is https:// and a name, such as https://lab.example.org, not {origin[:200]!r}")
        self._token = token
        self._allowed = frozenset(origins)
        self._hosts = {
            *LOOPBACK,
            *(urlsplit(origin).netloc.rpartition(":")[0] or urlsplit(origin).netloc for origin in origins),
        }

    @property
    def has_token(self) -> bool:
        """Whether a token is needed."""
        return bool(self._token)

    def check(self, scope: Mapping[str, Any]) -> None:
        """Hold that a request comes from a page of ours, or from no page at all.

        Raises:
            Refused: It does not.
        """
        headers = headers_of(scope)
        host = headers.get("host", "")
        name = _without_port(host)
        if not self._token and name not in self._hosts:
            raise Refused("origin", f"the studio is not called {name!r:.80} here: open it as 127.0.0.1, or give it a token")
        origin = headers.get("origin")
        scheme = {"ws": "http", "wss": "https"}.get(scope.get("scheme", "http"), scope.get("scheme", "http"))
        if origin is not None and origin != f"{scheme}://{host}" and origin not in self._allowed:
            raise Refused("origin", "a page of another origin may not use the studio")
        if origin is None and headers.get("sec-fetch-site", "none") not in ("none", "same-origin"):
            raise Refused("origin", "a page of another origin may not use the studio")

    def check_token(self, given: Any) -> None:
        """Hold that a token is the right one, where one is needed.

        Raises:
            Refused: It is not.
        """
        if not self._token:
            return
        is_text = isinstance(given, str) and given.isascii()
        if not is_text or not hmac.compare_digest(given, self._token):
            raise Refused("token", "the studio needs its token: take the address that it printed when it was started")

    def check_bearer(self, scope: Mapping[str, Any]) -> None:
        """Hold that a request has the right token in its `Authorization` header, where one is needed.

        Raises:
            Refused: It has not.
        """
        kind, _, token = headers_of(scope).get("authorization", "").partition(" ")
        self.check_token(token.strip() if kind.lower() == "bearer" else "")


def headers_of(scope: Mapping[str, Any]) -> dict[str, str]:
    """Return the headers of a request; of those that came twice, the last."""
    return {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope.get("headers", ())}


def _without_port(host: str) -> str:
    return re.sub(r":\d{1,5}$", "", host)
