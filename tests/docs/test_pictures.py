"""The drawn pictures: the states of a peer are those of the table, and a screen becomes an SVG that shows it."""

from __future__ import annotations

import importlib.util
import re
import sys
import xml.etree.ElementTree as ElementTree
from types import ModuleType

import pyte
import pytest

from rollback.core.states import TRANSITIONS, Peer
from tests.docs.pages import ROOT

PICTURES = ROOT / "docs" / "pictures"
SVG = "{http://www.w3.org/2000/svg}"


def script(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(f"pictures_{name}", PICTURES / f"{name}.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


draw_states, record_demo = script("draw_states"), script("record_demo")


def screen(*lines: str) -> pyte.Screen:
    made = pyte.Screen(record_demo.COLUMNS, record_demo.ROWS)
    pyte.Stream(made).feed("\r\n".join(lines))
    return made


def elements(text: str, tag: str) -> list[ElementTree.Element]:
    return ElementTree.fromstring(text).findall(f".//{SVG}{tag}")


def test_the_page_shows_the_states_of_the_table():
    page = draw_states.PAGE.read_text(encoding="utf-8")
    assert draw_states.with_diagram(page) == page, "run python docs/pictures/draw_states.py"


def test_the_diagram_has_every_state_and_every_change():
    drawn = draw_states.diagram()
    changes = re.findall(r"^    (\w+) --> (\w+): (\w+)$", drawn, re.MULTILINE)
    assert set(changes) == {
        (state.name, target.name, cause.name.lower())
        for state, causes in TRANSITIONS.items()
        for cause, target in causes.items()
    }
    assert all(state.name in drawn for state in Peer)


def test_a_page_with_an_old_diagram_gets_the_present_one_and_keeps_the_rest():
    old = f"before\n{draw_states.BEGIN}\nan old one\n{draw_states.END}after\n"
    new = draw_states.with_diagram(old)
    assert new.startswith("before\n") and new.endswith("after\n")
    assert "an old one" not in new and draw_states.diagram() in new


def test_the_picture_in_the_project_is_whole_small_and_needs_nothing_else():
    text = (PICTURES / "demo.svg").read_text(encoding="utf-8")
    root = ElementTree.fromstring(text)
    assert root.tag == f"{SVG}svg" and len(text) < 64 * 1024
    assert "http" not in text.replace("http://www.w3.org/2000/svg", "") and "<image" not in text
    assert record_demo.COMMAND in text


def test_the_picture_in_the_project_shows_two_peers_who_roll_back():
    words = [element.text or "" for element in elements((PICTURES / "demo.svg").read_text(encoding="utf-8"), "text")]
    assert {"peer-1", "peer-2"} <= {word.split("  ")[0] for word in words}
    assert words.count("rollbacks") == 2
    assert any(re.fullmatch(r"\d+ of 1800 frames", word) for word in words)


@pytest.mark.parametrize(
    ("glyph", "pieces"),
    [
        ("█", [(0, 0, 1, 1)]),
        ("▄", [(0, 0.5, 1, 0.5)]),
        ("▐", [(0.5, 0, 0.5, 1)]),
        ("▚", [(0, 0, 0.5, 0.5), (0.5, 0.5, 0.5, 0.5)]),
    ],
)
def test_blocks_become_shares_of_a_cell(glyph, pieces):
    assert record_demo.shapes(glyph) == pieces


def test_letters_are_no_shapes():
    assert record_demo.shapes("a") == [] and record_demo.shapes(" ") == []


def test_every_quarter_block_covers_the_quarters_it_has():
    for glyph, bits in record_demo.QUARTERS.items():
        assert len(record_demo.shapes(glyph)) == bits.bit_count()


def test_words_stand_at_their_columns_in_their_colours():
    text = record_demo.picture(screen("ab  \x1b[38;2;1;2;3mcd\x1b[0m"), "rollback demo")
    found = {element.text: element.attrib for element in elements(text, "text")}
    assert float(found["cd"]["x"]) - float(found["ab"]["x"]) == 4 * record_demo.WIDE
    assert found["cd"]["fill"] == "#010203"
    assert found["ab"]["textLength"] == f"{2 * record_demo.WIDE:.2f}"


def test_a_run_of_full_blocks_is_one_shape_of_its_length():
    plain = record_demo.picture(screen("x"), "rollback demo")
    text = record_demo.picture(screen("x████"), "rollback demo")
    assert len(elements(text, "rect")) == len(elements(plain, "rect")) + 1
    assert elements(text, "rect")[-1].attrib["width"] == str(4 * record_demo.WIDE)


def test_a_box_is_drawn_with_all_four_of_its_sides():
    text = record_demo.picture(screen("╭───╮", "│   │", "╰───╯"), "rollback demo")
    paths = [element.attrib["d"] for element in elements(text, "path")]
    assert len(paths) == 8
    assert sum(path.endswith(f"h{3 * record_demo.WIDE}") for path in paths) == 2


def test_what_could_be_taken_for_markup_is_escaped():
    text = record_demo.picture(screen("<a> & b"), "rollback demo --game '<x>'")
    assert "<a> & b" in [element.text for element in elements(text, "text")]


def fields(left: str, right: str, *, frame: int = 500, rates: tuple[float, float] = (3.0, 4.0)) -> pyte.Screen:
    return screen(
        f"│{left:56}│  │{right:56}│",
        f"rollbacks  {rates[0]} /s".ljust(60) + f"rollbacks  {rates[1]} /s",
        f"{frame} of 1800 frames",
    )


def test_a_moment_counts_the_cells_in_which_both_fields_differ():
    assert record_demo.unlikeness(fields("same", "same"), 300) == 0
    assert record_demo.unlikeness(fields("here", "hare"), 300) == 1


def test_a_moment_before_the_first_frame_or_without_rollbacks_is_not_worth_showing():
    assert record_demo.unlikeness(fields("here", "hare", frame=299), 300) == 0
    assert record_demo.unlikeness(fields("here", "hare", rates=(3.0, 0.0)), 300) == 0
    assert record_demo.unlikeness(screen("nothing yet"), 0) == 0
