import pytest

from rollback.agents.training import ALGORITHMS, algorithm_named
from rollback.errors import MissingPackage
from rollback.studio import catalogue as module
from rollback.studio.catalogue import Catalogue
from rollback.studio.letters import written
from rollback.studio.refusals import Refused
from tests.cases import every


@pytest.fixture(scope="module")
def catalogue():
    return Catalogue(["my_map.py:Maze"])


def test_it_tells_all_algorithms_with_what_can_be_set_and_on_what(catalogue):
    told = catalogue.told()
    assert [entry["name"] for entry in told] == list(ALGORITHMS)
    for entry in told:
        if entry["problem"]:
            continue
        assert entry["environments"][0] == algorithm_named(entry["name"]).environments[0]
        assert entry["environments"][-1] == "my_map.py:Maze"
        for parameter in entry["parameters"]:
            assert set(parameter) == {"name", "default", "least", "greatest", "choices", "help", "whole"}
            assert parameter["help"]
    written({"algorithms": told})


def test_what_is_left_out_is_what_it_begins_with(catalogue):
    facts = catalogue.facts("", "", {}, 1, 0)
    assert facts.algorithm == next(iter(ALGORITHMS))
    assert facts.environment == algorithm_named(facts.algorithm).environments[0]
    assert facts.parameters == {each.name: each.default for each in algorithm_named(facts.algorithm).parameters}


@every(
    ("environment", "algorithm"),
    [
        ("tetris", "cross-entropy"),
        ("pong", "self-play"),
        ("gridworld?layout=keys", "q-learning"),
        ("my_map.py:Maze", "q-learning"),
    ],
)
def test_an_environment_without_an_algorithm_is_trained_by_the_one_that_is_offered_for_it(catalogue, environment, algorithm):
    assert catalogue.facts("", environment, {}, 1, 0).algorithm == algorithm


@every("environment", ["gridworld", "gridworld?layout=rooms", "gridworld?layout=unknown", "my_map.py:Maze"])
def test_environments_of_an_algorithm_s_families_and_those_that_were_added_may_be_asked_for(catalogue, environment):
    assert catalogue.facts("q-learning", environment, {}, 1, 0).environment == environment


@every("environment", ["my_map.py:Other", "other.py:Maze", "os:system", "gym:evil:Evil-v0", "gridworlds", "my_map.py:Maze?x=1"])
def test_a_page_cannot_make_up_the_name_of_code_to_run(catalogue, environment):
    with pytest.raises(Refused, match="q-learning is not offered for") as refused:
        catalogue.facts("q-learning", environment, {}, 1, 0)
    assert refused.value.status == 400


def test_a_name_that_is_nearly_right_is_answered_with_the_right_one(catalogue):
    with pytest.raises(Refused, match=r"there is no algorithm 'q_learning', did you mean q-learning\?"):
        catalogue.facts("q_learning", "", {}, 1, 0)
    with pytest.raises(Refused, match=r"did you mean gridworld"):
        catalogue.facts("q-learning", "gridworl", {}, 1, 0)


@every("parameters", [{"learning_rate": 2}, {"learning_rate": "0.5"}, {"learning_rate": True}, {"rate": 0.5}])
def test_parameters_out_of_their_limits_are_refused(catalogue, parameters):
    with pytest.raises(Refused) as refused:
        catalogue.facts("q-learning", "gridworld", parameters, 1, 0)
    assert refused.value.status == 400


def test_an_algorithm_whose_package_is_missing_is_listed_with_the_line_that_mends_it(monkeypatch):
    def named(name):
        if name == "self-play":
            raise MissingPackage("self-play", "torch", "sb3")
        return algorithm_named(name)

    monkeypatch.setattr(module, "algorithm_named", named)
    catalogue = Catalogue()
    (entry,) = [entry for entry in catalogue.told() if entry["name"] == "self-play"]
    assert "pip install" in entry["problem"] and entry["environments"] == []
    with pytest.raises(Refused, match="self-play cannot be used here: self-play needs the package torch"):
        catalogue.facts("self-play", "", {}, 1, 0)


@every("algorithm", ["q-learning", "cross-entropy", "self-play"])
def test_each_algorithm_has_a_picture_before_any_run(catalogue, algorithm):
    picture = catalogue.preview(algorithm, "")
    assert picture["kind"]
    assert len(written(picture)) < 256 * 1024


def test_a_picture_of_what_is_not_there_is_refused(catalogue):
    with pytest.raises(Refused) as refused:
        catalogue.preview("q-learning", "gridworld?layout=romms")
    assert refused.value.status == 400
