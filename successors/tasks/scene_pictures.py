"""Pictures of scenes: how the retina sees them, and a reader that is no network.

A scene's picture is, in every cell, the lightest of its shapes' pictures; what is shared out of 108 pictures of single
shapes is the same, bit for bit, as what the camera makes of the card.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from successors.tasks import scenes
from successors.tasks.retina import RetinaConfig, camera, signals
from successors.tasks.scenes import Scene, Shape

MOST = 3
"""Shapes of a scene at most."""
NUMBER = {shape: k for k, shape in enumerate(scenes.singles())}
"""The number of each of the 108 shapes, as in `alone`."""
UNEXPLAINED = 0.6
"""Share of a picture's light that the scene that is found in it may leave unexplained."""
_PLAIN = RetinaConfig()


@lru_cache(maxsize=4)
def alone(config: RetinaConfig = _PLAIN) -> np.ndarray:
    """Return the pictures of all 108 shapes, each alone, as the photocells deliver them, (108, 20, 20) float32."""
    light = np.array([camera(config.optics).frame(scenes.card((shape,)).card) for shape in scenes.singles()])
    found = signals(light.astype(np.float32), config.exposure)
    found.flags.writeable = False
    return found


def picture(scene: Scene, config: RetinaConfig = _PLAIN) -> np.ndarray:
    """Return the picture of a scene, (20, 20) float32."""
    return alone(config)[[NUMBER[shape] for shape in scene]].max(0)


def read(pictures: np.ndarray) -> list[Scene]:
    """Return the scene that each picture is most like, in the order of reading: one to three of 108 known shapes.

    Shapes are added as long as that brings the picture nearer, the best first; then each is exchanged for what fits
    better, until nothing does. Nearness is the sum of squares over all cells. Nothing here was learned.

    Parameters
    ----------
    pictures : ndarray, shape (n, 20, 20)
        Light from 0 to 1.
    """
    return [_read(np.asarray(p, np.float32).reshape(-1)) for p in pictures]


def found(picture: np.ndarray) -> Scene | None:
    """Return the scene that is read in a picture (20, 20); None where it explains too little of the light to be there.

    What is left unexplained, by the sum of squares, may be `UNEXPLAINED` of the light: three of four scenes that stand
    a cell off their places are found so, and of the 26 letters only I and T, which are bars.
    """
    scene = read(picture[None])[0]
    light = np.asarray(picture, np.float32)
    left = float(((light - alone()[[NUMBER[shape] for shape in scene]].max(0)) ** 2).sum())
    return scene if left <= UNEXPLAINED * float((light**2).sum()) and light.any() else None


@lru_cache(maxsize=1)
def _flat() -> np.ndarray:
    return alone().reshape(len(NUMBER), -1)


def _read(seen: np.ndarray) -> Scene:
    shapes, flat = scenes.singles(), _flat()

    def best(others: list[int]) -> tuple[float, int]:
        """Return how far the picture is from those and the best one more, and its number."""
        ground = flat[others].max(0) if others else np.zeros_like(seen)
        apart = ((np.maximum(flat, ground) - seen) ** 2).sum(1)
        for k in others:  # a kind stands in a scene once, and so does a place
            apart[[_clash(shapes[k], other) for other in shapes]] = np.inf
        at = int(apart.argmin())
        return float(apart[at]), at

    distance, first = best([])
    found = [first]
    while len(found) < MOST:
        nearer, more = best(found)
        if nearer >= distance:
            break
        distance, found = nearer, [*found, more]
    moved = True
    while moved:
        moved = False
        for k in range(len(found)):
            others = found[:k] + found[k + 1 :]
            nearer, other = best(others)
            if nearer < distance:
                distance, found, moved = nearer, [*others, other], True
                break
    return scenes.ordered(tuple(shapes[k] for k in found))


def _clash(one: Shape, other: Shape) -> bool:
    return one.kind == other.kind or (one.row, one.column) == (other.row, other.column)
