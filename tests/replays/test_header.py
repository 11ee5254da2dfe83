"""The header: filled in from game and settings, carried exactly, and checked on both ways."""

from __future__ import annotations

import dataclasses
import platform

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rollback.config import SessionConfig
from rollback.errors import ReplayError, UsageError
from rollback.game import Bits, UInt
from rollback.replays import ReplayHeader
from rollback.replays.header import pack_header, unpack_header
from rollback.replays.limits import FORMAT
from rollback.wire.tree import pack_tree, unpack_tree

PLAIN = ReplayHeader(codecs=("uint8",), sizes=(1,))


def tree_of(header, **changes):
    return {**unpack_tree(pack_header(header)), **changes}


def test_a_header_is_filled_in_from_game_and_settings(Counter):
    config = SessionConfig(fps=30, input_delay=4, seed=7, desync_interval=16, game_version="2", extra={"map": "x"})
    header = ReplayHeader.of(Counter(), config, names=["ann", "bob"], controllers=["human", "bot"], recorded_at=1.5)
    assert header.players == 2 and header.codecs == ("uint8", "uint8") and header.sizes == (1, 1)
    assert (header.fps, header.input_delay, header.seed, header.desync_interval) == (30, 4, 7, 16)
    assert (header.game_id, header.game_version, header.extra) == ("Counter", "2", {"map": "x"})
    assert (header.names, header.controllers, header.recorded_at) == (("ann", "bob"), ("human", "bot"), 1.5)
    assert header.packages["python"] == platform.python_version()
    assert header.game.endswith(":Counter")
    assert unpack_header(pack_header(header)) == header


def test_a_game_that_no_other_process_can_import_has_no_name(Counter):
    class Hidden(Counter):
        codecs = (UInt(16), Bits(3))

    header = ReplayHeader.of(Hidden(), SessionConfig(game_id="mine"))
    assert header.game == "" and header.game_id == "mine" and header.sizes == (2, 1)
    assert ReplayHeader.of(Hidden(), SessionConfig(), name="my.game:Hidden").game == "my.game:Hidden"


@given(
    st.builds(
        ReplayHeader,
        codecs=st.just(("a", "b")),
        sizes=st.tuples(st.integers(1, 64), st.integers(1, 64)),
        names=st.one_of(st.just(()), st.tuples(st.text(max_size=9), st.text(max_size=9))),
        seed=st.integers(0, 2**63 - 1),
        recorded_at=st.one_of(st.none(), st.floats(0, 1e11)),
        extra=st.dictionaries(st.text(max_size=5), st.one_of(st.none(), st.integers(), st.text(), st.booleans()), max_size=3),
    )
)
def test_every_header_comes_back(header):
    assert unpack_header(pack_header(header)) == header


BAD = [
    ({"sizes": ()}, "sizes must be a tuple of one size per player, 1 to 16 players"),
    ({"sizes": (1,) * 17, "codecs": ("x",) * 17}, "1 to 16 players"),
    ({"sizes": [1]}, "sizes must be a tuple"),
    ({"sizes": (65,)}, "a size must be a whole number from 1 to 64, not 65"),
    ({"sizes": (True,)}, "not True"),
    ({"sizes": (1, 1)}, "codecs has 1 entries for 2 players"),
    ({"codecs": ()}, "codecs has 0 entries"),
    ({"codecs": (1,)}, "codecs must be strings"),
    ({"codecs": ("x" * 2001,)}, "strings of at most 2000 characters"),
    ({"names": ("a", "b")}, "names has 2 entries for 1 players"),
    ({"controllers": "ab"}, "controllers must be strings"),
    ({"game": None}, "game, game_id and game_version must be strings"),
    ({"fps": 0}, "fps must be a whole number from 1 to 1000, not 0"),
    ({"fps": 10**5000}, "fps must be a whole number .* not <int too large to show>"),
    ({"fps": 60.0}, "not 60.0"),
    ({"input_delay": 61}, "input_delay"),
    ({"seed": -1}, "seed"),
    ({"seed": 2**63}, "seed"),
    ({"desync_interval": None}, "desync_interval"),
    ({"recorded_at": float("nan")}, "recorded_at must be seconds since 1970 or None, not nan"),
    ({"recorded_at": 10**400}, "recorded_at"),
    ({"recorded_at": "now"}, "recorded_at"),
    ({"packages": {"a": 1}}, r"packages\['a'\] must be a plain value"),
    ({"packages": [1]}, "packages must be a mapping"),
    ({"extra": {str(place): 0 for place in range(257)}}, "extra must be a mapping of at most 256 entries"),
    ({"extra": {1: 2}}, r"extra\[1\]"),
    ({"extra": {"a": (1,)}}, "must be a plain value"),
]


@pytest.mark.parametrize("place", range(len(BAD)))
def test_a_header_that_breaks_a_rule_is_refused_by_the_writer_and_the_reader(place):
    changes, words = BAD[place]
    with pytest.raises(UsageError, match=words):
        dataclasses.replace(PLAIN, **changes)
    with pytest.raises(ReplayError, match=f"the header of the replay breaks a rule: .*{words}"):
        unpack_header(pack_tree(tree_of(PLAIN, **changes)))


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "cannot be read: truncated"),
        (b"\xc1", "cannot be read: unknown"),
        (pack_tree([]), "does not say which format"),
        (pack_tree({}), "does not say which format"),
        (pack_tree({"format": True}), "does not say which format"),
        (
            pack_tree({"format": FORMAT + 1, "new": "thing"}),
            f"has format {FORMAT + 1}, this version reads up to {FORMAT}",
        ),
        (pack_tree({"format": FORMAT}), "lacks a field, or holds one that is not known"),
        (pack_tree(tree_of(PLAIN, more=1)), "holds one that is not known"),
        (pack_tree({**tree_of(PLAIN), 1 << 20_000: 1}), "holds one that is not known"),
        (pack_tree(tree_of(PLAIN, extra={"a": "x" * 300_000})), "oversized"),
        (pack_tree(tree_of(PLAIN, extra={"a": [[[[1]]]]})), "deep"),
    ],
    ids=range(11),
)
def test_what_is_no_header_is_refused_in_a_sentence(data, words):
    with pytest.raises(ReplayError, match=words):
        unpack_header(data)


def test_a_header_too_large_to_read_is_not_written():
    with pytest.raises(UsageError, match="at most 262144 are allowed"):
        pack_header(dataclasses.replace(PLAIN, extra={"a": "x" * 300_000}))


def test_a_header_of_the_first_format_is_still_read():
    tree = unpack_tree(pack_header(ReplayHeader(codecs=("uint8",), sizes=(1,))))
    del tree["first_frame"]
    assert unpack_header(pack_tree(tree | {"format": 1})).first_frame == 0
    with pytest.raises(ReplayError, match="lacks a field"):
        unpack_header(pack_tree(tree | {"format": 2}))
