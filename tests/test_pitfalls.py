"""The page of pitfalls keeps its word: each of them has its row, and every test it names is there and is run."""

from __future__ import annotations

import ast
import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PAGE = (ROOT / "docs" / "pitfalls.md").read_text(encoding="utf-8")
ENGINE, TRANSPORT = PAGE.split("## Engine")[1].split("## Transport")
NAMED = re.compile(r"`(tests/[\w/]+\.py)::(\w+)`")


def rows(part: str) -> list[list[str]]:
    """Return the cells of a table, without its head."""
    lines = [line for line in part.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[2:]]


def functions(path: Path) -> dict[str, list[str]]:
    """Return the functions of a file, with the names of their decorators."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return {
        node.name: [ast.unparse(mark) for mark in node.decorator_list]
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    }


def problem_with(file: str, name: str) -> str | None:
    """Return why a named test holds nothing, None where all is well."""
    path = ROOT / file
    if not path.is_file() or not path.name.startswith("test_"):
        return f"{file} is no file of tests"
    marks = functions(path).get(name)
    if marks is None or not name.startswith("test_"):
        return f"{file} has no test {name}"
    if any("skip" in mark or "xfail" in mark or "nightly" in mark for mark in marks):
        return f"{name} is left out of the ordinary run"
    return None


def test_every_pitfall_of_the_engine_has_its_row_in_order() -> None:
    assert [row[0] for row in rows(ENGINE)] == [str(number) for number in range(1, 18)]


def test_every_row_says_what_goes_wrong_how_it_is_avoided_and_what_holds_it() -> None:
    for row in [row[1:] for row in rows(ENGINE)] + rows(TRANSPORT):
        assert len(row) == 3, row
        trouble, way, tests = row
        assert trouble.endswith(".") and way.endswith("."), row
        assert tests == " ".join(f"`{file}::{name}`" for file, name in NAMED.findall(tests)) != "", row


@pytest.mark.parametrize(("file", "name"), sorted(set(NAMED.findall(PAGE))))
def test_a_test_that_is_named_is_there_and_is_run(file: str, name: str) -> None:
    assert problem_with(file, name) is None


@pytest.mark.parametrize(
    ("file", "name", "says"),
    [
        ("tests/core/test_nowhere.py", "test_a", "tests/core/test_nowhere.py is no file of tests"),
        ("tests/core/network.py", "message_in", "tests/core/network.py is no file of tests"),
        ("tests/core/test_rules.py", "test_a", "tests/core/test_rules.py has no test test_a"),
        ("tests/core/test_rules.py", "pair", "tests/core/test_rules.py has no test pair"),
        (
            "tests/fuzz/test_no_false_alarm.py",
            "test_no_desync_is_reported_in_any_of_ten_thousand_matches",
            "test_no_desync_is_reported_in_any_of_ten_thousand_matches is left out of the ordinary run",
        ),
    ],
)
def test_a_test_that_holds_nothing_would_be_noticed(file: str, name: str, says: str) -> None:
    assert problem_with(file, name) == says


def test_versions_that_are_known_to_be_bad_are_kept_out() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    wanted = {
        "dnspython<2.9",  # newer ones reject what browsers answer when asked for a hidden address
        "python-socketio>=5.18.1",  # older ones let a client in before anybody has agreed
    }
    assert wanted <= set(project["dependencies"])
