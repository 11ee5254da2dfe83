"""The engine: sans-I/O, no clock, no await. Bytes, time and actions come in; frames, events and bytes go out."""

from rollback.core.session import P2PSession
from rollback.core.synctest import SyncTestSession

__all__ = ["P2PSession", "SyncTestSession"]
