"""The table in a terminal: nothing is cut but names, whatever the width."""

from __future__ import annotations

import io
from dataclasses import replace

import pytest
from rich.console import Console

from rollback.cli.simulate_table import LONGEST, show
from rollback.sim.league.table import Failed
from tests.sim.league.tables import alone_of, table_of

LONG = "folder/of/very/many/bots/in/one.py:TheVeryBestOfThem"


def shown(table, width=None, notes=()) -> str:
    stream = io.StringIO()
    terminal = width is not None
    show(
        Console(file=stream, width=width, force_terminal=terminal, color_system=None, highlight=False, soft_wrap=True),
        table,
        notes,
    )
    return stream.getvalue()


def test_in_a_pipe_every_name_is_whole():
    assert LONG in shown(table_of([LONG, "bob", "cid"])) and "\u2026" not in shown(table_of([LONG, "bob", "cid"]))


@pytest.mark.parametrize("width", [100, 80])
def test_in_a_narrow_terminal_names_are_cut_at_the_front_and_figures_are_not(width):
    text = shown(table_of([LONG, "bob", "cid"]), width)
    row = next(line for line in text.splitlines() if "Them" in line)
    assert "\u2026" in row and len(row.rstrip()) <= width
    wide = next(line for line in shown(table_of([LONG, "bob", "cid"])).splitlines() if LONG in line)
    assert row.split()[2:] == wide.split()[2:]


def test_however_narrow_it_is_the_figures_stay():
    text = shown(table_of(["ann", "bob"]), 30)
    assert "100.0%" in text or "%" in text
    assert "\u2026" not in text


def test_two_agents_need_no_cross_table():
    assert "Points that" not in shown(table_of(["ann", "bob"])) and "Points that" in shown(table_of(["ann", "bob", "cid"]))


def test_who_never_met_and_who_never_played_is_told_by_a_dash():
    lines = shown(table_of(["ann", "bob", "cid"], 1)).splitlines()
    assert next(line for line in lines if line.startswith("3")).split()[2] == "-"
    assert lines[-2].split()[-1] == "." and "-" in lines[-2].split()


def test_names_are_no_markup():
    assert "[bold]x[/bold]" in shown(table_of(["[bold]x[/bold]", "bob"]))


def test_only_so_many_failures_are_shown_and_the_rest_is_counted():
    failures = [
        Failed(n, "crashed", ("ann", "bob"), n, "gone", "", f"rollback simulate --only {n}") for n in range(LONGEST + 3)
    ]
    text = shown(replace(table_of(["ann", "bob"]), failures=failures), notes=["a note"])
    assert text.count("rollback simulate --only") == LONGEST
    assert "and 3 more failures; --json lists them all" in text
    assert "match 0, ann - bob: crashed: gone" in text and text.rstrip().endswith("a note")


def test_a_game_for_one_has_its_own_columns():
    text = shown(alone_of(["ann", "bob"]))
    assert "behind the first" in text and "Elo" not in text and "1.00 ± 0.00" in text
