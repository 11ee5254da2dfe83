"""What travels with specs: read once, named by its content, and one thing a name."""

from __future__ import annotations

from hashlib import sha256

import pytest

from rollback.errors import UsageError
from rollback.sim.pool import parcels as module
from rollback.sim.pool.parcels import Parcels
from tests.sim.pool.tasks import Task


def test_a_parcel_is_named_by_its_content_and_read_once_also_if_the_file_changes(tmp_path):
    file = tmp_path / "weights"
    file.write_bytes(b"before")
    parcels, spec = Parcels(), Task("parcel", given={"a": file, "b": b"bytes"})
    first = parcels.of([spec, spec])
    file.write_bytes(b"after")
    assert parcels.of([spec]) == first == (("a", sha256(b"before").hexdigest()), ("b", sha256(b"bytes").hexdigest()))
    assert list(parcels.contents.values()) == [b"before", b"bytes"]
    assert parcels.of([Task("nothing")]) == ()


def test_equal_contents_under_two_names_are_kept_once():
    parcels = Parcels()
    found = parcels.of([Task("parcel", given={"a": b"same"}), Task("parcel", given={"b": b"same"})])
    assert [name for name, _ in found] == ["a", "b"] and len({sha for _, sha in found}) == 1
    assert list(parcels.contents.values()) == [b"same"]


def test_two_contents_under_one_name_are_refused_also_in_two_batches():
    parcels = Parcels()
    parcels.of([Task("parcel", given={"a": b"one"})])
    with pytest.raises(UsageError, match="two different parcels have the name 'a' in one run"):
        parcels.of([Task("parcel", given={"a": b"other"})])


def test_what_cannot_be_read_or_is_too_large_is_told(tmp_path, monkeypatch):
    with pytest.raises(UsageError, match="gone cannot be read: No such file or directory"):
        Parcels().of([Task("parcel", given={"a": tmp_path / "gone"})])
    monkeypatch.setattr(module, "LARGEST", 10)
    (tmp_path / "long").write_bytes(bytes(1000))
    for given in (bytes(11), tmp_path / "long"):
        with pytest.raises(UsageError, match="'a' has more than 10 bytes"):
            Parcels().of([Task("parcel", given={"a": given})])
    assert Parcels().of([Task("parcel", given={"a": bytes(10)})])
