import copy
import pickle
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

import gymnasium
import numpy as np
import pytest
from gymnasium.utils.env_checker import check_env
from gymnasium.utils.play import PlayableGame

from rollback.envs.built_in import solos as built_in_solos
from rollback.envs.registration import REGISTERED, register
from rollback.errors import ActionError, GameError, UsageError
from rollback.games import bots
from rollback.wire import pack_tree, unpack_tree

register()
IDS = list(REGISTERED)
each_id = pytest.mark.parametrize("name", IDS)


def trail(environment, dice, steps):
    """Play so many steps with actions drawn from a generator of numbers; a match that ends is followed by the next."""
    told = []
    for _ in range(steps):
        environment.action_space.seed(int(dice.integers(1 << 30)))
        step = environment.step(environment.action_space.sample())
        told.append(repr(step))
        if step[2] or step[3]:
            environment.reset()
    return told


def dice(seed):
    return np.random.default_rng(seed)


@each_id
@pytest.mark.parametrize("settings", [{}, {"opponent": "random", "frame_skip": 4}, {"opponent": "idle", "reward": "score"}])
def test_gymnasiums_own_check_passes_without_a_warning(name, settings):
    check_env(gymnasium.make(name, **settings).unwrapped)


@each_id
def test_a_step_is_the_frame_of_the_game_with_the_bots_actions(name):
    environment = gymnasium.make(name).unwrapped
    environment.reset(seed=8)
    game = copy.deepcopy(environment.game)
    game.reset(8)
    acts = {player: bots.act_with(bots.bot_for(game, player, 8)) for player in range(1, game.players)}
    generator = dice(1)
    for _ in range(100):
        environment.action_space.seed(int(generator.integers(1 << 30)))
        action = environment.action_space.sample()
        environment.step(action)
        own = game.codecs[0].decode(game.codecs[0].encode(action))
        game.step([own, *(act(game, player) for player, act in acts.items())])
        assert environment.game.save() == game.save()


@pytest.mark.parametrize(("name", "threshold"), [("rollback/Pong-v0", -3), ("rollback/Duel-v0", -2)])
def test_who_does_nothing_loses_against_the_bot(name, threshold):
    environment = gymnasium.make(name)
    environment.reset(seed=2)
    idle = environment.unwrapped.noop_action
    total, is_over, steps = 0.0, False, 0
    while not is_over:
        seen, reward, terminated, truncated, _ = environment.step(idle)
        assert seen in environment.observation_space
        total += reward
        steps += 1
        is_over = terminated or truncated
    assert terminated and not truncated
    assert total <= threshold
    assert 200 < steps < environment.spec.max_episode_steps


@pytest.mark.parametrize(
    ("name", "settings", "seeds"),
    [
        ("rollback/Pong-v0", {"opponent": "idle"}, 3),
        ("rollback/Duel-v0", {"opponent": "idle"}, 3),
        ("rollback/GridWorld-v0", {"tabular": False}, 20),
        ("rollback/GridWorldCoop-v0", {}, 3),
        ("rollback/TetrisPlacements-v0", {}, 1),
    ],
)
def test_the_threshold_is_what_the_bot_reaches(name, settings, seeds):
    environment = gymnasium.make(name, **settings)
    totals = []
    for seed in range(seeds):
        seen, _ = environment.reset(seed=seed)
        bot, memory, total, is_over = environment.unwrapped.bot(seed), None, 0.0, False
        while not is_over:
            action, memory = bot.act(seen, memory)
            seen, reward, terminated, truncated, _ = environment.step(action)
            total += reward
            is_over = terminated or truncated
        totals.append(total)
    assert np.mean(totals) >= environment.spec.reward_threshold


def test_a_table_learns_the_way_from_every_start():
    environment = gymnasium.make("rollback/GridWorld-v0")
    values = np.zeros((environment.observation_space.n, environment.action_space.n))

    def episode(seed, curiosity, rate):
        generator, total = dice(seed), 0.0
        state, _ = environment.reset(seed=seed)
        while True:
            best = int(values[state].argmax())
            action = np.int64(generator.integers(6) if generator.random() < curiosity else best)
            after, reward, terminated, truncated, _ = environment.step(action)
            hoped = 0.0 if terminated else values[after].max()
            values[state, action] += rate * (reward + hoped - values[state, action])
            state, total = after, total + reward
            if terminated or truncated:
                return total, terminated

    learning = [episode(seed, 0.1, 0.5)[0] for seed in range(300)]
    learnt = [episode(seed, 0.0, 0.0) for seed in range(1_000, 1_030)]
    assert np.mean(learning[:20]) < 60, "it has to be learnt"
    assert np.mean([total for total, _ in learnt]) >= environment.spec.reward_threshold
    assert all(is_there for _, is_there in learnt)


def test_the_seed_varies_the_start_and_not_the_map():
    environment = gymnasium.make("rollback/GridWorld-v0").unwrapped
    starts = {int(environment.reset(seed=seed)[0]) for seed in range(40)}
    assert len(starts) > 10
    goals = {environment.game.layout.spots[environment.game.spot] for seed in range(10) if environment.reset(seed=seed)}
    assert len(goals) == 1


def test_partners_are_paid_alike():
    environment = gymnasium.make("rollback/GridWorldCoop-v0", opponent="idle").unwrapped
    environment.reset(seed=1)
    total, is_over, steps = 0.0, False, 0
    while not is_over:
        _, reward, is_over, _, _ = environment.step(environment.noop_action)
        total += reward
        steps += 1
    assert steps == 450
    assert total < 0 and [total] * 2 == list(environment.game.scores())


def test_a_step_may_last_several_frames_and_adds_up_their_rewards():
    single = gymnasium.make("rollback/Pong-v0").unwrapped
    fourfold = gymnasium.make("rollback/Pong-v0", frame_skip=4).unwrapped
    assert (single.metadata["render_fps"], fourfold.metadata["render_fps"]) == (60, 15)
    single.reset(seed=3)
    fourfold.reset(seed=3)
    generator, rewards = dice(5), [0.0, 0.0]
    for _ in range(600):
        action = generator.integers(0, 2, 2, dtype=np.int8)
        _, reward, terminated, _, _ = fourfold.step(action)
        rewards[0] += reward
        for _ in range(4):
            if not single.game.over:
                rewards[1] += single.step(action)[1]
        assert fourfold.game.save() == single.game.save()
        if terminated:
            break
    assert rewards[0] == rewards[1] != 0


@each_id
@pytest.mark.parametrize("opponent", ["scripted", "random"])
def test_a_snapshot_brings_the_opponents_back_too_also_elsewhere(name, opponent):
    environment = gymnasium.make(name, opponent=opponent).unwrapped
    environment.reset(seed=1)
    trail(environment, dice(1), 120)
    saved = environment.get_state()
    packed = pack_tree(saved)
    told = trail(environment, dice(2), 120)
    assert pack_tree(saved) == packed, "what was saved is not changed by playing on"
    environment.set_state(saved)
    assert trail(environment, dice(2), 120) == told
    other = gymnasium.make(name, opponent=opponent).unwrapped
    other.reset(seed=77)
    trail(other, dice(4), 30)
    other.set_state(unpack_tree(packed))
    assert trail(other, dice(2), 120) == told
    assert other.get_state() == environment.get_state()


@each_id
def test_a_snapshot_before_the_opponents_first_move_knows_their_seed(name):
    environment, other = gymnasium.make(name).unwrapped, gymnasium.make(name).unwrapped
    environment.reset(seed=5)
    other.reset(seed=6)
    other.set_state(environment.get_state())
    assert trail(other, dice(2), 150) == trail(environment, dice(2), 150)


@pytest.mark.parametrize(
    "spoil",
    [
        lambda state: {},
        lambda state: None,
        lambda state: {**state, "seed": -1},
        lambda state: {**state, "seed": 1.0},
        lambda state: {**state, "word": "7"},
        lambda state: {**state, "memories": 3},
        lambda state: {**state, "memories": (None, None)},
        lambda state: {**state, "game": {}},
    ],
)
def test_a_snapshot_of_something_else_is_refused_and_changes_nothing(spoil):
    environment = gymnasium.make("rollback/Pong-v0").unwrapped
    environment.reset(seed=1)
    before = environment.get_state()
    with pytest.raises(GameError, match="takes what"):
        environment.set_state(spoil(before))
    assert environment.get_state() == before


def test_resets_without_a_seed_go_on_from_the_last_seed():
    def words():
        environment = gymnasium.make("rollback/Pong-v0")
        environment.reset(seed=5)
        return [environment.reset()[0] is not None and environment.unwrapped.game.word for _ in range(4)]

    assert words() == words() and len(set(words())) == 4


def test_matches_that_nobody_seeded_differ():
    starts = set()
    for _ in range(8):
        environment = gymnasium.make("rollback/Pong-v0")
        environment.reset()
        starts.add(environment.unwrapped.game.word)
    assert len(starts) == 8


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"frame_skip": 0}, "frame_skip must be a whole number from 1 to 600, not 0"),
        ({"frame_skip": 1.5}, "frame_skip must be a whole number"),
        ({"frame_skip": True}, "frame_skip must be a whole number"),
        ({"opponent": "strong"}, "opponent is 'strong': it must be one of"),
        ({"reward": "win"}, "reward must be one of"),
        ({"tabular": True}, "rollback/Pong-v0 has no setting 'tabular': besides those of its game it has opponent, reward"),
        ({"choices": 9}, "rollback/Pong-v0 has no setting 'choices'"),
        ({"render_mode": "human"}, "render_mode must be None or one of"),
    ],
)
def test_wrong_settings_are_told(settings, message):
    with pytest.raises(UsageError, match=message):
        built_in_solos.pong(**settings)


def test_a_wrong_action_is_told_and_nothing_has_happened():
    environment = gymnasium.make("rollback/Pong-v0", disable_env_checker=True)
    environment.reset(seed=1)
    before = environment.unwrapped.get_state()
    with pytest.raises(ActionError, match=r"the action of player_0 is 7, which is outside MultiBinary\(2\)"):
        environment.step(7)
    assert environment.unwrapped.get_state() == before


@each_id
def test_keys_make_actions_as_gymnasium_plays_them(name):
    environment = gymnasium.make(name, render_mode="rgb_array")
    environment.reset(seed=1)
    keys = environment.unwrapped.get_keys_to_action()
    made = PlayableGame(environment).relevant_keys
    assert set(made) == {code for held in keys for code in held}
    assert all(held and action in environment.action_space for held, action in keys.items())
    idle = environment.unwrapped.noop_action
    assert idle in environment.action_space if idle is not None else name == "rollback/TetrisPlacements-v0"


def test_rendering_shows_the_state_in_the_mode_that_was_asked_for():
    environment = gymnasium.make("rollback/Duel-v0", render_mode="ansi")
    environment.reset(seed=1)
    assert environment.render() == environment.unwrapped.game.render()
    pixels = gymnasium.make("rollback/Duel-v0", render_mode="rgb_array")
    pixels.reset(seed=1)
    assert pixels.render().shape == (400, 640, 3)


@each_id
@pytest.mark.parametrize(
    "copied", [copy.deepcopy, lambda environment: pickle.loads(pickle.dumps(environment))], ids=["copy", "pickle"]
)
def test_a_copy_goes_on_where_the_original_stands(name, copied):
    environment = gymnasium.make(name)
    environment.reset(seed=6)
    trail(environment, dice(1), 70)
    twin = copied(environment)
    told = trail(environment, dice(2), 70)
    assert trail(twin, dice(2), 70) == told


def play_there(environment):
    return trail(environment, dice(3), 100)


def test_an_environment_can_be_sent_to_another_process():
    environment = gymnasium.make("rollback/Pong-v0")
    environment.reset(seed=6)
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        there = pool.submit(play_there, environment).result(timeout=60)
    assert there == play_there(environment)


@each_id
@pytest.mark.parametrize("mode", ["sync", "async"])
def test_many_at_once(name, mode):
    if mode == "async" and name != IDS[0]:
        return
    vector = gymnasium.make_vec(name, num_envs=3, vectorization_mode=mode)
    try:
        seen, _ = vector.reset(seed=5)
        vector.action_space.seed(1)
        for _ in range(20):
            actions = vector.action_space.sample()
            seen, rewards, terminations, truncations, _ = vector.step(actions)
        assert seen in vector.observation_space
        assert rewards.shape == terminations.shape == truncations.shape == (3,)
        single = gymnasium.make(name)
        single.reset(seed=6)
        vector.action_space.seed(1)
        for _ in range(20):
            own, *_ = single.step(vector.action_space.sample()[1])
        assert np.array_equal(seen[1], own)
    finally:
        vector.close()
