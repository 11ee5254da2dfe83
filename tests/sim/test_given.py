"""What may settle for a player: what its process gave, idle after a cut, then what the next process gave."""

from __future__ import annotations

import pytest

from rollback.sim.given import Slot

IDLE, STAND_IN = b"\0", b"\1"


def played(frames: int, delay: int = 0, **settings) -> Slot:
    slot = Slot(IDLE, delay, **settings)
    for frame in range(frames):
        slot.given.take(frame, bytes([frame + 10]))
    return slot


def feed(slot: Slot, row: list[int], start: int = 0) -> list[int]:
    """Return the frames that are wrong."""
    return [frame for frame, value in enumerate(row, start) if slot.wrong(frame, bytes([value])) is not None]


@pytest.mark.parametrize(
    ("may_be_cut", "row", "wrong"),
    [
        (False, [10, 11, 12], []),
        (False, [10, 0, 12], [1]),
        (False, [10, 11, 12, 0], [3]),
        (True, [10, 11, 0, 0, 0], []),
        (True, [10, 11, 12, 0, 0], []),
        (True, [10, 11, 0, 13, 0], [3]),
        (True, [10, 99, 12], [1]),
        (True, [10, 11, 1, 0], [2]),
    ],
)
def test_a_slot_is_what_was_given_and_idle_after_a_cut(may_be_cut, row, wrong):
    slot = played(3)
    slot.may_be_cut = may_be_cut
    assert feed(slot, row) == wrong


def test_what_was_expected_is_told():
    slot = played(2)
    assert slot.wrong(0, b"\5") == b"\x0a" and slot.wrong(5, b"\5") == b""
    slot.may_be_cut = True
    assert slot.wrong(1, IDLE) is None and slot.cut == 1 and slot.wrong(2, b"\5") == IDLE


def test_a_stand_in_may_play_after_a_cut_and_only_as_its_policy_does():
    slot = played(3, stand_in=STAND_IN)
    slot.may_be_cut = True
    assert feed(slot, [10, 11, 0, 0, 1, 1, 0, 1]) == []
    assert feed(slot, [2, 1], 8) == [8]


@pytest.mark.parametrize("delay", [0, 2])
def test_the_next_process_is_idle_for_its_delay_and_then_only_what_it_gives_is_right(delay):
    slot = played(3)
    slot.may_be_cut = True
    given = slot.comes(6, delay)
    for frame in range(6, 10):
        given.take(frame, bytes([frame + 40]))
    assert feed(slot, [10, 11, 0, 0, 0, 0]) == []
    arrives = [0] * delay + [46, 47, 48, 49]
    assert feed(slot, arrives, 6) == [] and slot.given is given and slot.cut is None
    slot.may_be_cut = False
    assert feed(slot, [0], 8) == [8], "it is played again: idle is no answer any more"


def test_a_process_that_was_not_let_in_never_plays():
    slot = played(3)
    slot.may_be_cut = True
    given = slot.comes(6, 0)
    for frame in range(6, 10):
        given.take(frame, bytes([frame + 40]))
    assert feed(slot, [10, 11, 0, 0, 0, 0, 0, 0]) == []
    assert feed(slot, [48], 8) == [8]


def test_the_next_process_plays_nothing_before_its_frame():
    slot = played(3)
    slot.may_be_cut = True
    slot.comes(6, 0).take(6, b"\x2e")
    assert feed(slot, [10, 0, 0, 0, 0, 46]) == [5]


def test_what_is_forgotten_is_that_of_old_frames():
    slot = played(6)
    slot.forget(4)
    assert slot.given.at(3) is None and slot.given.at(4) == b"\x0e"
