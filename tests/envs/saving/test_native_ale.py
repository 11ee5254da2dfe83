from __future__ import annotations

import random
import re
from functools import cache
from typing import Any

import numpy as np
import pytest

from rollback.envs.saving.native_ale import AleState, ale_state, why_not_alike
from rollback.errors import GameError
from rollback.wire import pack_tree, unpack_tree
from tests.cases import every
from tests.envs.real_environments import parallel, single

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::UserWarning")


@cache
def pong(kind: str, number: int) -> tuple[Any, Any, AleState]:
    if kind == "ale_py":
        env, episode = single("ALE/Pong-v5", repeat_action_probability=0.0, obs_type="ram")
    else:
        env, episode = parallel("pettingzoo.atari.pong_v3", obs_type="ram")
    own = ale_state(env.unwrapped.ale)
    assert own is not None
    return env, episode, own


@pytest.fixture(params=["ale_py", "multi_agent_ale_py"])
def played(request: Any) -> tuple[Any, AleState, AleState]:
    """An episode some frames in, its emulator's state, and that of a second emulator."""
    _, episode, own = pong(request.param, 1)
    _, other, there = pong(request.param, 2)
    other.reset(9)
    episode.reset(3)
    dice = random.Random(1)
    for _ in range(40):
        episode.step(episode.sample(dice))
    return episode, own, there


def shown(episode: Any, frames: int = 30) -> list[str]:
    dice = random.Random(2)
    return [repr(episode.step(episode.sample(dice))) for _ in range(frames)]


def test_a_state_is_bytes_and_comes_back_also_from_the_wire(played: Any) -> None:
    episode, own, _ = played
    state = own.save()
    assert type(state) is bytes and 5_000 < len(state) < 20_000
    first = shown(episode)
    assert len(set(first)) > 1
    own.load(state)
    assert own.save() == state and shown(episode) == first
    own.load(unpack_tree(pack_tree(state)))
    assert own.save() == state and shown(episode) == first


def test_a_second_emulator_takes_the_state(played: Any) -> None:
    _, own, there = played
    state = own.save()
    there.load(bytes(bytearray(state)))
    assert there.save() == state


def test_a_state_that_was_made_here_is_known_without_being_looked_at(played: Any, monkeypatch: Any) -> None:
    _, own, _ = played
    states = [own.save() for _ in range(70)]
    monkeypatch.setattr("rollback.envs.saving.native_ale.why_not_alike", lambda data, mine: "looked at")
    own.load(states[-1])
    with pytest.raises(GameError, match="looked at"):
        own.load(bytes(bytearray(states[-1])))
    with pytest.raises(GameError, match="looked at"):
        own.load(states[0])  # long forgotten


@every("state", [None, {}, "x", b"", b"x", bytes(7_728), bytes(14_408), b"\xff" * 7_728])
def test_what_is_no_state_at_all_is_refused(played: Any, state: Any) -> None:
    _, own, _ = played
    before = own.save()
    with pytest.raises(GameError, match="this is no state of this Atari game: "):
        own.load(state)
    assert own.save() == before


def test_a_state_cut_short_lengthened_or_with_other_names_is_refused(played: Any) -> None:
    """One of the emulators ends the process for any of these."""
    _, own, _ = played
    state = own.save()
    dice = random.Random(4)
    name = re.search(rb"System|M6502", state)
    assert name is not None
    spoilt = [state[: dice.randrange(len(state))] for _ in range(20)]
    for _ in range(20):
        place = dice.randrange(len(state))
        spoilt.append(state[:place] + bytes(dice.randrange(1, 40)) + state[place:])
    spoilt.append(state.replace(name.group(), name.group()[::-1], 1))
    spoilt.append(state.replace(bytes.fromhex("d2bad1ba"), bytes(4), 1))
    spoilt.append(state.replace(bytes.fromhex("b2fab1fa"), bytes(4), 1))
    for bad in spoilt:
        assert bad != state and why_not_alike(bad, state) is not None


def test_a_random_state_of_other_than_so_many_numbers_is_refused(played: Any) -> None:
    _, own, _ = played
    state = own.save()
    numbers = re.search(rb"\d{1,10}(?: \d{1,10}){623,}", state)
    assert numbers is not None
    text = numbers.group()
    for bad in (
        text.replace(b" ", b"-", 1),
        text.rpartition(b" ")[0],
        re.sub(rb"^\d+", b"9999999999", text),
        text + b" 1",
    ):
        assert why_not_alike(state.replace(text, bad, 1), state) is not None


def test_a_state_of_another_game_is_refused(played: Any) -> None:
    _, own, _ = played
    env, episode = single("ALE/Breakout-v5", repeat_action_probability=0.0)
    episode.reset(1)
    breakout = ale_state(env.unwrapped.ale)
    assert breakout is not None
    with pytest.raises(GameError, match="this is no state of this Atari game"):
        own.load(breakout.save())


def test_sticky_actions_are_refused_with_what_to_do() -> None:
    env, _ = single("ALE/Pong-v5")
    with pytest.raises(GameError, match=r"chance of 0\.25 .* make the environment with repeat_action_probability=0"):
        ale_state(env.unwrapped.ale)


def test_what_is_no_emulator_is_left_to_others() -> None:
    ALEInterface = type("ALEInterface", (), {})
    for thing in (ALEInterface(), object(), None, np.zeros(2)):
        assert ale_state(thing) is None
