"""What is told of an environment is true of the game that was made of it; of a plain game nothing is."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from rollback.envs import from_gymnasium, from_parallel_env
from rollback.envs.saving.savers import KINDS
from rollback.games import Pong
from rollback.testing.environment_facts import SAVERS, EnvironmentFacts, environment_of, facts_of
from tests.envs import broken_environments as broken
from tests.envs.broken_environments import Making
from tests.envs.toy_environments import Cliffs

PLAIN = EnvironmentFacts(
    agents=("ann", "bob"),
    watchers=(),
    input_bytes=(1, 1),
    fps=30,
    version="1",
    saver="generated",
    refused=(),
    notes=(),
    wrappers=(),
    left_alone=(),
    has_noop=True,
    idle=("0", "0"),
)


def told(facts: EnvironmentFacts) -> dict[str, str]:
    return dict(facts.lines())


def test_a_plain_game_is_no_environment() -> None:
    assert environment_of(Pong()) is None and environment_of(None) is None


def test_a_game_made_of_an_environment_is_one() -> None:
    game = Making(broken.Field)()
    assert environment_of(game) is game


def test_every_saver_there_is_has_words() -> None:
    assert set(SAVERS) == set(KINDS)


def test_the_facts_are_the_games_own() -> None:
    game = Making(broken.StepCounter)()
    facts = facts_of(game, 3, 25)
    assert facts.agents == ("player_0", "player_1")
    assert facts.input_bytes == (1, 1)
    assert facts.fps == 40
    assert facts.version == game.game_version
    assert facts.saver == "generated" and facts.refused == ()
    assert any(wrapper.startswith("StepCounter") for wrapper in facts.wrappers)
    assert (facts.ended, facts.longest) == (3, 25)


def test_agents_that_came_from_a_parallel_environment_are_named() -> None:
    facts = facts_of(from_parallel_env(lambda: Cliffs(6)))
    assert told(facts)["played by"] == "climber_0 to climber_5, 6 in all: 1 byte an input, 12 frames a second"


def test_who_only_watches_is_told() -> None:
    game = from_gymnasium(broken.Field, players=2, share="watch")
    assert told(facts_of(game))["played by"].endswith("; player_1 only watching")


@pytest.mark.parametrize("kind", [broken.Lending, broken.Buffered, broken.Arrayed])
def test_why_better_savers_were_refused_is_told_apart_from_the_other_notes(kind: type) -> None:
    game = Making(kind)()
    facts = facts_of(game)
    assert len(facts.refused) == {"Lending": 1, "Buffered": 2, "Arrayed": 1}[kind.__name__]
    assert not {*facts.refused} & {*facts.notes}
    assert {*facts.refused, *facts.notes} <= {*game.notes}
    assert all(":" in refused for refused in facts.refused)


def test_what_a_replayed_episode_costs_is_a_note_and_no_refusal() -> None:
    facts = facts_of(Making(broken.Buffered)())
    assert any(note.startswith("going back plays the episode again") for note in facts.notes)
    assert not any("going back plays" in sentence for _, sentence in facts.lines()[2:]), "it is told with the costs"


def test_snapshots_that_cannot_travel_are_told() -> None:
    facts = facts_of(Making(broken.Arrayed)())
    assert facts.saver == "deepcopy"
    assert told(facts)["known of it"].startswith("its snapshots cannot travel")


def test_several_refusals_stand_below_each_other() -> None:
    rows = replace(PLAIN, refused=("one: no", "two: no"), notes=("it is so",)).lines()
    assert rows[2:5] == [("refused", "one: no"), ("", "two: no"), ("known of it", "it is so")]


@pytest.mark.parametrize(
    ("changes", "row", "sentence"),
    [
        ({}, "played by", "ann, bob: 1 byte an input, 30 frames a second"),
        ({"input_bytes": (4, 4)}, "played by", "ann, bob: 4 bytes an input, 30 frames a second"),
        ({"input_bytes": (1, 12)}, "played by", "ann, bob: 1 to 12 bytes an input, 30 frames a second"),
        ({}, "saved by", "a generated saver: the attributes of the environment and of its wrappers"),
        ({"saver": "of a kind to come"}, "saved by", "of a kind to come"),
        ({}, "wrappers with state", "none"),
        ({"wrappers": ("TimeLimit: 4 values", "Tally: 1 value")}, "wrappers with state", "TimeLimit: 4 values, Tally: 1 value"),
        ({"left_alone": ("env.screen (Surface)",)}, "left alone, it only shows", "env.screen (Surface)"),
        ({}, "doing nothing", "is the action 0"),
        ({"idle": ("0", "[0.0]")}, "doing nothing", "is the action 0, or [0.0]"),
        ({"idle": ("0", "7"), "watchers": (1,)}, "doing nothing", "is the action 0"),
        ({"ended": 2, "longest": 25}, "episodes", "2 ended and began again, the longest after 25 steps"),
        ({"longest": 9}, "episodes", "none ended within 9 steps, so the reset after an end was not looked at"),
    ],
)
def test_each_fact_has_its_sentence(changes: dict[str, Any], row: str, sentence: str) -> None:
    assert told(replace(PLAIN, **changes))[row] == sentence


def test_where_every_action_does_something_it_is_told_what_that_means() -> None:
    assert "peers wait for each other (prediction window 0)" in told(replace(PLAIN, has_noop=False))["doing nothing"]


@pytest.mark.parametrize("saver", ["deepcopy", "simulated again"])
def test_savers_that_look_at_no_wrapper_say_nothing_of_wrappers(saver: str) -> None:
    assert "wrappers with state" not in told(replace(PLAIN, saver=saver))


def test_nothing_left_alone_is_not_mentioned() -> None:
    assert "left alone, it only shows" not in told(PLAIN)
