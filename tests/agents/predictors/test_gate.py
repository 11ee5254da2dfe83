"""The promise of the gate: never more than 1.02 times the rollbacks of repeating, whoever guesses and whoever plays."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rollback.agents.predictors.gate import ENOUGH, HOPELESS, LONG, LONGEST_PAUSE, MOST, PAUSE, Gate
from rollback.agents.predictors.runs import Runs
from tests.agents.predictors.traces import chance, pattern, traitor


class Told:
    """A guesser that is told the future, and right as often as it is asked to be."""

    def __init__(self, inputs: list[bytes], right: Any, *, remembers: bool = False) -> None:
        self.inputs, self.right, self.remembers = inputs, right, remembers
        self.known, self.next = -1, 0
        self.asked: list[int] = []

    def learn(self, frame: int, value: bytes) -> None:
        assert frame == self.known + 1 and self.inputs[frame] == value, "each known input is learned once, in order"
        self.known = frame

    def restart(self) -> None:
        self.next = self.known + 1

    def guess(self, frame: int, last: bytes) -> bytes:
        assert frame == self.next, "frames are asked for one after the other, from the newest known one on"
        self.next += 1
        self.asked.append(frame)
        truth = self.inputs[frame] if frame < len(self.inputs) else last
        return truth if self.right(frame) else bytes([truth[0] ^ 1])


def lived(gate: Gate | None, inputs: list[bytes], lateness: list[int]) -> tuple[int, list[tuple[int, int]]]:
    """Simulate as a session does; return the rollbacks, and after each what the gate had counted: repeated, answered."""
    known, rollbacks, seen = -1, 0, []
    ring: dict[int, bytes] = {}
    here = [frame + late for frame, late in enumerate(lateness)]
    for frame in range(len(here) - 2, -1, -1):
        here[frame] = min(here[frame], here[frame + 1])

    def history(frame: int) -> bytes | None:
        return inputs[frame] if max(0, known - 255) <= frame <= known else None

    def guess(frame: int) -> bytes:
        last = inputs[known] if known >= 0 else b"\0"
        return last if gate is None else gate.predict(frame, last, history)

    for frame in range(len(inputs)):
        wrong = False
        while known + 1 < frame and here[known + 1] <= frame:
            known += 1
            wrong = wrong or ring.get(known, inputs[known]) != inputs[known]
        if wrong:
            rollbacks += 1
            for again in range(known + 1, frame):
                ring[again] = guess(again)
        if here[frame] <= frame and known == frame - 1:
            known = frame
        else:
            ring[frame] = guess(frame)
        if gate is not None:
            seen.append((gate.repeated, gate.answered))
    return rollbacks, seen


PLAYERS = {
    "pattern": lambda: pattern(3000),
    "chance": lambda: chance(3000, 1),
    "traitor": lambda: traitor(4000, 2),
    "another traitor": lambda: traitor(4000, 7),
}


@pytest.mark.parametrize("name", PLAYERS)
@pytest.mark.parametrize("late", [1, 3, 8])
@pytest.mark.parametrize("rests", [False, True])
def test_what_is_counted_is_what_happens(name: str, late: int, rests: bool) -> None:
    inputs = PLAYERS[name]()
    lateness = [late + frame * 7 % 3 for frame in range(len(inputs))]
    gate = Gate(Runs(2), rests=rests)
    rollbacks, seen = lived(gate, inputs, lateness)
    repeating, _ = lived(None, inputs, lateness)
    assert repeating > 100, "or nothing is shown"
    assert abs(gate.answered - rollbacks) <= 1, "the newest may not be counted yet"
    assert abs(gate.repeated - repeating) <= 1
    assert rollbacks <= MOST * repeating
    assert all(answered <= MOST * repeated for repeated, answered in seen)


def test_a_pattern_saves_nearly_all_rollbacks() -> None:
    inputs = pattern(6000)
    gate = Gate(Runs(2))
    rollbacks, _ = lived(gate, inputs, [4] * len(inputs))
    repeating, _ = lived(None, inputs, [4] * len(inputs))
    assert gate.in_charge
    assert rollbacks < 0.1 * repeating


@settings(max_examples=60, deadline=None)
@given(
    data=st.data(),
    hold=st.floats(0.2, 0.98),
    seed=st.integers(0, 10_000),
    reach=st.integers(1, 7),
    period=st.integers(1, 400),
    share=st.floats(0, 1),
    rests=st.booleans(),
    remembers=st.booleans(),
)
def test_the_promise_holds_at_every_moment(
    data: st.DataObject, hold: float, seed: int, reach: int, period: int, share: float, rests: bool, remembers: bool
) -> None:
    """A guesser that is right until it is trusted, and then wrong, is the worst there is."""
    inputs = chance(1500, seed, hold=hold)
    lateness = [data.draw(st.integers(0, reach), label="late") if frame < 40 else (frame * seed) % (reach + 1)
                for frame in range(len(inputs))]  # fmt: skip
    told = Told(inputs, lambda frame: frame % period >= share * period, remembers=remembers)
    gate = Gate(told, rests=rests)
    rollbacks, seen = lived(gate, inputs, lateness)
    repeating, _ = lived(None, inputs, lateness)
    assert not gate.problem and gate.compared <= gate.repeated
    assert all(answered <= MOST * repeated for repeated, answered in seen)
    assert rollbacks <= MOST * repeating + 1


@pytest.mark.parametrize("rests", [False, True])
def test_a_guesser_that_turns_when_it_is_trusted_is_dropped_at_once(rests: bool) -> None:
    inputs = chance(4000, 4)
    gate = Gate(Told(inputs, lambda frame: not gate.in_charge), rests=rests)
    _, seen = lived(gate, inputs, [3] * len(inputs))
    assert any(answered > 0 for _, answered in seen)
    assert all(answered <= MOST * repeated for repeated, answered in seen)
    assert gate.guessed > 0, "or it was never trusted"


@pytest.mark.parametrize("remembers", [False, True])
def test_one_that_does_not_pay_is_asked_ever_less(remembers: bool) -> None:
    inputs = chance(20_000, 5, hold=0.9)
    told = Told(inputs, lambda frame: frame % 3 > 0, remembers=remembers)
    gate = Gate(told, rests=True)
    rollbacks, _ = lived(gate, inputs, [3] * len(inputs))
    repeating, _ = lived(None, inputs, [3] * len(inputs))
    asked = [frame // 5000 for frame in told.asked]
    assert gate.is_resting and 1000 < rollbacks <= 1.01 * repeating
    assert 0 < len(asked) < 0.05 * len(inputs)
    assert asked.count(0) > asked.count(3) > 0, "it is not given up for ever"


def test_one_that_gets_better_is_found_again_after_its_pauses() -> None:
    inputs = chance(16_000, 6)
    told = Told(inputs, lambda frame: frame > 6000)
    gate = Gate(told, rests=True)
    lived(gate, inputs, [3] * len(inputs))
    asked = [frame // 1000 for frame in told.asked]
    assert asked.count(5) < 300, "it rested before"
    assert gate.in_charge and not gate.is_resting and asked.count(14) >= 1000
    assert gate.answered < 0.75 * gate.repeated


def test_one_that_pays_never_rests() -> None:
    inputs = chance(6000, 7)
    right = lambda frame: frame % 50 > 0  # noqa: E731
    gates = [Gate(Told(inputs, right, remembers=True), rests=rests) for rests in (False, True)]
    rollbacks = [lived(gate, inputs, [3] * len(inputs))[0] for gate in gates]
    assert rollbacks[0] == rollbacks[1] < 0.5 * gates[0].repeated
    assert gates[0]._guesser.asked == gates[1]._guesser.asked  # type: ignore[attr-defined]


def test_one_that_paid_for_long_is_not_given_up_for_a_bad_moment() -> None:
    inputs = chance(6000, 7)
    charge: list[bool] = []
    told = Told(inputs, lambda frame: charge.append(gate.in_charge) or not 4000 <= frame < 4030, remembers=True)
    gate = Gate(told, rests=True)
    lived(gate, inputs, [3] * len(inputs))
    assert set(range(1000, 6000)) <= set(told.asked) and all(charge[2000:])


def test_the_frames_of_a_pause_are_not_held_against_the_guesser() -> None:
    """Nor for it: shadow rollbacks are compared over the frames that it was asked for."""
    inputs = chance(12_000, 8)
    told = Told(inputs, lambda frame: frame % 3 > 0)
    gate = Gate(told, rests=True)
    lived(gate, inputs, [3] * len(inputs))
    asked = set(told.asked)
    changes = [frame for frame in range(4, len(inputs)) if inputs[frame] != inputs[frame - 1]]
    near = [frame for frame in changes if any(at in asked for at in range(frame - 4, frame + 5))]
    assert 0 < gate.compared <= len(near) < 0.3 * len(changes)


def test_without_a_memory_one_is_not_asked_while_it_cannot_be_in_charge() -> None:
    inputs = chance(3000, 9)
    counted: list[int] = []
    told = Told(inputs, lambda frame: bool(counted.append(gate.repeated)) or True)
    gate = Gate(told, rests=True)
    _, seen = lived(gate, inputs, [3] * len(inputs))
    assert not [repeated for repeated in counted if 3 < repeated < 30], "it could not be in charge for a long while"
    assert [repeated for repeated in counted if 34 < repeated < 50], "it is known what it is worth when it can be"
    assert gate.in_charge and seen[-1][1] <= 51


def test_an_oracle_is_believed_and_causes_no_more_rollbacks() -> None:
    inputs = chance(4000, 9)
    gate = Gate(Told(inputs, lambda frame: True))
    lived(gate, inputs, [3] * 2000 + [3] * 2000)
    assert gate.in_charge and gate.guessed == 0
    assert gate.answered < 60 < gate.repeated


def test_an_open_gate_answers_whatever_is_guessed() -> None:
    inputs = chance(1000, 9)
    gate = Gate(Told(inputs, lambda frame: False), is_open=True)
    lived(gate, inputs, [3] * len(inputs))
    assert gate.in_charge and gate.answered == gate.guessed > 2 * gate.repeated


class Failing(Told):
    def __init__(self, answer: Any, after: int = 50) -> None:
        super().__init__([], None)
        self.answer, self.left = answer, after

    def learn(self, frame: int, value: bytes) -> None:
        pass

    def guess(self, frame: int, last: bytes) -> Any:
        self.left -= 1
        if self.left > 0:
            return last
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


@pytest.mark.parametrize("answer", [ValueError("no"), ZeroDivisionError(), RecursionError(), b"", b"ab", None, "x", 3])
@pytest.mark.parametrize("is_open", [True, False])
def test_a_guesser_that_fails_is_not_asked_again_and_harms_nothing(answer: Any, is_open: bool) -> None:
    inputs = chance(800, 2)
    failing = Failing(answer)
    gate = Gate(failing, is_open=is_open)
    rollbacks, _ = lived(gate, inputs, [3] * len(inputs))
    repeating, _ = lived(None, inputs, [3] * len(inputs))
    assert rollbacks == repeating > 50, "from first to last the last input was repeated"
    assert gate.problem and failing.left == 0 and not gate.in_charge


def test_frames_long_gone_are_not_looked_for() -> None:
    """A session that guessed nothing for minutes holds only the newest inputs: what is older is left out."""
    inputs = chance(5000, 2)
    gate = Gate(Runs(2))
    held = lambda frame: inputs[frame] if 4745 <= frame <= 4999 else None  # noqa: E731
    assert gate.predict(5000, inputs[4999], held) == inputs[4999]
    assert (gate.repeated, gate.answered, gate.problem) == (0, 0, "")
    assert gate.predict(5001, inputs[4999], held) == inputs[4999]


def test_without_any_history_the_last_input_is_repeated() -> None:
    gate = Gate(Runs(2))
    assert {gate.predict(frame, b"\5", lambda frame: None) for frame in range(2000)} == {b"\5"}


def test_the_page_tells_when_a_stretch_is_judged_and_how_long_the_pauses_are() -> None:
    page = (Path(__file__).resolve().parents[3] / "docs" / "predictors.md").read_text(encoding="utf-8")
    told = " ".join(page.partition("## The gate")[2].partition("\n## ")[0].split())
    assert f"judged after {ENOUGH} rollbacks of either" in told and f"would have caused {-HOPELESS} more than" in told
    assert f"or after {LONG} frames, however few rollbacks there were" in told
    assert f"from {PAUSE} frames to {LONGEST_PAUSE:,}, which at 60 frames a second are {PAUSE / 60} seconds and 40" in told
    assert LONGEST_PAUSE == 40 * 60 and f"at {MOST} times what repeating" in told
