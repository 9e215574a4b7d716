"""Reels are taken as stacks of exposures, or refused in one line."""

import numpy as np
import pytest

from marki.errors import PortError
from marki.io.reels import check_reels


def test_one_reel_is_a_stack_of_one():
    reel = np.random.default_rng(0).random((5, 20, 20))
    found = check_reels(reel)
    assert (found.shape, found.dtype) == ((1, 5, 20, 20), np.float32)
    assert np.array_equal(found[0], reel.astype(np.float32))


@pytest.mark.parametrize("shape", [(20, 20), (2, 0, 20, 20), (2, 3, 20, 19), (1, 2, 3, 20, 20)])
def test_another_shape_is_refused(shape):
    with pytest.raises(PortError, match=r"expected reels of shape \(n, T, 20, 20\)"):
        check_reels(np.zeros(shape))


@pytest.mark.parametrize("light", [-0.1, 1.1, np.nan])
def test_light_that_cannot_be_is_refused(light):
    reels = np.zeros((2, 3, 20, 20))
    reels[1, 2, 3, 4] = light
    with pytest.raises(PortError):
        check_reels(reels)
