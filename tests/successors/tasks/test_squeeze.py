"""Squeeze: its controls, and principal components by another way."""

import numpy as np
import pytest

from successors import tasks
from successors.tasks import squeeze

TASK = tasks.find("squeeze")


@pytest.fixture(scope="module")
def deck():
    return tasks.load("squeeze", cache=False, train=2_000, test=300)


def test_the_mean_keeps_nothing_and_the_digits_themselves_everything(deck):
    part, mean = deck.test, deck.train.targets.mean(0, keepdims=True)
    score, right = TASK.marked(np.repeat(mean, len(part), 0), deck, part)
    assert score == pytest.approx(0, abs=1e-6)
    assert not right.any()
    score, right = TASK.marked(part.targets, deck, part)
    assert score == 1
    assert right.all()
    assert TASK.marked(1 - part.targets, deck, part)[0] == 0  # not below


def test_principal_components_are_those_of_the_singular_values(deck):
    flat = deck.train.targets.reshape(len(deck.train), -1).astype(float)
    mean = flat.mean(0)
    vectors = np.linalg.svd(flat - mean, full_matrices=False)[2][: squeeze.NUMBERS]
    pictures = deck.test.targets
    apart = pictures.reshape(len(pictures), -1) - mean
    wanted = (apart @ vectors.T @ vectors + mean).reshape(pictures.shape)
    found = squeeze.by_components(deck, pictures)
    np.testing.assert_allclose(found, wanted, atol=1e-8)
    score, right = TASK.marked(found, deck, deck.test)
    # 30 of 400 numbers keep most, and no answer is better than itself.
    assert 0.6 < score < 0.9
    assert not right.any()
    figures = TASK.measured(found, deck, deck.test)
    assert figures["squared error"] == pytest.approx(figures["that of 30 principal components"])
    assert figures["squared error"] == pytest.approx(((found - pictures) ** 2).sum() / len(pictures))


def test_some_are_better_than_principal_components(deck):
    part, answers = deck.test, squeeze.by_components(deck, deck.test.targets)
    answers[:100] = part.targets[:100]
    assert TASK.marked(answers, deck, part)[1].tolist() == [True] * 100 + [False] * 200
