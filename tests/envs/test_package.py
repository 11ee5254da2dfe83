"""The names of the package come on first use, and importing it needs nothing of others."""

from __future__ import annotations

import subprocess
import sys

import pytest

import rollback.envs

PUBLIC = """
    EnvironmentGame TransitionRecorder canonical_name codec_for export_transitions from_gymnasium from_parallel_env
    game_factory record_transitions to_minari transitions_of
""".split()
BARE = """
import sys
for name in ("numpy", "gymnasium", "pettingzoo", "rich"):
    sys.modules[name] = None
from rollback.envs import canonical_name, game_factory
assert game_factory("pong")().players == 2 and canonical_name("gym:A-v0?b=1&a=2") == "gym:A-v0?a=2&b=1"
from rollback.errors import MissingPackage
for make in (lambda: game_factory("gym:CartPole-v1")(), lambda: __import__("rollback.envs").envs.from_gymnasium):
    try:
        make()
    except (MissingPackage, ModuleNotFoundError) as error:
        print(type(error).__name__)
"""


def run(code: str) -> str:
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_the_public_names_are_these() -> None:
    assert sorted(rollback.envs.__all__) == sorted(PUBLIC) == dir(rollback.envs)
    for name in PUBLIC:
        assert callable(getattr(rollback.envs, name))
    with pytest.raises(AttributeError, match="has no attribute 'nothing'"):
        rollback.envs.nothing  # noqa: B018


def test_importing_it_imports_nothing_of_others() -> None:
    code = "import sys, rollback.envs; print(sorted({'numpy', 'gymnasium', 'pettingzoo'} & set(sys.modules)))"
    assert run(code) == "[]"


def test_games_are_found_by_name_without_the_packages_of_environments() -> None:
    assert run(BARE).splitlines() == ["MissingPackage", "MissingPackage"]


def test_the_built_in_environments_are_registered_as_soon_as_there_is_a_registry() -> None:
    assert run("import rollback.envs, gymnasium; print('rollback/Pong-v0' in gymnasium.registry)") == "True"
    assert run("import gymnasium, rollback.envs; print('rollback/Pong-v0' in gymnasium.registry)") == "True"
