"""Uploads as a machine: whatever comes in whatever order, and whenever the server dies, the file is what was confirmed."""

import hashlib
import shutil
import stat
import tempfile
from pathlib import Path

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from rollback.errors import UsageError
from signaling.study.journal import Journal
from signaling.study.refusal import StudyRefusal
from signaling.study.store import MIB, Store
from signaling.study.uploads import PIECE, Uploads, write_synced
from tests.signaling.study.people import plan_of

PIECES = st.binary(max_size=30).map(lambda data: data.replace(b"\n", b"") + b"\n")


def digest(data):
    return hashlib.sha256(data).hexdigest()


class UploadMachine(RuleBasedStateMachine):
    """Two participants upload two episodes, against a model of two dictionaries."""

    def __init__(self):
        super().__init__()
        self.folder = Path(tempfile.mkdtemp())
        self.plan = plan_of(self.folder, participant_mib=0.1, total_mib=0.1)
        object.__setattr__(self.plan, "participant_mib", 200 / MIB)
        object.__setattr__(self.plan, "total_mib", 300 / MIB)
        self.store = Store(self.plan)
        self.model = {(who, episode): [] for who in (1, 2) for episode in (1, 2)}

    def teardown(self):
        self.store.close()
        shutil.rmtree(self.folder)

    def size(self, *numbers):
        return sum(len(data) for (who, _), pieces in self.model.items() for data in pieces if who in numbers)

    @rule(who=st.integers(1, 2), episode=st.integers(1, 2), early=st.sampled_from([0, 0, 0, 0, 1, -1, -2]), data=PIECES)
    def upload(self, who, episode, early, data):
        pieces = self.model[who, episode]
        piece = max(0, len(pieces) + early)
        try:
            expected = self.store.add(who, "x", episode, piece, digest(data), data)
        except StudyRefusal as refusal:
            if refusal.code == "chunk":
                assert piece > len(pieces) or (piece < len(pieces) and pieces[piece] != data)
                assert refusal.more == {"expected": len(pieces)}
            else:
                assert refusal.code == "quota" and piece == len(pieces)
                assert self.size(who) + len(data) > 200 or self.size(1, 2) + len(data) > 300
        else:
            if piece == len(pieces):
                assert self.size(who) + len(data) <= 200 and self.size(1, 2) + len(data) <= 300
                pieces.append(data)
            assert pieces[piece] == data and expected == len(pieces)

    @rule(who=st.integers(1, 2), episode=st.integers(1, 2), at=st.integers(0, 20))
    def replay(self, who, episode, at):
        pieces = self.model[who, episode]
        if at < len(pieces):
            assert self.store.add(who, "x", episode, at, digest(pieces[at]), pieces[at]) == len(pieces)

    @rule(torn=st.binary(max_size=20), who=st.integers(1, 2), episode=st.integers(1, 2))
    def die_in_the_middle_of_a_piece(self, torn, who, episode):
        self.store.close()
        folder = self.folder / "participants" / f"{who:04d}-x"
        if self.model[who, episode]:
            for name in (f"episode-{episode}.jsonl", "pieces.jsonl"):
                with open(folder / name, "ab") as file:
                    file.write(torn.replace(b"\n", b""))
        self.store = Store(self.plan)

        self.hold_files(is_cut=True)

    @invariant()
    def files_hold_what_was_confirmed(self):
        self.hold_files(is_cut=False)

    def hold_files(self, *, is_cut):
        assert self.store.size == self.size(1, 2)
        for (who, episode), pieces in self.model.items():
            path = self.folder / "participants" / f"{who:04d}-x" / f"episode-{episode}.jsonl"
            found = path.read_bytes() if path.exists() else b""
            assert found == b"".join(pieces) if is_cut and pieces else found.startswith(b"".join(pieces))
            assert self.store.expected(who, episode) == len(pieces)


UploadMachine.TestCase.settings = settings(max_examples=25, stateful_step_count=25, deadline=None)
test_the_files_are_what_was_confirmed_whatever_happens = UploadMachine.TestCase


def test_a_disk_that_fails_in_the_middle_leaves_nothing_of_the_piece(tmp_path, monkeypatch):
    store = Store(plan_of(tmp_path))
    store.add(1, "x", 1, 0, digest(b"a\n"), b"a\n")

    def fails(*arguments):
        raise OSError(28, "No space left on device")

    for name in ("os.fsync", "signaling.study.journal.Journal.add"):
        monkeypatch.setattr(name, fails)
        with pytest.raises(OSError):
            store.add(1, "x", 1, 1, digest(b"bbbb\n"), b"bbbb\n")
        monkeypatch.undo()
        assert store.size == 2 and store.expected(1, 1) == 1
    assert store.add(1, "x", 1, 1, digest(b"c\n"), b"c\n") == 2
    store.close()
    assert (tmp_path / "participants/0001-x/episode-1.jsonl").read_bytes() == b"a\nc\n"


def test_a_journal_that_could_not_be_written_is_as_it_was(tmp_path, monkeypatch):
    journal = Journal(tmp_path / "j.jsonl")
    journal.add([{"a": 1}])
    monkeypatch.setattr("os.fsync", lambda handle: (_ for _ in ()).throw(OSError(5, "Input/output error")))
    with pytest.raises(OSError):
        journal.add([{"a": 2}, {"a": 3}])
    monkeypatch.undo()
    journal.add([{"a": 4}])
    assert Journal(tmp_path / "j.jsonl").events == [{"a": 1}, {"a": 4}]


def test_a_piece_that_is_too_large_is_none(tmp_path):
    uploads = Uploads(tmp_path / "0001-x")
    data = b"x" * PIECE + b"\n"
    with pytest.raises(StudyRefusal, match="at most 262144 are taken"):
        uploads.check(1, 0, digest(data), data)


def test_what_was_cut_off_in_a_journal_never_comes_back(tmp_path):
    (tmp_path / "j.jsonl").write_bytes(b'{"a":1}\n' + b'{"torn":"' + b"x" * 99)
    journal = Journal(tmp_path / "j.jsonl")
    journal.add([{"b": 2}])
    assert journal.events == [{"a": 1}] and Journal(tmp_path / "j.jsonl").events == [{"a": 1}, {"b": 2}]


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("episode-1.jsonl", b"b\n", "is not what was uploaded"),
        ("episode-1.jsonl", b"", "is not what was uploaded"),
        ("pieces.jsonl", b"{}\n", "is no journal of pieces"),
        ("pieces.jsonl", b"[]\n", "line 1: this is no event"),
        ("pieces.jsonl", b'{"episode":2,"bytes":2,"sha256":"x"}\n', "cannot be kept: No such file"),
    ],
)
def test_data_that_somebody_changed_are_never_added_to(tmp_path, name, content, said):
    uploads = Uploads(tmp_path / "0001-x")
    uploads.add(1, 0, digest(b"a\n"), b"a\n")
    (tmp_path / "0001-x" / name).write_bytes(content)
    with pytest.raises(UsageError, match=said):
        Uploads(tmp_path / "0001-x")


def test_nobody_else_reads_the_data(tmp_path):
    Store(plan_of(tmp_path / "data")).close()
    assert [stat.S_IMODE(path.stat().st_mode) for path in (tmp_path / "data", tmp_path / "data/participants")] == [0o700] * 2


def test_a_folder_that_cannot_be_used_is_told(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(UsageError, match="cannot be used"):
        Store(plan_of(tmp_path / "file"))


def test_a_manifest_is_replaced_whole_or_not_at_all(tmp_path, monkeypatch):
    target = tmp_path / "manifest.json"
    write_synced(target, b"old")
    monkeypatch.setattr("os.fsync", lambda handle: (_ for _ in ()).throw(OSError(28, "full")))
    with pytest.raises(OSError):
        write_synced(target, b"new")
    assert target.read_bytes() == b"old"
