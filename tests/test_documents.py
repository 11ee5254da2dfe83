"""The pages keep their word: what they show runs and prints what they say, and what they name is there."""

from __future__ import annotations

import importlib
import json
import os
import re
import shlex
import subprocess
import sys
import tomllib
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import typer

from rollback.cli.app import build, run
from rollback.config import SessionConfig
from rollback.envs.registration import REGISTERED
from rollback.game import Game
from tests.cases import every
from tests.docs.pages import PAGES, ROOT, Block, anchors, blocks, code_words, commands, links, name_of, prose, table
from tests.test_house import RANKS

LIMIT = 90.0  # seconds for all blocks of a page: each takes less than ten on a machine that has nothing else to do
README = ROOT / "README.md"
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]

by_page = every("page", PAGES, ids=name_of)


@cache
def program() -> Any:
    return typer.main.get_command(build())


def command_paths(group: Any, path: tuple[str, ...] = ()) -> dict[tuple[str, ...], Any]:
    """Return every command by its words, groups left out."""
    found: dict[tuple[str, ...], Any] = {}
    for name, command in group.commands.items():
        inner = command_paths(command, (*path, name)) if hasattr(command, "commands") else {(*path, name): command}
        found |= inner
    return found


def with_what_they_print(page: Path) -> list[tuple[Block, Block | None]]:
    """Return each Python block with the block of its output, if the page shows one."""
    all_blocks = blocks(page)
    pairs: list[tuple[Block, Block | None]] = []
    for place, block in enumerate(all_blocks):
        if block.kind == "python":
            pairs.append((block, next((after for after in all_blocks[place + 1 : place + 2] if after.kind == "text"), None)))
    return pairs


def by_time(page):
    """Return the case of a page; that of clusters starts one, and takes as long as a dozen others."""
    return pytest.param(page, marks=pytest.mark.nightly) if page.name == "cluster.md" else page


@pytest.mark.parametrize("page", [by_time(page) for page in PAGES if with_what_they_print(page)], ids=name_of)
def test_the_python_of_a_page_runs_and_prints_what_the_page_says(page, tmp_path):
    pairs = with_what_they_print(page)
    done = subprocess.run(
        [sys.executable, "-W", "error", str(ROOT / "tests" / "docs" / "run_page.py")],
        input=json.dumps([block.text for block, _ in pairs]),
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": f"{ROOT}{os.pathsep}{tmp_path}"},  # what the page saves, other processes find too
        capture_output=True,
        text=True,
        timeout=LIMIT,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    for (block, shown), said in zip(pairs, json.loads(done.stdout), strict=True):
        assert said == ("" if shown is None else shown.text), f"{name_of(page)}, line {block.line}"


def test_there_is_python_to_run_on_the_pages_that_teach_it():
    taught = {name_of(page): len(with_what_they_print(page)) for page in PAGES}
    assert taught["README.md"] == 1
    assert taught["docs/how-a-tick-works.md"] >= 2 and taught["docs/writing-a-game.md"] >= 10


def test_the_example_of_the_readme_is_short():
    (block,) = [block for block in blocks(README) if block.kind == "python"]
    lines = [line for line in block.text.splitlines() if line.strip()]
    assert len(lines) <= 17


@by_page
def test_every_kind_of_block_is_looked_at(page):
    assert {block.kind for block in blocks(page)} <= {"python", "text", "console", "mermaid", ""}


@by_page
def test_the_commands_of_a_page_can_be_given_as_they_stand(page):
    known = command_paths(program())
    for line in commands(page):
        words = shlex.split(line)
        match words:
            case ["rollback", *rest]:
                path = next((path for path in known if tuple(rest[: len(path)]) == path), None)
                assert path is not None, f"{line}: there is no such command"
                known[path].make_context(" ".join(path), rest[len(path) :])  # raises for what it does not take
            case ["bash" | "python", file, *_]:
                assert (ROOT / file).is_file(), line
            case ["pip", "install", "."]:
                pass
            case _:
                pytest.fail(f"{line}: no test knows what this is")


@by_page
def test_commands_named_in_the_text_exist(page):
    known = {path[:length] for path in command_paths(program()) for length in range(1, len(path) + 1)}
    for word in code_words(page):
        if word.startswith("rollback "):
            words = tuple(word.split())
            assert any(words[1 : 1 + len(path)] == path for path in known), word


def test_a_wrong_option_on_a_page_would_be_found():
    known = command_paths(program())
    with pytest.raises(Exception, match="--no-such"):
        known["demo",].make_context("demo", ["--no-such"])


def test_the_readme_lists_the_commands_there_are_and_each_explains_itself(capsys):
    told = {tuple(row[0].strip("`").split()[1:]) for row in table(README, "| command ")}
    known = set(command_paths(program()))
    assert told <= known and {path[0] for path in told} == {path[0] for path in known}
    for path in told:
        assert run([*path, "--help"]) == 0
        assert f"rollback {' '.join(path)}" in capsys.readouterr().out


@by_page
def test_options_named_in_the_text_exist(page):
    options = {name for command in command_paths(program()).values() for each in command.params for name in each.opts}
    named = [word.split()[0] for word in code_words(page) if word.startswith("--")]
    assert set(named) <= options | {"--help"}


@by_page
def test_links_lead_somewhere(page):
    for link in links(page):
        if link.startswith("https://"):
            continue
        file, _, anchor = link.partition("#")
        target = (page.parent / file).resolve() if file else page
        assert target.exists(), link
        assert not anchor or anchor in anchors(target), link


@by_page
def test_names_and_paths_in_the_text_exist(page):
    for word in code_words(page):
        if re.fullmatch(r"(rollback|signaling)(\.\w+)+(\(.*\))?", word):
            assert is_there(word.partition("(")[0]), word
        elif re.fullmatch(r"(rollback|signaling|tests|docs|examples|benchmarks)/[\w./-]*", word):
            absent = ("rollback/state.py",)  # told as what is not there
            assert (ROOT / word).exists() or word in absent or word in REGISTERED, word


def is_there(name: str) -> bool:
    """Whether a dotted name leads to a module, or to something in one."""
    parts = name.split(".")
    for cut in range(len(parts), 0, -1):
        try:
            found: Any = importlib.import_module(".".join(parts[:cut]))
        except ModuleNotFoundError:
            continue
        for part in parts[cut:]:
            if not hasattr(found, part):
                return False
            found = getattr(found, part)
        return True
    return False


@pytest.mark.parametrize(
    ("name", "answer"),
    [
        ("rollback.play", True),
        ("rollback.core.engine.Engine.tick", True),
        ("rollback.core.nowhere", False),
        ("rollback.x.y", False),
    ],
)
def test_names_that_are_not_there_are_found_out(name, answer):
    assert is_there(name) is answer


@by_page
def test_extras_named_on_a_page_exist(page):
    named = re.findall(r"rollback\[(\w+)\]", page.read_text(encoding="utf-8")) + re.findall(r"extra `(\w+)`", prose(page))
    assert set(named) <= set(PROJECT["optional-dependencies"])


def test_the_test_command_of_the_readme_is_what_continuous_integration_runs():
    section = README.read_text(encoding="utf-8").partition("## Tests")[2]
    (told,) = re.findall(r"```console\n(.*?)\n```", section, re.DOTALL)
    script = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    calls = [line for line in script.splitlines() if line and not line.startswith(("#", "set ", "cd "))]
    assert calls == told.splitlines()


def test_contributing_names_the_commands_there_are():
    named = set(commands(ROOT / "CONTRIBUTING.md"))
    assert named == {f"bash .ci/{path.name}" for path in (ROOT / ".ci").iterdir() if path.name != "run"}


def test_contributing_lists_every_folder_in_the_order_of_ranks():
    rows = [re.findall(r"`rollback/(\w+)/`", row[0]) for row in table(ROOT / "CONTRIBUTING.md", "| folder ")]
    listed = [names[0] for names in rows if names]
    present = [name for name in RANKS if (ROOT / "rollback" / name / "__init__.py").exists() and name != "state"]
    assert listed == present


def test_the_first_picture_of_the_readme_is_there_and_drawn_in_the_project():
    picture = README.parent / links(README)[0]
    assert picture.suffix == ".svg" and picture.stat().st_size > 1000


def test_defaults_told_on_the_pages_are_those_of_the_code():
    config = SessionConfig()
    rows = {row[0].strip("`"): row[1] for row in table(ROOT / "docs" / "playing.md", "| option ")}
    assert rows["--input-delay"] == f"{config.input_delay} frames"
    assert rows["--prediction-window"] == f"{config.prediction_window} frames"
    tick = prose(ROOT / "docs" / "how-a-tick-works.md")
    assert f"`interrupt_after` ({config.interrupt_after:g} s)" in tick
    assert f"`disconnect_after` ({config.disconnect_after:g} s)" in tick


def test_the_contract_of_a_game_is_told_in_full():
    page = ROOT / "docs" / "writing-a-game.md"
    told = re.findall(r"\w+", " ".join(re.findall(r"`([^`]+)`", " ".join(row[0] for row in table(page, "| name ")))))
    optional = set(re.findall(r"`(\w+)", Game.__doc__ or ""))
    assert {"players", "step", "save", "load"} | optional <= set(told)


def test_each_part_of_an_address_that_the_page_reads_is_told_and_no_other():
    page = ROOT / "docs" / "browser.md"
    told = {row[0].strip("`").partition("=")[0] for row in table(page, "| part ")}
    read = set(
        re.findall(r"(?:given\.get|oneOf)\(\"(\w+)\"", (ROOT / "signaling" / "web" / "wishes.js").read_text(encoding="utf-8"))
    )
    assert told == read - {"invite"}  # which is another word for token


def test_the_address_that_is_told_is_the_one_that_is_printed():
    told = {word for word in code_words(ROOT / "docs" / "browser.md") if word.startswith("http://127.0.0.1:8000/")}
    assert told == {"http://127.0.0.1:8000/?room=K7QW-3MZP", "http://127.0.0.1:8000/examples/browser/worker-check.html"}


@by_page
def test_a_page_is_plain_text_of_sane_width(page):
    text = page.read_text(encoding="utf-8")
    odd = set(text) - set(map(chr, range(32, 127))) - {"\n"}
    assert not odd, f"{name_of(page)} has {odd}"
    in_table_or_block = prose(page).splitlines()
    assert all(len(line) <= 130 for line in in_table_or_block if not line.startswith("|")), name_of(page)
    assert "TODO" not in text and not re.search(r"[ \t]+$", text, re.MULTILINE)
