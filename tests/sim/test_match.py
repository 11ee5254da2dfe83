"""Whole matches on virtual time: what they measure, and that they are the same wherever they run."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from rollback import Ended, SessionConfig, Synchronized
from rollback.errors import ActionError, UsageError
from rollback.games import Pong
from rollback.sim import Link, VirtualMatch
from tests.cases import more_at_night
from tests.sim.games import Digested, Mixer, Opaque, Race

ROOT = Path(__file__).resolve().parents[2]
BAD = Link(latency_ms=40, jitter_ms=60, loss=0.15, duplicate=0.1, reorder=0.1)


def digest_of(report) -> str:
    return hashlib.sha256(json.dumps(report.to_dict(), sort_keys=True).encode()).hexdigest()


def bad_match(seed: int = 7) -> VirtualMatch:
    match = VirtualMatch(
        lambda: Mixer(3),
        seed=seed,
        link=BAD,
        config=SessionConfig(input_delay=1),
        skew_ppm=(300, -200),
        phases=(0, 0.3, 0.6),
    )
    match.at(100).pause(1, seconds=0.7).set_delay(0, 4)
    match.at(200).partition({0}, {1, 2})
    match.at(205).heal()
    return match


def test_the_match_of_the_design_runs_as_it_is_written_there():
    match = VirtualMatch(
        lambda: Pong(), players=2, config=SessionConfig(input_delay=0), link=Link(latency_ms=50, jitter_ms=20, loss=0.05),
        seed=7, act=lambda game, player: (player == 0, player == 1), tick_ms=16,
    )  # fmt: skip
    report = match.run(frames=300)
    assert report.parity and report.first_divergence is None and report.lost > 0
    lists = (
        report.rollbacks, report.resimulated, report.stalls, report.depths, report.bytes_per_second, report.confirmed,
        report.lag,
    )  # fmt: skip
    assert all(len(each) == 2 for each in lists)


@pytest.mark.parametrize("seed", more_at_night(range(12), 5))
def test_peers_agree_over_a_bad_network(seed):
    report = bad_match(seed).run(300, twice=True)
    assert sum(report.rollbacks) > 0 and report.lost > 0 and report.inputs_varied  # or it proves nothing
    assert report.passed and report.parity, report.failures
    assert report.frames == 300 and report.ended == ["end_at"] * 3
    assert report.confirmed == [299] * 3


def test_the_same_seed_is_the_same_match_in_another_process_with_another_hash_seed():
    code = "from tests.sim.test_match import bad_match, digest_of; print(digest_of(bad_match().run(300)))"
    here = digest_of(bad_match().run(300))
    for hash_seed in ("1", "77"):
        done = subprocess.run(
            [sys.executable, "-c", code], cwd=ROOT, env=os.environ | {"PYTHONHASHSEED": hash_seed, "PYTHONPATH": str(ROOT)},
            capture_output=True, text=True, timeout=60, check=False,
        )  # fmt: skip
        assert done.stdout.strip() == here, done.stderr


def test_another_seed_is_another_match():
    assert len({digest_of(bad_match(seed).run(120)) for seed in range(6)}) == 6


def test_a_report_is_json_and_tells_what_happened():
    report = bad_match().run(300)
    told = json.loads(json.dumps(report.to_dict()))
    assert told["parity"] is True and told["failures"] == [] and told["frames"] == 300
    assert sum(int(times) for times in told["depths"][0].values()) == told["rollbacks"][0]
    kinds = [event["event"] for event in told["events"][0]]
    assert kinds.count("Synchronized") == 2 and kinds[-1] == "Ended"
    assert any(isinstance(event, Synchronized) for _, event in report.events[1])
    assert [event for _, event in report.events[2]][-1] == Ended("end_at", 300)


def test_what_is_played_does_not_depend_on_the_network_or_on_who_sits_where():
    states = set()
    for link, seats in ((Link(), None), (BAD, None), (BAD, [(0, 2), (1,)]), (Link(latency_ms=100), [(1,), (0, 2)])):
        match = VirtualMatch(lambda: Mixer(3), link=link, seats=seats, seed=5)
        assert match.run(200).passed
        states |= {peer.session.game.save() for peer in match.peers}
    assert len(states) == 1 and states.pop()[1] == 200


def test_without_delay_the_lag_is_that_of_the_link():
    match = VirtualMatch(Mixer, link=Link(latency_ms=50), config=SessionConfig(input_delay=0), tick_ms=10, phases=(0, 0.5))
    report = match.run(600)
    assert report.stalls == [0, 0]
    assert sum(report.lag) / 2 == pytest.approx(5.0, abs=0.6)


def test_input_delay_takes_the_rollbacks_away_and_each_peer_may_have_its_own():
    config = SessionConfig(input_delay=0)
    eager = VirtualMatch(Mixer, link=Link(latency_ms=40), config=config, seed=3).run(300)
    patient = VirtualMatch(Mixer, link=Link(latency_ms=40), config=config, input_delays=(4, 4), seed=3).run(300)
    mixed = VirtualMatch(Mixer, link=Link(latency_ms=40), config=config, input_delays=(0, 6), seed=3).run(300)
    assert min(eager.rollbacks) > 20 and sum(patient.rollbacks) == 0
    assert mixed.passed and mixed.rollbacks[0] == 0 < mixed.rollbacks[1], "the one who waits for late inputs rolls back"


def test_a_window_of_nothing_is_lockstep_and_every_peer_waits():
    match = VirtualMatch(Mixer, link=BAD, config=SessionConfig(prediction_window=0, input_delay=0), seed=2)
    report = match.run(100)
    assert report.passed and report.rollbacks == [0, 0] and min(report.stalls) > 50


@pytest.mark.parametrize("seed", range(6))
def test_a_game_that_is_over_ends_at_the_same_frame_everywhere(seed):
    match = VirtualMatch(Race, link=Link(latency_ms=60, jitter_ms=40, loss=0.1), config=SessionConfig(input_delay=0), seed=seed)
    report = match.run(5000)
    assert report.passed, report.failures
    assert report.ended == ["over", "over"] and 30 < report.frames < 5000


def test_a_game_with_opaque_snapshots_is_held_by_its_digest_or_at_the_end():
    digested = VirtualMatch(Digested, link=BAD, config=SessionConfig(input_delay=0), seed=1).run(200)
    opaque = VirtualMatch(Opaque, link=BAD, config=SessionConfig(input_delay=0, desync_interval=0), seed=1).run(200)
    assert digested.passed and opaque.passed and min(digested.rollbacks + opaque.rollbacks) > 0


def test_directions_can_differ():
    links = {(0, 1): Link(latency_ms=100), (1, 0): Link()}
    report = VirtualMatch(Mixer, link=links, config=SessionConfig(input_delay=0), seed=1).run(300)
    assert report.passed and report.stalls == [0, 0]
    assert sum(report.lag) == pytest.approx(6, abs=1.3), "a hundred milliseconds in all, shared by the balance of time"
    assert sum(VirtualMatch(Mixer, link=links[1, 0], seed=1).run(300).lag) < 2


def test_actions_of_the_callers_own_are_asked_once_a_frame_and_player():
    asked: list[tuple[int, int]] = []

    def act(game, player):
        asked.append((game.steps, player))
        return game.steps % 7

    report = VirtualMatch(Mixer, link=BAD, config=SessionConfig(input_delay=0), act=act, seed=4).run(60)
    assert report.passed
    assert sorted(set(asked)) == sorted(asked) and {player for _, player in asked} == {0, 1}
    assert len(asked) >= 120


def test_clocks_that_drift_are_kept_together_by_the_pacing_and_without_it_the_quick_one_stalls():
    def match(paced):
        return VirtualMatch(
            Mixer, link=Link(latency_ms=20), config=SessionConfig(input_delay=0, prediction_window=4),
            skew_ppm=(5000, -5000), paced=paced, seed=1,
        ).run(1800)  # fmt: skip

    paced, loose = match(True), match(False)
    assert paced.stalls == [0, 0] and paced.gap <= 3
    assert sum(loose.stalls) > 5 and loose.passed


def test_bytes_are_those_of_everything_sent_and_warm_up_leaves_the_beginning_out():
    cold = VirtualMatch(Mixer, link=BAD, seed=1)
    report = cold.run(200)
    assert report.bytes_per_second[0] == pytest.approx(cold.peers[0].bytes_sent / report.seconds)
    assert report.bytes_per_second[0] > 200
    warm = VirtualMatch(Mixer, link=BAD, seed=1, warm_up=190).run(200)
    assert sum(warm.stalls) < sum(report.stalls) or sum(report.stalls) == 0
    assert warm.rollbacks == report.rollbacks


def test_a_slow_match_is_heard_between_its_frames():
    match = VirtualMatch(Mixer, link=Link(latency_ms=20), config=SessionConfig(fps=1, input_delay=0, disconnect_after=0.9))
    report = match.run(8)
    assert report.passed, report.failures
    names = {type(event).__name__ for events in report.events for _, event in events}
    assert names <= {"Synchronized", "Ended"}, "a frame a second, and nobody counts as silent"


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ({"make": Pong()}, r"a match needs what makes games"),
        ({"make": Pong, "players": 3}, r"3 players are wanted, the game has 2"),
        ({"make": Pong, "skew_ppm": (1, 2, 3)}, r"skew_ppm must be up to 2 numbers"),
        ({"make": Pong, "phases": (2,)}, r"phases must be up to 2 numbers from 0 to 1"),
        ({"make": Pong, "tick_ms": 0}, r"tick_ms must be up to 1 numbers from 0.1 to 10000"),
        ({"make": Pong, "link": 5}, r"link must be a Link"),
    ],
)
def test_arguments_that_do_not_fit_are_refused(arguments, says):
    with pytest.raises(UsageError, match=says):
        VirtualMatch(**arguments)


def test_one_game_cannot_be_that_of_all_peers():
    game = Pong()
    with pytest.raises(UsageError, match=r"every peer needs a game of its own"):
        VirtualMatch(lambda: game)


def test_a_mistake_of_the_callers_own_is_raised_and_is_no_finding():
    with pytest.raises(ActionError, match=r"player 0: 999"):
        VirtualMatch(Mixer, act=lambda game, player: 999).run(10)
    with pytest.raises(ZeroDivisionError):
        VirtualMatch(Mixer, act=lambda game, player: 1 // 0).run(10)


def test_a_match_runs_once_and_for_a_number_of_frames():
    match = VirtualMatch(Mixer)
    for frames in (0, -5, 1.5, True, "10"):
        with pytest.raises(UsageError, match=r"a whole number of frames from 1 on"):
            match.run(frames)
    assert match.run(1).frames == 1
    with pytest.raises(UsageError, match=r"this match was run"):
        match.run(10)


def test_a_minute_of_two_players_is_simulated_in_about_a_quarter_of_a_second():
    match = VirtualMatch(Mixer, link=Link(latency_ms=50, jitter_ms=20, loss=0.05), config=SessionConfig(input_delay=0))
    began = time.process_time()
    report = match.run(3600)
    took = time.process_time() - began
    assert report.passed and report.frames == 3600
    assert took < 3.0, f"{took:.2f} s of processor time, 0.3 s on an idle machine"


WITHOUT = """
import sys
for name in ("numpy", "multiprocessing", "subprocess", "threading", "concurrent.futures", "rich"):
    sys.modules[name] = None
from rollback import SessionConfig
from rollback.games import Pong
from rollback.sim import Link, VirtualMatch
report = VirtualMatch(Pong, config=SessionConfig(input_delay=0), link=Link(latency_ms=50, loss=0.05), seed=7).run(200)
print(report.parity, sum(report.rollbacks) > 0, report.lost > 0)
"""


def test_a_virtual_match_needs_no_numpy_no_thread_and_no_process():
    done = subprocess.run([sys.executable, "-c", WITHOUT], cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
    assert done.stdout.strip() == "True True True", done.stderr
