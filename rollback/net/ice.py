"""The options of ICE, checked: which servers to ask, which own addresses to offer. Knows no connection."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from rollback.errors import UsageError

__all__ = ["IceOptions"]

SCHEMES: Final = ("stun:", "stuns:", "turn:", "turns:")
KEYS: Final = frozenset({"urls", "username", "credential"})


@dataclass(frozen=True, slots=True)
class IceOptions:
    """How two peers look for a way to each other.

    Attributes:
        servers: STUN and TURN servers, as a browser takes them; empty asks nobody.
        addresses: The only own addresses that are offered; None offers those of all interfaces but loopback.
    """

    servers: tuple[Mapping[str, Any], ...] = ()
    addresses: tuple[str, ...] | None = None

    @classmethod
    def checked(
        cls, ice_servers: Sequence[str | Mapping[str, Any]] = (), ice_addresses: Sequence[str] | None = None
    ) -> IceOptions:
        """Return the options.

        Args:
            ice_servers: Each a URL such as `stun:stun.example.org`, or a mapping with `urls` and, for TURN, `username`
                and `credential`.
            ice_addresses: IP addresses of this machine, such as `["127.0.0.1"]`.

        Raises:
            UsageError: A server or an address cannot be one.
        """
        if isinstance(ice_servers, str):
            raise UsageError(f"ice_servers must be a sequence, not the string {ice_servers!r}: write [{ice_servers!r}]")
        if isinstance(ice_addresses, str):
            raise UsageError(f"ice_addresses must be a sequence, not {ice_addresses!r}: write [{ice_addresses!r}]")
        servers = tuple(_server(server) for server in ice_servers)
        return cls(servers, None if ice_addresses is None else _addresses(ice_addresses))


def _server(server: Any) -> Mapping[str, Any]:
    entry: Mapping[str, Any] = {"urls": server} if isinstance(server, str) else server
    if not isinstance(entry, Mapping) or "urls" not in entry or not KEYS.issuperset(entry):
        raise UsageError(f"an ICE server must be a URL or a mapping with urls, username and credential, not {server!r:.120}")
    urls = [entry["urls"]] if isinstance(entry["urls"], str) else list(entry["urls"])
    for url in urls:
        if not isinstance(url, str) or not url.startswith(SCHEMES):
            raise UsageError(f"the URL of an ICE server must start with {', '.join(SCHEMES)}, not {url!r:.120}")
    return {**entry, "urls": urls}


def _addresses(addresses: Sequence[str]) -> tuple[str, ...]:
    for address in addresses:
        try:
            ipaddress.ip_address(address)
        except ValueError:
            raise UsageError(f"ice_addresses must hold IP addresses such as '127.0.0.1', not {address!r:.120}") from None
    if not addresses:
        raise UsageError("ice_addresses is empty, so no address could be offered: leave it out to offer all of them")
    return tuple(addresses)
