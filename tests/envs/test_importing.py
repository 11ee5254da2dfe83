"""People's modules and files are imported once, from where they stand; what is wrong in them is told with its line."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from rollback.envs import game_factory
from rollback.envs.importing import closest, from_here, imported, last_line, run_file
from rollback.errors import GameError


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder to stand in, which the path does not hold yet."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [each for each in sys.path if each])
    yield tmp_path
    for name in [name for name in sys.modules if name.startswith("people_")]:
        del sys.modules[name]


def test_the_current_folder_is_put_on_the_path_once(folder: Path) -> None:
    from_here()
    from_here()
    assert sys.path.count(str(folder)) == 1 and sys.path[0] == str(folder)


def test_a_path_that_means_the_current_folder_already_stays(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "path", ["", *sys.path])
    from_here()
    assert str(folder) not in sys.path


@pytest.mark.parametrize("name", ["pong", "pettingzoo:pong_v0", "pettingzoo:rollback.envs.pong_v0", "gym:rollback/Pong-v0"])
def test_what_others_may_name_leaves_the_path_as_it_is(folder: Path, name: str) -> None:
    """A file of theirs may lie where one stands, under the name of a module that is imported later."""
    game_factory(name, is_trusted=False)()
    assert str(folder) not in sys.path


def test_a_file_is_run_once_however_it_is_written(folder: Path) -> None:
    (folder / "people_once.py").write_text("held = []\n")
    first = run_file("people_once.py", "")
    assert run_file("./people_once.py", "") is first is run_file(str(folder / "people_once.py"), "")
    assert imported("people_once", "people_once", "") is first


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("x = 1\n1 / 0\n", "ZeroDivisionError: division by zero (people_bad.py, line 2)"),
        ("def f(:\n", "(people_bad.py, line 1)"),
        ("import sys\nsys.exit('gone')\n", "SystemExit: gone (people_bad.py, line 2)"),
        ("import json\n\njson.loads(3)\n", "TypeError: the JSON object must be str"),
    ],
)
def test_what_is_wrong_is_one_sentence_with_its_line(folder: Path, text: str, told: str) -> None:
    (folder / "people_bad.py").write_text(text)
    for take in (lambda: imported("people_bad", "people_bad:Game", "forms"), lambda: run_file("people_bad.py", "forms")):
        with pytest.raises(GameError) as caught:
            take()
        assert told in str(caught.value) and "\n" not in str(caught.value)


def test_an_entry_point_that_leads_nowhere_names_no_line_of_who_looked_for_it() -> None:
    from gymnasium.envs.registration import load_env_creator

    try:
        load_env_creator("json:Nothing")
    except AttributeError as error:
        assert last_line(error).startswith("AttributeError: module 'json' has no attribute 'Nothing' (test_importing.py, line")
    else:
        pytest.fail("the premise: it leads nowhere")


def test_what_leads_nowhere_is_told_what_is_close(folder: Path) -> None:
    (folder / "people_near.py").write_text("")
    with pytest.raises(GameError, match=r"did you mean people_near.*\?: write so"):
        imported("people_naer", "people_naer:Game", "write so")
    with pytest.raises(GameError, match=r"did you mean people_near\.py\?: write so"):
        run_file("people_naer.py", "write so")
    assert closest("abc", ["xyz"]) == ""
