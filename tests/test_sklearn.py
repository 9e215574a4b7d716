"""The Mark I in scikit-learn: its own checks, and what is the machine's."""

import doctest
import pickle
import sys

import numpy as np
import pytest
from sklearn.datasets import load_digits
from sklearn.model_selection import GridSearchCV
from sklearn.utils.estimator_checks import parametrize_with_checks

import marki.sklearn
from marki.errors import ConfigError, UnknownName
from marki.machine import MachineConfig, MarkI
from marki.sklearn import MarkIClassifier
from marki.twin import Twin


def expected(_):
    """Name the checks of scikit-learn that fail, with the reason: none does.

    Its tag `poor_score` exempts it from those that want accuracy on two or three features, of which a retina sees as
    many cells.
    """
    return {}


@parametrize_with_checks([MarkIClassifier(passes=2)], expected_failed_checks=expected)
def test_scikit_learn_finds_nothing(estimator, check):
    if check.func.__name__ == "check_array_api_input":
        pytest.skip("it is not an array API estimator")
    check(estimator)


@pytest.mark.slow
@parametrize_with_checks([MarkIClassifier(passes=1, on_clock=True)], expected_failed_checks=expected)
def test_scikit_learn_finds_nothing_on_the_clock(estimator, check):
    if check.func.__name__ == "check_array_api_input":
        pytest.skip("it is not an array API estimator")
    check(estimator)


def test_it_says_that_its_score_on_a_few_features_is_poor():
    assert MarkIClassifier().__sklearn_tags__().classifier_tags.poor_score


@pytest.fixture(scope="module")
def digits():
    X, y = load_digits(n_class=4, return_X_y=True)
    return X / 16, np.array(["zero", "one", "two", "three"])[y]


def drawn(**given):
    return MarkIClassifier(scaling="light", layout="picture", **given)


def test_it_learns_handwritten_digits(digits):
    X, y = digits
    score = drawn().fit(X[:300], y[:300]).score(X[300:500], y[300:500])
    assert score > 0.6, "chance is a quarter"


def test_a_grid_search_over_theta(digits):
    X, y = digits
    search = GridSearchCV(drawn(passes=3), {"theta": [1, 4, 60]}, cv=3).fit(X[:150], y[:150])
    scores = dict(zip([1, 4, 60], search.cv_results_["mean_test_score"], strict=True))
    assert search.best_params_["theta"] == max(scores, key=scores.get)
    assert scores[4] > scores[60], "with a threshold of 60 no A-unit is ever active"
    assert search.best_estimator_.machine_.config.association.theta == search.best_params_["theta"]


def test_the_example_of_its_docstring_runs():
    assert doctest.testmod(marki.sklearn).attempted > 4
    assert doctest.testmod(marki.sklearn).failed == 0


def frames(X, **given):
    return MarkIClassifier(**given).fit(X, [0, 1])._frames(np.asarray(X, float))


def test_features_lie_row_by_row_and_the_rest_is_dark():
    laid = frames([[0.0] * 21, [1.0] * 20 + [0.5]], scaling="light")
    assert laid[1, 0].tolist() == [1] * 20
    assert laid[1, 1].tolist() == [0.5] + [0] * 19
    assert not laid[1, 2:].any()
    assert not laid[0].any()
    whole = np.random.default_rng(0).random((2, 400))
    assert np.array_equal(frames(whole, scaling="light"), whole.reshape(2, 20, 20).astype(np.float32))


def test_a_square_picture_stands_in_the_middle_as_large_as_there_is_room():
    picture = np.arange(64) / 63
    laid = frames([picture, picture[::-1]], scaling="light", layout="picture")[0]
    assert np.allclose(laid[2:18:2, 2:18:2].reshape(-1), picture)
    assert np.allclose(laid[3:18:2, 3:18:2].reshape(-1), picture)
    assert not laid[:2].any()
    assert not laid[:, 18:].any()
    with pytest.raises(ConfigError, match=r"63 features are no square picture. Give layout='rows'"):
        frames(np.zeros((2, 63)), layout="picture")


def test_features_are_scaled_by_what_was_seen_in_training():
    classifier = MarkIClassifier().fit([[0.0, 7.0], [10.0, 7.0]], [0, 1])
    laid = classifier._frames(np.array([[5.0, 7.0], [-3.0, 9.0], [40.0, 6.0]]))
    assert laid[:, 0, :2].tolist() == [[0.5, 0], [0, 1], [1, 0]]


def test_what_is_no_light_is_refused_where_light_was_promised():
    with pytest.raises(ConfigError, match="light from 0 to 2"):
        drawn().fit([[0.0], [2.0]], [0, 1])


@pytest.mark.parametrize(
    ("given", "error", "match"),
    [
        ({"layout": "rwos"}, UnknownName, "Did you mean 'rows'"),
        ({"scaling": "no"}, UnknownName, "unknown choice 'no'"),
        ({"passes": 0}, ConfigError, "0 is out of range"),
        ({"settings": {"association.thet": 1}}, UnknownName, "Did you mean 'association.theta'"),
        ({"random_state": -1}, ConfigError, "-1 is out of range"),
    ],
)
def test_a_parameter_that_is_wrong_is_refused_by_name_when_it_is_used(given, error, match):
    with pytest.raises(error, match=match):
        MarkIClassifier(**given).fit([[0.0], [1.0]], [0, 1])


def test_more_features_than_cells_are_refused():
    with pytest.raises(ValueError, match="401 features for 400 cells"):
        MarkIClassifier().fit(np.zeros((2, 401)), [0, 1])


def test_settings_reach_the_machine_and_the_clock_is_a_choice():
    X, y = [[0.0], [1.0]], [0, 1]
    twin = MarkIClassifier(3, settings={"reinforcement.rule": "gamma"}).fit(X, y).machine_
    assert isinstance(twin, Twin)
    assert (twin.config.association.theta, twin.config.reinforcement.rule) == (3, "gamma")
    machine = MarkIClassifier(on_clock=True, passes=1).fit(X, y).machine_
    assert isinstance(machine, MarkI)
    assert machine.config == MachineConfig().amend({"response.units": 1})


def test_on_the_clock_no_answer_depends_on_the_one_before_and_the_machine_stays(digits):
    X, y = digits
    classifier = drawn(on_clock=True, passes=1).fit(X[:20], y[:20])
    now, wipers = classifier.machine_.now, classifier.machine_.wipers()
    together = classifier.predict(X[20:30])
    assert together.tolist() == [classifier.predict(row[None])[0] for row in X[20:30]]
    assert classifier.machine_.now == now
    assert np.array_equal(classifier.machine_.wipers(), wipers)


def test_training_ends_after_a_pass_without_a_mistake():
    X, y = np.repeat(np.eye(2), 200, axis=1), [0, 1]
    assert drawn(passes=50).fit(X, y).passes_ < 50


@pytest.mark.parametrize("on_clock", [False, True])
def test_it_is_pickled_with_what_it_learned(digits, on_clock):
    X, y = digits
    classifier = drawn(on_clock=on_clock, passes=1).fit(X[:20], y[:20])
    again = pickle.loads(pickle.dumps(classifier))
    assert again.predict(X[20:40]).tolist() == classifier.predict(X[20:40]).tolist()


def test_without_scikit_learn_one_line_says_what_to_do(monkeypatch):
    for name in ("marki.io.retina_classifier", "marki.sklearn"):
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "sklearn.base", None)
    with pytest.raises(ImportError, match=r"pip install 'marki\[sklearn\]'"):
        import marki.sklearn  # noqa: F401


def test_numbers_of_numpy_are_taken_as_a_search_gives_them():
    X, y = load_digits(n_class=2, return_X_y=True)
    X, y = X[:60] / 16, y[:60]
    machine = MarkIClassifier(passes=np.int64(2), scaling="light", layout="picture")
    search = GridSearchCV(machine, {"theta": np.arange(1, 6, 3)}, cv=2, error_score="raise").fit(X, y)
    assert search.best_params_["theta"] in (1, 4)
    assert type(search.best_estimator_.machine_.config.association.theta) is int
