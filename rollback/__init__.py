"""Rollback netcode for Python. The public names, resolved on first use; no logic, nothing third-party is imported here."""

from __future__ import annotations

# Nothing is imported, `typing` neither, which alone takes 10 ms: the program `rollback` shall hear a Ctrl-C from the first.
TYPE_CHECKING = False  # what checks types takes it for true

if TYPE_CHECKING:
    from typing import Any

    from rollback.config import Default as Default
    from rollback.config import RepeatLast as RepeatLast
    from rollback.config import SessionConfig as SessionConfig
    from rollback.config import TakeOver as TakeOver
    from rollback.core.session import P2PSession as P2PSession
    from rollback.core.spectator import SpectatorSession as SpectatorSession
    from rollback.core.synctest import SyncTestSession as SyncTestSession
    from rollback.errors import ActionError as ActionError
    from rollback.errors import ConfigError as ConfigError
    from rollback.errors import DesyncError as DesyncError
    from rollback.errors import GameError as GameError
    from rollback.errors import MissingAction as MissingAction
    from rollback.errors import MissingPackage as MissingPackage
    from rollback.errors import NetworkError as NetworkError
    from rollback.errors import NotReproducible as NotReproducible
    from rollback.errors import ReplayError as ReplayError
    from rollback.errors import RollbackError as RollbackError
    from rollback.errors import UsageError as UsageError
    from rollback.errors import WireError as WireError
    from rollback.game import ActionCodec as ActionCodec
    from rollback.game import Bits as Bits
    from rollback.game import Game as Game
    from rollback.game import Raw as Raw
    from rollback.game import UInt as UInt
    from rollback.netplay import PlayResult as PlayResult
    from rollback.netplay import WatchResult as WatchResult
    from rollback.netplay import join as join
    from rollback.netplay import next_match as next_match
    from rollback.netplay import play as play
    from rollback.netplay import watch as watch
    from rollback.types import Confirmed as Confirmed
    from rollback.types import Cut as Cut
    from rollback.types import DesyncFound as DesyncFound
    from rollback.types import Ended as Ended
    from rollback.types import Event as Event
    from rollback.types import Local as Local
    from rollback.types import Mismatch as Mismatch
    from rollback.types import Open as Open
    from rollback.types import Paused as Paused
    from rollback.types import PeerInterrupted as PeerInterrupted
    from rollback.types import PeerJoined as PeerJoined
    from rollback.types import PeerLeft as PeerLeft
    from rollback.types import PeerLost as PeerLost
    from rollback.types import PeerResumed as PeerResumed
    from rollback.types import PeerStats as PeerStats
    from rollback.types import Policy as Policy
    from rollback.types import Remote as Remote
    from rollback.types import Resumed as Resumed
    from rollback.types import Resynced as Resynced
    from rollback.types import SessionStats as SessionStats
    from rollback.types import Synchronized as Synchronized
    from rollback.types import Tick as Tick
    from rollback.types import TookOver as TookOver
    from rollback.types import VoteWanted as VoteWanted

__version__ = "0.1.0"

_HOMES = {
    "rollback.config": "Default RepeatLast SessionConfig TakeOver",
    "rollback.core.session": "P2PSession",
    "rollback.core.spectator": "SpectatorSession",
    "rollback.core.synctest": "SyncTestSession",
    "rollback.errors": "ActionError ConfigError DesyncError GameError MissingAction MissingPackage NetworkError"
    " NotReproducible ReplayError RollbackError UsageError WireError",
    "rollback.game": "ActionCodec Bits Game Raw UInt",
    "rollback.netplay": "PlayResult WatchResult join next_match play watch",
    "rollback.types": "Confirmed Cut DesyncFound Ended Event Local Mismatch Open Paused PeerInterrupted PeerJoined PeerLeft"
    " PeerLost PeerResumed PeerStats Policy Remote Resumed Resynced SessionStats Synchronized Tick TookOver VoteWanted",
}
_HOME = {name: home for home, names in _HOMES.items() for name in names.split()}

__all__ = ["__version__", *sorted(_HOME)]


def __getattr__(name: str) -> Any:
    home = _HOME.get(name)
    if home is None:
        raise AttributeError(f"module 'rollback' has no attribute {name!r}")
    from importlib import import_module

    value = globals()[name] = getattr(import_module(home), name)
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
