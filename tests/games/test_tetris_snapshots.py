import json
from copy import deepcopy

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rollback.errors import GameError
from rollback.games.tetris import Tetris
from rollback.games.tetris_board import board_of
from rollback.games.tetris_field import Field
from rollback.games.tetris_snapshots import saved
from rollback.games.tetris_stack import Stack
from rollback.state import diff, is_tree
from rollback.wire import pack_tree, unpack_tree

SLOTS = {*Stack.__slots__, *Field.__slots__}


def played(players=2, seed=3, frames=400, actions="buttons"):
    game = Tetris(players, actions, seed=seed)
    for frame in range(frames):
        game.step([codec.decode(bytes([(frame * 37 >> 3 ^ frame * player) & 127])) for player, codec in enumerate(game.codecs)])
    return game


def test_a_snapshot_names_every_part_of_a_field_but_what_follows_from_the_rows():
    assert set(saved(Field(1, 1))) == SLOTS - {"board"}


@pytest.mark.parametrize("players", [1, 2, 3, 4])
def test_what_was_saved_is_loaded_exactly(players):
    game = played(players)
    state = game.save()
    other = Tetris(players, seed=99)
    other.load(state)
    assert other.save() == state
    for mine, theirs in zip(game.fields, other.fields, strict=True):
        assert all(getattr(mine, slot) == getattr(theirs, slot) for slot in SLOTS)
    assert [type(value) for value in other.save()["fields"][0].values()] == [
        type(value) for value in state["fields"][0].values()
    ]


@pytest.mark.parametrize(
    "way", [lambda state: json.loads(json.dumps(state)), lambda state: unpack_tree(pack_tree(state)), deepcopy]
)
def test_a_state_that_travelled_is_the_same_state(way):
    game = played()
    game.fields[1].attacked(3, 700)
    state = game.save()
    other = Tetris(2)
    other.load(way(state))
    assert other.save() == state
    assert is_tree(other.save())
    assert repr(other.save()) == repr(state), "tuples again, and not lists"


def test_a_state_is_small():
    game = played(4)
    assert len(pack_tree(game.save())) < 4 * 700


def test_a_difference_is_named_by_its_part():
    one, other = played().save(), played()
    other.fields[1].combo += 2
    assert [str(found) for found in diff(one, other.save())] == ["fields[1].combo: 0 != 2"]


def test_loading_rows_that_were_seen_before_makes_the_same_board():
    game = played(frames=200)
    state = game.save()
    later = played(frames=300)
    later.load(state)
    again = deepcopy(state)
    later.load(again)
    for field in later.fields:
        assert field.board == board_of(field.rows)


def test_a_loaded_game_keeps_nothing_of_the_state():
    game = played()
    state = game.save()
    expected = deepcopy(state)
    game.load(state)
    for field in state["fields"]:
        field.clear()
    assert game.save() == expected


@pytest.mark.parametrize("part", sorted(SLOTS - {"board"}))
def test_a_field_that_lacks_a_part_is_refused(part):
    game = played()
    before = game.save()
    state = deepcopy(before)
    del state["fields"][1][part]
    with pytest.raises(GameError, match=r"^Tetris\.load takes what Tetris\.save returned, not "):
        game.load(state)
    assert game.save() == before


@pytest.mark.parametrize(
    ("part", "value"),
    [
        ("rows", (0,) * 23),
        ("rows", (0,) * 25),
        ("rows", (1024,) * 24),
        ("rows", (-1,) * 24),
        ("rows", ("x",) * 24),
        ("rows", 7),
        ("tints", (0,) * 3),
        ("queue", ()),
        ("queue", (1, 2, 3, 4)),
        ("queue", (1, 2, 3, 4, 8)),
        ("queue", (0, 2, 3, 4, 5)),
        ("queue", (1,) * 99),
        ("piece", 0),
        ("piece", 8),
        ("piece", "T"),
        ("piece", None),
        ("rotation", 4),
        ("rotation", -1),
        ("hold", 8),
        ("level", 0),
        ("level", 21),
        ("way", 2),
        ("x", -9),
        ("x", 10**30),
        ("y", -5),
        ("y", 10**30),
        ("pending", (1, 2)),
        ("pending", ((1, 2, 3),)),
    ],
)
def test_a_part_outside_its_limits_is_refused_and_changes_nothing(part, value):
    game = played()
    before = game.save()
    state = deepcopy(before)
    state["fields"][0][part] = value
    with pytest.raises(GameError, match=r"^Tetris\.load takes what Tetris\.save returned, not "):
        game.load(state)
    assert game.save() == before


@pytest.mark.parametrize("players", [1, 3])
def test_a_state_of_another_number_of_players_is_refused(players):
    game = Tetris(2)
    before = game.save()
    with pytest.raises(GameError, match="returned"):
        game.load(Tetris(players).save())
    assert game.save() == before


LEAVES = st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.floats() | st.text(max_size=5) | st.binary(max_size=5)
TREES = st.recursive(
    LEAVES, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=6), inner, max_size=4)
)


@given(st.sampled_from(sorted(SLOTS - {"board"})), TREES)
def test_whatever_stands_for_a_part_is_refused_in_words_or_can_be_saved_again(part, value):
    game = Tetris(2, seed=1)
    before = game.save()
    state = {**before, "fields": ({**before["fields"][0], part: value}, before["fields"][1])}
    try:
        game.load(state)
    except GameError:
        assert game.save() == before
    else:
        assert set(game.save()["fields"][0]) == SLOTS - {"board"}
