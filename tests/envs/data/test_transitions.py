"""What a data set says, whatever the network did: the same on every peer, and what really happened."""

from __future__ import annotations

import json
from typing import Any

import pytest

from rollback.config import SessionConfig
from rollback.core.session import P2PSession
from rollback.envs import export_transitions, record_transitions, transitions_of
from rollback.envs.data import replay as transition_replay
from rollback.errors import GameError, ReplayError, UsageError
from rollback.game import UInt
from rollback.games import Pong
from rollback.replays.events import ReplayEvent
from rollback.sim import Link
from rollback.types import Local, Remote
from tests.envs.transition_matches import (
    ROUGH,
    TIMING,
    Mix,
    RecordedMatch,
    read_lines,
    rows_of,
    settled,
    taking_over,
)

COLUMNS = "frame episode is_reset observation action reward terminated truncated controller".split()


class Counted(Mix):
    """Counts the steps of all games of its kind."""

    stepped = 0

    def another(self) -> Mix:
        return Mix(self.players)

    def step(self, actions: Any) -> None:
        Counted.stepped += 1
        super().step(actions)


def session_of(game: Any, **settings: Any) -> P2PSession:
    stands = [Local(), *[Remote(f"p{player}") for player in range(1, game.players)]]
    return P2PSession(game, stands, SessionConfig(**settings))


@pytest.mark.parametrize(("make", "seed"), [(Pong, 1), (Pong, 2), (Mix, 3), (Mix, 4)])
def test_both_peers_write_the_same_but_for_their_own_columns(make, seed, tmp_path):
    match = RecordedMatch(make, tmp_path, seed=seed)
    report = match.run(240)
    assert min(report.rollbacks) > 0 and report.lost > 0
    files = [rows_of(process, tmp_path) for process in match.processes]
    assert [row["frame"] for row in files[0]] == list(range(240))
    assert list(files[0][0]) == [*COLUMNS, *TIMING]
    texts = {settled(rows) for rows in files}
    assert len(texts) == 1
    assert len({json.dumps(row["action"]) for row in files[0]}) > 5  # or all would have been the same anyway
    for process in match.processes:
        export_transitions(process.replay(), tmp_path / "replayed.jsonl", make())
        replayed = read_lines(tmp_path / "replayed.jsonl")
        assert settled(replayed) in texts
        assert all(row["seconds"] is None and row["rollback_depth"] is None for row in replayed)
        assert {json.dumps(row[name]) for row in replayed for name in TIMING[1:] if name != "rollback_depth"} == {
            json.dumps([None] * make().players)
        }


def test_a_row_is_what_a_plain_run_over_the_inputs_gives(tmp_path):
    match = RecordedMatch(Mix, tmp_path)
    match.run(150)
    rows, replay = rows_of(match.processes[0], tmp_path), match.processes[0].replay()
    game = Mix()
    game.reset(match.processes[0].session.config.seed)
    for row in rows:
        actions = [UInt(8).decode(data) for data in replay.inputs(row["frame"])]
        before = game.points
        assert row["action"] == actions
        assert row["observation"] == [{"value": game.value, "points": list(game.points), "me": player} for player in range(3)]
        game.step(actions)
        assert row["reward"] == [after - old for after, old in zip(game.points, before, strict=True)]
    assert sum(sum(row["reward"]) for row in rows) > 10


def test_the_second_game_is_stepped_once_a_frame_and_the_first_one_is_left_alone(tmp_path):
    Counted.stepped = 0
    match = RecordedMatch(Counted)
    report = match.run(120)
    played = 3 * 120 + sum(report.resimulated)
    assert sum(report.rollbacks) > 0
    assert Counted.stepped == played + 120  # the plain run that the match holds itself against; the second games are others
    assert [process.recorder.frames for process in match.processes] == [120] * 3


def test_the_end_of_a_game_terminates(tmp_path):
    match = RecordedMatch(lambda: Mix(2, over_at=70), tmp_path)
    match.run(200)
    rows = rows_of(match.processes[1], tmp_path)
    assert len(rows) == 70
    assert [row["terminated"] for row in rows] == [[False, False]] * 69 + [[True, True]]
    assert not any(flag for row in rows for flag in row["truncated"])
    assert {row["episode"] for row in rows} == {0} and not any(row["is_reset"] for row in rows)


def test_a_game_without_observations_and_scores_is_told_by_its_actions(tmp_path):
    class Bare(Mix):
        observe = scores = None  # type: ignore[assignment]

        def another(self) -> Mix:
            return Bare(self.players)

    match = RecordedMatch(Bare, tmp_path)
    match.run(60)
    rows = rows_of(match.processes[0], tmp_path)
    assert {str(row["observation"]) for row in rows} == {"[None, None, None]"}
    assert {str(row["reward"]) for row in rows} == {"[0.0, 0.0, 0.0]"}
    assert len({str(row["action"]) for row in rows}) > 3


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_who_stands_in_is_told_from_the_cut_on_the_same_on_all_who_are_left(seed, tmp_path):
    match = RecordedMatch(Mix, tmp_path, config=taking_over(), seed=seed)
    match.at(100).kill(1)
    report = match.run(300)
    assert sum(report.rollbacks) > 0
    one, lost, other = (rows_of(process, tmp_path) for process in match.processes)
    assert settled(one) == settled(other)
    assert settled(one[: len(lost)]) == settled(lost) and 50 < len(lost) < 110
    changes = [row["frame"] for row, before in zip(one[1:], one, strict=False) if row["controller"] != before["controller"]]
    assert len(changes) == 1 and 80 < changes[0] < 130
    assert one[-1]["controller"] == ["bot", "take-over", "bot"] and one[0]["controller"] == ["bot"] * 3
    assert {row["action"][1] for row in one[changes[0] + 100 :]} == {200}  # the policy's
    assert {row["captured_frame"][1] for row in one[changes[0] :]} == {None}
    export_transitions(match.processes[0].replay(), tmp_path / "replayed.jsonl", Mix())
    assert settled(read_lines(tmp_path / "replayed.jsonl")) == settled(one)


def test_a_player_that_is_gone_is_idle_where_nobody_stands_in(tmp_path):
    config = SessionConfig(on_disconnect="idle", disconnect_after=1.0, interrupt_after=0.3)
    match = RecordedMatch(Mix, tmp_path, config=config)
    match.at(60).leave(2)
    match.run(200)
    one, other, _ = (rows_of(process, tmp_path) for process in match.processes)
    assert settled(one) == settled(other)
    assert one[-1]["controller"] == ["bot", "bot", "idle"]
    gone = [row for row in one if row["controller"][2] == "idle"]
    assert {row["action"][2] for row in gone} == {0} and len(gone) > 100
    assert {row["predicted"][2] for row in gone[20:]} == {False}  # that it does nothing is certain


def test_who_comes_back_is_told_from_its_first_frame_and_records_from_the_state_it_was_given(tmp_path):
    match = RecordedMatch(Mix, tmp_path, config=taking_over())
    match.at(100).kill(1)
    match.at(260).rejoin(1)
    match.run(600)
    one, _, _, back = (rows_of(process, tmp_path) for process in match.processes)
    first = back[0]["frame"]
    again = next(row["frame"] for row in one if row["frame"] > 200 and row["controller"][1] == "bot")
    assert 200 < first < again < 500
    assert [row["frame"] for row in back] == list(range(first, 600))
    assert settled(back, "controller") == settled(one[first:], "controller")
    assert settled(back[again - first :]) == settled(one[again:])
    assert {row["controller"][1] for row in back[: again - first]} == {None}  # it was not there, and says so
    assert back[again - first + 5]["captured_frame"][1] == again + 4
    for process, rows in ((match.processes[0], one), (match.processes[3], back)):
        export_transitions(process.replay(), tmp_path / "replayed.jsonl", Mix())
        assert settled(read_lines(tmp_path / "replayed.jsonl")) == settled(rows)


def test_an_open_seat_is_idle_until_somebody_comes(tmp_path):
    match = RecordedMatch(Mix, tmp_path, absent=(2,))
    match.at(100).join(2)
    match.run(400)
    one, other, late = (rows_of(process, tmp_path) for process in match.processes)
    assert settled(one) == settled(other)
    assert one[0]["controller"] == ["bot", "bot", "idle"] and one[-1]["controller"] == ["bot"] * 3
    assert late[-1]["controller"] == ["bot"] * 3 and settled(late, "controller") == settled(one[-len(late) :], "controller")
    export_transitions(match.processes[0].replay(), tmp_path / "replayed.jsonl", Mix())
    assert settled(read_lines(tmp_path / "replayed.jsonl")) == settled(one)


class Spoiled(Mix):
    """One of its kind is led astray once, at step 70."""

    spoils = True

    def another(self) -> Mix:
        return Mix(self.players)

    def step(self, actions: Any) -> None:
        super().step(actions)
        if self.steps == 70 and self.spoils:
            self.value += 1


def test_after_a_desync_the_rows_go_on_from_the_mended_state(tmp_path):
    made: list[Spoiled] = []

    def make() -> Spoiled:
        game = Spoiled(2)
        game.spoils = len(made) == 0  # the first peer's: all take over what it holds
        made.append(game)
        return game

    config = SessionConfig(input_delay=1, on_desync="resync", desync_interval=20)
    match = RecordedMatch(make, config=config)
    match.match.run(frames=300)  # the referee sees a desync: that is the point
    for process in match.processes:
        process.close()
    one, other = (rows_of(process, tmp_path) for process in match.processes)
    assert settled(one[:70]) == settled(other[:70])
    last = match.processes[0].session.game
    assert one[299]["observation"] == other[299]["observation"]
    assert last.steps == 300
    plain = Mix(2)
    plain.reset(config.seed)
    for row in one:
        plain.step(row["action"])
    assert plain.value != last.value  # what happened is not what the inputs alone lead to
    for process in match.processes:
        assert process.recorder.table.last[0]["value"] == last.value


@pytest.mark.parametrize("bad", [Mix(2), "no game"], ids=["other players", "no game"])
def test_a_second_game_of_another_kind_is_refused(bad):
    with pytest.raises((UsageError, GameError, AttributeError)):
        record_transitions(session_of(Mix()), bad)


def test_the_game_that_is_played_cannot_be_its_own_second():
    game = Mix()
    with pytest.raises(UsageError, match="second, fresh one"):
        record_transitions(session_of(game), game)


def test_a_game_that_cannot_be_made_again_has_to_be_given():
    class Hard(Mix):
        another = None  # type: ignore[assignment]

        def __init__(self, players: int, secret: int) -> None:
            super().__init__(players)

    del Hard.another
    Hard.another = property(lambda self: (_ for _ in ()).throw(AttributeError))  # type: ignore[assignment]
    with pytest.raises(UsageError, match=r"no second Hard can be made .* game=Hard\(\.\.\.\)"):
        record_transitions(session_of(Hard(3, 1)))
    assert record_transitions(session_of(Hard(3, 1)), Hard(3, 2)).frames == 0


def test_a_data_set_begins_with_the_match():
    match = RecordedMatch(Mix)
    match.run(30)
    with pytest.raises(UsageError, match="record before the first tick, not at frame 30"):
        record_transitions(match.processes[0].session)


def test_what_is_held_has_a_limit_that_is_told(tmp_path):
    match = RecordedMatch(lambda: Mix(2), options=lambda peer: {"limit": 20_000})
    report = match.match.run(frames=300)
    assert report.parity
    recorder = match.processes[0].recorder
    assert recorder.close() is None
    assert "holds the frames up to" in recorder.problem and ".jsonl" in recorder.problem
    rows = rows_of(match.processes[0], tmp_path)
    assert 64 <= len(rows) == recorder.frames < 300 and recorder.table.size < 40_000


def test_a_game_that_fails_on_settled_inputs_stops_the_data_set_and_not_the_match(tmp_path):
    class Sound(Mix):
        def another(self) -> Mix:
            return Frail(2)

    class Frail(Mix):
        def step(self, actions: Any) -> None:
            if self.steps == 50:
                raise RuntimeError("no more")
            super().step(actions)

    path = tmp_path / "match.jsonl"
    match = RecordedMatch(lambda: Sound(2), options=lambda peer: {"path": path if peer == 0 else None}, seed=2)
    assert match.match.run(frames=120).parity
    recorder = match.processes[0].recorder
    assert recorder.problem == "frame 50 could not be recorded: RuntimeError: no more"
    assert recorder.close() == path and recorder.close() == path
    assert [row["frame"] for row in read_lines(path)] == list(range(50))  # what was told before stays


def test_what_is_held_can_be_saved_while_the_match_goes_on(tmp_path):
    match = RecordedMatch(lambda: Mix(2))
    recorder, seen = match.processes[0].recorder, []
    with pytest.raises(UsageError, match="no frame has settled yet"):
        recorder.save(tmp_path / "early.npz")
    after = recorder.after

    def looking(tick: Any, now: float) -> None:
        after(tick, now)
        if recorder.frames == 40 and not seen:
            seen.append(recorder.save(tmp_path / "half.jsonl"))

    recorder.after = looking  # type: ignore[method-assign]
    match.run(100)
    rows = rows_of(match.processes[0], tmp_path)
    assert settled(read_lines(seen[0])) == settled(rows[:40])


def test_a_quiet_line_needs_no_guess_and_no_rollback(tmp_path):
    match = RecordedMatch(lambda: Mix(2), link=Link(latency_ms=10), config=SessionConfig(input_delay=4))
    report = match.run(100)
    assert report.rollbacks == [0, 0]
    rows = rows_of(match.processes[0], tmp_path)
    assert {str(row["predicted"]) for row in rows[30:]} == {"[False, False]"} and {row["rollback_depth"] for row in rows} == {0}


def test_the_table_of_a_replay_is_that_of_the_match(tmp_path):
    match = RecordedMatch(Mix, tmp_path)
    match.run(100)
    process = match.processes[2]
    table = transitions_of(process.replay(), Mix())
    mine = process.recorder.table
    assert table.facts == mine.facts and table.last == mine.last and len(table) == 100
    assert [row._replace(timing=None) for row in table.rows()] == [row._replace(timing=None) for row in mine.rows()]
    assert ROUGH.loss > 0


def test_a_second_game_that_begins_otherwise_is_noticed():
    class Level(Mix):
        def __init__(self, level: int = 1) -> None:
            self.level = level
            super().__init__(2)

        def another(self) -> Mix:
            return Level()  # forgets its level

        def reset(self, seed: int) -> None:
            super().reset(seed + self.level)

    match = RecordedMatch(lambda: Level(3))
    assert match.match.run(frames=60).parity
    recorder = match.processes[0].recorder
    assert recorder.close() is None and recorder.frames == 0
    assert "begins in another state" in recorder.problem and "the same arguments" in recorder.problem


def test_a_replay_that_claims_frames_without_end_is_refused(tmp_path, monkeypatch):
    match = RecordedMatch(Mix, tmp_path)
    match.run(60)
    replay = match.processes[0].replay()
    monkeypatch.setattr(transition_replay, "MOST_INPUTS", 3 * 59)
    with pytest.raises(UsageError, match="60 frames with 180 bytes of inputs, at most 177"):
        export_transitions(replay, tmp_path / "rows.jsonl", Mix())
    monkeypatch.setattr(transition_replay, "TOLD_EVERY", 32)
    with pytest.raises(UsageError, match="take more than 10 bytes"):
        transitions_of(replay, Mix(), limit=10)


@pytest.mark.parametrize(
    ("kind", "data"),
    [
        ("cut", {"players": [9, -1, 0]}),
        ("cut", None),
        ("took over", {"player": 7}),
        ("took over", {"player": "me"}),
        ("peer joined", {"peer": "", "players": [0, 99], "frame": 20, "controllers": ["x"], "vacant": [[5, -3, True], 1]}),
        ("peer joined", {"peer": "bob", "players": [1], "controllers": [7], "vacant": {"0": 1}}),
    ],
    ids=repr,
)
def test_events_that_a_file_made_up_do_no_harm(kind, data, tmp_path):
    match = RecordedMatch(Mix, tmp_path)
    match.run(60)
    replay = match.processes[0].replay()
    replay.events.append(ReplayEvent(20, kind, data))
    assert export_transitions(replay, tmp_path / "rows.jsonl", Mix()) == 60
    rows = read_lines(tmp_path / "rows.jsonl")
    assert rows[10]["controller"] == ["bot"] * 3 and len(rows[50]["controller"]) == 3


def test_a_recording_that_the_game_cannot_follow_leaves_no_file(tmp_path):
    class Frail(Mix):
        def step(self, actions: Any) -> None:
            if self.steps == 30:
                raise RuntimeError("no more")
            super().step(actions)

    match = RecordedMatch(Mix, tmp_path)
    match.run(60)
    replay, before = match.processes[0].replay(), sorted(tmp_path.iterdir())
    for ending in ("jsonl", "npz"):
        with pytest.raises(ReplayError, match=r"from frame 30 on: step\(\) raised RuntimeError"):
            export_transitions(replay, tmp_path / f"rows.{ending}", Frail())
    with pytest.raises(ReplayError, match="the game is over before frame 40"):
        export_transitions(replay, tmp_path / "rows.jsonl", Mix(over_at=40))
    assert sorted(tmp_path.iterdir()) == before
