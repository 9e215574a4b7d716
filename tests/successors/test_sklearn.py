"""The successors in scikit-learn: its own checks, and what is theirs."""

import doctest
import pickle

import numpy as np
import pytest
from sklearn.datasets import load_digits
from sklearn.utils.estimator_checks import parametrize_with_checks

import successors.sklearn
from marki.errors import ConfigError, PortError, UnknownName
from successors.sklearn import SuccessorClassifier


def expected(_):
    """Name the checks of scikit-learn that fail, with the reason: none does; see tests/test_sklearn.py."""
    return {}


@parametrize_with_checks([SuccessorClassifier("mlp", steps=20)], expected_failed_checks=expected)
def test_scikit_learn_finds_nothing(estimator, check):
    if check.func.__name__ == "check_array_api_input":
        pytest.skip("it is not an array API estimator")
    check(estimator)


@pytest.mark.slow
@parametrize_with_checks([SuccessorClassifier("lenet5", steps=5)], expected_failed_checks=expected)
def test_scikit_learn_finds_nothing_of_a_network_with_convolutions(estimator, check):
    if check.func.__name__ == "check_array_api_input":
        pytest.skip("it is not an array API estimator")
    check(estimator)


@pytest.fixture(scope="module")
def digits():
    X, y = load_digits(n_class=4, return_X_y=True)
    return X / 16, np.array(["zero", "one", "two", "three"])[y]


def drawn(system="mlp", **given):
    return SuccessorClassifier(system, scaling="light", layout="picture", **given)


@pytest.mark.parametrize("system", ["mlp", "lenet5"])
def test_it_learns_handwritten_digits_and_is_pickled_with_what_it_learned(digits, system):
    X, y = digits
    network = drawn(system, steps=60).fit(X[:300], y[:300])
    assert network.score(X[300:500], y[300:500]) > 0.6, "chance is a quarter"
    again = pickle.loads(pickle.dumps(network))
    assert again.predict(X[:50]).tolist() == network.predict(X[:50]).tolist()


def test_steps_and_settings_reach_the_system(digits):
    X, y = digits
    learner = drawn(steps=3, settings={"recipe.rate": 0.5, "recipe.batch": 8}).fit(X[:20], y[:20]).learner_
    assert (learner.step, learner.recipe.rate, learner.recipe.steps) == (3, 0.5, 3)


def test_the_example_of_its_docstring_runs():
    found = doctest.testmod(successors.sklearn)
    assert found.attempted > 3
    assert found.failed == 0


@pytest.mark.parametrize(
    ("given", "error", "match"),
    [
        ({"system": "lenet"}, UnknownName, "Did you mean 'lenet5'"),
        ({"system": "transformer"}, PortError, "transformer takes a text and answers by text"),
        ({"steps": 0}, ConfigError, "0 is out of range"),
        ({"settings": {"recipe.rat": 1}}, UnknownName, "Did you mean 'recipe.rate'"),
    ],
)
def test_a_parameter_that_is_wrong_is_refused_by_name_when_it_is_used(given, error, match):
    with pytest.raises(error, match=match):
        SuccessorClassifier(**given).fit([[0.0], [1.0]], [0, 1])
