import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from successors.nn.augmentation import moved


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
