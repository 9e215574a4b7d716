"""Ink told from ground: whether it is the darker, how much there is at each point, and which of it is the figure."""

from __future__ import annotations

from itertools import islice

import numpy as np

WORKING = 256
"""Points on the longer side of the picture in which the ink is looked for."""

_MARGIN = 0.06  # share of a side that counts as border
_SPECK = 0.04  # share of the largest part's area below which a part is a speck
_SAME = 0.05  # difference of light below which two points count as alike
_WINDOWS = (0.04, 0.08, 0.12, 0.18)  # sides of the windows by which ink is told from ground, as shares of a side
_REACH = 0.3  # side of the window of the morphological closing, as a share of the picture's shorter side


def resized(a: np.ndarray, width: int, height: int) -> np.ndarray:
    """Return an array of float32 at another size: the mean over each point's area, or a smooth curve between points."""
    from PIL import Image

    larger = width > a.shape[1] or height > a.shape[0]
    how = Image.Resampling.BICUBIC if larger else Image.Resampling.BOX
    return np.clip(np.asarray(Image.fromarray(np.asarray(a, np.float32)).resize((width, height), how)), 0, 1)


def working_copy(light: np.ndarray) -> np.ndarray:
    """Return light 0 to 1 at the size in which the ink is looked for."""
    height, width = light.shape
    scale = WORKING / max(height, width)
    size = max(1, round(width * scale)), max(1, round(height * scale))
    return resized(light / np.float32(255), *size)


def _ring(a: np.ndarray) -> np.ndarray:
    """Return which points lie at the border."""
    deep = max(1, round(_MARGIN * min(a.shape)))
    ring = np.ones(a.shape, bool)
    ring[deep:-deep, deep:-deep] = False
    return ring


def _ground(work: np.ndarray) -> np.ndarray:
    """Return the ground's light as a surface of second degree through the border, what sticks out of it left out."""
    y, x = (np.linspace(-1, 1, n, dtype=np.float32) for n in work.shape)
    x, y = np.broadcast_arrays(x[None, :], y[:, None])
    terms = np.stack([np.ones_like(x), x, y, x * y, x * x, y * y], axis=-1)
    ring = _ring(work)
    a, b = terms[ring], work[ring]
    use = np.abs(b - np.median(b)) <= 0.25
    fit = np.array([float(np.median(b)), 0, 0, 0, 0, 0])
    for _ in range(3):
        if use.sum() < 60:
            break
        fit = np.linalg.lstsq(a[use].astype(np.float64), b[use].astype(np.float64), rcond=1e-6)[0]
        off = np.abs(a @ fit - b)
        use = off <= max(3 * float(np.median(off)), 0.02)
    return np.clip(terms @ fit, 0, 1).astype(np.float32)


def is_dark_ink(work: np.ndarray) -> bool:
    """Return whether the figure is darker than its ground.

    Two witnesses are heard. What differs from the ground of the border is darker or lighter in all; and strokes are
    narrower than the spaces between them, so that the closing with small windows fills more of a picture of dark ink
    than the opening takes from it. The first speaks for solid figures, the second where a shadow falls on the border.
    """
    off = work - _ground(work)
    off[np.abs(off) < _SAME] = 0
    witness = -float(off.sum()) / (float(np.abs(off).sum()) + 1e-9)
    smooth = _blurred(work, 1)
    for share in _WINDOWS:
        reach = max(1, round(share * min(work.shape) / 2))
        closing = extreme(extreme(smooth, reach, np.maximum), reach, np.minimum) - smooth
        opening = smooth - extreme(extreme(smooth, reach, np.minimum), reach, np.maximum)
        filled, taken = (float(np.clip(part - _SAME, 0, None).sum()) for part in (closing, opening))
        witness += (filled - taken) / (filled + taken + 5)  # a few points say nothing
    return witness > 0


def extreme(a: np.ndarray, reach: int, most: np.ufunc) -> np.ndarray:
    """Return the extreme of each window of 2 · reach + 1 points a side, the picture's edge repeated."""
    for axis in (0, 1):
        padded = np.pad(a, [(reach, reach) if k == axis else (0, 0) for k in (0, 1)], mode="edge")
        length, whole = a.shape[axis], 2 * reach + 1
        window = 1
        while 2 * window <= whole:  # windows of doubled length
            padded = most(_part(padded, axis, 0, -window), _part(padded, axis, window, None))
            window *= 2
        a = most(_part(padded, axis, 0, length), _part(padded, axis, whole - window, whole - window + length))
    return a


def _part(a: np.ndarray, axis: int, start: int, stop: int | None) -> np.ndarray:
    return a[start:stop] if axis == 0 else a[:, start:stop]


def _blurred(a: np.ndarray, reach: int) -> np.ndarray:
    """Return the mean of each window of 2 · reach + 1 points a side, the picture's edge repeated."""
    for axis in (0, 1):
        padded = np.pad(a, [(reach + 1, reach) if k == axis else (0, 0) for k in (0, 1)], mode="edge")
        sums = np.cumsum(padded, axis=axis, dtype=np.float64)
        whole = 2 * reach + 1
        a = ((_part(sums, axis, whole, None) - _part(sums, axis, 0, -whole)) / whole).astype(np.float32)
    return a


def amount_of_ink(work: np.ndarray, dark: bool, *, even: bool) -> tuple[np.ndarray, bool]:
    """Return how much each point differs from its ground towards ink, and whether the ground was evened out.

    Light falls on paper as a product, so dark ink is the share of light that is missing. The ground is the
    morphological closing of the picture (opening, for light ink), smoothed: every stroke narrower than its window is
    filled.
    """
    if not even:
        ground = np.full_like(work, float(np.median(work[_ring(work)])))
    else:
        smooth = _blurred(work, 1)
        reach = max(2, round(_REACH * min(work.shape) / 2))
        first, second = (np.maximum, np.minimum) if dark else (np.minimum, np.maximum)
        ground = _blurred(extreme(extreme(smooth, reach, first), reach, second), reach // 2)
        border = _ground(work)
        if _difference(work, ground, dark).sum() < 0.4 * _difference(work, border, dark).sum():
            ground = border  # a solid figure, wider than the window
    flat = float(np.ptp(ground)) < 0.06
    return _difference(work, ground, dark), even and not flat


def _difference(work: np.ndarray, ground: np.ndarray, dark: bool) -> np.ndarray:
    if dark:
        return np.clip(1 - work / np.maximum(ground, 0.02), 0, 1)
    return np.clip(work - ground, 0, 1)


def levels(ink: np.ndarray) -> tuple[float, float, float]:
    """Return the threshold that parts ground and ink best (Otsu 1979), and the light of both."""
    counts, edges = np.histogram(ink, bins=128, range=(0, 1))
    middle = (edges[:-1] + edges[1:]) / 2
    below, total = np.cumsum(counts), counts.sum()
    mass = np.cumsum(counts * middle)
    above = total - below
    with np.errstate(divide="ignore", invalid="ignore"):
        between = np.where(
            (below > 0) & (above > 0), below * above * (mass / below - (mass[-1] - mass) / above) ** 2, 0.0
        )
    # Where nothing lies between ground and ink, every threshold there is as good: the middle one.
    best = np.flatnonzero(between >= between.max() * (1 - 1e-9))
    level = float(edges[1 + int(best.mean())])
    over = ink > level
    if not over.any():
        return level, 0.0, 0.0
    low, high = float(np.median(ink[~over])), float(np.percentile(ink[over], 75))
    return (low + high) / 2, low, high


def figure_mask(mask: np.ndarray, *, judged: bool) -> np.ndarray:
    """Return the figure alone: specks dropped, and what touches the picture's edge if there is anything else."""
    labels, count = _components(mask)
    if count <= 1:
        return mask if mask.any() else ~mask
    sizes = np.bincount(labels.ravel(), minlength=count + 1)
    sizes[0] = 0
    keep = sizes >= max(_SPECK * sizes.max(), 6)
    if judged:
        edge = np.zeros(count + 1, bool)
        edge[np.concatenate([labels[0], labels[-1], labels[:, 0], labels[:, -1]])] = True
        free = np.where(edge, 0, sizes)
        if free.max() > 0.1 * sizes.max():
            keep = (free >= max(_SPECK * free.max(), 6)) & ~edge
    keep[0] = False
    return keep[labels]


def _components(mask: np.ndarray) -> tuple[np.ndarray, int]:
    """Return the connected parts of a mask (corners connect), numbered from 1, and how many there are."""
    parents = [0]

    def root(k: int) -> int:
        while parents[k] != k:
            parents[k] = parents[parents[k]]
            k = parents[k]
        return k

    labels = np.zeros(mask.shape, np.int32)
    previous: list[tuple[int, int, int]] = []
    for y, row in enumerate(mask):
        steps = np.flatnonzero(np.diff(np.concatenate([[0], row.view(np.int8), [0]])))
        runs: list[tuple[int, int, int]] = []
        above = 0  # the first run of the row before that may touch
        for start, stop in zip(steps[::2].tolist(), steps[1::2].tolist(), strict=True):
            number = 0
            while above < len(previous) and previous[above][1] < start:
                above += 1
            for first, _, other in islice(previous, above, None):
                if first > stop:
                    break
                if number:
                    parents[root(other)] = root(number)
                number = number or other
            if not number:
                number = len(parents)
                parents.append(number)
            labels[y, start:stop] = number
            runs.append((start, stop, number))
        previous = runs
    roots = np.array([root(k) for k in range(len(parents))])
    kinds, numbers = np.unique(roots, return_inverse=True)
    return numbers[labels].astype(np.int32), len(kinds) - 1
