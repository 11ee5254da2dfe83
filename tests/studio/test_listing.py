import pytest

from rollback.agents.checkpoints import Checkpoint, Runs
from rollback.studio.listing import MOST, Listing


def made(episode, parent=""):
    return Checkpoint(algorithm="q-learning", environment="gridworld", episode=episode, step=10 * episode, parent=parent)


@pytest.fixture
def folder(tmp_path):
    return Runs(tmp_path).create({})


def test_the_newest_come_first_then_the_best_then_those_with_names(folder):
    for episode in range(1, 12):
        folder.keep(made(episode))
    folder.save(made(50), "zebra")
    folder.save(made(50), "ant")
    made(7).save(folder.path / "best.npz")
    (folder.path / "not a name.npz").write_bytes(b"")
    listed = Listing().of(folder)
    assert [entry["name"] for entry in listed] == ["last-11", "last-10", "last-9", "best", "ant", "zebra"]
    assert [entry["kind"] for entry in listed] == ["last"] * 3 + ["best"] + ["manual"] * 2
    assert [entry["name"] for entry in listed] == [saved.name for saved in folder.saved()]
    assert listed[0]["episode"] == 11 and listed[0]["hash"] == made(11).hash


def test_a_file_is_read_once_and_again_when_it_was_written_anew(folder, monkeypatch):
    listing, read = Listing(), []
    load = Checkpoint.load
    monkeypatch.setattr("rollback.studio.listing.Checkpoint.load", lambda path: read.append(path.stem) or load(path))
    folder.save(made(1), "mine")
    assert listing.of(folder) == listing.of(folder)
    assert read == ["mine"]
    folder.save(made(2, parent=made(1).hash), "mine")
    (entry,) = listing.of(folder)
    assert entry["episode"] == 2 and entry["parent"] == made(1).hash
    assert read == ["mine", "mine"]


def test_one_that_cannot_be_read_is_listed_with_its_problem(folder):
    (folder.path / "broken.npz").write_bytes(b"PK")
    (folder.path / "gone.npz").symlink_to(folder.path / "nowhere")
    (entry,) = Listing().of(folder)
    assert entry["name"] == "broken" and entry["problem"] and "episode" not in entry


def test_what_is_remembered_is_bounded(folder):
    listing = Listing()
    for number in range(30):
        folder.save(made(number), f"name-{number}")
    listing.of(folder)
    assert len(listing._known) == 30 <= MOST
