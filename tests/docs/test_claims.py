"""Single claims of the pages, held against the code: bytes, words, decisions and the form of the changelog."""

from __future__ import annotations

import re

import pytest

from rollback.config import SessionConfig
from rollback.core import checksums, timesync
from rollback.wire import limits
from rollback.wire.inputs import HEAD, encode_inputs
from rollback.wire.runs import encode_runs
from signaling.codes import ALPHABET, LENGTH, read_code, show_code
from signaling.limits import Limits
from tests.docs.pages import ROOT, blocks, links, prose, table

DOCS = ROOT / "docs"
TICK = DOCS / "how-a-tick-works.md"
DECISIONS = sorted((DOCS / "decisions").glob("[0-9]*.md"))


def test_the_datagram_that_is_explained_is_the_one_that_is_decoded():
    (drawn,) = [block.text.splitlines()[0] for block in blocks(TICK) if block.text.startswith("e8 80")]
    (decoded,) = [block.text for block in blocks(TICK) if "bytes.fromhex" in block.text]
    (told,) = re.findall(r'fromhex\("([0-9a-f ]+)"\)', decoded)
    assert told.split() == drawn.split()


def test_the_datagram_that_is_explained_is_what_a_sender_would_write():
    (decoded,) = [block.text for block in blocks(TICK) if "bytes.fromhex" in block.text]
    (told,) = re.findall(r'fromhex\("([0-9a-f ]+)"\)', decoded)
    from collections import deque

    tokens, newest = encode_runs(deque([(997, 16, b"\x02"), (999, 16, b"\x01")]), 995, 1000, 100)
    assert encode_inputs(0, newest, 996, 3, 996, b"", tokens) == bytes.fromhex(told)


def test_the_head_of_the_message_is_told_byte_by_byte():
    assert [row[0] for row in table(TICK, "| byte ")] == [str(place) for place in range(HEAD)]


def test_the_seven_steps_are_the_comments_of_the_tick():
    source = (ROOT / "rollback" / "core" / "engine.py").read_text(encoding="utf-8")
    marked = [int(number) for number in re.findall(r"^ +# (\d)\. ", source, re.MULTILINE)]
    told = [int(number) for number in re.findall(r"^(\d)\. \*\*", TICK.read_text(encoding="utf-8"), re.MULTILINE)]
    assert told == marked == [1, 2, 3, 4, 5, 6, 7]


def test_numbers_in_the_text_are_those_of_the_code():
    tick = " ".join(prose(TICK).split())
    assert {8: "eight", 12: "twelve"}[checksums.RESEND] in tick
    time_sync = " ".join(prose(DOCS / "decisions" / "0006-time-sync.md").split())
    assert f"at most {timesync.MAX_STRETCH * 100:g} %" in time_sync
    assert f"at least {100 - timesync.MAX_SHRINK * 100:g} %" in time_sync
    assert f"by up to {timesync.MAX_STRETCH * 100:g} %" in tick and f"by up to {timesync.MAX_SHRINK * 100:g} %" in tick
    assert {0.2: "Below a fifth of a frame"}[timesync.DEAD_ZONE] in time_sync
    playing = " ".join(prose(DOCS / "playing.md").split())
    assert f"up to {SessionConfig().rejoin_grace:g} seconds" in playing
    relay = " ".join(prose(DOCS / "decisions" / "0007-relay-and-limits.md").split())
    lobby = Limits()
    assert f"past {lobby.outbox} waiting" in relay and f"past {lobby.overflow} or" in relay
    assert f"{lobby.relays_per_peer.per_second:g} a second" in relay


def test_the_room_codes_on_the_pages_could_be_codes():
    seen = 0
    for page in [ROOT / "README.md", *DOCS.rglob("*.md")]:
        for code in re.findall(r"\b[0-9A-Z]{4}-[0-9A-Z]{4}\b", page.read_text(encoding="utf-8")):
            assert show_code(read_code(code)) == code
            seen += 1
    assert seen > 3


def test_a_room_code_has_the_bits_that_are_told():
    assert len(ALPHABET) ** LENGTH == 2**40
    assert "40 random bits" in prose(DOCS / "playing.md")


WORDS = (
    "frame", "player", "action", "input", "input delay", "prediction window", "known", "confirmed", "settled", "snapshot",
    "state tree", "rollback", "stall", "frames ahead", "desync",
)  # fmt: skip


def test_the_glossary_has_every_word_and_says_where_each_stands():
    rows = table(DOCS / "glossary.md", "| word ")
    words = [row[0].strip("*") for row in rows]
    assert set(WORDS) <= set(words)
    assert words == sorted(words, key=str.lower), "the words are in their order"
    for word, meaning, place in rows:
        assert meaning.endswith((".", ";")) or ". " in meaning or meaning[-1] == ".", word
        assert re.search(r"`(rollback|signaling)\.[\w.]+`", place), word


def test_decisions_are_numbered_without_a_gap_and_listed():
    assert [int(page.name[:4]) for page in DECISIONS] == list(range(1, len(DECISIONS) + 1))
    assert links(DOCS / "decisions" / "README.md") == [page.name for page in DECISIONS]


@pytest.mark.parametrize("page", DECISIONS, ids=lambda page: page.stem)
def test_a_decision_is_one_page_of_context_choice_and_cost(page):
    text = page.read_text(encoding="utf-8")
    assert re.findall(r"^## (.+)$", text, re.MULTILINE) == ["Context", "Choice", "Cost"]
    assert text.startswith(f"# {int(page.name[:4])}. ")
    assert len(text.splitlines()) <= 70


def test_the_decision_on_dependencies_speaks_of_each_of_them():
    import tomllib

    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    page = (DOCS / "decisions" / "0001-dependencies.md").read_text(encoding="utf-8")
    for wanted in [*project["dependencies"], *project["optional-dependencies"]["test"]]:
        name = re.split(r"[<>=\[]", wanted)[0]
        assert name in page or name == "pytest", name


def test_the_changelog_has_the_usual_form():
    text = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    sections = re.findall(r"^## \[(.+?)\](?: - (\d{4}-\d\d-\d\d))?$", text, re.MULTILINE)
    assert sections[0] == ("Unreleased", "")
    assert all(date for _, date in sections[1:])
    kinds = re.findall(r"^### (.+)$", text, re.MULTILINE)
    assert set(kinds) <= {"Added", "Changed", "Deprecated", "Removed", "Fixed", "Security"}
    assert limits.PROTOCOL == 2, "a change of the format belongs into the changelog"
    assert "protocol 2" in text
