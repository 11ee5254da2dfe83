"""The archive: others open it, the same contents are the same bytes, and nothing but what `pack` writes is read."""

from __future__ import annotations

import io
import zipfile
from hashlib import sha256

import pytest

from rollback.agents.checkpoints.archive import pack, unpack
from rollback.agents.checkpoints.limits import MAX_FILE
from rollback.errors import CheckpointError

CONTENTS = {"one.npy": b"first", "two.npy": b"", "three.npy": bytes(range(256)) * 20}


def refused(data: bytes) -> str:
    with pytest.raises(CheckpointError) as caught:
        unpack(data, "it.npz")
    sentence = str(caught.value)
    assert sentence.startswith("it.npz ") and "\n" not in sentence
    return sentence


def sealed(whole: bytes) -> bytes:
    """Return an archive whose end is right, whatever comes before: with the comment's hash put in anew."""
    return whole[:-64] + sha256(whole[:-64]).hexdigest().encode()


def foreign(comment: bytes = b"", compression: int = zipfile.ZIP_STORED, **contents: bytes) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", compression) as archive:
        for name, content in contents.items():
            archive.writestr(f"{name}.npy", content)
        archive.comment = comment
    return file.getvalue()


COMMENT = b"rollback checkpoint 1 sha256:" + b"0" * 64


def test_contents_come_back_in_their_order_and_the_same_are_the_same_bytes() -> None:
    found = unpack(pack(CONTENTS), "it.npz")
    assert found == CONTENTS and list(found) == list(CONTENTS)
    assert pack(CONTENTS) == pack(dict(CONTENTS)) != pack(dict(reversed(CONTENTS.items())))


def test_every_program_that_opens_zip_files_opens_it() -> None:
    with zipfile.ZipFile(io.BytesIO(pack(CONTENTS))) as archive:
        assert archive.testzip() is None
        assert {name: archive.read(name) for name in archive.namelist()} == CONTENTS
        assert archive.comment.startswith(b"rollback checkpoint 1 sha256:")


def test_any_flipped_bit_is_refused() -> None:
    whole = bytearray(pack({"a.npy": b"abc", "b.npy": b"\x00\x01"}))
    for place in range(len(whole)):
        for bit in (0, 5):
            whole[place] ^= 1 << bit
            refused(bytes(whole))
            whole[place] ^= 1 << bit
    assert unpack(bytes(whole), "it.npz")


def test_a_file_cut_anywhere_or_with_anything_behind_it_is_refused() -> None:
    whole = pack({"a.npy": b"abc"})
    for end in range(len(whole)):
        refused(whole[:end])
    for more in (b"\x00", b"\n", whole):
        refused(whole + more)
    assert refused(b"").endswith("is empty, so no checkpoint: choose a FILE.npz that a training saved")
    assert "does not begin as an .npz file does; choose a FILE.npz that a training saved" in refused(b"PNG")
    assert "its end is cut off, or another program wrote it" in refused(whole[:-1])
    assert "is damaged: its bytes are not those that were saved" in refused(whole[:40] + b"?" + whole[41:])


def test_archives_of_others_are_refused() -> None:
    assert "another program wrote it" in refused(foreign(q=b"1"))
    assert "its archive is not built as those of checkpoints are" in refused(sealed(foreign(COMMENT, q=b"1")))


def test_a_bomb_is_refused_before_anything_inflates() -> None:
    bomb = foreign(COMMENT, zipfile.ZIP_DEFLATED, q=bytes(50_000_000))
    assert len(bomb) < 100_000
    assert "its archive is not built" in refused(sealed(bomb))


def test_contents_that_overlap_are_refused() -> None:
    whole = bytearray(pack({"a.npy": b"abc", "b.npy": b"abc"}))
    directory = whole.index(b"PK\x01\x02")
    second = whole.index(b"PK\x01\x02", directory + 1)
    whole[second + 42 : second + 46] = bytes(4)  # the second content is where the first is
    assert "its archive is not built" in refused(sealed(bytes(whole)))


@pytest.mark.parametrize(
    ("place", "value"),
    [(4, 45), (6, 1), (8, 8), (10, 1), (14, 0), (18, 2), (22, 255), (22, 2), (26, 200), (28, 4), (30, 255)],
    ids=["version", "encrypted", "deflated", "time", "sum", "size", "too large", "smaller", "long name", "extra", "no letter"],
)
def test_a_head_that_says_something_else_is_refused_under_a_right_hash_too(place: int, value: int) -> None:
    whole = bytearray(pack({"a.npy": b"abc"}))
    assert whole[place] != value
    whole[place] = value
    assert "its archive is not built" in refused(sealed(bytes(whole)))


def test_more_contents_than_a_checkpoint_has_are_refused() -> None:
    assert len(unpack(pack({f"a{number}.npy": b"" for number in range(65)}), "it.npz")) == 65
    assert "its archive is not built" in refused(pack({f"a{number}.npy": b"" for number in range(66)}))


def test_the_same_name_twice_is_refused() -> None:
    whole = pack({"a.npy": b"1", "b.npy": b"2"}).replace(b"b.npy", b"a.npy")
    assert "its archive is not built" in refused(sealed(whole))


def test_a_newer_format_is_told_with_the_line_that_mends_it() -> None:
    whole = sealed(pack({"a.npy": b"1"}).replace(b"rollback checkpoint 1 ", b"rollback checkpoint 2 "))
    assert "is a checkpoint of format 2, and this version reads 1: pip install -U rollback" in refused(whole)


def test_what_is_too_large_is_refused_by_its_size() -> None:
    assert f"more than {MAX_FILE}" in refused(b"PK\x03\x04" + bytes(MAX_FILE))
