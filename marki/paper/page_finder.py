"""A sheet in a photograph: its marks are found, the page that they span, and the code that says which page it is.

A mark is a disc in two rings. Any line through its middle meets black, white, black, white, black in the proportions
1:1:3:1:1, from whatever side it is seen. Four marks, two of either side, fix the perspective; which they are, and which
way up the page lies, is tried out until the code reads.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import numpy as np

from marki.errors import StimulusError
from marki.paper.sheet_layout import MARK, PAPERS, PaperSize, SheetPlan, code_cells, marks, read_code

LONGEST = 1700
"""Points of the longer side of the picture in which marks are sought."""
MOST_MARKS = 10
"""Marks that are tried out, the clearest first."""
_AGAIN = "Photograph the whole page from above, in even light, with all marks and both strips of squares in the picture"
_MOST_RUNS = 3000  # runs of a picture that are looked at, the longest first, whatever noise there is
_WAYS = 24  # directions in which a mark is looked through


@dataclass(frozen=True, kw_only=True, eq=False)
class FoundPage:
    """A page of a sheet in a photograph.

    Parameters
    ----------
    plan : SheetPlan
    page : int
        Counted from 1.
    to_picture : ndarray of float64, shape (3, 3)
        From millimetres on the page to points of the picture.
    marks : int
        Marks that were found, of six.
    """

    plan: SheetPlan
    page: int
    to_picture: np.ndarray
    marks: int


def find_page(picture: np.ndarray, *, where: object = None) -> FoundPage:
    """Return the page of a sheet that a photograph shows, whatever way up.

    Parameters
    ----------
    picture : ndarray of uint8, shape (h, w)
        Luminance.
    where : object, optional
        The file, for the message.

    Raises
    ------
    StimulusError
        If no page is found, or one of another version.
    """
    step = -(-max(picture.shape) // LONGEST)
    small = reduced(picture, step)
    found = find_marks(small)
    for paper, image, inliers in _guesses(found):
        page = homography(marks(paper).reshape(-1, 2)[inliers], image[inliers])
        code = read_code(_cells(small, paper, page), where=where)
        if code is not None and code[0].paper == paper:
            scale = np.array([[step, 0, (step - 1) / 2], [0, step, (step - 1) / 2], [0, 0, 1]])
            return FoundPage(plan=code[0], page=code[1], to_picture=scale @ page, marks=len(inliers))
    if len(found) < 4:
        raise StimulusError(
            f"shows no page of a sheet: {len(found)} marks are seen, and 4 of its 6 are needed",
            where=where,
            remedy=_AGAIN,
            code="sheet.marks",
            count=len(found),
        )
    raise StimulusError(
        "shows no page of a sheet: there are marks, but the code between them cannot be read",
        where=where,
        remedy=_AGAIN,
        code="sheet.code",
    )


def reduced(picture: np.ndarray, step: int) -> np.ndarray:
    """Return the mean over squares of `step` points."""
    if step == 1:
        return picture
    height, width = (n // step * step for n in picture.shape)
    blocks = picture[:height, :width].reshape(height // step, step, width // step, step)
    return (blocks.sum(axis=(1, 3), dtype=np.uint32) // (step * step)).astype(np.uint8)


def sampled(picture: np.ndarray, xy: np.ndarray) -> np.ndarray:
    """Return the picture between its points, bilinear; what lies outside is continued from the border.

    Parameters
    ----------
    picture : ndarray, shape (h, w)
    xy : ndarray of float64, shape (..., 2)
        Places; the middle of the first point is (0, 0).

    Returns
    -------
    ndarray of float32, shape (...)
    """
    height, width = picture.shape
    x, y = np.clip(xy[..., 0], 0, width - 1.001), np.clip(xy[..., 1], 0, height - 1.001)
    left, top = x.astype(np.intp), y.astype(np.intp)
    dx, dy = (x - left).astype(np.float32), (y - top).astype(np.float32)
    flat, at = picture.reshape(-1), top * width + left
    upper = flat[at] * (1 - dx) + flat[at + 1] * dx
    return upper * (1 - dy) + (flat[at + width] * (1 - dx) + flat[at + width + 1] * dx) * dy


def homography(page: np.ndarray, image: np.ndarray) -> np.ndarray:
    """Return the 3×3 perspective that lays points of the page on those of the picture, at least four of each.

    Parameters
    ----------
    page, image : ndarray of float64, shape (n, 2)
    """
    return _homographies(page[None], image[None])[0]


def _homographies(page: np.ndarray, image: np.ndarray) -> np.ndarray:
    """Return many perspectives at once, from (k, n, 2) to (k, 3, 3), by least squares on points scaled to about one."""
    count = len(image)
    a, page = _scaled(page)
    b, image = _scaled(image)
    x, y, u, v = page[..., 0], page[..., 1], image[..., 0], image[..., 1]
    one, none = np.ones_like(x), np.zeros_like(x)
    upper = np.stack([x, y, one, none, none, none, -u * x, -u * y], axis=-1)
    lower = np.stack([none, none, none, x, y, one, -v * x, -v * y], axis=-1)
    rows, right = np.concatenate([upper, lower], axis=1), np.concatenate([u, v], axis=1)
    turned = rows.transpose(0, 2, 1)
    square = turned @ rows + 1e-12 * np.eye(8)
    solved = np.linalg.solve(square, (turned @ right[..., None]))[..., 0]
    raw = np.concatenate([solved, np.ones((count, 1))], axis=1).reshape(count, 3, 3)
    return np.linalg.inv(b) @ raw @ a


def _scaled(points: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the matrices that bring points about zero and to size one, and the points so brought."""
    middle = points.mean(axis=1)
    spread = np.sqrt(((points - middle[:, None]) ** 2).sum(axis=2).mean(axis=1)) + 1e-9
    matrix = np.zeros((len(points), 3, 3))
    matrix[:, 0, 0] = matrix[:, 1, 1] = 1 / spread
    matrix[:, :2, 2], matrix[:, 2, 2] = -middle / spread[:, None], 1
    return matrix, (points - middle[:, None]) / spread[:, None, None]


def projected(matrix: np.ndarray, points: np.ndarray) -> np.ndarray:
    """Return points (..., 2) through a perspective (3, 3), or through each of many (k, 3, 3)."""
    full = np.concatenate([points, np.ones((*points.shape[:-1], 1))], axis=-1)
    through = full @ np.swapaxes(matrix, -1, -2)
    return through[..., :2] / through[..., 2:]


# -- marks ---------------------------------------------------------------------------------------------------------


def find_marks(picture: np.ndarray) -> np.ndarray:
    """Return the middles and radii of what looks like marks, (n, 3), the clearest first.

    Parameters
    ----------
    picture : ndarray of uint8, shape (h, w)
    """
    black = _black(picture)
    across, down = _runs(black), _runs(black.T)[:, [1, 0, 2]]
    if not len(across) or not len(down):
        return np.zeros((0, 3))
    groups: list[np.ndarray] = []
    for x, y, unit in across:
        gap = np.abs(down[:, :2] - (x, y)).max(axis=1)
        fits = (gap < 1.5 * unit) & (down[:, 2] < 2 * unit) & (unit < 2 * down[:, 2])
        if not fits.any():
            continue
        near = down[fits][np.argmin(gap[fits])]
        one = np.array([x, near[1], (unit + near[2]) / 2, 1.0])
        for group in groups:
            if np.hypot(*(group[:2] / group[3] - one[:2])) < 3 * one[2]:
                group += one
                break
        else:
            groups.append(one)
    groups.sort(key=lambda g: -g[3] / (g[2] / g[3]))
    found = []
    for group in groups[:60]:
        x, y, unit = group[:3] / group[3]
        mark = _measured(picture, x, y, 3.5 * unit)
        if mark is not None and all(np.hypot(mark[0] - m[0], mark[1] - m[1]) > m[2] for m in found):
            found.append(mark)
    return np.array(found[: 2 * MOST_MARKS]).reshape(-1, 3)


def _black(picture: np.ndarray) -> np.ndarray:
    """Return what is darker than its surroundings."""
    height, width = picture.shape
    reach = max(8, max(height, width) // 28)
    sums = np.zeros((height + 2 * reach + 1, width + 2 * reach + 1), np.int32)
    padded = np.pad(picture, reach, mode="edge")
    np.cumsum(padded, axis=0, dtype=np.int32, out=sums[1:, 1:])
    np.cumsum(sums[1:, 1:], axis=1, out=sums[1:, 1:])
    side = 2 * reach
    total = sums[side:-1, side:-1] - sums[: -side - 1, side:-1] - sums[side:-1, : -side - 1]
    total += sums[: -side - 1, : -side - 1]
    mean = total[:height, :width] * np.float32(1 / side**2)
    return picture < np.minimum(mean * np.float32(0.86), mean - 6)


def _runs(black: np.ndarray) -> np.ndarray:
    """Return where lines have runs of 1:1:3:1:1, as (n, 3): place along the line, line, unit."""
    height, width = black.shape
    padded = np.zeros((height, width + 2), np.int8)
    padded[:, 1:-1] = black
    change = np.diff(padded.reshape(-1))
    starts, ends = np.flatnonzero(change == 1) + 1, np.flatnonzero(change == -1) + 1
    if len(starts) < 3:
        return np.zeros((0, 3))
    line = starts // (width + 2)
    lengths = (ends - starts).astype(np.float32)
    gaps = (starts[1:] - ends[:-1]).astype(np.float32)
    a, c, b, g, h = lengths[:-2], lengths[1:-1], lengths[2:], gaps[:-1], gaps[1:]
    unit = (a + b + c + g + h) / 7
    # Blur and threshold make all black runs broader or all narrower, so that pairs are held to their sum.
    fits = (
        (line[:-2] == line[2:])
        & (unit > 1.5)
        & (np.abs(a + g - 2 * unit) < 0.9 * unit)
        & (np.abs(b + h - 2 * unit) < 0.9 * unit)
        & (np.abs(c - 3 * unit) < 1.2 * unit)
        & (np.minimum(a, b) > 0.3 * unit)
        & (np.minimum(g, h) > 0.3 * unit)
    )
    at = np.flatnonzero(fits)
    at = at[np.argsort(-unit[at], kind="stable")[:_MOST_RUNS]]
    middle = (starts[at + 1] + ends[at + 1] - 1) / 2 - line[at] * (width + 2) - 1
    return np.stack([middle, line[at].astype(np.float64), unit[at]], axis=1)


def _measured(picture: np.ndarray, x: float, y: float, radius: float) -> np.ndarray | None:
    """Return the middle and mean radius of a mark near a place; None if there is no ring of black about it."""
    angles = np.arange(_WAYS) * (2 * np.pi / _WAYS)
    ways = np.stack([np.cos(angles), np.sin(angles)], axis=1)
    middle = np.array([x, y])
    outer = np.zeros(_WAYS)
    good = np.zeros(_WAYS, bool)
    for _ in range(3):
        reach = np.arange(0, 1.9 * radius, 0.5)
        light = sampled(picture, middle + reach[:, None, None] * ways)
        near = light[: int(2.6 * radius)]
        dark, bright = np.percentile(near, 8), np.percentile(near, 85)
        if bright - dark < 20:
            return None
        level = (dark + bright) / 2
        is_black = light < level
        for k in range(_WAYS):
            turns = np.flatnonzero(is_black[1:, k] != is_black[:-1, k])
            good[k] = bool(is_black[0, k]) and len(turns) >= 3
            if good[k]:
                i = turns[2]
                before, after = light[i, k] - level, light[i + 1, k] - level
                outer[k] = (i + before / (before - after)) * 0.5
        pairs = good[: _WAYS // 2] & good[_WAYS // 2 :]
        if pairs.sum() < _WAYS // 4:
            return None
        one, other = outer[: _WAYS // 2], outer[_WAYS // 2 :]
        shift = ((one - other) / 2)[:, None] * ways[: _WAYS // 2]
        # Chords through a wrong middle are longer on one side; twice the mean is the whole way to the right one.
        step = 2 * np.median(shift[pairs], axis=0) if pairs.sum() < 6 else 2 * shift[pairs].mean(axis=0)
        middle = middle + np.clip(step, -radius / 2, radius / 2)
        radius = float(np.median(outer[good]))
    spread = outer[good]
    if good.sum() < 0.7 * _WAYS or spread.max() > 2.6 * spread.min() or radius < 4:
        return None
    return np.array([*middle, radius])


# -- the page ------------------------------------------------------------------------------------------------------


def _guesses(found: np.ndarray):
    """Yield papers, where their marks would be in the picture, and which were found: the likeliest guesses first."""
    found = found[:MOST_MARKS]
    quads = [
        q for q in (_convex(found, four) for four in itertools.combinations(range(len(found)), 4)) if q is not None
    ]
    if not quads:
        return
    turned = [quad[k:] + quad[:k] for quad in quads for k in range(4)]
    image = found[np.array(turned)][:, :, :2]
    # Two marks of the left side and two of the right, clockwise: left up, right up, right down, left down.
    sides = list(itertools.combinations(range(3), 2))
    every = []
    for paper in PAPERS:
        places = marks(paper)
        for left, right in itertools.product(sides, sides):
            corners = np.array([places[0, left[0]], places[1, right[0]], places[1, right[1]], places[0, left[1]]])
            matrices = _homographies(np.broadcast_to(corners, image.shape), image)
            at = projected(matrices, places.reshape(-1, 2))
            ahead = matrices[:, 2:, :] @ np.concatenate([places.reshape(-1, 2).T, np.ones((1, 6))])
            rim = projected(matrices, places.reshape(-1, 2) + np.array([MARK, 0]))
            below = projected(matrices, places.reshape(-1, 2) + np.array([0, MARK]))
            size = (np.linalg.norm(rim - at, axis=2) + np.linalg.norm(below - at, axis=2)) / 2
            gap = np.linalg.norm(at[:, :, None] - found[None, None, :, :2], axis=3)
            nearest = gap.argmin(axis=2)
            near = np.take_along_axis(gap, nearest[..., None], 2)[..., 0] < 0.5 * size
            ratio = found[nearest, 2] / size
            alike = near & (ratio > 0.75) & (ratio < 1.33)
            score = alike.sum(axis=1) - np.where((ahead > 0).all(axis=(1, 2)), 0, 9)
            error = np.where(alike, np.take_along_axis(gap, nearest[..., None], 2)[..., 0] / size, 0).sum(axis=1)
            for k in np.flatnonzero(score >= 4):
                every.append((-score[k], error[k], paper, nearest[k], alike[k]))
    every.sort(key=lambda e: e[:2])
    tried = set()
    for _, _, paper, nearest, alike in every[:400]:
        key = (paper, *np.where(alike, nearest, -1))
        inliers = np.flatnonzero(alike)
        if key not in tried and min((inliers < 3).sum(), (inliers >= 3).sum()) >= 2:
            tried.add(key)
            yield paper, found[nearest, :2], inliers


def _convex(found: np.ndarray, four: tuple[int, ...]) -> list[int] | None:
    """Return four marks in clockwise order as they are seen; None if one lies within the triangle of the others."""
    points = found[list(four), :2]
    around = np.argsort(np.arctan2(*(points - points.mean(axis=0)).T[::-1]))
    corner = points[around]
    edge = np.roll(corner, -1, axis=0) - corner
    turn = edge[:, 0] * np.roll(edge, -1, axis=0)[:, 1] - edge[:, 1] * np.roll(edge, -1, axis=0)[:, 0]
    if (turn <= 0.02 * np.abs(turn).max()).any():
        return None
    return [four[k] for k in around]


def _cells(picture: np.ndarray, paper: PaperSize, page: np.ndarray) -> np.ndarray:
    """Return which cells of the code are black, each held against those about it."""
    shifts = np.array([(x, y) for x in (-0.45, 0, 0.45) for y in (-0.45, 0, 0.45)])
    cells = code_cells(paper)
    light = sampled(picture, projected(page, cells[..., None, :] + shifts)).mean(axis=-1)
    columns = light.shape[1]
    levels = np.empty((2, columns))
    for k in range(columns):
        about = np.sort(light[:, max(0, k - 5) : k + 6].reshape(2, -1), axis=1)
        tenth = about.shape[1] // 6
        levels[:, k] = (about[:, :tenth].mean(axis=1) + about[:, -tenth:].mean(axis=1)) / 2
    return light < levels[..., None]
