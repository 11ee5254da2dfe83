"""Verifying: what was recorded comes out again, and what does not is named by frame and path."""

from __future__ import annotations

import io
import struct

import pytest

from rollback.config import SessionConfig
from rollback.errors import GameError
from rollback.game import Raw, UInt
from rollback.replays import Replay, ReplayHeader, ReplayWriter
from rollback.replays.chunks import Kind
from rollback.state import Difference, checksum
from rollback.types import Confirmed


def opened(data):
    return Replay.open(io.BytesIO(data))


def changed(Counter, at, change):
    """A Counter that goes wrong when frame `at` is stepped."""

    class Changed(Counter):
        frame = 0

        def step(self, actions):
            super().step(actions)
            if self.frame == at:
                change(self)
            self.frame += 1

    return Changed()


def spoil(game):
    game.ball["x"] += 1


def test_a_recording_comes_out_again(record, Counter):
    verdict = opened(record(300)).verify(Counter())
    assert verdict.ok and verdict.frames == 300 and verdict.first_bad_frame is None and verdict.differences == ()
    assert verdict.checked == 15 + 3 + 1
    assert verdict.message == "all 300 frames agree with the recording (19 states compared)"


def test_a_prefix_is_verified_and_called_one(record, Counter):
    replay = opened(record(330, close=False))
    verdict = replay.verify(Counter())
    assert verdict.ok and verdict.frames == 300 and not replay.complete
    assert verdict.message == "the 300 frames that can be read agree with the recording (19 states compared)"


@pytest.mark.parametrize("at", [0, 19, 20, 99, 137, 280])
def test_the_first_state_that_differs_is_named(record, Counter, at):
    verdict = opened(record(300, keyframes=0)).verify(changed(Counter, at, spoil))
    bad = min((at // 20 + 1) * 20, 300)
    assert not verdict.ok and verdict.first_bad_frame == bad and verdict.differences == ()
    assert verdict.message == (
        f"the state before frame {bad} differs from the recording: its checksum is another; that before frame {bad - 20} agreed"
    )


def test_a_keyframe_at_hand_names_the_path(record, Counter):
    verdict = opened(record(300)).verify(changed(Counter, 95, spoil))
    (only,) = verdict.differences
    assert not verdict.ok and verdict.first_bad_frame == 100 and verdict.frames == 100
    assert only.path == "ball.x" and only.right == only.left + 1
    assert verdict.message == (
        f"the state before frame 100 differs from the recording: ball.x: {only.left} != {only.right}"
        " (recorded != simulated); that before frame 80 agreed"
    )


def test_the_next_keyframe_names_the_path_when_a_checksum_differs_first(record, Counter):
    verdict = opened(record(300)).verify(changed(Counter, 105, spoil))
    assert verdict.first_bad_frame == 120 and verdict.frames == 200
    assert [difference.path for difference in verdict.differences] == ["ball.x"]
    assert "before frame 120 differs from the recording: at the next keyframe, before frame 200, ball.x: " in verdict.message


def test_a_crash_on_the_way_to_the_next_keyframe_hides_nothing(record, Counter):
    game = changed(Counter, 105, lambda game: setattr(game, "ball", {"x": None, "y": 0}))
    verdict = opened(record(300, sums=1)).verify(game)
    assert verdict.first_bad_frame == 106 and verdict.differences == () and "its checksum is another" in verdict.message


def test_many_differences_are_counted_not_listed(record, Counter):
    game = changed(Counter, 95, lambda game: game.load({"dice": 0, "score": (-1, -1), "ball": {"x": -9, "y": -9}}))
    verdict = opened(record(300)).verify(game)
    assert len(verdict.differences) > 3 and verdict.message.count("!=") == 3 + 1 and " and more" in verdict.message


def test_a_difference_after_the_last_checksum_shows_in_the_final_one(record, Counter):
    verdict = opened(record(299, sums=100)).verify(changed(Counter, 298, spoil))
    assert not verdict.ok and verdict.first_bad_frame == 299


def test_a_wrong_state_from_the_start_says_that_nothing_agreed(record, Counter):
    class Other(Counter):
        def reset(self, seed):
            super().reset(seed + 1)

    verdict = opened(record(100)).verify(Other())
    assert verdict.first_bad_frame == 0 and verdict.differences == (Difference("dice", 11, 12),)
    assert verdict.message.endswith("no earlier one was compared")


def test_a_recorded_input_that_was_another_is_found(Counter, header):
    file = io.BytesIO()
    game = Counter()
    game.reset(header.seed)
    with ReplayWriter(file, header) as writer:
        for frame in range(100):
            actions = (frame % 7, 1)
            written = (3, 1) if frame == 30 else actions
            writer.checksum(frame, checksum(game.save()))
            writer.add(Confirmed(frame, (), tuple(bytes([action]) for action in written)))
            game.step(actions)
    verdict = opened(file.getvalue()).verify(Counter())
    assert not verdict.ok and verdict.first_bad_frame == 31


def test_nothing_to_compare_is_not_called_agreement(record, Counter):
    verdict = opened(record(100, sums=0, keyframes=0, close=False)).verify(Counter())
    assert not verdict.ok and verdict.first_bad_frame is None and verdict.checked == 0
    assert verdict.message == "nothing to compare: 60 frames were simulated, but the recording holds no checksum of them"


def test_a_checksum_past_the_last_frame_is_none_that_could_be_right(header, Counter):
    file = io.BytesIO()
    game = Counter()
    game.reset(header.seed)
    with ReplayWriter(file, header) as writer:
        writer.checksum(0, checksum(game.save()))
        writer.checksum(5, 1)
        writer.keyframe(6, {})
        writer.add(Confirmed(0, (), (b"\0", b"\0")))
    verdict = opened(file.getvalue()).verify(Counter())
    assert not verdict.ok and verdict.checked == 1 and verdict.frames == 1 and verdict.first_bad_frame == 5
    assert verdict.message == "there is a checksum of frame 5 in the recording, which goes from 0 to 1"


def test_frames_that_nothing_is_compared_with_are_told(header, Counter):
    file = io.BytesIO()
    game = Counter()
    game.reset(header.seed)
    with ReplayWriter(file, header) as writer:
        writer.checksum(0, checksum(game.save()))
        for frame in range(9):
            writer.add(Confirmed(frame, (), (b"\0", b"\0")))
    verdict = opened(file.getvalue()).verify(Counter())
    assert verdict.ok and verdict.agreed == 0
    assert verdict.message.endswith("(1 states compared); with nothing to compare the frames from 0 on")


@pytest.mark.parametrize("name", ["step", "save", "reset"])
def test_a_game_that_raises_is_an_answer(record, Counter, name):
    game = Counter()

    def broken(*_):
        raise ZeroDivisionError("oh")

    setattr(game, name, broken)
    verdict = opened(record(100)).verify(game)
    assert not verdict.ok and verdict.first_bad_frame == 0
    assert verdict.message == f"{name}() raised ZeroDivisionError at frame 0: oh"


def test_a_game_that_is_over_early_is_not_stepped_any_further(record, Counter):
    class Short(Counter):
        frame = 0

        @property
        def over(self):
            return self.frame == 70

        def step(self, actions):
            assert not self.over
            super().step(actions)
            self.frame += 1

    verdict = opened(record(100)).verify(Short())
    assert not verdict.ok and verdict.first_bad_frame == 70
    assert verdict.message == "the game is over before frame 70, the recording goes on"
    assert opened(record(70)).verify(Short()).ok  # over exactly where the recording ends


def test_a_game_without_reset_is_taken_as_it_is(header):
    class Fresh:
        players = 2
        value = 5

        def step(self, actions):
            self.value += sum(actions)

        def save(self):
            return self.value

        def load(self, state):
            self.value = state

    file = io.BytesIO()
    with ReplayWriter(file, header) as writer:
        writer.add(Confirmed(0, (), (b"\1", b"\2")))
        writer.close(checksum(8))
    assert opened(file.getvalue()).verify(Fresh()).ok


def test_only_the_digest_counts_where_there_is_one(record, Counter):
    class Digested(Counter):
        sparks = 0  # in the snapshot, but not the same everywhere

        def save(self):
            return {**super().save(), "sparks": self.sparks}

        def load(self, state):
            super().load(state)
            self.sparks = state["sparks"]

        def digest(self):
            return super().save()

    class Sparkling(Digested):
        def step(self, actions):
            super().step(actions)
            self.sparks += 1

    file = record(330, game=Digested(), sums=0, close=False)
    game = Sparkling()
    assert opened(file).verify(game).ok
    assert game.sparks == 300  # what it had itself, not what the last keyframe holds
    assert opened(file).verify(Digested()).checked == 4
    bad = opened(file).verify(changed(Sparkling, 95, spoil))
    assert bad.first_bad_frame == 100 and [difference.path for difference in bad.differences] == ["ball.x"]


def test_an_opaque_state_without_a_digest_is_named(record, Counter):
    class Opaque(Counter):
        def save(self):
            return {"object": object()}

    for keyframes in (0, 100):
        with pytest.raises(GameError, match=r"Opaque cannot be verified without a digest\(\).* object is of type"):
            opened(record(100, keyframes=keyframes)).verify(Opaque())


@pytest.mark.parametrize("codecs", [(UInt(8), UInt(16)), (Raw(1), Raw(1))])
def test_another_game_is_refused_with_both_codecs(record, Counter, codecs):
    game = Counter()
    game.codecs = codecs
    with pytest.raises(GameError, match=r"the replay is of Counter with the codecs uint8, uint8, but Counter has "):
        opened(record(10)).verify(game)


def test_what_a_file_says_of_its_game_steers_no_terminal(Counter):
    header = ReplayHeader(codecs=("a\x1b[2Jb" + "c" * 1900, "\x9d0;d\x07"), sizes=(1, 1), game_id="\x1b]0;e\x07\u202ef")
    with pytest.raises(GameError, match=r"the replay is of \?\]0;e\?\?f with the codecs a\?\[2Jb") as caught:
        Replay(header).verify(Counter())
    assert str(caught.value).isprintable() and len(str(caught.value)) < 400


def test_a_codec_whose_actions_can_change_decodes_every_frame(Counter):
    class Mutable:
        size = 1

        def encode(self, action):
            return bytes(action)

        def decode(self, data):
            return [data[0]]

        def describe(self):
            return "mutable"

    class Greedy(Counter):
        codecs = (Mutable(), Mutable())

        def step(self, actions):
            super().step([action.pop() for action in actions])  # a second use would find nothing

    game = Greedy()
    header = ReplayHeader.of(game, SessionConfig())
    file = io.BytesIO()
    with ReplayWriter(file, header) as writer:
        for frame in range(20):
            writer.add(Confirmed(frame, (), (b"\1", b"\2")))
            game.step([[1], [2]])
        writer.close(checksum(game.save()))
    assert opened(file.getvalue()).verify(Greedy()).ok


def test_a_keyframe_that_cannot_be_read_is_an_answer(Counter, header):
    class Torn(ReplayWriter):
        def keyframe(self, frame, state):
            self._put(Kind.KEYFRAME, struct.pack("<II", frame, 5) + b"nonsense")
            return True

    file = io.BytesIO()
    with Torn(file, header) as writer:
        writer.keyframe(0, None)
    verdict = opened(file.getvalue()).verify(Counter())
    assert not verdict.ok and "the keyframe of frame 0 cannot be read" in verdict.message
