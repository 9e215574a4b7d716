"""A simple recurrent network over a whole sequence, as one operation."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from successors.nn.hooks import note
from successors.nn.macs import count
from successors.nn.recurrent_common import Back, check, columns, given, join, states_of
from successors.nn.tensor import Tensor, make, recording


def rnn(
    x: Tensor, w_in: Tensor, w_state: Tensor, bias: Tensor, start: Tensor | None = None, activation: str = "tanh"
) -> Tensor:
    """Return the hidden states of a simple recurrent network.

    h_t = f(W_in x_t + W_state h_{t-1} + b)

    Parameters
    ----------
    x : Tensor, shape (n, T, d)
    w_in : Tensor, shape (h, d)
    w_state : Tensor, shape (h, h)
    bias : Tensor, shape (h,)
    start : Tensor, shape (n, h), optional
        State before the first step; zeros if left out.
    activation : {"tanh", "relu"}
        f.

    Returns
    -------
    Tensor, shape (n, T, h)

    Raises
    ------
    ShapeError
        If the shapes do not fit together.

    References
    ----------
    Elman 1990, "Finding structure in time" (tanh in place of his logistic); Le, Jaitly & Hinton 2015 for relu.
    """
    if activation not in ("tanh", "relu"):
        raise ValueError(f"activation {activation!r}: neither 'tanh' nor 'relu'")
    n, steps, d, h = check("rnn", 1, x, w_in, w_state, (bias,), (start,))
    count(n * steps * h * (h + d))
    tanh = activation == "tanh"
    parents = (x, w_in, w_state, bias, *given(start))
    if not (recording() and any(p.requires_grad for p in parents)):
        # Without a backward pass the weights need not be joined, which would cost more than a short sequence.
        states = (x.data.reshape(n * steps, d) @ w_in.data.T + bias.data).reshape(n, steps, h)
        state = None if start is None else start.data
        for t in range(steps):
            if state is not None:
                states[:, t] += state @ w_state.data.T
            state = states[:, t]
            if tanh:
                np.tanh(state, out=state)
            else:
                np.maximum(state, 0, out=state)
        note("states", states)
        return make(states, parents, lambda g: ())
    weight = join(w_state.data, bias.data, w_in.data)
    z = columns(x.data, h, start)
    for t in range(steps):
        state = z[t + 1, :h]
        np.matmul(weight, z[t], out=state)
        if tanh:
            np.tanh(state, out=state)
        else:
            np.maximum(state, 0, out=state)

    def backward(g: np.ndarray) -> Sequence[np.ndarray | None]:
        back = Back(x, weight, z, h)
        da, slope = np.empty((2, h, n), z.dtype)
        for t in range(steps - 1, -1, -1):
            np.add(back.dz[:h], g[:, t].T, out=da)
            state = z[t + 1, :h]
            if tanh:
                np.multiply(state, state, out=slope)
                np.subtract(1, slope, out=slope)
                da *= slope
            else:
                da *= state > 0
            back.step(t, da)
        gradient = back.dw
        start_gradient = () if start is None else (back.dz[:h].T.copy(),)
        return back.dx, gradient[:, h + 1 :], gradient[:, :h], gradient[:, h], *start_gradient

    return make(states_of(z, h), parents, backward)
