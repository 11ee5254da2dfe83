"""Which connections the server hangs up on; the server itself is tested in tests/network."""

from types import SimpleNamespace

import pytest
import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

from signaling.serve import _Server


class Connection(H11Protocol):
    """One that only says how far it is: `cycle` is the request it made last."""

    def __init__(self):
        self.cycle = None
        self.aborted = False
        self.waiting = 0  # bytes of the answer that the other side has not taken
        self.transport = SimpleNamespace(abort=self.abort, get_write_buffer_size=lambda: self.waiting)

    def abort(self):
        self.aborted = True

    def ask(self, *, answered):
        self.cycle = SimpleNamespace(response_complete=answered)


@pytest.fixture
def server():
    return _Server(uvicorn.Config(None), ask_within=10.0)


@pytest.fixture
def connection(server):
    connection = Connection()
    server.server_state.connections.add(connection)
    return connection


def aborted_at(server, connection, times):
    for now in times:
        server._end_silent(now)
        if connection.aborted:
            return now
    return None


def test_who_never_makes_a_request_is_ended_in_time(server, connection):
    assert aborted_at(server, connection, range(30)) == 10


def test_who_was_answered_and_then_never_makes_another_request_is_ended_in_time(server, connection):
    server._end_silent(0)
    connection.ask(answered=True)
    assert aborted_at(server, connection, range(5, 30)) == 15


def test_who_asks_again_and_again_is_kept(server, connection):
    for start in range(0, 100, 9):
        connection.ask(answered=True)
        assert aborted_at(server, connection, range(start, start + 9)) is None


def test_who_waits_for_a_long_answer_is_kept(server, connection):
    server._end_silent(0)
    connection.ask(answered=False)
    assert aborted_at(server, connection, range(1, 100)) is None
    connection.cycle.response_complete = True
    assert aborted_at(server, connection, range(100, 130)) == 110


def test_who_takes_nothing_of_an_answer_is_ended_in_time(server, connection):
    connection.ask(answered=False)
    connection.waiting = 65536
    assert aborted_at(server, connection, range(3, 30)) == 13


def test_who_takes_a_long_answer_slowly_is_kept(server, connection):
    connection.ask(answered=False)
    for now in range(100):
        connection.waiting = 65536 - now // 9
        assert aborted_at(server, connection, [now]) is None


@pytest.mark.parametrize("answered", [False, True])
def test_only_who_is_still_being_answered_is_ended_when_the_lobby_stops(server, connection, answered):
    server.end_downloads()
    assert not connection.aborted
    connection.ask(answered=answered)
    server.end_downloads()
    assert connection.aborted is not answered


def test_nothing_is_kept_of_connections_that_are_gone(server, connection):
    server._end_silent(0)
    assert len(server._silent) == 1
    server.server_state.connections.clear()
    server._end_silent(1)
    assert not server._silent
