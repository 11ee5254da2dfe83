import copy
import importlib
import pickle
import subprocess
import sys
import warnings

import numpy as np
import pytest
from gymnasium import spaces
from hypothesis import given
from hypothesis import strategies as st

from rollback.envs import duel_v0, gridworld_v0, pong_v0, tetris_v0
from rollback.envs.built_in.parallel import BuiltInParallel
from rollback.errors import ActionError, GameError, MissingAction, UsageError
from rollback.games import Pong, bots
from rollback.wire import pack_tree, unpack_tree
from tests.cases import more_at_night

with warnings.catch_warnings():  # pettingzoo's tests import one of its environments in a way it calls deprecated
    warnings.simplefilter("ignore")
    from pettingzoo.test import api_test, parallel_api_test, parallel_seed_test, seed_test

FORMS = [
    ("pong_v0", {}),
    ("pong_v0", {"reward": "score", "max_cycles": 30}),
    ("duel_v0", {}),
    ("duel_v0", {"render_mode": "ansi"}),
    ("gridworld_v0", {}),
    ("gridworld_v0", {"players": 1, "layout": "cliff", "pace": 1, "tabular": True}),
    ("gridworld_v0", {"players": 3, "layout": "race", "reward": "margin", "pace": 1}),
    ("gridworld_v0", {"players": 4, "layout": "keys", "max_cycles": 50}),
    ("tetris_v0", {}),
    ("tetris_v0", {"players": 1}),
    ("tetris_v0", {"players": 3, "actions": "placements"}),
    ("tetris_v0", {"players": 4, "reward": "survival", "level": 9, "max_cycles": 40}),
]
each_form = pytest.mark.parametrize(("name", "settings"), FORMS, ids=[f"{name}{settings or ''}" for name, settings in FORMS])


def module(name):
    return importlib.import_module(f"rollback.envs.{name}")


def drawn(environment, dice):
    """Actions drawn from a seed: one of each live agent."""
    return {agent: sample(environment.action_space(agent), dice) for agent in environment.agents}


def sample(space, dice):
    if isinstance(space, spaces.MultiBinary):
        return dice.integers(0, 2, space.n, dtype=np.int8)
    return dice.integers(0, space.n)


@each_form
def test_pettingzoos_own_tests_of_parallel_environments_pass(name, settings, capsys):
    parallel_api_test(module(name).parallel_env(**settings), num_cycles=300)
    parallel_seed_test(lambda: module(name).parallel_env(**settings), num_cycles=150)
    assert "Passed Parallel API test" in capsys.readouterr().out


# PettingZoo would rather see Box or Discrete actions, and arrays; several buttons at once and numbers of states are neither.
@pytest.mark.filterwarnings("ignore:Action space for each agent probably should be")
@pytest.mark.filterwarnings("ignore:Observation is not a NumPy array")
@each_form
def test_pettingzoos_own_tests_of_environments_by_turns_pass(name, settings, capsys):
    api_test(module(name).env(**settings), num_cycles=60)
    seed_test(lambda: module(name).raw_env(**settings), num_cycles=60)
    assert "Passed API test" in capsys.readouterr().out


@each_form
def test_the_environment_steps_exactly_as_the_game_does(name, settings):
    environment = module(name).parallel_env(**settings)
    game = copy.deepcopy(environment.game)
    seen, infos = environment.reset(seed=11)
    game.reset(11)
    assert infos == {agent: {} for agent in environment.agents}
    dice = np.random.default_rng(3)
    for cycle in range(1, 31):
        actions = drawn(environment, dice)
        seen, rewards, terminations, _, infos = environment.step(actions)
        game.step([codec.decode(codec.encode(action)) for codec, action in zip(game.codecs, actions.values(), strict=True)])
        assert environment.game.save() == game.save()
        if settings.get("tabular"):
            assert [int(seen[agent]) for agent in seen] == [game.state_index(player) for player in range(game.players)]
        else:
            assert [seen[agent].tolist() for agent in seen] == [list(game.observe(player)) for player in range(game.players)]
        assert seen.keys() == rewards.keys() == infos.keys() == actions.keys()
        assert set(terminations.values()) == {game.over}
        assert environment.cycle == cycle
        if game.over:
            break
    assert cycle > 15


def played_by_bots(environment, seed):
    """Play a match to its end; return the sums of the rewards, the last step and how many there were."""
    seen, _ = environment.reset(seed=seed)
    game = environment.game
    acts = {agent: bots.act_with(bots.bot_for(game, player, seed)) for player, agent in enumerate(environment.agents)}
    seats = environment.possible_agents
    returns, steps = np.zeros(len(seats)), 0
    while environment.agents:
        actions = {agent: acts[agent](game, player) for player, agent in enumerate(environment.agents)}
        step = seen, rewards, *_ = environment.step(actions)
        assert all(seen[agent] in environment.observation_space(agent) for agent in seats)
        assert environment.state() in environment.state_space
        returns += list(rewards.values())
        steps += 1
    return returns.tolist(), step, steps


@pytest.mark.parametrize(
    ("name", "reward"),
    more_at_night(
        [
            *[("pong_v0", "margin"), ("duel_v0", "score"), ("tetris_v0", "margin")],
            *[("pong_v0", "score"), ("duel_v0", "margin"), ("tetris_v0", "score")],
        ],
        3,
    ),
)
def test_a_whole_match_of_bots_is_rewarded_as_it_ended(name, reward):
    environment = module(name).parallel_env(reward=reward)
    returns, (seen, _, terminations, truncations, _), steps = played_by_bots(environment, 4)
    own, other = environment.game.scores()
    assert returns == ([own - other, other - own] if reward == "margin" else [own, other])
    assert environment.game.over and own and other and steps > 500
    assert all(terminations.values()) and not any(truncations.values())
    assert list(seen) == ["player_0", "player_1"], "the last observations are handed out"


@pytest.mark.parametrize(("tabular", "ends"), [(False, "terminated"), (True, "truncated")])
def test_time_that_is_not_shown_cuts_a_match_short_and_time_that_is_shown_ends_it(tabular, ends):
    environment = gridworld_v0.parallel_env(1, "rooms", pace=1, limit=5, tabular=tabular)
    environment.reset(seed=1)
    for _ in range(5):
        _, rewards, terminations, truncations, _ = environment.step({"player_0": np.int64(0)})
    assert rewards == {"player_0": -1.0}
    assert terminations["player_0"] is (ends == "terminated") and truncations["player_0"] is (ends == "truncated")
    assert environment.agents == []


def test_a_kitchen_is_no_table():
    with pytest.raises(GameError, match="this GridWorld has too many states to be counted: use tabular=False"):
        gridworld_v0.parallel_env(tabular=True)


@pytest.mark.parametrize("settings", [{"players": 5}, {"players": 1, "layout": "handover"}, {"layout": "maze"}, {"pace": 0}])
def test_what_the_game_refuses_is_told_by_the_game(settings):
    with pytest.raises(UsageError):
        gridworld_v0.parallel_env(**settings)


@pytest.mark.parametrize("players", [1, 2, 3, 4])
def test_going_out_is_what_the_others_gain(players):
    environment = tetris_v0.parallel_env(players, "placements", reward="survival", level=15)
    environment.reset(seed=2)
    out, losses = [0] * players, 0
    while environment.agents:
        # All drop straight down; the first one a little aside, so that it lasts longer.
        _, rewards, *_ = environment.step({agent: 0 if agent == "player_0" else 4 for agent in environment.agents})
        gone = [field.out - before for field, before in zip(environment.game.fields, out, strict=True)]
        out = [field.out for field in environment.game.fields]
        losses += any(gone)
        others = max(1, players - 1)
        assert list(rewards.values()) == pytest.approx([(sum(gone) - one) / others - one for one in gone])
    assert losses and sum(out) >= max(1, players - 1)


def test_a_match_is_cut_short_where_it_is_asked_for():
    environment = pong_v0.parallel_env(max_cycles=3)
    environment.reset(seed=1)
    for cycle in (1, 2, 3):
        assert environment.agents == ["player_0", "player_1"]
        *_, terminations, truncations, _ = environment.step(drawn(environment, np.random.default_rng(cycle)))
        assert list(truncations.values()) == [cycle == 3] * 2
        assert not any(terminations.values())
    assert environment.agents == []
    assert environment.step({}) == ({}, {}, {}, {}, {})
    environment.reset()
    assert environment.cycle == 0 and len(environment.agents) == 2


def test_resets_without_a_seed_go_on_from_the_last_seed():
    def matches(environment):
        environment.reset(seed=5)
        words = []
        for _ in range(4):
            environment.reset()
            words.append(environment.game.word)
        return words

    words = matches(pong_v0.parallel_env())
    assert words == matches(pong_v0.parallel_env())
    assert len(set(words)) == 4, "each of them is another match"


def test_matches_that_nobody_seeded_differ():
    starts = set()
    for _ in range(8):
        environment = pong_v0.parallel_env()
        environment.reset()
        starts.add(environment.game.word)
    assert len(starts) == 8


@each_form
def test_a_snapshot_brings_everything_back_also_elsewhere(name, settings):
    def play(environment, seed, steps):
        dice, trail = np.random.default_rng(seed), []
        for _ in range(steps):
            if not environment.agents:
                environment.reset()
            step = environment.step(drawn(environment, dice))
            trail.append(repr(step))
        return trail

    environment, other = module(name).parallel_env(**settings), module(name).parallel_env(**settings)
    environment.reset(seed=1)
    play(environment, 1, 25)
    saved = environment.get_state()
    packed = pack_tree(saved)
    trail = play(environment, 2, 60)
    assert pack_tree(saved) == packed, "what was saved is not changed by playing on"
    environment.set_state(saved)
    assert play(environment, 2, 60) == trail
    other.reset(seed=99)
    other.set_state(unpack_tree(packed))
    assert play(other, 2, 60) == trail
    assert other.get_state() == environment.get_state()


def test_a_snapshot_of_the_end_is_at_the_end():
    environment = pong_v0.parallel_env(max_cycles=1)
    environment.reset(seed=1)
    before = environment.get_state()
    environment.step(drawn(environment, np.random.default_rng(1)))
    after = environment.get_state()
    environment.set_state(before)
    assert environment.agents == ["player_0", "player_1"] and environment.cycle == 0
    environment.set_state(after)
    assert environment.agents == [] and environment.cycle == 1


@pytest.mark.parametrize(
    "spoil",
    [
        lambda state: {},
        lambda state: None,
        lambda state: [1, 2],
        lambda state: {**state, "cycle": -1},
        lambda state: {**state, "cycle": "3"},
        lambda state: {**state, "live": 1},
        lambda state: {**state, "word": 0.5},
        lambda state: {**state, "game": {"paddles": 3}},
    ],
)
def test_a_snapshot_of_something_else_is_refused_and_changes_nothing(spoil):
    environment = pong_v0.parallel_env()
    environment.reset(seed=1)
    before = environment.get_state()
    with pytest.raises(GameError, match="takes what"):
        environment.set_state(spoil(before))
    assert environment.get_state() == before


@given(st.binary(max_size=40))
def test_any_action_is_taken_or_refused_with_a_sentence_and_then_nothing_has_happened(data):
    environment = pong_v0.parallel_env()
    environment.reset(seed=1)
    before = environment.get_state()
    action = np.frombuffer(data, np.int8)
    is_legal = action.shape == (2,) and set(action.tolist()) <= {0, 1}
    actions = {"player_0": np.zeros(2, np.int8), "player_1": action}
    if is_legal:
        environment.step(actions)
        assert environment.cycle == 1
    else:
        with pytest.raises(ActionError, match="the action of player_1 is"):
            environment.step(actions)
        assert environment.get_state() == before


def test_missing_and_strange_actions_are_told():
    environment = pong_v0.parallel_env()
    up = np.array([1, 0], np.int8)
    with pytest.raises(UsageError, match="pong_v0 is between two matches: call reset"):
        environment.step({"player_0": up, "player_1": up})
    environment.reset(seed=1)
    before = environment.get_state()
    with pytest.raises(MissingAction, match="there is none of player_1"):
        environment.step({"player_0": up})
    with pytest.raises(UsageError, match="'ann' is no agent of pong_v0: they are player_0, player_1"):
        environment.step({"player_0": up, "player_1": up, "ann": up})
    assert environment.get_state() == before


@pytest.mark.parametrize("ask", ["observation_space", "action_space", "bot", "keys", "get_keys_to_action"])
@pytest.mark.parametrize("agent", ["player_2", 0, ["player_0"]])
def test_an_agent_that_is_none_is_told(ask, agent):
    with pytest.raises(UsageError, match="is no agent of duel_v0: they are player_0, player_1"):
        getattr(duel_v0.parallel_env(), ask)(agent)


@pytest.mark.parametrize("max_cycles", [0, -1, 2.5, "9", True])
def test_a_wrong_limit_is_told(max_cycles):
    with pytest.raises(UsageError, match="max_cycles must be None or a whole number of at least 1"):
        pong_v0.parallel_env(max_cycles=max_cycles)


@each_form
def test_what_it_tells_about_itself(name, settings):
    environment = module(name).parallel_env(**settings)
    assert environment.metadata == {
        "name": name,
        "render_modes": ["rgb_array", "ansi"],
        "render_fps": 60,
        "is_parallelizable": True,
    }
    assert str(environment) == name
    assert environment.possible_agents == [f"player_{player}" for player in range(environment.game.players)]
    for agent in environment.possible_agents:
        assert environment.noop_action is None or environment.noop_action[agent] in environment.action_space(agent)
        assert environment.keys(agent) == environment.game.keys(int(agent[-1]))


@each_form
def test_doing_nothing_is_what_the_game_calls_idle(name, settings):
    environment = module(name).parallel_env(**settings)
    environment.reset(seed=2)
    game, idle = environment.game, environment.noop_action
    if settings.get("actions") == "placements":
        assert idle is None, "every placement drops a piece"
        return
    twin = copy.deepcopy(game)
    for _ in range(20):
        environment.step(idle)
        twin.step([twin.idle(player) for player in range(twin.players)])
    assert game.save() == twin.save()


def test_rendering_shows_the_state_in_the_mode_that_was_asked_for():
    environment = pong_v0.parallel_env(render_mode="rgb_array")
    environment.reset(seed=1)
    first = environment.render()
    for _ in range(30):
        environment.step({"player_0": np.array([1, 0], np.int8), "player_1": np.array([0, 0], np.int8)})
    assert first.shape == (400, 640, 3)
    assert (first != environment.render()).any()
    text = pong_v0.parallel_env(render_mode="ansi")
    text.reset(seed=1)
    assert text.render() == text.game.render()
    nothing = pong_v0.parallel_env()
    assert nothing.render() is None
    environment.close()
    environment.close()


def test_the_state_holds_the_view_of_every_player():
    environment = pong_v0.parallel_env()
    seen, _ = environment.reset(seed=3)
    assert environment.state().tolist() == [*seen["player_0"], *seen["player_1"]]


@each_form
@pytest.mark.parametrize(
    "copied", [copy.deepcopy, lambda environment: pickle.loads(pickle.dumps(environment))], ids=["copy", "pickle"]
)
def test_a_copy_goes_on_where_the_original_stands(name, settings, copied):
    environment = module(name).parallel_env(**settings)
    environment.reset(seed=6)
    environment.step(drawn(environment, np.random.default_rng(1)))
    twin = copied(environment)
    assert twin.get_state() == environment.get_state()
    actions = drawn(environment, np.random.default_rng(2))
    assert repr(twin.step(actions)) == repr(environment.step(actions))
    environment.step(drawn(environment, np.random.default_rng(3)))
    assert twin.cycle == environment.cycle - 1, "they share nothing"


def test_any_game_will_do():
    class Practice(Pong):
        fps = 30

    environment = BuiltInParallel(Practice(), "practice_v0", reward="score")
    assert environment.metadata["render_fps"] == 30
    parallel_api_test(environment, num_cycles=20)


def test_without_pettingzoo_one_sentence_says_what_to_install():
    program = "import sys; sys.modules['pettingzoo'] = None\nimport rollback.envs.pong_v0"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 1
    assert done.stderr.strip().splitlines()[-1] == (
        "rollback.errors.MissingPackage: a built-in game as a PettingZoo environment needs the package pettingzoo:"
        ' pip install "rollback[pettingzoo]"'
    )
