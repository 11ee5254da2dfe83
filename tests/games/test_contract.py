"""What every built-in game owes the engine, held for each of them."""

import hashlib
import json
import os
import subprocess
import sys
from copy import deepcopy

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rollback.errors import GameError, UsageError
from rollback.game import Game, codecs_of, idle_inputs
from rollback.games import Duel, Pong
from rollback.state import checksum, is_tree

GOLDEN = {
    Pong: "96b96f332a4cbe41",
    Duel: "91a0fcde10661100",
}


def advanced(make, rows, seed=0):
    game = make()
    game.reset(seed)
    for actions in rows:
        game.step(actions)
    return game


def test_it_is_a_game_with_all_optional_parts(make):
    game = make()
    assert isinstance(game, Game)
    assert (game.players, game.fps) == (2, 60)
    assert game.over is False
    for name in ("reset", "idle", "render", "observe", "scores", "draw", "keys"):
        assert callable(getattr(game, name))


def test_its_codecs_fit_one_byte_and_idle_is_all_zero(make):
    game = make()
    codecs = codecs_of(game)
    assert [codec.size for codec in codecs] == [1, 1]
    assert idle_inputs(game, codecs) == (b"\x00", b"\x00")


def test_its_buttons_are_named_and_the_keys_press_existing_ones(make):
    game = make()
    assert all(codec.n == len(game.buttons) for codec in game.codecs)
    for player in range(game.players):
        keys = game.keys(player)
        assert set(keys.values()) == set(range(len(game.buttons))), "each button can be pressed"
        assert all(name == name.lower() for name in keys)


def test_a_match_of_bots_of_3000_frames_ends_in_the_golden_state(make, bot_match):
    digest = hashlib.sha256()
    frames = 0
    for game, _ in bot_match(make, 11, 3_000):
        digest.update(repr(game.save()).encode())
        frames += 1
    assert frames > 2_000
    assert digest.hexdigest()[:16] == GOLDEN[make]


def test_another_process_with_another_hash_seed_plays_the_same_match(make):
    code = (
        f"from rollback.games import {make.__name__} as Make, bots\n"
        "game = Make(); game.reset(5)\n"
        "acts = [bots.act_with(bots.bot_for(game, p, 5)) for p in range(2)]\n"
        "for _ in range(900): game.step([acts[p](game, p) for p in range(2)])\n"
        "print(repr(game.save()))\n"
    )
    ends = set()
    for hash_seed in ("1", "2"):
        environment = {**os.environ, "PYTHONHASHSEED": hash_seed}
        done = subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True, env=environment
        )
        ends.add(done.stdout)
    assert len(ends) == 1
    assert "word" in ends.pop()


@pytest.mark.parametrize("seed", range(20))
def test_the_same_seed_and_actions_lead_to_the_same_state(make, drawn_actions, seed):
    rows = drawn_actions(make(), seed, 600)
    first, second = advanced(make, rows, seed), advanced(make, rows, seed)
    assert first.save() == second.save()
    assert first.save() != advanced(make, rows, seed + 1).save()


def test_reset_forgets_everything_before(make, drawn_actions):
    game = advanced(make, drawn_actions(make(), 1, 500), 1)
    game.reset(8)
    fresh = make(seed=8)
    assert game.save() == fresh.save()


@pytest.mark.parametrize("seed", range(10))
def test_loading_what_was_saved_changes_nothing_at_any_frame(make, drawn_actions, seed):
    rows = drawn_actions(make(), seed, 900)
    game, shadow = make(seed=seed), make(seed=seed + 100)
    for frame, actions in enumerate(rows):
        saved = game.save()
        if frame % 7 == 0:
            shadow.load(saved)  # a fresh game that was reset with another seed
        game.load(saved)
        assert game.save() == saved
        game.step(actions)
        shadow.step(actions)
        assert shadow.save() == game.save()
        assert shadow.observe(0) == game.observe(0)
        assert shadow.scores() == game.scores()
        assert shadow.over == game.over


@pytest.mark.parametrize("seed", range(10))
def test_replaying_from_any_snapshot_ends_in_the_same_state(make, drawn_actions, seed):
    rows = drawn_actions(make(), seed, 400)
    game = make(seed=seed)
    snapshots = []
    for actions in rows:
        snapshots.append(game.save())
        game.step(actions)
    end = game.save()
    for start in range(0, 400, 40):
        game.load(snapshots[start])
        for actions in rows[start:]:
            game.step(actions)
        assert game.save() == end


def test_a_snapshot_is_never_changed_by_what_happens_later(make, bot_match):
    kept = []
    for frame, (game, _) in enumerate(bot_match(make, 2, 1_500)):
        if frame % 25 == 0:
            saved = game.save()
            kept.append((saved, deepcopy(saved)))
            game.load(saved)
    assert len(kept) > 40
    assert all(saved == copy for saved, copy in kept)
    assert len({repr(copy) for _, copy in kept}) > 40, "the states have to differ, or this proves nothing"


def test_a_loaded_state_may_be_mutated_by_its_owner(make, drawn_actions):
    game = advanced(make, drawn_actions(make(), 3, 300), 3)
    saved = game.save()
    expected = deepcopy(saved)
    game.load(saved)
    for value in saved.values():
        if isinstance(value, tuple) and isinstance(value[0], dict):
            value[0].clear()
    saved.clear()
    assert game.save() == expected


def test_every_state_is_a_tree_of_whole_numbers(make, bot_match):
    def leaves(tree):
        if isinstance(tree, dict):
            for key, value in tree.items():
                assert type(key) is str
                yield from leaves(value)
        elif isinstance(tree, tuple):
            for value in tree:
                yield from leaves(value)
        else:
            yield tree

    sums = set()
    for frame, (game, _) in enumerate(bot_match(make, 6, 2_500)):
        if frame % 10 == 0:
            saved = game.save()
            assert is_tree(saved)
            assert all(type(leaf) is int for leaf in leaves(saved)), saved
            sums.add(checksum(saved))
    assert len(sums) > 200


def test_a_state_that_came_as_lists_is_the_same_state(make, drawn_actions):
    game = advanced(make, drawn_actions(make(), 4, 500), 4)
    saved = game.save()
    other = make()
    other.load(json.loads(json.dumps(saved)))
    assert other.save() == saved
    assert is_tree(other.save())


@pytest.mark.parametrize("state", [None, 7, (), {}, {"ball": 1}, "state", b"state"])
def test_what_is_no_state_is_refused_and_changes_nothing(make, drawn_actions, state):
    game = advanced(make, drawn_actions(make(), 5, 200), 5)
    before = game.save()
    with pytest.raises(GameError, match=rf"^{make.__name__}\.load takes what {make.__name__}\.save returned, not "):
        game.load(state)
    assert game.save() == before


@pytest.mark.parametrize("missing", range(12))
def test_a_state_that_lacks_a_part_is_refused(make, missing):
    state = make().save()
    names = list(state)
    del state[names[missing % len(names)]]
    with pytest.raises(GameError):
        make().load(state)


@pytest.mark.parametrize("seed", [-1, "x", 1.5, None])
def test_a_seed_that_is_no_whole_number_is_refused(make, seed):
    with pytest.raises(UsageError, match="seed"):
        make().reset(seed)


@settings(max_examples=60, deadline=None)
@given(st.sampled_from([Pong, Duel]), st.integers(0, 2**63 - 1), st.binary(min_size=2, max_size=1_200))
def test_no_bytes_whatever_make_a_step_fail(make, seed, inputs):
    game = make(seed=seed)
    limits = game.observed
    for left, right in zip(inputs[::2], inputs[1::2], strict=False):
        actions = [codec.decode(bytes([byte])) for codec, byte in zip(game.codecs, (left, right), strict=True)]
        for _ in range(4):
            game.step(actions)
        for player in range(2):
            seen = game.observe(player)
            assert len(seen) == len(limits)
            for value, (name, least, greatest) in zip(seen, limits, strict=True):
                assert type(value) is int, name
                assert least <= value <= greatest, (name, value)


@pytest.mark.parametrize("seed", range(15))
def test_what_is_seen_stays_within_the_stated_limits_in_matches_of_bots(make, bot_match, seed):
    for game, _ in bot_match(make, seed, 2_000):
        for player in range(2):
            for value, (name, least, greatest) in zip(game.observe(player), game.observed, strict=True):
                assert least <= value <= greatest, (name, value)


def test_a_match_that_is_over_stays_as_it_is(make, bot_match):
    for game, _ in bot_match(make, 1, 30_000):  # noqa: B007
        pass
    assert game.over
    end = game.save()
    for byte in range(32):
        game.step([codec.decode(bytes([byte])) for codec in game.codecs])
    assert game.save() == end


def test_buttons_may_be_ones_and_zeros_or_any_sequence_of_them(make, drawn_actions):
    rows = drawn_actions(make(), 6, 400)
    numbers = [tuple([int(button) for button in action] for action in row) for row in rows]
    assert advanced(make, rows).save() == advanced(make, numbers).save()


def test_a_field_of_a_terminal_shows_both_players_and_the_score(make, bot_match):
    shown = set()
    for frame, (game, _) in enumerate(bot_match(make, 3, 2_400)):
        if frame % 60 or getattr(game, "freeze", 0):  # an impact makes a fighter flash white
            continue
        lines = game.render().split("\n")
        assert [len(line) for line in lines] == [56] * 18
        assert lines[0].strip().startswith("P1")
        assert lines[0].rstrip().endswith("P2")
        for painted in ("4cc9f0", "ff7a59"):
            code = "38;2;{};{};{}m".format(*bytes.fromhex(painted))
            assert any(code in line for line in game.render(colour=True).split("\n")[3:17]), painted
        shown.add("\n".join(lines))
    assert len(shown) > 25


@pytest.mark.parametrize(("columns", "rows"), [(40, 12), (58, 20), (80, 24), (120, 40), (3, 2)])
def test_a_field_has_the_size_that_was_asked_for(make, columns, rows):
    lines = make().render(columns, rows).split("\n")
    assert [len(line) for line in lines] == [columns] * rows
    assert "\x1b" not in "".join(lines)
    assert "\x1b[38;2;" in make().render(columns, rows, colour=True)
