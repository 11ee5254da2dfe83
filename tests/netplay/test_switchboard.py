"""Signals about watching go one way, all others to the connections; both see one room."""

from __future__ import annotations

import asyncio
from typing import Any

from rollback.netplay.switchboard import WATCH, Switchboard
from tests.netplay.hall import Hall, member


def board() -> tuple[Any, Switchboard]:
    lobby: Any = Hall("ann", member(0, "ann"), member(1, "bob"))
    return lobby, Switchboard(lobby)


def test_each_is_handed_its_own():
    lobby, signals = board()
    watching: list[Any] = []
    connecting: list[Any] = []
    signals.on_watch = lambda id, said: watching.append((id, said))
    signals.on_signal = lambda id, said: connecting.append((id, said))
    lobby.on_signal("m-bob", {WATCH: {"match": 3}})
    lobby.on_signal("m-bob", {"webrtc": "want", "have": ""})
    assert watching == [("m-bob", {"match": 3})]
    assert connecting == [("m-bob", {"webrtc": "want", "have": ""})]


def test_nobody_listens_to_the_lobby_before_a_transport_does_and_after_it_is_closed():
    lobby, signals = board()
    assert lobby.on_signal is None

    def handler(id: str, said: dict[str, Any]) -> None: ...

    signals.on_signal = handler
    assert lobby.on_signal is not None and signals.on_signal == handler
    signals.on_signal = None
    assert lobby.on_signal is None


def test_what_connections_are_built_on_is_the_lobbys_where_it_says_so():
    lobby, signals = board()
    assert signals.peer_connection is None
    lobby.peer_connection = lambda options: None
    assert signals.peer_connection is lobby.peer_connection


def test_all_else_is_the_lobbys():
    lobby, signals = board()
    signals.on_relay = print
    assert lobby.on_relay is print and signals.on_relay is print
    assert signals.me == lobby.me and signals.members == lobby.members
    asyncio.run(signals.signal("m-bob", {"webrtc": "want"}))
    assert lobby.said == [("m-bob", {"webrtc": "want"})] and signals.relay("m-bob", b"x")
