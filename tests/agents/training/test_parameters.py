"""What can be set before a training, and what is said to what cannot."""

import math

import pytest

from rollback.agents.training import ALGORITHMS, Parameter, algorithm_named, filled
from rollback.errors import UsageError

RATE = Parameter("learning_rate", 0.5, 0.001, 1.0, help="How far.")
COUNT = Parameter("population", 40, 2, 400, whole=True, help="How many.")
KIND = Parameter("kind", "linear", choices=("linear", "grid"), help="Which.")
ALL = (RATE, COUNT, KIND)


def test_what_is_not_given_has_its_default_and_all_stand_in_their_order():
    assert filled(ALL, {}) == {"learning_rate": 0.5, "population": 40, "kind": "linear"}
    assert list(filled(ALL, {"kind": "grid", "learning_rate": 1})) == ["learning_rate", "population", "kind"]


@pytest.mark.parametrize(
    ("parameter", "given", "kept"),
    [
        (RATE, 1, 1.0),
        (RATE, 0.001, 0.001),
        (COUNT, 7, 7),
        (COUNT, 7.0, 7),
        (COUNT, 2, 2),
        (COUNT, 400, 400),
        (KIND, "grid", "grid"),
    ],
)
def test_a_value_is_kept_as_a_plain_number_or_word_of_its_kind(parameter, given, kept):
    found = parameter.checked(given)
    assert (found, type(found)) == (kept, type(kept))


@pytest.mark.parametrize(
    ("parameter", "given", "told"),
    [
        (RATE, 0, "learning_rate must be a number from 0.001 to 1.0, not 0"),
        (RATE, 1.0001, "from 0.001 to 1.0, not 1.0001"),
        (RATE, math.nan, "not nan"),
        (RATE, math.inf, "not inf"),
        (RATE, "0.5", "not '0.5'"),
        (RATE, True, "not True"),
        (RATE, None, "not None"),
        (RATE, 10**400, "not 1000"),
        (COUNT, 2.5, "population must be a whole number from 2 to 400, not 2.5"),
        (COUNT, 401, "not 401"),
        (COUNT, [], "not \\[\\]"),
        (KIND, "tree", "kind must be one of linear, grid, not 'tree'"),
        (KIND, 0, "not 0"),
    ],
)
def test_what_is_not_allowed_is_named_with_what_is(parameter, given, told):
    with pytest.raises(UsageError, match=told) as caught:
        filled(ALL, {parameter.name: given})
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 200


def test_a_name_that_is_none_is_answered_with_the_closest():
    with pytest.raises(UsageError, match="no parameter 'learningrate', did you mean learning_rate"):
        filled(ALL, {"learningrate": 0.1})
    with pytest.raises(UsageError, match="take learning_rate, population, kind"):
        filled(ALL, {7: 0.1})
    with pytest.raises(UsageError, match="take none"):
        filled((), {"x": 1})


def test_a_parameter_without_limits_and_choices_takes_nothing():
    with pytest.raises(UsageError, match="neither limits nor choices"):
        Parameter("loose", 1.0).checked(1.0)


@pytest.mark.parametrize("name", ALGORITHMS)
def test_every_default_is_allowed_and_every_parameter_is_explained_in_a_sentence(name):
    for parameter in algorithm_named(name).parameters:
        assert parameter.checked(parameter.default) == parameter.default
        assert parameter.help.endswith(".") and parameter.help[0].isupper() and len(parameter.help) < 120
        assert set(parameter.described()) == {"name", "default", "least", "greatest", "choices", "help", "whole"}
        assert isinstance(parameter.described()["choices"], list)
        if not parameter.choices:
            for limit in (parameter.least, parameter.greatest):
                assert limit is not None and parameter.checked(limit) == limit
