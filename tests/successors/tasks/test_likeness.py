"""Likeness and the task that is scored by it: exact on small sets, and its controls with the reader as shipped.

The shipped reader may be trained anew, so that bounds on what it sees are wide; they are derived where they stand. What
is exactly 0 or 1 does not depend on it.
"""

import numpy as np
import pytest

from marki.errors import ConfigError, PortError
from successors import tasks
from successors.tasks import imitate, likeness
from successors.tasks.deck import Deck


def test_radii_are_the_distance_of_the_third_neighbour():
    line = np.array([[0.0], [1], [3], [6], [10]])
    assert likeness.radii(line) == pytest.approx([6, 5, 3, 5, 9])
    assert likeness.radii(line[:3]).tolist() == [0, 0, 0]
    assert likeness.radii(np.ones((9, 4))).tolist() == [0] * 9


def test_precision_and_recall_by_hand():
    real = np.array([[0.0], [1], [2], [3]])  # radii 3, 2, 2, 3
    drawn = np.array([[5.9], [6.1], [-2.9], [-3.1], [1.5]])
    assert likeness.among(drawn, real).tolist() == [True, False, True, False, True]
    assert likeness.harmonic(0.5, 1.0) == pytest.approx(2 / 3)
    assert likeness.harmonic(0.0, 0.0) == 0
    assert likeness.f_score(real, real) == 1
    # Radii of what is drawn: 9, 9.2, 9, 9.2, 4.6; all real ones are within.
    assert likeness.f_score(drawn, real) == pytest.approx(likeness.harmonic(0.6, 1.0))


def test_what_is_repeated_has_no_recall_however_good_it_is():
    rng = np.random.default_rng(0)
    real = rng.standard_normal((200, 5))
    for kept in (1, 10, 50):
        drawn = real[np.arange(200) % kept]  # each at least four times
        assert likeness.among(drawn, real).all()
        # Within a radius of 0 lie the real ones that were repeated, and no others.
        assert likeness.among(real, drawn).sum() == kept
        other = rng.standard_normal((200, 5))
        assert likeness.f_score(drawn, other) == 0


def test_the_frechet_distance_of_known_distributions():
    rng = np.random.default_rng(1)
    x = rng.standard_normal((400, 3))
    assert likeness.frechet(x, x) == pytest.approx(0, abs=1e-9)
    assert likeness.frechet(x, x + np.array([1, 0, 2])) == pytest.approx(5)
    # The same axes: the root of the product is that of the deviations, (1 - 2)^2 times the variances.
    assert likeness.frechet(x, 2 * (x - x.mean(0)) + x.mean(0)) == pytest.approx(np.trace(np.cov(x.T)))
    # Covariances that do not commute, against the root by all eigenvalues of the product.
    y = rng.standard_normal((400, 3)) @ rng.standard_normal((3, 3))
    a, b = np.cov(x.T), np.cov(y.T)
    root = np.sqrt(np.linalg.eigvals(a @ b).astype(complex)).sum().real
    wanted = ((x.mean(0) - y.mean(0)) ** 2).sum() + np.trace(a) + np.trace(b) - 2 * root
    assert likeness.frechet(x, y) == pytest.approx(wanted)


def test_modes_are_classes_of_more_than_a_hundredth():
    assert likeness.modes(np.array([0] * 98 + [1, 2]), 10) == 1
    assert likeness.modes(np.array([0] * 96 + [1, 1, 2, 2]), 10) == 3


def test_nearest_is_0_for_copies_and_1_for_other_real_pictures():
    rng = np.random.default_rng(2)
    learned, other = rng.random((2, 300, 20, 20))
    assert likeness.nearest(learned[:50], learned, other) == pytest.approx(0, abs=1e-6)
    assert likeness.nearest(other, learned, other) == 1


def test_distances():
    a, b = np.array([[0.0, 0], [3, 4]]), np.array([[0.0, 0], [6, 8]])
    assert likeness.distances(a, b).tolist() == [[0, 10], [5, 5]]


@pytest.fixture(scope="module")
def deck() -> Deck:
    return tasks.load("imitate", cache=False)


def figures(deck, pictures):
    task = tasks.find("imitate")
    score, right = task.marked(pictures, deck, deck.test)
    found = task.measured(pictures, deck, deck.test)
    assert found["precision"] == pytest.approx(right.mean())
    assert score == pytest.approx(likeness.harmonic(found["precision"], found["recall"]))
    return {"F": score, **found}


def of_each(deck, count):
    """Return pictures for the test's lamps, `count` of each class in turn."""
    taken, found = np.zeros(10, int), []
    of_class = [np.flatnonzero(deck.train.kinds == c) for c in range(10)]
    for c in deck.test.kinds:
        found.append(of_class[c][taken[c] % count])
        taken[c] += 1
    assert taken.min() >= 4 * count
    return deck.train.targets[np.array(found)]


def test_real_pictures_against_real_ones(deck):
    digits = tasks.load("digits", cache=False, train=1, valid=1, test=1000)
    found = figures(deck, digits.test.stimuli[500:])
    # Two halves of one distribution: by the exchange of the two, precision and recall have one expectation; 0.9 of 500
    # has a deviation of 0.013 if pictures were independent, and twice that with neighbours in common. Five of these.
    assert found["F"] == pytest.approx(0.89, abs=0.13)
    assert abs(found["precision"] - found["recall"]) < 0.13
    # Of two real sets, nearest is 1 but for the draw: 500 distances of mean 4.5 and deviation 1, each.
    assert found["nearest"] == pytest.approx(1, abs=5 * 2**0.5 * (1 / 4.5) / 500**0.5)
    assert found["modes"] == 10


def test_noise_the_mean_and_the_means_of_classes_score_nothing(deck):
    n, train = len(deck.test), deck.train
    noise = np.random.default_rng(0).random((n, 20, 20), np.float32)
    mean = np.repeat(train.targets.mean(0, keepdims=True), n, 0)
    means = np.stack([train.targets[train.kinds == c].mean(0) for c in range(10)])[deck.test.kinds]
    for pictures in (noise, mean, means):
        found = figures(deck, pictures)
        assert (found["F"], found["recall"]) == (0, 0)
        assert found["nearest"] > 1
    assert figures(deck, mean)["modes"] == 1


@pytest.mark.parametrize("count", [1, 10])
def test_one_or_ten_pictures_of_each_class_score_nothing_and_are_known_as_copies(deck, count):
    found = figures(deck, of_each(deck, count))
    assert found["F"] == 0
    assert found["precision"] > 0.5
    # A perfect reader would say 1; that of the day reads 0.98 and more of what it learned from.
    assert found["read"] > 0.9
    assert found["nearest"] < 1e-3


def test_copies_of_what_was_learned_from_score_as_real_ones_and_are_known_as_copies(deck):
    found = figures(deck, deck.train.targets[:500])
    assert found["F"] > 0.75  # real pictures by other writers, see above
    assert found["nearest"] < 1e-3 < likeness.COPIED


def test_what_was_asked_is_read(deck):
    found = figures(deck, deck.test.targets)
    assert found["F"] == 1
    assert found["FD"] == pytest.approx(0, abs=1e-6)
    assert found["read"] > 0.95
    shifted = figures(deck, np.roll(deck.test.targets, 1, axis=0))
    assert shifted["F"] == 1
    assert shifted["read"] < 0.3  # one in ten by chance


def test_without_a_question_nothing_is_read():
    deck = tasks.load("imitate", cache=False, asked=False, train=50, valid=20, test=40)
    assert not deck.test.stimuli.any()
    found = tasks.find("imitate").measured(deck.test.targets, deck, deck.test)
    assert "read" not in found


def test_the_judge_of_letters_is_another():
    deck = tasks.load("imitate", cache=False, subject="letters", train=60, valid=30, test=52, turn_deg=4.0, shift=1.0)
    assert deck.classes == imitate.SUBJECTS["letters"]
    assert len(imitate.FACES) == 23
    found = tasks.find("imitate").measured(deck.test.targets, deck, deck.test)
    assert found["read"] > 0.8
    assert likeness.judge("letters").digest != likeness.judge("digits").digest
    with pytest.raises(ConfigError, match="the same in all parts"):
        tasks.load("imitate", subject="letters")


def test_a_judge_does_not_change_and_refuses_nothing():
    judge = likeness.judge("digits")
    before = judge.digest
    with pytest.raises(PortError, match="no pictures"):
        judge.look(np.zeros((0, 20, 20), np.float32))
    some = np.random.default_rng(0).random((300, 20, 20), np.float32)
    seen, said = judge.look(some)
    assert seen.shape == (300, 120)
    assert np.abs(seen).max() <= 1.7159 + 1e-6
    part, _ = judge.look(some[256:])
    np.testing.assert_allclose(part, seen[256:], atol=1e-5)  # sums of another order
    assert said.shape == (300,)
    assert judge.digest == before
