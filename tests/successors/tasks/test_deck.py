import numpy as np
import pytest

from marki.errors import PortError
from successors.tasks import Reels, Split

RNG = np.random.default_rng(0)
BANK = RNG.random((9, 20, 20)).astype(np.float32)
INDEX = RNG.integers(0, 9, (6, 4)).astype(np.uint16)


@pytest.mark.parametrize(
    "which",
    [slice(1, 4), slice(None, None, 2), np.array([5, 0, 0]), [2, 1], INDEX[:, 0] > 3, slice(3, 3)],
    ids=["slice", "step", "array", "list", "mask", "empty"],
)
def test_reels_are_indexed_like_an_array(which):
    reels = Reels(BANK, INDEX)
    whole = BANK[INDEX]
    assert (len(reels), reels.shape, reels.ndim, reels.dtype) == (6, (6, 4, 20, 20), 4, np.float32)
    assert np.array_equal(reels[which], whole[which])
    assert reels[which].dtype == np.float32


def test_one_reel_and_all_reels():
    reels, whole = Reels(BANK, INDEX), BANK[INDEX]
    assert np.array_equal(reels[-1], whole[-1])
    assert np.array_equal(np.asarray(reels), whole)
    assert all(np.array_equal(a, b) for a, b in zip(reels, whole, strict=True))
    with pytest.raises(IndexError):
        reels[6]


def test_what_is_taken_out_of_reels_is_a_copy():
    reels = Reels(BANK, INDEX)
    taken = reels[0]
    taken[:] = 2
    assert reels[0].max() < 1


@pytest.mark.parametrize(
    ("bank", "index", "match"),
    [
        (BANK.astype(float), INDEX, "slides of float64"),
        (BANK[:, :19], INDEX, "slides of float32 and shape"),
        (BANK, INDEX.astype(float), "slide numbers of float64"),
        (BANK, INDEX[0], "slide numbers"),
        (BANK[:3], INDEX, "slides 0 to 8 of 3"),
        (BANK, INDEX.astype(int) - 1, "slides -1"),
    ],
)
def test_wrong_reels_are_refused(bank, index, match):
    with pytest.raises(PortError, match=match):
        Reels(bank, index)


def test_a_part_of_several_lengths_is_refused():
    with pytest.raises(PortError, match="9 stimuli, 8 targets and 9 classes"):
        Split(stimuli=BANK.copy(), targets=np.zeros((8, 8), bool), kinds=np.zeros(9, np.int16))
