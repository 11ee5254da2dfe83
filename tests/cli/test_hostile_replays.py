"""Replay files made to do harm, whole and right in their form: each command answers with a sentence, and soon."""

from __future__ import annotations

import io
import random
import zlib

import pytest

from rollback import Confirmed, SessionConfig
from rollback.cli.field import field_lines, picture_of
from rollback.cli.palette import Palette
from rollback.cli.replay_show import replay_lines
from rollback.cli.replay_values import replay_values
from rollback.cli.replay_watch import Watching
from rollback.errors import ReplayError, RollbackError, UsageError
from rollback.game import codecs_of
from rollback.games import Duel, Pong
from rollback.replays import Replay, ReplayHeader, ReplayWriter
from rollback.replays.chunks import MAGIC, Kind, pack_chunk
from rollback.replays.header import pack_header
from rollback.replays.pictures import picture_of as drawn
from rollback.state import checksum

NUMBERS = [float("nan"), float("inf"), -1, 10**18, 2**70, 10**4000, 1e300, -1e300, 0, 0.5, -0.0, True]
OTHERS = ["x", "\x1b]0;x\x07", b"", None, [], (), {}, [1] * 5, [[[]]], {"a": 1}, {1: 2}, "\ud800"]
DATA = [
    None,
    {"players": [0, 1, 99]},
    {"player": -1},
    {"frame": 2**40},
    {"peer": "\x1b]0;x\x07", "frame": -5, "differences": [["\x1b[2J", 1, 2], [], 5, None]},
    {"inputs": [[1, [["a", "b"]]], [1, []], 5]},
    {"inputs": [[2, []], [10**4000, [[b"", None]]]], "players": 5},
]
KINDS = ["cut", "took over", "peer joined", "desync", "resynced", "paused", "\x1b[2J"]
KEYS = "|next|end|begin|forward|back|page on|7|percent|9|9|9|9|go|previous|faster|pause".split("|")
PLAIN = Palette("none")


def paths(tree, path=()):
    yield path
    entries = tree.items() if isinstance(tree, dict) else enumerate(tree) if isinstance(tree, list | tuple) else ()
    for key, value in entries:
        yield from paths(value, (*path, key))


def changed(tree, path, value):
    if not path:
        return value
    inside = changed(tree[path[0]], path[1:], value)
    if isinstance(tree, dict):
        return {**tree, path[0]: inside}
    return type(tree)([inside if place == path[0] else each for place, each in enumerate(tree)])


def spoiled(state, dice):
    for _ in range(dice.choice([1, 1, 3])):
        state = changed(state, dice.choice(list(paths(state))), dice.choice(NUMBERS + OTHERS))
    return state


def forged(kind, dice):
    """Return a file whose chunks are all right, and whose states and events are not."""
    game, file = kind(), io.BytesIO()
    game.reset(5)
    codecs = codecs_of(game)
    first = dice.choice([0, 40, 40])
    names = ("\x1b[2Jann", "b\x07b")
    header = ReplayHeader.of(
        game, SessionConfig(), first_frame=first, names=names, recorded_at=dice.choice([None, 1e11, -1e11])
    )
    writer = ReplayWriter(file, header)
    if first:
        writer.keyframe(first, spoiled(game.save(), dice))
    for frame in range(first, first + 60):
        if frame == first + 30:
            writer.keyframe(frame, spoiled(game.save(), dice))
            for _ in range(4):
                writer.event(dice.choice([0, frame, 10_000_000]), dice.choice(KINDS), dice.choice(DATA))
        actions = tuple(codec.decode(dice.randbytes(codec.size)) for codec in codecs)
        game.step(actions)
        writer.add(Confirmed(frame, actions, tuple(map(bytes, [c.encode(a) for c, a in zip(codecs, actions, strict=True)]))))
        if frame % 20 == 0:
            writer.checksum(frame + 1, dice.choice([checksum(game.save()), 1]))
    writer.close(1, "\x1b[2Jend")
    return file.getvalue()


def watched(replay, values):
    watching = Watching(replay, replay.play(), values)
    for key in KEYS:
        if key:
            watching.press(key)
        watching.advance(0.05)
        assert all(line.isprintable() for line in watching.lines((100, 30), PLAIN))


@pytest.mark.parametrize("seed", range(40))
def test_whatever_states_and_events_a_file_holds_every_command_answers_in_words(seed, tmp_path):
    dice = random.Random(seed)
    kind = (Pong, Duel)[seed % 2]
    replay = Replay.open(io.BytesIO(forged(kind, dice)))
    values = replay_values(replay)
    assert all(line.isprintable() for line in replay_lines("file", values))
    does = [
        lambda: replay.verify(kind()).message,
        lambda: replay.seek(replay.end),
        lambda: replay.seek(replay.first + 29),
        lambda: [frame for frame, _ in replay.play()],
        lambda: watched(replay, values),
        lambda: replay.export(tmp_path / "a.jsonl"),
        lambda: replay.export(tmp_path / "a.npz"),
        lambda: replay.export(tmp_path / "a.png", size=(64, 64), first=replay.first + 30),
        lambda: replay.export(tmp_path / "a.gif", size=(32, 32), every=30),
    ]
    for do in does:
        try:
            told = do()
        except RollbackError as error:
            told = str(error)
        assert not isinstance(told, str) or told.isprintable()
    assert not list(tmp_path.glob("*.part"))


def test_a_state_that_cannot_be_drawn_is_a_sentence(tmp_path):
    game, file = Pong(), io.BytesIO()
    game.reset(1)
    writer = ReplayWriter(file, ReplayHeader.of(game, SessionConfig(), first_frame=9))
    state = game.save()
    writer.keyframe(9, {name: [] for name in state} if isinstance(state, dict) else type(state)([[]] * len(state)))
    writer.close(None, "end")
    replay = Replay.open(io.BytesIO(file.getvalue()))
    with pytest.raises(ReplayError, match=r"cannot be drawn|load\(\) raised"):
        replay.export(tmp_path / "a.png")


class Ill:
    def __init__(self, *primitives):
        self.primitives = primitives

    def draw(self):
        if not self.primitives:
            raise KeyError("x")
        return self.primitives


@pytest.mark.parametrize(
    "game", [Ill(), Ill(("rect", "x", 0, 1, 1, "#fff")), Ill(("circle", float("nan"), 0, 1, "#fff")), Ill(("line",))]
)
def test_a_terminal_shows_that_a_state_cannot_be_drawn_and_goes_on(game):
    lines = field_lines(picture_of(game), 40, 6, PLAIN)
    assert len(lines) == 6 and any("cannot be drawn" in line for line in lines)


@pytest.mark.parametrize(
    "primitive",
    [
        ("circle", 0.5, 0.5, 1e4, "#fff"),
        ("line", -1e9, 0, 1e9, 1, 0.01, "#fff"),
        ("line", 0, 0, 1, 1, 1e4, "#fff"),
        ("text", 0.5, 0.5, 0.1, "x" * 1_000_000, "#fff"),
    ],
)
@pytest.mark.timeout(30)
def test_shapes_of_any_size_are_painted_in_a_moment(primitive):
    pytest.importorskip("PIL")
    assert drawn(Ill(primitive), (480, 300)).size == (480, 300)


def claiming(frames, sizes):
    """Return a small file that claims very many frames."""
    header = ReplayHeader(codecs=tuple(f"raw{size}" for size in sizes), sizes=sizes)
    chunk, crc = pack_chunk(Kind.HEADER, pack_header(header), zlib.crc32(MAGIC))
    out = [MAGIC, chunk]
    for first in range(0, frames, 600):
        chunk, crc = pack_chunk(Kind.INPUTS, first.to_bytes(4, "little") + (600).to_bytes(2, "little"), crc)
        out.append(chunk)
    return b"".join(out)


@pytest.mark.parametrize("ending", ["npz", "jsonl"])
def test_a_small_file_that_claims_very_many_frames_fills_no_memory_and_no_disk(ending, tmp_path):
    data = claiming(600_000, (64,) * 16)
    replay = Replay.open(io.BytesIO(data))
    assert len(data) < 20_000 and replay.frames == 600_000
    with pytest.raises(UsageError, match="take fewer frames, by first and until"):
        replay.export(tmp_path / f"a.{ending}")
    assert list(tmp_path.iterdir()) == []
    assert replay.export(tmp_path / f"a.{ending}", until=100) == 100
