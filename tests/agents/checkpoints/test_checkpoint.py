"""Checkpoints: what goes in comes out, bit for bit, and one sentence for each value that cannot."""

from __future__ import annotations

import dataclasses
import os
import subprocess
import sys
from array import array
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import rollback
from rollback.agents.checkpoints import Array, Checkpoint, versions_here
from rollback.agents.checkpoints.limits import MAX_ARRAY_BYTES
from rollback.errors import CheckpointError, RollbackError, UsageError
from tests.agents.checkpoints.made import made

GOLDEN = "b744fa05ee9a593aae5d364fe8ac372faf7bfb3b1fa4095d8d46d8e873d43e00"
WITHOUT_NUMPY = """
import sys
for name in ("numpy", "gymnasium", "msgpack", "asyncio", "multiprocessing", "subprocess", "socket"):
    sys.modules[name] = None
from rollback.agents.checkpoints import Checkpoint
found = Checkpoint.load(sys.argv[1])
print(found.hash, found.arrays["visits"].nested(), found.epsilon)
"""
ROOT = Path(__file__).resolve().parents[3]


def test_everything_comes_back_from_the_file(tmp_path: Path) -> None:
    saved = made()
    saved.save(tmp_path / "x.npz")
    back = Checkpoint.load(tmp_path / "x.npz")
    assert back == saved == Checkpoint.load(str(tmp_path / "x.npz")) == Checkpoint.load(saved.to_bytes())
    for field in dataclasses.fields(Checkpoint):
        if field.init:
            assert getattr(back, field.name) == getattr(saved, field.name), field.name
    assert [path.name for path in tmp_path.iterdir()] == ["x.npz"]


def test_the_hash_is_that_of_the_file(tmp_path: Path) -> None:
    saved = made()
    saved.save(tmp_path / "x.npz")
    assert saved.hash == Checkpoint.load(tmp_path / "x.npz").hash == sha256((tmp_path / "x.npz").read_bytes()).hexdigest()
    assert made().hash == saved.hash != made(step=12_346).hash
    assert made(parent=saved.hash).parent == saved.hash


def test_the_same_values_are_the_same_bytes_for_ever() -> None:
    turned = made(metrics={"episodes": 200, "success": 0.95}, arrays=dict(reversed(made().arrays.items())))
    assert turned.to_bytes() == made().to_bytes()
    assert made().hash == GOLDEN, "the format has changed: files of before cannot be told from damaged ones"


def test_it_is_read_without_numpy_and_in_another_process(tmp_path: Path) -> None:
    made().save(tmp_path / "x.npz")
    done = subprocess.run(
        [sys.executable, "-c", WITHOUT_NUMPY, str(tmp_path / "x.npz")],
        capture_output=True, text=True, cwd=ROOT, timeout=60, env={**os.environ, "PYTHONHASHSEED": "77"},
    )  # fmt: skip
    assert done.stdout == f"{made().hash} [[1, 2], [3, -4]] 0.25\n", done.stderr


def test_numpy_reads_it_without_pickle(tmp_path: Path) -> None:
    made().save(tmp_path / "x.npz")
    with np.load(tmp_path / "x.npz", allow_pickle=False) as found:
        assert sorted(found) == ["meta", "q", "visits"]
        assert found["visits"].dtype == np.int32 and found["visits"].tolist() == [[1, 2], [3, -4]]
        assert found["q"].tobytes() == made().arrays["q"].data.tobytes()
        assert b'"algorithm":"q-learning"' in found["meta"].tobytes()


def test_what_numpy_wrote_is_no_checkpoint(tmp_path: Path) -> None:
    np.savez(tmp_path / "x.npz", q=np.zeros(3))
    with pytest.raises(CheckpointError, match=r"x\.npz is no checkpoint: its end is cut off, or another program wrote it"):
        Checkpoint.load(tmp_path / "x.npz")


def test_nobody_can_change_what_a_checkpoint_holds_from_outside() -> None:
    parameters: dict[str, Any] = {"a": [1]}
    numbers = array("d", [1.0])
    saved = made(parameters=parameters, arrays={"q": Array((1,), "d", numbers)})
    parameters["a"].append(2)
    numbers[0] = 7.0
    assert saved.parameters == {"a": [1]} and saved.arrays["q"].nested() == [1.0]
    with pytest.raises(dataclasses.FrozenInstanceError):
        saved.step = 3  # type: ignore[misc]


def test_the_versions_are_those_of_here_if_nobody_says_otherwise() -> None:
    assert Checkpoint(algorithm="q", environment="e").versions == versions_here()
    assert versions_here()["rollback"] == rollback.__version__
    assert versions_here()["python"] == ".".join(map(str, sys.version_info[:3]))


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"algorithm": "Q Learning"}, "'Q Learning' cannot be the name of an algorithm"),
        ({"algorithm": "../x"}, "cannot be the name of an algorithm"),
        ({"environment": ""}, "the environment must be one line of 1 to 1000 characters, not ''"),
        ({"environment": "a\x1b[2J"}, "the environment must be one line"),
        ({"environment": "a" * 1001}, "the environment must be one line"),
        ({"config_hash": "abc"}, "config_hash must be 64 hexadecimal digits or empty, not 'abc'"),
        ({"config_hash": "A" * 64}, "config_hash must be"),
        ({"parent": "x.npz"}, "parent must be 64 hexadecimal digits or empty"),
        ({"parameters": [1]}, "parameters must be a dict of at most 256 entries"),
        ({"parameters": {"a": np.int64(1)}}, "parameters holds a numpy.int64"),
        ({"parameters": {"a\n": 1}}, "a name in parameters must be one line of 1 to 200 characters"),
        ({"parameters": {f"a{number}": 1 for number in range(257)}}, "at most 256 entries"),
        ({"step": -1}, "step must be a whole number from 0 to 9223372036854775807, not -1"),
        ({"step": 1.0}, "step must be a whole number"),
        ({"step": 2**63}, "step must be a whole number"),
        ({"episode": True}, "episode must be a whole number"),
        ({"epsilon": 1.1}, "epsilon must be a number from 0 to 1, not 1.1"),
        ({"epsilon": float("nan")}, "epsilon must be a number from 0 to 1"),
        ({"epsilon": "0.1"}, "epsilon must be a number from 0 to 1"),
        ({"random_state": {1, 2}}, "random_state holds a builtins.set"),
        ({"metrics": {"a": float("inf")}}, "the metric a must be a finite number of Python's own, not inf"),
        ({"metrics": {"a": 2**63}}, "the metric a must be a finite number"),
        ({"metrics": {"a": 10**400}}, "the metric a must be a finite number"),
        ({"metrics": {"a": True}}, "the metric a must be a finite number"),
        ({"metrics": {"a": np.float32(1)}}, "the metric a must be a finite number"),
        ({"versions": {"python": 3.11}}, "the version of python must be one line"),
        ({"arrays": {"meta": Array.of([1])}}, "'meta' cannot be the name of an array"),
        ({"arrays": {"../q": Array.of([1])}}, "cannot be the name of an array"),
        ({"arrays": {"q": np.zeros(2)}}, "the array q must be an Array, not ndarray: make it with Array.of"),
        ({"arrays": [Array.of([1])]}, "arrays must be a dict of at most 64 entries"),
        ({"arrays": {f"a{number}": Array.of([1]) for number in range(65)}}, "arrays must be a dict of at most 64 entries"),
        ({"random_state": ["x" * 1000] * 1100}, "a checkpoint without its arrays has"),
        ({"format": 2}, "format must be 1, not 2"),
    ],
)
def test_a_value_that_cannot_be_saved_is_told(changes: dict[str, Any], told: str) -> None:
    with pytest.raises(UsageError) as caught:
        made(**changes)
    assert told in str(caught.value) and "\n" not in str(caught.value) and "\x1b" not in str(caught.value)


def test_as_much_as_the_limit_is_saved_and_a_byte_more_is_not() -> None:
    half = Array((MAX_ARRAY_BYTES // 2,), "B", array("B", bytes(MAX_ARRAY_BYTES // 2)))
    made(arrays={"a": half, "b": half})
    with pytest.raises(UsageError, match=f"the arrays have {MAX_ARRAY_BYTES + 1} bytes, and a checkpoint holds at most"):
        made(arrays={"a": half, "b": half, "c": Array.of([1], "B")})


@pytest.mark.parametrize("name", ["x", "x.zip", "x.npz.txt", "npz"])
def test_a_checkpoint_is_saved_under_the_ending_by_which_commands_know_it(tmp_path: Path, name: str) -> None:
    with pytest.raises(UsageError, match=r"a checkpoint is saved as FILE\.npz"):
        made().save(tmp_path / name)
    assert not list(tmp_path.iterdir())


def test_a_folder_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match=r"nowhere/x\.npz cannot be written \(No such file or directory\)"):
        made().save(tmp_path / "nowhere" / "x.npz")


def test_a_file_that_cannot_be_read_is_told_and_no_pipe_is_waited_for(tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match=r"there is no checkpoint .*gone\.npz: look for it in the folder runs"):
        Checkpoint.load(tmp_path / "gone.npz")
    with pytest.raises(CheckpointError, match="is no file, so no checkpoint"):
        Checkpoint.load(tmp_path)
    os.mkfifo(tmp_path / "pipe.npz")
    with pytest.raises(CheckpointError, match="is no file, so no checkpoint"):
        Checkpoint.load(tmp_path / "pipe.npz")
    with pytest.raises(CheckpointError, match="is no file"):
        Checkpoint.load("/dev/zero")
    with pytest.raises(CheckpointError, match="cannot be read"):
        Checkpoint.load("a\0.npz")
    assert issubclass(CheckpointError, RollbackError) and not issubclass(CheckpointError, UsageError)


SHAPES = st.lists(st.integers(0, 3), max_size=4).map(tuple)
ARRAYS = st.builds(
    lambda shape, typecode, seed: Array(shape, typecode, array(typecode, [seed % 100] * int(np.prod(shape, dtype=int)))),
    SHAPES, st.sampled_from("dfqihB"), st.integers(0, 99),
)  # fmt: skip


@settings(max_examples=60)
@given(
    st.dictionaries(st.from_regex(r"[a-l][a-z0-9_]{0,5}", fullmatch=True), ARRAYS, max_size=4),
    st.dictionaries(st.text("abc", min_size=1, max_size=3), st.integers() | st.floats(0, 1) | st.text("xy"), max_size=3),
    st.floats(0, 1),
    st.integers(0, 2**63 - 1),
)
def test_whatever_is_saved_is_loaded(arrays: dict[str, Array], parameters: dict[str, Any], epsilon: float, step: int) -> None:
    saved = made(arrays=arrays, parameters=parameters, epsilon=epsilon, step=step)
    back = Checkpoint.load(saved.to_bytes())
    assert back == saved and back.to_bytes() == saved.to_bytes() and list(back.arrays) == sorted(arrays)
