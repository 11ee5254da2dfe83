"""Games by name. Knows no session, no network and no command."""

from __future__ import annotations

from rollback.envs.names import canonical_name, game_factory

__all__ = ["canonical_name", "game_factory"]
