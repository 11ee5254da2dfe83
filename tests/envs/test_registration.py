import subprocess
import sys

import gymnasium
import pytest

from rollback.envs.registration import REGISTERED, register

MAKES = "gymnasium.make('rollback/Pong-v0').reset(seed=1)"


def run(program):
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", program], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_the_ids_are_there_once_however_often_they_are_registered():
    register()
    before = {name: gymnasium.registry[name] for name in REGISTERED}
    register()
    assert all(gymnasium.registry[name] is spec for name, spec in before.items())
    assert [name for name in gymnasium.registry if name.startswith("rollback/")] == list(REGISTERED)


@pytest.mark.parametrize(
    "program",
    [
        f"import gymnasium; import rollback.envs; {MAKES}",
        f"import rollback.envs; import gymnasium; {MAKES}",
        "import gymnasium; gymnasium.make('rollback.envs:rollback/Pong-v0').reset(seed=1)",
    ],
    ids=["after", "before", "by the module's name"],
)
def test_importing_the_environments_is_enough_whichever_comes_first(program):
    run(program)


def test_registering_does_not_import_gymnasium_and_leaves_nothing_behind():
    told = run(
        "import sys\n"
        "before = list(sys.meta_path)\n"
        "from rollback.envs.registration import register\n"
        "register(); register()\n"
        "print(len(sys.meta_path) - len(before), 'gymnasium' in sys.modules, 'numpy' in sys.modules)\n"
        "import gymnasium\n"
        "print(sys.meta_path == before, 'rollback/Duel-v0' in gymnasium.registry, 'CartPole-v1' in gymnasium.registry)\n"
    )
    assert told.splitlines() == ["1 False False", "True True True"]


def test_where_gymnasium_is_missing_nothing_happens():
    told = run(
        "import sys\n"
        "sys.modules['gymnasium'] = None\n"
        "from rollback.envs.registration import register\n"
        "register()\n"
        "try:\n    import gymnasium\n"
        "except ModuleNotFoundError: print('missing')\n"
    )
    assert told == "missing"


def test_a_name_of_the_users_own_stays(monkeypatch):
    name = next(iter(REGISTERED))
    register()
    mine = gymnasium.envs.registration.EnvSpec(name, entry_point="mine:Own")
    monkeypatch.setitem(gymnasium.registry, name, mine)
    register()
    assert gymnasium.registry[name] is mine


@pytest.mark.parametrize("name", list(REGISTERED))
def test_a_spec_tells_what_to_reach_and_can_be_written_down(name):
    register()
    spec = gymnasium.spec(name)
    assert spec.max_episode_steps is None or spec.max_episode_steps >= 1_000
    assert spec.reward_threshold is not None and spec.reward_threshold > 0
    assert not spec.nondeterministic
    made = gymnasium.make(gymnasium.envs.registration.EnvSpec.from_json(spec.to_json()))
    assert made.unwrapped.metadata["name"] == name
    assert spec.max_episode_steps or made.unwrapped.game.limit, "every match comes to an end"
