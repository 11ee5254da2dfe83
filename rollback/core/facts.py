"""What must be the same wherever a match is played or watched, by name. Knows the game and the settings; knows no peers."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence

from rollback.config import SessionConfig, TakeOver
from rollback.game import ActionCodec, Game
from rollback.wire.limits import PROTOCOL
from rollback.wire.messages import Fact

__all__ = ["facts_of"]


def facts_of(game: Game, codecs: Sequence[ActionCodec], idle: Sequence[bytes], config: SessionConfig) -> dict[str, Fact]:
    """Return what the handshake compares."""
    on_disconnect = config.on_disconnect
    names = [codec.describe() for codec in codecs]
    if any(map(any, idle)):  # the first frames are idle: peers that idle differently would never agree
        names = [f"{name} idle {value.hex()}" for name, value in zip(names, idle, strict=True)]
    return {
        "protocol": PROTOCOL,
        "game_id": config.game_id or type(game).__qualname__,
        "game_version": config.game_version,
        "players": len(codecs),
        "codecs": _shortened(" ".join(names)),
        "fps": config.fps,
        "seed": config.seed,
        "on_disconnect": "takeover" if isinstance(on_disconnect, TakeOver) else on_disconnect,
        "on_desync": config.on_desync,
        "desync_interval": config.desync_interval,
        "rejoin_grace": float(config.rejoin_grace),
        "extra": hashlib.blake2b(json.dumps(dict(config.extra), sort_keys=True).encode(), digest_size=8).hexdigest(),
    }


def _shortened(text: str) -> str:
    """Return the text itself, or its start and a digest where it is too long for a hello."""
    if len(text) <= 300:
        return text
    return f"{text[:200]} ... {hashlib.blake2b(text.encode(), digest_size=8).hexdigest()}"
