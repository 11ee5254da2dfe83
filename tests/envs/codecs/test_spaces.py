"""The format of inputs byte by byte, what a codec is to a session, and the sentences for spaces that have none."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from gymnasium import spaces

from rollback import SyncTestSession
from rollback.core.session import P2PSession
from rollback.envs.codecs.spaces import DiscreteCodec, SpaceCodec, codec_for, fresh
from rollback.errors import ActionError, GameError
from rollback.game import ActionCodec, codecs_of
from rollback.sim import Link, VirtualMatch
from rollback.types import Local, Remote

ROOT = Path(__file__).resolve().parents[3]
F32 = np.float32
BUTTONS = spaces.Dict(
    {"steer": spaces.Discrete(3, start=-1), "keys": spaces.MultiBinary(4), "gear": spaces.MultiDiscrete([6, 2])}
)
MIXED = spaces.Tuple(
    (spaces.Discrete(3), spaces.Box(-1, 1, (2,), F32), spaces.OneOf((spaces.Discrete(5), spaces.MultiBinary(2))))
)

# Space, bits, action, input in hexadecimal, description: a change here is a change of the format.
GOLDEN: list[tuple[spaces.Space[Any], int | None, Any, str, str]] = [
    (spaces.Discrete(4), None, 3, "03", "discrete(4,0,int64) idle=00"),
    (spaces.Discrete(1), None, 0, "00", "discrete(1,0,int64) idle=00"),
    (spaces.Discrete(3, start=-1), None, 1, "02", "discrete(3,-1,int64) idle=00"),
    (spaces.Discrete(256, dtype=np.uint16), None, 255, "ff", "discrete(256,0,uint16) idle=00"),
    (spaces.Discrete(257), None, 256, "0001", "discrete(257,0,int64) idle=0000"),
    (spaces.Discrete(70000), None, 69999, "6f1101", "discrete(70000,0,int64) idle=000000"),
    (spaces.MultiDiscrete([5, 2, 2]), None, [4, 0, 1], "14", "multidiscrete(3,int64,0..4,0..1,0..1) idle=00"),
    (
        spaces.MultiDiscrete([[4, 4], [4, 4]], start=[[1, 1], [1, 1]]),
        None,
        [[1, 2], [3, 4]],
        "e4",
        "multidiscrete(2x2,int64,1..4) idle=00",
    ),
    (spaces.MultiBinary(9), None, [1, 0, 0, 0, 0, 0, 0, 0, 1], "0101", "multibinary(9,int8,0..1) idle=0000"),
    (spaces.MultiBinary([2, 2]), None, [[1, 0], [1, 1]], "0d", "multibinary(2x2,int8,0..1) idle=00"),
    (spaces.Box(-2, 5, (2,), np.int8), None, [-2, 5], "38", "box(2,int8,-2..5) idle=12"),
    (spaces.Box(0, 255, (2,), np.uint8), None, [1, 254], "01fe", "box(2,uint8,0..255) idle=0000"),
    (spaces.Box(-np.inf, np.inf, (), np.int16), None, -1, "ff7f", "box(,int16,-32768..32767) idle=0080"),
    (spaces.Box(0, 1, (3,), np.bool_), None, [True, False, True], "05", "box(3,bool,0..1) idle=00"),
    (spaces.Box(-1, 1, (1,), F32), None, [-0.0], "00000080", "box(1,float32,-1.0..1.0) idle=00000000"),
    (spaces.Box(-1, 1, (1,), np.float16), None, [2**-24], "0100", "box(1,float16,-1.0..1.0) idle=0000"),
    (spaces.Box(-np.inf, 2, (), np.float64), None, 1.0, "000000000000f03f", "box(,float64,-inf..2.0) idle=0000000000000000"),
    (spaces.Box(-1, 1, (3,), F32), 8, [-1, 0, 1], "007ffe", "levels8(3,float32,-1.0..1.0) idle=7f7f7f"),
    (spaces.Box(0, 1, (2,), F32), 4, [1, 0], "0f", "levels4(2,float32,0.0..1.0) idle=00"),
    (
        BUTTONS,
        None,
        {"steer": 1, "keys": [1, 0, 0, 1], "gear": [5, 1]},
        "9d02",
        "dict('gear':multidiscrete(2,int64,0..5,0..1),'keys':multibinary(4,int8,0..1),'steer':discrete(3,-1,int64)) idle=0000",
    ),
    (
        spaces.Tuple((spaces.Discrete(2), spaces.Discrete(5))),
        None,
        (1, 4),
        "09",
        "tuple(discrete(2,0,int64),discrete(5,0,int64)) idle=00",
    ),
    (spaces.Tuple(()), None, (), "00", "tuple() idle=00"),
    (
        spaces.OneOf((spaces.Discrete(3), spaces.MultiBinary(4))),
        None,
        (1, [0, 1, 1, 0]),
        "0d",
        "oneof(discrete(3,0,int64),multibinary(4,int8,0..1)) idle=00",
    ),
]


def same(one: Any, other: Any) -> bool:
    if isinstance(one, dict):
        return list(one) == list(other) and all(same(one[key], other[key]) for key in one)
    if isinstance(one, tuple):
        return len(one) == len(other) and all(map(same, one, other))
    return bool(np.array_equal(one, other))


@pytest.mark.parametrize(("space", "bits", "action", "data", "text"), GOLDEN, ids=[row[4] for row in GOLDEN])
def test_the_format_is_this_to_the_bit(space: spaces.Space[Any], bits: int | None, action: Any, data: str, text: str) -> None:
    codec = codec_for(space, bits=bits)
    assert codec.encode(action).hex() == data
    assert codec.describe() == text
    decoded = codec.decode(bytes.fromhex(data))
    assert space.contains(decoded)
    assert codec.encode(decoded).hex() == data
    assert codec.size == len(data) // 2
    assert codec.space is space


def test_all_descriptions_differ() -> None:
    others = [
        codec_for(spaces.Discrete(4, dtype=np.int32)),
        codec_for(spaces.Discrete(4, start=1)),
        codec_for(spaces.Discrete(4), idle=2),
        codec_for(spaces.Box(-1, 1, (3,), F32)),
        codec_for(spaces.Box(-1, 1, (3,), F32), bits=7),
        codec_for(spaces.Box(-1, 1, (3,), np.float16)),
        codec_for(spaces.Box(-1, np.nextafter(F32(1), F32(2)), (3,), F32)),
        codec_for(spaces.Box(-1, 1, (3, 1), F32)),
        codec_for(spaces.Dict({"other": spaces.Discrete(4)})),
        codec_for(spaces.Tuple((spaces.Discrete(4),))),
    ]
    texts = [row[4] for row in GOLDEN] + [codec.describe() for codec in others]
    assert len(set(texts)) == len(texts)


def test_a_long_description_is_cut_and_stays_unique() -> None:
    low = np.linspace(-1, -0.5, 12, dtype=F32)
    one = codec_for(spaces.Box(low, -low, dtype=F32)).describe()
    low = low.copy()
    low[11] = np.nextafter(low[11], F32(0))
    other = codec_for(spaces.Box(low, -low, dtype=F32)).describe()
    assert one != other
    for text in (one, other):
        assert len(text) <= 160 and text.startswith("box(12,float32,") and "48 bytes, sha256=" in text


def test_every_kind_is_an_action_codec_whose_actions_may_be_kept() -> None:
    for space, bits, *_ in GOLDEN:
        codec: ActionCodec = codec_for(space, bits=bits)
        assert isinstance(codec, SpaceCodec) and codec.immutable


def test_small_discretes_are_looked_up() -> None:
    assert type(codec_for(spaces.Discrete(256))) is DiscreteCodec
    assert type(codec_for(spaces.Discrete(257))) is SpaceCodec
    codec = codec_for(spaces.Discrete(5))
    assert codec.decode(b"\x03") is codec.decode(b"\x03")  # nothing is made anew on the way of every frame
    assert codec.encode(np.int64(3)) is codec.encode(3)


@pytest.mark.parametrize(
    "space", [spaces.Discrete(5), spaces.Discrete(300), spaces.MultiBinary(3), spaces.MultiDiscrete([3, 3, 3])]
)
def test_spare_bits_that_no_encoder_sets_make_the_idle_action(space: spaces.Space[Any]) -> None:
    codec = codec_for(space)
    assert same(codec.decode(b"\xff" * codec.size), codec.idle)


def test_only_what_is_illegal_becomes_idle() -> None:
    codec = codec_for(BUTTONS, idle={"steer": 0, "keys": [0, 0, 0, 0], "gear": [2, 0]})
    found = codec.decode(bytes.fromhex("9f02"))  # as above, but the gear is 7 of 0..5
    assert same(found, {"gear": np.array([2, 1]), "keys": np.array([1, 0, 0, 1]), "steer": 1})
    assert codec.decode(bytes.fromhex("9d03"))["steer"] == 0  # the fourth of three


def test_the_idle_action_is_decoded_for_bytes_that_are_none() -> None:
    codec = codec_for(spaces.Discrete(3), idle=2)
    assert [int(codec.decode(bytes([byte]))) for byte in (0, 1, 2, 3, 255)] == [0, 1, 2, 2, 2]
    assert codec.idle == 2


@pytest.mark.parametrize(
    ("space", "idle", "words"),
    [
        (spaces.Discrete(3), 3, "the idle action cannot be used: 3 is no action of Discrete(3): 0 to 2 are allowed"),
        (spaces.Box(-1, 1, (2,), F32), [0.0], "shape (2,) is needed, not (1,)"),
        (BUTTONS, {"steer": 0}, "a dict with the keys ['gear', 'keys', 'steer'] is needed"),
        (MIXED, "nothing", "a tuple of 3 actions is needed"),
    ],
)
def test_an_idle_action_outside_its_space_is_refused(space: spaces.Space[Any], idle: Any, words: str) -> None:
    with pytest.raises(GameError) as raised:
        codec_for(space, idle=idle)
    assert words in str(raised.value)


@pytest.mark.parametrize(
    ("action", "words"),
    [
        ((0, [0.0, 0.0]), "a tuple of 3 actions is needed"),
        ((0, [0.0, 2.0], (0, 0)), "at 1: [0.0, 2.0] is no action of Box(-1.0, 1.0, (2,), float32): component 1 is 2.0"),
        ((0, [0.0, 0.0], (2, 0)), "at 2: (2, 0) is no action of OneOf(Discrete(5), MultiBinary(2)): a pair (0 to 1,"),
        ((0, [0.0, 0.0], (0.5, 0)), "a pair (0 to 1,"),
        ((0, [0.0, 0.0], 0), "a pair (0 to 1,"),
        ((0, [0.0, 0.0], (1, [0, 2])), "at 2: at 1: [0, 2] is no action of MultiBinary(2): 2 is not in 0..1"),
        (np.float64(1.0), "a tuple of 3 actions is needed"),
        (np.array(1.0), "a tuple of 3 actions is needed"),
    ],
)
def test_an_error_in_a_nested_action_names_the_place(action: Any, words: str) -> None:
    with pytest.raises(ActionError) as raised:
        codec_for(MIXED).encode(action)
    assert words in str(raised.value)


@pytest.mark.parametrize(
    "action",
    [
        {"steer": 0, "keys": [0] * 4},
        {"steer": 0, "keys": [0] * 4, "gear": [0, 0], "horn": 1},
        {"steer": 0, "keys": [0] * 4, "gears": [0, 0]},
        [0, [0] * 4, [0, 0]],
        None,
    ],
)
def test_a_dict_needs_all_of_its_keys_and_no_more(action: Any) -> None:
    with pytest.raises(ActionError, match=r"a dict with the keys \['gear', 'keys', 'steer'\] is needed"):
        codec_for(BUTTONS).encode(action)


def test_the_keys_stand_in_the_order_of_the_space() -> None:
    sorted_ones = spaces.Dict({"b": spaces.Discrete(2), "a": spaces.Discrete(8)})
    as_given = spaces.Dict([("b", spaces.Discrete(2)), ("a", spaces.Discrete(8))])
    action = {"b": 1, "a": 6}
    assert codec_for(sorted_ones).encode(action).hex() == "0e"  # a is 6, then b
    assert codec_for(as_given).encode(action).hex() == "0d"  # b is 1, then a
    assert list(codec_for(as_given).decode(b"\x0d")) == ["b", "a"]
    assert codec_for(sorted_ones).describe() != codec_for(as_given).describe()


def test_lists_and_arrays_will_do_for_tuples() -> None:
    codec = codec_for(spaces.Tuple((spaces.Discrete(2), spaces.Discrete(5))))
    assert codec.encode([1, 4]) == codec.encode(np.array([1, 4])) == codec.encode((np.int8(1), 4.0)) == b"\x09"


def test_decoded_arrays_cannot_be_written_into_and_fresh_ones_can() -> None:
    codec = codec_for(MIXED)
    action = codec.decode(codec.encode((2, [0.5, -0.5], (1, [1, 0]))))
    with pytest.raises(ValueError, match="read-only"):
        action[1][0] = 9.0
    mine = fresh(action)
    mine[1][0] = 9.0
    mine[2][1][0] = 7
    assert same(action, (2, np.array([0.5, -0.5], F32), (1, np.array([1, 0]))))
    assert type(mine) is tuple and type(mine[0]) is np.int64


def test_fresh_makes_new_dicts_and_leaves_numbers_alone() -> None:
    action = {"a": {"b": np.zeros(2)}, "c": 3}
    mine = fresh(action)
    mine["a"]["b"][0] = 1.0
    mine["a"]["d"] = 1
    assert action["a"].keys() == {"b"} and not action["a"]["b"].any() and mine["c"] == 3
    number = np.int64(7)
    assert fresh(number) is number


class Custom(spaces.Space[Any]):
    def __repr__(self) -> str:
        return "Custom()"


def nested(depth: int) -> spaces.Space[Any]:
    space: spaces.Space[Any] = spaces.Discrete(2)
    for _ in range(depth):
        space = spaces.Tuple((space,))
    return space


@pytest.mark.parametrize(
    ("space", "words"),
    [
        (spaces.Box(-1, 1, (17,), F32), "takes 68 bytes an input, and at most 64 can travel: quantise it, "),
        (spaces.Box(-1, 1, (17,), F32), "rollback.envs.codec_for(space, bits=8) takes 17"),
        (spaces.Box(-1, 1, (100,), F32), "rollback.envs.codec_for(space, bits=5) takes 63"),
        (spaces.Box(-1, 1, (500,), F32), "takes 2000 bytes an input, and at most 64 can travel, even quantised to bits=2"),
        (spaces.Box(-np.inf, np.inf, (17,), F32), "nothing in it can be quantised (only bounded boxes of floats can)"),
        (spaces.MultiBinary(513), "takes 65 bytes an input"),
        (spaces.Tuple((spaces.MultiBinary(512), spaces.Discrete(2))), "takes 65 bytes an input"),
        (spaces.Box(0, 255, (210, 160, 3), np.uint8), "has 100800 components, and an action may have at most 4096"),
        (spaces.MultiBinary([100, 100]), "has 10000 components"),
        (spaces.MultiDiscrete([1] * 5000), "has 5000 components"),
        (spaces.Tuple([spaces.Discrete(1)] * 5000), "has 5000 components"),
        (spaces.Text(4), "is a text, which has no fixed width, and inputs need one"),
        (spaces.Sequence(spaces.Discrete(2)), "is a sequence, which has no fixed width"),
        (spaces.Graph(spaces.Discrete(2), spaces.Discrete(2)), "is a graph, which has no fixed width"),
        (spaces.Dict({"name": spaces.Text(4)}), "is a text, which has no fixed width"),
        (Custom(), "Custom() is a space of its own kind (Custom): Discrete, MultiDiscrete, MultiBinary, Box, Tuple, Dict"),
        (None, "None is no Gymnasium space: an instance of one is needed"),
        (spaces.Discrete, "is no Gymnasium space: an instance of one is needed"),
        (nested(17), "the action space is nested more than 16 deep: flatten it"),
        (spaces.Discrete(100, start=100, dtype=np.int8), "reaches past what int8 can hold: give it a wider dtype"),
        (spaces.MultiDiscrete([100, 2], start=[100, 0], dtype=np.int8), "reaches past what int8 can hold"),
    ],
)
def test_a_space_that_cannot_travel_is_refused_with_what_to_do(space: Any, words: str) -> None:
    with pytest.raises(GameError) as raised:
        codec_for(space)
    assert words in str(raised.value)
    assert "\n" not in str(raised.value) and len(str(raised.value)) < 300


def test_what_the_refusal_advises_works() -> None:
    space = spaces.Dict({"arm": spaces.Box(-1, 1, (20,), F32), "hand": spaces.MultiBinary(5)})
    with pytest.raises(GameError, match=r"takes 81 bytes an input, .*codec_for\(space, bits=8\) takes 21"):
        codec_for(space)
    assert codec_for(space, bits=8).size == 21


def test_as_wide_as_an_input_may_be_and_as_deep_as_a_space_may_be() -> None:
    assert codec_for(spaces.MultiBinary(512)).size == 64
    assert codec_for(spaces.Box(-1, 1, (16,), F32)).size == 64
    assert codec_for(nested(16)).size == 1


@pytest.mark.parametrize("bits", [1, 0, -8, 17, True, 8.0, "8"])
def test_bits_are_a_whole_number_from_2_to_16(bits: Any) -> None:
    with pytest.raises(GameError, match="codec_for: bits must be a whole number from 2 to 16, or None for exact floats, not"):
        codec_for(spaces.Box(-1, 1, (2,), F32), bits=bits)


IN_ANOTHER_PROCESS = """
import numpy as np
from gymnasium import spaces
from rollback.envs.codecs.spaces import codec_for
codec = codec_for(spaces.Dict({"z": spaces.Box(-1, 3, (2,), np.float32), "a": spaces.Tuple((spaces.Discrete(3),
    spaces.MultiDiscrete([5, 7]))), "k": spaces.Box(-1, 1, (), np.float16)}), bits=11)
for seed in range(40):
    data = np.random.default_rng(seed).bytes(codec.size)
    action = codec.decode(data)
    print(data.hex(), action["z"].tobytes().hex(), action["a"], action["k"].tobytes().hex(), codec.encode(action).hex())
print(codec.describe())
"""


def test_another_process_with_another_hash_seed_decodes_the_same() -> None:
    told = []
    for seed in ("1", "2"):
        done = subprocess.run(
            [sys.executable, "-c", IN_ANOTHER_PROCESS],
            capture_output=True,
            text=True,
            timeout=60,
            cwd=ROOT,
            env={**os.environ, "PYTHONHASHSEED": seed},
        )
        assert done.returncode == 0, done.stderr
        told.append(done.stdout)
    assert told[0] == told[1] and len(told[0].splitlines()) == 41


def test_without_gymnasium_the_error_says_how_to_install_it() -> None:
    code = "import sys; sys.modules['gymnasium'] = None\nimport rollback.envs.codecs.spaces"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, cwd=ROOT)
    assert "a codec from an action space needs the package gymnasium: pip install gymnasium" in done.stderr


class Drift:
    """Two players push a point: a game whose actions are a nested space."""

    players = 2

    def __init__(self) -> None:
        self.codecs = [codec_for(MIXED, bits=None)] * 2
        self.place = [0.0, 0.0]
        self.seen = 0

    def idle(self, player: int) -> Any:
        return self.codecs[player].idle

    def step(self, actions: Any) -> None:
        for player, (count, push, (kind, choice)) in enumerate(actions):
            assert MIXED.contains(actions[player])
            self.place[player] += float(push[0]) * (1 + int(count)) + float(push[1])
            self.seen = (self.seen * 31 + int(kind) * 7 + int(np.sum(choice))) % 1_000_003

    def save(self) -> Any:
        return {"place": list(self.place), "seen": self.seen}

    def load(self, state: Any) -> None:
        self.place, self.seen = list(state["place"]), state["seen"]


def test_a_session_names_the_player_whose_action_is_outside_the_space() -> None:
    session = SyncTestSession(Drift())
    idle = codec_for(MIXED).idle
    with pytest.raises(ActionError, match=r"player 1: at 0: 7 is no action of Discrete\(3\): 0 to 2 are allowed"):
        session.tick({0: idle, 1: (7, [0.0, 0.0], (0, 0))})
    peer = P2PSession(Drift(), players=[Local(), Remote("bob")])
    with pytest.raises(ActionError, match=r"player 0: at 1: .* component 0 is nan, and -1.0 to 1.0 is allowed"):
        peer.tick({0: (1, [np.nan, 0.0], (0, 0))}, now=0.0)


def test_a_match_with_nested_actions_rolls_back_and_agrees() -> None:
    assert codecs_of(Drift())[0].size == 9

    def act(game: Any, player: int) -> Any:
        turn = game.seen + player
        return turn % 3, [((turn * 7919) % 200 - 100) / 100, 0.25], (turn % 2, turn % 5 if turn % 2 == 0 else [turn % 2, 1])

    link = Link(latency_ms=60, jitter_ms=20, loss=0.05)
    report = VirtualMatch(Drift, players=2, link=link, seed=3, act=act, tick_ms=16).run(frames=200)
    assert report.parity and sum(report.rollbacks) > 0
