import json
import os
import stat
import subprocess
import sys
import time
from dataclasses import asdict, replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rollback.errors import UsageError
from rollback.net import lobby_tokens
from rollback.net.lobby_tokens import KeptToken, find_token, forget_token, keep_token, state_folder

ANN = KeptToken("http://127.0.0.1:8000", "K7QW-3MZP", "m1", "ann", "resume.x.y", os.getpid())
BOB = replace(ANN, member="m2", name="bob", token="resume.b.b")


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv("ROLLBACK_STATE_DIR", str(tmp_path / "state"))
    return tmp_path / "state" / "rooms"


@pytest.mark.parametrize("typed", ["K7QW-3MZP", "k7qw3mzp", " k7qw-3mzp "])
def test_what_was_kept_is_found_again_however_the_code_is_typed(typed):
    keep_token(ANN)
    assert find_token(typed) == ANN


def test_nothing_is_found_where_nothing_was_kept(folder):
    assert find_token("K7QW-3MZP") is None
    keep_token(ANN)
    assert find_token("AAAA-AAAA") is None and find_token("") is None and find_token("K7QW-3MZP", "cay") is None


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has other rights")
def test_only_this_user_can_read_it_from_the_first_moment_on(folder):
    before = os.umask(0)
    try:
        keep_token(ANN)
        keep_token(ANN)
    finally:
        os.umask(before)
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert [stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()] == [0o600]


def test_a_newer_token_takes_the_place_of_the_older_one(folder):
    keep_token(ANN)
    keep_token(replace(ANN, token="resume.newer.one"))
    assert find_token(ANN.room).token == "resume.newer.one" and len(list(folder.iterdir())) == 1


def test_several_members_of_a_room_on_one_machine_keep_their_own():
    keep_token(ANN)
    keep_token(BOB)
    assert find_token(ANN.room, "ann") == ANN and find_token(ANN.room, "bob") == BOB
    forget_token(BOB.room, BOB.member)
    assert find_token(ANN.room, "bob") is None and find_token(ANN.room) == ANN


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no harmless way to ask")
def test_the_place_of_a_living_process_is_taken_and_that_of_a_dead_one_is_free():
    other = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    try:
        keep_token(replace(ANN, process=other.pid))
        assert find_token(ANN.room) is None
        keep_token(BOB)
        assert find_token(ANN.room) == BOB
    finally:
        other.communicate()
    forget_token(BOB.room, BOB.member)
    assert find_token(ANN.room) == replace(ANN, process=other.pid)


def test_tokens_of_yesterday_are_neither_found_nor_kept(folder):
    keep_token(ANN)
    yesterday = time.time() - lobby_tokens.KEPT_FOR - 1
    for path in folder.iterdir():
        os.utime(path, (yesterday, yesterday))
    assert find_token(ANN.room) is None
    keep_token(BOB)
    assert [path.name for path in folder.iterdir()] == ["K7QW3MZP-M2.token"]


def test_words_of_a_lobby_lead_to_no_other_folder(folder):
    keep_token(replace(ANN, room="../../../etc/x", member="../..\0"))
    assert [path.name for path in folder.iterdir()] == ["ETCX-.token"]


def test_where_nothing_can_be_written_a_sentence_says_what_to_do(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("no folder")
    monkeypatch.setenv("ROLLBACK_STATE_DIR", str(tmp_path / "file"))
    with pytest.raises(UsageError, match=r"way back into room K7QW-3MZP cannot be kept in .*: .*; set ROLLBACK_STATE_DIR to"):
        keep_token(ANN)
    assert find_token(ANN.room) is None
    forget_token(ANN.room, ANN.member)


GOOD = asdict(ANN)
JUNK = st.none() | st.integers() | st.text() | st.lists(st.integers()) | st.dictionaries(st.text(), st.integers())


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.binary(max_size=100)
    | st.builds(lambda key, value: json.dumps(GOOD | {key: value}).encode(), st.sampled_from([*GOOD, "more"]), JUNK)
    | st.just(b"[" * 10_000)
    | st.just(json.dumps(GOOD | {"token": "x" * lobby_tokens.LARGEST_FILE}).encode())
)
def test_whatever_lies_in_the_folder_nothing_breaks(content):
    folder = state_folder() / "rooms"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "BAD.token").write_bytes(content)
    found = find_token(ANN.room)
    assert found is None or (isinstance(found.token, str) and isinstance(found.process, int))


@pytest.mark.parametrize(
    ("platform", "variables", "ends"),
    [
        ("linux", {"XDG_STATE_HOME": "/x/state"}, "/x/state/rollback"),
        ("linux", {}, ".local/state/rollback"),
        ("darwin", {}, "Library/Application Support/rollback"),
        ("win32", {"LOCALAPPDATA": "/x/local"}, "/x/local/rollback"),
        ("win32", {}, "AppData/Local/rollback"),
        ("linux", {"ROLLBACK_STATE_DIR": "/y"}, "/y"),
    ],
)
def test_the_folder_is_what_the_platform_has_for_it(monkeypatch, platform, variables, ends):
    for name in ("ROLLBACK_STATE_DIR", "XDG_STATE_HOME", "LOCALAPPDATA"):
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(lobby_tokens.sys, "platform", platform)
    assert state_folder().as_posix().endswith(ends)
