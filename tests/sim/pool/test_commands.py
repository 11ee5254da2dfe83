"""The command that plays a match again can be pasted into a shell, and says all that the spec says."""

from __future__ import annotations

import json
import shlex
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rollback.cli.app import run
from rollback.sim import Link, MatchSpec, simulate
from rollback.sim.plan import MatchPlan
from rollback.sim.pool.commands import LONGEST, reproduce


class Told:
    """A spec that says what it is told to say."""

    tags: Mapping[str, Any] = {}
    name = "told"

    def __init__(self, values: dict[str, Any]) -> None:
        self.values = values

    def to_dict(self) -> dict[str, Any]:
        return {"kind": "match", **self.values}


@given(st.dictionaries(st.text(max_size=20), st.text(max_size=60) | st.integers() | st.booleans(), max_size=6), st.integers(0))
def test_a_shell_gives_the_program_just_what_the_spec_said(values, seed):
    words = shlex.split(reproduce(Told(values), seed))
    assert words[:3] == ["rollback", "simulate", "--match"] and words[4:] == ["--match-seed", str(seed)]
    assert json.loads(words[3]) == {"kind": "match", **values}


def test_it_is_one_printable_line_whatever_the_names_are():
    line = reproduce(Told({"game": "bad\nname'; rm \x00 ä\u202e$HOME `id`"}), 3)
    assert line.isprintable() and line.isascii() and line.endswith(" --match-seed 3")


def test_a_spec_with_a_command_of_its_own_is_asked_for_it():
    class Own(Told):
        def command(self, seed: int) -> str:
            return f"rollback stress --replay match.json --seed {seed}"

    assert reproduce(Own({}), 9) == "rollback stress --replay match.json --seed 9"


@pytest.mark.parametrize("values", [{"kind": "mine"}, {"players": ["x" * 100] * (LONGEST // 100)}])
def test_a_spec_that_the_command_does_not_know_or_no_line_holds_has_none(values):
    assert reproduce(Told(values), 1) == ""


def test_the_command_of_a_plan_plays_it_in_the_same_way_and_fails_as_it_failed(tmp_path, capsys):
    (tmp_path / "deep.py").write_text("from tests.sim.games import DeepDesync")
    game, line = f"{tmp_path / 'deep.py'}:DeepDesync", Link(latency_ms=80, jitter_ms=30, loss=0.1)
    plan = MatchPlan(game=game, seed=1, frames=400, link=line, phases=(0.25, 0.5), profile="bad; line")
    (result,) = simulate([plan])
    program, *words = shlex.split(result.command)
    assert (program, words[0], result.status) == ("rollback", "stress", "error")
    assert run([*words, "--json"]) == 1
    again = json.loads(capsys.readouterr().out)
    assert again.pop("passed") is False and again == result.stats
    assert run(words) == 1
    assert f"match of {game}: failed: " in capsys.readouterr().out


@pytest.mark.parametrize("name", ["command", "to_dict"])
def test_a_spec_that_cannot_tell_its_command_has_none_and_ends_no_run(name):
    def refuse(*_: Any) -> Any:
        raise LookupError("not today")

    spec = Told({})
    setattr(spec, name, refuse)
    assert reproduce(spec, 1) == reproduce(Told({"players": {1, 2}}), 1) == ""


def test_a_plan_of_very_many_incidents_has_no_command():
    incidents = [{"at": frame, "do": "pause", "peer": 0} for frame in range(1000)]
    assert MatchPlan(game="pong", incidents=tuple(incidents)).command(0) == ""


SPECS = (
    MatchSpec(game="duell", frames=5),
    MatchSpec(game="duel", players=("best", "nobody:Nowhere"), frames=50, tags={"who": 'it\'s "me"'}),
    MatchSpec(game="pong", players=("best",), link=Link(latency_ms=20, loss=0.1), window=0, input_delay=3, frames=20),
)


@pytest.mark.parametrize("spec", SPECS, ids=lambda spec: spec.game)
def test_the_command_plays_the_very_match_again(spec, capsys):
    (result,) = simulate([spec], seed=3)
    line = result.command or reproduce(spec, result.seed)
    assert (result.command == "") == (result.status in ("ok", "truncated"))
    program, *words = shlex.split(line)
    assert program == "rollback"
    assert run([*words, "--json"]) == (1 if result.command else 0)
    told = json.loads(capsys.readouterr().out)
    for name in ("status", "seed", "digest", "scores", "stats"):
        assert told[name] == result.to_dict()[name]
    assert told["error"].splitlines()[-1:] == result.error.splitlines()[-1:]
