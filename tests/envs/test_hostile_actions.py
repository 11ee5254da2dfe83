"""A peer may send any bytes for its actions, NaN among them, and an environment may raise on what was only guessed."""

from __future__ import annotations

import random
from collections.abc import Callable
from functools import partial
from typing import Any, ClassVar

import gymnasium
import numpy as np
import pytest
from gymnasium import spaces

from rollback import SessionConfig
from rollback.envs import from_gymnasium, from_parallel_env
from rollback.sim import Link, MatchReport, VirtualMatch
from rollback.state import checksum

FRAMES = 90
ROUGH = Link(latency_ms=60, jitter_ms=20, loss=0.05)
SPACES = {
    "few of a byte": spaces.Discrete(5),
    "from -2 on": spaces.Discrete(6, start=-2),
    "many": spaces.Discrete(100_000),
    "several": spaces.MultiDiscrete([3, 7, 2]),
    "buttons": spaces.MultiBinary(5),
    "floats within bounds": spaces.Box(-1, 1, (3,), np.float32),
    "floats without": spaces.Box(-np.inf, np.inf, (2,), np.float64),
    "whole numbers": spaces.Box(-5, 9, (2, 2), np.int16),
    "a tuple": spaces.Tuple([spaces.Discrete(3), spaces.Box(0, 1, (2,), np.float32)]),
    "a dict": spaces.Dict({"go": spaces.Discrete(9, start=1), "turn": spaces.Box(-2, 2, (), np.float64)}),
    "nested": spaces.Dict({"hand": spaces.Tuple([spaces.MultiBinary(3), spaces.Dict({"grip": spaces.Discrete(3)})])}),
}


class Strict(gymnasium.Env[Any, Any]):
    """Believes nobody: an action outside its space ends the play, and every bit of one moves it."""

    observation_space = spaces.Box(-np.inf, np.inf, (2,), np.float64)
    metadata: ClassVar[dict[str, Any]] = {"render_fps": 60}

    def __init__(self, action_space: Any) -> None:
        self.action_space = action_space
        self.place = np.zeros(2)

    def reset(self, *, seed: int | None = None, options: Any = None) -> Any:
        super().reset(seed=seed)
        self.place = self.np_random.normal(size=2)
        return self.place.copy(), {}

    def step(self, action: Any) -> Any:
        assert self.action_space.contains(action), f"{action!r} is not in {self.action_space}"
        word = checksum(_plain(action))
        assert not (type(action) is np.ndarray and np.isnan(action).any())
        self.place[0] = self.place[0] * 0.5 + word % 1009
        self.place[1] += self.np_random.normal()
        return self.place.copy(), float(self.place[0]), bool(self.np_random.random() < 0.02), False, {}


def _plain(action: Any) -> Any:
    if isinstance(action, dict):
        return {key: _plain(value) for key, value in action.items()}
    return [_plain(part) for part in action] if isinstance(action, tuple) else np.asarray(action).tolist()


class Anything:
    """The codec of a peer that sends what it likes: bytes are sent as they are, actions as by the real codec."""

    immutable = True

    def __init__(self, codec: Any) -> None:
        self.codec = codec
        self.size = codec.size

    def encode(self, action: Any) -> bytes:
        return action if type(action) is bytes else self.codec.encode(action)

    def decode(self, data: bytes) -> Any:
        return self.codec.decode(data)

    def describe(self) -> str:
        return self.codec.describe()


def hostile(make: Callable[[], Any]) -> Callable[[], Any]:
    def made() -> Any:
        game = make()
        game.codecs = tuple(Anything(codec) for codec in game.codecs)
        return game

    return made


def played(make: Callable[[], Any], sends: Callable[[random.Random, int], bytes], **settings: Any) -> tuple[MatchReport, Any]:
    """Play a match in which player 1 sends bytes of its own making, and return its report and the game of peer 0."""
    dice = random.Random(11)

    def act(game: Any, player: int) -> Any:
        return sends(dice, game.codecs[1].size) if player else game.sample(0, dice)

    config = SessionConfig(input_delay=0, prediction_window=8, seed=4)
    match = VirtualMatch(hostile(make), link=ROUGH, seed=5, act=act, config=config, **settings)
    report = match.run(frames=FRAMES)
    assert sum(report.rollbacks) > 0 and report.lost > 0 and report.inputs_varied  # the premise, or it proves nothing
    return report, match.peers[0].session.game


@pytest.mark.parametrize("kind", SPACES)
def test_any_bytes_of_a_peer_are_a_legal_action_for_all(kind: str) -> None:
    space = SPACES[kind]
    report, game = played(lambda: from_gymnasium(lambda: Strict(space), share="race"), lambda dice, size: dice.randbytes(size))
    assert report.parity, report.failures
    assert report.frames == FRAMES and game.episode + game.step_in_episode > 0


@pytest.mark.parametrize("kind", ["few of a byte", "several", "floats within bounds", "floats without", "a dict"])
def test_bytes_of_ones_and_of_zeros_are_a_legal_action_for_all(kind: str) -> None:
    """All ones are out of every range, and as floats they are NaN."""
    space = SPACES[kind]
    report, _ = played(
        lambda: from_gymnasium(lambda: Strict(space), share="race"),
        lambda dice, size: dice.choice([b"\xff", b"\0", b"\x7f", b"\x80"]) * size,
    )
    assert report.parity, report.failures


@pytest.mark.parametrize("number", [np.nan, -np.nan, np.inf, -np.inf, 1e38, np.float32(np.uint32(0x7FA00001).view(np.float32))])
@pytest.mark.parametrize("kind", ["floats within bounds", "floats without"])
def test_numbers_that_are_none_do_not_reach_an_environment(kind: str, number: float) -> None:
    space = SPACES[kind]

    def sends(dice: random.Random, size: int) -> bytes:
        width = np.dtype(space.dtype).itemsize
        sound = np.array([dice.random() for _ in range(size // width)], space.dtype)
        with np.errstate(invalid="ignore", over="ignore"):
            sound[dice.randrange(len(sound))] = number if dice.random() < 0.5 else 0.25
        return sound.tobytes()

    report, game = played(lambda: from_gymnasium(lambda: Strict(space), share="race"), sends)
    assert report.parity, report.failures
    with np.errstate(invalid="ignore", over="ignore"):
        bad = np.full(space.shape, number, space.dtype)
    if np.isnan(number):
        decoded = game.codecs[1].decode(bad.tobytes())
        assert np.array_equal(decoded, game.idle(1)), "NaN is the idle action"


class Jamming:
    """A parallel environment in which pulling the trigger in two steps running breaks the gun, and with it the play."""

    metadata: ClassVar[dict[str, Any]] = {"name": "jamming", "render_fps": 60}
    possible_agents: ClassVar[list[str]] = ["red", "blue"]
    render_mode = None
    TRIGGER = 255

    def __init__(self) -> None:
        self.agents: list[str] = []
        self.hits = dict.fromkeys(self.possible_agents, 0)
        self.last = dict.fromkeys(self.possible_agents, 0)

    @property
    def unwrapped(self) -> Jamming:
        return self

    def observation_space(self, agent: str) -> Any:
        return spaces.Discrete(2**31)

    def action_space(self, agent: str) -> Any:
        return spaces.Discrete(256)

    def idle(self, agent: str) -> int:
        return 0

    def reset(self, seed: int | None = None, options: Any = None) -> Any:
        self.agents = list(self.possible_agents)
        self.hits = dict.fromkeys(self.possible_agents, 0)
        self.last = dict.fromkeys(self.possible_agents, 0)
        return dict(self.hits), {agent: {} for agent in self.agents}

    def step(self, actions: dict[str, Any]) -> Any:
        for agent, action in actions.items():
            self.hits[agent] = (self.hits[agent] * 31 + int(action)) % 2**31
            if action == self.TRIGGER and self.last[agent] == self.TRIGGER:
                raise RuntimeError(f"the gun of {agent} is jammed")  # in the middle of a step: half of it is done
            self.last[agent] = int(action)
        no = dict.fromkeys(self.agents, False)
        return dict(self.hits), dict.fromkeys(self.agents, 0.0), no, dict(no), {agent: {} for agent in self.agents}

    def close(self) -> None:
        pass


def jammed(frames: int, trigger: Callable[[int], bool]) -> tuple[MatchReport, list[int], list[Any]]:
    """Play it with a player 1 that pulls the trigger at some frames; return too how often peer 0's step raised."""
    raised: list[int] = []
    asked = [0, 0]

    def made() -> Any:
        game = from_parallel_env(Jamming)
        step = game.step

        def counted(actions: Any) -> None:
            try:
                step(actions)
            except RuntimeError:
                raised.append(game.step_in_episode)
                raise

        game.step = counted  # type: ignore[method-assign]
        return game

    def act(game: Any, player: int) -> Any:
        asked[player] += 1
        return Jamming.TRIGGER if player and trigger(asked[1] - 1) else asked[player] % 50

    config = SessionConfig(input_delay=0, prediction_window=8, seed=4)
    match = VirtualMatch(made, link=ROUGH, seed=6, act=act, config=config)
    report = match.run(frames=frames)
    return report, raised, [peer.session for peer in match.peers]


def test_a_step_that_raises_on_what_was_only_guessed_ends_nothing() -> None:
    report, raised, _ = jammed(150, lambda frame: frame % 9 == 4)
    assert len(raised) > 5, "the last action is guessed to go on, so the gun must have jammed in a guess"
    assert report.parity, report.failures
    assert report.frames == 150 and report.ended == ["end_at", "end_at"]


def test_a_step_that_raises_on_what_was_really_done_ends_the_match_on_both_with_the_reason() -> None:
    report, raised, sessions = jammed(150, lambda frame: frame in (60, 61))
    assert raised
    assert all("the gun of blue is jammed" in reason for reason in report.ended), report.ended
    assert report.ended[0].startswith("step raised at frame 61:\n") or report.ended[1].startswith("step raised at frame 61:\n")
    assert [session.frame for session in sessions] == [61, 61]
    assert checksum(sessions[0].game.save()) == checksum(sessions[1].game.save())


def test_a_guess_that_cannot_be_leaves_no_trace_in_the_environment() -> None:
    """It raised in the middle: what was done until then is taken back."""
    game = from_parallel_env(Jamming)
    game.reset(1)
    game.step((7, Jamming.TRIGGER))
    before = game.save()
    with pytest.raises(RuntimeError, match="blue is jammed"):
        game.step((9, Jamming.TRIGGER))
    game.load(before)
    assert checksum(game.save()) == checksum(before)
    game.step((9, 3))
    other = from_parallel_env(partial(Jamming))
    other.reset(1)
    other.step((7, Jamming.TRIGGER))
    other.step((9, 3))
    assert game.observe(0) == other.observe(0) and game.observe(1) == other.observe(1)
