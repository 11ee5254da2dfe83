from __future__ import annotations

import random

import pytest

from rollback.config import SessionConfig
from rollback.core.session import P2PSession
from rollback.errors import ReplayError
from rollback.netplay import recorder as module
from rollback.netplay.recorded_events import TEXT
from rollback.netplay.recorder import Recorder
from rollback.replays import Replay, StandIn
from rollback.state import Difference, checksum
from rollback.types import (
    Cut,
    DesyncFound,
    Ended,
    Local,
    Paused,
    PeerInterrupted,
    PeerJoined,
    PeerLeft,
    PeerLost,
    Remote,
    Resumed,
    Resynced,
    TookOver,
)
from tests.netplay.peers import Mix, press


class Opaque(Mix):
    """A game whose snapshots are no state trees."""

    def save(self):
        return object.__new__(Opaque), dict(value=self.value, steps=self.steps)

    def load(self, state):
        super().load(state[1])


class Digested(Opaque):
    def digest(self):
        return [self.value, self.steps]


class Duo:
    """Two sessions whose datagrams take `delay` ticks."""

    def __init__(self, tmp_path, *, make=Mix, delay=3, frames=None, name="ann.rbr", **settings):
        settings = {"seed": 11, "desync_interval": 16, "input_delay": 0} | settings
        self.sessions = {}
        for me, peer in enumerate(("ann", "bob")):
            seats = [Local("bot"), Remote("bob")] if me == 0 else [Remote("ann"), Local("human")]
            self.sessions[peer] = P2PSession(make(), seats, SessionConfig(**settings), nonce=me + 1)
            if frames is not None:
                self.sessions[peer].end_at(frames)
        self.ann = self.sessions["ann"]
        self.recorder = Recorder(
            self.ann,
            tmp_path / name if name else None,
            names=("Ann", "Bob"),
            game_name="games:Mix",
            recorded_at=1234.5,
            room="RIVER",
            bundles=tmp_path,
        )
        self.delay = delay
        self.tick = 0
        self.flying = []
        self.cut = False

    def step(self):
        self.tick += 1
        now = self.tick / 60
        while self.flying and self.flying[0][0] <= self.tick:
            _, sender, receiver, datagram = self.flying.pop(0)
            self.sessions[receiver].receive(sender, datagram)
        for me, (name, session) in enumerate(self.sessions.items()):
            tick = session.tick({me: press(session.game, me)}, now=now)
            if not self.cut:
                self.flying += [(self.tick + self.delay, name, to, datagram) for to, datagram in session.outgoing(now=now)]
            if name == "ann":
                for event in session.events():
                    self.recorder.event(event)
                if tick.reason != "synchronizing":
                    self.recorder.take()

    def run(self, until):
        for _ in range(2000):
            if until():
                return self
            self.step()
        raise AssertionError("it never came to that")

    def to_frame(self, frame):
        return self.run(lambda: self.ann.settled >= frame)


def test_a_match_is_recorded_from_first_to_last(tmp_path):
    duo = Duo(tmp_path, frames=100)
    duo.run(lambda: duo.ann.finished)
    duo.recorder.close(Ended("end_at", 100))
    assert duo.ann.stats().rollbacks > 0  # the premise
    replay = Replay.open(duo.recorder.path)
    assert replay.complete and replay.frames == 100 == duo.recorder.frames
    assert sorted(replay.checksums) == [0, 16, 32, 48, 64, 80, 96]
    assert replay.final_checksum == checksum(duo.ann.game.save())
    verdict = replay.verify(Mix())
    assert verdict.ok and verdict.checked == 8
    header = replay.header
    assert (header.names, header.controllers) == (("Ann", "Bob"), ("bot", "human"))
    assert (header.game, header.seed, header.recorded_at) == ("games:Mix", 11, 1234.5)


def test_every_input_is_the_one_that_was_settled(tmp_path):
    duo = Duo(tmp_path, frames=60)
    settled = duo.ann.subscribe()
    duo.run(lambda: duo.ann.finished)
    duo.recorder.close()
    assert list(Replay.open(duo.recorder.path)) == [tuple(confirmed.inputs) for confirmed in settled]


def test_an_early_end_keeps_what_has_settled_and_its_last_state(tmp_path):
    duo = Duo(tmp_path)
    duo.to_frame(40)
    settled = duo.ann.settled
    assert settled + 1 < duo.ann.frame  # the premise: the present stands on guesses
    duo.recorder.close(Ended("left", duo.ann.frame))
    replay = Replay.open(duo.recorder.path)
    assert replay.complete and replay.frames == settled + 1
    assert replay.final_checksum is not None
    assert replay.verify(Mix()).ok


def test_a_wrong_state_would_be_noticed(tmp_path):
    duo = Duo(tmp_path)
    duo.to_frame(40)
    duo.recorder.close()

    class Other(Mix):
        def step(self, actions):
            super().step(actions)
            self.value += self.steps == 20

    verdict = Replay.open(duo.recorder.path).verify(Other())
    assert not verdict.ok and verdict.first_bad_frame == 32


def test_without_checksums_the_last_state_still_counts(tmp_path):
    duo = Duo(tmp_path, frames=30, desync_interval=0)
    duo.run(lambda: duo.ann.finished)
    duo.recorder.close()
    replay = Replay.open(duo.recorder.path)
    assert not replay.checksums and replay.verify(Mix()).checked == 1


@pytest.mark.parametrize("save", ["every", "sparse"])
@pytest.mark.parametrize("make", [Mix, Digested])
def test_sparse_snapshots_and_digests_are_recorded_too(tmp_path, make, save):
    duo = Duo(tmp_path, make=make, frames=64, save=save)
    duo.run(lambda: duo.ann.finished)
    duo.recorder.close()
    replay = Replay.open(duo.recorder.path)
    assert sorted(replay.checksums) == [0, 16, 32, 48, 64]
    assert replay.verify(make()).ok


def test_an_opaque_game_is_recorded_without_checksums(tmp_path):
    duo = Duo(tmp_path, make=Opaque, desync_interval=0)
    duo.to_frame(20)
    duo.recorder.close()
    replay = Replay.open(duo.recorder.path)
    assert replay.complete and replay.frames > 20 and replay.final_checksum is None
    assert not duo.recorder.problem


def test_events_that_tell_how_it_went_are_in_the_file(tmp_path):
    duo = Duo(tmp_path)
    duo.to_frame(20)
    differences = tuple(Difference(f"a[{n}]", n, n + 1) for n in range(100))
    for event in (
        PeerInterrupted("bob"),
        PeerLeft("bob", (1,), "left"),
        PeerLost("bob", (1,), "x" * 5000),
        DesyncFound(16, "bob", differences),
    ):
        duo.recorder.event(event)
    duo.recorder.close()
    left, lost, desync = Replay.open(duo.recorder.path).events
    assert (left.kind, left.data) == ("peer left", {"peer": "bob", "players": [1], "reason": "left"})
    assert left.frame == duo.recorder.frames
    assert lost.kind == "peer lost" and len(lost.data["reason"]) == TEXT
    assert desync.data["differences"][0] == "a[0]: 0 != 1" and len(desync.data["differences"]) == 32


def test_a_flood_of_events_stays_bounded(tmp_path):
    duo = Duo(tmp_path)
    duo.to_frame(20)
    for _ in range(20_000):
        duo.recorder.event(PeerLeft("bob", (1,), "left"))
    duo.recorder.close()
    assert not duo.recorder.problem
    assert duo.recorder.path.stat().st_size < 4 * 2**20
    assert Replay.open(duo.recorder.path).complete


def test_a_match_that_never_began_leaves_no_file_and_keeps_an_old_one(tmp_path):
    (tmp_path / "ann.rbr").write_bytes(b"the last match")
    duo = Duo(tmp_path)
    duo.step()
    duo.recorder.event(PeerLeft("bob", (1,), "left"))
    duo.recorder.close(Ended("left", 0))
    assert not duo.recorder.began
    assert (tmp_path / "ann.rbr").read_bytes() == b"the last match"


def test_closing_twice_and_taking_after_it_is_harmless(tmp_path):
    duo = Duo(tmp_path)
    duo.to_frame(20)
    duo.recorder.close(Ended("left", 20))
    size = duo.recorder.path.stat().st_size
    duo.recorder.close(Ended("over", 99))
    duo.to_frame(40)
    assert duo.recorder.path.stat().st_size == size


def test_a_full_disk_ends_the_recording_and_not_the_match(tmp_path):
    duo = Duo(tmp_path, frames=200)
    duo.to_frame(20)

    class Full:
        def write(self, data):
            raise OSError(28, "no space left on device")

        def close(self):
            closed.append(True)

    closed = []
    duo.recorder._tape._copies._file.close()
    duo.recorder._tape._copies._file = Full()
    duo.run(lambda: duo.ann.finished)
    duo.recorder.close(Ended("end_at", 200))
    assert "no space left" in duo.recorder.problem
    assert closed == [True]
    replay = Replay.open(duo.recorder.path)
    assert not replay.complete and replay.frames < 200
    found = duo.recorder.event(DesyncFound(192, "bob"))
    assert Replay.open(found.bundle).frames == 200, "memory goes on"


def test_without_a_file_all_is_held_for_the_bundle_of_a_desync(tmp_path):
    duo = Duo(tmp_path, name=None, frames=100)
    duo.to_frame(40)
    assert not duo.recorder.began and duo.recorder.frames == 0
    found = duo.recorder.event(DesyncFound(32, "bob", (Difference("value", 1, 2),)))
    assert found == DesyncFound(32, "bob", (Difference("value", 1, 2),), found.bundle)
    (path,) = tmp_path.iterdir()
    assert found.bundle == str(path) and path.name.startswith("rollback-desync-RIVER-32-")
    replay = Replay.open(path)
    assert replay.complete and replay.frames == duo.ann.settled + 1
    assert sorted(replay.checksums)[:3] == [0, 16, 32]
    assert replay.keyframes[32] == duo.ann.held_state(32)
    assert replay.header.names == ("Ann", "Bob")
    assert replay.verify(Mix()).ok and replay.verify(Mix()).checked > 3
    duo.run(lambda: duo.ann.finished)
    duo.recorder.close(Ended("end_at", 100))
    assert list(tmp_path.iterdir()) == [path]


def test_the_bundle_of_a_game_that_went_wrong_shows_where(tmp_path):
    class Wrong(Mix):
        def step(self, actions):
            super().step(actions)
            self.value += self.steps == 20

    duo = Duo(tmp_path, make=Wrong, name=None)
    duo.to_frame(40)
    found = duo.recorder.event(DesyncFound(32, "bob"))
    verdict = Replay.open(found.bundle).verify(Mix())
    assert verdict.first_bad_frame == 32 and [each.path for each in verdict.differences] == ["value"]


def test_the_bundle_says_what_happened_before_it(tmp_path):
    duo = Duo(tmp_path)
    duo.to_frame(20)
    duo.recorder.event(PeerLost("bob", (1,), "gone"))
    found = duo.recorder.event(DesyncFound(16, "bob"))
    assert [event.kind for event in Replay.open(found.bundle).events] == ["peer lost", "desync"]
    duo.recorder.close()
    (lost, desync) = Replay.open(duo.recorder.path).events
    assert (lost.kind, desync.data["bundle"]) == ("peer lost", found.bundle)


def test_a_game_with_a_digest_has_no_state_in_its_bundle(tmp_path):
    duo = Duo(tmp_path, make=Digested, name=None)
    duo.to_frame(40)
    replay = Replay.open(duo.recorder.event(DesyncFound(32, "bob")).bundle)
    assert not replay.keyframes and replay.verify(Digested()).ok


def test_a_desync_that_is_told_twice_has_one_bundle(tmp_path):
    duo = Duo(tmp_path, name=None)
    duo.to_frame(20)
    first, again, other = (duo.recorder.event(DesyncFound(16, peer)).bundle for peer in ("bob", "bob", "cid"))
    assert first == again != other
    assert len(list(tmp_path.iterdir())) == 2


def test_a_few_bundles_are_enough(tmp_path):
    duo = Duo(tmp_path, name=None)
    duo.to_frame(20)
    told = [duo.recorder.event(DesyncFound(frame, "bob")).bundle for frame in range(50)]
    assert [bundle is not None for bundle in told] == [True] * 4 + [False] * 46
    assert len(list(tmp_path.iterdir())) == 4


@pytest.mark.parametrize("error", [ReplayError("no space left on device"), ValueError("a codec of one's own")])
def test_a_bundle_that_cannot_be_written_ends_no_match(tmp_path, monkeypatch, error):
    def fails(*arguments):
        raise error

    duo = Duo(tmp_path, frames=60)
    duo.to_frame(20)
    monkeypatch.setattr(module, "write_bundle", fails)
    assert duo.recorder.event(DesyncFound(16, "bob")) == DesyncFound(16, "bob")
    assert duo.recorder.problem == str(error)
    duo.run(lambda: duo.ann.finished)
    duo.recorder.close(Ended("end_at", 60))
    assert Replay.open(duo.recorder.path).complete


def test_a_desync_before_the_match_is_only_handed_on_and_one_at_the_very_end_has_its_bundle(tmp_path):
    duo = Duo(tmp_path, name=None)
    assert duo.recorder.event(DesyncFound(0, "bob")) == DesyncFound(0, "bob")
    duo.to_frame(20)
    duo.recorder.close()
    found = duo.recorder.event(DesyncFound(16, "bob"))
    assert Replay.open(found.bundle).frames >= 20, "what was found at the very end still has its bundle"
    assert duo.recorder.event(PeerInterrupted("bob")) == PeerInterrupted("bob")


class Spoilt(Mix):
    """Goes wrong once, in the step that leads to frame 40."""

    def step(self, actions):
        super().step(actions)
        self.value += self.steps == 40


class Mended(Duo):
    """Two recorded sessions of which one goes wrong and is put right."""

    def __init__(self, tmp_path, *, wrong="bob", delay=3, **settings):
        makes = {name: (Spoilt if name == wrong else Mix) for name in ("ann", "bob")}
        super().__init__(
            tmp_path, delay=delay, make=lambda: makes.pop(next(iter(makes)))(), on_desync="resync", game_id="Mix", **settings
        )
        self.other = Recorder(self.sessions["bob"], tmp_path / "bob.rbr", bundles=tmp_path)
        self.letters = []
        self.told = []

    def step(self):
        self.tick += 1
        now = self.tick / 60
        while self.flying and self.flying[0][0] <= self.tick:
            _, sender, receiver, datagram = self.flying.pop(0)
            self.sessions[receiver].receive(sender, datagram)
        while self.letters and self.letters[0][0] <= self.tick:
            _, sender, receiver, blob = self.letters.pop(0)
            self.sessions[receiver].receive_reliable(sender, blob)
        for me, (name, session) in enumerate(self.sessions.items()):
            tick = session.tick({me: press(session.game, me)}, now=now)
            self.flying += [(self.tick + self.delay, name, to, data) for to, data in session.outgoing(now=now)]
            self.letters += [(self.tick + 4 * self.delay, name, to, blob) for to, blob in session.outgoing_reliable()]
            recorder = self.recorder if name == "ann" else self.other
            for event in session.events():
                self.told.append((name, recorder.event(event)))
            if tick.reason != "synchronizing":
                recorder.take()


@pytest.mark.parametrize("delay", [1, 3, 4])
@pytest.mark.parametrize("save", ["every", "sparse"])
@pytest.mark.parametrize("wrong", ["ann", "bob"])
def test_the_replay_of_a_side_that_was_put_right_verifies_and_says_so(tmp_path, wrong, save, delay):
    duo = Mended(tmp_path, wrong=wrong, delay=delay, frames=300, save=save)
    duo.run(lambda: duo.ann.finished and duo.sessions["bob"].finished)
    duo.recorder.close(Ended("end_at", 300))
    duo.other.close(Ended("end_at", 300))
    assert {name for name, event in duo.told if isinstance(event, Resynced)} == {"ann", "bob"}, "the premise"
    verdicts = {}
    for name in ("ann", "bob"):
        replay = Replay.open(tmp_path / f"{name}.rbr")
        (mended,) = [event for event in replay.events if event.kind == "resynced"]
        assert replay.complete and replay.frames == 300 and mended.frame in replay.keyframes
        verdict = verdicts[name] = replay.verify(Mix())
        assert verdict.ok, verdict.message
        assert replay.seek(300, Mix()) == duo.ann.game.save()
    # Ann's state counts, so with her gone wrong both go on from a state that the inputs do not lead to.
    trusted = {name for name, verdict in verdicts.items() if verdict.taken_over}
    assert wrong in trusted
    assert all("as it tells, peers had come apart" in verdicts[name].message for name in trusted)


def test_without_the_state_that_mended_it_a_desync_is_still_a_difference(tmp_path):
    duo = Mended(tmp_path, frames=300)
    duo.run(lambda: duo.ann.finished and duo.sessions["bob"].finished)
    duo.recorder.close()
    duo.other.close()
    replay = Replay.open(tmp_path / "bob.rbr")
    replay.events[:] = [event for event in replay.events if event.kind != "desync"]
    verdict = replay.verify(Mix())
    assert not verdict.ok and verdict.first_bad_frame == 48


class Late(Duo):
    """The recorder comes in the middle of the match."""

    def begin(self, tmp_path, **options):
        self.recorder = Recorder(self.ann, tmp_path / "late.rbr", bundles=tmp_path, **options)


@pytest.mark.parametrize("save", ["every", "sparse"])
@pytest.mark.parametrize("make", [Mix, Digested])
def test_a_recording_that_begins_late_begins_with_a_state_and_verifies_from_there(tmp_path, make, save):
    duo = Late(tmp_path, make=make, save=save, frames=200, name=None)
    duo.to_frame(70)
    duo.begin(tmp_path)
    duo.run(lambda: duo.ann.finished)
    duo.recorder.close(Ended("end_at", 200))
    if make is Digested:
        assert not duo.recorder.began, "an opaque state cannot begin a recording"
        return
    replay = Replay.open(tmp_path / "late.rbr")
    assert replay.complete and 71 <= replay.first <= 80 and replay.end == 200 == replay.first + replay.frames
    assert next(iter(replay.keyframes)) == replay.first
    verdict = replay.verify(make())
    assert verdict.ok and verdict.taken_over == (replay.first,) and verdict.checked >= 7
    assert verdict.message.startswith(f"all {replay.frames} frames from frame {replay.first} on agree")
    assert replay.seek(200, make()) == duo.ann.game.save()


def test_the_bundle_of_a_late_recording_is_whole_too(tmp_path):
    duo = Late(tmp_path, frames=200, name=None)
    duo.to_frame(70)
    duo.begin(tmp_path)
    duo.to_frame(120)
    found = duo.recorder.event(DesyncFound(112, "bob"))
    duo.recorder.close()
    replay = Replay.open(found.bundle)
    assert replay.complete and replay.verify(Mix()).ok and sorted(replay.keyframes) == [replay.first, 112]


def test_keyframes_are_recorded_and_are_what_was_played(tmp_path):
    duo = Duo(tmp_path, frames=400, name=None)
    duo.recorder = Recorder(duo.ann, tmp_path / "ann.rbr", bundles=tmp_path, keyframe_every=1)
    duo.run(lambda: duo.ann.finished)
    duo.recorder.close()
    replay = Replay.open(tmp_path / "ann.rbr")
    assert sorted(replay.keyframes) == [64, 128, 192, 256, 320, 384]
    verdict = replay.verify(Mix())
    assert verdict.ok and verdict.checked == 6 + 26 + 1 and verdict.taken_over == ()


class Large(Mix):
    def save(self):
        return super().save() | {"noise": random.Random(self.steps).randbytes(20_000)}


def test_a_large_state_gets_no_keyframe_before_there_is_room_for_it(tmp_path):
    duo = Duo(tmp_path, make=Large, frames=700, name=None)
    duo.recorder = Recorder(duo.ann, tmp_path / "ann.rbr", bundles=tmp_path, keyframe_every=1)
    duo.run(lambda: duo.ann.finished)
    duo.recorder.close()
    assert not Replay.open(tmp_path / "ann.rbr").keyframes
    assert (tmp_path / "ann.rbr").stat().st_size < 1024 * 700 / 60


def test_who_is_cut_taken_over_and_back_stands_in_the_file_with_the_frames(tmp_path):
    duo = Duo(tmp_path)
    duo.to_frame(60)
    for event in (
        PeerLost("bob", (1,), "silence"),
        Cut((1,), 30, 1),
        TookOver(1, ""),
        Paused("bob", "a hidden tab"),
        Resumed("bob"),
        PeerJoined("bob", (1,), 50),
    ):
        duo.recorder.event(event)
    duo.recorder.close()
    replay = Replay.open(duo.recorder.path)
    told = [(event.kind, event.frame, event.players) for event in replay.events]
    now = replay.events[0].frame
    assert now >= 60 and told == [
        ("peer lost", now, (1,)),
        ("cut", 31, (1,)),
        ("took over", 31, (1,)),
        ("paused", now, ()),
        ("resumed", now, ()),
        ("peer joined", 50, (1,)),
    ]
    assert replay.stand_ins() == (StandIn(1, 31, 50, "bot"),)


def test_what_happens_before_the_first_settled_frame_is_not_forgotten(tmp_path):
    duo = Duo(tmp_path)
    duo.run(lambda: duo.ann.frame > 0)
    duo.recorder.event(Paused("bob", "early"))
    duo.to_frame(20)
    duo.recorder.close()
    assert [(event.kind, event.frame) for event in Replay.open(duo.recorder.path).events] == [("paused", 0)]
