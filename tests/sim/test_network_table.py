"""The published table: our figures of its smaller cells stay where they are said to be."""

from __future__ import annotations

import importlib.util
import json
import sys
from pathlib import Path

import pytest

PATH = Path(__file__).resolve().parents[2] / "benchmarks" / "network.py"


@pytest.fixture(scope="module")
def network():
    found = importlib.util.spec_from_file_location("benchmark_of_the_network", PATH)
    assert found is not None and found.loader is not None
    module = importlib.util.module_from_spec(found)
    sys.modules[found.name] = module
    found.loader.exec_module(module)
    yield module
    del sys.modules[found.name]


@pytest.mark.parametrize("place", range(4), ids=["lan", "wifi", "mobile", "wifi of four"])
def test_a_cell_of_the_table_is_met(network, place):
    cell = network.CELLS[place]
    ours = network.measure(cell, 1)
    for value, bound, theirs in zip(ours, cell.bound, cell.theirs, strict=True):
        assert round(value, 2) <= bound
        assert value <= theirs + 0.1
    assert ours[0] > 0.5, "bytes were counted"


def test_the_inputs_are_those_of_the_table_and_differ_in_every_frame(network):
    game = network.Counters(2)
    rows = []
    for _ in range(3):
        row = [network.act(game, player) for player in range(2)]
        rows.append(row)
        game.step(row)
    assert rows == [[1, 8], [32, 39], [63, 70]]
    assert game.save() == (3, 96, 117)
    assert [codec.size for codec in game.codecs] == [4, 4]


def test_the_table_is_printed_with_both_sides_and_the_machine(network, monkeypatch, capsys):
    monkeypatch.setattr(network, "measure", lambda cell, seeds: (cell.bound[0] + 1, 0.0, cell.bound[2]))
    monkeypatch.setattr(sys, "argv", ["network.py", "--seeds", "1"])
    assert network.main() == 0
    said = capsys.readouterr().out
    assert said.count("!") == 7, "a mark for each cell, and what it means"
    assert "0 of 6 cells met" in said and "117" in said and sys.version.split()[0] in said
    monkeypatch.setattr(sys, "argv", ["network.py", "--json"])
    assert network.main() == 0
    told = json.loads(capsys.readouterr().out)
    assert len(told["rows"]) == 6 and told["rows"][0]["met"] == [False, True, True]
