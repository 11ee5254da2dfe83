"""The oracles: each is shown to hold in a sound match and to fail in the broken one it is there for."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rollback import Confirmed, SessionConfig
from rollback.core.simulation import NEVER, Simulation
from rollback.sim import Link, VirtualMatch
from rollback.sim.given import Given
from rollback.sim.oracles import DIVERGING, NAMES, Referee
from tests.sim.games import DeepDesync, Forgetful, Mixer, Mutating, Raising

LINE = Link(latency_ms=60, jitter_ms=40, loss=0.1)
EAGER = SessionConfig(input_delay=0)


def oracles_of(report) -> list[str]:
    return [failure.oracle for failure in report.failures]


@given(st.lists(st.tuples(st.integers(0, 12), st.integers(0, 3)), min_size=1, max_size=60), st.integers(0, 12))
def test_given_inputs_follow_the_delay(changes, delay):
    told = Given(b"\0", delay)
    line = [b"\0"] * delay
    for frame, (next_delay, value) in enumerate(changes):
        told.take(frame, bytes([value]))
        target = frame + told.delay
        if len(line) <= target:
            line += [line[-1] if line else b"\0"] * (target - len(line))
            line.append(bytes([value]))
        told.delay = next_delay
    assert [told.at(frame) for frame in range(len(line))] == line
    assert told.at(len(line)) is None and told.at(-1) is None
    told.forget(3)
    assert [told.at(frame) for frame in range(3, len(line))] == line[3:] and told.at(2) is None


class Plain:
    """A referee of two peers, fed by hand with what two players did."""

    def __init__(self) -> None:
        self.referee = Referee(Mixer, 0, 2, [0, 0])
        self.game = Mixer()

    def give(self, frame: int, *values: int) -> tuple[bytes, ...]:
        row = tuple(bytes([value]) for value in values)
        for player, data in enumerate(row):
            self.referee.given[player].take(frame, data)
        return row

    def failed(self) -> list[tuple[str, int, int]]:
        return [(failure.oracle, failure.frame, failure.peer) for failure in self.referee.failures]


def test_what_settles_as_it_was_given_is_fine_on_all_peers():
    plain = Plain()
    for frame in range(300):
        row = plain.give(frame, frame % 5, frame % 3)
        for peer in (0, 1):
            plain.referee.takes(peer, Confirmed(frame, (), row))
    assert plain.failed() == [] and plain.referee.settled == [300, 300] and plain.referee.varied()
    assert len(plain.referee._rows) < 300, "what all have is forgotten"


def test_each_rule_of_settled_frames_is_held():
    plain = Plain()
    rows = [plain.give(frame, frame, 7) for frame in range(4)]
    referee = plain.referee
    referee.takes(0, Confirmed(0, (), rows[0]))
    referee.takes(0, Confirmed(0, (), rows[0]))  # twice
    referee.takes(1, Confirmed(0, (), (b"\5", b"\7")))  # unlike the other
    referee.takes(1, Confirmed(1, (), (b"\1", b"\0")))  # not as given
    assert plain.failed() == [("order", 0, 0), ("alike", 0, 1), ("given", 1, 1)]
    assert "expected frame 1, found frame 0" in str(referee.failures[0])
    assert referee.first_divergence == 0


def test_a_frame_that_was_left_out_is_out_of_order():
    plain = Plain()
    rows = [plain.give(frame, frame, 7) for frame in range(4)]
    plain.referee.takes(0, Confirmed(1, (), rows[1]))
    assert plain.failed() == [("order", 1, 0)]


def test_states_are_compared_before_and_after_the_plain_run_gets_there():
    plain = Plain()
    row = plain.give(0, 1, 2)
    plain.referee.holds(0, 1, 12345)  # before the frame has settled
    plain.referee.takes(0, Confirmed(0, (), row))
    plain.game.step((1, 2))
    plain.referee.holds(1, 1, 999)  # after it
    assert plain.failed() == [("states", 1, 0), ("states", 1, 1)]
    assert plain.referee.first_divergence == 1


def test_states_that_no_plain_run_reached_are_compared_with_each_other():
    plain = Plain()
    plain.referee.holds(0, 9, 1)
    plain.referee.holds(1, 9, 2)
    plain.referee.close()
    assert plain.failed() == [("states", 9, 1)]


def test_an_alarm_is_false_where_nothing_differed_and_right_where_it_did():
    quiet, loud = Plain(), Plain()
    for plain in (quiet, loud):
        plain.referee.alarmed(1, 60)
    loud.referee.holds(0, 0, 5)
    for plain in (quiet, loud):
        plain.referee.close()
    assert quiet.failed() == [("false alarm", 60, 1)]
    assert loud.failed() == [("states", 0, 0)]


def test_a_killed_players_slot_may_idle_from_some_frame_on_and_from_then_on_only():
    plain = Plain()
    for frame in range(6):
        plain.give(frame, 3, 4)
    plain.referee.leaves(1, (1,))
    for frame, last in enumerate((4, 4, 0, 0)):
        plain.referee.takes(0, Confirmed(frame, (), (b"\3", bytes([last]))))
    assert plain.failed() == []
    plain.referee.takes(0, Confirmed(4, (), (b"\3", b"\4")))
    assert plain.failed() == [("given", 4, 0)]


@pytest.mark.parametrize(
    ("game", "expected"),
    [(DeepDesync, {"states"}), (Forgetful, {"states"}), (Mutating, {"states"}), (Raising, {"plain run", "complete"})],
)
def test_a_broken_game_is_found_out(game, expected):
    found = set()
    for seed in range(4):
        report = VirtualMatch(game, link=LINE, config=EAGER, seed=seed).run(400)
        found |= set(oracles_of(report))
        assert not report.passed
    assert found <= expected | {"false alarm"} and found & expected


def test_the_frame_of_a_divergence_is_told_exactly():
    report = VirtualMatch(DeepDesync, link=LINE, config=EAGER, seed=3).run(900)
    assert not report.parity and report.first_divergence is not None
    assert 201 <= report.first_divergence <= 215
    assert report.first_divergence == min(failure.frame for failure in report.failures if failure.oracle in DIVERGING)
    assert "desync" in report.ended[0], "and the sessions saw it too"


def run_broken(monkeypatch, method, replacement) -> list[str]:
    monkeypatch.setattr(*method, replacement)
    found: list[str] = []
    for seed in range(6):
        report = VirtualMatch(lambda: Mixer(3), link=LINE, config=EAGER, seed=seed).run(150)
        found += oracles_of(report)
    return found


def test_a_rollback_that_is_not_served_is_found_out(monkeypatch):
    def forget(self):
        self.wrong = NEVER
        return 0

    assert "states" in run_broken(monkeypatch, (Simulation, "rollback"), forget)


def test_a_step_with_other_inputs_is_found_out(monkeypatch):
    decode = Simulation.decode

    def wrong(self, rows):
        actions, inputs = decode(self, rows)
        return (actions[::-1] if self.frame == 70 else actions), inputs

    assert "states" in run_broken(monkeypatch, (Simulation, "decode"), wrong)


def test_a_tick_that_raises_is_found_out(monkeypatch):
    advance = Simulation.advance

    def stumble(self):
        if self.frame == 40:
            raise RuntimeError("stumbled")
        return advance(self)

    assert "no exception" in run_broken(monkeypatch, (Simulation, "advance"), stumble)


def test_actions_that_remember_are_found_out_by_running_twice():
    dice = random.Random(1)
    report = VirtualMatch(Mixer, link=LINE, act=lambda game, player: dice.randrange(4), seed=1).run(100, twice=True)
    assert oracles_of(report) == ["same twice"] and report.parity


def test_every_oracle_has_its_sentence():
    import ast
    from pathlib import Path

    import rollback.sim

    used = set()
    for path in Path(rollback.sim.__file__).parent.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            called = isinstance(node, ast.Call) and ast.unparse(node.func).split(".")[-1]
            if called == "fail" and isinstance(node.args[0], ast.Constant):
                used.add(node.args[0].value)
    assert used == set(NAMES) and set(DIVERGING) <= used
