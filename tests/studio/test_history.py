import pytest

from rollback.agents.checkpoints import Runs
from rollback.agents.training import EpisodePoint
from rollback.errors import CheckpointError
from rollback.studio.history import ASIDE, BEGINNING, PointLog, bring_back, put_aside, read_rows
from rollback.studio.points import lines_of


@pytest.fixture
def folder(tmp_path):
    return Runs(tmp_path).create({})


def add(folder, first, last, steps=10):
    log = PointLog(folder)
    log.add(lines_of(EpisodePoint(number, steps * number, 1.0, steps, 0.5) for number in range(first, last + 1)))
    log.close()


def episodes(folder):
    return [(row[0], row[1]) for row in read_rows(folder, BEGINNING, 10**6)[0]]


def test_the_log_of_a_run_that_was_not_begun_is_empty(folder):
    assert read_rows(folder, BEGINNING, 1000) == ([], BEGINNING)
    put_aside(folder)
    bring_back(folder, 0, 0)
    assert episodes(folder) == []


def test_a_log_is_read_piece_by_piece_and_never_half_a_line(folder):
    add(folder, 1, 50)
    found, offset = [], BEGINNING
    while True:
        rows, following = read_rows(folder, offset, 200)
        if following == offset:
            break
        found, offset = found + rows, following
    assert [row[0] for row in found] == list(range(1, 51))
    with open(folder.path / "log.jsonl", "ab") as file:
        file.write(b'{"episode": 51, "st')
    assert read_rows(folder, offset, 1000) == ([], offset)
    add(folder, 51, 51)  # takes away what a killed process left
    assert [row[0] for row in read_rows(folder, offset, 1000)[0]] == [51]


def test_save_reset_load_brings_the_curve_back(folder):
    add(folder, 1, 20)
    put_aside(folder)
    assert episodes(folder) == []
    add(folder, 1, 5, steps=7)
    bring_back(folder, 12, 125)
    assert episodes(folder) == [(number, 10 * number) for number in range(1, 13)]
    bring_back(folder, 4, 30)  # the one after the reset
    assert episodes(folder) == [(number, 7 * number) for number in range(1, 5)]


def test_going_back_on_the_same_curve_cuts_it(folder):
    add(folder, 1, 20)
    bring_back(folder, 15, 150)
    assert [number for number, _ in episodes(folder)] == list(range(1, 16))
    bring_back(folder, 0, 0)
    assert episodes(folder) == []


def test_a_checkpoint_that_no_log_led_to_begins_an_empty_one(folder):
    add(folder, 1, 20)
    bring_back(folder, 15, 20)  # fewer steps than its own last episode had: it is of another training
    assert episodes(folder) == []
    bring_back(folder, 500, 5000)
    assert episodes(folder) == []


def test_only_some_logs_are_kept_of_before(folder):
    for number in range(1, 8):
        add(folder, 1, number)
        put_aside(folder)
    assert len(list(folder.path.glob("log-before-*.jsonl"))) == ASIDE


def test_a_log_that_cannot_be_written_is_told_in_a_sentence(folder):
    (folder.path / "log.jsonl").mkdir()
    with pytest.raises(CheckpointError, match="cannot be written"):
        PointLog(folder)
