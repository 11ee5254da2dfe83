"""Data sets in files: read by their own packages, the same as each other, whole or not there."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

import numpy
import pytest

from rollback.envs.data.files import ENDINGS, check_ending, save
from rollback.envs.data.minari import to_minari
from rollback.envs.data.rows import Transition
from rollback.envs.data.table import TransitionTable, facts_of
from rollback.envs.data.timing import UNTOLD, Timing
from rollback.errors import MissingPackage, UsageError
from rollback.game import Bits, UInt
from rollback.games import Pong
from tests.envs.transition_matches import Mix, RecordedMatch, read_lines, rows_of, settled


class Toy(Mix):
    """Two players; what they see is given."""

    players = 2
    codecs = (UInt(3), Bits(2))

    def __init__(self, kind: str = "vector") -> None:
        super().__init__(2)
        self.kind = kind


def observed(kind: str, frame: int) -> Any:
    return {
        "vector": (frame, -frame, 0),
        "array": numpy.full((2, 2), frame, numpy.float32),
        "tree": {"at": (frame, 0.5), "map": numpy.full((3,), frame, numpy.uint8)},
        "ragged": [1] * (frame % 3 + 1),
        "nothing": None,
    }[kind]


def table_of(kind: str = "vector", ends: tuple[int, ...] = (), frames: int = 12) -> TransitionTable:
    """Return a table whose episodes end at some frames; the frame after each of them only resets."""
    table = TransitionTable(2, facts_of(Toy(kind), "toy", "1", 60, 7))
    episode = 0
    for frame in range(frames):
        is_end, is_reset = frame in ends, frame - 1 in ends
        timing = UNTOLD if frame < 2 else Timing(0.5 * frame, (False, True), frame % 3, (None, 33.5), ((frame - 2, 2), None))
        table.add(
            Transition(
                frame,
                episode,
                is_reset,
                (observed(kind, frame), observed(kind, frame + 100)),
                (frame % 8, (frame % 2 == 0, True)),
                (0.0, 0.0) if is_reset else (1.0, -0.5),
                (is_end, is_end),
                (False, False),
                ("human", None if frame < 2 else "bot"),
                timing,
            )
        )
        episode += is_reset
    table.last = observed(kind, frames), observed(kind, frames + 100)
    return table


def test_arrays_have_a_row_a_frame(tmp_path):
    with numpy.load(save(table_of(), tmp_path / "match.npz"), allow_pickle=False) as data:
        assert data["frame"].tolist() == list(range(12))
        assert data["observation_0"].tolist() == [[frame, -frame, 0] for frame in range(12)]
        assert data["last_observation_1"].tolist() == [[112, -112, 0]]
        assert data["action_0"].tolist() == [frame % 8 for frame in range(12)] and data["action_1"].dtype == bool
        assert data["reward"].tolist() == [[1.0, -0.5]] * 12
        assert data["controller_names"][data["controller"]].tolist() == [["human", ""]] * 2 + [["human", "bot"]] * 10
        assert data["predicted"][:3].tolist() == [[-1, -1], [-1, -1], [0, 1]]
        assert data["rollback_depth"][:4].tolist() == [-1, -1, 2, 0]
        assert numpy.isnan(data["rtt_ms"][:, 0]).all() and data["rtt_ms"][2:, 1].tolist() == [33.5] * 10
        assert data["captured_frame"][:4].tolist() == [[-1, -1], [-1, -1], [0, -1], [1, -1]]
        assert data["input_delay"][3].tolist() == [2, -1] and numpy.isnan(data["seconds"][0])
        facts = json.loads(str(data["facts"]))
    assert facts["game"] == "toy" and facts["seed"] == 7 and facts["frames"] == 12 and facts["players"] == 2


def test_trees_become_an_array_for_each_entry_and_ragged_ones_texts(tmp_path):
    with numpy.load(save(table_of("tree"), tmp_path / "tree.npz")) as data:
        assert data["observation_0.map"].shape == (12, 3) and data["observation_0.map"].dtype == numpy.uint8
        assert data["observation_1.at.1"].tolist() == [0.5] * 12
    with numpy.load(save(table_of("ragged"), tmp_path / "ragged.npz")) as data:
        ends = data["observation_0.json_ends"]
        texts = [bytes(part).decode() for part in numpy.split(data["observation_0.json"], ends[:-1])]
        assert [json.loads(text) for text in texts] == [observed("ragged", frame) for frame in range(12)]
    with numpy.load(save(table_of("array"), tmp_path / "array.npz")) as data:
        assert data["observation_0"].shape == (12, 2, 2) and data["observation_0"].dtype == numpy.float32
    with numpy.load(save(table_of("nothing"), tmp_path / "nothing.npz")) as data:
        assert not [name for name in data if name.startswith("observation")]


def test_lines_hold_what_the_arrays_hold(tmp_path):
    rows = read_lines(save(table_of("tree", ends=(5,)), tmp_path / "match.jsonl"))
    assert rows[3] == {
        "frame": 3,
        "episode": 0,
        "is_reset": False,
        "observation": [{"at": [3, 0.5], "map": [3, 3, 3]}, {"at": [103, 0.5], "map": [103, 103, 103]}],
        "action": [3, [False, True]],
        "reward": [1.0, -0.5],
        "terminated": [False, False],
        "truncated": [False, False],
        "controller": ["human", "bot"],
        "seconds": 1.5,
        "predicted": [False, True],
        "rollback_depth": 0,
        "rtt_ms": [None, 33.5],
        "captured_frame": [1, None],
        "input_delay": [2, None],
    }
    assert [row["is_reset"] for row in rows].index(True) == 6 and rows[7]["episode"] == 1


@pytest.mark.parametrize("kind", ["vector", "array", "tree", "ragged", "nothing"])
def test_parquet_is_read_by_arrow(kind, tmp_path):
    parquet = pytest.importorskip("pyarrow.parquet")
    table = parquet.read_table(save(table_of(kind), tmp_path / "match.parquet"))
    rows = table.to_pylist()
    assert len(rows) == 12 and json.loads(table.schema.metadata[b"rollback"])["game"] == "toy"
    assert rows[5]["reward_1"] == -0.5 and rows[5]["controller_1"] == "bot" and rows[0]["controller_1"] is None
    assert rows[0]["predicted_1"] is None and rows[4]["predicted_1"] is True and rows[4]["captured_frame_0"] == 2
    assert rows[0]["rollback_depth"] is None and rows[4]["rtt_ms_1"] == 33.5
    expected = {
        "vector": [5, -5, 0],
        "array": [[5.0, 5.0], [5.0, 5.0]],
        "tree": {"at": {"0": 5, "1": 0.5}, "map": [5, 5, 5]},
        "ragged": "[1, 1, 1]",
        "nothing": None,
    }
    assert rows[5]["observation_0"] == expected[kind]


def test_both_peers_write_the_same_bytes_once_their_own_columns_are_dropped(tmp_path):
    match = RecordedMatch(Pong, tmp_path)
    report = match.run(150)
    assert min(report.rollbacks) > 0
    parquet = pytest.importorskip("pyarrow.parquet")
    arrays, tables = [], []
    for process in match.processes:
        with numpy.load(process.recorder.save(tmp_path / "match.npz")) as data:
            own = ("seconds", "predicted", "rollback_depth", "rtt_ms", "captured_frame", "input_delay")
            arrays.append({name: data[name].tobytes() for name in data if name not in own})
            tables.append({name: data[name].tobytes() for name in own})
        table = parquet.read_table(process.recorder.save(tmp_path / "match.parquet"))
        names = [name for name in table.column_names if not name.startswith(own)]
        arrays[-1]["parquet"] = table.select(names).to_pylist()
    assert arrays[0] == arrays[1] and tables[0] != tables[1]
    assert len(arrays[0]) > 15


def test_a_file_of_lines_is_written_while_the_match_goes_on_and_is_there_when_it_is_whole(tmp_path):
    path, seen = tmp_path / "match.jsonl", []
    match = RecordedMatch(lambda: Mix(2), tmp_path, options=lambda peer: {"path": path} if peer == 0 else {})
    recorder, after = match.processes[0].recorder, match.processes[0].recorder.after

    def looking(tick: Any, now: float) -> None:
        after(tick, now)
        seen.append((path.exists(), path.with_name("match.jsonl.part").exists()))

    recorder.after = looking  # type: ignore[method-assign]
    match.run(100)
    assert seen[0] == (False, False) and seen[-1] == (False, True)
    assert path.exists() and not path.with_name("match.jsonl.part").exists()
    assert settled(read_lines(path)) == settled(rows_of(match.processes[1], tmp_path))
    assert len(recorder.table) == 0
    with pytest.raises(UsageError, match=r"a \.jsonl file holds them instead"):
        recorder.save(tmp_path / "other.npz")


@pytest.mark.parametrize("ending", [".npz", ".parquet"])
def test_the_other_files_are_written_at_the_end(ending, tmp_path):
    path = tmp_path / f"match{ending}"
    match = RecordedMatch(lambda: Mix(2), options=lambda peer: {"path": path} if peer == 0 else {})
    assert match.match.run(frames=50).parity and not path.exists()
    recorder = match.processes[0].recorder
    assert recorder.close() == path == recorder.close() and path.stat().st_size > 1000
    assert recorder.frames == 50 and recorder.problem == ""


def test_a_match_that_never_began_leaves_what_was_there(tmp_path):
    path = tmp_path / "match.jsonl"
    path.write_text("of yesterday")
    match = RecordedMatch(lambda: Mix(2), options=lambda peer: {"path": path})
    assert match.processes[0].recorder.close() is None
    assert path.read_text() == "of yesterday" and os.listdir(tmp_path) == ["match.jsonl"]


def test_a_file_that_cannot_be_finished_is_not_there(tmp_path, monkeypatch):
    path = tmp_path / "match.npz"
    path.write_text("of yesterday")

    def full(*args: Any, **kwargs: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(numpy, "savez_compressed", full)
    with pytest.raises(UsageError, match="No space left on device"):
        save(table_of(), path)
    assert path.read_text() == "of yesterday" and os.listdir(tmp_path) == ["match.npz"]


def test_a_full_disk_ends_no_match(tmp_path):
    path = tmp_path / "gone" / "match.jsonl"
    path.parent.mkdir()
    match = RecordedMatch(lambda: Mix(2), options=lambda peer: {"path": path} if peer == 0 else {})
    path.parent.rmdir()
    assert match.match.run(frames=50).parity
    recorder = match.processes[0].recorder
    assert recorder.close() is None and "cannot be recorded" not in recorder.problem
    assert "frame 0 could not be recorded" in recorder.problem and "match.jsonl" in recorder.problem


@pytest.mark.parametrize("name", ["match.csv", "match", "no/folder/match.npz", ""])
def test_a_target_that_cannot_be_meant_is_refused_before_the_match(name, tmp_path):
    with pytest.raises(UsageError):
        check_ending(tmp_path / name)


def test_finding_out_whether_a_file_can_be_written_leaves_none(tmp_path):
    assert check_ending(tmp_path / "match.npz") == tmp_path / "match.npz" and not [*tmp_path.iterdir()]


def test_the_endings_are_those_that_are_told():
    with pytest.raises(UsageError) as told:
        check_ending(Path("match.csv"))
    assert all(ending in str(told.value) for ending in ENDINGS)


@pytest.mark.parametrize(("ending", "module"), [(".parquet", "pyarrow"), (".npz", "numpy")])
def test_a_missing_package_is_named_with_what_installs_it(ending, module, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(MissingPackage, match="pip install"):
        save(table_of(), tmp_path / f"match{ending}")
    assert os.listdir(tmp_path) == []


@pytest.fixture
def minari(tmp_path, monkeypatch):
    module = pytest.importorskip("minari")
    monkeypatch.setenv("MINARI_DATASETS_PATH", str(tmp_path / "minari"))
    return module


@pytest.mark.parametrize("kind", ["vector", "array", "tree"])
def test_minari_loads_a_data_set_for_each_player(kind, minari):
    names = to_minari(table_of(kind, ends=(3, 8)), "toys/match-v2", Toy(kind))
    assert names == ("toys/match-player0-v2", "toys/match-player1-v2")
    for player, name in enumerate(names):
        data = minari.load_dataset(name)
        episodes = list(data.iterate_episodes())
        assert [len(episode.rewards) for episode in episodes] == [4, 4, 2]
        assert [bool(episode.terminations[-1]) for episode in episodes] == [True, True, False]
        assert [bool(episode.truncations[-1]) for episode in episodes] == [False, False, True]
        assert "truncated at its last step" in data.storage.metadata["description"]
        begins = [0, 5, 10]
        for begin, episode in zip(begins, episodes, strict=True):
            steps = len(episode.rewards)
            assert episode.infos["frame"].tolist() == list(range(begin, begin + steps + 1))
            first = [observed(kind, frame + 100 * player) for frame in range(begin, begin + steps + 1)]
            if kind == "tree":
                assert numpy.array_equal(episode.observations["map"], [each["map"] for each in first])
                assert numpy.array_equal(episode.observations["at"][0], [each["at"][0] for each in first])
            else:
                assert numpy.array_equal(episode.observations, first)
            assert set(episode.rewards) == {(1.0, -0.5)[player]}
            assert all(data.action_space.contains(action) for action in episode.actions)
        assert data.total_steps == 10


def test_a_real_match_becomes_a_minari_data_set(minari):
    match = RecordedMatch(Pong)
    match.run(80)
    names = match.processes[0].recorder.to_minari("pong-v0")
    (episode,) = minari.load_dataset(names[1]).iterate_episodes()
    assert episode.observations.shape == (81, 9) and episode.actions.shape == (80, 2) and episode.truncations[-1]
    assert tuple(episode.observations[-1]) == match.processes[0].session.game.observe(1)


def test_a_player_that_ends_before_the_others_has_the_shorter_episode(minari):
    table = table_of(ends=(9,))
    for frame in range(4, 10):
        table.terminated[2 * frame + 1] = 1  # it is out from frame 4 on
    names = to_minari(table, "toy-v0", Toy())
    lengths = [[len(episode.rewards) for episode in minari.load_dataset(name).iterate_episodes()] for name in names]
    assert lengths == [[10, 1], [5, 1]]


@pytest.mark.parametrize("name", ["toy", "toy-v", "../toy-v0", "toys/-v0/x", "", 7, "toy-v0\n"])
def test_a_name_that_minari_does_not_take_is_refused(name, minari):
    with pytest.raises(UsageError, match="needs a name like"):
        to_minari(table_of(), name, Toy())


def test_a_name_that_is_taken_is_refused_and_nothing_is_written(minari):
    to_minari(table_of(), "toy-v0", Toy())
    before = sorted(minari.list_local_datasets())
    with pytest.raises(UsageError, match="already"):
        to_minari(table_of(), "toy-v0", Toy())
    assert sorted(minari.list_local_datasets()) == before


@pytest.mark.parametrize(("kind", "why"), [("ragged", "changes its shape"), ("nothing", r"no observe\(\)")])
def test_what_fits_no_space_is_refused_before_anything_is_written(kind, why, minari):
    with pytest.raises(UsageError, match=why):
        to_minari(table_of(kind), "toy-v0", Toy(kind))
    assert not minari.list_local_datasets()


def test_minari_is_named_where_it_is_missing(monkeypatch):
    monkeypatch.setitem(sys.modules, "minari", None)
    with pytest.raises(MissingPackage, match=r"rollback\[data\]"):
        to_minari(table_of(), "toy-v0", Toy())


def test_a_relative_folder_of_data_sets_is_refused(monkeypatch, tmp_path):
    pytest.importorskip("minari")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MINARI_DATASETS_PATH", "sets")
    with pytest.raises(UsageError, match="absolute path"):
        to_minari(table_of(), "toy-v0", Toy())


def test_of_several_minari_data_sets_all_are_made_or_none(minari, monkeypatch):
    create, made = minari.create_dataset_from_buffers, []

    def once(name: str, *args: Any, **kwargs: Any) -> None:
        if made:
            raise OSError("the disk is full")
        made.append(create(name, *args, **kwargs))

    monkeypatch.setattr(minari, "create_dataset_from_buffers", once)
    with pytest.raises(OSError, match="the disk is full"):
        to_minari(table_of(), "toy-v0", Toy())
    assert made and not minari.list_local_datasets()
