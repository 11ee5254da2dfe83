"""What a client sent, read field by field; anything else than asked for is a refusal. Knows no rooms."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from signaling.limits import Limits
from signaling.names import clean
from signaling.refusals import Refusal

__all__ = ["Form"]


class Form:
    """The payload of one event.

    Args:
        event: The event's name, for messages.
        arguments: What came with it: nothing, or one mapping.
        limits: The limits of the lobby.

    Raises:
        Refusal: `malformed`: something else came.
    """

    def __init__(self, event: str, arguments: Sequence[Any], limits: Limits) -> None:
        payload = arguments[0] if len(arguments) == 1 else None if arguments else {}
        if not isinstance(payload, Mapping):
            raise Refusal("malformed", f"'{event}' takes one mapping of fields, and nothing else")
        self._event = event
        self._fields = payload
        self._limits = limits

    def get(self, field: str) -> Any:
        """Return a field as it came, None where it did not."""
        return self._fields.get(field)

    def name(self) -> str:
        """Return the wanted name, clean; possibly empty."""
        return clean(self._text("name"), self._limits.name)

    def game(self) -> str:
        """Return the label of the game, clean; possibly empty."""
        game = self._text("game")
        if len(game) > self._limits.game:
            raise Refusal("malformed", f"game has {len(game)} characters: a label has at most {self._limits.game}")
        return clean(game, self._limits.game)

    def players(self) -> int | None:
        """Return the number of players, None where none is given."""
        players = self.get("players")
        most = self._limits.players
        if players is None or (type(players) is int and 1 <= players <= most):
            return players
        shown = repr(players) if type(players) in (int, float) and abs(players) < 1e9 else f"a {type(players).__name__}"
        raise Refusal("malformed", f"players must be a whole number from 1 to {most}, not {shown}")

    def instance(self) -> str:
        """Return what the client calls its process; possibly empty."""
        instance = self._text("instance")
        if len(instance) > self._limits.name or not ((instance.isascii() and instance.isalnum()) or not instance):
            raise Refusal("malformed", f"instance must have at most {self._limits.name} letters and digits")
        return instance

    def flag(self, field: str, *, default: bool = False) -> bool:
        """Return a yes or no, the default where none is given."""
        value = self.get(field)
        if value is None or isinstance(value, bool):
            return default if value is None else value
        raise Refusal("malformed", f"{field} must be true or false, not a {type(value).__name__}")

    def signal(self) -> dict[str, Any]:
        """Return the data of a signal: a mapping that can travel as JSON, within the limit."""
        data = self.get("data")
        if not isinstance(data, dict):
            raise Refusal("malformed", f"the data of a signal must be a mapping, not a {type(data).__name__}")
        try:
            # NaN and infinities are no JSON: one client could end the connection of another with them.
            size = len(json.dumps(data, allow_nan=False, separators=(",", ":")))
        except (TypeError, ValueError, RecursionError):
            raise Refusal("malformed", "the data of a signal must be plain JSON: no bytes, NaN or infinities") from None
        if size > self._limits.signal_bytes:
            raise Refusal("too_large", f"the signal has {size} bytes: at most {self._limits.signal_bytes} are taken")
        return data

    def datagram(self) -> bytes:
        """Return the data of a relayed datagram, within the limit."""
        data = self.get("data")
        if not isinstance(data, bytes):
            raise Refusal("malformed", f"a relayed datagram must be bytes, not a {type(data).__name__}")
        if len(data) > self._limits.relay_bytes:
            raise Refusal("too_large", f"the datagram has {len(data)} bytes: at most {self._limits.relay_bytes} are relayed")
        return data

    def _text(self, field: str) -> str:
        value = self.get(field)
        if value is None or isinstance(value, str):
            return value or ""
        raise Refusal("malformed", f"{field} must be a string, not a {type(value).__name__}")
