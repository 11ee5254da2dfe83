"""Other formats: what is written can be read again, and says what the recording says."""

from __future__ import annotations

import io
import json
import sys

import numpy as np
import pytest
from PIL import Image

from rollback.config import SessionConfig
from rollback.errors import MissingPackage, ReplayError, UsageError
from rollback.game import Raw, UInt
from rollback.games import Pong
from rollback.games.bots import act_with, bot_for
from rollback.games.drawing import ASPECT, BACKGROUND, COLOURS, circle, line, rect, text
from rollback.replays import Replay, ReplayHeader, ReplayWriter, export, pictures
from rollback.state import checksum
from rollback.types import Confirmed


@pytest.fixture(scope="module")
def pong():
    """Four seconds of Pong between its bots, with an event."""
    game, file = Pong(), io.BytesIO()
    game.reset(5)
    acts = [act_with(bot_for(game, player, 1)) for player in (0, 1)]
    with ReplayWriter(file, ReplayHeader.of(game, SessionConfig(seed=5), names=("ann", "bob"))) as writer:
        for frame in range(240):
            if frame % 60 == 0:
                writer.checksum(frame, checksum(game.save()))
            if frame == 70:
                writer.event(70, "paused", {"peer": "bob", "reason": "lunch"})
            actions = tuple(act(game, player) for player, act in enumerate(acts))
            writer.add(Confirmed(frame, actions, tuple(c.encode(a) for c, a in zip(game.codecs, actions, strict=True))))
            game.step(actions)
        writer.close(checksum(game.save()), "end_at")
    return file.getvalue()


def opened(data):
    return Replay.open(io.BytesIO(data))


class Pixels:
    """Renders arrays and draws nothing; the recordings of `Counter` fit it."""

    players = 2
    codecs = (UInt(8), UInt(8))

    def __init__(self, render=None):
        self.total, self.given = 0, render

    def step(self, actions):
        self.total += sum(actions)

    def save(self):
        return {"total": self.total}

    def load(self, state):
        self.total = state["total"]

    def render(self):
        if self.given is not None:
            return self.given
        return np.full((8, 10, 3), self.total % 256, np.uint8)


def test_a_line_a_frame_holds_inputs_actions_checksums_and_events(pong, tmp_path):
    replay = opened(pong)
    assert replay.export(tmp_path / "a.jsonl") == 240
    lines = [json.loads(each) for each in (tmp_path / "a.jsonl").read_text().splitlines()]
    assert [each["frame"] for each in lines] == [*range(240)]
    for told in lines:
        frame = told["frame"]
        assert [bytes.fromhex(data) for data in told["inputs"]] == [*replay.inputs(frame)]
        assert [tuple(action) for action in told["actions"]] == [
            codec.decode(data) for codec, data in zip(Pong.codecs, replay.inputs(frame), strict=True)
        ]
        assert told.get("checksum") == (f"{replay.checksums[frame]:016x}" if frame % 60 == 0 else None)
    assert lines[70]["events"] == [{"kind": "paused", "data": {"peer": "bob", "reason": "lunch"}}]
    assert sum("events" in each for each in lines) == 1


def test_lines_of_a_game_that_is_not_known_hold_inputs_alone(record, tmp_path, Counter):
    replay = opened(record(50))
    replay.export(tmp_path / "a.jsonl", first=10, until=20, every=2)
    lines = [json.loads(each) for each in (tmp_path / "a.jsonl").read_text().splitlines()]
    assert [each["frame"] for each in lines] == [10, 12, 14, 16, 18] and not any("actions" in each for each in lines)
    replay.export(tmp_path / "a.jsonl", Counter(), until=1)
    assert json.loads((tmp_path / "a.jsonl").read_text())["actions"] == [data[0] for data in replay.inputs(0)]


def test_arrays_are_read_without_pickle_and_say_the_same(pong, tmp_path):
    replay = opened(pong)
    assert replay.export(tmp_path / "a.npz", first=30, every=3) == 70
    with np.load(tmp_path / "a.npz", allow_pickle=False) as arrays:
        inputs, frames = arrays["inputs"], arrays["frames"]
        assert inputs.shape == (70, 2, 1) and inputs.dtype == np.uint8 and [*frames] == [*range(30, 240, 3)]
        for row, frame in zip(inputs, frames, strict=True):
            assert [bytes(data) for data in row] == [*replay.inputs(int(frame))]
        told = dict(zip(arrays["checksum_frames"].tolist(), arrays["checksums"].tolist(), strict=True))
        assert told == {frame: value for frame, value in replay.checksums.items() if frame >= 30}
        assert json.loads(str(arrays["events"])) == [
            {"frame": 70, "kind": "paused", "data": {"peer": "bob", "reason": "lunch"}}
        ]
        assert json.loads(str(arrays["header"]))["names"] == ["ann", "bob"]


def test_inputs_of_different_widths_have_an_array_each(tmp_path):
    file = io.BytesIO()
    with ReplayWriter(file, ReplayHeader(codecs=(Raw(2).describe(), Raw(3).describe()), sizes=(2, 3))) as writer:
        for frame in range(5):
            writer.add(Confirmed(frame, (), (bytes([frame, 1]), bytes([2, frame, 3]))))
    opened(file.getvalue()).export(tmp_path / "a.npz")
    with np.load(tmp_path / "a.npz", allow_pickle=False) as arrays:
        assert arrays["inputs_0"].tolist() == [[frame, 1] for frame in range(5)]
        assert arrays["inputs_1"].tolist() == [[2, frame, 3] for frame in range(5)] and "inputs" not in arrays


def test_a_gif_shows_the_match_at_its_speed(pong, tmp_path):
    told = []
    count = opened(pong).export(tmp_path / "a.gif", size=(160, 100), progress=lambda done, of: told.append((done, of)))
    assert count == 81 and told[-1] == (81, 81) and len(told) == 81
    with Image.open(tmp_path / "a.gif") as image:
        assert image.size == (160, 100) and 60 <= image.n_frames <= 81  # pictures that are the same are one
        total = 0
        for number in range(image.n_frames):
            image.seek(number)
            total += image.info["duration"]
    assert total == pytest.approx(1000 * 81 * 3 / 60, abs=20)


def test_a_png_shows_one_state(pong, tmp_path):
    replay = opened(pong)
    for frame, name in ((None, "last"), (240, "end"), (100, "middle")):
        assert replay.export(tmp_path / f"{name}.png", first=frame, size=(320, 200)) == 1
    last, end, middle = ((tmp_path / f"{name}.png").read_bytes() for name in ("last", "end", "middle"))
    assert last == end != middle
    game = Pong()
    replay.seek(100, game)
    with Image.open(tmp_path / "middle.png") as image:
        assert image.size == (320, 200)
        down = round((2 / 18 + (game.paddles[0] + 10_000) / 24_000) * 200)
        assert image.convert("RGB").getpixel((11, down)) == (0x4C, 0xC9, 0xF0), "the left paddle is where it was"
        assert image.convert("RGB").getpixel((60, 60)) == (0x10, 0x12, 0x1A)


def test_every_primitive_is_drawn_where_the_games_say():
    class Drawing:
        def draw(self):
            return [
                rect(0, 0, 0.5, 0.5, "red"),
                circle(0.75, 0.25, 0.2, "lime"),
                line(0.1, 0.75, 0.4, 0.75, 0.1, "#0000ff"),
                text(0.75, 0.75, 0.3, "\u25cf8", "white", "center"),
            ]

    image = pictures.picture_of(Drawing(), (160, 100))
    colours = [image.getpixel(place) for place in ((40, 25), (120, 25), (40, 75), (120, 1), (2, 98))]
    assert colours == [(255, 0, 0), (0, 255, 0), (0, 0, 255), (0x10, 0x12, 0x1A), (0x10, 0x12, 0x1A)]
    light = [image.getpixel((x, y)) for x in range(90, 150) for y in range(60, 90)]
    assert any(min(colour) > 200 for colour in light), "the text"


@pytest.mark.parametrize("colour", COLOURS)
def test_the_names_of_colours_mean_what_the_games_mean_by_them(colour):
    class Drawing:
        def draw(self):
            return [rect(0, 0, 1, 1, colour)]

    assert pictures.picture_of(Drawing(), (16, 16)).getpixel((8, 8)) == COLOURS[colour]


def test_the_surface_is_that_of_the_drawing_primitives():
    assert pictures.BACKGROUND == BACKGROUND and export.SIZE[0] / export.SIZE[1] == ASPECT


def test_arrays_that_a_game_renders_are_pictures_too(record, tmp_path):
    replay = opened(record(30))
    replay.export(tmp_path / "a.png", Pixels(), first=30, size=(40, 32))
    with Image.open(tmp_path / "a.png") as image:
        total = sum(data[0] for row in replay for data in row)
        assert image.size == (40, 32) and image.getpixel((20, 16)) == (total % 256,) * 3


@pytest.mark.parametrize("render", ["text", np.zeros((4, 4)), np.zeros((4, 4, 2), np.uint8), np.zeros(3, np.uint8), 7])
def test_a_game_without_pictures_is_one_sentence_and_leaves_no_file(record, tmp_path, render):
    with pytest.raises(UsageError, match="Pixels makes no pictures: it needs draw"):
        opened(record(30)).export(tmp_path / "a.gif", Pixels(render))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("name", "options", "words"),
    [
        ("a.mp4", {}, "does not say what to write: let it end in .gif, .png, .jsonl, .npz"),
        ("a", {}, "does not say what to write"),
        ("a.gif", {"first": -1}, "first must be a frame from 0 to 240, not -1"),
        ("a.gif", {"first": 20, "until": 20}, "there is nothing to show from frame 20 until frame 20"),
        ("a.jsonl", {"until": 241}, "until must be a frame from 0 to 240, not 241"),
        ("a.npz", {"every": 0}, "every must be a whole number from 1 on, not 0"),
        ("a.npz", {"first": "1"}, "first must be a frame"),
        ("a.gif", {"speed": 0}, "speed must be a number above 0"),
        ("a.png", {"size": (10, 10)}, "the size of a picture is its width and height in pixels, 16 to 4096 each"),
    ],
)
def test_what_cannot_be_written_is_one_sentence(pong, tmp_path, name, options, words):
    with pytest.raises(UsageError, match=words):
        opened(pong).export(tmp_path / name, **options)
    assert list(tmp_path.iterdir()) == []


def test_too_many_pictures_are_refused_with_the_way_out(pong, tmp_path, monkeypatch):
    monkeypatch.setattr(export, "MOST_PICTURES", 50)
    with pytest.raises(UsageError, match=r"81 pictures are too many for one GIF, at most 50 .* only every 5th"):
        opened(pong).export(tmp_path / "a.gif")


def test_without_pillow_it_is_said_what_to_install(pong, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "PIL", None)
    with pytest.raises(MissingPackage, match=r'needs the package pillow: pip install "rollback\[export\]"'):
        opened(pong).export(tmp_path / "a.gif")
    assert opened(pong).export(tmp_path / "a.jsonl") == 240, "the others need none"


def test_a_folder_that_is_not_there_is_one_sentence(pong, tmp_path):
    with pytest.raises(ReplayError, match="cannot be written: No such file"):
        opened(pong).export(tmp_path / "none" / "a.npz")
