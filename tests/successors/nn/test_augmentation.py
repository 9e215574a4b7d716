import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from successors.nn.augmentation import disturbed, moved


@given(st.lists(st.tuples(st.integers(-5, 5), st.integers(-5, 5)), max_size=6), st.integers(0, 9))
def test_every_frame_goes_its_own_way_and_the_rest_is_filled(by, seed):
    frames = np.random.default_rng(seed).random((len(by), 4, 6)).astype(np.float32)
    found = moved(frames, np.array(by, int).reshape(-1, 2), -1.0)
    wanted = np.full_like(frames, -1)
    for k, (down, across) in enumerate(by):
        for i in range(4):
            for j in range(6):
                if 0 <= i + down < 4 and 0 <= j + across < 6:
                    wanted[k, i + down, j + across] = frames[k, i, j]
    np.testing.assert_array_equal(found, wanted)
    assert found.dtype == frames.dtype


def light(count, h=20, w=20, dtype=np.float32):
    return np.random.default_rng(9).random((count, h, w)).astype(dtype)


def rng(seed=0):
    return np.random.default_rng(seed)


def test_with_nothing_to_do_frames_are_returned_themselves_and_nothing_is_drawn():
    x, none, drawing = light(4), light(0), rng()
    assert disturbed(x, 0, 0.0, drawing) is x
    assert disturbed(none, 2, 0.1, drawing) is none
    assert drawing.random() == rng().random()


@pytest.mark.parametrize("shift", [1, 2])
def test_shifts_are_by_whole_cells_and_each_frame_has_its_own(shift):
    x, side = light(300), 2 * shift + 1
    y = disturbed(x, shift, 0.0, rng())
    found = set()
    for before, after in zip(np.pad(x, ((0, 0), (shift, shift), (shift, shift))), y, strict=True):
        views = np.lib.stride_tricks.sliding_window_view(before, (20, 20))
        places = np.argwhere((views == after).all((2, 3)))
        assert len(places) == 1
        found.add(tuple(places[0]))
    assert len(found) == side**2


@pytest.mark.parametrize("shift", [0, 2])
def test_a_warp_reads_each_place_between_four_cells_of_the_old_frame(shift):
    x, (n, h, w) = light(5, 6, 9, np.float64), (5, 6, 9)
    found, drawing = disturbed(x, shift, 0.4, rng(3)), rng(3)
    moves = drawing.integers(-shift, shift, (n, 2), endpoint=True)
    maps = np.eye(2) + 0.4 * drawing.uniform(-1, 1, (n, 2, 2))
    middle = np.array([(h - 1) / 2, (w - 1) / 2])
    wanted = np.zeros_like(x)
    for k in range(n):
        for i, j in np.ndindex(h, w):
            down, across = maps[k] @ ([i, j] - middle) + middle + moves[k]
            for u, v in np.ndindex(h, w):
                wanted[k, i, j] += x[k, u, v] * max(0, 1 - abs(down - u)) * max(0, 1 - abs(across - v))
    np.testing.assert_allclose(found, wanted, atol=1e-12)


def test_a_warp_leaves_a_plane_of_light_a_plane_and_is_dark_outside():
    x = np.broadcast_to(np.linspace(0, 1, 20, dtype=np.float32), (40, 20, 20))
    y = disturbed(x, 0, 0.3, rng())
    inner = y[:, 7:13, 7:13]
    for axis in (1, 2):
        np.testing.assert_allclose(np.diff(inner, 2, axis=axis), 0, atol=1e-5)
    assert (y == 0).mean() > (x == 0).mean()


def test_a_warp_that_is_hardly_one_leaves_the_shift():
    x = light(20)
    np.testing.assert_allclose(disturbed(x, 2, 1e-9, rng(1)), disturbed(x, 2, 0.0, rng(1)), atol=1e-6)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@given(shift=st.integers(0, 25), affine=st.floats(0, 1), seed=st.integers(0, 9))
def test_light_shape_and_dtype_are_kept_and_the_seed_decides(dtype, shift, affine, seed):
    x = light(6, 7, 5, dtype).round()
    before = x.copy()
    y = disturbed(x, shift, affine, rng(seed))
    assert (y.shape, y.dtype) == (x.shape, x.dtype)
    assert 0 <= y.min() <= y.max() <= 1
    np.testing.assert_array_equal(x, before)
    np.testing.assert_array_equal(y, disturbed(x, shift, affine, rng(seed)))
