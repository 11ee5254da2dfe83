"""A long log stays small, is decided by its episodes alone, and says nothing that was not so."""

import json
import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rollback.agents.checkpoints import Runs
from rollback.agents.training import EpisodePoint
from rollback.errors import CheckpointError
from rollback.studio import thinning
from rollback.studio.curve import Curve
from rollback.studio.history import BEGINNING, PointLog, bring_back, read_rows
from rollback.studio.points import lines_of, rows_of
from rollback.studio.thinning import boundary, thin


@pytest.fixture
def small(monkeypatch):
    """All sizes a thousandth of what they are."""
    for name, value in (("GROUPS", 32), ("NEWEST", 64), ("TURN", 128), ("_AT_ONCE", 50), ("_BLOCK", 4)):
        monkeypatch.setattr(thinning, name, value)


@pytest.fixture
def folder(tmp_path):
    return Runs(tmp_path).create({}, "mine")


def point(number):
    return EpisodePoint(number, 3 * number, (number * 37 % 101) / 7, number % 5 + 1, 1 / number, {"lines": number % 3})


def write(folder, first, last):
    log = PointLog(folder)
    log.add(lines_of(map(point, range(first, last + 1))))
    return log


def told(folder):
    return [json.loads(line) for line in (folder.path / "log.jsonl").read_bytes().splitlines()]


def is_true(lines, first=1):
    """Hold that each line says what was so of its episodes, and that none is missing."""
    for line in lines:
        points = [point(number) for number in range(line["episode"] - line.get("of", 1) + 1, line["episode"] + 1)]
        assert points[0].episode == first
        assert (line["step"], line["epsilon"]) == (points[-1].step, points[-1].epsilon)
        for name, values in (
            ("reward", [each.reward for each in points]),
            ("length", [each.length for each in points]),
            ("lines", [each.extra["lines"] for each in points]),
        ):
            assert line[name] == pytest.approx(math.fsum(values) / len(values))
        if "of" in line:
            assert (line["least"], line["most"]) == (min(each.reward for each in points), max(each.reward for each in points))
        first = points[-1].episode + 1
    return True


@pytest.mark.parametrize("episodes", [1, 127, 128, 129, 255, 256, 1000, 4096, 5000])
def test_a_log_has_bounded_lines_and_each_of_them_is_true(small, folder, episodes):
    log = write(folder, 1, episodes)
    log.thin(episodes)
    log.close()
    lines = told(folder)
    assert is_true(lines) and lines[-1]["episode"] == episodes
    assert all("of" not in line for line in lines if line["episode"] > boundary(episodes))
    assert len(lines) <= 32 + 64 + 128 + 8
    if episodes < 128:
        assert len(lines) == episodes


@settings(max_examples=12, deadline=None)
@given(st.lists(st.integers(1, 400), min_size=1, max_size=8), st.integers(1, 40))
def test_what_a_log_holds_is_decided_by_its_episodes_and_not_by_when_it_was_thinned(tmp_path_factory, sizes, batch):
    with pytest.MonkeyPatch.context() as patch:
        for name, value in (("GROUPS", 8), ("NEWEST", 16), ("TURN", 32), ("_AT_ONCE", batch), ("_BLOCK", 4)):
            patch.setattr(thinning, name, value)
        often, once = (Runs(tmp_path_factory.mktemp("runs")).create({}) for _ in range(2))
        last = 0
        for size in sizes:
            log = write(often, last + 1, last + size)
            last += size
            log.thin(last)
            log.close()
        patch.setattr(thinning, "_AT_ONCE", 4096)
        log = write(once, 1, last)
        log.thin(last)
        log.close()
        assert told(often) == told(once) and is_true(told(once))


def test_where_a_power_of_two_does_not_come_out_even_smaller_groups_stand_between(small, folder, monkeypatch):
    monkeypatch.setattr(thinning, "GROUPS", 2)
    log = write(folder, 1, 1100)
    log.thin(1100)
    log.close()
    assert [line.get("of", 1) for line in told(folder) if line["episode"] <= boundary(1100)] == [512, 256, 128, 64]
    assert is_true(told(folder))


def test_the_real_sizes_keep_every_episode_of_a_usual_run():
    assert [boundary(episodes) for episodes in (0, 131_071, 131_072, 262_143, 262_144)] == [0, 0, 65_536, 65_536, 196_608]
    sizes = (thinning.GROUPS, thinning.NEWEST, thinning.TURN, thinning._BLOCK)
    assert all(size & (size - 1) == 0 for size in sizes) and thinning.NEWEST < thinning.TURN


def test_going_back_among_episodes_of_their_own_is_exact(small, folder):
    log = write(folder, 1, 300)
    log.thin(300)
    log.close()
    before = told(folder)
    bring_back(folder, 250, 3 * 250 + 1)
    assert told(folder) == [line for line in before if line["episode"] <= 250]
    log = write(folder, 251, 300)
    log.thin(300)
    log.close()
    assert told(folder) == before


def test_going_back_among_episodes_that_share_a_line_leaves_the_line_out_and_the_rest_stays(small, folder):
    log = write(folder, 1, 1000)
    log.thin(1000)
    log.close()
    size = told(folder)[0]["of"]
    assert size > 2
    bring_back(folder, 2 * size + 1, 3 * (2 * size + 1))
    assert is_true(told(folder)) and told(folder)[-1]["episode"] == 2 * size
    log = write(folder, 2 * size + 2, 1000)
    log.thin(1000)
    log.close()
    assert is_true(told(folder)[:2]) and is_true(told(folder)[2:], 2 * size + 2)
    assert len(told(folder)) < 300
    bring_back(folder, 2 * size + 1, 3)  # so few steps: it is of another training
    assert not (folder.path / "log.jsonl").exists()


def test_a_curve_of_a_thinned_log_is_the_curve_of_all_its_episodes(small, folder):
    whole = Curve(20, 100)
    whole.add(rows_of(lines_of(map(point, range(1, 1001)))))
    log = write(folder, 1, 1000)
    log.thin(1000)
    log.close()
    thinned = Curve(20, 100)
    at = BEGINNING
    while True:
        rows, following = read_rows(folder, at, 900)
        if following == at:
            break
        thinned.add(rows)
        at = following
    assert thinned.stride == whole.stride and thinned.last == whole.last and thinned.last_step == whole.last_step
    for mine, right in zip(thinned.thinned()["rows"], whole.thinned()["rows"], strict=True):
        assert mine[:2] == right[:2] and mine[2:5] == pytest.approx(right[2:5]) and mine[5] == pytest.approx(right[5])
    assert thinned.since(990, 100) == whole.since(990, 100)
    assert thinned.since(100, 10) is None, "a line of many episodes is no point"


def test_a_short_curve_takes_lines_of_many_episodes(folder):
    curve = Curve(1000, 1000)
    curve.add([[8, 80, 1.0, 10.0, 0.5, {"of": 8, "least": 0.0, "most": 2.0}], [9, 90, 5.0, 10, 0.4]])
    assert curve.thinned() == {"stride": 8, "last": 9, "rows": [[8, 80, 1.0, 10.0, 0.5], [9, 90, 5.0, 10.0, 0.4]]}
    for of in (0, -3, 10, 2.5):  # nonsense counts as one
        curve = Curve(10, 10)
        curve.add([[8, 80, 1.0, 10, 0.5, {"of": of}]])
        assert curve.stride == 1


@pytest.mark.parametrize(
    "odd", [b"{}\n", b"[]\n", b"\xff\n", b'{"episode":5,"step":1}\n', b'{"episode":7,"of":9,"step":"x"}\n', b"\n"]
)
def test_damaged_lines_keep_no_log_from_being_thinned(small, folder, odd):
    log = folder.path / "log.jsonl"
    good = lines_of(map(point, range(1, 301))).splitlines(keepends=True)
    log.write_bytes(b"".join(good[:5]) + odd + b"".join(good[5:]))
    assert thin(log, 300)
    rows = rows_of(log.read_bytes())
    assert [row[0] for row in rows][-100:] == list(range(201, 301)) and len(rows) < 300


def test_rewards_that_are_no_numbers_are_left_out_of_a_mean(small, folder):
    points = [EpisodePoint(number, number, math.nan if number % 4 == 1 else 2.0, 1, 0.0) for number in range(1, 301)]
    log = folder.path / "log.jsonl"
    log.write_bytes(lines_of(points))
    assert thin(log, 300)
    assert {(line["reward"], line["least"], line["most"]) for line in told(folder) if "of" in line} == {(2.0, 2.0, 2.0)}


@pytest.mark.parametrize("name", ["lines", "a:b", 'a"b', "a\\b", "\u00e9", "a\nb", "nan", "e"])
@pytest.mark.parametrize("value", [1.0, -2.5e-300, 1e22, 7, -3, True, None, "word", [1]])
def test_a_shared_line_is_written_as_json_writes_it(name, value):
    values = {"step": 9, "reward": -1.5, "least": -2.0, "most": 1e-07, "length": 2.5, "epsilon": None, name: value}
    told = {"episode": 8, "of": 4, **values}
    for epsilon in (0.5, None):
        told["epsilon"] = values["epsilon"] = epsilon
        assert thinning._line(8, 4, values) == json.dumps(told, separators=(",", ":")).encode() + b"\n"


def test_a_log_that_is_thin_enough_is_not_written_again(small, folder):
    log = write(folder, 1, 300)
    log.thin(300)
    log.close()
    before = (folder.path / "log.jsonl").stat().st_ino
    log = PointLog(folder)
    log.thin(310)
    log.close()
    assert (folder.path / "log.jsonl").stat().st_ino == before
    assert sorted(path.name for path in folder.path.iterdir()) == ["log.jsonl", "run.json"]


def test_a_full_disk_leaves_the_log_as_it_is_and_it_goes_on(small, folder, monkeypatch):
    log = write(folder, 1, 300)
    before = told(folder)
    with monkeypatch.context() as patch:
        patch.setattr(thinning, "replacing", _full)
        log.thin(300)
    assert told(folder) == before
    log.add(lines_of([point(301)]))
    log.thin(301)  # there is room again
    log.close()
    assert len(told(folder)) < 301 and is_true(told(folder))


def _full(path):
    raise OSError(28, "No space left on device")


def test_a_reader_is_told_that_the_log_it_reads_is_another_one_now(small, folder):
    log = write(folder, 1, 300)
    _, place = read_rows(folder, BEGINNING, 2000)
    log.thin(300)
    log.close()
    assert read_rows(folder, place, 2000) is None
    _, place = read_rows(folder, BEGINNING, 2000)
    (folder.path / "log.jsonl").write_bytes(b"")
    assert read_rows(folder, place, 2000) is None
    write(folder, 1, 1).close()
    with open(folder.path / "log.jsonl", "r+b") as file:
        file.write(b"x" * (place.offset + 10))  # it has grown again, and no line ends there
    assert read_rows(folder, place, 2000) is None
    (folder.path / "log.jsonl").unlink()
    assert read_rows(folder, place, 2000) is None


def test_a_log_that_cannot_be_opened_again_is_told(small, folder, monkeypatch):
    log = write(folder, 1, 300)
    monkeypatch.setattr(PointLog, "_opened", lambda log: (_ for _ in ()).throw(CheckpointError("it is gone")))
    with pytest.raises(CheckpointError, match="it is gone"):
        log.thin(300)
    log.close()
