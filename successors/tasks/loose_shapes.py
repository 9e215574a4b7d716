"""Loose shapes: one to three of different kinds anywhere on the retina, in three sizes, some of which overlap.

Pictures for the tasks in which what is seen has to be said cell by cell, or place by place.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from marki.io.frame import SIDE
from marki.io.stimuli import forms
from successors.tasks.retina import RetinaConfig, camera, signals
from successors.tasks.scenes import KINDS

CELLS = (4.0, 5.5, 7.0)
"""Sizes of the shapes, in cells."""
REACH = 6
"""Cells that the middle of a shape may be away from that of the retina."""
APART = 4
"""Cells that the middles of two shapes are apart at least, along one axis or the other."""
MOST = 3
"""Shapes of a picture at most."""


@dataclass(frozen=True, kw_only=True)
class LooseShape:
    """A shape somewhere.

    Attributes
    ----------
    kind : str
        One of `scenes.KINDS`.
    size : int
        Number of its size in `CELLS`.
    row, column : int
        Line of the grid between cells on which its middle lies, 4 to 16.
    """

    kind: str
    size: int
    row: int
    column: int


def drawn(rng: np.random.Generator, count: int) -> tuple[LooseShape, ...]:
    """Return so many random shapes in the order of reading."""
    while True:
        kinds: list[int] = rng.permutation(len(KINDS))[:count].tolist()
        middles = rng.integers(SIDE // 2 - REACH, SIDE // 2 + REACH + 1, (count, 2))
        apart = np.abs(middles[:, None] - middles).max(2) + np.eye(count, dtype=int) * SIDE
        if apart.min() >= APART:
            break
    sizes: list[int] = rng.integers(len(CELLS), size=count).tolist()
    found = [
        LooseShape(kind=KINDS[kind], size=size, row=int(row), column=int(column))
        for kind, size, (row, column) in zip(kinds, sizes, middles, strict=True)
    ]
    return tuple(sorted(found, key=lambda s: (s.row, s.column)))


@lru_cache(maxsize=4)
def _bank(config: RetinaConfig) -> dict[tuple[str, int], np.ndarray]:
    """Return each kind in each size in the middle of the retina, as the photocells deliver it."""
    made = camera(config.optics)
    light = {
        (kind, size): made.frame(forms.form(kind, size=cells, thickness=1.3).card)
        for kind in KINDS
        for size, cells in enumerate(CELLS)
    }
    return {key: signals(frame[None].astype(np.float32), config.exposure)[0] for key, frame in light.items()}


def alone(shape: LooseShape, config: RetinaConfig) -> np.ndarray:
    """Return the picture of a shape alone, (20, 20) float32."""
    down, right = shape.row - SIDE // 2, shape.column - SIDE // 2
    wide = np.pad(_bank(config)[shape.kind, shape.size], REACH)
    return wide[REACH - down : REACH - down + SIDE, REACH - right : REACH - right + SIDE]


def picture(shapes: tuple[LooseShape, ...], config: RetinaConfig) -> np.ndarray:
    """Return the picture of shapes, (20, 20) float32: in every cell the lightest of them."""
    return np.max([alone(shape, config) for shape in shapes], axis=0)
