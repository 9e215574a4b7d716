"""The key-value cache of a layer of attention while texts are written."""

from __future__ import annotations

import numpy as np

from successors.nn.tensor import Tensor, concatenate


class Past:
    """Keys and values, (n, h, s, d) each, that are computed once and cached while a text is written."""

    def __init__(self) -> None:
        self.kept: tuple[Tensor, Tensor] | None = None

    @property
    def length(self) -> int:
        """Number of rows of a text whose keys and values are cached."""
        return 0 if self.kept is None else self.kept[0].shape[2]

    def extend(self, k: Tensor, v: Tensor) -> tuple[Tensor, Tensor]:
        """Add those of the rows that follow; return all."""
        if self.kept is not None:
            k, v = concatenate([self.kept[0], k], 2), concatenate([self.kept[1], v], 2)
        self.kept = k, v
        return self.kept

    def keep(self, texts: np.ndarray) -> None:
        """Keep the texts of these numbers, in this order: fewer when some have ended, one several times to fork it."""
        if self.kept is not None:
            self.kept = Tensor(self.kept[0].data[texts]), Tensor(self.kept[1].data[texts])
