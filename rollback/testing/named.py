"""What a test may say instead of a factory or a link: the name of a game, the name of a network. Knows names only."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from rollback.errors import UsageError
from rollback.game import Game
from rollback.sim.link import Link
from rollback.sim.profiles import PROFILES, profiles_of

__all__ = ["game_of", "link_of"]

USUAL: Final = "mobile"  # bad enough for rollbacks and losses within a few hundred frames


def game_of(game: str | Callable[[], Game]) -> Callable[[], Game]:
    """Return what makes fresh games: what was given, or what the name means.

    Raises:
        UsageError: It is a game, and not what makes one.
        GameError: The name leads nowhere.
    """
    if isinstance(game, str):
        from rollback.envs.names import game_factory

        return game_factory(game)
    if not callable(game):
        kind = type(game).__name__
        raise UsageError(f"every peer needs a game of its own: give {kind} or lambda: {kind}(...), not a game that is made")
    return game


def link_of(link: Any) -> Any:
    """Return the link of a profile's name, the usual one for None, and anything else as it is.

    Raises:
        UsageError: There is no such profile, or it is not one network.
    """
    if link is None:
        return PROFILES[USUAL].link
    if isinstance(link, str):
        found = profiles_of(link)
        if len(found) != 1:
            raise UsageError(f"link={link!r} are {len(found)} networks: name one of {', '.join(PROFILES)}, or give a Link")
        return found[0].link
    if not isinstance(link, Link | dict):
        raise UsageError(f"link must be a Link, the name of a profile, or links by (from, to), not {link!r:.80}")
    return link
