"""The way into a room: patient where the lobby comes back, and clear where there is no way."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from rollback.cli import play_entry
from rollback.cli.play_entry import AGAIN_AFTER, BACK_WITHIN, enter_patiently, enter_room
from rollback.errors import NetworkError, UsageError
from rollback.net.lobby_link import LobbyRefusal
from rollback.net.lobby_tokens import STATE_VARIABLE, KeptToken, find_token, keep_token
from tests.netplay.quick_time import now, run

BUSY = LobbyRefusal("busy", "room K7QW-3MZP waits for its members, because the lobby was restarted: try again soon")
AWAY = NetworkError("no lobby answers at http://127.0.0.1:8000")
NO_PROCESS = 2**31 - 1  # no system counts so far


@pytest.fixture(autouse=True)
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.setenv(STATE_VARIABLE, str(tmp_path))
    monkeypatch.setattr(play_entry, "time", SimpleNamespace(monotonic=now))
    yield tmp_path


class Door:
    """Opens after some refusals."""

    def __init__(self, *refusals: Exception, forever: Exception | None = None) -> None:
        self.refusals, self.forever, self.tries, self.closed = list(refusals), forever, 0, False
        me = SimpleNamespace(id="m1", name="ann", seat=0)
        self.lobby = SimpleNamespace(url="http://lobby", room="K7QW-3MZP", me=me, resume="a-token", on_token=None)
        self.asked: dict[str, Any] = {}

    @contextlib.asynccontextmanager
    async def enter(self, *place: Any, **asked: Any) -> Any:
        self.tries += 1
        self.asked = asked
        if self.refusals:
            raise self.refusals.pop(0)
        if self.forever is not None:
            raise self.forever
        yield self.lobby
        self.closed = True


def enter(door: Door, *, is_back: bool) -> float:
    """Return the seconds it took."""

    async def main() -> float:
        began = now()
        async with contextlib.AsyncExitStack() as stack:
            assert await enter_patiently(stack, door.enter, is_back=is_back) is door.lobby  # type: ignore[arg-type]
            assert not door.closed
        assert door.closed
        return now() - began

    return float(run(main()))


def test_a_room_that_waits_for_its_members_is_waited_for(capsys: pytest.CaptureFixture[str]) -> None:
    door = Door(BUSY, BUSY, BUSY)
    assert 3 * AGAIN_AFTER <= enter(door, is_back=False) < 4 * AGAIN_AFTER and door.tries == 4
    assert capsys.readouterr().err == f"{BUSY}; it is tried again for {BACK_WITHIN:g} s\n"  # once


def test_a_lobby_that_is_away_is_waited_for_by_whoever_was_there_and_by_nobody_else() -> None:
    assert enter(Door(AWAY, AWAY), is_back=True) >= 2 * AGAIN_AFTER
    door = Door(AWAY)
    with pytest.raises(NetworkError, match="no lobby answers"):
        enter(door, is_back=False)
    assert door.tries == 1


def test_nobody_waits_for_ever_and_a_clear_no_is_no() -> None:
    door = Door(forever=AWAY)
    with pytest.raises(NetworkError, match="no lobby answers"):
        enter(door, is_back=True)
    assert BACK_WITHIN <= door.tries * AGAIN_AFTER <= BACK_WITHIN + 3
    door = Door(forever=LobbyRefusal("gone", "your place was given up"))
    with pytest.raises(LobbyRefusal, match="given up"):
        enter(door, is_back=True)
    assert door.tries == 1


def come(door: Door, monkeypatch: pytest.MonkeyPatch, **seat: Any) -> None:
    monkeypatch.setattr(play_entry, "join", door.enter)
    values = {"server": "http://lobby", "room": "K7QW-3MZP", "name": "", "resume": False, "invite": None} | seat

    async def main() -> None:
        async with contextlib.AsyncExitStack() as stack:
            await enter_room(stack, SimpleNamespace(**values), None, "pong")

    run(main())


def kept(name: str, member: str) -> KeptToken:
    return KeptToken("http://lobby", "K7QW-3MZP", member, name, f"token of {name}", NO_PROCESS)


def test_the_way_back_is_found_by_room_and_name(monkeypatch: pytest.MonkeyPatch) -> None:
    keep_token(kept("ann", "m1"))
    keep_token(kept("bob", "m2"))
    for name in ("ann", "bob"):
        door = Door()
        come(door, monkeypatch, resume=True, name=name, room="k7qw3mzp")
        assert door.asked["resume"] == f"token of {name}" and door.asked["token"] is None


@pytest.mark.parametrize(("name", "whose"), [("", ""), ("cid", " as cid")])
def test_where_there_is_nothing_to_resume_nobody_asks_the_lobby(name: str, whose: str, monkeypatch: pytest.MonkeyPatch) -> None:
    if name:
        keep_token(kept("ann", "m1"))
    door = Door()
    with pytest.raises(UsageError, match=f"there is nothing to resume in room K7QW-3MZP{whose}: .* leave it out"):
        come(door, monkeypatch, resume=True, name=name)
    assert door.tries == 0


def test_the_way_back_is_kept_as_long_as_the_room_and_no_longer(monkeypatch: pytest.MonkeyPatch, state: Path) -> None:
    door = Door()
    files: list[list[Path]] = []
    entered = contextlib.AsyncExitStack.enter_context

    def look(stack: Any, block: Any) -> Any:
        result = entered(stack, block)
        files.append(list(state.rglob("*.token")))
        return result

    monkeypatch.setattr(contextlib.AsyncExitStack, "enter_context", look)
    come(door, monkeypatch)
    assert [len(found) for found in files] == [1]
    assert not list(state.rglob("*.token")) and find_token("K7QW-3MZP") is None


def test_who_cannot_keep_it_plays_all_the_same(
    monkeypatch: pytest.MonkeyPatch, state: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (state / "file").write_text("")
    monkeypatch.setenv(STATE_VARIABLE, str(state / "file"))
    door = Door()
    come(door, monkeypatch)
    assert door.closed and "nobody can go on in its place" in capsys.readouterr().err


def test_a_locked_room_says_what_else_can_be_done(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(NetworkError, match="room K7QW-3MZP is locked, because its match has begun or is over"):
        come(Door(LobbyRefusal("locked", "locked")), monkeypatch, invite="an-old-one")
