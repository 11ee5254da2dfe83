"""Which game a room is for, whether ours can be it, and what others have to type."""

from __future__ import annotations

import contextlib
import shlex
from pathlib import Path

import pytest

from rollback.cli.play_room import check_label, game_of_label, mended_refusal, play_command
from rollback.envs.names import game_factory
from rollback.errors import NetworkError, UsageError
from rollback.games import Pong
from rollback.net.lobby_link import LobbyRefusal

ROOM = "K7QW-3MZP"
HERE = "http://127.0.0.1:8000"
OTHER = "http://192.0.2.7:9000"
HALLS = "rollback.agents.races:halls"


@pytest.mark.parametrize(
    ("server", "game", "command"),
    [
        (HERE, "pong", f"rollback play {ROOM}"),
        (HERE, "", f"rollback play {ROOM}"),
        (OTHER, "rollback.games:Duel", f"rollback play {ROOM} --server {OTHER}"),
        (OTHER, HALLS, f"rollback play {ROOM} --server {OTHER}"),
        (HERE, "my_game.py:MyGame", f"rollback play {ROOM} --game my_game.py:MyGame"),
        (OTHER, "my games/a.py:G", f"rollback play {ROOM} --server {OTHER} --game 'my games/a.py:G'"),
    ],
)
def test_the_others_are_told_all_they_have_to_type(server: str, game: str, command: str) -> None:
    assert play_command(ROOM, server, game) == command


@pytest.mark.parametrize(
    ("label", "game"),
    [
        ("", "pong"),
        ("pong", "pong"),
        ("Duel", "Duel"),
        ("rollback.games:Duel", "rollback.games:Duel"),
        ("pettingzoo:rollback.envs.tetris_v0?players=3", "pettingzoo:rollback.envs.tetris_v0?players=3"),
        ("gym:rollback/Pong-v0", "gym:rollback/Pong-v0"),
        (HALLS, HALLS),
    ],
)
def test_a_room_may_choose_a_built_in_game(label: str, game: str) -> None:
    assert game_of_label(label, ROOM) == game


@pytest.mark.parametrize(
    "label", ["os:system", "/tmp/evil.py:Game", "my_games:Chess", "gym:\x1b[2J", "rollback.agents.races:race_of"]
)
def test_a_room_may_not_choose_any_other_one_for_us(label: str) -> None:
    with pytest.raises(UsageError, match="is not built in: name your copy of it with --game"):
        game_of_label(label, ROOM)


@pytest.fixture
def own(tmp_path: Path) -> str:
    (tmp_path / "mine.py").write_text("from rollback.games import Pong\n\n\nclass Mine(Pong):\n    pass\n\n\nmake = Pong\n")
    return str(tmp_path / "mine.py")


@pytest.mark.parametrize("label", ["", "pong", "Pong", "rollback.games:Pong"])
def test_the_game_of_the_room_may_be_named_in_any_way(label: str) -> None:
    check_label(label, ROOM, "pong", game_factory("pong")())


def test_what_makes_the_rooms_game_is_the_rooms_game(own: str) -> None:
    check_label("pong", ROOM, f"{own}:make", game_factory(f"{own}:make")())


def test_the_same_file_elsewhere_is_no_other_game(own: str) -> None:
    for label in ("/home/bob/mine.py:Mine", "mine:Mine"):
        check_label(label, ROOM, f"{own}:Mine", game_factory(f"{own}:Mine")())


@pytest.mark.parametrize(
    ("label", "mend"), [("duel", "leave out --game"), ("chess.py:Chess", "name your copy of 'chess.py:Chess'")]
)
@pytest.mark.parametrize("is_own", [False, True])
def test_another_game_than_the_rooms_is_refused_at_once(label: str, mend: str, is_own: bool, own: str) -> None:
    named = f"{own}:Mine" if is_own else "pong"
    with pytest.raises(UsageError, match=f"room {ROOM} plays '{label}', and you named .*{mend}"):
        check_label(label, ROOM, named, game_factory(named)())


@pytest.mark.parametrize("named", ["gridworld", "rollback.agents.races:rooms", "pong"])
@pytest.mark.parametrize("is_turned", [False, True])
def test_a_race_on_another_map_is_another_game(named: str, is_turned: bool) -> None:
    check_label(HALLS, ROOM, HALLS, game_factory(HALLS)())
    label, named = (named, HALLS) if is_turned else (HALLS, named)
    with pytest.raises(UsageError, match=f"plays '{label}', and you named '{named}': leave out --game"):
        check_label(label, ROOM, named, game_factory(named)())


def test_a_strangers_file_is_not_run_to_compare_it(tmp_path: Path, own: str) -> None:
    trap = tmp_path / "trap.py"
    trap.write_text(f"open({str(tmp_path / 'sprung')!r}, 'w').close()\n")
    with pytest.raises(UsageError, match="name your copy"):
        check_label(f"{trap}:Game", ROOM, f"{own}:Mine", game_factory(f"{own}:Mine")())
    assert not (tmp_path / "sprung").exists()


def test_a_locked_room_may_be_over_too() -> None:
    told = mended_refusal(LobbyRefusal("locked", "room is locked: ask a member"), ROOM, OTHER)
    assert str(told) == (
        f"room {ROOM} is locked, because its match has begun or is over; open another room with: rollback play --server {OTHER}"
    )


@pytest.mark.parametrize("error", [LobbyRefusal("full", "it is full"), NetworkError("nothing answers")])
def test_any_other_refusal_stays_as_it_is(error: NetworkError) -> None:
    assert mended_refusal(error, ROOM, OTHER) is error


@pytest.mark.parametrize("label", ["gym:CartPole-v1", "pettingzoo:mpe2.simple_tag_v3", "gym:a:B-v0?x=$(y)"])
def test_a_room_may_not_choose_an_environment_for_us_and_says_how_we_can(label: str) -> None:
    with pytest.raises(UsageError, match="is not run because somebody else names it; if you trust it: --game") as caught:
        game_of_label(label, ROOM)
    assert str(caught.value).endswith(shlex.join(["--game", label]))


@pytest.mark.parametrize(
    ("label", "named", "is_same"),
    [
        ("gym:CartPole-v1", "gym:CartPole-v1", True),
        ("gym:CartPole-v1?share=race&players=2", " gym:CartPole-v1?players=2&share=race", True),
        ("gym:CartPole-v1", "gym:CartPole-v1?share=race", False),
        ("gym:CartPole-v1?players=3", "gym:CartPole-v1", False),
        ("pettingzoo:rollback.envs.pong_v0", "pong", False),
        ("pong", "pettingzoo:rollback.envs.pong_v0", False),
    ],
)
def test_an_environment_is_the_same_with_the_same_settings_only(label: str, named: str, is_same: bool) -> None:
    with contextlib.nullcontext() if is_same else pytest.raises(UsageError, match="and you named"):
        check_label(label, ROOM, named, Pong())


def test_the_others_are_told_the_name_of_an_environment_unless_everybody_has_it() -> None:
    assert play_command(ROOM, HERE, "gym:CartPole-v1?players=3") == f"rollback play {ROOM} --game 'gym:CartPole-v1?players=3'"
    assert play_command(ROOM, HERE, "pettingzoo:rollback.envs.tetris_v0") == f"rollback play {ROOM}"
