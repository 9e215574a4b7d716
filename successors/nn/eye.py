"""An eye: a few convolutions that see the places of a picture, for networks that put pictures into words."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from successors.nn.functions import images
from successors.nn.layers import Conv2d
from successors.nn.module import Module
from successors.nn.tensor import Tensor


class SceneEye(Module):
    """Convolutions that see the places of a picture, (n, h, w) to (n, places, channels).

    Parameters
    ----------
    filters : sequence of int
        The first two convolutions halve the sides.
    rng : Generator
    """

    def __init__(self, filters: Sequence[int], rng: np.random.Generator):
        channels = (1, *filters)
        self.layers = [
            Conv2d(channels[k], channels[k + 1], 3, rng, stride=2 if k < 2 else 1, padding=1)
            for k in range(len(filters))
        ]

    def forward(self, x: Tensor) -> Tensor:
        """Return the places in reading order."""
        x = images(x)
        for layer in self.layers:
            x = layer(x).relu()
        n, c, h, w = x.shape
        return x.transpose(0, 2, 3, 1).reshape(n, h * w, c)
