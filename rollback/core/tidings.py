"""What followers are told of the peers of a match, as news on the wire and as events. Knows no frames and no feed."""

from __future__ import annotations

from collections.abc import Mapping

from rollback.types import Cut, Ended, Event, PeerJoined, PeerLeft, PeerLost, TookOver
from rollback.wire.feed import Done, News
from rollback.wire.limits import MAX_REASON, MAX_TEXT
from rollback.wire.messages import Bye

__all__ = ["event_of", "last_word", "news_of"]


def news_of(event: Event) -> News | None:
    """Return what followers are told of an event, None where it is no news to them."""
    match event:
        case Cut(players, frame, _):
            return ("cut", players, frame, "")
        case PeerLost(_, players, reason):
            return ("lost", players, -1, reason[:MAX_TEXT])
        case PeerLeft(_, players, reason):
            return ("left", players, -1, reason[:MAX_TEXT])
        case PeerJoined(peer, players, frame):
            return ("joined", players, frame, peer[:MAX_TEXT])
        case TookOver(player, by):
            return ("taken over", (player,), -1, by[:MAX_TEXT])
    return None


def event_of(news: News, names: Mapping[int, str]) -> Event:
    """Return the event that the news tell of; followers know peers by the names of their players."""
    what, players, frame, text = news
    name = ", ".join([names.get(player) or f"player {player}" for player in players])
    match what:
        case "cut":
            return Cut(players, frame, 0)
        case "lost":
            return PeerLost(name, players, text)
        case "left":
            return PeerLeft(name, players, text)
        case "joined":
            return PeerJoined(text or name, players, frame)
    return TookOver(players[0] if players else 0, text)


def last_word(ended: Ended, bye: Bye | None, frame: int, checksum: int | None) -> Done:
    """Return what followers are told at the end: of the match, or of our part in it, where it may go on elsewhere."""
    left = bye is not None and bye.end < 0 and not bye.final
    over = not left and not ended.reason.startswith("partitioned")
    return Done(ended.reason[:MAX_REASON], frame, -1 if checksum is None else checksum, over)
