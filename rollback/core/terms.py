"""Whether a match that is told of can be watched here, and what its settings are. Knows facts; knows no frames."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from rollback.config import SessionConfig
from rollback.core.facts import facts_of
from rollback.core.handshake import MENDS
from rollback.errors import UsageError
from rollback.game import ActionCodec, Game, idle_inputs
from rollback.types import Mismatch
from rollback.wire.feed import Keyframe

__all__ = ["Terms"]

WHAT_DECIDES: Final = ("protocol", "players", "codecs")  # what must be the same for the rows to mean the same
WHAT_IS_CHOSEN: Final = ("game_id", "game_version", "extra")  # and what must be where the watcher has settings of its own
WHAT_IS_TOLD: Final = ("fps", "seed", "desync_interval", "game_id", "game_version")


class Terms:
    """What a match must have to be watched with this game and these settings."""

    def __init__(self, game: Game, codecs: tuple[ActionCodec, ...], config: SessionConfig | None) -> None:
        self._config = config or SessionConfig()
        self._widths = tuple([codec.size for codec in codecs])
        self._facts = facts_of(game, codecs, idle_inputs(game, codecs), self._config)
        self._compared = WHAT_DECIDES if config is None else WHAT_DECIDES + WHAT_IS_CHOSEN

    def settings(self, host: str, keyframe: Keyframe) -> SessionConfig | list[Mismatch]:
        """Return our settings with those that the match tells of itself, or what keeps us from watching it."""
        told, ours = keyframe.facts, self._facts
        found = [
            Mismatch(host, name, ours[name], told.get(name), MENDS[name])
            for name in self._compared
            if (type(told.get(name)), told.get(name)) != (type(ours[name]), ours[name])
        ]
        if not found and keyframe.widths != self._widths:
            found.append(Mismatch(host, "codecs", self._widths, keyframe.widths, MENDS["codecs"]))
        try:
            config = replace(self._config, **{name: told.get(name) for name in WHAT_IS_TOLD})  # type: ignore[arg-type]
        except UsageError as error:
            return found or [Mismatch(host, "settings", "settings within their limits", str(error), "watch another match")]
        return found or config
