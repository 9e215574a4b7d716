"""An eye: a few convolutions that see the places of a picture, for networks that put pictures into words."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from successors.nn.functions import images
from successors.nn.layers import Conv2d
from successors.nn.module import Module
from successors.nn.pooling import max_pool2d
from successors.nn.tensor import Tensor


class SceneEye(Module):
    """Convolutions that see the places of a picture, (n, h, w) to (n, places, channels).

    Parameters
    ----------
    filters : sequence of int
        After each of the first two, the sides are halved.
    rng : Generator
    pooled : bool
        Whether they are halved by the greatest of each 2x2 cells, so that a figure is seen alike wherever it lies; else
        every second cell is left out by the convolution itself.
    """

    def __init__(self, filters: Sequence[int], rng: np.random.Generator, *, pooled: bool = False):
        channels = (1, *filters)
        self.layers = [
            Conv2d(channels[k], channels[k + 1], 3, rng, stride=2 if k < 2 and not pooled else 1, padding=1)
            for k in range(len(filters))
        ]
        self._pooled = pooled

    def forward(self, x: Tensor) -> Tensor:
        """Return the places in reading order."""
        x = images(x)
        for k, layer in enumerate(self.layers):
            x = layer(x).relu()
            if self._pooled and k < 2:
                x = max_pool2d(x, 2)
        n, c, h, w = x.shape
        return x.transpose(0, 2, 3, 1).reshape(n, h * w, c)
