"""Desyncs that name their field, and states that are taken over."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Any

import pytest

from rollback import DesyncFound, Ended, GameError, SessionConfig
from rollback.core.diagnosis import Diagnosis
from rollback.state import MISSING, diff
from rollback.types import Resynced
from rollback.wire.blobs import Branches, Leaf, StateAt, decode_blob, encode_blob
from tests.core.network import Link, Match


class World:
    """A game with a state of some size; one of its fields can be made to go wrong at a frame, once or for good."""

    players = 2

    def __init__(self) -> None:
        self.frame = 0
        self.total = 1
        self.map = [[row * 31 + column for column in range(40)] for row in range(40)]
        self.ball = {"position": (3, 4), "velocity": [1, 2]}
        self.at: tuple[int, ...] = ()

    def step(self, actions: Sequence[int]) -> None:
        self.total = (self.total * 31 + actions[0] * 7 + actions[1] + 1) % 1_000_003
        self.map[self.frame % 40][self.total % 40] += 1
        if self.frame in self.at:
            self.ball["velocity"] = [1, 3]
            self.map[7][5] = -1
        self.frame += 1

    def save(self) -> Any:
        ball = {key: type(value)(value) for key, value in self.ball.items()}
        return {"frame": self.frame, "total": self.total, "map": [row[:] for row in self.map], "ball": ball}

    def load(self, state: Any) -> None:
        self.frame, self.total = state["frame"], state["total"]
        self.map = [row[:] for row in state["map"]]
        self.ball = {key: type(value)(value) for key, value in state["ball"].items()}


def match(seed: int, at: Sequence[int], *, letters: bool = True, end: int = 300, who: int = 1, **settings: Any) -> Match:
    made = Match(World, config=SessionConfig(desync_interval=20, **settings), link=Link(3, 3, 0.1), seed=seed, end=end)
    made.letters = letters
    made.peers[who].session.game.at = tuple(at)
    return made


@pytest.mark.parametrize("seed", range(6))
def test_both_sides_name_the_frame_and_the_fields_that_differ(seed: int) -> None:
    played = match(seed, [50], on_desync="stop")
    played.until(lambda: all(peer.happened(Ended) for peer in played.peers))
    for peer in played.peers:
        (found,) = peer.happened(DesyncFound)
        assert found.frame == 60
        paths = [difference.path for difference in found.differences]
        assert paths == ["ball.velocity[1]", "map[7][5]"]
        ours, theirs = (2, 3) if peer.number == 0 else (3, 2)
        assert (found.differences[0].left, found.differences[0].right) == (ours, theirs)
        assert str(found.differences[0]) == f"ball.velocity[1]: {ours} != {theirs}"
        assert peer.events.index(found) < peer.events.index(peer.happened(Ended)[0])
        assert "states of frame 60 differ" in peer.happened(Ended)[0].reason


def test_without_a_reliable_channel_the_frame_is_told_after_a_while() -> None:
    played = match(1, [50], letters=False, on_desync="stop")
    played.until(lambda: all(peer.happened(Ended) for peer in played.peers), 600)
    assert [event.frame for peer in played.peers for event in peer.happened(DesyncFound)] in ([60], [60, 60])


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("who", [0, 1])
def test_resync_brings_the_peers_together_and_the_match_goes_on(seed: int, who: int) -> None:
    played = match(seed, [50], who=who, on_desync="resync").finish()
    states = [peer.session.game.save() for peer in played.peers]
    assert diff(*states) == [], "the state of the lowest player's peer is everybody's"
    for peer in played.peers:
        assert [type(event) for event in peer.events if isinstance(event, DesyncFound | Resynced)] == [DesyncFound, Resynced]
        assert peer.happened(Ended)[0].reason == "end_at"
        assert [done.frame for done in peer.frames] == list(range(300)), "settled frames are not touched by it"
    assert played.rollbacks > 0


def test_a_match_that_drifts_apart_for_good_is_resynced_three_times_and_then_ended() -> None:
    played = match(3, range(50, 300, 3), on_desync="resync", end=800)
    played.peers[1].session.game.at = tuple(range(50, 800, 3))
    played.peers[1].session.game.map[0][0] = 0
    played.until(lambda: all(peer.happened(Ended) for peer in played.peers))
    for peer in played.peers:
        assert len(peer.happened(Resynced)) <= 3 and len(peer.happened(DesyncFound)) >= 1


def test_report_tells_and_goes_on() -> None:
    played = match(4, [50], on_desync="report").finish()
    for peer in played.peers:
        found = peer.happened(DesyncFound)
        assert found[0].frame == 60 and found[0].differences[0].path == "ball.velocity[1]"
        frames = [event.frame for event in found]
        assert frames == sorted(set(frames)), "each frame once, also where a late letter comes after it was told"
        assert peer.happened(Ended)[0].reason == "end_at"


def test_resync_needs_a_state_tree() -> None:
    class Opaque(World):
        def save(self) -> Any:
            return (object(), super().save())

        def load(self, state: Any) -> None:
            super().load(state[1])

        def digest(self) -> Any:
            return self.total

    played = Match(Opaque, config=SessionConfig(on_desync="resync"), end=10)
    with pytest.raises(GameError, match="no state tree"):
        played.finish()


@pytest.mark.parametrize("seed", range(40))
def test_two_diagnoses_find_what_a_plain_comparison_finds(seed: int) -> None:
    dice = random.Random(seed)
    left = _tree(dice, 3)
    right = _changed(left, random.Random(seed + 1), 0.02)
    ours, theirs = Diagnosis(7, left), Diagnosis(7, right)
    for _ in range(50):
        for sender, receiver in ((ours, theirs), (theirs, ours)):
            letters, sender.out = sender.out, []
            for letter in letters:
                receiver.hear(decode_blob(encode_blob(letter)))  # type: ignore[arg-type]
    assert ours.done and theirs.done
    expected = {str(difference) for difference in diff(left, right, 10_000)}
    assert {str(difference) for difference in ours.differences} <= expected or not expected
    if 0 < len(expected) < 50:
        assert {str(difference) for difference in ours.differences} == expected
    assert {difference.path for difference in ours.differences} == {difference.path for difference in theirs.differences}


def _tree(dice: random.Random, depth: int) -> Any:
    if depth == 0:
        return dice.choice([dice.randrange(1000), dice.random(), "word" * dice.randrange(9), dice.randbytes(9), None, True])
    keys = [f"key{index}" for index in range(dice.randrange(2, 14))]
    kind = dice.randrange(3)
    entries = [_tree(dice, depth - 1) for _ in keys]
    return dict(zip(keys, entries, strict=True)) if kind == 0 else entries if kind == 1 else tuple(entries)


def _changed(tree: Any, dice: random.Random, rate: float) -> Any:
    if type(tree) is dict:
        kept = {key: _changed(entry, dice, rate) for key, entry in tree.items() if dice.random() > rate}
        return kept | ({"extra": 1} if dice.random() < rate else {})
    if type(tree) in (list, tuple):
        return type(tree)(_changed(entry, dice, rate) for entry in tree)
    return 12345 if dice.random() < rate else tree


def test_the_missing_side_of_a_difference_is_said_to_be_missing() -> None:
    big = {f"k{index}": "v" * 30 for index in range(60)}
    ours, theirs = Diagnosis(3, big), Diagnosis(3, {**big, "more": 5})
    for _ in range(6):
        for sender, receiver in ((ours, theirs), (theirs, ours)):
            letters, sender.out = sender.out, []
            for letter in letters:
                receiver.hear(letter)  # type: ignore[arg-type]
    assert [(d.path, d.left, d.right) for d in ours.differences] == [("more", MISSING, 5)]
    assert [(d.path, d.left, d.right) for d in theirs.differences] == [("more", 5, MISSING)]


@pytest.mark.parametrize(
    "blob",
    [
        Branches(5, (), (("a", 1),)),
        Leaf(5, ("ball", 1), 3),
        StateAt(5, {"map": [1] * 1000}),
        StateAt(0, None),
        Leaf(60, (), {"frame": "no world"}),
    ],
)
def test_letters_nobody_asked_for_change_nothing(blob: Any) -> None:
    played = match(2, [], on_desync="resync", end=120)
    played.until(lambda: played.peers[0].session.frame > 70)
    for number, peer in enumerate(played.peers):
        peer.session.receive_reliable(f"p{1 - number}", encode_blob(blob))
        peer.session.receive_reliable(f"p{1 - number}", b"\0\x13" + b"\x91" * 500)
        peer.session.receive_reliable(f"p{1 - number}", encode_blob(blob)[:-1])
    played.finish()
    if not isinstance(blob, StateAt):
        assert diff(*[peer.session.game.save() for peer in played.peers]) == []
    assert all(peer.session.stats().dropped for peer in played.peers)
