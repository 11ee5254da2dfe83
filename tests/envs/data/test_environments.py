"""Data sets of environments: episodes, rewards and resets as they happened, once."""

from __future__ import annotations

import json
from typing import Any

import numpy
import pytest

from rollback.config import SessionConfig
from rollback.envs.data.replay import export_transitions
from tests.envs.transition_matches import RecordedMatch, read_lines, rows_of, settled

gymnasium = pytest.importorskip("gymnasium")

from rollback.envs import from_gymnasium, from_parallel_env  # noqa: E402 - needs Gymnasium


class Count(gymnasium.Env[Any, Any]):
    """Ends every nine steps, or when both choose 3; what is seen tells seed and step."""

    metadata = {"render_modes": [], "render_fps": 60}  # noqa: RUF012 - as Gymnasium wants it
    observation_space = gymnasium.spaces.Box(0, 2**31, (3,), numpy.int64)
    action_space = gymnasium.spaces.MultiDiscrete([4, 4])

    def reset(self, *, seed: int | None = None, options: Any = None) -> Any:
        super().reset(seed=seed)
        self.draw, self.steps = int(self.np_random.integers(2**31)), 0
        return self._seen(), {}

    def step(self, action: Any) -> Any:
        self.steps += 1
        ended = bool((numpy.asarray(action) == 3).all())
        return self._seen(), float(sum(action)), ended, self.steps == 9 and not ended, {}

    def _seen(self) -> Any:
        return numpy.array([self.draw, self.steps, 7], numpy.int64)


class Single(Count):
    """The same for one, whose choice of 3 ends it."""

    action_space = gymnasium.spaces.Discrete(4)

    def step(self, action: Any) -> Any:
        return super().step((int(action), 3))


def count_game() -> Any:
    return from_gymnasium(Count, 2)


def turns() -> Any:
    return from_gymnasium(Single, 2, "turns")


def tag() -> Any:
    return from_parallel_env("mpe2.simple_tag_v3")


def built_in() -> Any:
    return from_parallel_env("rollback.envs.pong_v0")


@pytest.mark.parametrize("make", [count_game, turns, built_in])
def test_every_peer_and_the_replay_tell_the_same(make, tmp_path):
    pytest.importorskip("pettingzoo")
    match = RecordedMatch(make, tmp_path, config=SessionConfig(input_delay=0))
    report = match.run(200)
    assert sum(report.rollbacks) > 0 and report.lost > 0
    files = [rows_of(process, tmp_path) for process in match.processes]
    assert len({settled(rows) for rows in files}) == 1
    assert [row["frame"] for row in files[0]] == list(range(200))
    for process in match.processes[:1]:
        export_transitions(process.replay(), tmp_path / "replayed.jsonl", make())
        assert settled(read_lines(tmp_path / "replayed.jsonl")) == settled(files[0])


@pytest.mark.parametrize("make", [count_game, turns])
def test_a_row_is_what_a_plain_run_of_the_environment_gives(make, tmp_path):
    match = RecordedMatch(make, tmp_path, config=SessionConfig(input_delay=0, seed=11))
    report = match.run(150)
    assert sum(report.rollbacks) > 0
    rows, replay, game = rows_of(match.processes[1], tmp_path), match.processes[1].replay(), make()
    game.reset(11)
    returns, episodes = 0.0, set()
    for row in rows:
        assert (row["episode"], row["is_reset"]) == (game.episode, game.is_between)
        assert row["observation"] == [numpy.asarray(game.observe(player)).tolist() for player in range(2)]
        game.step([codec.decode(data) for codec, data in zip(game.codecs, replay.inputs(row["frame"]), strict=True)])
        if row["is_reset"]:
            assert row["reward"] == [0, 0] and not any(row["terminated"] + row["truncated"])
        else:
            assert (row["reward"], row["terminated"]) == (list(game.rewards), list(game.terminated))
            assert row["truncated"] == list(game.truncated)
        returns += sum(row["reward"])
        episodes.add(row["episode"])
    assert returns > 0 and len(episodes) > 5


def test_the_row_that_resets_shows_the_last_of_the_episode(tmp_path):
    match = RecordedMatch(count_game, config=SessionConfig(input_delay=1))
    match.run(120)
    rows = rows_of(match.processes[0], tmp_path)
    resets = [place for place, row in enumerate(rows) if row["is_reset"]]
    assert len(resets) > 8
    for place in resets:
        before, row, after = rows[place - 1], rows[place], rows[min(place + 1, 119)]
        assert any(before["terminated"]) or any(before["truncated"])
        assert row["episode"] == before["episode"] and row["observation"][0][0] == before["observation"][0][0]
        assert row["observation"][0][1] == before["observation"][0][1] + 1
        if place < 119:
            assert after["episode"] == row["episode"] + 1 and after["observation"][0][1] == 0
    assert len({row["observation"][0][0] for row in rows}) == len({row["episode"] for row in rows})  # seeds differ
    ends = [row for row in rows if any(row["truncated"])]
    assert ends and all(row["observation"][0][1] == 8 for row in ends)


def test_minari_has_an_episode_for_each_of_the_environment_in_its_own_spaces(tmp_path, monkeypatch):
    minari = pytest.importorskip("minari")
    monkeypatch.setenv("MINARI_DATASETS_PATH", str(tmp_path / "minari"))
    match = RecordedMatch(count_game)
    match.run(100)
    rows = rows_of(match.processes[0], tmp_path)
    names = match.processes[0].recorder.to_minari("count-v0")
    for player, name in enumerate(names):
        data = minari.load_dataset(name)
        assert data.observation_space == Count.observation_space
        told = [(row["observation"][player], row["reward"][player]) for row in rows if not row["is_reset"]]
        episodes = list(data.iterate_episodes())
        assert len(episodes) > 8
        assert [reward for episode in episodes for reward in episode.rewards] == [reward for _, reward in told]
        assert [list(seen) for episode in episodes for seen in episode.observations[:-1]] == [seen for seen, _ in told]
        for episode in episodes:
            assert len(episode.observations) == len(episode.actions) + 1
            assert [seen[1] for seen in episode.observations] == list(range(len(episode.observations)))
            assert all(data.action_space.contains(action) for action in episode.actions)
        assert all(episode.terminations[-1] or episode.truncations[-1] for episode in episodes)


def test_who_only_watches_gets_no_minari_data_set(tmp_path, monkeypatch):
    minari = pytest.importorskip("minari")
    monkeypatch.setenv("MINARI_DATASETS_PATH", str(tmp_path / "minari"))
    match = RecordedMatch(lambda: from_gymnasium(Single, 2, "watch"))
    match.run(60)
    assert match.processes[1].recorder.to_minari("watched-v0") == ("watched-player0-v0",)
    assert minari.load_dataset("watched-player0-v0").total_steps > 40


def test_the_facts_name_the_agents(tmp_path):
    match = RecordedMatch(built_in)
    match.run(20)
    assert match.processes[0].recorder.table.facts["agents"] == ["player_0", "player_1"]


@pytest.mark.nightly
def test_an_environment_of_four_unlike_agents_is_told(tmp_path):
    pytest.importorskip("mpe2")
    match = RecordedMatch(tag)
    match.run(30)
    with numpy.load(match.processes[0].recorder.save(tmp_path / "tag.npz")) as data:
        facts = json.loads(str(data["facts"]))
        assert facts["agents"] == ["adversary_0", "adversary_1", "adversary_2", "agent_0"]
        assert data["observation_0"].shape == (30, 16) and data["observation_3"].shape == (30, 14)
        assert data["observation_0"].dtype == numpy.float32
