import json
import os
import subprocess
import sys

import pytest

from rollback.errors import GameError
from rollback.games.gridworld import GridWorld
from rollback.games.gridworld_layouts import LAYOUTS

GAMES = [("handover", 2), ("handover", 4), ("keys", 3), ("race", 2), ("rooms", 1), ("cliff", 1)]


@pytest.fixture(params=GAMES, ids=lambda each: f"{each[0]}{each[1]}")
def played(request, drawn_actions):
    """A game that was played for a while."""
    name, players = request.param
    game = GridWorld(players, name, seed=3)
    for actions in drawn_actions(game, 3, 400):
        game.step(actions)
    return game


def another(game, seed=9):
    return GridWorld(game.players, game.layout, pace=game.pace, seed=seed)


def test_a_state_becomes_the_game_again(played, drawn_actions):
    other = another(played)
    assert other.save() != played.save()
    other.load(played.save())
    for actions in drawn_actions(played, 4, 200):
        assert other.save() == played.save()
        assert other.observe(0) == played.observe(0)
        played.step(actions)
        other.step(actions)


def test_a_state_that_travelled_as_lists_is_the_same(played):
    other = another(played)
    other.load(json.loads(json.dumps(played.save())))
    assert other.save() == played.save()


def test_what_was_loaded_may_be_changed_by_its_owner(played):
    state = json.loads(json.dumps(played.save()))
    played.load(state)
    before = played.save()
    for value in state.values():
        if isinstance(value, list):
            value.clear()
    state.get("kitchen", {}).clear()
    assert played.save() == before


def test_what_was_saved_is_not_changed_by_what_follows(played, drawn_actions):
    saved = played.save()
    copy = json.dumps(saved)
    for actions in drawn_actions(played, 5, 300):
        played.step(actions)
    assert json.dumps(saved) == copy


@pytest.mark.parametrize(
    "change",
    [
        {"cells": (14,)}, {"cells": (14, 14)}, {"cells": (0, 14)}, {"cells": (-77, 14)}, {"cells": (10**9, 14)},
        {"cells": (14.5, 15)}, {"cells": None}, {"facing": (0, 1)}, {"facing": (5, 1)}, {"waits": (8, 0)}, {"waits": (0, -8)},
        {"carried": (5, 0)}, {"carried": (-1, 0)}, {"held": (1, 0)}, {"loose": 1}, {"doors": -1}, {"spot": 1}, {"spot": -1},
        {"points": (10**10, 0)}, {"points": ("1", 0)}, {"won": (-1, 0)}, {"clock": -1}, {"clock": "x"}, {"pause": -1},
        {"word": 0}, {"word": 2**32}, {"kitchen": None}, {"kitchen": {}},
    ],
    ids=str,
)  # fmt: skip
def test_a_state_that_could_not_be_played_on_is_refused_and_changes_nothing(change):
    game = GridWorld(2, "handover")
    before = game.save()
    with pytest.raises(GameError, match=r"^GridWorld\.load takes what GridWorld\.save returned, not "):
        game.load({**before, **change})
    assert game.save() == before


@pytest.mark.parametrize("state", [None, 7, (), {}, {"cells": (14, 15)}, "state", b"state"])
def test_what_is_no_state_at_all_is_refused(state):
    with pytest.raises(GameError, match=r"GridWorld\.save"):
        GridWorld().load(state)


def test_each_part_of_a_state_is_needed():
    for name in GridWorld().save():
        state = GridWorld().save()
        del state[name]
        with pytest.raises(GameError):
            GridWorld().load(state)


def test_a_state_of_another_layout_or_number_of_players_is_refused():
    with pytest.raises(GameError):
        GridWorld(3, "handover").load(GridWorld(2, "handover").save())
    with pytest.raises(GameError):
        GridWorld(2, "handover").load(GridWorld(2, "race").save())
    for name in LAYOUTS:
        assert set(GridWorld(2 if name == "handover" else 1, name).save()) >= {"cells", "clock", "word"}


def test_other_processes_play_the_same_match_to_the_last_number():
    code = (
        "from rollback.games.gridworld import GridWorld; from rollback.games.gridworld_bot import GridWorldBot\n"
        "from rollback.games.bots import act_with; import hashlib\n"
        "for name, players in (('handover', 4), ('keys', 3), ('race', 3)):\n"
        "    game = GridWorld(players, name, seed=5); digest = hashlib.sha256()\n"
        "    acts = [act_with(GridWorldBot(name, players, seed=p)) for p in range(players)]\n"
        "    for _ in range(700):\n"
        "        game.step([act(game, p) for p, act in enumerate(acts)]); digest.update(repr(game.save()).encode())\n"
        "    print(name, game.points, digest.hexdigest())\n"
    )
    ends = set()
    for hash_seed in ("1", "2"):
        environment = {**os.environ, "PYTHONHASHSEED": hash_seed}
        done = subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True, env=environment
        )
        ends.add(done.stdout)
    assert len(ends) == 1
    assert len(ends.pop().splitlines()) == 3
