"""The notebooks: what their cells showed is in them, is what they show when they are run, and tells nothing of a machine."""

from __future__ import annotations

import base64
import io
import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from tests.docs.pages import ROOT, links, name_of

NOTEBOOKS = sorted((ROOT / "docs").glob("*.ipynb"))
LIMIT = 110.0  # seconds: a run takes sixteen on a machine that has nothing else to do

each = pytest.mark.parametrize("page", NOTEBOOKS, ids=name_of)


def read(page: Path) -> dict[str, Any]:
    return json.loads(page.read_text(encoding="utf-8"))


def sources(notebook: dict[str, Any], kind: str) -> list[str]:
    return ["".join(cell["source"]) for cell in notebook["cells"] if cell["cell_type"] == kind]


def outputs(notebook: dict[str, Any]) -> list[list[dict[str, Any]]]:
    return [cell["outputs"] for cell in notebook["cells"] if cell["cell_type"] == "code"]


def texts(notebook: dict[str, Any]) -> list[str]:
    """Return what each cell printed."""
    return ["".join("".join(one.get("text", "")) for one in shown) for shown in outputs(notebook)]


def pictures(notebook: dict[str, Any]) -> list[bytes]:
    found = [one["data"]["image/png"] for shown in outputs(notebook) for one in shown if "image/png" in one.get("data", {})]
    return [base64.b64decode("".join(picture)) for picture in found]


@each
@pytest.mark.nightly
def test_a_notebook_runs_in_a_fresh_kernel_and_prints_what_it_says(page, tmp_path):
    again = tmp_path / page.name
    done = subprocess.run(
        [sys.executable, str(ROOT / "docs" / "update_notebook.py"), str(page), str(again)],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=LIMIT,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    old, new = read(page), read(again)
    assert sources(new, "code") == sources(old, "code")
    assert texts(new) == texts(old)
    assert len(pictures(new)) == len(pictures(old))
    assert list(tmp_path.iterdir()) == [again], "a notebook leaves nothing where it is run"


@each
def test_every_cell_of_a_notebook_was_run_in_its_order_and_none_failed(page):
    notebook = read(page)
    counts = [cell["execution_count"] for cell in notebook["cells"] if cell["cell_type"] == "code"]
    assert counts == list(range(1, len(counts) + 1)) and len(counts) >= 5
    kinds = {one["output_type"] for shown in outputs(notebook) for one in shown}
    assert kinds <= {"stream", "display_data"}
    assert sum(map(bool, texts(notebook))) >= 5, "it says what came of it"


@each
def test_a_notebook_tells_nothing_of_the_machine_or_the_time_it_was_run_at(page):
    notebook = read(page)
    assert notebook["metadata"] == {
        "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
        "language_info": {"name": "python"},
    }
    assert all(cell["metadata"] == {} for cell in notebook["cells"])
    told = "\n".join([*texts(notebook), *sources(notebook, "code"), *sources(notebook, "markdown")])
    assert not re.search(r"(?<![\w.])/(home|tmp|root|work|usr|Users)\b|20\d\d-\d\d-\d\d", told)
    assert page.stat().st_size < 400_000


@each
def test_the_pictures_of_a_notebook_show_something(page):
    found = pictures(read(page))
    assert len(found) == sum(source.count("plt.show()") for source in sources(read(page), "code")) >= 3
    for picture in found:
        image = Image.open(io.BytesIO(picture)).convert("RGB")
        assert image.width > 600 and image.height > 250
        colours = image.getcolors(maxcolors=image.width * image.height)
        assert colours is not None
        coloured = sum(count for count, (red, green, blue) in colours if max(red, green, blue) - min(red, green, blue) > 60)
        assert coloured > 500, "more than axes and letters"


@each
def test_the_words_of_a_notebook_are_plain_and_its_links_lead_somewhere(page, tmp_path):
    text = "\n\n".join(sources(read(page), "markdown"))
    assert set(text) <= {*map(chr, range(32, 127)), "\n"}
    assert max(map(len, text.splitlines())) <= 130
    copy = tmp_path / "page.md"
    copy.write_text(text, encoding="utf-8")
    assert links(copy), "it leads on"
    for link in links(copy):
        assert link.startswith("https://") or (page.parent / link.partition("#")[0]).exists(), link


def test_what_was_learnt_from_a_match_is_told_with_what_it_is_measured_by():
    """The claims of the text about the numbers beside it."""
    told = "\n".join(texts(read(ROOT / "docs" / "imitation.ipynb")))
    agreed, nothing = (int(found) for found in re.findall(r": (\d+)%", told))
    assert nothing + 5 < agreed < 65, "not much more than half, and more than doing nothing"
    rows = re.findall(r"(\d+) points for it, (\d+) against it", told)
    (learnt, lost), (bot, bot_lost), (chance, chance_lost) = ((int(won), int(let)) for won, let in rows)
    assert learnt > lost and chance < chance_lost, "it wins against the bot it learnt from, and chance does not"
    assert bot and bot_lost, "the bots are of one strength"
    guessed, again = (int(found) for found in re.findall(r"(\d+)% (?:of all frames were guessed|had to be)", told))
    assert 0 < again < guessed < 100
