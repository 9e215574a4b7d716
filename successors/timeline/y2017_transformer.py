"""Vaswani, Shazeer, Parmar, Uszkoreit, Jones, Gomez, Kaiser and Polosukhin 2017: "Attention is all you need", Advances
in Neural Information Processing Systems 30.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from successors.nn import initial
from successors.nn.attention import attention
from successors.nn.functions import dropout, linear
from successors.nn.layers import Draw, Linear
from successors.nn.module import Module, training_rng
from successors.nn.tensor import Tensor, no_grad


class MultiHead(Module):
    """Multi-head attention, section 3.2.2: MultiHead(Q, K, V) = Concat(head_1, …, head_h) W^O.

    Parameters
    ----------
    width : int
        d_model.
    heads : int
        h, a divisor of the width.
    rng : Generator
    bias : bool
        Whether the projections have biases; the paper's have none, most of its heirs' have.
    dropout : float
        Share of the attention weights left out while learning.
    draw : callable
        How the projections begin.
    """

    def __init__(
        self,
        width: int,
        heads: int,
        rng: np.random.Generator,
        *,
        bias: bool = True,
        dropout: float = 0.0,
        draw: Draw = initial.glorot,
    ):
        # W^Q, W^K and W^V of all heads, one under the other.
        self.weight = initial.stacked(draw, rng, 3, (width, width))
        self.bias = initial.constant((3 * width,)) if bias else None
        self.output = Linear(width, width, rng, bias=bias, draw=draw)
        self._width, self._heads, self._dropout = width, heads, dropout

    def project(self, x: Tensor, source: Tensor | None = None) -> tuple[Tensor, Tensor, Tensor]:
        """Return queries (n, h, t, d), keys and values (n, h, s, d)."""
        width = self._width
        if source is None:
            n, t, _ = x.shape
            rows = linear(x, self.weight, self.bias).reshape(n, t, 3, self._heads, -1).transpose(2, 0, 3, 1, 4)
            return rows[0], rows[1], rows[2]
        near, far = (None, None) if self.bias is None else (self.bias[:width], self.bias[width:])
        q = linear(x, self.weight[:width], near)
        rows = linear(source, self.weight[width:], far)
        n, s, _ = source.shape
        rows = rows.reshape(n, s, 2, self._heads, -1).transpose(2, 0, 3, 1, 4)
        return self.split(q), rows[0], rows[1]

    def split(self, x: Tensor) -> Tensor:
        """Return rows (n, t, width) by heads, (n, h, t, d)."""
        return x.reshape(*x.shape[:2], self._heads, -1).transpose(0, 2, 1, 3)

    def forward(
        self, x: Tensor, source: Tensor | None = None, *, mask: np.ndarray | None = None, bias: Tensor | None = None
    ) -> Tensor:
        """Return what each row reads, (n, t, width).

        Parameters
        ----------
        x : Tensor, shape (n, t, width)
            Where the queries come from.
        source : Tensor, shape (n, s, width), optional
            Where keys and values come from; `x` itself if left out.
        mask : ndarray of bool, broadcastable to (n, h, t, s), optional
            True where a query may look.
        bias : Tensor, broadcastable to (n, h, t, s), optional
            Added to the scores.
        """
        q, k, v = self.project(x, source)
        thinned = None
        rng = training_rng()
        if rng is not None and self._dropout:
            kept = rng.random((*q.shape[:-1], k.shape[-2]), np.float32) >= self._dropout
            thinned = kept * np.float32(1 / (1 - self._dropout))
        read = attention(q, k, v, mask=mask, bias=bias, dropout=thinned)
        return self.output(read.transpose(0, 2, 1, 3).reshape(*x.shape))

    def look(
        self, x: Tensor, source: Tensor | None = None, *, mask: np.ndarray | None = None, bias: Tensor | None = None
    ) -> np.ndarray:
        """Return where each head looks: the attention weights (n, h, t, s); nothing is learned."""
        with no_grad():
            q, k, _ = self.project(x, source)
            n, s = k.shape[0], k.shape[2]
            seen = np.broadcast_to(np.eye(s, dtype=q.dtype), (n, k.shape[1], s, s))
            return attention(q, k, Tensor(seen), mask=mask, bias=bias).data


class FeedForward(Module):
    """Two linear layers and what is between them, eq. 2, the same at every position.

    Parameters
    ----------
    width, hidden : int
        d_model and d_ff.
    rng : Generator
    activation : callable
        The paper takes the rectifier.
    dropout : float
        Share of the hidden units left out while learning.
    draw : callable
        How the weights begin.
    """

    def __init__(
        self,
        width: int,
        hidden: int,
        rng: np.random.Generator,
        *,
        activation: Callable[[Tensor], Tensor] = Tensor.relu,
        dropout: float = 0.0,
        draw: Draw = initial.glorot,
    ):
        self.first = Linear(width, hidden, rng, draw=draw)
        self.second = Linear(hidden, width, rng, draw=draw)
        self._activation, self._dropout = activation, dropout

    def forward(self, x: Tensor) -> Tensor:
        """Return (..., width)."""
        x = self._activation(self.first(x))
        rng = training_rng()
        if rng is not None and self._dropout:
            x = dropout(x, self._dropout, rng)
        return self.second(x)
