"""Rotary positions: products of turned rows depend on their distance alone."""

import numpy as np
import pytest

from successors.nn.gradcheck import check
from successors.nn.rotary import rotary
from successors.nn.tensor import ShapeError, Tensor


def test_gradients():
    x = np.random.default_rng(0).standard_normal((2, 3, 5, 6))
    check(lambda a: rotary(a, 3), x)


def test_by_hand():
    x = Tensor(np.array([[1.0, 2.0, 0.0, 3.0]] * 3))
    found = rotary(x, 7).data
    for row, place in zip(found, (7, 8, 9), strict=True):
        for i, (a, b) in enumerate(((1.0, 0.0), (2.0, 3.0))):
            angle = place / 10_000 ** (2 * i / 4)
            assert row[i] == pytest.approx(a * np.cos(angle) - b * np.sin(angle))
            assert row[2 + i] == pytest.approx(a * np.sin(angle) + b * np.cos(angle))


def test_products_depend_on_the_distance_alone():
    rng = np.random.default_rng(0)
    q, k = (Tensor(rng.standard_normal((1, 8))) for _ in range(2))

    def product(at, of):
        return float((rotary(q, at).data * rotary(k, of).data).sum())

    assert product(9, 4) == pytest.approx(product(105, 100), abs=1e-12)
    assert abs(product(9, 4) - product(9, 5)) > 0.01


def test_the_first_position_is_not_turned_and_lengths_are_kept():
    x = np.random.default_rng(0).standard_normal((2, 4, 6))
    found = rotary(Tensor(x)).data
    np.testing.assert_array_equal(found[:, 0], x[:, 0])
    np.testing.assert_allclose(np.linalg.norm(found, axis=-1), np.linalg.norm(x, axis=-1))


def test_an_odd_width_is_refused():
    with pytest.raises(ShapeError, match="even"):
        rotary(Tensor(np.zeros((2, 3))))
