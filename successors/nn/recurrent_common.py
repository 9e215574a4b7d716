"""What the recurrent layers share; each is one operation over a sequence with a hand-written backward pass.

Internally, time is the first axis and the batch the last: a gate of one step is then a contiguous block, and NumPy
walks it in a single loop. State, a row of ones and input of a step are stacked as columns of one array, so that state
weights, bias and input weights are one matrix, and a step costs one product and no addition. Sigmoids are
tanh(a / 2) / 2 + 1/2, with the inner half already in the weights, so that one call of tanh serves all gates.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from successors.nn.followed import contiguous
from successors.nn.tensor import ShapeError, Tensor


class Back:
    """What the backward passes of `rnn` and `lstm` share: gradients of the joined weights and of the columns."""

    def __init__(self, x: Tensor, weight: np.ndarray, z: np.ndarray, h: int):
        self.z, self.h = z, h
        self.dx = np.empty(x.shape, z.dtype) if x.requires_grad else None
        self.dw = np.zeros_like(weight)
        self._part = np.empty_like(weight)
        # The row of ones needs no gradient; nor, often, does the input.
        columns = np.concatenate([weight[:, :h], weight[:, h + 1 :]], 1) if x.requires_grad else weight[:, :h]
        self._weight = np.ascontiguousarray(columns.T)
        self.dz = np.zeros((len(self._weight), z.shape[2]), z.dtype)

    def step(self, t: int, da: np.ndarray) -> None:
        """Propagate the gradient (gates h, n) of the sums at step t."""
        np.matmul(self._weight, da, out=self.dz)
        self.dw += np.matmul(da, self.z[t].T, out=self._part)
        if self.dx is not None:
            self.dx[:, t] = self.dz[self.h :].T


def halve(a: np.ndarray) -> None:
    """Turn tanh(a / 2) into sigmoid(a), in place."""
    a *= 0.5
    a += 0.5


def join(w_state: np.ndarray, bias: np.ndarray, w_in: np.ndarray) -> np.ndarray:
    """Return the weights for columns of state, one, input."""
    return np.concatenate([w_state, bias[:, None], w_in], 1)


def columns(x: np.ndarray, h: int, start: Tensor | None) -> np.ndarray:
    """Return the columns (T + 1, h + 1 + d, n) of state, one, input, with the first state filled in."""
    n, steps, d = x.shape
    z = np.empty_like(x, order="C", shape=(steps + 1, h + 1 + d, n))
    z[0, :h] = 0 if start is None else start.data.T
    z[:, h] = 1
    z[:-1, h + 1 :] = x.transpose(1, 2, 0)
    return z


def states_of(z: np.ndarray, h: int) -> np.ndarray:
    """Return the states (n, T, h) that the columns contain."""
    return contiguous(z[1:, :h].transpose(2, 0, 1))


def given(*values: Any) -> tuple[Any, ...]:
    """Return the values that are not None."""
    return tuple(v for v in values if v is not None)


def check(
    where: str,
    gates: int,
    x: Tensor,
    w_in: Tensor,
    w_state: Tensor,
    biases: Sequence[Tensor],
    starts: Sequence[Tensor | None],
) -> tuple[int, int, int, int]:
    """Return n, T, d, h of operands, which must fit together and have one dtype."""
    if x.ndim != 3:
        raise ShapeError(f"x {x.shape}; (n, T, d) is wanted", where=where)
    if w_state.ndim != 2:
        raise ShapeError(f"w_state {w_state.shape}; ({gates}h, h) is wanted", where=where)
    n, steps, d = x.shape
    h = w_state.shape[1]
    if w_state.shape != (gates * h, h):
        raise ShapeError(f"w_state {w_state.shape}; {(gates * h, h)} is wanted", where=where)
    if w_in.shape != (gates * h, d):
        raise ShapeError(f"w_in {w_in.shape} for x {x.shape}; {(gates * h, d)} is wanted", where=where)
    for bias in biases:
        if bias.shape != (gates * h,):
            raise ShapeError(f"bias {bias.shape}; {(gates * h,)} is wanted", where=where)
    for start in given(*starts):
        if start.shape != (n, h):
            raise ShapeError(f"start {start.shape} for x {x.shape}; {(n, h)} is wanted", where=where)
    dtypes = {t.dtype for t in (x, w_in, w_state, *biases, *given(*starts))}
    if len(dtypes) != 1:
        raise ShapeError(f"operands of dtypes {sorted(map(str, dtypes))}; one is wanted", where=where)
    return n, steps, d, h
