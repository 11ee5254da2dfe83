"""The figures of the README: the table `rollback bench` prints, for the cases it measures, with the machine."""

from __future__ import annotations

import importlib.util
import re

from rollback.cli import bench
from rollback.testing.bench import ALL_CASES
from tests.docs.pages import ROOT, table

spec = importlib.util.spec_from_file_location("update_speed", ROOT / "docs" / "update_speed.py")
assert spec is not None and spec.loader is not None
update_speed = importlib.util.module_from_spec(spec)
spec.loader.exec_module(update_speed)

CASE = {
    "delay": 4, "input_size": 1, "state_size": 64, "engine_us": 1.234, "bare_us": 0.5, "ratio": 2.468, "bytes_a_frame": 9.65,
    "datagrams_a_frame": 0.9998, "rollbacks_per_100": 12.75, "jitter": 0, "reader": False,
}  # fmt: skip
FIGURES = {
    "machine": {"python": "CPython 3.11.7", "system": "Linux x86_64", "processor": "a processor"},
    "frames": 6000,
    "rounds": 7,
    "cases": [CASE, CASE | {"jitter": 2}, CASE | {"reader": True}, CASE | {"state_size": 65536}],
}


def test_the_readme_has_the_columns_that_the_command_prints():
    header = next(line for line in update_speed.README.read_text(encoding="utf-8").splitlines() if line.startswith("| delay "))
    assert tuple(cell.strip() for cell in header.strip("|").split("|")) == update_speed.COLUMNS == bench._COLUMNS


def test_the_readme_has_a_row_of_numbers_for_every_plain_case():
    rows = table(update_speed.README, "| delay ")
    plain = [case for case in ALL_CASES if not case.jitter and not case.reader]
    assert [(int(row[0]), int(row[1].split()[0])) for row in rows] == [(case.delay, case.input_size) for case in plain]
    for row in rows:
        assert all(float(cell) > 0 for cell in row[3:])
        # The times are medians of their own, and so is the ratio of each pair of rounds: alike, but not equal.
        assert 0.4 < float(row[3]) / float(row[4]) / float(row[5]) < 2.5


def test_the_readme_says_what_was_measured_on_which_machine():
    text = update_speed.README.read_text(encoding="utf-8")
    between = text.partition(update_speed.BEGIN)[2].partition(update_speed.END)[0]
    assert re.search(r"^Medians of \d+ rounds of \d+ frames on \w+ \d+\.\d+\.\d+, ", between, re.MULTILINE)


def test_the_command_under_the_figures_is_the_one_that_puts_them_there():
    assert "rollback bench --json | python docs/update_speed.py" in update_speed.BEGIN


def test_figures_become_rows_of_the_plain_cases():
    rows = [line for line in update_speed.table(FIGURES).splitlines() if line.startswith("| 4 ")]
    assert rows == [
        "| 4 | 1 B | 64 B | 1.23 | 0.50 | 2.5 | 9.7 | 1.000 | 12.8 |",
        "| 4 | 1 B | 64 KiB | 1.23 | 0.50 | 2.5 | 9.7 | 1.000 | 12.8 |",
    ]


def test_only_what_stands_between_the_marks_is_replaced():
    page = f"before\n{update_speed.BEGIN}old\n{update_speed.END}after\n"
    new = update_speed.with_table(page, FIGURES)
    assert new.startswith("before\n") and new.endswith(f"{update_speed.END}after\n")
    assert "old" not in new and "a processor" in new
    assert update_speed.with_table(new, FIGURES) == new
