"""What is written down of followed arrays gives the same bits again, and nothing of them gets away."""

import numpy as np
import pytest

from successors.nn.followed import Followed, Unfollowable, contiguous, strided

WEIGHT = np.random.default_rng(2).standard_normal((4, 5)).astype(np.float32)


def some(seed):
    return np.random.default_rng(seed).standard_normal((3, 4)).astype(np.float32)


def filled(a):
    made = np.zeros_like(a, shape=(5, 6))
    made[1:4, 1:5] = a
    made[2:] += a[0, 0:1]
    return made


def in_place(a):
    b = a * 2
    b -= a.max(1, keepdims=True, initial=0)
    np.tanh(b[:, :2], out=b[:, :2])
    b[b < 0] = 1
    return b


def counted(a):
    number, total = np.zeros(4, np.float32), a
    for k in range(3):
        number[k] = k + 1  # a constant that changes after it was used
        total = total + number
    return total


def written(a):
    made = np.full_like(a, 7)
    np.copyto(made, a, where=a > 0)
    np.copyto(made, -1, where=np.array([True, False, False, False]))
    return made


WAYS = {
    "sums": lambda a: (a + 1 - a * 0.1) / (a * a + 2),
    "numbers of NumPy": lambda a: a * np.float32(1.1) + a * np.float64(1.1),
    "numbers of Python in float64": lambda a: a.astype(np.float64) * 1.1,
    "bool": lambda a: (a > 0) * 0.1,
    "product": lambda a: a @ WEIGHT,
    "product, by dot": lambda a: np.dot(a, WEIGHT).T @ a,
    "square": lambda a: a**2 + (a * a) ** 0.5 + (a * a + 1) ** -0.75,
    "reduced": lambda a: a.sum(0) + a.mean(0) + a.max(0) + a.sum(1, keepdims=True) + np.add.reduce(a, axis=1)[0:1],
    "means of many axes": lambda a: a.reshape(3, 2, 2).mean((0, 2)),
    "views": lambda a: a.T[::-1].swapaxes(0, 1).reshape(2, 6)[1:] + np.expand_dims(a[0, 0:1], 0),
    "broadcast": lambda a: np.broadcast_to(a[:, None], (3, 2, 4)) * 1,
    "a reshape that copies": lambda a: a.T.reshape(2, 6) + a.T.reshape(-1)[:6],
    "picked": lambda a: a[:, [2, 0]] + a.take(np.array([1, 3]), 1) + a[np.array([True, False, True])][:1, :2],
    "chosen": lambda a: np.where(a > 0, a, a * 3) + np.clip(a, -0.5, 0.5) + np.repeat(a, 2, axis=1)[:, :4],
    "joined": lambda a: np.concatenate([a, np.stack([a[0], a[1]]), some(9)], 0),
    "copied": lambda a: a.T.copy() + a.T.copy("K") + a.T.astype(np.float64) + a.T.astype(np.float32, copy=False),
    "in order": lambda a: contiguous(a.T) + contiguous(contiguous(a.T) * 2),
    "overlapping": lambda a: strided(a, (4, 3), (8, 4)) + strided(a.T, (1, 3), (4, 16)),
    "filled": filled,
    "rectified": lambda a: np.maximum(a, 0) + np.minimum(a, 0.5),
    "in place": in_place,
    "a constant that changes": counted,
    "where": written,
}


@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS)
def test_what_was_written_down_gives_the_same_bits_for_other_numbers(way):
    calls, array = [], some(0)
    output = way(Followed(array, calls))
    for seed in (0, 1, 0):
        array[...] = some(seed)
        for call in calls:
            call()
        wanted = way(some(seed))
        assert output.array.dtype == wanted.dtype
        assert output.strides == wanted.strides
        assert output.array.tobytes() == wanted.tobytes()


def into_plain(a):
    plain = np.zeros((3, 4), np.float32)
    plain += a


def over_plain(a):
    plain = np.zeros((3, 4), np.float32)
    plain[...] = a


ESCAPES = {
    "array": np.asarray,
    "array in order": np.ascontiguousarray,
    "list": lambda a: np.array([a, a]),
    "number": lambda a: float(a[0, 0]),
    "sum of all": lambda a: a.sum(),
    "decision": lambda a: 1 if a.sum(1) else 2,
    "index": lambda a: WEIGHT[a > 0],
    "index of it": lambda a: a[a > 0],
    "written into": into_plain,
    "written over": over_plain,
    "product into": lambda a: np.matmul(a, WEIGHT, out=np.empty((3, 5), np.float32)),
    "copied over": lambda a: np.copyto(np.empty((3, 4), np.float32), a),
    "greatest": lambda a: a.argmax(1),
    "memory": memoryview,
    "functions that are not known": lambda a: np.sort(a),
    "two results": np.modf,
    "power in place": lambda a: a.__ipow__(2),
}


@pytest.mark.parametrize("way", ESCAPES.values(), ids=ESCAPES)
def test_nothing_of_a_followed_array_gets_away(way):
    with pytest.raises((TypeError, AttributeError)):
        way(Followed(some(0), []))


def test_a_refusal_says_what_was_asked_for():
    with pytest.raises(Unfollowable, match=r"numpy\.sort"):
        np.sort(Followed(some(0), []))
