"""Geometric forms, as in the historical experiments, and the figures on which a perceptron is known to fail.

Squares, circles and diamonds at any place on the retina were the first worlds of the Mark I; bars, X, E and F followed.
Parity and connectedness are those of M. Minsky and S. Papert, *Perceptrons* (MIT Press, 1969).

Lengths are in retinal cells, the origin is the centre of the retina, x grows to the right and y downward; angles are in
degrees counter-clockwise.
"""

from __future__ import annotations

import math

import numpy as np

from marki.errors import StimulusError, unknown
from marki.io.frame import SIDE
from marki.io.stimuli import CARD, POINTS_PER_CELL, Stimulus, enlarged

KINDS = ("square", "circle", "diamond", "triangle", "bar", "plus", "X", "E", "F")
"""Forms that `form` can draw."""


def form(
    kind: str,
    *,
    x: float = 0.0,
    y: float = 0.0,
    size: float = 8.0,
    turn_deg: float = 0.0,
    outline: float | bool | None = None,
    thickness: float = 2.0,
) -> Stimulus:
    """Draw a form on a card, anti-aliased: each point is lit by the share of it that the form covers.

    Parameters
    ----------
    kind : str
        One of `KINDS`.
    x, y : float
        Centre of the form, in cells from the centre of the retina.
    size : float
        Height of the form before it is turned, in cells. A bar is `size` long and `thickness` wide, upright; E and F
        are 3/4 as wide as high and share the same box, so that only the foot of the E tells them apart.
    turn_deg : float
        Turn about the form's own centre, counter-clockwise.
    outline : float or bool, optional
        Draw only the contour, this many cells wide and within the form; True means one cell. Filled if left out.
    thickness : float
        Width of the strokes of bar, plus, X, E and F, in cells.

    Returns
    -------
    Stimulus
        Its label is the kind.

    Raises
    ------
    UnknownName
        If there is no such form.
    StimulusError
        If a number is not finite, or a size, thickness or outline is not above zero, or the strokes are too thick for
        the size.
    """
    if kind not in KINDS:
        raise unknown("form", kind, KINDS, where="forms")
    line = 1.0 if outline is True else (outline or None)
    numbers = {"x": x, "y": y, "size": size, "turn_deg": turn_deg, "thickness": thickness, "outline": line or 0.0}
    for name, value in numbers.items():
        if not math.isfinite(value):
            raise StimulusError(
                f"{value!r} is not a finite number", where=f"form {kind} {name}", remedy="Give a finite number"
            )
    for name, value in (("size", size), ("thickness", thickness), ("outline", 1.0 if line is None else line)):
        if value <= 0:
            raise StimulusError(f"{value!r} is not above 0", where=f"form {kind} {name}", remedy="Give cells above 0")
    most = size / {"plus": 3, "X": 3, "E": 4, "F": 4, "bar": 1}.get(kind, 1e-9)
    if thickness > most:
        raise StimulusError(
            f"strokes of {thickness:g} cells do not fit a size of {size:g}",
            where=f"form {kind}",
            remedy=f"Give a thickness of at most {most:g}",
            code="stimulus.thick",
            form=kind,
            thickness=f"{thickness:g}",
            size=f"{size:g}",
            most=f"{most:g}",
        )
    right, down = _points(x, y, turn_deg)
    if kind == "circle":
        distance = np.hypot(right, down) - size / 2
    else:
        distance = _polygon_distance(right, down, _corners(kind, size, thickness))
    if line is not None:
        distance = np.abs(distance + line / 2) - line / 2
    cover = np.clip(0.5 - distance * POINTS_PER_CELL, 0, 1)
    what = f"{kind} outline" if line is not None else kind
    name = f"{what} of {size:g} at ({x:g}, {y:g})" + (f" turned {turn_deg:g}" if turn_deg else "")
    return Stimulus(name=name, label=kind, card=np.rint(cover * 255).astype(np.uint8))


def _points(x: float, y: float, turn_deg: float) -> tuple[np.ndarray, np.ndarray]:
    """Return where each point of the card lies in the form's own upright frame, in cells."""
    at = (np.arange(CARD) + 0.5) / POINTS_PER_CELL - SIDE / 2
    right, down = at[None, :] - x, at[:, None] - y
    angle = math.radians(turn_deg)
    cos, sin = math.cos(angle), math.sin(angle)
    return (right * cos - down * sin).astype(np.float32), (right * sin + down * cos).astype(np.float32)


def _corners(kind: str, size: float, thickness: float) -> list[tuple[float, float]]:
    """Return the corners of a form about its centre, in order."""
    h, t = size / 2, thickness / 2
    if kind == "square":
        return [(-h, -h), (h, -h), (h, h), (-h, h)]
    if kind == "diamond":
        return [(0, -h), (h, 0), (0, h), (-h, 0)]
    if kind == "triangle":
        return [(0, -h), (h, h), (-h, h)]
    if kind == "bar":
        return [(-t, -h), (t, -h), (t, h), (-t, h)]
    if kind in ("plus", "X"):
        arm = h if kind == "plus" else h * math.sqrt(2) - t
        quarter = [(-t, -t), (-t, -arm), (t, -arm)]
        turns = [(1, 0), (0, 1), (-1, 0), (0, -1)]
        corners = [(c * x - s * y, s * x + c * y) for c, s in turns for x, y in quarter]
        if kind == "X":
            corners = [((x - y) * math.sqrt(0.5), (x + y) * math.sqrt(0.5)) for x, y in corners]
        return corners
    w = size * 3 / 8
    top = [(-w, -h), (w, -h), (w, -h + 2 * t), (-w + 2 * t, -h + 2 * t)]
    middle = [(-w + 2 * t, -t), (w * 2 / 3, -t), (w * 2 / 3, t), (-w + 2 * t, t)]
    if kind == "F":
        return [*top, *middle, (-w + 2 * t, h), (-w, h)]
    return [*top, *middle, (-w + 2 * t, h - 2 * t), (w, h - 2 * t), (w, h), (-w, h)]


def _polygon_distance(right: np.ndarray, down: np.ndarray, corners: list[tuple[float, float]]) -> np.ndarray:
    """Return the distance of each point from the polygon's edge, negative inside."""
    square = np.full(right.shape, np.inf, np.float32)
    inside = np.zeros(right.shape, bool)
    for (ax, ay), (bx, by) in zip(corners, corners[1:] + corners[:1], strict=True):
        ex, ey = bx - ax, by - ay
        px, py = right - np.float32(ax), down - np.float32(ay)
        along = np.clip((px * ex + py * ey) / (ex * ex + ey * ey), 0, 1)
        np.minimum(square, (px - ex * along) ** 2 + (py - ey * along) ** 2, out=square)
        if ey:  # a ray to the right crosses the edge: even-odd rule
            crosses = ((py >= 0) != (down >= by)) & (((px * ey - py * ex) < 0) == (ey > 0))
            inside ^= crosses
    distance = np.sqrt(square)
    return np.where(inside, -distance, distance)


def from_cells(name: str, label: str, cells: np.ndarray) -> Stimulus:
    """Return the card that lights exactly the retinal `cells` (20, 20) bool."""
    return Stimulus(name=name, label=label, card=enlarged(cells).astype(np.uint8) * np.uint8(255))


def random_dots(rng: np.random.Generator, share: float, *, label: str = "dots") -> Stimulus:
    """Light a `share` of the 400 cells, chosen at random: a card without any structure.

    Parameters
    ----------
    rng : numpy.random.Generator
        Source of the choice.
    share : float
        0 to 1; ``round(400 · share)`` cells are lit.
    label : str
        The class of the card.

    Returns
    -------
    Stimulus

    Raises
    ------
    StimulusError
        If the share is out of range.
    """
    if not 0 <= share <= 1:
        raise StimulusError(f"{share!r} is not from 0 to 1", where="random dots share", remedy="Give a share of cells")
    cells = np.zeros(SIDE * SIDE, bool)
    cells[rng.permutation(SIDE * SIDE)[: round(share * SIDE * SIDE)]] = True
    return from_cells(f"dots {share:.0%}", label, cells.reshape(SIDE, SIDE))


def parity_card(rng: np.random.Generator, odd: bool, *, grid: int = 5) -> Stimulus:
    """Light an odd or even number of square fields, all patterns of that parity being equally likely.

    Parameters
    ----------
    rng : numpy.random.Generator
        Source of the pattern.
    odd : bool
        Whether the number of lit fields is odd.
    grid : int
        Fields on a side: 2, 4, 5, 10 or 20. A field is ``20 / grid`` cells wide.

    Returns
    -------
    Stimulus
        Its label is ``"odd"`` or ``"even"``.

    Raises
    ------
    StimulusError
        If the grid does not divide the retina.
    """
    if grid not in (2, 4, 5, 10, 20):
        raise StimulusError(
            f"{grid!r} fields do not divide 20 cells",
            where="parity grid",
            remedy="Give 2, 4, 5, 10 or 20",
            code="stimulus.grid",
            grid=grid,
        )
    fields = rng.integers(0, 2, (grid, grid)).astype(bool)
    if fields.sum() % 2 != bool(odd):
        fields[tuple(rng.integers(0, grid, 2))] ^= True
    cells = np.repeat(np.repeat(fields, SIDE // grid, 0), SIDE // grid, 1)
    label = "odd" if odd else "even"
    return from_cells(f"{label}: {fields.sum()} fields", label, cells)


_NODES, _PITCH, _STROKE, _JOINED = 6, 3, 2, 20


def connected_card(rng: np.random.Generator, connected: bool) -> Stimulus:
    """Draw a winding figure of strokes that is in one piece, or in two.

    20 nodes of a 6×6 grid (pitch 3 cells) are lit as squares of 2×2 cells, and neighbours are joined by bridges of
    1×2 cells; the whole figure, 17 cells wide, lies at a random place. Parts that are not joined are at least one dark
    cell apart, diagonally too. In one piece, the figure is a random tree of 19 bridges with ``c`` further bridges
    (``c`` is 0, 1 or 2, at random); in two pieces, it is two such trees of 6 to 14 nodes with ``c + 1`` further bridges
    in all. So both classes have the same distribution of nodes (20) and of bridges (19 + c), hence of lit cells
    (118 + 2c) and of the Euler number: neither a count nor a local predicate of low order tells them apart, which is
    the point of Minsky and Papert (1969, ch. 5).

    Parameters
    ----------
    rng : numpy.random.Generator
        Source of the figure.
    connected : bool
        Whether it is in one piece.

    Returns
    -------
    Stimulus
        Its label is ``"connected"`` or ``"disconnected"``.
    """
    extra = int(rng.integers(0, 3))
    while True:
        first = _JOINED if connected else int(rng.integers(6, _JOINED - 5))
        taken: dict[tuple[int, int], int] = {}
        bridges = _grow(rng, taken, 0, first)
        if not connected:
            bridges |= _grow(rng, taken, 1, _JOINED - first)
        spare = sorted(
            {(a, b) for a in taken for b in _ahead(a) if taken.get(b) == taken[a]} - bridges,
        )
        wanted = extra + (not connected)
        if len(taken) == _JOINED and len(spare) >= wanted:
            break
    bridges |= {spare[i] for i in rng.permutation(len(spare))[:wanted]}
    cells = np.zeros((SIDE, SIDE), bool)
    width = _PITCH * (_NODES - 1) + _STROKE
    top, left = (int(k) for k in rng.integers(0, SIDE - width + 1, 2))
    for row, column in taken:
        y, x = top + row * _PITCH, left + column * _PITCH
        cells[y : y + _STROKE, x : x + _STROKE] = True
    for (row, column), (below, _) in bridges:
        y, x = top + row * _PITCH, left + column * _PITCH
        tall, wide = (_PITCH, _STROKE) if below > row else (_STROKE, _PITCH)
        cells[y : y + tall, x : x + wide] = True
    label = "connected" if connected else "disconnected"
    return from_cells(f"{label} figure", label, cells)


def _ahead(node: tuple[int, int]) -> list[tuple[int, int]]:
    """Return the neighbours to the right of and below a node; the caller sees to those off the grid."""
    return [(node[0], node[1] + 1), (node[0] + 1, node[1])]


def _grow(rng: np.random.Generator, taken: dict, piece: int, nodes: int) -> set:
    """Grow a random tree over free nodes of the grid, mostly from its tip; return its bridges."""
    free = [(r, c) for r in range(_NODES) for c in range(_NODES) if (r, c) not in taken]
    path = [free[int(rng.integers(len(free)))]]
    taken[path[0]] = piece
    bridges: set = set()
    alive = list(path)
    while alive and len(path) < nodes:
        at = len(alive) - 1 if rng.random() < 0.7 else int(rng.integers(len(alive)))
        r, c = alive[at]
        steps = [
            (y, x)
            for y, x in ((r - 1, c), (r, c - 1), (r, c + 1), (r + 1, c))
            if 0 <= y < _NODES and 0 <= x < _NODES and (y, x) not in taken
        ]
        if not steps:
            alive.pop(at)
            continue
        step = steps[int(rng.integers(len(steps)))]
        bridges.add((min((r, c), step), max((r, c), step)))
        taken[step] = piece
        path.append(step)
        alive.append(step)
    return bridges
